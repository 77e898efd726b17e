"""What AWS forgets after a while, so that an account does not grow with everything that ever was in it.

Terminated machines, deleted NAT gateways and deleted endpoints are shown for about an hour; a client token counts for a day; a
session of STS ends when it expires; a history of Session Manager and of automations is kept for thirty days; a key goes when
its waiting period is over (Amazon EC2 User Guide, "Terminate Amazon EC2 instances" and "Ensuring idempotency"; Amazon VPC User
Guide, "NAT gateways"; AWS Systems Manager and AWS KMS user guides, 2026-11).

It happens before a changing call, by the time of that call, so that the journal repeats it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from soundstage.simulator.aws.moto_state import used
from soundstage.simulator.memory import GLOBAL, Memory

_EVERY_SECONDS: Final = 60
_SHOWN_SECONDS: Final = 3600
_TOKEN_SECONDS: Final = 24 * 3600
_HISTORY_SECONDS: Final = 30 * 24 * 3600


@dataclass
class Looked:
    """When it was last looked what is due."""

    at: float = 0.0


def forget(memory: Memory, account: str, now: float) -> None:
    """Drop what is due at `now`, in seconds since the epoch. Looks once a minute at most."""
    looked = memory.of(Looked, account, GLOBAL)
    if 0 <= now - looked.at < _EVERY_SECONDS:
        return
    looked.at = now
    for _, ec2 in used("ec2", account):
        _forget_machines(ec2, now)
        for kept in (ec2.vpc_end_points, ec2.nat_gateways):
            for identity in [name for name, each in kept.items() if each.state == "deleted" and _is_due(each, now)]:
                del kept[identity]
    for _, kms in used("kms", account):
        for key in [key for key in kms.keys.values() if _is_over(key, now)]:
            del kms.keys[key.id]
    _forget_sessions(memory, account, now)


def _forget_machines(ec2: Any, now: float) -> None:
    for name, reservation in list(ec2.reservations.items()):
        reservation.instances = [
            each for each in reservation.instances if each.state != "terminated" or not _is_due(each, now)
        ]
        if not reservation.instances:
            del ec2.reservations[name]


def _is_due(gone: Any, now: float) -> bool:
    """Whether something was gone for an hour. It counts from when it was first seen gone."""
    since = vars(gone).setdefault("gone_since", now)
    return bool(now - since > _SHOWN_SECONDS)


def _is_over(key: Any, now: float) -> bool:
    date = key.deletion_date
    if key.key_state != "PendingDeletion" or date is None:
        return False
    return bool(date.replace(tzinfo=date.tzinfo or UTC) <= datetime.fromtimestamp(now, UTC))


def _forget_sessions(memory: Memory, account: str, now: float) -> None:
    from soundstage.simulator.aws.caller import Sessions as Issued
    from soundstage.simulator.aws.gaps.ssm import Sessions
    from soundstage.simulator.aws.gaps.tokens import Tokens

    issued = memory.of(Issued, account, GLOBAL).issued
    for key in [key for key, session in issued.items() if session.expires.timestamp() <= now]:
        del issued[key]
    for tokens in memory.every(Tokens, account):
        given = vars(tokens).setdefault("given", {})
        for token in list(tokens.answers):
            if now - given.setdefault(token, now) > _TOKEN_SECONDS:
                del tokens.answers[token], given[token]
    for kept in memory.every(Sessions, account):
        for history, ended in ((kept.sessions, "EndDate"), (kept.automations, "ExecutionEndTime")):
            for key in [key for key, each in history.items() if now - each.get(ended, now) > _HISTORY_SECONDS]:
                del history[key]
