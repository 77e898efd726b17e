"""The quotas of the simulated account in one region, as data: plenty unless told otherwise. Kept as a parameter of the account, so that
they are remembered like everything else there."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final

from soundstage.core.errors import UsageError
from soundstage.core.words import nearest, shown

PARAMETER: Final = "/soundstage/simulated-quotas"
LONGEST_WAIT: Final = 3600.0
LARGEST: Final = 1_000_000.0


@dataclass(frozen=True)
class AccountQuotas:
    """What the account may have."""

    new_account: bool = False
    """As an account has them on its first day, when no GPU machine may run."""
    values: Mapping[str, float] = field(default_factory=dict)
    """Some of them by code, whatever the account is."""
    granted_after: float = 0.0
    """Seconds from a request for more until it is granted."""
    refusing: bool = False
    """Whether requests are refused instead."""

    def __post_init__(self) -> None:
        problems = [f"{code}={value:g}" for code, value in self.values.items() if not 0 <= value <= LARGEST]
        if problems:
            raise UsageError(f"A quota goes from 0 to {LARGEST:,.0f}: {', '.join(problems)}.")
        if not 0 <= self.granted_after <= LONGEST_WAIT:
            raise UsageError(
                f"A request cannot wait for {self.granted_after:g} seconds.", f"Allowed: 0 to {LONGEST_WAIT:g}."
            )


def quotas_of(text: str) -> AccountQuotas:
    """What the parameter says."""
    return AccountQuotas(**json.loads(text))


def text_of(quotas: AccountQuotas) -> str:
    """What the parameter says, to keep."""
    return json.dumps(asdict(quotas))


@cache
def table() -> Mapping[str, Any]:
    """Service → code → name and values of each quota that there is."""
    text = (files("soundstage.simulator") / "aws" / "gaps" / "quotas.json").read_text("utf-8")
    found: Mapping[str, Any] = json.loads(text)
    return found


def known() -> dict[str, tuple[str, str]]:
    """Code of each quota → its service and its name."""
    return {code: (service, row["name"]) for service in ("ec2", "vpc") for code, row in table()[service].items()}


def values_of(said: Iterable[str]) -> dict[str, float]:
    """Quotas as a person types them: `L-DB2E81BA=4`. `UsageError` for a code that there is not, or what is no number."""
    found: dict[str, float] = {}
    for one in said:
        code, _, number = one.partition("=")
        if code not in known():
            near = nearest(code, known())
            hint = f'Did you mean "{near}"?' if near else "`workstation simulator quotas` lists them."
            raise UsageError(f"There is no quota {shown(code)}.", hint)
        if not number.isdecimal():
            raise UsageError(f"{shown(one)} is no quota.", "Write it like L-DB2E81BA=4.")
        found[code] = float(number)
    return found
