"""A project with everything that belongs to it: its file, its studio, its cloud and the engines of both stacks.

This is the library behind the command: `open_project("teaser").up()`. Programs, with Pulumi's provider, are imported by what runs them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from soundstage.components.boot.report import Report
from soundstage.core.clouds import CLOUDS
from soundstage.core.home import state_home
from soundstage.core.values import Properties
from soundstage.engines.base import Engine, Event, EventKind, Look, OnEvent, Program, Result, StackName, ignore
from soundstage.engines.lock_wait import when_free
from soundstage.plan.plan import Plan, PreviewResult
from soundstage.plan.saved import Reviewed, Target
from soundstage.plan.saved import check as check_reviewed
from soundstage.projectfile.cloud_limits import refuse_command
from soundstage.projectfile.project_paths import project_path, typed
from soundstage.projectfile.spec import (
    Project,
    check_neighbours,
    check_together,
    default_studio,
    find_studio,
    load_project,
    load_studio,
)
from soundstage.projectfile.studio_file import studio_on
from soundstage.stacks.account.tenants import refuse_a_second
from soundstage.stacks.asking import Confirm, OnPreview, unasked, unseen
from soundstage.stacks.capacity.going_up import apply_somewhere, new_machines, start_patiently
from soundstage.stacks.capacity.order import Choice
from soundstage.stacks.clouds.base import Cloud, Machine, Snapshot
from soundstage.stacks.images.shelf import Shelf, shelf_of
from soundstage.stacks.machines import running, stop
from soundstage.stacks.media.deletion import all_gone, guarded
from soundstage.stacks.media.disks import losing_disks, meant_by, parting, refuse_smaller_disks
from soundstage.stacks.media.keeping import prune_snapshots, rename_snapshots
from soundstage.stacks.media.keys import refuse_dying_keys
from soundstage.stacks.media.restarts import restart_sentences
from soundstage.stacks.media.work_disks import refuse_other_system, refuse_replaced
from soundstage.stacks.parking.guard import still_parked
from soundstage.stacks.parking.record import Parked, parked_of, said_of, working
from soundstage.stacks.parking.system_disks import drop_unused
from soundstage.stacks.preflight import run as preflight
from soundstage.stacks.programs.declared import declared, unguarded
from soundstage.stacks.programs.disk_sources import under_new_names
from soundstage.stacks.programs.studio_outputs import Shared
from soundstage.stacks.readiness import wait_until_ready
from soundstage.stacks.results import DownResult, StatusReport, UpResult
from soundstage.stacks.shut_out import shut_out_sentences
from soundstage.stacks.state import owner
from soundstage.stacks.state.last_run import (
    forget,
    leaving,
    noted,
    run_of,
    stay_stopped,
    still_coming,
    still_to_start,
    there_will_be,
)
from soundstage.stacks.state.restoring import being_restored, note_restores
from soundstage.stacks.state.whereabouts import (
    project_where_it_is,
    refuse_renamed_project,
    refuse_renamed_studio,
    say_moved,
    studio_where_it_is,
)
from soundstage.stacks.studio_deployment import StudioDeployment
from soundstage.stacks.target import cloud_for, engine_for, studio_cloud


class Deployment:
    """One project on its cloud."""

    def __init__(self, project: Project, path: Path, studio: StudioDeployment, engine: str | None = None) -> None:
        self.project = project
        self.path = path
        self.home = studio
        self.studio = studio.studio
        self._choice = engine
        self.verb = "up"
        self.wanted: int | None = None
        self._leaving: int | None = None
        self.restoring: Mapping[str, str] = {}
        """Machine → the snapshot that its work disk is to be made from."""
        self.parking: Mapping[str, Parked] | None = None
        """Which machines are to be parked; None for those that are."""
        self._were: Mapping[str, Parked] = {}
        self._parting: Collection[str] = ()
        self.look: Look | None = None
        self.chosen: Mapping[str, Choice] = {}
        """Machine → type and zone that are tried instead of what the file says, while none of that is free."""
        self.orders: Mapping[str, tuple[Choice, ...]] = {}
        """What is tried for each machine, one after another, as the last preview found it."""

    @cached_property
    def cloud(self) -> Cloud:
        return cloud_for(self.project, self.studio)

    @cached_property
    def engine(self) -> Engine:
        return engine_for(self.cloud, self.stack, self.studio, self._choice)

    def asking_for(
        self, project: Project, restoring: Mapping[str, str] | None = None, parking: Mapping[str, Parked] | None = None
    ) -> "Deployment":
        """The same project as if its file said this, disks were to be made from snapshots (machine → id), and these were parked."""
        asked = Deployment(project, self.path, self.home, self._choice)
        vars(asked)["cloud"] = self.cloud
        asked.restoring, asked.parking = restoring or {}, parking
        return asked

    @property
    def stack(self) -> StackName:
        """The name of the project's stack, on whichever engine."""
        return StackName.of_project(self.project.project)

    @property
    def target(self) -> Target:
        """Whom a saved plan is for. Asks the cloud which account it is."""
        cloud, project = self.cloud, self.project
        return Target(self.studio.studio, project.project, cloud.kind, cloud.account_id, project.region)

    def preview(
        self, *, refresh: bool = False, targets: Sequence[str] = (), on_event: OnEvent = ignore
    ) -> PreviewResult:
        """What `up` would do, the studio's stack included when it has to come first."""
        self._check(refresh=refresh)
        shared, studio_plan = self.home.shared(), None
        if shared is not None and (told := self.home.outdated(shared)):
            on_event(Event(EventKind.WARNING, message=told))
        if shared is None or not shared.covers(self._regions):
            studio_plan = self.home.preview(self._regions, on_event=on_event)
            shared = Shared.from_outputs(studio_plan.outputs)
        self.look = None
        program, disks = self._program(shared, refresh=refresh)
        plan = self.engine.preview(program, refresh=refresh, targets=targets, on_event=on_event)
        refuse_smaller_disks(plan)
        refuse_other_system(plan, self.shelf.known)
        refuse_replaced(plan)
        self.wanted = None if targets else there_will_be(plan)
        self._parting = parting(plan)
        stops = restart_sentences(plan, self.cloud.machines, self.studio.studio, self.project.project)
        return PreviewResult(plan, studio_plan, (*disks, *stops, *shut_out_sentences(plan, self)))

    def up(
        self,
        confirm: Confirm[PreviewResult] = unasked,
        *,
        reviewed: Reviewed | None = None,
        refresh: bool = False,
        targets: Sequence[str] = (),
        parallel: int | None = None,
        wait: bool = True,
        retry_for: float = 0.0,
        on_preview: OnPreview[PreviewResult] = unseen,
        on_event: OnEvent = ignore,
    ) -> UpResult:
        """Make the cloud match the project file: preview, hold it to the policies, ask whether the account allows it, let
        `confirm` agree, and only then change anything. `on_preview` sees the preview first, also one that is refused. Where no machine is
        free, the next zone or type is tried (`stacks.capacity`), for `retry_for` seconds again and again.

        With `reviewed`, nothing else than that saved plan is done; with `wait`, until every machine that runs is ready. Raises
        `PolicyRefused`, `PreflightRefused` and `UsageError` before anything is made, and `NotReady` when all is made.
        """
        from soundstage.stacks.verdict import hold_project

        preflight.before(self.cloud, self.studio)
        refuse_a_second(self)
        preview = self.preview(refresh=refresh, targets=targets, on_event=on_event)
        on_preview(preview)
        if reviewed:
            check_reviewed(reviewed, preview, self.target)
        hold_project(self, preview)
        preflight.check(self, preview, on_event)
        if confirm(preview) and reviewed:
            check_reviewed(reviewed, self.preview(refresh=refresh, targets=targets), self.target)
        del preview  # with hundreds of machines it is as large as what follows
        result = apply_somewhere(
            self, retry_for=retry_for, only_as_planned=reviewed is not None, on_event=on_event,
            refresh=refresh, targets=targets, parallel=parallel,
        )  # fmt: skip
        return replace(result, ready=self.ready(on_event=on_event)) if wait else result

    def ready(self, names: Collection[str] | None = None, *, on_event: OnEvent = ignore) -> dict[str, Report]:
        """Wait until the machines that run (all, or those of these names) are ready, and return what each told. Raises `NotReady`."""
        chosen = [one for one in self.machines() if names is None or one.name in names]
        return wait_until_ready(self.cloud, chosen, self.typed, on_event)

    def apply(
        self,
        *,
        refresh: bool = False,
        targets: Sequence[str] = (),
        parallel: int | None = None,
        on_event: OnEvent = ignore,
    ) -> UpResult:
        """The last part of `up`, which asks and judges nothing; the studio's stack comes up first when the project needs it.

        A machine that ran and had to be stopped to lose a disk runs again afterwards, also where it was another `up`, which was
        cut off, that stopped it.
        """
        self._check(refresh=refresh)
        say_moved(owner.take(self.folder, self.path, self._what), self.path, on_event)
        shared, studio_result = when_free(lambda: self._with_studio(on_event), on_event)
        recorded = under_new_names(self.project, self.engine.resources())
        here = working(self.project, self.parked(recorded))
        losing = losing_disks(here, recorded).union(self._parting)
        on = running(self.cloud.machines, self.studio.studio, self.project.project, losing)
        again = sorted({*on, *still_to_start(self.folder)} & here.workstations.keys())
        coming = new_machines(here, recorded, still_coming(self.folder))
        with noted(self.folder, run_of(self, self.verb, self.wanted, again, coming)):
            if meant := meant_by(targets, on, recorded):  # what was not written yet is lost with a disk in use
                stop(self.cloud.machines, [one for one in self.machines() if one.name in meant], on_event=on_event)
            result = self.engine.up(
                self._program(shared, refresh=refresh)[0],
                refresh=refresh, targets=targets, parallel=parallel, on_event=on_event,
                look=self.look or still_parked(self, recorded),
            )  # fmt: skip
            self.look = None
            if again:
                self.start([one for one in self.machines() if one.name in again], wait=False, on_event=on_event)
            rename_snapshots(self.cloud.snapshots, self.studio.studio, self.project)
            if being_restored(self.folder) and not targets:
                note_restores(self.folder, {})
        if (told := self.cloud.account.count_cost()) and self.cloud.name.is_real:
            on_event(Event(EventKind.WARNING, message=told))
        return UpResult(
            outputs=result.outputs,
            counts=result.counts,
            studio_counts=studio_result.counts if studio_result else None,
            seconds=result.seconds + (studio_result.seconds if studio_result else 0.0),
        )

    def _check(self, *, refresh: bool) -> None:
        """Refuse the name and the address range of another project of the studio, wherever on this machine its file is;
        with `refresh` also a key that is about to be deleted."""
        owner.check(self.folder, self.path, self._what)
        check_neighbours(self.project, self.path, self.studio.studio, owner.files(self.folder.parent))
        if refresh:
            refuse_dying_keys(self.cloud.keys, self.engine.resources())

    def _with_studio(self, on_event: OnEvent) -> tuple[Shared, Result | None]:
        """What the project uses of its studio, which is brought up first when that is not there yet."""
        shared = self.home.shared()
        if shared is not None and shared.covers(self._regions):
            return shared, None
        result = self.home.apply(self._regions, on_event=on_event)
        return Shared.from_outputs(result.outputs), result

    def preview_down(self, *, delete_media: bool = False) -> Plan:
        """What `down` would delete, and what stays (`same`)."""
        engine = self.engine
        plan = all_gone(engine.resources()) if delete_media else engine.preview_destroy(exclude_protected=True)
        if not len(plan):
            forget(self.folder)
        # With `delete_media` there are steps of another kind before.
        self._leaving = None if delete_media else leaving(plan)
        return plan

    def down(self, *, delete_media: bool = False, on_event: OnEvent = ignore) -> DownResult:
        """Tear the project down. Media, the keys that open them and a last snapshot of each data disk stay unless `delete_media`, and
        so do as many earlier snapshots as the file says; with it, all snapshots go too."""
        with noted(self.folder, run_of(self, "down", None if delete_media else self._leaving)):
            if delete_media and being_restored(self.folder):
                note_restores(self.folder, {})
            if delete_media and self.engine.exists():
                recorded = under_new_names(self.project, self.engine.resources())
                if kept := guarded(self.project, recorded):
                    self.engine.up(unguarded(self, recorded), targets=kept, on_event=on_event)
            self.cloud.transfers.leave(self.engine.outputs() if self.engine.exists() else {})
            result = self.engine.destroy(exclude_protected=not delete_media, on_event=on_event)
            drop_unused(self, self.engine.resources())
            if delete_media:
                for snapshot in self.snapshots():
                    self.cloud.snapshots.delete(snapshot.id)
            else:
                wanted = {one.snapshot for one in being_restored(self.folder).values()}
                too_many = prune_snapshots(
                    self.cloud.snapshots, self.studio.studio, self.project, self.engine.resources(), wanted
                )
                return DownResult(result.outputs, result.counts, result.seconds, tuple(too_many))
        return DownResult(result.outputs, result.counts, result.seconds)

    def snapshots(self) -> list[Snapshot]:
        """The snapshots of the project's work disks, oldest first. `down` with `delete_media` deletes them, also where no more is left."""
        return self.cloud.snapshots.of_project(self.studio.studio, self.project.project)

    def machines(self) -> list[Machine]:
        """The project's machines as the cloud has them now."""
        return self.cloud.machines.of_project(self.studio.studio, self.project.project)

    def start(
        self, chosen: Sequence[Machine], *, wait: bool = True, retry_for: float = 0.0, on_event: OnEvent = ignore
    ) -> list[Machine]:
        """Start these machines, where none is free for `retry_for` seconds again and again, and return those that did not run before. With
        `wait`, when they are ready; raises `NotReady`."""
        started = start_patiently(self, chosen, wait=wait, retry_for=retry_for, on_event=on_event)
        if wait:
            self.ready({machine.name for machine in started}, on_event=on_event)
        return started

    def stop(self, chosen: Sequence[Machine], *, wait: bool = True, on_event: OnEvent = ignore) -> list[Machine]:
        """Stop these machines and return those that were not stopped before. They stay so until somebody starts them."""
        stay_stopped(self.folder, (machine.name for machine in chosen))
        return stop(self.cloud.machines, chosen, wait=wait, on_event=on_event)

    def parked(self, recorded: Plan) -> Mapping[str, Parked]:
        """Which machines are parked, or are to be."""
        return parked_of(self.project, recorded) if self.parking is None else self.parking

    def coming_back(self, recorded: Plan) -> Mapping[str, Parked]:
        """The machines that are parked on record, or were when this began, and are to be parked no longer."""
        if self.parking is None:
            return {}
        self._were = {**said_of(self.project, recorded), **self._were}
        return {name: one for name, one in self._were.items() if name not in self.parking}

    def outputs(self) -> Properties:
        return self.engine.outputs()

    def status(self) -> StatusReport:
        """How the project stands. Asks the cloud only when there is something on record."""
        from soundstage.stacks.status import status_of

        return status_of(self)

    @property
    def typed(self) -> str:
        """What a person types, in this folder, to mean this project: its name, or else its file."""
        return typed(self.path)

    def command(self, verb: str) -> str:
        """The command line that a person types, in this folder, to do `verb` (`recover`) to this stack."""
        return f"{self.stack.command} {verb} {self.typed}"

    def program(self, recorded: Plan | None = None) -> Program:
        """What the project declares, with its studio as it is on record. `recorded` is what the project has on record, where the
        engine that it is on does not know that yet."""
        return self._program(self.home.shared() or Shared(), recorded)[0]

    def _program(
        self, shared: Shared, recorded: Plan | None = None, *, refresh: bool = False
    ) -> tuple[Program, tuple[str, ...]]:
        """The program, and sentences about what no plan of it shows."""
        return declared(self, shared, recorded or self.engine.resources(), refresh=refresh)

    @property
    def shelf(self) -> Shelf:
        return shelf_of(self.cloud, self.studio, self.home.path)

    @property
    def _regions(self) -> set[str]:
        """Where this project keeps anything that delivers logs."""
        backup = self.project.storage.backup_region
        return {self.project.region, backup} if backup else {self.project.region}

    @property
    def folder(self) -> Path:
        """Where this machine keeps its notes of the project."""
        return state_home() / "studios" / self.studio.studio / self.stack.project / self.stack.stack

    @property
    def _what(self) -> str:
        return f'project "{self.project.project}"'


AnyDeployment: TypeAlias = Deployment | StudioDeployment


def open_project(target: str | None = None, *, engine: str | None = None, allow_expired: bool = False) -> Deployment:
    """The project in file `target`, or named `target` (`projects/NAME.yaml` or `.yml`), or the only one here.

    `allow_expired` is for what an expired project still needs: to be looked at, stopped and torn down.
    Raises `SpecError` with every fault of its file and its studio's, `UsageError` when there is no such file.
    """
    path = project_path(target)
    project = load_project(path, allow_expired=allow_expired)
    file = find_studio(path)
    studio = studio_on(load_studio(file) if file else default_studio(), CLOUDS[project.cloud].family)
    refuse_command(project.cloud)
    refuse_renamed_project(project, studio, path, file)
    refuse_renamed_studio(studio, file)
    project = project_where_it_is(project, studio, path, refuse=not allow_expired)
    if not allow_expired:
        studio_where_it_is(studio, project.cloud, file, refuse=True)
        check_together(project, studio, path)
        check_neighbours(project, path, studio.studio)
    return Deployment(
        project, path.absolute(),
        StudioDeployment(studio, file.absolute() if file else None, studio_cloud(project.cloud, studio), engine), engine,
    )  # fmt: skip
