"""Say what a project costs, or any plan.

An hour while its machines work, the first and the twelfth month by the project's own hours, a month with machines stopped, and a month
after `down`. What a plan does not say is assumed, shown, and set under `cost` in the project file or with --assume. --plan reads a saved
plan, `workstation preview --json`, `pulumi preview --json --show-sames`, `pulumi stack export` or `terraform show -json`, ours or not;
--against says what differs from another one. What has no price is listed, and then every sum is at least so much.

--compare shows what it costs on AWS and on Google Cloud, side by side, by the same hours and the same media; --region names the region of the
other cloud. Nothing is brought up.

--advice says what would save at least a dollar a month, with the sum and the day of the prices.

--actual shows what was billed instead, from AWS Cost Explorer, beside the estimate and with the reason for a difference; --csv writes it
for an invoice, with --margin, and in another currency at a rate that you give. It takes what `permissions --for bill` prints. A bill of
Google Cloud is read from a file of its export to BigQuery: --export FILE. docs/prices.md has the query.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import EngineName, Target


class By(StrEnum):
    """What a bill is split by. By client and project: of the whole account."""

    MACHINE = "machine"
    KIND = "kind"
    DAY = "day"
    CLIENT = "client"
    PROJECT = "project"


class Format(StrEnum):
    """What is printed for a person."""

    TERMINAL = "terminal"
    MARKDOWN = "markdown"


PlanFile = Annotated[
    Path | None, typer.Option("--plan", metavar="FILE", show_default=False, help="Price the plan in this file.")
]
Against = Annotated[
    Path | None, typer.Option("--against", metavar="FILE", show_default=False, help="Say what differs from the plan in this file.")
]  # fmt: skip
Assume = Annotated[
    list[str] | None, typer.Option("--assume", metavar="NAME=NUMBER", help="Take this for an assumption; repeat for more.")
]  # fmt: skip
Region = Annotated[
    str | None, typer.Option("--region", metavar="REGION", show_default=False, help="With --plan: where resources are that name none.")
]  # fmt: skip
FormatName = Annotated[
    Format, typer.Option("--format", help="markdown: for a pull request, with what differs from --against or from what is up.")
]  # fmt: skip
Every = Annotated[bool, typer.Option("--all", help="Also show lines of less than a dollar a month.")]

Chart = Annotated[
    Path | None, typer.Option("--chart", metavar="FILE", show_default=False, help="Draw the year, month by month, into this .html or .png file.")
]  # fmt: skip
Compare = Annotated[bool, typer.Option("--compare", help="Show both clouds side by side instead.")]
Advise = Annotated[bool, typer.Option("--advice", help="Say what would save money, with the sum, instead.")]
Actual = Annotated[bool, typer.Option("--actual", help="Show what was billed instead, and ask the cloud for it.")]
SplitBy = Annotated[
    By, typer.Option("--by", help="With --actual: split by this. client and project: of all projects of the account.")
]  # fmt: skip
Start = Annotated[
    str | None, typer.Option("--from", metavar="DAY", show_default=False, help="With --actual: the first day. Left out: the first of the month.")
]  # fmt: skip
End = Annotated[
    str | None,
    typer.Option("--to", metavar="DAY", show_default=False, help="With --actual: the last day. Left out: today."),
]
Export = Annotated[
    Path | None, typer.Option("--export", metavar="FILE", show_default=False, help="With --actual: read the bill from this file of Google's billing export.")
]  # fmt: skip
Csv = Annotated[
    Path | None, typer.Option("--csv", metavar="FILE", show_default=False, help="With --actual: write it here, a row for each day and usage.")
]  # fmt: skip
Margin = Annotated[
    str | None, typer.Option("--margin", metavar="PERCENT", show_default=False, help="With --actual: what an invoice asks on top, such as 15%.")
]  # fmt: skip
Currency = Annotated[
    str | None, typer.Option("--currency", metavar="CUR", show_default=False, help="With --actual: the currency of an invoice, such as EUR.")
]  # fmt: skip
Rate = Annotated[
    float | None, typer.Option("--rate", metavar="RATE", show_default=False, help="With --currency: how much of it one US dollar is.")
]  # fmt: skip
RateDate = Annotated[
    str | None, typer.Option("--rate-date", metavar="DAY", show_default=False, help="With --rate: the day of the rate.")
]
ActivateTags = Annotated[
    bool, typer.Option("--activate-tags", help="Have AWS split the bill by project, client and machine from now on.")
]  # fmt: skip


def command(
    target: Target = None,
    plan: PlanFile = None,
    against: Against = None,
    assume: Assume = None,
    region: Region = None,
    format: FormatName = Format.TERMINAL,
    every: Every = False,
    chart: Chart = None,
    compare: Compare = False,
    advice: Advise = False,
    actual: Actual = False,
    by: SplitBy = By.MACHINE,
    start: Start = None,
    end: End = None,
    export: Export = None,
    csv: Csv = None,
    margin: Margin = None,
    currency: Currency = None,
    rate: Rate = None,
    rate_date: RateDate = None,
    activate_tags: ActivateTags = False,
    engine: EngineName = None,
) -> Answer:
    from soundstage.cli.advising import advised
    from soundstage.cli.billing import BillAsked, activated, billed, refuse_without_actual
    from soundstage.cli.costing import Asked, priced, side_by_side

    bill = BillAsked(
        target, engine, tuple(assume or ()), by.value, start, end, csv, margin, currency, rate, rate_date, export
    )
    if activate_tags:
        return activated(bill)
    if actual:
        estimating = {
            "--plan": plan, "--against": against, "--region": region, "--chart": chart, "--advice": advice or None, "--compare": compare or None,
        }  # fmt: skip
        return billed(bill, estimating=estimating)
    refuse_without_actual(bill)
    asked = Asked(target, plan, against, tuple(assume or ()), region, engine, chart)
    if compare:
        return side_by_side(asked, format, advice=advice)
    if advice:
        return advised(asked)
    return priced(asked).answer(format, every=every)
