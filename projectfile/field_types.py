"""The kinds of value that project and studio files hold: what each accepts, how it refuses, and its JSON Schema."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainValidator,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from soundstage.components import choices, cidr, sizes
from soundstage.components.arguments import EMAIL_FORM, LONGEST_EMAIL, is_email
from soundstage.components.domains import DOMAIN
from soundstage.components.images import images
from soundstage.components.lifecycle import PRESETS
from soundstage.components.naming import LONGEST_LABEL, label_faults
from soundstage.components.users import TAKEN_USERS
from soundstage.components.zones import ZONE
from soundstage.core.words import nearest, shown
from soundstage.projectfile.hours import PATTERN, Hours, HoursError, parse_hours
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


class Strict(BaseModel):
    """A part of a file: nothing unknown, nothing converted, nothing changed afterwards."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
        arbitrary_types_allowed=True,
    )


def refuse(problem: str, allowed: str = "", nearest: str = "", *, hidden: bool = False) -> PydanticCustomError:
    """The error that a validator raises; its parts become those of one `Fault`. `hidden` keeps the value out of it."""
    parts = {"problem": problem, "allowed": allowed, "nearest": nearest, "hidden": hidden}
    return PydanticCustomError("soundstage", "{problem}", parts)


def is_a(value: object) -> str:
    """How a problem starts: `is "x"`; for what is empty and for lists and mappings likewise."""
    return f"is {shown(value)}"


@dataclass(frozen=True)
class OneOf:
    """A word out of a table. `what` is for the person: `role`, `region`."""

    words: tuple[str, ...]
    show: str = ""
    """Instead of all the words, where they are too many."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(schema), "enum": list(self.words)}

    def check(self, value: str) -> str:
        """The word itself, when it is in the table."""
        if value not in self.words:
            raise refuse(is_a(value), self.show or ", ".join(self.words), nearest(value, self.words))
        return value


@dataclass(frozen=True)
class Form:
    """Text of a certain form. `allowed` describes it to a person."""

    pattern: str
    allowed: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(schema), "pattern": self.pattern}

    def check(self, value: str) -> str:
        """The text itself, when it has the form."""
        # `$` in the patterns, which JSON Schema shares, would let a line break at the end pass.
        if "\n" in value or not re.search(self.pattern, value, re.ASCII):
            raise refuse(is_a(value) + foreign_letters(value), self.allowed)
        return value


def foreign_letters(value: str) -> str:
    """Names the first letter that is no ASCII: a look-alike cannot be told from the real one by looking."""
    for letter in value:
        if letter.isprintable() and not letter.isascii():
            return f', with "{letter}" ({unicodedata.name(letter, "a letter without a name")})'
    return ""


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
    if isinstance(value, date):
        return value
    try:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
            return date.fromisoformat(value)
    except ValueError:
        pass  # a form without a day, such as 2027-02-30
    raise refuse(is_a(value), "a day that exists, written YYYY-MM-DD")


def _hours(value: object) -> Hours:
    if isinstance(value, Hours):
        return value
    try:
        return parse_hours(value if isinstance(value, str) else shown(value))
    except HoursError as error:
        raise refuse(str(error), error.allowed, error.nearest) from error


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
Process = Annotated[str, Form(_PROCESS, "a program's name: at most 64 letters, digits, spaces and . _ + -")]
Role = Annotated[choices.Role, OneOf(sizes.roles())]
Size = Annotated[choices.Size, OneOf(sizes.sizes())]
Region = Annotated[str, OneOf(tuple(sorted(sizes.regions())))]
Zone = Annotated[str, Form(ZONE, "an availability zone by its name, such as eu-west-1b, or its id, such as euw1-az2")]
Residency = Annotated[str, OneOf(residencies())]
Image = Annotated[str, OneOf(tuple(images()))]
Lifecycle = Annotated[choices.Lifecycle, OneOf(tuple(PRESETS))]
InstanceType = Annotated[
    str,
    OneOf(
        tuple(sizes.known_types()),
        "a type of the families " + ", ".join(sorted({machine.family for machine in sizes.known_types().values()})),
    ),
]
Source = Annotated[str, AfterValidator(_source), Field(json_schema_extra={"pattern": _SOURCE})]
"""An IPv4 range; a single address becomes a range of one."""
NetworkRange = Annotated[str, AfterValidator(_network), Field(json_schema_extra={"pattern": _NETWORK})]
"""An IPv4 range with its length."""
Day = Annotated[date, PlainValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
WeeklyHours = Annotated[Hours, PlainValidator(_hours), WithJsonSchema({"type": "string", "pattern": PATTERN})]
