"""What a simulated cloud can do that a real one cannot."""

from typing import Protocol

from soundstage.projectfile.bucket_address import Bucket


class LookAlike(Protocol):
    """What a simulated cloud offers besides. It is started when first needed."""

    @property
    def recorded_only(self) -> frozenset[str]:
        """Types that are stored but not acted on."""

    def let_start(self, studio: str, project: str, machine: str, seconds: float, failing: str) -> None:
        """From now on a machine is ready so many seconds after its start, or one of its checks fails; empty for none."""

    def take_spot(self, studio: str, project: str, machine: str, *, give: bool) -> str:
        """Take the spot capacity of a machine back, or `give` it again. What becomes of it then, after the machine's name."""

    def have_quotas(self, text: str) -> None:
        """From now on the account's quotas in this region are these (`simulator.account_quotas`)."""

    def launcher(self) -> str:
        """The text of the executable that is its plugin for the genuine engine."""

    def environment(self) -> dict[str, str]:
        """Variables that point tools at it, and away from every real account."""

    def state_url(self, bucket: Bucket) -> str:
        """The address of a bucket of its own, for an engine that keeps its state there."""
