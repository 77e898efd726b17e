"""What moto does when something is not there, or is there already.

A metric filter that is put again stays beside the old one; a role that an instance profile does not hold and a schedule group that
is gone end in an internal error.
"""

from typing import Any

from moto.iam.exceptions import NotFoundException
from moto.iam.models import IAMBackend
from moto.logs.metric_filters import MetricFilters
from moto.scheduler.exceptions import ScheduleGroupNotFound
from moto.scheduler.models import EventBridgeSchedulerBackend

_add_filter = MetricFilters.add_filter
_delete_schedule_group = EventBridgeSchedulerBackend.delete_schedule_group
_remove_role = IAMBackend.remove_role_from_instance_profile


def _put_filter(self: Any, filter_name: str, pattern: str, group: str, transformations: Any) -> None:
    self.metric_filters = [
        known for known in self.metric_filters if (known["filterName"], known["logGroupName"]) != (filter_name, group)
    ]
    _add_filter(self, filter_name, pattern, group, transformations)


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
        (EventBridgeSchedulerBackend, "delete_schedule_group", _forget_schedule_group),
        (IAMBackend, "remove_role_from_instance_profile", _take_role),
    ):
        setattr(owner, name, replacement)
