"""What changes inside a resource, for people."""

import base64
import json

from soundstage.cli.display.changes import change_lines
from soundstage.cli.display.screen import Screen
from soundstage.components.boot.squeeze import gzipped
from soundstage.core.values import UNKNOWN, Secret
from soundstage.plan.plan import Change

BOOT = """Content-Type: multipart/mixed; boundary="soundstage-{mark}"

--soundstage-{mark}
#!/bin/bash
settings='{filler} "minutes": {minutes}, {filler}'
mount /media
--soundstage-{mark}--
"""


def boot(minutes: int, mark: str) -> str:
    return BOOT.format(minutes=minutes, mark=mark, filler="x" * 200)


def test_a_boot_script_shows_the_line_that_differs_and_where_in_it() -> None:
    change = Change("userData", boot(30, "0123456789abcdef"), boot(45, "fedcba9876543210"))
    [line] = change_lines([change], Screen(width=1000), "")
    assert line.startswith("userData:3 ")
    assert '\\"minutes\\": 30' in line
    assert '\\"minutes\\": 45' in line
    assert len(line) < 200


def test_a_packed_boot_script_shows_the_line_that_differs() -> None:
    before, after = (base64.b64encode(gzipped(b"one\n") + gzipped(text)).decode() for text in (b"two\n", b"three\n"))
    lines = change_lines([Change("userDataBase64", before, after)], Screen(width=200), "")
    assert lines == ['userDataBase64:2  "two" → "three"']


def test_an_added_and_a_removed_line_are_shown_as_such() -> None:
    lines = change_lines([Change("userData", "one\ntwo\n", "zero\none\n")], Screen(width=200), "")
    assert lines == ['userData:1  (none) → "zero"', 'userData:3  "two" → (none)']


def test_a_statement_added_to_a_policy_stood_under_all_the_others_on_both_sides() -> None:
    """A document that is longer than the line looked the same before and after."""
    kept = [{"Sid": f"Kept{number}", "Effect": "Deny", "Action": "s3:*" * 40} for number in range(3)]
    before = json.dumps({"Statement": kept})
    after = json.dumps({"Statement": [*kept[:1], {"Sid": "Added", "Effect": "Allow"}, *kept[1:]]})
    lines = change_lines([Change("policy", before, after)], Screen(width=200), "")
    assert lines == ['policy.Statement[1]  (none) → {"Sid": "Added", "Effect": "Allow"}']
    lines = change_lines([Change("policy", after, before)], Screen(width=200), "")
    assert lines == ['policy.Statement[1]  {"Sid": "Added", "Effect": "Allow"} → (none)']


def test_a_list_of_settings_shows_the_setting_that_differs() -> None:
    told = [{"threshold": percent, "mail": ["ana@studio.example"] * 9} for percent in (50, 80)]
    change = Change("notifications", told, [told[0], {**told[1], "threshold": 90}])
    assert change_lines([change], Screen(width=200), "") == ["notifications[1].threshold  80 → 90"]


def test_a_secret_in_a_list_that_grows_is_masked() -> None:
    before, after = [{"word": Secret("hunter2")}], [{"word": Secret("hunter3")}, {"word": UNKNOWN}]
    assert "hunter" not in "\n".join(change_lines([Change("settings", before, after)], Screen(width=200), ""))
    lines = change_lines([Change("settings", before, after[:1])], Screen(width=200), "")
    assert lines == ["settings[0].word  [secret] → [secret]"]
