"""Who calls: a bearer token names the caller and is sealed with the owner's secret, so that nobody else of this machine can make one."""

import base64
import binascii
import hashlib
import hmac
from typing import Final

OWNER: Final = "owner"
"""Who may do everything, also while permissions are enforced."""
OWNER_EMAIL: Final = "owner@studio.example"
"""Who the owner is where an account of Google's is asked for by its address, as in OS Login."""
_FIRST: Final = "soundstage"


def token_for(secret: str, caller: str = OWNER) -> str:
    """The token of a caller, such as `serviceAccount:ws@p.iam.gserviceaccount.com` or `user:ana@studio.example`."""
    name = base64.urlsafe_b64encode(caller.encode()).decode().rstrip("=")
    return f"{_FIRST}.{name}.{_seal(secret, caller)}"


def caller_of(secret: str, token: str) -> str | None:
    """Whose token this is; None for one that was not made with this secret."""
    first, _, rest = token.partition(".")
    name, _, seal = rest.partition(".")
    try:
        caller = base64.urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode()
    except (binascii.Error, ValueError):
        return None
    return caller if first == _FIRST and hmac.compare_digest(seal.encode(), _seal(secret, caller).encode()) else None


def _seal(secret: str, caller: str) -> str:
    return hmac.new(secret.encode(), f"google token of {caller}".encode(), hashlib.sha256).hexdigest()
