"""Secrets at rest."""

import json
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundstage.core.errors import StateError
from soundstage.core.values import Secret
from soundstage.engines.embedded.secrets import KEY_FILE, Vault

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


def test_a_stack_without_secrets_needs_no_key(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    assert vault.unseal(vault.seal({"a": [1, "b", None]})) == {"a": [1, "b", None]}
    assert (vault.proof, vault.provider(), list(tmp_path.iterdir())) == ("", None, [])


def test_the_first_secret_makes_a_key_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    sealed = vault.seal({"word": Secret("hush-hush")})
    assert "hush-hush" not in json.dumps(sealed)
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert Vault(tmp_path, vault.proof).unseal(sealed) == {"word": Secret("hush-hush")}


def test_the_same_secret_keeps_its_ciphertext(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    sealed = vault.seal(Secret("hush-hush"))
    again = Vault(tmp_path, vault.proof)
    assert again.seal(again.unseal(sealed)) == sealed


@settings(max_examples=50, deadline=None)
@given(value=PLAIN)
def test_whatever_is_sealed_comes_back(tmp_path_factory: pytest.TempPathFactory, value: object) -> None:
    folder = tmp_path_factory.getbasetemp() / "vault"
    folder.mkdir(exist_ok=True)
    vault = Vault(folder)
    assert vault.unseal(json.loads(json.dumps(vault.seal({"it": Secret(value)})))) == {"it": Secret(value)}


@pytest.mark.parametrize("name", ["SOUNDSTAGE_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE"])
@pytest.mark.parametrize("phrase", ["", "  "])
def test_an_empty_passphrase_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, phrase: str
) -> None:
    monkeypatch.setenv(name, phrase)
    with pytest.raises(StateError, match=f"{name} is empty"):
        Vault(tmp_path).seal(Secret("hush-hush"))


def test_a_passphrase_from_the_environment_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOUNDSTAGE_PASSPHRASE", "a phrase")
    vault = Vault(tmp_path)
    sealed = vault.seal(Secret(1))
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv("SOUNDSTAGE_PASSPHRASE", "another")
    with pytest.raises(StateError, match="not the one"):
        Vault(tmp_path, vault.proof).unseal(sealed)
    monkeypatch.delenv("SOUNDSTAGE_PASSPHRASE")
    with pytest.raises(StateError, match="passphrase is gone"):
        Vault(tmp_path, vault.proof).unseal(sealed)


def test_a_stacks_own_key_file_comes_before_pulumis_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vault = Vault(tmp_path)
    sealed = vault.seal(Secret(1))
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "of another stack")
    assert Vault(tmp_path, vault.proof).unseal(sealed) == Secret(1)


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    sealed = vault.seal(Secret(1))
    (tmp_path / KEY_FILE).chmod(0o640)
    with pytest.raises(StateError, match="Others can read") as caught:
        Vault(tmp_path, vault.proof).unseal(sealed)
    assert "chmod 600" in caught.value.hint


@pytest.mark.parametrize("proof", ["v2:AAAA:v1:x:y", "v1", "v1:not base64!:v1:x:y", "v1:AAAA:", "x"])
def test_a_damaged_proof_is_an_error_and_no_crash(tmp_path: Path, proof: str) -> None:
    Vault(tmp_path).seal(Secret(1))
    with pytest.raises(StateError):
        Vault(tmp_path, proof).seal(Secret(1))


@pytest.mark.parametrize("ciphertext", ["", "v1:AAAA:AAAA", "v2:AAAA:AAAA", "v1:*:*", 7, None])
def test_a_damaged_ciphertext_is_an_error_and_no_crash(tmp_path: Path, ciphertext: object) -> None:
    vault = Vault(tmp_path)
    sealed = vault.seal(Secret(1))
    with pytest.raises(StateError, match="cannot be decrypted"):
        vault.unseal(sealed | {"ciphertext": ciphertext})
