"""The Windows boot script: facts stay data in PowerShell, and nothing secret is in it."""

import re
import string
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundstage.components.boot.facts import BootFacts
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
    lines = powershell(FACTS).splitlines()
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
