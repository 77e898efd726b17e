"""Values of files that people write: nothing unknown, nothing converted, and refusals that say what is allowed."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from soundstage.core.words import nearest, shown


class Strict(BaseModel):
    """A part of a file: nothing unknown, nothing converted, nothing changed afterwards."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        arbitrary_types_allowed=True,
        defer_build=True,  # what stands within another is built as its part, and never by itself
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
