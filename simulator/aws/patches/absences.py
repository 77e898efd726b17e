"""What moto does when something is not there, or is there already.

A metric filter that is put again stays beside the old one; the tags of a deleted log group or trail wait for the next of
its name; a role that an instance profile does not hold and a schedule group that is gone end in an internal error.
"""

from typing import Any

from moto.cloudtrail.models import CloudTrailBackend
from moto.iam.exceptions import NotFoundException
from moto.iam.models import IAMBackend
from moto.logs.metric_filters import MetricFilters
from moto.logs.models import LogsBackend
from moto.scheduler.exceptions import ScheduleGroupNotFound
from moto.scheduler.models import EventBridgeSchedulerBackend

_add_filter = MetricFilters.add_filter
_delete_log_group = LogsBackend.delete_log_group
_delete_trail = CloudTrailBackend.delete_trail
_delete_schedule_group = EventBridgeSchedulerBackend.delete_schedule_group
_remove_role = IAMBackend.remove_role_from_instance_profile


def _put_filter(self: Any, filter_name: str, pattern: str, group: str, transformations: Any) -> None:
    self.metric_filters = [
        known for known in self.metric_filters if (known["filterName"], known["logGroupName"]) != (filter_name, group)
    ]
    _add_filter(self, filter_name, pattern, group, transformations)


def _forget_log_group(self: Any, log_group_name: str) -> None:
    group = self.groups.get(log_group_name)
    _delete_log_group(self, log_group_name)
    self.tagger.delete_all_tags_for_resource(group.arn)


def _forget_trail(self: Any, name: str) -> None:
    trail = self.trails.get(name)
    _delete_trail(self, name)
    if trail:
        self.tagging_service.delete_all_tags_for_resource(trail.arn)


def _forget_schedule_group(self: Any, name: str | None) -> None:
    if (name or "default") not in self.schedule_groups:
        raise ScheduleGroupNotFound(name or "default")
    _delete_schedule_group(self, name)


def _take_role(self: Any, profile_name: str, role_name: str) -> None:
    if all(role.name != role_name for role in self.get_instance_profile(profile_name).roles):
        message = f"Role {role_name} in Instance Profile {profile_name} cannot be found."
        raise NotFoundException(message)
    _remove_role(self, profile_name, role_name)


def apply() -> None:
    """Answer as AWS does."""
    for owner, name, replacement in (
        (MetricFilters, "add_filter", _put_filter),
        (LogsBackend, "delete_log_group", _forget_log_group),
        (CloudTrailBackend, "delete_trail", _forget_trail),
        (EventBridgeSchedulerBackend, "delete_schedule_group", _forget_schedule_group),
        (IAMBackend, "remove_role_from_instance_profile", _take_role),
    ):
        setattr(owner, name, replacement)
