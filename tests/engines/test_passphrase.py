"""The passphrase of a stack's secrets, and what it opens."""

import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sealing import ROUNDS, key_and_proof, seal

from soundstage.core.errors import StateError
from soundstage.engines.passphrase import KEY_FILE, passphrase
from soundstage.engines.pulumi import sealed
from soundstage.engines.pulumi.sealed import count_secrets, opened, opens

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
WORDS = "a phrase"


@pytest.fixture(autouse=True, scope="module")
def quick_keys() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealed, "_ROUNDS", ROUNDS)
        yield


def test_a_document_without_secrets_needs_no_passphrase() -> None:
    assert opened({"a": [1, "b", None]}, "", "") == {"a": [1, "b", None]}
    assert count_secrets({"a": [1, "b", None]}) == 0


def test_the_first_command_makes_a_key_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    words = passphrase(tmp_path, make=True)
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert passphrase(tmp_path, make=False) == words


@settings(max_examples=50, deadline=None)
@given(value=PLAIN)
def test_whatever_is_sealed_is_opened(value: object) -> None:
    key, proof = key_and_proof(WORDS)
    document = {"it": [seal(key, {"inner": seal(key, value)})]}
    assert opened(document, WORDS, proof) == {"it": [{"inner": value}]}
    assert count_secrets(document) == 1


@pytest.mark.parametrize("name", ["SOUNDSTAGE_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE"])
@pytest.mark.parametrize("phrase", ["", "  "])
def test_an_empty_passphrase_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, phrase: str
) -> None:
    monkeypatch.setenv(name, phrase)
    with pytest.raises(StateError, match=f"{name} is empty"):
        passphrase(tmp_path, make=True)


def test_a_passphrase_from_the_environment_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOUNDSTAGE_PASSPHRASE", WORDS)
    key, proof = key_and_proof(passphrase(tmp_path, make=True))
    document = {"it": seal(key, 1)}
    assert list(tmp_path.iterdir()) == []
    assert (opens(WORDS, proof), opens("another", proof)) == (True, False)
    with pytest.raises(StateError, match="not the one"):
        opened(document, "another", proof)
    monkeypatch.delenv("SOUNDSTAGE_PASSPHRASE")
    with pytest.raises(StateError, match="passphrase is gone"):
        passphrase(tmp_path, make=False)


def test_a_stacks_own_key_file_comes_before_pulumis_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = passphrase(tmp_path, make=True)
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "of another stack")
    assert passphrase(tmp_path, make=False) == words


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    passphrase(tmp_path, make=True)
    (tmp_path / KEY_FILE).chmod(0o640)
    with pytest.raises(StateError, match="Others can read") as caught:
        passphrase(tmp_path, make=False)
    assert "chmod 600" in caught.value.hint


@pytest.mark.parametrize("proof", ["v2:AAAA:v1:x:y", "v1", "v1:not base64!:v1:x:y", "v1:AAAA:", "x"])
def test_a_damaged_proof_is_an_error_and_no_crash(proof: str) -> None:
    assert not opens(WORDS, proof)
    with pytest.raises(StateError):
        opened({}, WORDS, proof)


@pytest.mark.parametrize("ciphertext", ["", "v1:AAAA:AAAA", "v2:AAAA:AAAA", "v1:*:*", 7, None])
def test_a_damaged_ciphertext_is_an_error_and_no_crash(ciphertext: object) -> None:
    key, proof = key_and_proof(WORDS)
    with pytest.raises(StateError, match="cannot be decrypted"):
        opened(seal(key, 1) | {"ciphertext": ciphertext}, WORDS, proof)
