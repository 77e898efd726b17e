"""Types a first session for real, on a simulated cloud of its own, and draws the terminal as docs/pictures/session.svg.

What differs from run to run (ids, seconds, addresses) is replaced as in the README, so that `--check` can compare.
"""

import io
import os
import pty
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from generate_transcript import EXAMPLES
from pages import ROOT, deliver
from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME
from rich.text import Text

PICTURE = ROOT / "docs" / "pictures" / "session.svg"
COLUMNS = 130
COMMANDS = (
    "workstation init my-film",
    "workstation validate my-film",
    "workstation up my-film --yes",
    "workstation status my-film",
    "workstation down my-film --yes",
)
DIFFERENT = ((r"\b10(?:\.\d+){3}\b(?!/)", "10.89.192.4"), *(each for each in EXAMPLES if "private_ip" not in each[0]))
"""What differs between two runs, and what stands for it. Between a key and its value there are colours here."""
FRAME = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {terminal_width} {terminal_height}" role="img"
aria-labelledby="{unique_id}-title {unique_id}-desc">
<title id="{unique_id}-title">A first session</title>
<desc id="{unique_id}-desc">A terminal in which a project is made, checked, brought up, looked at and taken down.</desc>
<style>.{unique_id}-matrix{{font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:{char_height}px;
line-height:{line_height}px;font-variant-east-asian:full-width}}
{styles}</style>
<defs><clipPath id="{unique_id}-clip-terminal"><rect width="{terminal_width}" height="{terminal_height}"/></clipPath>{lines}</defs>
<rect width="{terminal_width}" height="{terminal_height}" rx="8" fill="#14181d"/>
<g transform="translate(9,20)" clip-path="url(#{unique_id}-clip-terminal)">{backgrounds}<g class="{unique_id}-matrix">{matrix}</g></g>
</svg>
"""
"""Rich's own frame fetches a font; this one takes what the reader has. Each line has its width written down, so none runs over."""


def session() -> str:
    """What a terminal shows of the commands, with its colours as escape sequences."""
    shown = []
    with tempfile.TemporaryDirectory(prefix="soundstage-recording-") as scratch:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PULUMI_", "SOUNDSTAGE_", "NO_COLOR"))}
        environment = kept | {
            "SOUNDSTAGE_HOME": f"{scratch}/home", "COLUMNS": str(COLUMNS), "TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8",
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }  # fmt: skip
        try:
            for command in COMMANDS:
                shown.append(
                    f"\x1b[32m$\x1b[0m \x1b[1m{command}\x1b[0m\n{typed(command, scratch, environment).rstrip()}\n"
                )
        finally:
            subprocess.run(["workstation", "simulator", "stop"], env=environment, capture_output=True, check=False)
    text = (
        "\n".join([*shown, ""])
        .replace(os.path.realpath(scratch), "/home/ana/films")
        .replace(scratch, "/home/ana/films")
    )
    for pattern, example in DIFFERENT:
        text = re.sub(pattern, example, text, flags=re.MULTILINE)
    return text


def typed(command: str, folder: str, environment: dict[str, str]) -> str:
    """What one command writes to stdout when that is a terminal."""
    ours, its = pty.openpty()
    with subprocess.Popen(
        command.split(), cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=its, stderr=subprocess.DEVNULL
    ) as process:
        os.close(its)
        said = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # Linux says so when the last writer has closed
                break
            if not part:
                break
            said += part
    os.close(ours)
    if process.returncode:
        raise SystemExit(f"{command} exited with {process.returncode}")
    return said.decode().replace("\r\n", "\n")


def drawn(text: str) -> str:
    """The picture of a terminal that shows this."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, legacy_windows=False)
    console.print(Text.from_ansi(text), soft_wrap=False)
    svg = console.export_svg(title="", theme=SVG_EXPORT_THEME, code_format=FRAME, unique_id="session")
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


if __name__ == "__main__":
    sys.exit(deliver({PICTURE: drawn(session())}, "a terminal shows"))
