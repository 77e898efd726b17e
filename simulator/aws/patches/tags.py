"""Tags go with what they are on. moto keeps them by name, so that a new alarm would have the tags of a deleted one of its name."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from moto.cloudtrail.models import CloudTrailBackend
from moto.cloudwatch.models import CloudWatchBackend
from moto.logs.models import LogsBackend
from moto.s3.models import S3Backend
from moto.scheduler.models import EventBridgeSchedulerBackend

_FORGET: Final[tuple[tuple[Any, str, str, Callable[[Any, Any], Iterable[Any]]], ...]] = (
    (CloudTrailBackend, "delete_trail", "tagging_service", lambda found, name: [found.trails.get(name)]),
    (CloudWatchBackend, "delete_alarms", "tagger", lambda found, names: map(found.alarms.get, names)),
    (EventBridgeSchedulerBackend, "delete_schedule_group", "tagger", lambda found, name: [found.schedule_groups.get(name)]),
    (LogsBackend, "delete_log_group", "tagger", lambda found, name: [found.groups.get(name)]),
    (S3Backend, "delete_bucket", "tagger", lambda found, name: [found.buckets.get(name)]),
)  # fmt: skip
"""Where moto keeps the tags, and what a deletion is about: class, method, tagging service, the things by the method's argument."""


def _forgetting(delete: Any, tagger: str, about: Callable[[Any, Any], Iterable[Any]]) -> Any:
    def deleted(self: Any, named: Any) -> Any:
        things = [thing for thing in about(self, named) if thing is not None]
        answer = delete(self, named)
        left = [*about(self, named)]
        for thing in things:
            if not any(thing is each for each in left):
                arn = getattr(thing, "alarm_arn", None) or thing.arn
                getattr(self, tagger).delete_all_tags_for_resource(arn)
        return answer

    return deleted


def apply() -> None:
    """Forget the tags of what is deleted."""
    for backend, method, tagger, about in _FORGET:
        setattr(backend, method, _forgetting(getattr(backend, method), tagger, about))
