"""What `workstation diagram` draws, and how it is written."""

from pathlib import Path
from typing import Final

from soundstage.cli.answer import Answer, subject
from soundstage.cli.display.screen import Screen
from soundstage.cli.exports import written
from soundstage.core.errors import UsageError
from soundstage.plan.diagram import Format, drawing, picture
from soundstage.plan.plan import Plan
from soundstage.policies.sources import read_plan
from soundstage.stacks.deployment import open_project

_SUFFIXES: Final = {
    ".svg": Format.SVG, ".html": Format.HTML, ".htm": Format.HTML, ".mmd": Format.MERMAID, ".mermaid": Format.MERMAID,
}  # fmt: skip


def format_of(path: Path | None, said: Format | None) -> Format | None:
    """The format asked for, or else that of the file's name; None when neither is given. `UsageError` for an unknown ending."""
    if said is not None or path is None:
        return said
    if path.suffix.lower() not in _SUFFIXES:
        raise UsageError(
            f"The name {path} does not say what to write; known endings: {', '.join(_SUFFIXES)}.",
            f"Choose one of them, or add `--format {Format.SVG}`.",
        )
    return _SUFFIXES[path.suffix.lower()]


def plan_to_draw(
    target: str | None, file: Path | None, *, state: bool, engine: str | None
) -> tuple[Plan, dict[str, str]]:
    """The plan, and what a document about it begins with. `UsageError` when two plans are asked for."""
    if file is not None:
        if target is not None or state:
            raise UsageError("--plan is given together with a project or --state.", "Leave out one of them.")
        return read_plan(file), {"plan": str(file)}
    deployment = open_project(target, engine=engine)
    plan = deployment.engine.resources() if state else deployment.preview().plan
    return plan, subject(deployment.stack)


def drawn(plan: Plan, about: dict[str, str], format: Format | None, output: Path | None) -> Answer:
    """The picture, in a file or on stdout. A terminal, which shows no pictures, gets it in words unless a format was asked for."""
    written_as = format or Format.SVG
    text = drawing(plan, written_as)
    if output is not None:
        written(output, text)
        return Answer(
            about | {"format": written_as.value, "file": str(output)}, lambda s: s.lines(f"{output}: written.")
        )
    return Answer(
        about | {"format": written_as.value, "diagram": text},
        lambda screen: _in_words(plan, screen) if screen.live and format is None else text.rstrip("\n"),
    )


def _in_words(plan: Plan, screen: Screen) -> str:
    said = picture(plan)
    lines = [screen.paint(said.title, "bold"), screen.plain(said.subtitle)]
    for heading, boxes in said.words():
        lines += ["", screen.paint(heading, "bold")]
        for box in boxes:
            lines += [f"  {screen.plain(box.title)}", *(f"    {screen.plain(line)}" for line in box.lines)]
    return "\n".join([*lines, "", screen.plain("With `-o FILE.svg` it is drawn: .svg, .html or .mmd.")])
