"""Making a machine as its recipe says: every step asks, does what is left to do, and asks again whether it is so."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from soundstage.images.host import Host, OnProgress, Progress, State, unseen
from soundstage.images.recipe import Acts, Check
from soundstage.images.recipes import Composed
from soundstage.images.ssh import TOO_LONG, Failed
from soundstage.images.steps.download import Download, Fetched, Source

NO_GPU: Final = "no GPU in this machine"


@dataclass(frozen=True)
class Titled:
    """A step with what a person reads while it runs."""

    title: str
    step: Acts


@dataclass(frozen=True)
class Applied:
    """What became of the steps."""

    changed: tuple[str, ...]
    """Titles of those that had something to do."""
    unchanged: int


@dataclass(frozen=True)
class Found:
    """What a check found. `ok` is None where it could not be looked at on this machine."""

    name: str
    ok: bool | None
    seen: str


Addressed = Callable[[Source], str]
"""The address at which a file can be had today."""


def steps_of(recipe: Composed, address: Addressed, known: Mapping[str, str]) -> list[Titled]:
    """The recipe's steps. `known` are the checksums that earlier bakes found where the publisher gives none."""
    titled = []
    for entry in recipe.steps:
        step = entry.step
        if isinstance(step, Download):
            source = recipe.downloads[step.get]
            step = Fetched(name=step.get, to=step.to, source=source, address=address(source), known=known.get(step.get))
        titled.append(Titled(entry.title, step))
    return titled


def apply(steps: Sequence[Titled], host: Host, on_progress: OnProgress = unseen) -> Applied:
    """Have every step done that is not so yet. Raises `Failed` with the step, what it printed and what helps."""
    changed: list[str] = []
    for number, titled in enumerate(steps, 1):

        def tell(state: State, text: str = "", number: int = number, title: str = titled.title) -> None:
            on_progress(Progress(state, title, number, len(steps), text))

        commands = titled.step.commands(_facts(titled.step, host), host.system)
        if not commands:
            tell(State.UNCHANGED)
            continue
        tell(State.BEGAN)
        for command in commands:
            done = host.do(command, lambda line, tell=tell: tell(State.LINE, line))  # type: ignore[misc]
            if done.status:
                tell(State.FAILED)
                minutes = command.seconds // 60
                how = f"took longer than {minutes} minutes" if done.status == TOO_LONG else f"ended with {done.status}"
                raise failure(f"Step {number} of {len(steps)}, {titled.title}: `{command.about}` {how}.", done.printed)
        if left := titled.step.commands(_facts(titled.step, host), host.system):
            tell(State.FAILED)
            raise Failed(
                f"Step {number} of {len(steps)}, {titled.title}: `{left[0].about}` ended well, and the machine is not as the recipe "
                "wants it.",
                done.printed,
                "An installer that reports success and did nothing: read what it printed, and correct the recipe.",
            )
        changed.append(titled.title)
        tell(State.DONE)
    return Applied(tuple(changed), len(steps) - len(changed))


def verify(checks: Sequence[Check], host: Host, *, gpu: bool, on_progress: OnProgress = unseen) -> list[Found]:
    """Look whether the machine is as it must be. Without a GPU, what needs one is left out."""
    found = []
    for number, check in enumerate(checks, 1):
        result = Found(check.name, None, NO_GPU) if check.gpu and not gpu else _looked(check, host)
        states = {True: State.DONE, False: State.FAILED, None: State.UNCHANGED}
        on_progress(Progress(states[result.ok], check.name, number, len(checks), result.seen))
        found.append(result)
    return found


def refuse_unverified(found: Sequence[Found]) -> None:
    """Raise `Failed` for a machine that is not as its recipe promises."""
    wrong = [one for one in found if one.ok is False]
    if wrong:
        said = "\n".join(f"{one.name}: {one.seen or 'printed nothing'}" for one in wrong)
        raise Failed(
            f"{len(wrong)} of {len(found)} checks failed: {', '.join(one.name for one in wrong)}. No image was made.",
            said,
            "A driver that was installed and finds no device is a driver for other machines: see `builder` and the part's version.",
        )


def failure(what: str, printed: str) -> Failed:
    """The failure of a step, with what most likely helps."""
    hint = next((words for pattern, words in _HINTS if re.search(pattern, printed)), "")
    return Failed(
        what,
        printed,
        hint or "What it printed is above. Correct the recipe if need be, then run the same command again.",
    )


_HINTS: Final = (
    (r"No space left on device", "The machine's disk is full. Set a larger `builder.disk_gib` in the recipe."),
    (
        r"wrong checksum|wrong signature|fails its proof",
        (
            "The file is not the one that was pinned: its publisher changed it, or somebody else did. Nothing of it was used. "
            "Compare with the publisher's page before you change the recipe."
        ),
    ),
    (
        r"Could not resolve|Temporary failure resolving|Failed to fetch|Unable to connect|curl: \((5|6|7|18|22|28|35|52|56)\)",
        "A server with packages does not answer. Run the same command again, later if need be.",
    ),
    (
        r"Unable to locate package|No match for argument",
        "The package is not there under this name, or not for this system.",
    ),
    (r"Could not get lock", "The machine updates itself. Run the same command again."),
)


def _facts(step: Acts, host: Host) -> dict[str, str]:
    return {name: host.ask(question) for name, question in step.questions(host.system).items()}


def _looked(check: Check, host: Host) -> Found:
    if host.system == "windows":
        said = host.ask(
            f"try {{ $out = (& {{\n{check.run}\n}}) | Out-String; $ok = 'ok' }} catch {{ $out = \"$_\"; $ok = 'no' }}\n$ok\n$out"
        )
    else:
        said = host.ask(
            f"out=$( ( set -e\n{check.run}\n) 2>&1 </dev/null) && echo ok || echo no\nprintf '%s\\n' \"$out\""
        )
    first, _, rest = said.partition("\n")
    good = first == "ok" and (check.expect is None or re.search(check.expect, rest, re.MULTILINE) is not None)
    return Found(check.name, good, rest.strip()[-400:])
