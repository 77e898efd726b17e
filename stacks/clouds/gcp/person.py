"""Who signs in to Google Cloud here, and the token that shows it."""

from typing import Any, Final

from soundstage.core.errors import PreflightRefused
from soundstage.providers.gcp.rest import GoogleAccount, GoogleProject

_ABOUT: Final = "https://openidconnect.googleapis.com/v1/userinfo"
"""Tells whose a token is (Google Identity, "OpenID Connect", read 2026-11)."""
_SECONDS: Final = 30.0
_SIGN_IN: Final = "Sign in again (`gcloud auth application-default login`), then run this again."


def address_of(project: GoogleProject) -> str:
    """The address of the account that the credentials belong to. Raises `PreflightRefused` where Google does not tell it."""
    credentials: Any = project.credentials
    for known in ("service_account_email", "account"):
        if "@" in (said := str(getattr(credentials, known, "") or "")):
            return said
    import requests
    from google.auth.exceptions import GoogleAuthError

    try:
        told = project.session.get(_ABOUT, timeout=_SECONDS).json()
    except (requests.RequestException, GoogleAuthError, ValueError) as error:
        raise PreflightRefused(f"Google does not say whose these credentials are: {error}", _SIGN_IN) from error
    if "@" not in str(told.get("email", "")):
        raise PreflightRefused(
            "Google does not say whose these credentials are, and OS Login needs the address.",
            "Sign in so that it may be read: `gcloud auth application-default login --scopes=openid,"
            "https://www.googleapis.com/auth/userinfo.email,https://www.googleapis.com/auth/cloud-platform`.",
        )
    return str(told["email"])


def member_of(address: str) -> str:
    """Whose address it is, as IAM writes a member."""
    return f"{'serviceAccount' if address.endswith('.gserviceaccount.com') else 'user'}:{address}"


def token_of(project: GoogleAccount) -> str:
    """A bearer token that is valid now. Raises `PreflightRefused` for credentials that are over, and `ConnectionError` where Google does not
    answer: asking again may help."""
    from google.auth.exceptions import GoogleAuthError, TransportError
    from google.auth.transport.requests import Request

    credentials: Any = project.session.credentials
    try:
        if not credentials.valid:
            credentials.refresh(Request())
    except GoogleAuthError as error:
        if isinstance(error, TransportError) or error.retryable:
            raise ConnectionError(f"Google gives no new token: {error}") from error
        raise PreflightRefused(f"Google Cloud does not accept the credentials: {error}", _SIGN_IN) from error
    return str(credentials.token)
