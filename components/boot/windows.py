"""The boot script of a Windows workstation.

`windows.ps1` is the script as a person would write it; the facts stand before it as quoted PowerShell strings and are
nowhere else part of the text. EC2Launch runs it at every start because of `<persist>` (Amazon EC2 User Guide "Run commands
when you launch an EC2 instance with user data input", read 2026-11). It unpacks no user data, so the facts and what all machines have
in common stand in them compressed, in two parts, and are unpacked by the script itself.
"""

import base64
import json
import string
from functools import cache
from itertools import groupby
from typing import Final

from soundstage.components.boot.display import dcv_settings, permissions
from soundstage.components.boot.expected import document, of_machine
from soundstage.components.boot.facts import DATA_VOLUME_TAG, OWN_DISK_TAG, SCRATCH_VOLUME_TAG, BootFacts
from soundstage.components.boot.login import WINDOWS_SSHD_CONFIG
from soundstage.components.boot.rules import rules
from soundstage.components.boot.software import software
from soundstage.components.boot.sources import source
from soundstage.components.boot.squeeze import gzipped

_PLAIN: Final = frozenset(string.ascii_letters + string.digits + string.punctuation + " \n") - {"<"}
PERMISSIONS_FILE = r"C:\ProgramData\Soundstage\dcv.perm"


def windows_script(facts: BootFacts) -> bytes:
    """User data for EC2: PowerShell that EC2Launch runs as SYSTEM at every start. Pure; holds no secret."""
    packed = (base64.b64encode(gzipped(part)).decode() for part in (f"{_header(facts)}\n".encode(), common_part()))
    text = ",\n".join(f"'{part}'" for part in packed)
    return f"<powershell>\n{_UNPACK.replace('@PACKED@', text)}</powershell>\n<persist>true</persist>\n".encode()


_UNPACK: Final = """\
$Texts = foreach ($Part in @PACKED@) {
$Packed = New-Object IO.MemoryStream(,[Convert]::FromBase64String($Part))
$Reader = New-Object IO.StreamReader((New-Object IO.Compression.GZipStream($Packed, [IO.Compression.CompressionMode]::Decompress)), [Text.Encoding]::UTF8)
$Reader.ReadToEnd()
}
. ([ScriptBlock]::Create(-join $Texts))
"""


def common_part() -> bytes:
    """What all machines have in common."""
    return _body().encode()


def powershell(facts: BootFacts) -> str:
    """The script alone, unpacked."""
    return f"{_header(facts)}\n{_body()}"


def _header(facts: BootFacts) -> str:
    """The facts, and what follows from them."""
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
        "GpuRegion": gpu["region"],
        "GpuKey": gpu["key"],
        "GpuSha256": gpu["sha256"],
        "DcvPermissions": permissions(facts.profile),
        "DcvPermissionsFile": PERMISSIONS_FILE,
        "Expected": document(of_machine(facts, windows=True)),
        "LogGroup": facts.log_group,
        "ToolsDocument": facts.tools_document,
    }
    switches = {"Gpu": facts.gpu, "Web": facts.web}
    lines = [f"${name} = {quoted(value)}" for name, value in strings.items()]
    lines += [f"${name} = ${str(value).lower()}" for name, value in switches.items()]
    lines += ["function Set-AllDcv {", *_registry(facts), "}"]
    return "\n".join([*lines, "function Invoke-OwnSteps {", *_own_steps(facts), "}"])


@cache
def _body() -> str:
    tools = {
        "GuardRules": json.dumps(rules(), separators=(",", ":")),
        "IdleWatch": bare(source("windows_idle.ps1")),
        "SshdConfig": WINDOWS_SSHD_CONFIG,
    }
    script = bare(source("windows.ps1"))
    return "\n".join([*(f"${name} = {quoted(value)}" for name, value in tools.items()), script])


def bare(text: str) -> str:
    """A PowerShell script without comments on lines of their own, empty lines and indents: they are for readers of this repository,
    and user data has 16 KiB. No text in quotation marks of these scripts goes over several lines that begin with spaces."""
    lines = (line.lstrip(" ") for line in text.splitlines())
    return "\n".join([*(line for line in lines if line and line != "#" and not line.startswith("# ")), ""])


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
            elif isinstance(value, tuple):
                kind, written = "String", quoted(f"({', '.join(map(str, value))})")
            elif isinstance(value, list):
                kind, written = "String", quoted("[" + ", ".join(f"'{item}'" for item in value) + "]")
            else:
                kind, written = "String", quoted(value)
            key = section.replace("/", "\\")
            calls.append(f"  Set-Dcv -Section '{key}' -Name '{name}' -Kind {kind} -Value {written}")
    return calls
