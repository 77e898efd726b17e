"""Why Google gives credentials no token, in words that say what to do.

Sources: Google Identity, "OAuth 2.0", errors of the token endpoint; Google Cloud, "Reauthentication", "Service account impersonation",
"Workload Identity Federation" (read 2026-11).
"""

from typing import Any, Final

from soundstage.core.wrong_clock import HINT

SIGN_IN: Final = "gcloud auth application-default login"


def why_refused(error: BaseException | None, credentials: Any, *, federated: bool = False) -> tuple[str, str]:
    """Why Google gives these credentials no token, in a sentence, and what to do. `error` is what `google-auth` raised, `federated`
    whether it is known to be of workload identity federation."""
    told = " ".join(str(part) for part in getattr(error, "args", ()) if part) or "Google answered 401"
    text = told.lower()
    account = account_of(credentials)
    if "invalid jwt" in text or "reasonable timeframe" in text:
        return "Google does not take the time of this computer's clock in the credentials.", HINT
    if "rapt" in text or "reauth" in text:
        return (
            "Your organisation wants you to sign in to Google Cloud again: the sign-in has lasted as long as it allows.",
            f"Run `{SIGN_IN}`, then this again.",
        )
    if "account not found" in text or "account_disabled" in text or "disabled_client" in text:
        return (
            f"{account or 'The account of these credentials'} is not there any more, or is switched off.",
            f"Sign in as another (`{SIGN_IN}`), or let whoever administers the account bring it back.",
        )
    if "getaccesstoken" in text or "impersonated credentials" in text:
        return (
            f"You may not act as {account}, or it is not there.",
            (
                f"Let whoever administers it run `gcloud iam service-accounts add-iam-policy-binding {account} --member=user:NAME "
                "--role=roles/iam.serviceAccountTokenCreator`."
            ),
        )
    if federated or _is_federated(credentials):
        return (
            f"Workload identity federation does not take the token of this pipeline: {told}",
            (
                "Check audience, issuer and attribute condition of the provider (`gcloud iam workload-identity-pools providers describe`), and "
                "that the job may have a token (GitHub: `permissions: {id-token: write}`)."
            ),
        )
    if "expired or revoked" in text or "invalid_grant" in text:
        return "The sign-in to Google Cloud has expired or was revoked.", f"Run `{SIGN_IN}`, then this again."
    return f"Google Cloud does not accept the credentials: {told}", f"Sign in again (`{SIGN_IN}`), then run this again."


def account_of(credentials: Any) -> str:
    """The address of the service account that credentials are of or act for; empty for a person's."""
    found = str(getattr(credentials, "service_account_email", "") or "")
    return found if "@" in found else ""


def _is_federated(credentials: Any) -> bool:
    from google.auth.external_account import Credentials

    return isinstance(credentials, Credentials)
