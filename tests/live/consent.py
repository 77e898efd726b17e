"""Nobody is billed by accident: the live test asks twice, and refuses whatever is not said."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import cost

ACCOUNT: Final = "SOUNDSTAGE_LIVE_ACCOUNT"
BUDGET: Final = "SOUNDSTAGE_LIVE_BUDGET_USD"
EMAIL: Final = "SOUNDSTAGE_LIVE_EMAIL"
AGREED: Final = "SOUNDSTAGE_LIVE_AGREED"
"""Set by `make live` for the tests that it starts, once everything was said."""


class Refused(Exception):
    """The live test does not run. The message says why and what to set."""


@dataclass(frozen=True)
class Consent:
    """Who pays, how much at most, and who is told."""

    account: str
    budget_usd: float
    email: str


def first(environment: Mapping[str, str]) -> Consent:
    """What the environment says. Raises `Refused` for what it does not say."""
    account = environment.get(ACCOUNT, "")
    if not (account.isdigit() and len(account) == 12):
        raise Refused(
            f"The live test makes real things in a real AWS account, and AWS bills them. Name the account: "
            f"{ACCOUNT}=123456789012. Take one that holds nothing else."
        )
    most = round(cost.usd(cost.MOST, cost.MOST_HOURS), 2)
    try:
        budget = float(environment.get(BUDGET, ""))
    except ValueError:
        raise Refused(f"Say what it may cost: {BUDGET}=5. It takes at most about ${most}.") from None
    if not most <= budget < 1000:
        raise Refused(f"{BUDGET} is {budget:g}; it can take up to ${most}, and must be under 1000.")
    email = environment.get(EMAIL, "")
    if "@" not in email:
        raise Refused(f"Name the address that AWS sends alarms and budgets to: {EMAIL}=you@example.com.")
    return Consent(account, budget, email)


def matches(consent: Consent, account: str) -> None:
    """Raise `Refused` when the credentials are another account's."""
    if account != consent.account:
        raise Refused(
            f"The credentials are for account {account}; {ACCOUNT} names {consent.account}. Nothing was made."
        )


def second(consent: Consent, ask: Callable[[str], str]) -> None:
    """Ask once more, in words. Raises `Refused` unless the account's number is typed."""
    most = round(cost.usd(cost.MOST, cost.MOST_HOURS), 2)
    typed = ask(
        f"""
In account {consent.account} this makes a studio and a project with one machine, asks some thirty questions, and takes
everything down again. It takes about an hour and costs at most about ${most} (list prices of {cost.prices()["region"]}).
This test has never been run on a real account: you are the first.

What stays afterwards, on purpose: the buckets with the account's audit log and access logs. They are locked for a year,
so that nobody can delete them, and cost some cents a year. Keys are deleted by AWS after their waiting time of 30 days.

Type the number of the account to go on: """
    )
    if typed.strip() != consent.account:
        raise Refused("That is not the number of the account. Nothing was made.")
