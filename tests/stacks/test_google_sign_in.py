"""Whose the credentials of Google Cloud are, and what is made of a token that cannot be had."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError

from soundstage.core.errors import PreflightRefused
from soundstage.stacks.clouds.gcp.person import member_of, token_of


def asked(error: GoogleAuthError) -> str:
    """A token by credentials that are over and whose renewal ends so."""

    def refresh(_request: object) -> None:
        raise error

    credentials = SimpleNamespace(valid=False, token="", refresh=refresh)
    return token_of(cast("Any", SimpleNamespace(session=SimpleNamespace(credentials=credentials))))


@pytest.mark.parametrize("error", [TransportError("no network"), RefreshError("try later", retryable=True)])  # type: ignore[no-untyped-call]
def test_a_network_that_was_away_was_told_as_credentials_that_nobody_accepts(error: GoogleAuthError) -> None:
    with pytest.raises(ConnectionError, match="no new token"):
        asked(error)


def test_credentials_that_are_over_are_told_with_how_to_sign_in() -> None:
    with pytest.raises(PreflightRefused, match="does not accept the credentials"):
        asked(RefreshError("invalid_grant"))  # type: ignore[no-untyped-call]


def test_a_service_account_was_named_to_gcloud_as_a_person() -> None:
    assert member_of("bot@studio.iam.gserviceaccount.com") == "serviceAccount:bot@studio.iam.gserviceaccount.com"
    assert member_of("ana@studio.example") == "user:ana@studio.example"
