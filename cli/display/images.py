"""Recipes and images: lists, what a bake would do and did, what was deleted and shared."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from soundstage.cli.display.screen import Screen
from soundstage.cli.display.table import table
from soundstage.images.apply import Found
from soundstage.images.pins import Pin
from soundstage.images.recipes import Composed
from soundstage.stacks.images.bake_cost import bake_command, bake_usd, kept_usd, takes, typed
from soundstage.stacks.images.baking import Baked
from soundstage.stacks.images.builder import Bakery
from soundstage.stacks.images.chosen import OLD_DAYS
from soundstage.stacks.images.keeping import Pruned, Standing

_STATES = {
    "none": "no image",
    "simulated": "simulated",
    "fresh": "fresh",
    "old": f"older than {OLD_DAYS} days",
    "changed": "recipe changed since",
    "gone": "pinned image is gone",
}


def listed_text(bakery: Bakery, found: Sequence[Standing], screen: Screen) -> str:
    rows = [
        (
            one.recipe.name,
            ", ".join(one.recipe.roles) or "-",
            one.pinned or "-",
            "-" if one.age_days is None else f"{one.age_days} d",
            _STATES[one.state],
        )
        for one in found
    ]
    lines = [table(("recipe", "for", f"image in {bakery.region}", "age", "state"), rows, screen), ""]
    for one in found:
        if one.state in ("old", "changed", "gone"):
            lines.append(
                screen.lines(
                    f"{one.recipe.name}: `{bake_command(one.recipe.name, bakery.region, bakery.cloud.kind)}` makes a fresh one."
                )
            )
    if any(one.state == "simulated" for one in found):
        lines.append(screen.lines("Simulated: there is an image of each recipe from the start, and nothing is in it."))
    if any(one.state == "none" for one in found):
        lines.append(screen.lines(f"`{bake_command('RECIPE', bakery.region, bakery.cloud.kind)}` makes an image."))
    return "\n".join(lines).rstrip("\n")


def listed_document(bakery: Bakery, found: Sequence[Standing]) -> dict[str, Any]:
    return {"region": bakery.region, "recipes": [_standing(one) for one in found]}


def shown_text(recipe: Composed, found: Standing, screen: Screen) -> str:
    downloads = [
        (name, source.version, "publisher's" if len(source.sha256) == 64 else "taken at the first bake", source.source)
        for name, source in sorted(recipe.downloads.items())
    ]
    lines = [
        screen.paint(recipe.name, "bold"),
        screen.lines(recipe.about),
        screen.lines(f"starts from  {recipe.base.name}"),
        screen.lines(f"carries      {', '.join(recipe.carries)}"),
        screen.lines(f"parts        {', '.join(recipe.parts)}"),
        screen.lines(f"steps        {len(recipe.steps)}, and {len(recipe.checks)} checks"),
        screen.lines(f"digest       {recipe.digest[:12]}"),
        screen.lines(f"state        {_STATES[found.state]} in {found.region}"),
    ]
    if downloads:
        lines += ["", table(("download", "version", "checksum", "source"), downloads, screen)]
    if found.images:
        rows = [
            (one.id, one.name, f"{one.made:%Y-%m-%d}", one.state, "pinned" if one.id == found.pinned else "")
            for one in found.images
        ]
        lines += ["", table(("image", "name", "made", "state", ""), rows, screen)]
    return "\n".join(lines)


def shown_document(recipe: Composed, found: Standing) -> dict[str, Any]:
    return _standing(found) | {
        "digest": recipe.digest,
        "base": recipe.base.name,
        "parts": list(recipe.parts),
        "steps": [entry.title for entry in recipe.steps],
        "downloads": {
            name: source.model_dump(mode="json", exclude_none=True) for name, source in recipe.downloads.items()
        },
        "images": [
            {"id": one.id, "name": one.name, "state": one.state, "tags": dict(one.tags)} for one in found.images
        ],
    }


def plan_text(recipe: Composed, found: Standing, changes: tuple[str, ...] | None, screen: Screen) -> str:
    rows = [(str(number), entry.title) for number, entry in enumerate(recipe.steps, 1)]
    gpu = sum(check.gpu for check in recipe.checks)
    return "\n".join(
        [
            table(("step", recipe.name), rows, screen),
            "",
            screen.lines(
                f"Then {len(recipe.checks)} checks, {gpu} of them on a GPU; sealed; and an image of {recipe.builder.disk_gib} GiB."
            ),
            screen.lines(f"It takes {takes(found.recipe, found.region)}."),
            screen.lines(
                f"{found.region}: {_STATES[found.state]}. `{bake_command(recipe.name, found.region, found.cloud)}` does it."
            ),
            *_since(found, changes, screen),
        ]
    )


def _since(found: Standing, changes: tuple[str, ...] | None, screen: Screen) -> list[str]:
    """What the recipe changed since the image in use."""
    if found.pinned is None or found.state == "gone":
        return []
    if changes:
        return ["", "Changed in the recipe since the image in use:", *(screen.lines(f"- {each}") for each in changes)]
    if changes is None and found.state == "changed":
        return [screen.lines("What the recipe changed since then is not known: nobody kept the recipe of that image.")]
    return []


def plan_document(recipe: Composed, found: Standing, changes: tuple[str, ...] | None) -> dict[str, Any]:
    return _standing(found) | {
        "changes": None if changes is None else list(changes),
        "steps": [entry.title for entry in recipe.steps],
        "checks": [check.name for check in recipe.checks],
        "minutes": recipe.bake_minutes,
        "usd": bake_usd(found.recipe, found.region),
        "monthly_usd_at_most": round(kept_usd(found.recipe, found.region), 2),
    }


def baked_text(made: Baked, cloud: str, screen: Screen) -> str:
    first = "was there already" if made.already else "is there"
    lines = [screen.paint(f"{made.name} {first}.", "bold", "green")]
    lines += [screen.lines(f"{region}  {id}") for region, id in sorted(made.ids.items())]
    if made.checks:
        passed, left = (sum(one.ok is word for one in made.checks) for word in (True, None))
        lines.append(screen.lines(f"{passed} checks passed, {left} are left to machines with a GPU."))
    if made.simulated:
        lines.append(screen.lines("Simulated: no step was run, and nothing is in the image."))
    elif not made.already:
        lines.append(screen.lines(f"Everything that is in it: {made.bill}"))
    if made.pinned:
        kept = "." if made.simulated else ": commit images.lock.yaml."
        lines.append(screen.lines(f"{made.recipe} means this image now{kept}"))
    else:
        lines.append(
            screen.lines(
                f"{made.recipe} still means the image before: `{typed(f'promote {made.recipe}', cloud)}` moves it."
            )
        )
    return "\n".join(lines)


def baked_document(made: Baked) -> dict[str, Any]:
    return {
        "recipe": made.recipe,
        "name": made.name,
        "images": dict(made.ids),
        "pinned": made.pinned,
        "already": made.already,
        "simulated": made.simulated,
        "changed_steps": made.changed,
        "checks": [_found(one) for one in made.checks],
    }


def verified_text(recipe: str, found: Sequence[Found], screen: Screen) -> str:
    words = {True: "ok", False: "failed", None: "not looked at"}
    rows = [(one.name, words[one.ok], one.seen.splitlines()[0] if one.seen else "") for one in found]
    return table((recipe, "result", "seen"), rows, screen)


def verified_document(recipe: str, found: Sequence[Found]) -> dict[str, Any]:
    return {"recipe": recipe, "ok": all(one.ok is not False for one in found), "checks": [_found(one) for one in found]}


def pinned_text(recipe: str, pin: Pin, path: Path | None, screen: Screen) -> str:
    """`path` is the file to be committed; None where none is."""
    lines = [screen.paint(f"{recipe} means the image of {pin.baked.isoformat()} now.", "bold", "green")]
    lines += [screen.lines(f"{region}  {id}") for region, id in sorted(pin.regions.items())]
    commit = f"Commit {path.name}. " if path else ""
    lines.append(screen.lines(f"{commit}Machines that are up keep the image that they have."))
    return "\n".join(lines)


def pinned_document(recipe: str, pin: Pin) -> dict[str, Any]:
    return {"recipe": recipe, **pin.model_dump(mode="json")}


def pruned_text(recipe: str, found: Pruned, screen: Screen, *, done: bool) -> str:
    rows = [(one.id, one.region, one.name, "deleted" if done else "goes") for one in found.deleted]
    rows += [(one.id, one.region, one.name, why) for one, why in found.kept]
    if not rows:
        return screen.lines(f"There is no image of {recipe}.")
    return table(("image", "region", "name", "what"), rows, screen)


def pruned_document(recipe: str, found: Pruned) -> dict[str, Any]:
    return {
        "recipe": recipe,
        "deleted": [{"id": one.id, "region": one.region} for one in found.deleted],
        "kept": [{"id": one.id, "region": one.region, "why": why} for one, why in found.kept],
    }


def shared_text(
    recipe: str, account: str, ids: Mapping[str, str], keys: Mapping[str, str], about_key: str, screen: Screen
) -> str:
    lines = [screen.paint(f"{account} may make machines of {recipe}.", "bold", "green")]
    lines += [screen.lines(f"{region}  {id}  key {keys[region]}") for region, id in sorted(ids.items())]
    lines.append(screen.lines(about_key))
    return "\n".join(lines)


def _standing(one: Standing) -> dict[str, Any]:
    return {
        "recipe": one.recipe.name,
        "region": one.region,
        "for": list(one.recipe.roles),
        "os": one.recipe.os,
        "carries": list(one.recipe.carries),
        "image": one.pinned,
        "state": one.state,
        "age_days": one.age_days,
    }


def _found(one: Found) -> dict[str, Any]:
    return {"name": one.name, "ok": one.ok, "seen": one.seen}
