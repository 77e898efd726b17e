"""What is said of a quota that is too small, and how often the account is asked about it."""

from types import SimpleNamespace
from typing import Any

import pytest

from soundstage.plan.plan import Plan
from soundstage.stacks.clouds.base import Need
from soundstage.stacks.clouds.facts import Caller, Filed, Filing
from soundstage.stacks.preflight.checks import Situation, all_checks
from soundstage.stacks.preflight.finding import Finding

RULES = ("vpc", "L-9")


class Quotas:
    """An account that allows 60 of everything, and what it was asked."""

    def __init__(self, *needs: Need, last: Filed | None = None) -> None:
        self.kinds = {"firewall rules": lambda _plan: needs}
        self.asked: list[tuple[str, str]] = []
        self._last = last

    def allowed(self, quota: tuple[str, str]) -> int:
        self.asked.append(quota)
        return 60

    def filed(self, _quota: tuple[str, str]) -> Filed | None:
        return self._last

    def request(self, need: Need) -> str:
        return f"aws {need.total}"


def looked(quotas: Quotas) -> list[Finding]:
    deployment: Any = SimpleNamespace(
        project=SimpleNamespace(cloud="simulated"),
        cloud=SimpleNamespace(quotas=quotas),
        command=lambda verb: f"workstation {verb} teaser",
    )
    at = Situation(deployment, Caller("ana"), Plan("soundstage", "teaser", ()), None, is_whole=True)
    (check,) = [one for one in all_checks(quotas.kinds, {}) if one.name == "firewall rules"]
    return list(check.look(check.name, at))


def test_a_quota_that_many_groups_count_against_was_asked_for_once_each_and_the_last_group_decided_how_much() -> None:
    quotas = Quotas(*(Need(RULES, f"inbound rules of edit-{total}", total) for total in (80, 70, 10)))
    eighty, seventy, fine = looked(quotas)
    assert quotas.asked == [RULES]
    assert (eighty.need, seventy.need, fine.need) == (
        Need(RULES, "inbound rules of edit-80", 80), Need(RULES, "inbound rules of edit-70", 70), None,
    )  # fmt: skip
    assert "--request-quota` asks for 80" in eighty.mend
    assert eighty.mend == seventy.mend


ASKS = "`workstation doctor teaser --request-quota` asks for 80, as `aws 80` does; the answer can take a day."
WAITS = " were asked for (CASE_OPENED); `workstation doctor teaser --watch` waits for the answer."
ONE_AT_A_TIME = "That is too few, and there can be only one request at a time. Then"


@pytest.mark.parametrize(
    ("standing", "wanted", "said"),
    [
        (Filing.OPEN, 80, f"80{WAITS}"),
        (Filing.OPEN, 70, f"70{WAITS} {ONE_AT_A_TIME} {ASKS}"),
        (Filing.REFUSED, 80, f"A request for 80 was refused (CASE_OPENED). {ASKS}"),
        (Filing.GRANTED, 60, ASKS),
    ],
)
def test_a_request_that_is_open_and_too_small_is_waited_for_first(standing: Filing, wanted: int, said: str) -> None:
    (found,) = looked(Quotas(Need(RULES, "rules", 80), last=Filed(RULES, wanted, standing, "CASE_OPENED")))
    assert found.mend == said
