"""The Pulumi engine: the genuine command, driven through the SDK's Automation API with our program inline.

For real clouds, for teams, and for whoever asks for it on the simulated cloud. Nothing is written into this process's
environment: whatever the command needs is handed to it alone.
"""

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pulumi import automation

from soundstage.core.clouds import CLOUDS, CloudName
from soundstage.core.errors import Interrupted, OperationError, StateError, UsageError
from soundstage.core.values import Properties
from soundstage.engines.backend import Backend
from soundstage.engines.base import (
    Engine,
    Event,
    EventKind,
    Find,
    Holder,
    Look,
    OnEvent,
    Program,
    Recovered,
    Result,
    StackName,
    Unfinished,
    anything,
    ignore,
)
from soundstage.engines.leftovers import Leftovers
from soundstage.engines.pulumi import backups
from soundstage.engines.pulumi.backend_locks import folder_holders, holders, where
from soundstage.engines.pulumi.command import Command
from soundstage.engines.pulumi.error_texts import explain
from soundstage.engines.pulumi.events import UNANSWERED, Listener, planned_resources
from soundstage.engines.pulumi.ownership import refuse_foreign
from soundstage.engines.pulumi.plugin_home import environment, prune
from soundstage.engines.pulumi.record import closed, drifted, recorded
from soundstage.engines.pulumi.recovery import patiently, settled, unfinished
from soundstage.engines.pulumi.sealed import SealedState
from soundstage.engines.pulumi.settings import settings_of
from soundstage.engines.pulumi.signals import stopping
from soundstage.engines.pulumi.unanswered import noted
from soundstage.plan.needs import with_needs
from soundstage.plan.plan import Plan, PlannedResource


class PulumiEngine(Engine):
    """One stack on the genuine engine.

    `folder` keeps the stack's settings file between runs (0700), `home` is the `PULUMI_HOME` whose plugins may be used.
    `find` looks for what a command that was killed may have made; without it, what is unfinished stops `up` and `destroy`
    until a person has said what became of it. `studio` is whose stack it has to be, where the backend has one already.
    """

    def __init__(
        self, stack: StackName, folder: Path, home: Path, command: Command, backend: Backend, cloud: CloudName = CLOUDS["aws"],
        recorded_only: frozenset[str] = frozenset(), find: Find | None = None, studio: str = "",
    ) -> None:  # fmt: skip
        self.stack = stack
        self._folder = folder
        self._home = home
        self._command = command
        self._backend = backend
        self._cloud = cloud
        self._recorded_only = recorded_only
        self._find = find
        self._studio = studio
        self._opened: automation.Stack | None = None
        self._leftovers = Leftovers()

    def preview(
        self, program: Program, *, refresh: bool = False, targets: Sequence[str] = (), on_event: OnEvent = ignore
    ) -> Plan:
        closure = self._closure(program, targets)
        listener = Listener(on_event, quiet=True, only=closure)
        with tempfile.TemporaryDirectory(prefix="soundstage-") as scratch:
            saved = Path(scratch) / "plan.json"
            with self._operation("preview", listener):
                self._open(program).preview(on_event=listener, plan=str(saved), refresh=refresh, target=closure)
            document = json.loads(saved.read_text()) if saved.exists() else {}
        return self._plan(listener, tuple(planned_resources(listener, document)))

    def preview_destroy(self, *, exclude_protected: bool = False) -> Plan:
        if not self.exists():
            return self._plan(Listener(ignore), ())
        listener = Listener(ignore)
        with self._operation("preview of destroy", listener):
            self._open().preview_destroy(on_event=listener, exclude_protected=exclude_protected)
        going = {resource.urn: resource for resource in planned_resources(listener, {})}
        known = self.resources()
        return Plan(
            known.project, known.stack, tuple(going.get(resource.urn, resource) for resource in known),
            known.outputs, self._cloud.word, self._recorded_only,
        )  # fmt: skip

    def up(
        self,
        program: Program,
        *,
        refresh: bool = False,
        targets: Sequence[str] = (),
        parallel: int | None = None,
        look: Look = anything,
        on_event: OnEvent = ignore,
        plan: Path | None = None,
    ) -> Result:
        if look is not anything:
            look(self.outputs())
        closure = self._closure(program, targets)

        def run(stack: automation.Stack, listener: Listener) -> None:
            stack.up(
                on_event=listener, refresh=refresh, target=closure, parallel=parallel,
                plan=str(plan) if plan else None,
            )  # fmt: skip

        return self._apply("up", program, run, Listener(on_event, only=closure), on_event)

    def refresh(self, *, preview_only: bool = False, on_event: OnEvent = ignore) -> Plan:
        if not self.exists():
            return self._plan(Listener(ignore), ())
        listener = Listener(on_event, quiet=True)
        before = self.resources()
        with self._operation("refresh", listener):
            stack = self._open()
            if preview_only:
                stack.preview_refresh(on_event=listener)
            else:
                stack.refresh(on_event=listener)
        return Plan(
            before.project, before.stack, tuple(drifted(resource, listener) for resource in before),
            before.outputs, self._cloud.word, self._recorded_only,
        )  # fmt: skip

    def destroy(self, *, exclude_protected: bool = False, on_event: OnEvent = ignore) -> Result:
        if not self.exists():
            return Result()

        def run(stack: automation.Stack, listener: Listener) -> None:
            stack.destroy(on_event=listener, exclude_protected=exclude_protected)

        return self._apply("down", None, run, Listener(on_event), on_event)

    def exists(self) -> bool:
        return any(resource.custom for resource in self.resources())

    def outputs(self) -> Properties:
        return self.resources().outputs

    def resources(self) -> Plan:
        deployment = self.export()["deployment"] or {}
        outputs: Properties = {}
        resources = []
        for state in deployment.get("resources") or ():
            if state["type"] == "pulumi:pulumi:Stack":
                outputs = closed(state.get("outputs") or {})
            elif not state.get("delete") and state["type"] != UNANSWERED:
                resources.append(recorded(state))
        return Plan(
            self.stack.project, self.stack.stack, tuple(resources), outputs, self._cloud.word, self._recorded_only
        )  # fmt: skip

    def export(self) -> dict[str, Any]:
        listener = Listener(ignore)
        with self._operation("export", listener):
            stack = self._open()
            # The SDK's own `export_stack` asks for secrets in clear; state leaves this engine encrypted.
            done = stack._run_pulumi_cmd_sync(["stack", "export"])
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    def import_(self, deployment: dict[str, Any]) -> None:
        listener = Listener(ignore)
        with self._operation("import", listener):
            self._open().import_stack(
                automation.Deployment(version=deployment.get("version", 3), deployment=deployment["deployment"])
            )

    @property
    def url(self) -> str:
        """The address of the backend."""
        return self._backend.url

    keeps_locks = True

    def describe(self) -> str:
        return f"Pulumi {self._command.version}"

    def holders(self) -> list[Holder] | None:
        return holders(self._backend.url, self.stack, self._backend.client)

    @property
    def where_locks_are(self) -> str:
        return where(self._backend.url, self.stack)

    def cancel(self) -> None:
        with self._operation("cancel", Listener(ignore)):
            self._open()._run_pulumi_cmd_sync(["cancel", "--yes"])

    def change_secrets(self, way: str, words: str = "") -> None:
        """Encrypt the state's secrets anew: with the passphrase `words`, or with the cloud's key that `way` names.

        The state is replaced as a whole, so it opens with the old key until it opens with the new one.
        """
        with self._operation("change of secrets", Listener(ignore)):
            self._forget_settings()
            stack = self._open()
            try:
                self._command.typed = words
                stack._run_pulumi_cmd_sync(["stack", "change-secrets-provider", way])
            finally:
                self._forget_settings()

    def sealed(self) -> SealedState:
        """The secrets on record."""
        return SealedState(self.export())

    def old_copies(self) -> list[str] | None:
        """Where earlier copies of the state lie in the backend; None where that cannot be told."""
        return backups.old_copies(self.url, self.stack, self._backend.client)

    def forget(self, copies: Sequence[str]) -> None:
        """Delete copies that `old_copies` found. A versioned bucket keeps them as earlier versions, for as long as it says."""
        backups.forget(self.url, copies, self._backend.client)

    def stacks(self) -> list[StackName]:
        """All stacks of the backend that have anything on record."""
        with self._operation("list", Listener(ignore)):
            done = self._open()._run_pulumi_cmd_sync(["stack", "ls", "--all", "--json"])
        parts = [entry["name"].split("/") for entry in json.loads(done.stdout) if entry.get("resourceCount")]
        return [StackName(part[-2], part[-1]) for part in parts if len(part) > 1]

    def unfinished(self) -> list[Unfinished]:
        return unfinished(self.export()["deployment"] or {})

    def recover(self, find: Find) -> list[Recovered]:
        document = self.export()
        deployment = document["deployment"] or {}
        hint = f"`{self.stack.command} recover` says how to look for them and takes the answer."
        document["deployment"], told = settled(deployment, patiently(find, deployment, real=self._cloud.is_real), hint)
        if told:
            self.import_(document)
            self.refresh()
        return told

    def _continue(self, on_event: OnEvent) -> None:
        if self._backend.url.startswith("file://"):
            held = folder_holders(self._backend.url, self.stack)
            if held and all(holder.runs is False for holder in held):
                self.cancel()
                on_event(Event(EventKind.RESUMING, message=f"Released a lock: {held[0]}."))
        left = self.unfinished()
        if not left:
            return
        if self._find is None:
            raise StateError(
                f"An earlier command was cut short while it was at {', '.join(one.name for one in left)}.",
                f"`{self.stack.command} recover` shows what to look for in the cloud and puts it on record.",
            )
        for recovered in self.recover(self._find):
            on_event(Event(EventKind.RESUMING, name=recovered.name, message=recovered.told))

    def _closure(self, program: Program, targets: Sequence[str]) -> list[str] | None:
        """The targets and what they need, or None for everything: the engine itself takes the targets alone."""
        if not targets:
            return None
        return sorted(with_needs(self.preview(program), targets))

    def _apply(
        self,
        what: str,
        program: Program | None,
        run: Callable[[automation.Stack, Listener], None],
        listener: Listener,
        on_event: OnEvent,
    ) -> Result:
        started = time.monotonic()
        self._continue(on_event)
        try:
            with self._operation(what, listener):
                run(self._open(program), listener)
        except (OperationError, Interrupted):
            self._note(listener, on_event)
            raise
        seconds = time.monotonic() - started
        on_event(Event(EventKind.FINISHED, seconds=seconds))
        return Result(self.outputs(), listener.counts, seconds)

    def _note(self, listener: Listener, on_event: OnEvent) -> None:
        """Put the creates on record that nobody answered, because the provider's plugin died. The engine forgets them."""
        if not listener.unanswered:
            return
        try:
            document = self.export()
            document["deployment"] = noted(document["deployment"] or {}, listener.unanswered)
            self.import_(document)
        except OperationError as error:  # the failure that came first is the one to raise
            names = ", ".join(metadata.urn.rpartition("::")[2] for metadata in listener.unanswered)
            told = f"It is unknown whether these were made, and they could not be noted: {names}. {error.message}"
            on_event(Event(EventKind.WARNING, message=f"{told} Look for them before you run the same command."))

    def _plan(self, listener: Listener, resources: tuple[PlannedResource, ...]) -> Plan:
        root = f"urn:pulumi:{self.stack.stack}::{self.stack.project}::pulumi:pulumi:Stack::"
        outputs = next((o for urn, o in listener.outputs.items() if urn.startswith(root)), {})
        return Plan(self.stack.project, self.stack.stack, resources, outputs, self._cloud.word, self._recorded_only)

    def _open(self, program: Program | None = None) -> automation.Stack:
        """The stack, made when it does not exist yet, about to run `program`."""
        if self._opened is None:
            self._opened = self._select()
        self._opened.workspace.program = self._leftovers.of(program) if program else None
        return self._opened

    def _select(self) -> automation.Stack:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
        prune(self._home)
        workspace = automation.LocalWorkspace(
            work_dir=str(self._folder),
            pulumi_home=str(self._home),
            project_settings=automation.ProjectSettings(
                name=self.stack.project,
                runtime="python",
                backend=automation.ProjectBackend(url=self._backend.url),
                # A resource without a provider of its own would go wherever the surroundings point.
                config={"pulumi:disable-default-providers": {"value": ["*"]}},  # type: ignore[arg-type] # a map, whatever the SDK says
            ),
            secrets_provider=self._backend.secrets,
            env_vars={
                **environment(self._cloud),
                "PULUMI_BACKEND_URL": self._backend.url,
                **self._backend.environment,
            },
            pulumi_command=self._command,
        )
        known = self._settings.exists()
        stack = automation.Stack.create_or_select(self._backend.name(self.stack), workspace)
        if not known:
            self._meet(stack)
        return stack

    def _meet(self, stack: automation.Stack) -> None:
        """Refuse a stack that is somebody else's, and note in this machine's settings what encrypts the secrets of one that
        was made on another machine: the engine would quietly encrypt them anew with whatever passphrase is at hand."""
        deployment = json.loads(stack._run_pulumi_cmd_sync(["stack", "export"]).stdout)["deployment"] or {}
        if self._studio:
            try:
                refuse_foreign(deployment, self.stack, self._studio, self._backend.url.partition("?")[0])
            except UsageError:
                self._forget_settings()
                raise
        if text := settings_of(deployment):
            self._settings.write_text(text)

    @property
    def _settings(self) -> Path:
        """What this machine has noted of the stack's secrets."""
        return self._folder / f"Pulumi.{self.stack.stack}.yaml"

    def _forget_settings(self) -> None:
        """Let the next command note them anew, as the state has them."""
        self._settings.unlink(missing_ok=True)
        self._opened = None

    @contextmanager
    def _operation(self, what: str, listener: Listener) -> Iterator[None]:
        """Runs one command: Ctrl-C becomes a request to stop after the step in hand, failures become our errors."""
        with stopping(self._command.cancel) as interrupted:
            try:
                yield
            except automation.errors.CommandError as error:
                if interrupted.is_set():
                    raise Interrupted.after(sum(listener.counts.values())) from error
                if "incorrect passphrase" in str(error):
                    # It may be right, and what is noted here older than a change that was made elsewhere.
                    self._forget_settings()
                raise explain(error, what, self.stack, listener) from error
            except OSError as error:
                raise OperationError(
                    f"{what} of {self.stack} failed: {error}.", "Check the disk and the folder's permissions."
                ) from error
            finally:
                listener.close()
                self._leftovers.collect()
