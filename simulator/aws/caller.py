"""Who sends a request: the owner of the simulated cloud, an IAM user, or a session of a role or user."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from soundstage.simulator.answer import Refusal
from soundstage.simulator.memory import Memory
from soundstage.simulator.orders import Operator

OPERATOR: Final = "arn:aws:iam::{}:user/operator"
"""ARN of the owner, of an account."""


@dataclass(frozen=True)
class Session:
    """What STS was told when it issued temporary credentials."""

    secret_key: str
    token: str
    expires: datetime
    account_id: str
    role_arn: str = ""
    """The role that was assumed; empty for a session of a user."""
    user_name: str = ""
    name: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    transitive: frozenset[str] = frozenset()
    """Keys of the tags that stay when the session assumes another role."""
    mfa: bool = False
    policy: str = ""
    """The session policy, JSON; empty when none was given."""
    source_identity: str = ""
    began: datetime | None = None
    for_service: bool = False
    """Whether the owner of the simulated cloud took a role in the place of the service that it is for."""


@dataclass
class Sessions:
    """Temporary credentials by access key."""

    issued: dict[str, Session] = field(default_factory=dict)


@dataclass(frozen=True)
class Caller:
    """The identity behind an access key, as IAM policies see it."""

    kind: str
    """`operator`, `user`, `role` (a session of a role) or `user-session`."""
    account_id: str
    arn: str
    """`aws:PrincipalArn` is `principal_arn`; this is what `sts:GetCallerIdentity` answers."""
    user_id: str
    principal_arn: str
    """The user or role whose policies apply."""
    secret_key: str
    session: Session | None = None

    @property
    def mfa(self) -> bool:
        return self.session is not None and self.session.mfa


def identify(access_key: str, token: str, operator: Operator, memory: Memory, account_id: str, time: float) -> Caller:
    """The caller with `access_key` at `time` (seconds since the epoch); `Refusal` when nobody has it, it is inactive, expired or its token is wrong."""
    if access_key == operator.access_key:
        arn = OPERATOR.format(account_id)
        return Caller("operator", account_id, arn, "AIDASOUNDSTAGEOPERATOR", arn, operator.secret_key)
    session = memory.of(Sessions, account_id).issued.get(access_key)
    if session:
        return _of_session(session, token, time)
    from moto.iam.models import iam_backends

    for account, of_account in list(iam_backends.items()):
        backend: Any = of_account["aws"]
        user = backend.get_user_from_access_key_id(access_key) if access_key in backend.access_keys else None
        if user:
            key = backend.access_keys[access_key]
            if key.status != "Active":
                raise unknown_key()
            return Caller("user", account, user.arn, user.id, user.arn, key.secret_access_key)
    raise unknown_key()


def unknown_key() -> Refusal:
    """The refusal of an access key that does not exist; each protocol has its own code for it (`refusals`)."""
    return Refusal("InvalidClientTokenId", "The security token included in the request is invalid.", 403)


def _of_session(session: Session, token: str, time: float) -> Caller:
    from moto.iam.models import iam_backends

    if token != session.token:
        raise unknown_key()
    if session.expires.timestamp() <= time:
        raise Refusal("ExpiredToken", "The security token included in the request is expired.", 403)
    backend: Any = iam_backends[session.account_id]["aws"]
    if session.role_arn:
        role = next((role for role in backend.roles.values() if role.arn == session.role_arn), None)
        if role is None:
            raise unknown_key()
        arn = f"arn:aws:sts::{session.account_id}:assumed-role/{role.name}/{session.name}"
        return Caller(
            "role", session.account_id, arn, f"{role.id}:{session.name}", role.arn, session.secret_key, session
        )
    if session.user_name not in backend.users:
        arn = OPERATOR.format(session.account_id)
        return Caller("operator", session.account_id, arn, "AIDASOUNDSTAGEOPERATOR", arn, session.secret_key, session)
    user = backend.users[session.user_name]
    return Caller("user-session", session.account_id, user.arn, user.id, user.arn, session.secret_key, session)
