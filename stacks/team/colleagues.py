"""What the states in a studio's bucket know that this machine does not: machines that a colleague has parked."""

from collections.abc import Callable, Iterable
from functools import partial

from soundstage.core.errors import CloudError, SoundstageError
from soundstage.engines.base import StackName
from soundstage.projectfile.bucket_address import bucket_of
from soundstage.projectfile.spec import Studio
from soundstage.stacks.clouds.base import Cloud
from soundstage.stacks.parking.lost import put_away
from soundstage.stacks.parking.record import ids_in, parked_in
from soundstage.stacks.state.in_bucket import in_bucket
from soundstage.stacks.state.on_record import OnRecord, home_region, standing_of
from soundstage.stacks.target import kept_in
from soundstage.stacks.team.overview import LONGEST_WAIT, at_once


def of_colleagues(
    studios: Iterable[tuple[Studio, Callable[[], Cloud]]], wait: float = LONGEST_WAIT
) -> tuple[list[OnRecord], list[str]]:
    """The projects of each studio that keeps its state in a bucket, as that bucket has them, and a sentence about each bucket that cannot
    be read, or does not answer in `wait` seconds."""
    calls = {studio.studio: partial(_read, studio, open) for studio, open in studios if studio.state.backend}
    found, told = list[OnRecord](), list[str]()
    for name, answer in at_once(calls, wait).items():
        if isinstance(answer, SoundstageError):
            told.append(
                f"The states of studio {name} cannot be read, so parked machines may be missing here: {answer.message}"
            )
        else:
            found += answer
    return found, told


def _read(studio: Studio, open: Callable[[], Cloud]) -> list[OnRecord]:
    cloud = open()
    state = kept_in(cloud, StackName.of_studio(studio.studio), studio)
    bucket = bucket_of(state)
    if bucket is None:
        return []
    try:
        return [
            OnRecord(
                studio.studio, project, cloud.kind, home_region(document), standing_of(document, None), None,
                state.backend or "", put_away(parked_in(document), ids_in(document)),
            )
            for project, document in in_bucket(cloud.buckets, bucket, state.backend or "")
            if project
        ]  # fmt: skip
    except CloudError as error:
        if state.managed and error.code == "NoSuchBucket":  # the studio has not made it yet: it holds nothing
            return []
        raise
