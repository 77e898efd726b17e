"""The studio's own stack with everything that belongs to it: its file, its cloud and its engine."""

import os
import shlex
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from soundstage.core.clouds import CLOUDS
from soundstage.core.errors import UsageError
from soundstage.core.home import state_home
from soundstage.engines.base import Engine, OnEvent, Program, Result, StackName, ignore
from soundstage.plan.plan import Plan
from soundstage.projectfile.catalogues import CATALOGUES, catalogue_of
from soundstage.projectfile.cloud_limits import refuse_command
from soundstage.projectfile.spec import Studio, default_studio, load_studio
from soundstage.projectfile.studio_file import studio_on
from soundstage.stacks.account.tenants import down_plan, other_studios, refuse_while_projects_are_up, with_guardrails
from soundstage.stacks.asking import Confirm, OnPreview, unasked, unseen
from soundstage.stacks.clouds.base import Cloud
from soundstage.stacks.kinds.resource_kinds import BUCKET, region_on
from soundstage.stacks.media.keys import refuse_dying_keys
from soundstage.stacks.preflight.run import before
from soundstage.stacks.programs.studio_outputs import Shared
from soundstage.stacks.state import owner
from soundstage.stacks.state.last_run import last_run, leaving, noted, run_of, there_will_be
from soundstage.stacks.state.on_record import Standing, on_record, standing_of
from soundstage.stacks.state.whereabouts import refuse_renamed_studio, studio_where_it_is
from soundstage.stacks.target import engine_for, engine_in_use, studio_cloud


class StudioDeployment:
    """The studio's own stack: audit trail, log archives, keys, guard-rails."""

    def __init__(self, studio: Studio, path: Path | None, cloud: Cloud, engine: str | None = None) -> None:
        self.studio = studio
        self.path = path
        self.cloud = cloud
        self._choice = engine
        self._leaving: int | None = None

    @cached_property
    def engine(self) -> Engine:
        choice = self._choice
        if choice and self.cloud.look_alike:
            # Which engine a studio is on does not matter to its projects; asking for another one is about the projects.
            choice = engine_in_use(self.cloud, self.stack, self.studio) or choice
        return engine_for(self.cloud, self.stack, self.studio, choice)

    @property
    def stack(self) -> StackName:
        """The name of the studio's stack, on whichever engine."""
        return StackName.of_studio(self.studio.studio)

    def preview(self, regions: Iterable[str] = (), *, refresh: bool = False, on_event: OnEvent = ignore) -> Plan:
        owner.check(self._folder, self.path, self._what)
        studio_where_it_is(self.studio, self.cloud.kind, self.path, refuse=True)
        if refresh:
            refuse_dying_keys(self.cloud.keys, self.engine.resources())
        return self.engine.preview(self._program(regions, on_event), refresh=refresh, on_event=on_event)

    def up(
        self,
        confirm: Confirm[Plan] = unasked,
        *,
        refresh: bool = False,
        on_preview: OnPreview[Plan] = unseen,
        on_event: OnEvent = ignore,
    ) -> Result:
        """Bring the studio up, in the same order as a project: preview, policies, `confirm`, and then the changes."""
        from soundstage.stacks.verdict import hold

        before(self.cloud, self.studio)
        plan = self.preview(refresh=refresh, on_event=on_event)
        on_preview(plan)
        hold(plan, self.path, "studio", self.command("check"))
        confirm(plan)
        return self.apply(refresh=refresh, wanted=there_will_be(plan), on_event=on_event)

    def apply(
        self,
        regions: Iterable[str] = (),
        *,
        refresh: bool = False,
        wanted: int | None = None,
        on_event: OnEvent = ignore,
    ) -> Result:
        """The last part of `up`, with a log archive in each of the studio's regions and in `regions`. `wanted` is how many cloud
        resources there are to be, where that is known."""
        _ = self.cloud.account_id
        studio_where_it_is(self.studio, self.cloud.kind, self.path, refuse=True)
        owner.take(self._folder, self.path, self._what)
        if refresh:
            refuse_dying_keys(self.cloud.keys, self.engine.resources())
        with noted(self._folder, run_of(self, "up", wanted)):
            return self.engine.up(self._program(regions), refresh=refresh, on_event=on_event)

    @cached_property
    def neighbours(self) -> list[str]:
        """The other studios that are up in the account. Asks the cloud."""
        return other_studios(self.cloud.account, self.studio.studio)

    def preview_down(self) -> Plan:
        """What `down` would delete. Raises `PreflightRefused` while projects of the studio are up."""
        recorded = self.engine.resources()
        if not len(recorded):
            return recorded
        refuse_while_projects_are_up(self.cloud.account, self.cloud.kind, self.studio.studio)
        plan = down_plan(self.engine.preview_destroy(exclude_protected=True), recorded, stay=bool(self.neighbours))
        self._leaving = leaving(plan)
        return plan

    def down(self, on_event: OnEvent = ignore) -> Result:
        """Tear the studio down. Log archives and keys stay, and with another studio in the account its guard-rails.

        Raises `PreflightRefused` while projects of the studio are up.
        """
        refuse_while_projects_are_up(self.cloud.account, self.cloud.kind, self.studio.studio)
        with noted(self._folder, run_of(self, "down", self._leaving)):
            document = self.engine.export()
            changed = with_guardrails(document["deployment"] or {}, stay=bool(self.neighbours))
            if changed != document["deployment"]:
                self.engine.import_({**document, "deployment": changed})
            return self.engine.destroy(exclude_protected=True, on_event=on_event)

    def standing(self) -> Standing:
        """How the studio stands. What a `studio down` kept is not up."""
        found = standing_of(self.engine.export()["deployment"] or {}, last_run(self._folder))
        return Standing.HALF_UP if found is Standing.UP and self.shared() is None else found

    def elsewhere(self) -> str:
        """On which other cloud the studio is up, as this machine has on record, and what to add to a command; empty for none."""
        found = (one for one in on_record(self.studio.studio, self.stack) if one.is_up and one.cloud != self.cloud.kind)
        return " ".join(
            f"On {CLOUDS[one.cloud].title} it is {one.standing}: add `--cloud {one.cloud}`." for one in found
        )

    def shared(self) -> Shared | None:
        """What projects use of the studio, or None when it is not up: what a `studio down` kept is not it."""
        return Shared.of_record(self.engine.resources())

    def outdated(self, shared: Shared) -> str:
        """What a person is told when the studio's file has changed since the studio came up; empty when it has not."""
        changed = shared.changed(self.studio)
        if not changed:
            return ""
        return (
            f"The studio's file has changed since the studio came up ({', '.join(changed)}). `{self.command('up')}` applies "
            "that; projects do not."
        )

    def program(self, recorded: Plan | None = None) -> Program:  # noqa: ARG002 - the same as of a project
        """What the studio declares, with the regions that it has on record."""
        return self._program(())

    def command(self, verb: str) -> str:
        """The command line that a person types, in this folder, to do `verb` (`recover`) to this stack."""
        file = (
            "" if self.path in (None, Path("studio.yaml").absolute()) else f" {shlex.quote(os.path.relpath(self.path))}"
        )
        cloud = "" if self.cloud.kind == "simulated" else f" --cloud {self.cloud.kind}"
        return f"{self.stack.command} {verb}{file}{cloud}"

    def _program(self, regions: Iterable[str], on_event: OnEvent = ignore) -> Program:
        from soundstage.stacks.programs.programs import programs_of

        # From what is on record and not from the outputs: a first `up` that failed half-way has none.
        archives = self.engine.resources().of_type(*BUCKET)
        known = {region_on(archive) or self.studio.home_region for archive in archives}
        wanted = sorted({self.studio.home_region, *self.studio.regions, *regions, *known})
        found = self.cloud.account.singletons(self.studio.studio, wanted)
        # A newcomer who tries an example and then a project of his own has no studio file, and nothing to put right.
        if self.path is not None or self.cloud.name.is_real:
            found.warn(on_event)
        return programs_of(self.cloud.name.family).studio_program(self.studio, self.cloud.name, wanted, found)

    @property
    def _folder(self) -> Path:
        return state_home() / "studios" / self.studio.studio

    @property
    def _what(self) -> str:
        return f'studio "{self.studio.studio}"'


def open_studio(target: str | None = None, *, cloud: str = "simulated", engine: str | None = None) -> StudioDeployment:
    """The studio in file `target`, or in `studio.yaml` here, or a newcomer's default studio."""
    refuse_command(cloud)
    file, family = Path(target) if target else Path("studio.yaml"), CLOUDS[cloud].family
    if target is None and not file.exists():
        nobody = studio_on(default_studio(), family)
        return StudioDeployment(nobody, None, studio_cloud(cloud, nobody), engine)
    studio = studio_on(load_studio(file), family)
    _refuse_another_cloud(studio_where_it_is(studio, cloud, file, refuse=False), file, cloud)
    refuse_renamed_studio(studio, file)
    return StudioDeployment(studio, file.absolute(), studio_cloud(cloud, studio), engine)


def _refuse_another_cloud(studio: Studio, file: Path, cloud: str) -> None:
    """Raise `UsageError` where the home region is none of this cloud's: the studio cannot be there, and would be said to be down."""
    family = CLOUDS[cloud].family
    if studio.home_region in CATALOGUES[family].regions:
        return
    there = catalogue_of(studio.home_region)
    words = [f"`--cloud {one.word}`" for one in CLOUDS.values() if one.family == there.family]
    raise UsageError(
        f"{os.path.relpath(file)} says home_region: {studio.home_region}, a region of {there.title}, and this command is for "
        f"{CLOUDS[cloud].title}.",
        f"Add {' or '.join(words)} to the command.",
    )
