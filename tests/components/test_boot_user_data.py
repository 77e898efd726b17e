"""User data as a person, and a policy, read them."""

import base64
import gzip

import pytest

from soundstage.components.boot.user_data import opened


def encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


@pytest.mark.parametrize(
    "raw",
    [b"#!/bin/sh\n", gzip.compress(b"#!/bin/sh\n"), gzip.compress(b"#!") + gzip.compress(b"/bin/sh\n")],
    ids=["plain", "packed", "packed in two"],
)
def test_the_text_is_found_however_it_is_packed(raw: bytes) -> None:
    assert opened(encoded(raw)) == "#!/bin/sh\n"


def test_a_secret_in_the_second_of_two_packed_files_was_not_seen() -> None:
    """cloud-init unpacks them all."""
    assert "hunter2" in (opened(encoded(gzip.compress(b"#!/bin/sh\n") + gzip.compress(b"login hunter2"))) or "")


def test_a_bomb_is_not_opened() -> None:
    text = opened(encoded(gzip.compress(b"\0" * (64 << 20))))
    assert text is not None
    assert len(text) == 1 << 20


def script_with(*parts: str) -> str:
    return encoded("\n".join(f"$Part = '{part}'" for part in parts).encode())


def test_many_small_bombs_in_one_script_were_all_opened() -> None:
    bomb = encoded(gzip.compress(b"\0" * (1 << 20)))
    text = opened(script_with(*[bomb] * 40))
    assert text is not None
    assert len(text.replace("\n", "")) < (1 << 20) + 100


def test_a_text_that_only_looks_packed_hid_what_a_script_packs_beside_it() -> None:
    packed = encoded(gzip.compress(b"login hunter2"))
    text = opened(script_with("H4sIAAAA", "H4sIA", packed))
    assert text is not None
    assert text.splitlines()[-1] == "login hunter2"
    assert "$Part = 'H4sIAAAA'" in text


@pytest.mark.parametrize("text", ["", "no base64!", encoded(b"\x1f\x8bbroken")])
def test_what_cannot_be_opened_is_not(text: str) -> None:
    assert not opened(text)
