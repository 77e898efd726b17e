"""The live test runs for nobody who did not say so twice."""

import subprocess
import sys
from pathlib import Path

import consent
import pytest

SAID = {consent.ACCOUNT: "123456789012", consent.BUDGET: "5", consent.EMAIL: "you@example.com"}


def test_everything_said_is_consent() -> None:
    assert consent.first(SAID) == consent.Consent("123456789012", 5.0, "you@example.com")


@pytest.mark.parametrize("name", [*SAID])
@pytest.mark.parametrize("value", [None, "", "much", "12345"])
def test_what_is_missing_or_wrong_is_asked_for_by_name(name: str, value: str | None) -> None:
    said = {key: text for key, text in {**SAID, name: value}.items() if text is not None}
    with pytest.raises(consent.Refused, match=name):
        consent.first(said)


@pytest.mark.parametrize("budget", ["0", "0.10", "-5", "nan", "inf", "100000"])
def test_a_budget_that_does_not_suffice_or_means_nothing_is_refused(budget: str) -> None:
    with pytest.raises(consent.Refused, match=consent.BUDGET):
        consent.first({**SAID, consent.BUDGET: budget})


def test_credentials_of_another_account_are_refused() -> None:
    with pytest.raises(consent.Refused, match="999999999999"):
        consent.matches(consent.first(SAID), "999999999999")


@pytest.mark.parametrize("typed", ["", "y", "yes", "12345678901", "999999999999"])
def test_yes_is_not_the_number_of_the_account(typed: str) -> None:
    with pytest.raises(consent.Refused):
        consent.second(consent.first(SAID), lambda _question: typed)


def test_the_second_question_says_what_it_costs_what_stays_and_that_it_has_never_been_run() -> None:
    asked: list[str] = []
    consent.second(consent.first(SAID), lambda question: (asked.append(question), "123456789012")[1])
    for word in ("at most about $", "What stays", "never been run"):
        assert word in asked[0]


def test_make_live_without_a_word_makes_nothing(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, Path(__file__).parent],
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": "", "HOME": str(tmp_path)},
    )
    assert ran.returncode == 2
    assert consent.ACCOUNT in ran.stderr
