"""The Windows boot script: facts stay data in PowerShell, and nothing secret is in it."""

import re
import string
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundstage.components.boot import windows
from soundstage.components.boot.facts import BootFacts
from soundstage.components.boot.sources import source
from soundstage.components.boot.windows import powershell, quoted, windows_script

FACTS = BootFacts(
    project="teaser",
    workstation="edit-1",
    user="ana",
    profile="studio",
    access="session",
    bucket="home-media-teaser-0a1b2c3d",
)
HOSTILE = [
    "'; Stop-Computer; '",
    "\u2019; Stop-Computer; \u2018",
    "$(Stop-Computer)",
    "`n",
    "</powershell>",
    "\u0112",
    "😀",
]


def read_back(expression: str) -> str:
    """What PowerShell makes of an expression that `quoted` wrote; anything else than strings and codes is an error."""
    body = expression[1:-1] if expression.startswith("(") else expression
    units: list[int] = []
    position = 0
    token = re.compile(r"'((?:[^']|'')*)'|\[char\](\d+)")
    while position < len(body):
        found = token.match(body, position)
        assert found, body[position:]
        if found[2]:
            units.append(int(found[2]))
        else:
            units += memoryview(found[1].replace("''", "'").encode("utf-16-le")).cast("H").tolist()
        position = found.end()
        if position < len(body):
            assert body[position] == "+"
            position += 1
    return b"".join(unit.to_bytes(2, "little") for unit in units).decode("utf-16-le")


@pytest.mark.parametrize("value", ["", "plain", *HOSTILE])
def test_hostile_text_stays_data(value: str) -> None:
    assert read_back(quoted(value)) == value


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_is_written_in_ascii_and_read_back_unchanged(value: str) -> None:
    written = quoted(value)
    assert read_back(written) == value
    assert set(written) <= set(string.printable)
    assert "<" not in written


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_facts_do_not_end_the_script(value: str) -> None:
    hostile = replace(FACTS, project=value, user=value, bucket=value, prefix=value)
    script = windows_script(hostile).decode("ascii")
    assert script.isascii()
    assert script.count("</powershell>") == 1
    assert "\nStop-Computer" not in script


def test_the_script_runs_at_every_start() -> None:
    script = windows_script(FACTS).decode()
    assert script.startswith("<powershell>\n")
    assert script.endswith("</powershell>\n<persist>true</persist>\n")


def test_every_fact_of_the_body_is_set_in_the_header() -> None:
    script = powershell(FACTS)
    header = set(re.findall(r"^\$(\w+) = ", script, re.MULTILINE))
    assert {"Project", "Person", "Bucket", "Prefix", "DataTag", "ScratchTag", "DcvPermissions", "Gpu", "Web"} <= header


def test_only_a_disk_of_zeroes_is_initialised() -> None:
    """Windows calls RAW whatever it cannot read: ext4 on a bare volume, which holds somebody's work, is RAW as well."""
    lines = source("windows.ps1").splitlines()
    guard = next(index for index, line in enumerate(lines) if "Test-Zeroes $Disk.Number" in line)
    dangerous = [
        index for index, line in enumerate(lines) if re.search(r"Initialize-Disk|Format-Volume|Clear-Disk", line)
    ]
    closing = next(index for index, line in enumerate(lines) if index > guard and line == "    return")
    assert dangerous
    assert all(guard < index < closing for index in dangerous)


def test_no_password_is_in_the_script() -> None:
    script = powershell(FACTS)
    assert "net user" not in script.lower()
    assert re.findall(r"ConvertTo-SecureString\s+['\"]", script) == []


def test_the_display_is_configured_in_lines_that_can_be_read() -> None:
    lines = powershell(replace(FACTS, profile="content")).splitlines()
    assert "  Set-Dcv -Section 'connectivity' -Name 'idle-timeout' -Kind DWord -Value 15" in lines
    assert (
        "  Set-Dcv -Section 'session-management\\automatic-console-session' -Name 'owner' -Kind String -Value 'ana'"
        in lines
    )
    listening = next(line for line in lines if "web-listen-endpoints" in line)
    assert listening.endswith("-Value '[''127.0.0.1:8443'']'")


SCRIPTS = sorted(Path(windows.__file__).parent.glob("*.ps1"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_powershell(script: Path) -> None:
    """By somebody else's grammar; nothing here runs PowerShell."""
    tree_sitter = pytest.importorskip("tree_sitter", reason="needs tree-sitter and tree-sitter-powershell")
    grammar = pytest.importorskip("tree_sitter_powershell", reason="needs tree-sitter and tree-sitter-powershell")
    parser = tree_sitter.Parser(tree_sitter.Language(grammar.language()))
    assert wrong_places(parser.parse(script.read_bytes()).root_node) == []


def wrong_places(node: Any) -> list[tuple[int, bytes]]:
    own = [(node.start_point[0] + 1, node.text[:80])] if node.type == "ERROR" or node.is_missing else []
    return own + [place for child in node.children for place in wrong_places(child)]


def test_a_warning_of_an_earlier_start_kept_the_one_of_a_later_start_quiet() -> None:
    """What the guard of Windows remembers lies on its disk; that of Linux is gone after a start."""
    guard = (Path(windows.__file__).parent / "windows_idle.ps1").read_text()
    assert guard.count("$State.risk") == 1
    assert "$Warned = if ($At -ge $State.at) { \"$($State.risk)\" } else { '' }" in guard


def test_an_argument_with_a_comma_is_quoted() -> None:
    """PowerShell makes two arguments of one that is not."""
    for script in SCRIPTS:
        assert re.findall(r"\s--[\w-]+=[\w.]+,", script.read_text()) == []


def test_the_first_instance_disk_is_known_by_its_model() -> None:
    """Its friendly name is that of every NVMe disk of Amazon's."""
    script = powershell(FACTS)
    assert "$_.BusType -eq 'NVMe' -and $_.Model -like 'Amazon EC2 NVMe Instance Storage*'" in script
    assert "FriendlyName" not in script


def test_a_key_of_the_update_policy_that_is_there_is_not_made_anew() -> None:
    """`New-Item -Force` on a key empties it."""
    script = powershell(FACTS)
    assert "if (-not (Test-Path $Key)) { New-Item -Force $Key }" in script
    assert script.count("New-Item -Force $Key") == 2


def test_a_driver_in_a_region_that_the_network_does_not_reach_is_said_at_once() -> None:
    assert "(Get-Metadata 'placement/region') -ne $GpuRegion" in powershell(FACTS)
    assert "$GpuRegion = 'us-east-1'" in powershell(FACTS)
