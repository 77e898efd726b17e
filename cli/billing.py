"""What `workstation cost --actual` asks for: which days, by what, and on which terms it is written for an invoice."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from soundstage.cli.answer import Answer, say, subject
from soundstage.cli.costing import assumptions
from soundstage.cli.display.bills import actual_document, actual_text
from soundstage.cli.display.text import count, spoken
from soundstage.cli.notice import notice
from soundstage.core import files
from soundstage.core.errors import CloudError, UsageError
from soundstage.core.words import shown
from soundstage.pricing.invoice import Terms, invoice_csv
from soundstage.stacks.billing.actual import Actual, Period, bills_of, of_project, of_studio
from soundstage.stacks.billing.exported import ExportedBills
from soundstage.stacks.clouds.bills import Readable

_MOST_MARGIN: Final = 1000.0


@dataclass(frozen=True)
class BillAsked:
    """What was typed."""

    target: str | None
    engine: str | None
    assume: tuple[str, ...]
    by: str
    start: str | None
    end: str | None
    csv: Path | None
    margin: str | None
    currency: str | None
    rate: float | None
    rate_date: str | None
    export: Path | None = None


def refuse_without_actual(asked: BillAsked) -> None:
    """Raise `UsageError` for words that say something of a bill where none is asked for."""
    said = {
        "--by": None if asked.by == "machine" else asked.by, "--from": asked.start, "--to": asked.end, "--csv": asked.csv,
        "--margin": asked.margin, "--currency": asked.currency, "--rate": asked.rate, "--rate-date": asked.rate_date,
        "--export": asked.export,
    }  # fmt: skip
    if alone := [option for option, value in said.items() if value is not None]:
        raise UsageError(
            f"{spoken(alone)} go{'es' if len(alone) == 1 else ''} with --actual.", "Add --actual to see the bill."
        )


def activated(asked: BillAsked) -> Answer:
    """Have the cloud split the bill by our tags."""
    from soundstage.stacks.deployment import open_project

    refuse_without_actual(asked)
    bills = bills_of(open_project(asked.target, engine=asked.engine, allow_expired=True))
    inactive = bills.inactive()
    refused = bills.activate(inactive) if inactive else ""
    if refused:
        raise CloudError(
            f"AWS does not activate {spoken(inactive)} for cost allocation: {refused}",
            "Ask whoever has the management account to activate them: AWS Billing console, Cost allocation tags.",
        )
    told = (
        f"Active from now on: {spoken(inactive)}. The bill is split by them in up to 24 hours."
        if inactive
        else (
            "Nothing to activate: every tag that AWS has seen is active. A new one is seen up to a day after something carries it."
        )
    )
    return Answer({"activated": inactive}, say(told))


def billed(asked: BillAsked, estimating: Mapping[str, object]) -> Answer:
    """`estimating` are options that a bill does not go with. Raises `UsageError` for words that do not fit together, and what reading a project or a bill raises."""
    if wrong := [option for option, value in estimating.items() if value is not None]:
        raise UsageError(f"{spoken(wrong)} and --actual exclude each other: a bill is of what was there.")
    if asked.export is not None and asked.csv is not None and asked.csv.resolve() == asked.export.resolve():
        raise UsageError("--csv would write over the file of --export.", "Name another file for --csv.")
    terms = terms_of(asked)
    period = Period(_day("--from", asked.start), _day("--to", asked.end))
    assumed = assumptions(asked.assume)
    from soundstage.stacks.deployment import open_project

    deployment = open_project(asked.target, engine=asked.engine, allow_expired=True)
    whole = asked.by in ("client", "project")
    studio = deployment.studio.studio
    bills: Readable = ExportedBills(asked.export, studio) if asked.export is not None else bills_of(deployment)
    found = of_studio(period, bills) if whole else of_project(deployment, period, assumed, bills)
    if asked.csv is not None:
        _write(asked.csv, found, terms, "" if whole else deployment.project.client or "")
    about: dict[str, Any] = {} if whole else subject(deployment.stack)
    title = "All projects" if whole else deployment.project.title
    simulated = asked.export is None and not deployment.cloud.name.is_real
    return Answer(
        about | actual_document(found, asked.by, terms),
        lambda screen: actual_text(
            found, f"{title} on {deployment.cloud.describe()}", asked.by, terms, screen, simulated=simulated
        ),
    )


def terms_of(asked: BillAsked) -> Terms:
    """`--margin 15% --currency EUR --rate 0.92 --rate-date 2026-11-20`. Raises `UsageError`."""
    margin = _margin(asked.margin)
    currency = asked.currency or "USD"
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha() and currency.isupper()):
        raise UsageError(f"--currency is {shown(currency)}; allowed: the three letters of a currency, such as EUR.")
    if currency == "USD":
        if asked.rate is not None or asked.rate_date is not None:
            raise UsageError(
                "--rate and --rate-date go with --currency.",
                "For example: --currency EUR --rate 0.92 --rate-date 2026-11-20",
            )
        return Terms(margin)
    if asked.rate is None or asked.rate_date is None:
        raise UsageError(
            f"--currency {currency} needs --rate and --rate-date: a rate is never guessed.",
            f"Say how many {currency} one US dollar is, and of which day: --rate 0.92 --rate-date 2026-11-20",
        )
    if not 0 < asked.rate < 1e9:
        raise UsageError(f"--rate is {asked.rate:g}; allowed: more than 0, {currency} for one US dollar.")
    return Terms(margin, currency, asked.rate, _day("--rate-date", asked.rate_date))


def _margin(text: str | None) -> float:
    if text is None:
        return 0.0
    try:
        found = float(text.removesuffix("%"))
    except ValueError:
        found = -1.0
    if not 0 <= found <= _MOST_MARGIN:
        raise UsageError(f"--margin is {shown(text)}; allowed: per cent from 0 to {_MOST_MARGIN:g}, such as 15%.")
    return found


def _day(option: str, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        if len(text) != 10:
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{option} is {shown(text)}; allowed: a day written YYYY-MM-DD.") from error


def _write(path: Path, found: Actual, terms: Terms, client: str) -> None:
    text = invoice_csv(found.bill, terms, client)
    try:
        files.write(path, text)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error
    rows = len(text.splitlines()) - 1
    notice(f"{count(rows, 'row')} {'is' if rows == 1 else 'are'} in {path}.")
