"""The embedded engine: a whole engine in this process, for simulated clouds and for Google Cloud.

It exists so that a newcomer and every test run the whole product in seconds. A real cloud has it where the genuine engine does not build by
this command. What it does is what the genuine engine does with the same provider; where the two differ, this one is wrong.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

from soundstage.core.errors import Interrupted, OperationError, SoundstageError
from soundstage.core.values import Properties
from soundstage.engines.base import Engine, EventKind, Look, OnEvent, Program, Result, StackName, anything, ignore
from soundstage.engines.embedded import clearing, drift, graph
from soundstage.engines.embedded.executor import Executor, Halted
from soundstage.engines.embedded.limits import unsupported
from soundstage.engines.embedded.record import STACK_TYPE, Record
from soundstage.engines.embedded.recovery import recover
from soundstage.engines.embedded.repeat import Run
from soundstage.engines.embedded.report import Reporter
from soundstage.engines.embedded.rollout import Rollout
from soundstage.engines.embedded.state import StackState
from soundstage.engines.interrupts import watched
from soundstage.engines.lock import held
from soundstage.plan.needs import with_needs
from soundstage.plan.plan import Plan, PlannedResource
from soundstage.providers.base import CloudProvider

PARALLEL: Final = 16
"""Steps that run side by side unless the caller says otherwise."""

ProviderOf: TypeAlias = Callable[[Callable[[str], None]], CloudProvider]
"""Makes the provider. Its argument is told about every retry."""


class EmbeddedEngine(Engine):
    """One stack, kept in `folder` (made 0700 when missing), on the cloud that `provider` reaches."""

    def __init__(self, stack: StackName, folder: Path, provider: ProviderOf, cloud: str = "simulated") -> None:
        self.stack = stack
        self._folder = folder
        self._provider = provider
        self._cloud = cloud
        self._previewed: Run | None = None

    # -- programs

    def preview(
        self, program: Program, *, refresh: bool = False, targets: Sequence[str] = (), on_event: OnEvent = ignore
    ) -> Plan:
        closure = self._closure(program, targets)
        with self._session("preview", on_event, preview=True) as executor:
            rollout = self._begun(executor, closure, refresh=refresh)
            before = executor.state.settled_records()
            outputs = self._run(program, rollout, executor)
            whole = closure is None and not executor.halted
            self._previewed = Run.of(program, before, rollout) if whole else None
            condemned = self._condemned(rollout, executor, closure)
            entries = [*rollout.registry.plan_entries(), *clearing.plan_of(condemned)]
            clearing.clear(executor, condemned)
        return self._plan(entries, outputs, executor.provider)

    def up(
        self,
        program: Program,
        *,
        refresh: bool = False,
        targets: Sequence[str] = (),
        parallel: int | None = None,
        look: Look = anything,
        on_event: OnEvent = ignore,
    ) -> Result:
        closure = self._closure(program, targets)
        with self._session("up", on_event, parallel=parallel) as executor:
            look(_outputs(executor.state))
            rollout = self._begun(executor, closure, refresh=refresh)
            outputs = self._run(program, rollout, executor)
            clearing.clear(executor, self._condemned(rollout, executor, closure))
        return Result(outputs, executor.reporter.counts, executor.reporter.seconds)

    def _begun(self, executor: Executor, closure: set[str] | None, *, refresh: bool) -> Rollout:
        """A run on a state that says what became of an earlier command and, with `refresh`, what the cloud holds."""
        seeds = recover(executor.state, executor.provider, executor.reporter)
        if refresh:
            drift.refresh(executor)
            executor.reporter.counts.clear()
        return Rollout(self.stack, executor, targets=closure, seeds=seeds)

    def _closure(self, program: Program, targets: Sequence[str]) -> set[str] | None:
        """The targets and what they need, or None for everything."""
        return with_needs(self.preview(program), targets) if targets else None

    def _run(self, program: Program, rollout: Rollout, executor: Executor) -> Properties:
        """Run the program, unless it is an `up` for which the preview just ran it. Returns the stack's outputs."""
        from soundstage.engines.embedded.going_on import Continued
        from soundstage.engines.embedded.monitor import EngineLog, EngineMonitor
        from soundstage.engines.embedded.program import run
        from soundstage.engines.embedded.recipes import Recorder

        previewed, self._previewed = None if executor.preview else self._previewed, None
        rollout.recorder = Recorder() if executor.preview else None
        complete = False
        try:
            goes_on: Continued | None = None
            if previewed and previewed.stands_for(program, executor.state.settled_records(), rollout):
                if previewed.recorder:
                    goes_on = Continued(previewed, previewed.recorder, rollout, executor.halt)
            else:
                previewed = None
            if previewed and not goes_on:
                previewed.repeat(rollout)
            else:
                run(
                    goes_on or program,
                    self.stack,
                    EngineMonitor(self.stack, rollout),
                    EngineLog(executor.reporter),
                    preview=executor.preview,
                    parallel=executor.parallel,
                    on_error=executor.halt,
                )
            complete = not executor.halted
        except Halted:
            pass
        except SoundstageError as error:
            if not executor.failures:
                executor.fail(error)
        except Exception as error:  # noqa: BLE001 - whatever a person's program raises
            if not executor.failures:
                executor.fail(_program_error(error))
        return rollout.finish_outputs(complete=complete)

    @staticmethod
    def _condemned(rollout: Rollout, executor: Executor, targets: set[str] | None) -> dict[int, Record]:
        """What the program no longer names; nothing when it did not get to its end."""
        if executor.halted:
            return {}
        condemned, faults = clearing.unwanted(executor.state.settled_records(), rollout.registry.seen, targets)
        executor.failures.extend(faults)
        return condemned

    # -- the state against the cloud

    def refresh(self, *, preview_only: bool = False, on_event: OnEvent = ignore) -> Plan:
        with self._session("refresh", on_event, preview=preview_only) as executor:
            recover(executor.state, executor.provider, executor.reporter)
            entries = drift.refresh(executor)
            outputs = _outputs(executor.state)
        return self._plan(entries, outputs, executor.provider)

    def preview_destroy(self, *, exclude_protected: bool = False) -> Plan:
        state = StackState(self._folder, write=False)
        records = state.settled_records()
        condemned = clearing.everything(records, exclude_protected=exclude_protected)
        staying = [
            records[key].planned()
            for key in graph.ordered(records)
            if key not in condemned and records[key].type != STACK_TYPE
        ]
        return self._plan([*staying, *clearing.plan_of(condemned)], _outputs(state))

    def destroy(self, *, exclude_protected: bool = False, on_event: OnEvent = ignore) -> Result:
        with self._session("destroy", on_event) as executor:
            recover(executor.state, executor.provider, executor.reporter)
            condemned = clearing.everything(executor.state.settled_records(), exclude_protected=exclude_protected)
            clearing.clear(executor, condemned)
            outputs = _outputs(executor.state)
        return Result(outputs, executor.reporter.counts, executor.reporter.seconds)

    # -- the state

    def exists(self) -> bool:
        records = StackState(self._folder, write=False).records.values()
        return any(record.type != STACK_TYPE and not record.is_provider for record in records)

    def outputs(self) -> Properties:
        return _outputs(StackState(self._folder, write=False))

    def resources(self) -> Plan:
        state = StackState(self._folder, write=False)
        records = state.settled_records()
        entries = [records[key].planned() for key in graph.ordered(records) if records[key].type != STACK_TYPE]
        return self._plan(entries, _outputs(state))

    def export(self) -> dict[str, Any]:
        return {"version": 3, "deployment": StackState(self._folder, write=False).deployment()}

    def import_(self, deployment: dict[str, Any]) -> None:
        whose = f"urn:pulumi:{self.stack.stack}::{self.stack.project}::"
        with held(self._folder, str(self.stack), "import"):
            StackState(self._folder, write=True).adopt(deployment, whose)

    # -- one operation

    @contextlib.contextmanager
    def _session(
        self, command: str, on_event: OnEvent, *, preview: bool = False, parallel: int | None = None
    ) -> Iterator[Executor]:
        """State, provider and executor for the length of one operation. Saves at the end, whatever happened, and raises
        what went wrong in between."""
        reporter = Reporter(on_event)
        with contextlib.ExitStack() as stack:
            if not preview:
                stack.enter_context(held(self._folder, str(self.stack), command))
            state = StackState(self._folder, write=not preview)
            stack.callback(state.save)
            provider = self._provider(reporter.retry)
            executor = Executor(state, provider, reporter, preview=preview, parallel=parallel or PARALLEL)

            def stop() -> None:
                executor.halt()
                reporter.say(
                    EventKind.WARNING,
                    "Stopping: steps that have begun are being finished. Press Ctrl-C again to leave at once.",
                )

            stopped = stack.enter_context(watched(stop))
            with contextlib.suppress(Halted):
                yield executor
            if executor.failures:
                raise _combined(executor.failures)
            if stopped.is_set() and preview:
                raise Interrupted("Stopped. Nothing was changed.")
            if stopped.is_set():
                raise Interrupted.after(sum(reporter.counts.values()))
        reporter.say(EventKind.FINISHED, command)

    def _plan(
        self, entries: Sequence[PlannedResource], outputs: Properties, provider: CloudProvider | None = None
    ) -> Plan:
        types = {entry.type for entry in entries}
        return Plan(
            project=self.stack.project,
            stack=self.stack.stack,
            resources=tuple(entries),
            outputs=outputs,
            cloud=self._cloud,
            recorded_only=frozenset(provider.recorded_only & types) if provider else frozenset(),
        )


def _outputs(state: StackState) -> Properties:
    return next((record.outputs for record in state.records.values() if record.type == STACK_TYPE), {})


def _combined(failures: Sequence[SoundstageError]) -> SoundstageError:
    """The first failure, with what the others say; one line for those that say the same of another resource."""
    first, *others = failures
    if not others:
        return first
    error = type(first).__new__(type(first))
    error.__dict__.update(first.__dict__)
    error.message = "\n".join(_told(failures))
    error.args = (error.message,)
    return error


def _told(failures: Sequence[SoundstageError]) -> Iterator[str]:
    alike: dict[tuple[str, str], list[SoundstageError]] = {}
    for failure in failures:
        about = failure.about
        key = (about.wanted, about.reason) if about else (failure.message, "")
        alike.setdefault(key, []).append(failure)
    for (wanted, reason), same in alike.items():
        first = same[0].about
        if first is None or len(same) == 1:
            yield same[0].message
        else:
            yield f"{first.name} ({first.type}) and {len(same) - 1} more could not be {wanted}: {reason}"


def _program_error(error: Exception) -> SoundstageError:
    """What a person is told when a program fails. The traceback stays reachable for `--debug`."""
    text = str(error).strip()
    if "The Pulumi CLI does not support" in text:
        failure: OperationError = unsupported(text.partition("does not support ")[2].partition(".")[0])
    else:
        failure = OperationError(
            f"The program failed: {type(error).__name__}: {text}", "Run it with `--debug` to see where."
        )
    failure.__cause__ = error
    return failure
