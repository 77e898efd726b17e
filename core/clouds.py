"""The clouds by their names: which one it is, and whether it is real, are two things; outside they are one word."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class CloudName:
    """What a project file calls a cloud."""

    word: str
    """`aws`, `simulated` …"""
    family: str
    """Which cloud it is or looks like: `aws` or `gcp`."""
    is_real: bool
    """Whether there is an account that is billed."""
    title: str
    """What people are told: `AWS`."""


CLOUDS: Final = {
    one.word: one
    for one in (
        CloudName("simulated", "aws", is_real=False, title="the simulated cloud"),
        CloudName("aws", "aws", is_real=True, title="AWS"),
        CloudName("simulated-gcp", "gcp", is_real=False, title="the simulated Google Cloud"),
        CloudName("gcp", "gcp", is_real=True, title="Google Cloud"),
    )
}
"""Every word that `cloud:` may say."""
