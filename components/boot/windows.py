"""The boot script of a Windows workstation.

`windows.ps1` is the script as a person would write it; the facts stand before it as quoted PowerShell strings and are
nowhere else part of the text. EC2Launch runs it at every start because of `<persist>` (Amazon EC2 User Guide "Run commands
when you launch an EC2 instance with user data input", read 2026-11).
"""

import json
import string
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import Final

from soundstage.components.boot.activities import patterns
from soundstage.components.boot.display import dcv_settings, permissions
from soundstage.components.boot.facts import DATA_VOLUME_TAG, OWN_DISK_TAG, SCRATCH_VOLUME_TAG, BootFacts
from soundstage.components.boot.software import software

_PLAIN: Final = frozenset(string.ascii_letters + string.digits + string.punctuation + " \n") - {"<"}
PERMISSIONS_FILE = r"C:\ProgramData\Soundstage\dcv.perm"


def windows_script(facts: BootFacts) -> str:
    """User data for EC2: PowerShell that EC2Launch runs as SYSTEM at every start. Pure; holds no secret."""
    return f"<powershell>\n{powershell(facts)}</powershell>\n<persist>true</persist>\n"


def powershell(facts: BootFacts) -> str:
    """The script alone."""
    dcv, gpu = software()["dcv_windows"], software()["gpu_windows"]
    strings = {
        "Project": facts.project,
        "Person": facts.user,
        "Bucket": facts.bucket,
        "Prefix": facts.prefix,
        "DataTag": DATA_VOLUME_TAG if facts.data_volume else "",
        "ScratchTag": SCRATCH_VOLUME_TAG if facts.scratch_volume else "",
        "DcvUrl": dcv["url"],
        "DcvSha256": dcv["sha256"],
        "GpuBucket": gpu["bucket"],
        "GpuKey": gpu["key"],
        "GpuSha256": gpu["sha256"],
        "DcvPermissions": permissions(facts.profile),
        "DcvPermissionsFile": PERMISSIONS_FILE,
        "IdleSettings": json.dumps(
            {"minutes": facts.stop_after_minutes, "patterns": patterns(facts.keep_while)}, separators=(",", ":")
        ),
        "IdleWatch": _source("windows_idle.ps1"),
        "PasswordCommand": _source("windows_password.ps1"),
    }
    switches = {"Gpu": facts.gpu, "Web": facts.web}
    header = [f"${name} = {quoted(value)}" for name, value in strings.items()]
    header += [f"${name} = ${str(value).lower()}" for name, value in switches.items()]
    header += ["function Set-AllDcv {", *_registry(facts), "}"]
    # Comments are for readers of this repository; user data has 16 KiB.
    body = [line for line in _source("windows.ps1").splitlines() if line and not line.lstrip().startswith("# ")]
    steps = next(place for place, line in enumerate(body) if line.startswith("$Ready = "))
    return "\n".join([*header, *body[:steps], *_own_steps(facts), *body[steps:], ""])


def _own_steps(facts: BootFacts) -> list[str]:
    """What a program adds, as steps that come last."""
    steps = [
        f"Step 'disk {name}' {{ Mount-Blank (Get-TaggedDisk {quoted(OWN_DISK_TAG + name)}) {quoted(name)} '{letter.upper()}' }}"
        for name, letter in facts.disks
    ]
    if facts.commands:
        text = quoted("\n".join(facts.commands))
        # In a scope of their own. A program that fails throws nothing, and leaves its number instead.
        steps += [
            "Step 'own_commands' {",
            "  $global:LASTEXITCODE = 0",
            f"  & ([ScriptBlock]::Create({text}))",
            '  if ($LASTEXITCODE) { throw "exit status $LASTEXITCODE" }',
            "}",
        ]
    return steps


def quoted(value: str) -> str:
    """A PowerShell expression for a string, in ASCII, in which nothing is expanded.

    Everything but plain ASCII is written as character codes. PowerShell also ends a single-quoted string at typographic
    quotes, and reads a file without a byte-order mark in an old code page, in which parts of other letters become such
    quotes; and EC2Launch looks for `</powershell>` in the text before PowerShell sees it.
    """
    parts: list[str] = []
    for plain, run in groupby(value, key=lambda character: character in _PLAIN):
        text = "".join(run)
        if plain:
            parts.append("'" + text.replace("'", "''") + "'")
        else:
            units = memoryview(text.encode("utf-16-le", "surrogatepass")).cast("H")
            parts += [f"[char]{unit}" for unit in units]
    if not parts or parts[0].startswith("["):
        parts.insert(0, "''")  # what is added to a string becomes a string
    return parts[0] if len(parts) == 1 else f"({'+'.join(parts)})"


def _registry(facts: BootFacts) -> list[str]:
    """DCV's parameters as calls that write them into the registry, where Windows servers read them."""
    calls = []
    for section, parameters in dcv_settings(facts, PERMISSIONS_FILE).items():
        for name, value in parameters.items():
            if isinstance(value, int):
                kind, written = "DWord", str(int(value))
            elif isinstance(value, list):
                kind, written = "String", quoted("[" + ", ".join(f"'{item}'" for item in value) + "]")
            else:
                kind, written = "String", quoted(value)
            key = section.replace("/", "\\")
            calls.append(f"  Set-Dcv -Section '{key}' -Name '{name}' -Kind {kind} -Value {written}")
    return calls


@cache
def _source(name: str) -> str:
    return (files("soundstage.components.boot") / name).read_text("utf-8")
