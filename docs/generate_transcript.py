"""Types the README's commands for real, on a simulated cloud of its own, and writes what they print into the README.

What differs from run to run (ids, seconds, addresses) is replaced by a fixed example, so that `--check` can compare.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from pages import deliver

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "README.md"
BEGIN = "<!-- transcript: written by `make docs` -->"
END = "<!-- end of transcript -->"
COMMANDS = (
    "workstation up examples/teaser.yaml --yes",
    "workstation status examples/teaser.yaml",
    "workstation down examples/teaser.yaml --yes",
)
EXAMPLES = (
    (r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "1a2b3c4d-5e6f-4a1b-8c2d-3e4f5a6b7c8d"),
    (r"\b(i|vpc|sg)-[0-9a-f]{17}\b", r"\1-0a1b2c3d4e5f60718"),
    (r"(?<=-role-)[0-9a-f]{7}\b", "1a2b3c4"),
    (r"(?<=private_ip)(\s+)\S+", r"\g<1>10.158.112.4"),
    (r"\b\d\d s (?= )", "2.0 s"),  # in a column, which stays as wide
    (r"\b(?:\d+\.\d|\d\d) s\b", "2.0 s"),
)
"""What differs between two runs, and what stands for it."""


def transcript() -> str:
    """The commands with what they print, as a console block."""
    lines = ["```console"]
    with tempfile.TemporaryDirectory(prefix="soundstage-readme-") as scratch:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PULUMI_", "SOUNDSTAGE_"))
        } | {"SOUNDSTAGE_HOME": scratch, "COLUMNS": "100", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
        environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
        try:
            for command in COMMANDS:
                done = subprocess.run(
                    command.split(), cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True,
                )  # fmt: skip
                lines += [f"$ {command}", *done.stdout.rstrip().splitlines(), ""]
        finally:
            subprocess.run(["workstation", "simulator", "stop"], env=environment, capture_output=True, check=False)
    lines[-1] = "```"
    text = "\n".join(line.rstrip() for line in lines)
    for pattern, example in EXAMPLES:
        text = re.sub(pattern, example, text, flags=re.MULTILINE)
    return text


def main() -> int:
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    _, after = rest.split(END)
    return deliver({PAGE: f"{before}{BEGIN}\n{transcript()}\n{END}{after}"}, "what the commands print")


if __name__ == "__main__":
    sys.exit(main())
