"""The text of a project file with another value in it; every other line, comment and order stays as it is. Pure: text in, text out."""

from collections.abc import Collection
from typing import Any

import yaml

from soundstage.core import yamlfile
from soundstage.core.errors import SpecError, UsageError
from soundstage.core.yamlfile import PARSER, Place, scalar


def with_value(text: str, file: str, place: Place, value: str, *, instead_of: Collection[str] = ()) -> str:
    """The text of a valid file that says `value` at `place`: in place of what stands there, or of one of the keys `instead_of` beside it;
    else after the first key beside it. Raises `UsageError` where the file is written so that it takes a person to change it."""
    before = yamlfile.parse(text, file).value
    *around, key = place
    wanted = _changed(before, [str(step) for step in around], str(key), value, instead_of)
    mapping: Any = yaml.compose(text, Loader=PARSER)
    for step in around:
        mapping = next(node for said, node in mapping.value if said.value == step)
    found = next(((said, node) for said, node in mapping.value if said.value in (key, *instead_of)), None)
    said = f"{key}: {scalar(value)}"
    if found:
        start, end = found[0].start_mark.index, found[1].end_mark.index
        changed = f"{text[:start]}{said}{text[end:]}"
    elif mapping.flow_style:
        end = mapping.value[0][1].end_mark.index
        changed = f"{text[:end]}, {said}{text[end:]}"
    else:
        first = mapping.value[0]
        line_end = text.find("\n", first[1].end_mark.index)
        line_end = len(text) if line_end < 0 else line_end
        returns = "\r" if text[:line_end].endswith("\r") else ""  # of a file that an editor on Windows wrote
        changed = f"{text[:line_end]}\n{' ' * first[0].start_mark.column}{said}{returns}{text[line_end:]}"
    if _content(changed, file) != wanted:
        where = yamlfile.key_of((*around, key))
        raise UsageError(
            f"{file} is written so that {where} cannot be set in it. Nothing was changed.",
            f"Set `{where}` to {scalar(value)} in the file yourself, then run this again.",
        )
    return changed


def _changed(
    whole: dict[str, Any], around: list[str], key: str, value: str, without: Collection[str]
) -> dict[str, Any]:
    if around:
        return {**whole, around[0]: _changed(whole[around[0]], around[1:], key, value, without)}
    return {**{name: one for name, one in whole.items() if name not in without}, key: value}


def _content(text: str, file: str) -> dict[str, Any] | None:
    try:
        return yamlfile.parse(text, file).value
    except SpecError:
        return None
