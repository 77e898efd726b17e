"""What a condition of Google's IAM limits: a role to things that it names, tokens to those of somebody that it names.

Sources: Google Cloud IAM, "Attribute reference for IAM Conditions", "Resource attributes", "Configure Workload Identity Federation
with deployment pipelines" (read 2026-11). Read are the ways of naming that these describe, joined by `&&` and `||`; whatever else
stands in a condition (times, addresses, denials) limits nobody.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

_TEXT: Final = r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
_TEXTS: Final = r""""{3}(?:[^\\]|\\.)*?"{3}|'{3}(?:[^\\]|\\.)*?'{3}|(?<!\w)[rR](?:"[^"]*"|'[^']*')|""" + _TEXT
"""Every way in which CEL writes a text (Common Expression Language, "Language definition", Syntax, read 2026-11)."""
_HIDDEN: Final = re.compile(_TEXTS, re.DOTALL)
_COMMENT: Final = re.compile(rf"({_TEXTS})|//[^\r\n]*", re.DOTALL)
_TURNED: Final = re.compile(rf"({_TEXT})\s*==\s*([\w.]+)")
_INDEXED: Final = re.compile(r"""(assertion|attribute)\[(["'])(\w+)\2\]""")
_NAMED: Final = re.compile(
    rf"resource\.name(?P<part>\.extract\(\s*{_TEXT}\s*\))?\s*"
    rf"(?:==\s*(?P<same>{_TEXT})|\.(?P<how>startsWith|endsWith)\(\s*(?P<piece>{_TEXT})\s*\))"
)
_TAGGED: Final = re.compile(rf"resource\.matchTag(Id)?\(\s*{_TEXT}\s*,\s*{_TEXT}\s*\)")
_LISTED: Final = re.compile(
    rf"api\.getAttribute\(\s*['\"]storage\.googleapis\.com/objectListPrefix['\"]\s*,\s*{_TEXT}\s*\)"
    rf"\.startsWith\(\s*(?P<piece>{_TEXT})\s*\)"
)
_GRANTS: Final = re.compile(
    r"api\.getAttribute\(\s*['\"]iam\.googleapis\.com/modifiedGrantsByRole['\"]\s*,\s*\[\s*\]\s*\)"
    r"\.hasOnly\(\s*\[(?P<roles>[^\]]*)\]\s*\)"
)
_OTHER_KIND: Final = re.compile(rf"resource\.(type|service)\s*!=\s*{_TEXT}")
"""Google's own way to say "and leave what a role may do with other kinds of things": it limits nothing by itself."""
_HOSTS: Final = {"cloudsql": "sqladmin"}
"""Services whose types are called otherwise than their roles."""
_DEPTHS: Final = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}
_PLACES: Final = frozenset({"projects", "zones", "regions", "locations", "folders", "organizations"})
"""Collections in which everybody's things stand."""


_CLAIM: Final = r"(?:(?:assertion|attribute)\.(?P<claim>\w+)|google\.(?:subject|groups))"
_WHOSE: Final = re.compile(
    rf"{_CLAIM}\s*(?:==\s*(?P<same>{_TEXT})|in\s*\[(?P<among>\s*{_TEXT}(?:\s*,\s*{_TEXT})*\s*,?\s*)\]"
    rf"|\.(?P<how>startsWith|matches)\(\s*(?P<piece>{_TEXT})\s*\))"
)
_ABOUT_THE_RUN: Final = frozenset(
    {
        "aud",
        "iss",
        "ref",
        "ref_type",
        "ref_protected",
        "base_ref",
        "head_ref",
        "sha",
        "run_attempt",
        "workflow",
        "repository_visibility",
        "pipeline_source",
        "terraform_run_phase",
        "terraform_workspace_name",
        "event_name",
        "runner_environment",
        "environment",
        "job_workflow_ref",
    }
)
"""Claims that say how a token was made or for whom, and not whose it is: those of a stranger's run may be the same."""
_KIND: Final = re.compile(r"\^?(repo:|project_path:|organization:|pulumi:\w+:(org:)?)?")


def names_things(expression: str, service: str = "") -> bool:
    """Whether a condition holds only for things that it names, however much else it asks. Where the service is known that a role is of
    (`storage`), what is left out as another kind must be of it."""
    return _limits(
        _uncommented(expression),
        lambda part: bool(_TAGGED.fullmatch(part)) or _by_name(part) or _by_listing(part),
        service,
    )


def names_owner(expression: str) -> bool:
    """Whether a condition on tokens holds only for those of a repository, an organisation or a subject that it names."""
    return _limits(_uncommented(expression), _by_owner)


def lists_roles(expression: str, broad: Callable[[str], bool]) -> bool:
    """Whether whoever may change policies may, by this condition, give and take only roles that it lists, none of them a broad one."""

    def listed(part: str) -> bool:
        found = _GRANTS.fullmatch(part)
        return found is not None and not any(broad(one[1:-1]) for one in re.findall(_TEXT, found["roles"]))

    return _limits(_uncommented(expression), listed)


def _uncommented(expression: str) -> str:
    return _COMMENT.sub(lambda found: found[1] or " ", expression)


def _limits(expression: str, names: Callable[[str], bool], service: str = "") -> bool:
    text = _bare(expression)
    if len(list(_parted(text, "?"))) > 1:
        return False
    either = list(_parted(text, "||"))
    if len(either) > 1:
        others = [part for part in either if _is_of_other_kinds(part, service)]
        # Nothing is of two kinds, so that two parts of this sort let everything in.
        return len(others) <= 1 and all(_limits(part, names, service) for part in either if part not in others)
    both = list(_parted(text, "&&"))
    return any(_limits(part, names, service) for part in both) if len(both) > 1 else names(_usual(text))


def _is_of_other_kinds(text: str, service: str) -> bool:
    """Whether a part holds for what is of none of some kinds, those being of the service that is given."""
    parts = [_bare(part) for part in _parted(_bare(text), "&&")]
    if not all(_OTHER_KIND.fullmatch(part) for part in parts):
        return False
    host = f"{_HOSTS.get(service, service)}.googleapis.com"
    wanted = (f"{host}/Object", host) if service == "storage" else (host,)
    named = [part.split("!=")[1].strip()[1:-1] for part in parts]
    return not service or any(one in wanted or (service != "storage" and one.startswith(f"{host}/")) for one in named)


def _usual(text: str) -> str:
    """The same with the name first, and with a dot: `"x" == a.b` and `a["b"]` are other spellings."""
    plain = _INDEXED.sub(r"\1.\3", text)
    found = _TURNED.fullmatch(plain)
    return f"{found[2]} == {found[1]}" if found else plain


def _by_owner(text: str) -> bool:
    found = _WHOSE.fullmatch(text)
    if not found or found["claim"] in _ABOUT_THE_RUN:
        return False
    if found["piece"]:
        piece = found["piece"][1:-1]
        whole = found["how"] == "startsWith" or (piece.startswith("^") and "|" not in piece)
        rest = _KIND.sub("", piece, count=1)
        # What ends before a mark is also how the name of a stranger's begins: `octo` that of `octo-2`.
        return whole and rest[:1].isalnum() and any(mark in rest for mark in "/:$")
    return all(len(one) > 2 for one in re.findall(_TEXT, found["same"] or found["among"]))


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
        depth += _DEPTHS.get(mark, 0)
        if depth == 0:
            return at
    return -1


def _parted(text: str, joint: str) -> Iterator[str]:
    """The parts of an expression that an operator joins, outside of brackets and texts."""
    depth = begins = 0
    for at, mark in _marks(text):
        depth += _DEPTHS.get(mark, 0)
        if depth == 0 and at >= begins and text.startswith(joint, at):
            yield text[begins:at].strip()
            begins = at + len(joint)
    yield text[begins:].strip()


def _marks(text: str) -> Iterator[tuple[int, str]]:
    """The characters that are not inside a text, and where they stand."""
    at = 0
    while at < len(text):
        if found := _HIDDEN.match(text, at):
            at = found.end()
        else:
            yield at, text[at]
            at += 1
