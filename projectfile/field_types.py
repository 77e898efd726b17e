"""The kinds of value that project and studio files hold: what each accepts, how it refuses, and its JSON Schema."""

import re
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, PlainValidator, WithJsonSchema

from soundstage.components import choices, cidr, sizes
from soundstage.components.arguments import EMAIL_FORM, LONGEST_EMAIL, is_email
from soundstage.components.domains import DOMAIN
from soundstage.components.hours import MOST_AFTER, MOST_BEFORE
from soundstage.components.lifecycle import PRESETS
from soundstage.components.naming import LONGEST_LABEL, label_faults
from soundstage.components.users import TAKEN_USERS
from soundstage.components.zones import GOOGLE_ZONE, ZONE
from soundstage.core.clouds import CLOUDS
from soundstage.core.strict import Form, OneOf, foreign_letters, is_a, refuse
from soundstage.core.words import nearest, shown
from soundstage.projectfile.catalogues import CATALOGUES, every_region, kinds
from soundstage.projectfile.hours import FORM, PATTERN, Hours, HoursError, parse_hours
from soundstage.projectfile.public_holidays import HOLIDAYS_PATTERN, check_holidays
from soundstage.projectfile.residency import residencies

LABEL_FORM: Final = (
    f"lower-case letters a-z, digits and single hyphens, starting with a letter, at most {LONGEST_LABEL} characters"
)
AN_EMAIL: Final = f"an e-mail address, at most {LONGEST_EMAIL} characters"
_LABEL: Final = rf"^(?=.{{1,{LONGEST_LABEL}}}$)[a-z](-?[a-z0-9])*$"
_TAG: Final = r"^[A-Za-z0-9_.:/=+@-]([A-Za-z0-9 _.:/=+@-]{0,126}[A-Za-z0-9_.:/=+@-])?$"
_NETWORK: Final = r"^[0-9]{1,3}(\.[0-9]{1,3}){3}/[0-9]{1,2}$"
_SOURCE: Final = r"^[0-9]{1,3}(\.[0-9]{1,3}){3}(/[0-9]{1,2})?$"
_PROCESS: Final = r"^[A-Za-z0-9][A-Za-z0-9 ._+-]{0,63}$"


def _cloud(value: str) -> str:
    if value not in CLOUDS:
        raise refuse(is_a(value), ", ".join(CLOUDS), nearest(value, CLOUDS))
    return value


def _label(value: str) -> str:
    if label_faults("name", value):
        raise refuse(is_a(value) + foreign_letters(value), LABEL_FORM)
    return value


def _email(value: str) -> str:
    if not is_email(value):
        raise refuse(f"has {len(value)} characters", AN_EMAIL)
    return value


def _user(value: str) -> str:
    if value in TAKEN_USERS:
        raise refuse(f"is {shown(value)}, which the machine needs for itself", "another name")
    return value


def _day(value: object) -> date:
    return _day_or(value, "is")


def _day_or(value: object, problem: str) -> date:
    if isinstance(value, date):
        return value
    try:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
            return date.fromisoformat(value)
    except ValueError:
        pass  # a form without a day, such as 2027-02-30
    raise refuse(f"{problem} {shown(value)}", "a day that exists, written YYYY-MM-DD")


def _hours(value: object) -> Hours:
    if isinstance(value, Hours):
        return value
    told: dict[Any, Any] = {"weekly": value}
    if isinstance(value, dict):
        told = value
        for key in told:
            if key not in _HOURS_KEYS:
                raise refuse(f"has the key {shown(key)}", ", ".join(_HOURS_KEYS), nearest(key, _HOURS_KEYS))
        if "weekly" not in told:
            raise refuse("has no `weekly`", f"`weekly` with {FORM}")
    weekly, minutes = told["weekly"], {}
    given = told.get("except", [])
    holidays = told.get("holidays")
    if holidays is not None:
        check_holidays(holidays)
    for key, most in (("start_before_minutes", MOST_BEFORE), ("stop_after_minutes", MOST_AFTER)):
        minutes[key] = told.get(key, 0)
        if type(minutes[key]) is not int or not 0 <= minutes[key] <= most:
            raise refuse(f"has {key} {shown(minutes[key])}", f"a whole number, 0 to {most}")
    try:
        hours = parse_hours(weekly if isinstance(weekly, str) else shown(weekly), **minutes)
    except HoursError as error:
        raise refuse(str(error), error.allowed, error.nearest) from error
    closed = frozenset(_day_or(one, "has except") for one in (given if isinstance(given, list) else [given]))
    return replace(hours, holidays=holidays, closed=closed)


def _source(value: str) -> str:
    alone = "/" not in value and ":" not in value
    return _range(value, f"{value}/32" if alone else value)


def _network(value: str) -> str:
    return _range(value, value, cidr.A_NETWORK)


def _range(value: str, meant: str, *such_as: str) -> str:
    try:
        return str(cidr.parse(meant, *such_as))
    except ValueError as error:
        raise refuse(f"{is_a(value)}: {error}") from error


Label = Annotated[str, AfterValidator(_label), Field(json_schema_extra={"pattern": _LABEL})]
"""The name of a studio, project or workstation."""
UserName = Annotated[Label, AfterValidator(_user), Field(json_schema_extra={"not": {"enum": sorted(TAKEN_USERS)}})]
TagText = Annotated[
    str, Form(_TAG, "at most 128 letters (a-z), digits, inner spaces and _ . : / = + - @, because it becomes a tag")
]
Email = Annotated[
    str,
    Form(EMAIL_FORM, AN_EMAIL),
    AfterValidator(_email),
    Field(json_schema_extra={"maxLength": LONGEST_EMAIL}),
]
Domain = Annotated[
    str, Form(DOMAIN, "a domain in lower case, such as licences.example.com, or *.example.com for all below it")
]
Member = Annotated[
    str,
    Form(
        r"^(user|group|serviceAccount):[^\s@A-Z]+@[a-z0-9.-]+\.[a-z]{2,}$",
        "user:ADDRESS or group:ADDRESS of Google accounts in lower case, or serviceAccount:ADDRESS",
    ),
]
"""Somebody as Google's IAM names them. It keeps addresses in lower case."""
Process = Annotated[str, Form(_PROCESS, "a program's name: at most 64 letters, digits, spaces and . _ + -")]
Role = Annotated[choices.Role, OneOf(sizes.roles())]
Size = Annotated[choices.Size, OneOf(sizes.sizes())]
CloudWord = Annotated[
    str,
    AfterValidator(_cloud),
    WithJsonSchema({"enum": list(CLOUDS), "type": "string"}),
]
Region = Annotated[
    str,
    OneOf(every_region(), "; ".join(f"on {one.title} {', '.join(sorted(one.regions))}" for one in CATALOGUES.values())),
]
Zone = Annotated[
    str,
    Form(
        rf"({ZONE}|{GOOGLE_ZONE})",
        "a zone by its name, such as eu-west-1b or on Google Cloud europe-west4-b, or by its id, such as euw1-az2",
    ),
]
HourOfDay = Annotated[
    str, Form(r"^([01][0-9]|2[0-3]):00$", "a whole hour of the day in UTC, 00:00 to 23:00, in quotes")
]
Residency = Annotated[str, OneOf(residencies())]
Lifecycle = Annotated[choices.Lifecycle, OneOf(tuple(PRESETS))]
InstanceType = Annotated[
    str,
    OneOf(
        tuple(kinds()),
        "a type of the families "
        + ", ".join(sorted({machine.family for machine in sizes.known_types().values()}))
        + "; on Google Cloud "
        + ", ".join(sorted({name.rpartition("-")[0] for name in CATALOGUES["gcp"].types})),
    ),
]
Source = Annotated[str, AfterValidator(_source), Field(json_schema_extra={"pattern": _SOURCE})]
"""An IPv4 range; a single address becomes a range of one."""
NetworkRange = Annotated[str, AfterValidator(_network), Field(json_schema_extra={"pattern": _NETWORK})]
"""An IPv4 range with its length."""
Day = Annotated[date, PlainValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
_HOURS_KEYS: Final = ("weekly", "start_before_minutes", "stop_after_minutes", "holidays", "except")
_A_DAY: Final = {"type": "string", "format": "date"}
_WEEKLY: Final = {"type": "string", "pattern": PATTERN}
WeeklyHours = Annotated[
    Hours,
    PlainValidator(_hours),
    WithJsonSchema(
        {
            "anyOf": [
                _WEEKLY,
                {
                    "type": "object",
                    "properties": {
                        "weekly": _WEEKLY,
                        "start_before_minutes": {"type": "integer", "minimum": 0, "maximum": MOST_BEFORE},
                        "stop_after_minutes": {"type": "integer", "minimum": 0, "maximum": MOST_AFTER},
                        "holidays": {"type": "string", "pattern": HOLIDAYS_PATTERN},
                        "except": {"anyOf": [_A_DAY, {"type": "array", "items": _A_DAY}]},
                    },
                    "required": ["weekly"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]
