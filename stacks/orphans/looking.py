"""Looks for orphans in the regions of an account, and cleans them up."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from soundstage.core.errors import OperationError, SoundstageError
from soundstage.engines.base import Event, EventKind, OnEvent, ignore
from soundstage.projectfile.project_paths import project_files
from soundstage.stacks.clouds.estate import Kind
from soundstage.stacks.orphans.finding import CLEANED, WORK, Orphan, of_others, orphans
from soundstage.stacks.orphans.states import States, states_of
from soundstage.stacks.state.on_record import OnRecord, Standing, all_on_record
from soundstage.stacks.studio_deployment import StudioDeployment
from soundstage.stacks.team.overview import at_once

_WAIT = 120.0


@dataclass(frozen=True)
class Found:
    """What a look found. `unfinished` are the projects whose last `up` or `down` did not finish: their states know what is left."""

    regions: tuple[str, ...]
    """Those that answered."""
    orphans: tuple[Orphan, ...]
    others: Mapping[str, int]
    unfinished: tuple[OnRecord, ...]
    shared: bool
    """Whether every state of the studio could be seen."""
    silent: tuple[str, ...]
    told: tuple[str, ...]

    @property
    def monthly_usd(self) -> float:
        return sum(one.monthly_usd or 0 for one in self.orphans)

    def to_clean(self, *, work: bool) -> list[Orphan]:
        """What may be cleaned up, in this order; disks and snapshots with `work` only."""
        kinds = (*CLEANED, *(WORK if work else ()))
        chosen = [one for one in self.orphans if not one.keeps and one.thing.kind in kinds]
        return sorted(chosen, key=lambda one: kinds.index(one.thing.kind))


def look(studio: StudioDeployment, regions: Collection[str], named: Collection[str] = ()) -> Found:
    """Ask all regions at once. One that refuses hides no other. Raises as the cloud does where no region answers."""
    states = states_of(studio)
    estate = studio.cloud.estate
    answers = at_once({region: partial(estate.things, region) for region in sorted(regions)}, _WAIT)
    failed = {region: one for region, one in answers.items() if isinstance(one, SoundstageError)}
    if failed and len(failed) == len(answers):
        raise next(iter(failed.values()))
    things = [thing for one in answers.values() if not isinstance(one, SoundstageError) for thing in one]
    # Each region tells of all buckets.
    things = list({("" if thing.kind is Kind.BUCKET else thing.region, thing.id): thing for thing in things}.values())
    name = studio.studio.studio
    files = {path.stem for path in project_files()}
    return Found(
        tuple(sorted(set(regions) - set(failed))),
        tuple(orphans(things, states, name, datetime.now(UTC), named, files)),
        of_others(things, name),
        tuple(_unfinished(studio, states)),
        states.shared,
        tuple(f"{region}: {error.message}" for region, error in failed.items()),
        states.told,
    )


def clean(studio: StudioDeployment, chosen: Sequence[Orphan], now: Found, on_event: OnEvent = ignore) -> list[Orphan]:
    """Delete those of `chosen` that `now`, a second look, still takes for orphans, and return them. Goes on after a refusal, and raises
    the first of them at the end."""
    still = {(one.thing.region, one.thing.id) for one in now.orphans if not one.keeps}
    done, refused = list[Orphan](), list[OperationError]()
    for one in chosen:
        thing = one.thing
        if (thing.region, thing.id) not in still:
            continue
        about = Event(EventKind.STEP_STARTED, name=thing.name or thing.id, message=f"deleting the {thing.kind}")
        on_event(about)
        try:
            studio.cloud.estate.delete(thing)
        except OperationError as error:
            refused.append(error)
            on_event(replace(about, kind=EventKind.STEP_FAILED, message=error.message))
        else:
            done.append(one)
            on_event(replace(about, kind=EventKind.STEP_DONE, message=f"{thing.kind} deleted"))
    if refused:
        raise refused[0]
    return done


def _unfinished(studio: StudioDeployment, states: States) -> list[OnRecord]:
    halves = (Standing.HALF_DOWN, Standing.HALF_UP)
    mine = (studio.studio.studio, studio.cloud.kind)
    found = [one for one in all_on_record() if (one.studio, one.cloud) == mine and one.standing in halves]
    return [one for one in found if states.standings.get((one.studio, one.project)) is not Standing.DOWN]
