"""A bill of Google Cloud as its export to BigQuery has it: rows of the table of standard usage cost, in a file.

Source: Cloud Billing documentation, "Structure of Standard data export" (read 2026-11). Each row is the cost of one SKU in an hour or so:
`usage_start_time`, `cost` and `credits` in `currency`, of which `currency_conversion_rate` are one US dollar, and `labels`. A file holds the
rows as they are, as a JSON list or a JSON object in each line, or a CSV file of what the query of the documentation asks for.
"""

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Final

from soundstage.components.labels import label_key, tags_of
from soundstage.components.tags import CLIENT, PROJECT, STUDIO, WORKSTATION
from soundstage.core.errors import UsageError
from soundstage.core.words import shown
from soundstage.pricing.bill import Bill, Entry

COLUMNS: Final = (
    "day",
    "studio",
    "project",
    "client",
    "machine",
    "sku",
    "usage",
    "cost",
    "credits",
    "currency",
    "currency_conversion_rate",
)
"""Of a CSV file, in any order; others are left alone."""
_HINT: Final = "`workstation cost --help` names the page with the query that makes such a file."


def read_export(text: str, name: str) -> list[tuple[str, Entry]]:
    """The rows that carry a project of ours, each with the name of its studio. `name` is that of the file.

    Raises `UsageError` with the row that cannot be read.
    """
    found = []
    for number, row in enumerate(_rows(text, name), 1):
        try:
            studio, entry = _entry(row)
            _refuse_half_characters(studio, entry)
        except (KeyError, ValueError, TypeError, AttributeError, OverflowError) as error:
            what = f"has no {error}" if isinstance(error, KeyError) else f"cannot be read: {error}"
            raise UsageError(f"Row {number} of {name} {what}.", _HINT) from error
        if entry.project:
            found.append((studio, entry))
    return found


def bill_of(entries: Iterable[tuple[str, Entry]], studio: str, project: str | None, start: date, end: date) -> Bill:
    """The bill of a project of a studio, or of all of them, from a day to another one, both included. One entry for each day, machine and
    SKU."""
    sums: dict[tuple[Any, ...], list[float]] = {}
    for whose, one in entries:
        if whose not in ("", studio) or project not in (None, one.project) or not start <= one.day <= end:
            continue
        key = (one.day, one.usage_type if project else "", one.project, one.client, one.machine if project else "")
        total = sums.setdefault(key, [0.0, 0.0])
        total[0], total[1] = total[0] + one.usd, total[1] + one.quantity
    made = (
        Entry(day, sku, usd, used, of, client, machine) for (day, sku, of, client, machine), (usd, used) in sums.items()
    )
    return Bill(tuple(made), start, end)


def _rows(text: str, name: str) -> Iterator[Mapping[str, Any]]:
    start = text.lstrip("\ufeff \t\r\n")
    if not start:
        raise UsageError(f"{name} is empty.", _HINT)
    for row in _of_json(start, name) if start[0] in "[{" else _of_csv(start, name):
        if not isinstance(row, Mapping):
            raise UsageError(f"{name} holds {shown(row)} in the place of a row.", _HINT)
        yield row


def _of_json(text: str, name: str) -> Iterator[Any]:
    try:
        if text[0] == "[":
            yield from json.loads(text)
        else:
            yield from (json.loads(line) for line in io.StringIO(text) if line.strip())
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name} is no JSON: {error}.", _HINT) from error


def _of_csv(text: str, name: str) -> Iterator[Mapping[str, Any]]:
    read = csv.DictReader(io.StringIO(text))
    try:
        found = read.fieldnames or ()
        if len(found) == 1:
            raise UsageError(
                f"{name} has one column. A comma has to stand between columns, and a point in numbers, as `bq` writes them.",
                _HINT,
            )
        if lacking := [column for column in COLUMNS if column not in found]:
            raise UsageError(f"{name} lacks the columns {', '.join(lacking)}.", _HINT)
        for number, row in enumerate(read, 1):
            if None in row or None in row.values():  # what `DictReader` makes of more and of fewer fields
                raise UsageError(
                    f"Row {number} of {name} has {'more' if None in row else 'fewer'} fields than there are columns.",
                    _HINT,
                )
            yield row
    except csv.Error as error:
        raise UsageError(f"{name} is no CSV: {error}.", _HINT) from error


def _entry(row: Mapping[str, Any]) -> tuple[str, Entry]:
    if "usage_start_time" not in row and "day" in row:
        return str(row["studio"] or ""), Entry(
            date.fromisoformat(str(row["day"])), str(row["sku"]), _usd(row, _number(row["credits"] or 0)), _number(row["usage"] or 0),
            _read(PROJECT, row["project"]), _read(CLIENT, row["client"]), _read(WORKSTATION, row["machine"]),
        )  # fmt: skip
    tags = tags_of({str(one["key"]): str(one["value"]) for one in row["labels"] or ()})
    credits = sum(_number(one["amount"]) for one in row.get("credits") or ())
    usage = row.get("usage") or {}
    entry = Entry(
        _day(str(row["usage_start_time"])), str((row["sku"] or {})["description"]), _usd(row, credits),
        _number(usage.get("amount_in_pricing_units") or 0), tags.get(PROJECT, ""), tags.get(CLIENT, ""), tags.get(WORKSTATION, ""),
    )  # fmt: skip
    return tags.get(STUDIO, ""), entry


def _refuse_half_characters(studio: str, entry: Entry) -> None:
    """JSON can hold half of a character, which no file takes. Raises `ValueError`."""
    try:
        f"{studio}\n{entry.usage_type}\n{entry.project}\n{entry.client}\n{entry.machine}".encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"it holds {shown(error.object[error.start])}, half of a character") from error


def _usd(row: Mapping[str, Any], credits: float) -> float:
    """What is paid, in US dollars: credits are negative."""
    if not row["currency_conversion_rate"] and row.get("currency") not in (None, "", "USD"):
        raise ValueError(f"currency_conversion_rate is not there, and its cost is in {shown(row['currency'])}")
    rate = _number(row["currency_conversion_rate"] or 1)
    if rate <= 0:
        raise ValueError(f"currency_conversion_rate is {rate:g}")
    return (_number(row["cost"]) + credits) / rate


@lru_cache(maxsize=4096)
def _read(tag: str, value: str | None) -> str:
    """The tag's value that a label's value carries."""
    return tags_of({label_key(tag): value})[tag] if value else ""


def _number(value: object) -> float:
    try:
        found = float(str(value))
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise ValueError(f"{shown(value)} is no amount")
    return found


def _day(text: str) -> date:
    """Of `2026-11-03 10:00:00 UTC`, as BigQuery prints times, or of an ISO time; of one without an offset as UTC."""
    moment = datetime.fromisoformat(text.strip().removesuffix(" UTC").replace(" +", "+"))
    return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)).date()
