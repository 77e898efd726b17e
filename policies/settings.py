"""What a studio may set: thresholds, ports, allow-lists. Each has a default; unknown keys are refused.

The JSON Schema of this model is published as `docs/policies/policy-file.schema.json`.
"""

import re
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_validator

from soundstage.core import yamlfile

_DATA = files("soundstage.policies") / "data"


@cache
def _default_ports() -> dict[str, dict[str, list[str]]]:
    ports: dict[str, dict[str, list[str]]] = yamlfile.data((_DATA / "ports.yaml").read_text(encoding="utf-8"))
    return ports


class Strict(BaseModel):
    """A model that refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


PortRange = Annotated[str, Field(pattern=r"^\d{1,5}(-\d{1,5})?(/(tcp|udp))?$")]

_ACCOUNT: Final = r"^([0-9]{6,16}|o-[a-z0-9]{10,32}|[a-z][a-z0-9-]{4,28}[a-z0-9]|([a-z0-9-]+\.)+[a-z]{2,})$"
"""An AWS account, an organisation, a Google project or its number, or a domain."""


class Settings(Strict):
    """Thresholds and lists that policies read."""

    today: date | None = Field(default=None, description="Judge as if it were this day. Absent: the day of the run.")
    ports: dict[str, dict[str, list[PortRange]]] = Field(
        default_factory=_default_ports,
        description="Groups of ports (`admin`, `display`, `storage`, `pipeline`, `vnc`): product → ranges `8443`, "
        "`5900-5999`, `4172/udp`. A group given here replaces the default one.",
    )
    open_ports: list[PortRange] = Field(
        default=["443/tcp"],
        description="Ports that may face the internet, such as a review page behind a load balancer.",
    )
    wide_prefix_v4: int = Field(default=16, ge=0, le=32, description="An IPv4 range with a shorter prefix is wide.")
    wide_prefix_v6: int = Field(default=32, ge=0, le=128, description="An IPv6 range with a shorter prefix is wide.")
    closed_prefix_v4: int = Field(
        default=22,
        ge=0,
        le=32,
        description="Ports of the groups may be reached from no IPv4 range with a shorter prefix, nor from ranges that "
        "together are broader.",
    )
    closed_prefix_v6: int = Field(default=48, ge=0, le=128, description="The same for one IPv6 range.")
    union_prefix_v4: int = Field(
        default=8,
        ge=0,
        le=32,
        description="All IPv4 ranges of one group together may cover fewer addresses than this prefix.",
    )
    zone_tags: list[str] = Field(default=["soundstage:zone", "zone", "soundstage-zone"], min_length=1)
    default_zone: str | None = Field(default=None, description="The zone of networks without a zone tag.")
    content_zones: list[str] = Field(default=["content"])
    transfer_zones: list[str] = Field(default=["io"])
    zone_flows: list[tuple[str, str]] = Field(
        default=[("content", "io"), ("mgmt", "content"), ("mgmt", "io")],
        description="Which zone may open connections into which other: [from, to]. By default only "
        "`mgmt` may open connections into the content zone.",
    )
    approved_images: list[str] = Field(
        default=[], description="Image ids (`ami-…`) or name patterns that are allowed as well."
    )
    approved_image_projects: list[str] = Field(
        default=["ubuntu-os-cloud", "windows-cloud", "rocky-linux-cloud", "debian-cloud", "nvidia-ngc-public"],
        description="GCP projects whose images are allowed, besides the project's own.",
    )
    image_max_age_days: int = Field(default=45, ge=1)
    refused_machine_types: list[str] = Field(
        default=[r"(p\d|trn|inf|dl|hpc|u-|x\d|mac).*", r"(a2|a3|a4|ct\d|tpu|m1-ultramem|h3).*", r".*\.metal.*"],
        description="Regular expressions of machine types that no interactive workstation needs.",
    )
    gpu_types: str = Field(
        default=r"^(g\d|gr\d|p\d|a2-|a3-|a4-)", description="Regular expression of GPU machine types."
    )
    batch_purposes: list[str] = Field(
        default=["render", "farm", "batch", "transcode", "ci"],
        description="Values of the tags below that mark a machine as restartable, not interactive.",
    )
    purpose_tags: list[str] = Field(default=["soundstage:purpose", "purpose", "soundstage:role", "role"], min_length=1)
    required_tags: list[str] = Field(
        default=["soundstage:project|soundstage:studio", "soundstage:managed-by"],
        description="Tags that whatever costs money must carry; `a|b` means either.",
    )
    required_labels: list[str] = Field(
        default=["soundstage-project|soundstage-studio", "soundstage-managed-by"], description="The same for GCP."
    )
    expires_tags: list[str] = Field(default=["soundstage:expires", "expires-on", "soundstage-expires"], min_length=1)
    expires_within_days: int = Field(default=400, ge=1)
    accounts: list[Annotated[str, Field(pattern=_ACCOUNT)]] = Field(
        default=[],
        description="The studio's own AWS accounts and organisations (`o-…`), its Google projects, their numbers and domains, and others that may be "
        "given something. Accounts and projects in which this stack's resources are known to be need not be listed.",
    )
    residency: list[str] = Field(
        default=[], description="Prefixes of allowed regions: `eu-`, `europe-`. Empty: anywhere."
    )
    titles: list[str] = Field(default=[], description="Production titles that must not show in any name or tag.")
    idle_minimum_minutes: int = Field(default=15, ge=1)
    idle_disconnect_minutes: int = Field(default=15, ge=1)
    log_days: int = Field(default=365, ge=1)
    transfer_days: int = Field(default=1, ge=1, description="How long an object may stay in a transfer bucket.")
    multipart_days: int = Field(default=7, ge=1)
    versions_days: int = Field(
        default=7,
        ge=1,
        description="How long old versions of originals are kept at least, so that a mistake can be undone.",
    )
    archive_after_days: int = Field(default=30, ge=0, description="No archive tier before this age.")
    kms_window_days: int = Field(default=30, ge=7, le=30)
    kms_rotation_days: int = Field(default=90, ge=1, description="GCP keys rotate at least this often.")
    session_hours: int = Field(default=12, ge=1, description="Longest session of a role that people assume.")
    lambda_runtimes: list[str] = Field(
        default=[
            "python3.11",
            "python3.12",
            "python3.13",
            "python3.14",
            "nodejs22.x",
            "nodejs24.x",
            "java21",
            "java25",
        ],
        description="Runtimes with support (AWS documentation, “Lambda runtimes”, 2026-11).",
    )
    originals: list[str] = Field(
        default=["masters/", "footage/", "camera/", "audio/"],
        description="Prefixes of objects that no rule may expire.",
    )
    account_baseline: Literal["auto", "here", "elsewhere"] = Field(
        default="auto",
        description="Whether the account's trail and detectors are this stack's business. `auto`: here when it has a "
        "trail; otherwise what cannot be seen is reported as a blind spot unless the stack is a Soundstage project.",
    )
    monthly_estimate_usd: float | None = Field(
        default=None,
        ge=0,
        description="What the stack costs a month, for COST-05. Absent: a project's own estimate; none for a file.",
    )
    session_digest_tag: str = Field(
        default="soundstage:session-policy",
        description="Machine tag that says which session policy the image enforces.",
    )

    @field_validator("ports")
    @classmethod
    def _keep_other_groups(cls, value: dict[str, dict[str, list[str]]]) -> dict[str, dict[str, list[str]]]:
        return _default_ports() | value

    @field_validator("refused_machine_types", "gpu_types")
    @classmethod
    def _compiles(cls, value: list[str] | str) -> list[str] | str:
        for pattern in [value] if isinstance(value, str) else value:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is not a regular expression: {error}") from error
        return value

    _estimated_usd: float | None = PrivateAttr(None)

    def estimated(self, monthly_usd: float) -> "Settings":
        """The same with what the stack is estimated to cost a month, which is no setting of anybody's."""
        copy = self.model_copy()
        copy._estimated_usd = monthly_usd
        return copy

    @property
    def expected_usd(self) -> float | None:
        """What the stack costs a month: as somebody says, or else as it is estimated; None where neither is known."""
        return self._estimated_usd if self.monthly_estimate_usd is None else self.monthly_estimate_usd

    @property
    def changed(self) -> tuple[str, ...]:
        """The names of the settings that are not the default, in the order in which they are documented."""
        default = Settings()
        return tuple(name for name in type(self).model_fields if getattr(self, name) != getattr(default, name))

    @property
    def day(self) -> date:
        return self.today or date.today()
