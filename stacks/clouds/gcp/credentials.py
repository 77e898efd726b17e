"""The credentials of a real project of Google Cloud: application default credentials, as `google-auth` finds and renews them, and whose they
are.

Sources: Google Cloud, "How Application Default Credentials works", "Reauthentication", "Workload Identity Federation"; gcloud, "properties";
System parameters, `X-Goog-User-Project` (read 2026-11).
"""

import configparser
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from soundstage.core.errors import PreflightRefused
from soundstage.providers.gcp.rest import GoogleProject
from soundstage.providers.gcp.signing_in import SIGN_IN, account_of, why_refused
from soundstage.stacks.clouds.facts import Caller, Kind
from soundstage.stacks.clouds.gcp.person import address_of

_SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform"
_UNIVERSE: Final = "googleapis.com"
_FILE: Final = "GOOGLE_APPLICATION_CREDENTIALS"
_IMPERSONATE: Final = "CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT"
_IN_A_PIPELINE: Final = "CI"
"""Set by GitHub Actions, GitLab and most other pipelines (their documentation of predefined variables, read 2026-11)."""


def credentials_for(project: str) -> Any:
    """The credentials that there are; what they use is counted in `project`. Nobody is asked yet.

    Raises `PreflightRefused` where there are none, where their file is of no use, and where `gcloud` is set to act as a service account and
    they are somebody else's.
    """
    import google.auth
    from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError, TransportError

    # The studio file names the project, and nothing is said of none by default.
    logging.getLogger("google.auth._default").setLevel(logging.ERROR)
    try:
        # Calls of a person are counted in no project by themselves, and some APIs refuse them then.
        found, _ = google.auth.default(scopes=[_SCOPE], quota_project_id=project)
    except DefaultCredentialsError as error:
        raise _none(error, os.environ) from error
    except TransportError as error:
        raise PreflightRefused(f"Google does not answer: {error}", "Check the network, then run this again.") from error
    except GoogleAuthError as error:  # of a pipeline's token, which is tried at once
        raise PreflightRefused(*why_refused(error, None, federated=True)) from error
    except (OSError, ValueError) as error:
        raise PreflightRefused(
            f"The credentials of Google Cloud cannot be read: {error}", f"Run `{SIGN_IN}` again."
        ) from error
    if found.universe_domain != _UNIVERSE:
        raise PreflightRefused(
            f"The credentials are for {found.universe_domain}, another cloud than Google's own ({_UNIVERSE}).",
            f"Run `{SIGN_IN}`.",
        )
    meant = _impersonated(os.environ)
    if meant and meant != account_of(found):
        raise PreflightRefused(
            f"gcloud is set to act as {meant}, and the credentials here are {account_of(found) or 'of a person'}: what you try with "
            "gcloud is done by another than what is done here.",
            f"Run `{SIGN_IN} --impersonate-service-account={meant}`, or `gcloud config unset auth/impersonate_service_account` to "
            "work as yourself.",
        )  # fmt: skip
    return found


def caller_of(project: GoogleProject) -> Caller:
    """Whose the credentials are. Never fails: where Google does not tell, it says so."""
    from google.oauth2.credentials import Credentials
    from google.oauth2.service_account import Credentials as KeyFile

    credentials = project.credentials
    if isinstance(credentials, KeyFile):
        return Caller(
            credentials.service_account_email, Kind.LONG_LIVED,
            advice="Let the service account be acted for instead: `gcloud auth application-default login "
            f"--impersonate-service-account={credentials.service_account_email}`, or workload identity federation in a pipeline. Then "
            "delete the key (`gcloud iam service-accounts keys list` shows it).",
        )  # fmt: skip
    if not isinstance(credentials, Credentials):
        return Caller(account_of(credentials) or "a federated identity", Kind.RENEWED)
    try:
        name = address_of(project)
    except PreflightRefused:
        name = "a person whose address Google does not tell"
    if os.environ.get(_IN_A_PIPELINE):
        return Caller(
            name, Kind.PERSON_AWAY,
            advice="Use a service account there, without a key: workload identity federation "
            "(`gcloud iam workload-identity-pools create-cred-config`).",
        )  # fmt: skip
    return Caller(name, Kind.RENEWED)


def _none(error: Exception, environment: Mapping[str, str]) -> PreflightRefused:
    named = environment.get(_FILE, "")
    if not named:
        return PreflightRefused(
            "There are no Google Cloud credentials.",
            f"Run `{SIGN_IN}`. Without gcloud: https://cloud.google.com/sdk/docs/install.",
        )
    why = "is not there" if not Path(named).exists() else f"holds no credentials that are understood: {error.args[0]}"
    return PreflightRefused(
        f"{_FILE} names {named}, which {why}", f"Correct it, or run `unset {_FILE}` and `{SIGN_IN}`."
    )


def _impersonated(environment: Mapping[str, str]) -> str:
    """The service account that `gcloud` acts as here by its settings, which application default credentials do not follow."""
    if _IMPERSONATE in environment:
        return environment[_IMPERSONATE]
    folder = Path(environment.get("CLOUDSDK_CONFIG") or Path.home() / ".config" / "gcloud")
    try:
        active = environment.get("CLOUDSDK_ACTIVE_CONFIG_NAME") or (folder / "active_config").read_text().strip()
        settings = configparser.ConfigParser(interpolation=None)
        settings.read_string((folder / "configurations" / f"config_{active}").read_text())
    except (OSError, ValueError, configparser.Error):
        return ""
    return settings.get("auth", "impersonate_service_account", fallback="")
