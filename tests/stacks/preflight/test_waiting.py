"""Asking for a larger quota, and waiting for the answer."""

from types import SimpleNamespace
from typing import Any

import pytest

from soundstage.core.errors import PreflightRefused, UsageError
from soundstage.stacks.clouds.base import Need
from soundstage.stacks.clouds.facts import Filed, Filing
from soundstage.stacks.preflight.finding import Finding, Verdict
from soundstage.stacks.preflight.waiting import request, short, wait

NEED = Need(("ec2", "L-1"), "vCPUs of G machines", 8)
OPEN, GRANTED, REFUSED = Filing.OPEN, Filing.GRANTED, Filing.REFUSED


class Quotas:
    """Answers as told, one step a look."""

    def __init__(self, *answers: tuple[int, Filed | None]) -> None:
        self._answers = list(answers)
        self.made: list[int] = []

    def allowed(self, _quota: tuple[str, str]) -> int:
        return self._answers[0][0]

    def filed(self, _quota: tuple[str, str]) -> Filed | None:
        return self._answers[0][1]

    def file(self, need: Need) -> Filed:
        self.made.append(need.total)
        return filed(need.total, OPEN)

    def request(self, need: Need) -> str:
        return f"gcloud {need.total}"

    def pause(self, _seconds: float) -> None:
        self._answers.pop(0)


def filed(wanted: int, standing: Filing) -> Filed:
    return Filed(NEED.quota, wanted, standing, {"open": "CASE_OPENED", "granted": "APPROVED"}.get(standing, "DENIED"))


def waited(quotas: Quotas, kind: str = "simulated") -> list[str]:
    cloud = SimpleNamespace(quotas=quotas, kind=kind, name=SimpleNamespace(is_real=False))
    deployment: Any = SimpleNamespace(cloud=cloud, command=lambda verb: f"workstation {verb} teaser")
    told: list[str] = []
    wait(deployment, [NEED], lambda event: told.append(event.message), quotas.pause)
    return told


def test_waiting_tells_each_change_once_and_ends_with_the_quota() -> None:
    asked = filed(8, OPEN)
    told = waited(Quotas((0, asked), (0, asked), (0, filed(8, GRANTED)), (8, filed(8, GRANTED))))
    assert told == [
        "0 of 8 allowed; the request is CASE_OPENED", "0 of 8 allowed; the request is APPROVED", "8 allowed",
    ]  # fmt: skip


HOPELESS = [
    pytest.param((0, None), UsageError, "--request-quota --watch", id="nobody asked"),
    pytest.param((0, filed(8, REFUSED)), PreflightRefused, "Support Center", id="refused"),
    pytest.param((4, filed(4, GRANTED)), PreflightRefused, "asks for the rest", id="less was granted"),
]


@pytest.mark.parametrize(("answer", "kind", "hint"), HOPELESS)
def test_what_will_never_come_is_not_waited_for(answer: Any, kind: type[Exception], hint: str) -> None:
    with pytest.raises(kind) as refused:
        waited(Quotas(answer))
    assert hint in str(refused.value)


def test_where_requests_cannot_be_seen_the_command_that_asks_is_told() -> None:
    """`--request-quota` stood there, which Google Cloud does not have."""
    with pytest.raises(UsageError, match="not known here") as refused:
        waited(Quotas((0, None)), "simulated-gcp")
    assert refused.value.hint == "`gcloud 8` asks. `workstation doctor teaser` tells when it is granted."
    assert waited(Quotas((8, None)), "simulated-gcp") == ["8 allowed"]


def test_a_request_that_is_open_is_not_made_twice() -> None:
    for last, made in ((None, [8]), (filed(8, OPEN), []), (filed(4, REFUSED), [8]), (filed(4, GRANTED), [8])):
        quotas = Quotas((0, last))
        request(quotas, [NEED])  # type: ignore[arg-type]
        assert quotas.made == made
    with pytest.raises(PreflightRefused, match="4 were asked for already"):
        request(Quotas((0, filed(4, OPEN))), [NEED])  # type: ignore[arg-type]


@pytest.mark.parametrize("totals", [(70, 80), (80, 70)])
def test_two_groups_that_are_short_of_the_same_quota_made_two_requests(totals: tuple[int, int]) -> None:
    needs = [Need(("vpc", "L-9"), f"inbound rules of edit-{total}", total) for total in totals]
    found = [Finding("firewall rules", Verdict.FAILED, "short", need=need, allowed=60) for need in needs]
    quotas = Quotas((60, None))
    request(quotas, short(found))  # type: ignore[arg-type]
    assert quotas.made == [80]
