"""Secrets are taken out of whatever an error may carry."""

import pytest

from soundstage.core.errors import SoundstageError
from soundstage.core.masking import masked


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("nothing to hide", "nothing to hide"),
        ("https://ana:hunter2@git.example/x", "https://[secret]@git.example/x"),
        ("GET /?X-Amz-Security-Token=abc%2F&x=1", "GET /?X-Amz-Security-Token=[secret]&x=1"),
        ("AWS_SECRET_ACCESS_KEY=abcd/efgh+1", "AWS_SECRET_ACCESS_KEY=[secret]"),
        ("{'SecretAccessKey': 'abcd', 'x': 1}", "{'SecretAccessKey': [secret], 'x': 1}"),
        ('"password": "a b", "user": "ana"', '"password": [secret], "user": "ana"'),
        ("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\nafter", "[secret]\nafter"),
        ("-----BEGIN PRIVATE KEY-----\ncut short", "[secret]"),
    ],
)
def test_the_shapes_of_credentials_are_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize(
    "shown", ["password=[secret]", "{'SecretAccessKey': [secret], 'x': 1}", "?Signature=[secret]&x=1"]
)
def test_an_error_that_was_made_of_another_showed_a_bracket_more(shown: str) -> None:
    assert masked(shown) == shown
    assert SoundstageError(SoundstageError(shown).message).message == shown


def test_what_follows_a_mask_stayed_in_clear() -> None:
    assert masked("password=[secret]hunter2 x") == "password=[secret] x"


def test_the_values_of_secret_variables_are_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "IQoJb3JpZ2luX2VjE")
    monkeypatch.setenv("SOUNDSTAGE_PASSPHRASE", "correct horse")
    monkeypatch.setenv("MY_TOKEN", "true")
    assert masked("IQoJb3JpZ2luX2VjE and correct horse are true") == "[secret] and [secret] are true"
