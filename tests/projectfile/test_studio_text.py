"""`--state WHERE` as a studio file says it: the rest of the file stays as it is."""

import pytest

from soundstage.core.errors import UsageError
from soundstage.projectfile.spec import new_studio_file, read_studio
from soundstage.projectfile.studio_file import State
from soundstage.projectfile.studio_text import meant, with_state

BUCKET = State(backend="s3://films?region=eu-west-1", managed=True)
STUDIO = read_studio("studio: northlight\n")


def account() -> str:
    """The account is asked for its number only where the bucket's name needs it, which is nowhere here."""
    raise AssertionError


def test_a_new_file_says_it_where_it_was_offered() -> None:
    text = new_studio_file("northlight")
    changed = with_state(text, BUCKET, "studio.yaml")
    assert read_studio(changed).state == BUCKET
    assert "#state:" not in changed
    kept = [line for line in text.splitlines() if "state" not in line.lower() and "secrets:" not in line]
    assert [line for line in kept if line not in changed.splitlines()] == []


def test_a_file_of_somebody_s_own_gets_it_at_its_end() -> None:
    text = "# ours\nstudio: northlight   # the name\n"
    changed = with_state(text, BUCKET, "studio.yaml")
    assert changed.startswith(text)
    assert read_studio(changed).state == BUCKET


def test_a_file_that_says_it_already_stays_as_it_is() -> None:
    text = with_state("studio: northlight\n", BUCKET, "studio.yaml")
    assert with_state(text, BUCKET, "studio.yaml") == text


@pytest.mark.parametrize(
    ("said", "words"), [("backend: gs://films", "gs://films already"), ("secrets: passphrase", "without a `backend`")]
)
def test_another_state_in_the_file_is_not_written_over(said: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        with_state(f"studio: northlight\nstate: {{{said}}}\n", BUCKET, "studio.yaml")


@pytest.mark.parametrize(
    ("where", "means"),
    [
        ("s3://films", BUCKET),
        ("s3://films?region=eu-west-1", BUCKET),
        ("s3://films/inside", State(backend="s3://films/inside")),
        ("s3://films?endpoint=store.example", State(backend="s3://films?endpoint=store.example")),
        ("gs://films", State(backend="gs://films")),
        ("https://api.pulumi.com", State(backend="https://api.pulumi.com")),
    ],
)
def test_a_bucket_on_aws_is_the_studios_to_make_and_anything_else_is_not(where: str, means: State) -> None:
    assert meant(where, "passphrase", STUDIO, account) == means


@pytest.mark.parametrize(
    ("where", "secrets", "said"),
    [
        ("ftp://films", "passphrase", '--state "ftp://films" cannot be used'),
        ("S3", "passphrase", '--state "S3" cannot be used'),
        ("s3://a", "passphrase", "cannot be used"),
        ("s3://films", "password", '--secrets "password" cannot be used'),
        ("s3://me:hush@films", "passphrase", "^--state cannot be used"),
    ],
)
def test_what_is_no_backend_is_refused_with_what_is_allowed(where: str, secrets: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        meant(where, secrets, STUDIO, account)
    assert "awskms://" in caught.value.hint if "secrets" in said else "s3://BUCKET" in caught.value.hint
    assert "hush" not in str(caught.value)


def test_a_bucket_that_the_file_names_already_is_the_one_that_s3_means() -> None:
    studio = read_studio(with_state("studio: northlight\n", BUCKET, "studio.yaml"))
    assert meant("s3", "passphrase", studio, account) == BUCKET
