"""What AWS refuses before it does anything: parameters that the service's own model does not admit, and tags.

The models are botocore's. Each of the services below validates every call against its model and refuses all faults at once, in
these words. EC2 and S3 do not: their models say less than they check (`simulator.aws.gaps`).
Source: botocore 1.44; AWS General Reference, "Tag naming limits and requirements" (2026-11).
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from soundstage.simulator.answer import Refusal
from soundstage.simulator.aws.iam.context import request_tags, tag_keys
from soundstage.simulator.aws.request import AwsRequest
from soundstage.simulator.aws.tables import table

_REFUSED_WITH: Final[Mapping[str, str]] = table("error_codes")["model"]
"""Services that validate by their model → their code for it."""
_TAG_REFUSED_WITH: Final[Mapping[str, str]] = table("error_codes")["tag"]
"""Services → their code for a tag that may not be."""
_RESERVED: Final = "aws:"
_LONGEST_KEY: Final = 128
_LONGEST_VALUE: Final = 256
_MOST_TAGS: Final = 50
_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_TEXT_PARAMETERS: Final = re.compile(
    r"(.*\.)?(UserData(\.Value)?|PolicyDocument|Policy|AssumeRolePolicyDocument|.*Body|Message)"
)
"""Parameters that are documents, and may hold what XML cannot."""


def check(request: AwsRequest) -> None:
    """`Refusal` of a changing call that AWS's services refuse by themselves. Calls that only look are let through."""
    if request.read_only or not request.operation:
        return
    _check_model(request)
    if request.protocol in ("ec2", "query"):
        _check_characters(request)
    if request.service in _TAG_REFUSED_WITH:
        _check_tags(request)


def _check_model(request: AwsRequest) -> None:
    code = _REFUSED_WITH.get(request.service)
    shape = _input(request.service, request.operation) if code else None
    if code is None or shape is None:
        return
    faults = list(_faults(shape, _structured(request, shape), ""))
    if faults:
        count = f"{len(faults)} validation error{'s' if len(faults) > 1 else ''} detected: "
        raise Refusal(code, count + "; ".join(faults))


def _check_characters(request: AwsRequest) -> None:
    """Their answers are XML, which could not show it again. AWS's own words for it are not documented."""
    for name, value in request.params.items():
        if isinstance(value, str) and _CONTROLS.search(value) and not _TEXT_PARAMETERS.fullmatch(name):
            code = (
                "InvalidParameterValue"
                if request.service == "ec2"
                else _TAG_REFUSED_WITH.get(request.service, "ValidationError")
            )
            raise Refusal(
                code, f"Value ({_shown(value)}) for parameter {name} is invalid. It contains control characters."
            )


def _check_tags(request: AwsRequest) -> None:
    code = _TAG_REFUSED_WITH[request.service]
    named = [(key, "") for key in tag_keys(request.params)]
    tags = list(request_tags(request.params))
    for key, value in (*named, *tags):
        if key.lower().startswith(_RESERVED):
            raise Refusal(code, "Tag keys starting with 'aws:' are reserved for internal use")
        if not 1 <= len(key) <= _LONGEST_KEY:
            raise Refusal(code, f"Tag key exceeds the maximum length of {_LONGEST_KEY} characters")
        if len(value) > _LONGEST_VALUE:
            raise Refusal(code, f"Tag value exceeds the maximum length of {_LONGEST_VALUE} characters")
        if _CONTROLS.search(key + value):
            raise Refusal(code, f"Tag {_shown(key)}={_shown(value)} is invalid. It contains control characters.")
    if len({key for key, _ in tags}) > _MOST_TAGS:
        too_many = {"ec2": "TagLimitExceeded", "iam": "LimitExceeded", "kms": "LimitExceededException"}
        raise Refusal(too_many.get(request.service, code), f"The maximum number of tags is {_MOST_TAGS}.")


def _shown(text: str) -> str:
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)


@cache
def _input(service: str, operation: str) -> Any:
    """botocore's shape of an operation's parameters; None where it has none."""
    from botocore.model import OperationNotFoundError
    from moto.core.utils import get_service_model

    try:
        return get_service_model(service).operation_model(operation).input_shape
    except OperationNotFoundError:
        return None


def _structured(request: AwsRequest, shape: Any) -> Mapping[str, Any]:
    """The parameters as the model names and nests them."""
    if request.protocol == "query":
        from moto.core import parse

        parser: Any = parse.QueryParser
        parsed: Mapping[str, Any] = parser(None)._do_parse({"values": dict(request.params)}, shape)
        return parsed
    return request.params


def _faults(shape: Any, value: Any, path: str) -> Iterator[str]:
    kind = shape.type_name
    if kind == "structure" and isinstance(value, Mapping):
        for name, member in shape.members.items():
            place = name if name in value else str(member.serialization.get("name", name))
            inner = f"{path}.{_lower(name)}" if path else _lower(name)
            if value.get(place) is not None:
                yield from _faults(member, value[place], inner)
            elif name in shape.required_members:
                yield f"Value null at '{inner}' failed to satisfy constraint: Member must not be null"
    elif kind == "list" and isinstance(value, list):
        yield from _size(shape, value, len(value), path)
        for number, item in enumerate(value, 1):
            yield from _faults(shape.member, item, f"{path}.{number}.member")
    elif kind == "map" and isinstance(value, Mapping):
        for key, item in value.items():
            yield from _faults(shape.key, key, f"{path}.key")
            yield from _faults(shape.value, item, f"{path}.{key}.member")
    elif kind == "string" and isinstance(value, str):
        yield from _size(shape, value, len(value), path)
        yield from _form(shape, value, path)
    elif kind in ("integer", "long", "float", "double") and isinstance(value, (int, float)):
        yield from _size(shape, value, value, path)


def _size(shape: Any, value: Any, measure: float, path: str) -> Iterator[str]:
    what = "value" if isinstance(value, (int, float)) else "length"
    for bound, words in (("min", "greater than or equal to"), ("max", "less than or equal to")):
        limit = shape.metadata.get(bound)
        if limit is not None and (measure < limit if bound == "min" else measure > limit):
            yield _failed(shape, value, path, f"Member must have {what} {words} {limit}")


def _form(shape: Any, value: str, path: str) -> Iterator[str]:
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed:
        yield _failed(shape, value, path, f"Member must satisfy enum value set: [{', '.join(allowed)}]")
    pattern = shape.metadata.get("pattern")
    if pattern and not matches(pattern, value):
        yield _failed(shape, value, path, f"Member must satisfy regular expression pattern: {pattern}")


def _failed(shape: Any, value: Any, path: str, constraint: str) -> str:
    shown = "" if shape.metadata.get("sensitive") else f" '{_shown(str(value))}'"
    return f"Value{shown} at '{path}' failed to satisfy constraint: {constraint}"


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]


def matches(pattern: str, text: str) -> bool:
    """Whether `text` as a whole meets a pattern of the models, which are Java's. True for the few that cannot be read here."""
    test = _compiled(pattern)
    return test is None or bool(test(text))


@cache
def _compiled(pattern: str) -> Any:
    """Rust's expressions know Java's classes of characters (`\\p{L}`); Python's know looking ahead. None where neither does."""
    from pydantic_core import SchemaError, SchemaValidator

    try:
        validator = SchemaValidator({"type": "str", "pattern": f"^(?:{pattern})$", "regex_engine": "rust-regex"})
        return validator.isinstance_python
    except SchemaError:
        try:
            return re.compile(pattern).fullmatch
        except re.error:
            return None
