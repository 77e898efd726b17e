"""The policy file: what a studio sets, leaves out and answers for. YAML, usually `policy.yaml` beside the projects.

profile: content
settings: {residency: [eu-, europe-]}
without: [COST-02]
waivers:
  - policy: NET-11
    resource: edit-1-*
    reason: The colourist's old client cannot reach Session Manager; only her address is admitted.
    owner: ana@example.com
    expires: 2027-03-31
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import Field, PrivateAttr, ValidationError

from soundstage.core import files
from soundstage.core.errors import Fault, SpecError, UsageError
from soundstage.policies.catalogue import catalogue
from soundstage.policies.policy import Policy, Profile
from soundstage.policies.rows import Row
from soundstage.policies.settings import Settings, Strict
from soundstage.policies.waivers import Waiver

MOST_BYTES: Final = 1 << 20


class PolicyFile(Strict):
    """One policy file."""

    profile: Profile | None = Field(
        default=None,
        description="How strict: baseline, studio or content. Absent: what the project names, or studio. A project that "
        "names a stricter one is judged by its own.",
    )
    strict: bool = Field(
        default=False, description="Whether what was not judged refuses, too: blind spots and policies left out."
    )
    without: list[str] = Field(
        default=[],
        description="Policies that are not run at all. Every report names them, and a strict run refuses them; a waiver "
        "is better.",
    )
    policies: list[str] = Field(
        default=[],
        description="Files with policies of the studio's own, beside this one: YAML lists of rows as `rows.schema.json` says, or "
        "Python, which runs only from a folder that SOUNDSTAGE_POLICY_CODE names.",
    )
    settings: Settings = Field(default_factory=Settings)
    waivers: list[Waiver] = []

    _own: tuple[Policy, ...] = PrivateAttr(default=())

    @property
    def own(self) -> tuple[Policy, ...]:
        """The studio's own policies."""
        return self._own

    def profile_over(self, named: str | None) -> Profile:
        """The profile that holds where a project names one: the stricter of the two. A policy file comes with the change
        that it judges, so it can ask for more than the project does and never for less. `named` is None when the plan is
        not of a Soundstage project."""
        if named is None:
            return self.profile or Profile.STUDIO
        return max(self.profile or Profile(named), Profile(named), key=tuple(Profile).index)


def read_policy_file(path: Path) -> PolicyFile:
    """Read a policy file. `SpecError` names every fault with its line."""
    root, document = _document(path)
    try:
        found = PolicyFile.model_validate({} if document is None else document)
    except ValidationError as error:
        raise SpecError([_fault(path, root, item) for item in error.errors()]) from error
    own: list[tuple[Path, Policy]] = []
    faults: list[Fault] = []
    hint = ""
    for named in found.policies:
        try:
            own += [(path.parent / named, policy) for policy in _own(path.parent / named)]
        except SpecError as error:
            faults, hint = [*faults, *error.faults], hint or error.hint
    if faults:
        raise SpecError(faults, hint)
    _refuse_repeats(own, {waiver.policy for waiver in found.waivers} - catalogue().keys(), path)
    found._own = tuple(policy for _, policy in own)
    return found


def _own(path: Path) -> list[Policy]:
    """The studio's own policies in one file. `SpecError` names every fault with its line."""
    if path.suffix == ".py":
        from soundstage.policies.programs import policies_in

        return policies_in(path)
    return [row.as_policy() for row in _rows(path)]


class _Rows(Strict):
    """A file of rows, whose faults are told like those of a policy file."""

    rows: list[Row]


def _rows(path: Path) -> list[Row]:
    root, document = _document(path)
    try:
        return _Rows.model_validate({"rows": document or []}).rows
    except ValidationError as error:
        raise SpecError([_fault(path, root, {**item, "loc": item["loc"][1:]}) for item in error.errors()]) from error


def _refuse_repeats(own: Sequence[tuple[Path, Policy]], waived: set[str], path: Path) -> None:
    """Each id stands once, and what is waived is there."""
    counted = Counter(policy.id for _, policy in own)
    faults = [Fault(str(place), 0, policy.id, "stands twice") for place, policy in own if counted[policy.id] > 1]
    faults += [Fault(str(path), 0, "waivers", f"there is no policy {id}") for id in sorted(waived - counted.keys())]
    if faults:
        raise SpecError(faults)


def _document(path: Path) -> tuple[yaml.Node | None, Any]:
    """The YAML of a file: its nodes, which know their lines, and its values."""
    text = _text(path)
    try:
        document = yaml.load(text, _Loader)  # noqa: S506 - a safe loader that refuses repeated keys and aliases
        root = yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "is not YAML"
        raise SpecError([Fault(str(path), mark.line + 1 if mark else 0, "", problem)]) from error
    except (ValueError, RecursionError) as error:
        raise SpecError([Fault(str(path), 0, "", f"is not YAML: {error}")]) from error
    return root, document


class _Loader(yaml.SafeLoader):
    """YAML without its traps: a key may stand once, and nothing is repeated by reference."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.composer.ComposerError(None, None, "references (`*name`) are not used here", self.line_mark())
        return super().compose_node(parent, index)

    def line_mark(self) -> yaml.Mark:
        """Where the reader stands."""
        return self.get_mark()

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key is not text", key.start_mark)
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} stands twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _text(path: Path) -> str:
    try:
        return files.read(path, MOST_BYTES).decode("utf-8")
    except OSError as error:
        raise UsageError(
            f"The policy file {path} cannot be read: {error.strerror}.", "Start one with `waivers: []`."
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"The policy file {path} is not UTF-8.") from error


def _fault(path: Path, root: yaml.Node | None, item: Any) -> Fault:
    place: Sequence[int | str] = item["loc"]
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
    value = None if item["type"] == "missing" else item.get("input")
    shown = f", found {value!r:.60}" if place and isinstance(value, (str, int, float, bool)) else ""
    return Fault(str(path), _line(root, place), key, item["msg"].removeprefix("Value error, ") + shown, value)


def _line(node: yaml.Node | None, place: Sequence[int | str]) -> int:
    """The line on which a key stands, or its nearest parent that is there."""
    line = 0
    for part in place:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == str(part)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            found = (node.value[part], node.value[part])
        else:
            found = None
        if found is None:
            break
        line, node = found[0].start_mark.line + 1, found[1]
    return line
