"""The probe that machines run at every start, run at the end of a bake and on a machine that an image is tried on."""

import base64
import gzip
import json
from typing import Final

from soundstage.components.boot.expected import document, of_image
from soundstage.components.boot.report import CHECKS, Result, read
from soundstage.components.boot.sources import program, source
from soundstage.components.boot.windows import bare
from soundstage.core.errors import OperationError
from soundstage.images.apply import Found
from soundstage.images.host import Host, OnProgress, Progress, State, unseen
from soundstage.images.recipes import Composed
from soundstage.images.steps.command import MINUTE, Command

_LONGEST: Final = 10 * MINUTE
_PIECE: Final = 1500
"""Characters of one command: Windows takes 8,191 (Microsoft, "Command prompt line string limitation", read 2026-11), and PowerShell's
encoded commands are two and two thirds as long as their text."""
_FOLDER: Final = r"C:\ProgramData\Soundstage\probe"


def probe(recipe: Composed, host: Host, *, gpu: bool, on_progress: OnProgress = unseen) -> list[Found]:
    """What the probe sees on a machine that is nobody's yet; what comes with a start for a project is not looked at. `gpu` says whether
    the machine has one."""
    expected = document(of_image(recipe.carries, gpu=gpu))
    lines: list[str] = []
    text = _on_windows(host, expected) if recipe.os == "windows" else _on_linux(expected)
    done = host.do(Command(text, "probe", _LONGEST), lines.append)
    try:
        report = read(_document("".join(lines)))
    except (ValueError, OperationError):
        found = [Found("the probe runs", False, done.printed[-400:])]
    else:
        looked = [one for one in report.checks if one.result is not Result.NOT_APPLICABLE]
        found = [
            Found(f"probe: {CHECKS.get(one.name, one.name)}", one.result is Result.OK, one.wrong or one.seen)
            for one in looked
        ]
    for number, one in enumerate(found, 1):
        on_progress(Progress(State.DONE if one.ok else State.FAILED, one.name, number, len(found), one.seen))
    return found


def _document(printed: str) -> str:
    """The report in what was printed. `ValueError` where there is none."""
    start = printed.index('{"format"')
    _, end = json.JSONDecoder().raw_decode(printed, start)
    return printed[start:end]


def _on_linux(expected: str) -> str:
    """Bash that leaves nothing behind."""
    files = {"probe": program("probe.py"), "expected": expected}
    written = "".join(
        f"base64 -d >\"$folder/{name}\" <<'END'\n{base64.b64encode(text.encode()).decode()}\nEND\n"
        for name, text in files.items()
    )
    return (
        f"folder=$(mktemp -d)\ntrap 'rm -rf \"$folder\"' EXIT\n{written}"
        'python3 -I "$folder/probe" bake "$folder/expected" </dev/null'
    )


def _on_windows(host: Host, expected: str) -> str:
    """PowerShell that leaves nothing behind, once the probe has been sent in pieces."""
    both = json.dumps([bare(source("windows_probe.ps1")), expected]).encode()
    packed = base64.b64encode(gzip.compress(both, mtime=0)).decode()
    host.ask(
        f"New-Item -ItemType Directory -Force '{_FOLDER}' | Out-Null; Set-Content -NoNewline '{_FOLDER}\\packed' ''"
    )
    for start in range(0, len(packed), _PIECE):
        host.ask(f"Add-Content -NoNewline '{_FOLDER}\\packed' '{packed[start : start + _PIECE]}'")
    return "\n".join(
        [
            f"$Bytes = New-Object IO.MemoryStream(,[Convert]::FromBase64String([IO.File]::ReadAllText('{_FOLDER}\\packed')))",
            "$Stream = New-Object IO.Compression.GZipStream($Bytes, [IO.Compression.CompressionMode]::Decompress)",
            "$Texts = (New-Object IO.StreamReader($Stream, [Text.Encoding]::UTF8)).ReadToEnd() | ConvertFrom-Json",
            f"[IO.File]::WriteAllText('{_FOLDER}\\probe.ps1', $Texts[0])",
            f"[IO.File]::WriteAllText('{_FOLDER}\\expected.json', $Texts[1])",
            f"powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -File '{_FOLDER}\\probe.ps1' -Occasion bake -Expected '{_FOLDER}\\expected.json'",
            f"Remove-Item -Recurse -Force '{_FOLDER}'",
        ]
    )
