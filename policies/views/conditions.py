"""What a condition of Google's IAM limits: a role to things that it names, tokens to those of somebody that it names.

Sources: Google Cloud IAM, "Attribute reference for IAM Conditions", "Resource attributes", "Configure Workload Identity Federation
with deployment pipelines" (read 2026-11). Read are the ways of naming that these describe, joined by `&&` and `||`; whatever else
stands in a condition (times, addresses, denials) limits nobody.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

_TEXT: Final = r"""(?:"[^"]*"|'[^']*')"""
_NAMED: Final = re.compile(
    rf"resource\.name(?P<part>\.extract\(\s*{_TEXT}\s*\))?\s*"
    rf"(?:==\s*(?P<same>{_TEXT})|\.(?P<how>startsWith|endsWith)\(\s*(?P<piece>{_TEXT})\s*\))"
)
_TAGGED: Final = re.compile(rf"resource\.matchTag(Id)?\(\s*{_TEXT}\s*,\s*{_TEXT}\s*\)")
_LISTED: Final = re.compile(
    rf"api\.getAttribute\(\s*['\"]storage\.googleapis\.com/objectListPrefix['\"]\s*,\s*{_TEXT}\s*\)"
    rf"\.startsWith\(\s*(?P<piece>{_TEXT})\s*\)"
)
_OTHER_KIND: Final = re.compile(rf"resource\.(type|service)\s*!=\s*{_TEXT}")
"""Google's own way to say "and leave what a role may do with other kinds of things": it limits nothing by itself."""
_PLACES: Final = frozenset({"projects", "zones", "regions", "locations", "folders", "organizations"})
"""Collections in which everybody's things stand."""


_CLAIM: Final = r"(?:assertion\.(?P<claim>\w+)|attribute\.\w+|google\.(?:subject|groups))"
_WHOSE: Final = re.compile(
    rf"{_CLAIM}\s*(?:==\s*(?P<same>{_TEXT})|in\s*\[(?P<among>[^\]]+)\]|\.(?:startsWith|matches)\(\s*(?P<piece>{_TEXT})\s*\))"
)
_ABOUT_THE_RUN: Final = frozenset(
    {
        "aud",
        "iss",
        "ref",
        "ref_type",
        "ref_protected",
        "event_name",
        "runner_environment",
        "environment",
        "job_workflow_ref",
    }
)
"""Claims that say how a token was made or for whom, and not whose it is: those of a stranger's run may be the same."""
_KIND: Final = re.compile(r"\^?(repo:|project_path:|organization:)?")


def names_things(expression: str) -> bool:
    """Whether a condition holds only for things that it names, however much else it asks."""
    return _limits(expression, lambda text: bool(_TAGGED.fullmatch(text)) or _by_name(text) or _by_listing(text))


def names_owner(expression: str) -> bool:
    """Whether a condition on tokens holds only for those of a repository, an organisation or a subject that it names."""
    return _limits(expression, _by_owner)


def _limits(expression: str, names: Callable[[str], bool]) -> bool:
    text = _bare(expression)
    either = [part for part in _parted(text, "||") if not _OTHER_KIND.fullmatch(_bare(part))]
    if either != [text]:
        return bool(either) and all(_limits(part, names) for part in either)
    both = list(_parted(text, "&&"))
    return any(_limits(part, names) for part in both) if len(both) > 1 else names(text)


def _by_owner(text: str) -> bool:
    found = _WHOSE.fullmatch(text)
    if not found or found["claim"] in _ABOUT_THE_RUN:
        return False
    if found["piece"]:
        return _KIND.sub("", found["piece"][1:-1], count=1)[:1].isalnum()
    return all(len(one.strip()) > 2 for one in (found["same"] or found["among"]).split(","))


def _by_name(text: str) -> bool:
    found = _NAMED.fullmatch(text)
    if not found:
        return False
    name = (found["same"] or found["piece"])[1:-1]
    if found["part"] or found["how"] == "endsWith":
        return bool(name.rpartition("/")[2])
    steps = re.sub(r"^//[^/]+/", "", name).split("/")
    return any(one not in _PLACES and other for one, other in zip(steps[::2], steps[1::2], strict=False))


def _by_listing(text: str) -> bool:
    found = _LISTED.fullmatch(text)
    return bool(found and found["piece"][1:-1])


def _bare(text: str) -> str:
    """Without the brackets around the whole."""
    text = text.strip()
    while text.startswith("(") and _closes(text) == len(text) - 1:
        text = text[1:-1].strip()
    return text


def _closes(text: str) -> int:
    """Where the bracket closes that the text begins with; -1 where it does not."""
    depth = 0
    for at, mark in _marks(text):
        depth += {"(": 1, ")": -1}.get(mark, 0)
        if depth == 0:
            return at
    return -1


def _parted(text: str, joint: str) -> Iterator[str]:
    """The parts of an expression that an operator joins, outside of brackets and texts."""
    depth = begins = 0
    for at, mark in _marks(text):
        depth += {"(": 1, ")": -1}.get(mark, 0)
        if depth == 0 and at >= begins and text.startswith(joint, at):
            yield text[begins:at].strip()
            begins = at + len(joint)
    yield text[begins:].strip()


def _marks(text: str) -> Iterator[tuple[int, str]]:
    """The characters that are not inside a text, and where they stand."""
    quote = ""
    for at, mark in enumerate(text):
        if quote:
            quote = "" if mark == quote else quote
        elif mark in "\"'":
            quote = mark
        else:
            yield at, mark
