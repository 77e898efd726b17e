"""The JSON Schema of a file, for editors: its models with what stands under each of their fields."""

import ast
import inspect
import itertools
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema


def json_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The schema of `model`, in draft 2020-12."""
    schema = model.model_json_schema(by_alias=True, schema_generator=_Schema)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


class _Schema(GenerateJsonSchema):
    """Keys in the order of the file, no titles made up from keys, every description on one line."""

    def model_schema(self, schema: Any) -> Any:
        """With what stands under each field. pydantic would read that for every start of a command, which takes longer than a file."""
        made = super().model_schema(schema)
        for kind in schema["cls"].__mro__:
            for name, words in _said(kind) if issubclass(kind, BaseModel) and kind is not BaseModel else ():
                key = kind.model_fields[name].alias or name
                made["properties"][key].setdefault("description", words)
        return made

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - the signature is pydantic's
        return False

    def sort(self, value: Any, parent_key: str | None = None) -> Any:
        if isinstance(value, list):
            return [self.sort(item) for item in value]
        if not isinstance(value, dict):
            return " ".join(value.split()) if parent_key == "description" else value
        return {key: self.sort(item, key) for key, item in value.items()}


def _said(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """A model's own fields, each with the text under it."""
    body = ast.parse(inspect.getsource(model)).body[0]
    for field, words in itertools.pairwise(getattr(body, "body", ())):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(words, ast.Expr)
            and isinstance(words.value, ast.Constant)
            and isinstance(words.value.value, str)
        ):
            yield field.target.id, inspect.cleandoc(words.value.value)
