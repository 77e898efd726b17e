"""What a person must know before a lock is released."""

from collections.abc import Sequence

from soundstage.engines.base import Holder, StackName


def told(stack: StackName, holders: Sequence[Holder] | None, where: str) -> str:
    """Who holds the stack, in words; `where` says how to find out where the backend does not tell."""
    if holders is None:
        return f"The backend of {stack} does not tell who holds it. {where}"
    if not holders:
        return f"Nobody holds {stack}."
    lines = [f"{stack} is held by {holder}." for holder in holders]
    if any(holder.runs for holder in holders):
        lines.append("That command runs: stop it with Ctrl-C there rather than releasing its lock.")
    return "\n".join(lines)
