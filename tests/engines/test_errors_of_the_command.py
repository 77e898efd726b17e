"""What the genuine command says when it fails, in a few lines that say what to type next. The texts are its own (3.260)."""

import pytest
from pulumi.automation._cmd import CommandResult
from pulumi.automation.errors import CommandError

from soundstage.core.errors import OperationError, PreflightRefused, SoundstageError, StateError, StateLocked
from soundstage.engines.base import StackName, ignore
from soundstage.engines.pulumi.backend_locks import where
from soundstage.engines.pulumi.error_texts import explain
from soundstage.engines.pulumi.events import Listener

STACK = StackName("soundstage", "teaser")
_BLOB = 'error: read ".pulumi/meta.yaml": blob (key ".pulumi/meta.yaml") (code=Unknown): '

CASES: dict[str, tuple[str, type[SoundstageError], str]] = {
    "no token for Pulumi Cloud": (
        "error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions",
        PreflightRefused,
        "Set PULUMI_ACCESS_TOKEN",
    ),
    "a token that Pulumi Cloud refuses": (
        (
            "Logging in using access token from PULUMI_ACCESS_TOKEN\n"
            "error: Unauthorized: No credentials provided or are invalid."
        ),
        PreflightRefused,
        "does not accept the access token",
    ),
    "no Google credentials": (
        "error: missing google credentials: unable to find gcp credentials: google: could not find default credentials.",
        PreflightRefused,
        "gcloud auth application-default login",
    ),
    "no bucket at Google": (
        (
            "error: error listing stacks: could not list bucket: blob (code=NotFound): storage: bucket doesn't exist: "
            "googleapi: got HTTP response code 404 with body:"
        ),
        StateError,
        "does not exist",
    ),
    "no storage account at Azure": (
        'error: unable to open bucket "azblob://state": azureblob: Options.AccountName is required',
        PreflightRefused,
        "AZURE_STORAGE_ACCOUNT",
    ),
    "no container at Azure": (
        "RESPONSE 404: 404 The specified container does not exist.\nERROR CODE: ContainerNotFound",
        StateError,
        "does not exist",
    ),
    "a key that Azure refuses": (
        "RESPONSE 403: 403 Server failed to authenticate the request.\nERROR CODE: AuthorizationFailure",
        PreflightRefused,
        "may not use the place",
    ),
    "no AWS credentials for the bucket": (
        f"{_BLOB}operation error S3: GetObject, get identity: get credentials: failed to refresh cached credentials",
        PreflightRefused,
        "aws sso login",
    ),
    "credentials that may not read the bucket": (
        f"{_BLOB}operation error S3: GetObject, https response error StatusCode: 403, api error AccessDenied: no",
        PreflightRefused,
        "may not use the place",
    ),
    "nobody there": (
        (
            "Logging in using access token from PULUMI_ACCESS_TOKEN\n"
            'error: performing HTTP request: Get "http://127.0.0.1:1/api/user": dial tcp 127.0.0.1:1: connection refused'
        ),
        OperationError,
        "cannot be reached",
    ),
    "locked": (
        (
            "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock\n"
            "  s3://state/.pulumi/locks/organization/soundstage/teaser/x.json: "
            "created by ana@edit-1 (pid 7) at 2026-11-21T10:00:00Z"
        ),
        StateLocked,
        "by ana on edit-1",
    ),
    "something nobody foresaw": (
        "error: the moon is in the way",
        OperationError,
        "teaser failed: the moon is in the way",
    ),
}


@pytest.mark.parametrize(("text", "kind", "words"), CASES.values(), ids=CASES)
def test_a_failure_says_what_it_was_and_what_to_type(text: str, kind: type[SoundstageError], words: str) -> None:
    error = explain(CommandError(CommandResult("", text, 1)), "up", STACK, Listener(ignore))
    assert type(error) is kind
    assert words in str(error)
    assert error.hint
    assert len(str(error).splitlines()) <= 3


def test_a_step_that_the_cloud_denies_is_not_taken_for_the_backend() -> None:
    text = "error: creating S3 Bucket: operation error S3: CreateBucket, api error AccessDenied: not allowed"
    error = explain(CommandError(CommandResult("", text, 1)), "up", STACK, Listener(ignore))
    assert "creating S3 Bucket" in error.message


def test_a_lock_that_cannot_be_read_is_where_a_person_can_see_it() -> None:
    assert "Pulumi Cloud" in where("https://api.pulumi.com", STACK)
    told = where("gs://northlight-state/films?a=b", STACK)
    assert "gs://northlight-state/films/.pulumi/locks/organization/soundstage/teaser;" in told
