"""What projects use of their studio: outputs of the studio's stack, which in a preview may not be known yet."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from soundstage.core.values import Properties, Value
from soundstage.plan.plan import Plan
from soundstage.projectfile.studio_file import Studio

GUARDS: Final = (
    ("aws:cloudtrail/trail:Trail", "aws:ebs/encryptionByDefault:EncryptionByDefault"),
    ("gcp:logging/projectSink:ProjectSink", "gcp:projects/iAMAuditConfig:IAMAuditConfig"),
)
"""Types of which a studio that is up has one each, by cloud: what records, and what guards."""

if TYPE_CHECKING:
    import pulumi


@dataclass(frozen=True)
class Shared:
    """The studio as a project sees it. A value is a string, `UNKNOWN` while the studio is only previewed, or an `Output` of its stack."""

    log_buckets: Mapping[str, Value] = field(default_factory=dict)
    """Name of the bucket that receives access logs, by region."""
    alert_topic_arn: Value = None
    """ARN of the topic that alarms and budgets publish to; None without a studio."""
    boundary_arns: Mapping[str, Value] | None = None
    """ARN of the permission boundary for roles of `people` and of `services`; empty on a cloud that has none, None where the studio came
    up before it had any."""
    disk_keys: Mapping[str, Value] | None = None
    """Id of the key of builders' disks and of images, by region; None where the account has one for every disk, and where the studio
    came up before it had any."""
    declared: Mapping[str, Value] | None = None
    """What the studio's file said when the studio came up (`declared`); None where it came up before this was kept."""

    @classmethod
    def from_outputs(cls, outputs: Properties) -> "Shared":
        """Read the outputs that `stacks.programs.aws.studio` exports."""
        buckets, boundaries = outputs.get("log_buckets"), outputs.get("boundary_arns")
        said, keys = outputs.get("declared"), outputs.get("disk_keys")
        return cls(
            buckets if isinstance(buckets, dict) else {},
            outputs.get("alert_topic_arn"),
            boundaries if isinstance(boundaries, dict) else None,
            keys if isinstance(keys, dict) else None,
            said if isinstance(said, dict) else None,
        )

    @classmethod
    def of_record(cls, recorded: Plan) -> "Shared | None":
        """Read a studio's record; None unless the studio is up, with everything that its outputs name.

        After `studio down` the outputs are still there, and the logs that it keeps; its topic and boundaries are not.
        """
        shared = cls.from_outputs(recorded.outputs)
        named = {*shared.log_buckets.values(), shared.alert_topic_arn, *(shared.boundary_arns or {}).values()} - {None}
        known = {resource.id for resource in recorded}
        guarded = any(all(recorded.of_type(type) for type in types) for types in GUARDS)
        return shared if named and guarded and named <= known else None

    def changed(self, studio: Studio) -> list[str]:
        """The keys of the studio's file that say something else now than when the studio came up."""
        if self.declared is None:
            return []
        return sorted(key for key, value in declared(studio).items() if self.declared.get(key) != value)

    def log_bucket(self, region: str) -> "pulumi.Input[str] | None":
        """Name of the region's log bucket, for a resource's argument; None without one."""
        return _as_input(self.log_buckets.get(region))

    def topic(self) -> "pulumi.Input[str] | None":
        """ARN of the alarms' topic, for a resource's argument; None without a studio."""
        return _as_input(self.alert_topic_arn)

    def boundary(self, whose: str) -> "pulumi.Input[str] | None":
        """ARN of the permission boundary of roles of `people` or of `services`; None without a studio."""
        return _as_input((self.boundary_arns or {}).get(whose))

    def disk_key(self, region: str) -> "pulumi.Input[str] | None":
        """Id of the key of builders' disks, for a resource's argument; None without one."""
        return _as_input((self.disk_keys or {}).get(region))

    def covers(self, regions: set[str]) -> bool:
        """Whether access logs can be delivered in all these regions, and roles put under a boundary."""
        return regions <= set(self.log_buckets) and self.boundary_arns is not None


def declared(studio: Studio) -> dict[str, Any]:
    """What the studio's file says about what the studio's stack makes. Where its state is kept is settled by `studio init`."""
    return studio.model_dump(mode="json", exclude={"studio", "account", "installers_bucket", "notices", "state"})


def _as_input(value: Value) -> "pulumi.Input[str] | None":
    """A value for a resource's argument; `UNKNOWN` becomes an output that is not known yet."""
    if value is None or isinstance(value, str):
        return value

    import pulumi

    if isinstance(value, pulumi.Output):
        return value

    async def answer(known: Any) -> Any:
        return known

    return pulumi.Output[str](set(), answer(None), answer(False))
