"""What the estimate of a project's cost assumes, where its file says it. Every field's text here is its documentation."""

from typing import Annotated

from pydantic import Field

from soundstage.core.strict import Strict

Amount = Annotated[float, Field(ge=0, le=10_000_000)]


class Cost(Strict):
    """What the estimate of the cost assumes. Each is a guess until it is said here."""

    hours_per_week: Annotated[float, Field(ge=0, le=168)] | None = None
    """Hours a week that each machine works which has no `hours`. Absent: 20 to 55, typically 40."""

    stream_mbit_per_second: Annotated[float, Field(ge=0, le=1000)] | None = None
    """Mbit/s that the picture of a machine takes while somebody works on it. Absent: 3 to 40, typically 15."""

    ingest_gib_per_month: Amount | None = None
    """GiB of media that come in each month. Absent: 100 to 2000, typically 500."""

    stored_gib: Amount | None = None
    """GiB of media that are there at the beginning. Absent: none."""

    mean_file_mib: Annotated[float, Field(ge=0.001, le=5_000_000)] | None = None
    """The size of a file in MiB, on the average. Absent: 5 to 200, typically 50."""

    deliver_gib_per_month: Amount | None = None
    """GiB of media that are fetched out of the cloud each month. Absent: 10 to 200, typically 50."""

    retrieve_gib_per_month: Amount | None = None
    """GiB of media that are read again each month after they moved to cheaper storage. Absent: 0 to 100, typically 10."""

    disk_used_percent: Annotated[float, Field(ge=0, le=100)] | None = None
    """How much of a disk for work in progress is ever written. Absent: 30 to 100, typically 60."""

    daily_change_percent: Annotated[float, Field(ge=0, le=100)] | None = None
    """How much of a disk for work in progress changes in a day. Absent: 1 to 10, typically 3."""

    nat_gib_per_month: Amount | None = None
    """GiB that go through the NAT gateway each month. Absent: 1 to 100, typically 10."""

    network_log_gib_per_month: Amount | None = None
    """GiB of network and name logs of each machine a month. Absent: 0.1 to 3, typically 0.5."""

    other_log_gib_per_month: Amount | None = None
    """GiB of each other log a month. Absent: 0.01 to 0.5, typically 0.05."""

    trail_events_per_month: Annotated[float, Field(ge=0, le=1e12)] | None = None
    """Reads and writes of media that the audit trail keeps each month. Absent: 10000 to 1000000, typically 100000."""

    dns_queries_per_month: Annotated[float, Field(ge=0, le=1e12)] | None = None
    """Names that each machine asks for through the DNS firewall a month. Absent: 50000 to 1000000, typically 200000."""

    key_requests_per_month: Annotated[float, Field(ge=0, le=1e12)] | None = None
    """Uses of each key a month. Absent: 1000 to 100000, typically 10000."""
