"""Whose a stack is that the backend has and this machine does not know: a colleague's, or of another studio or program that
gave its stack the same name."""

from collections.abc import Mapping
from typing import Any, Final

from soundstage.components.tags import STUDIO
from soundstage.core.errors import UsageError
from soundstage.engines.base import StackName

_OURS: Final = "soundstage:"


def refuse_foreign(deployment: Mapping[str, Any], stack: StackName, studio: str, where: str) -> None:
    """Raise `UsageError` unless the stack at `where` is empty, or of a program of ours for this studio."""
    resources = deployment.get("resources") or []
    made = [one for one in resources if one["type"] != "pulumi:pulumi:Stack"]
    tags = [(one.get("inputs") or {}).get("tags") for one in made]
    studios = {one[STUDIO] for one in tags if isinstance(one, Mapping) and isinstance(one.get(STUDIO), str)}
    if not made or studio in studios:
        return
    if not studios and any(one["type"].startswith(_OURS) for one in made):
        return  # a first `up` that was cut short before anything with a tag
    whose = f"of studio {', '.join(sorted(studios))}" if studios else "not made by Soundstage"
    raise UsageError(
        f"{where} has a stack {stack} already, which is {whose}, and this is studio {studio}. Nothing was changed.",
        "Give the project another name, or the studio a place of its own: `state` in studio.yaml.",
    )
