"""Tables of rights: what an attacker does with which (`data/rights.yaml`)."""

from functools import cache
from importlib.resources import files

from soundstage.core import yamlfile


@cache
def _table() -> dict[str, list[str]]:
    text = (files("soundstage.policies") / "data" / "rights.yaml").read_text(encoding="utf-8")
    table: dict[str, list[str]] = yamlfile.data(text)
    return table


@cache
def escalations() -> tuple[tuple[str, ...], ...]:
    """Sets of actions that together let a role give itself more."""
    return tuple(tuple(entry.split()) for entry in _table()["escalations"])


@cache
def escalating() -> tuple[str, ...]:
    """Every action of those sets, once."""
    return tuple(dict.fromkeys(action for actions in escalations() for action in actions))


@cache
def data_rights() -> tuple[str, ...]:
    """Rights over what projects hold: reading, giving away, destroying."""
    return tuple(_table()["data"])


@cache
def commitments() -> tuple[str, ...]:
    """Rights with which somebody binds the account to pay for months or years."""
    return tuple(_table()["commitments"])


@cache
def google_roles(kind: str) -> tuple[str, ...]:
    """Patterns of Google's roles: `google_roles` take a project over, `google_data_roles` read or change all that it holds."""
    return tuple(_table()[kind])


@cache
def google_escalations() -> tuple[tuple[str, ...], ...]:
    """Sets of permissions that together let a role of Google's give itself more."""
    return tuple(tuple(entry.split()) for entry in _table()["google_escalations"])


@cache
def google_data_rights() -> tuple[tuple[str, ...], ...]:
    """Permissions over what projects hold: reading, giving away, destroying. Each is a set of one."""
    return tuple((entry,) for entry in _table()["google_data"])
