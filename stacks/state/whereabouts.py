"""Where a project or a studio is on record, held against what its file says by now.

The record decides. A name, a region or a cloud that was edited while the stack is there would leave behind what runs: nothing
would find it any more, and it would go on costing. So the edit is refused; `status`, `stop` and `down` act where the stack is.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from soundstage.core.clouds import CLOUDS
from soundstage.core.errors import UsageError
from soundstage.core.home import home_to_read
from soundstage.engines.base import Event, EventKind, OnEvent, StackName
from soundstage.projectfile.project_paths import typed
from soundstage.projectfile.spec import STUDIO_FILE, Project, Studio
from soundstage.stacks.state import owner
from soundstage.stacks.state.last_run import last_run
from soundstage.stacks.state.on_record import OnRecord, folder_of, on_record


def refuse_renamed_project(project: Project, studio: Studio, path: Path, studio_file: Path | None) -> None:
    """Raise `UsageError` when the file at `path` is on record under another project or studio, and that one is still there."""
    for other in _of_file(path, StackName.of_project(project.project), studio.studio):
        key, old, new = "project", other.project, project.project
        where = _relative(path)
        if other.studio != studio.studio:
            key, old, new, where = (
                "studio",
                other.studio,
                studio.studio,
                _relative(studio_file or path.with_name(STUDIO_FILE)),
            )
        if other.studio != studio.studio and other.project != project.project:
            raise UsageError(
                f"{_relative(path)} came up as project {other.project} of studio {other.studio}, which {_stands(other)}. It "
                f"now says {project.project} and {studio.studio}; by these names Soundstage would not find what is up.",
                f"Put `project: {other.project}` and `studio: {other.studio}` back. {_ways_on(other, path, 'studio')}",
            )
        came = "It" if where == _relative(path) else _relative(path)
        raise UsageError(
            f"{where} says {key}: {new}. {came} came up as project {other.project} of studio {other.studio}, which "
            f"{_stands(other)}; by the new name Soundstage would not find it.",
            f"Put `{key}: {old}` back. {_ways_on(other, path, key)}",
        )


def refuse_renamed_studio(studio: Studio, file: Path | None) -> None:
    """Raise `UsageError` when the studio file is on record as another studio that is up. Logs that one keeps do not count:
    they are locked, and a studio may get another name after `studio down`."""
    if file is None:
        return
    for other in _of_file(file, StackName.of_studio(studio.studio), studio.studio):
        if other.is_up:
            raise UsageError(
                f"{_relative(file)} says studio: {studio.studio}. It came up as studio {other.studio}, which {_stands(other)}; "
                "by the new name Soundstage would not find it.",
                f"Put `studio: {other.studio}` back. To rename it, run `workstation studio down` first.",
            )


def project_where_it_is(project: Project, studio: Studio, path: Path, *, refuse: bool) -> Project:
    """The project with the cloud and the region that it is on record with.

    With `refuse`, raises `UsageError` where the file says another one.
    """
    stack = StackName.of_project(project.project)
    _refuse_another_account(studio, stack, project.cloud, project.project)
    found = _elsewhere(studio.studio, stack, project.cloud, project.region)
    if found is None:
        return project
    key, old, new = ("region", found.region, project.region)
    if found.cloud != project.cloud:
        key, old, new = "cloud", found.cloud, project.cloud
    if refuse:
        raise UsageError(
            f"{_relative(path)} says {key}: {new}, and {project.project} {_stands(found)}. "
            f"What is there cannot change its {key}.",
            f"Put `{key}: {old}` back. {_ways_on(found, path, key)}",
        )
    return project.model_copy(update={"cloud": found.cloud, "region": found.region or project.region})


def studio_where_it_is(studio: Studio, cloud: str, file: Path | None, *, refuse: bool) -> Studio:
    """The studio with the home region that it is on record with. With `refuse`, raises `UsageError` where it says another."""
    stack = StackName.of_studio(studio.studio)
    _refuse_another_account(studio, stack, cloud, f"studio {studio.studio}")
    found = _elsewhere(studio.studio, stack, cloud, studio.home_region)
    if found is None or found.cloud != cloud or found.region is None:
        return studio
    if refuse:
        raise UsageError(
            f"{_relative(file) if file else 'The studio'} says home_region: {studio.home_region}, and studio {studio.studio} "
            f"{_stands(found)}. What is there, its locked logs included, cannot change its region.",
            f"Put `home_region: {found.region}` back. For access logs in another region, add it to `regions`.",
        )
    return studio.model_copy(update={"home_region": found.region})


def _refuse_another_account(studio: Studio, stack: StackName, cloud: str, title: str) -> None:
    """Raise `UsageError` where a stack of a real cloud is in another account than the studio file names, by which nothing would find it."""
    if not CLOUDS[cloud].is_real or studio.account is None:
        return
    for found in on_record(studio.studio, stack):
        if found.cloud == cloud and found.is_there and found.account not in (None, studio.account):
            raise UsageError(
                f"The studio file says account: {studio.account}, and {title} {_stands(found)}, in {found.account}. What is there cannot "
                "change its account. Nothing was asked of either.",
                f"Put `account: {found.account}` back. For another account, write a studio file with another name.",
            )


def say_moved(before: Path | None, now: Path, on_event: OnEvent) -> None:
    """Tell that a project's file was at `before`, and that what is up goes along with it."""
    if before is not None:
        words = f"This project was in {before}. {_relative(now)} continues it."
        on_event(Event(EventKind.WARNING, message=words))


def _elsewhere(studio: str, stack: StackName, cloud: str, region: str) -> OnRecord | None:
    """Where the stack is, when it is there and not in this cloud and region."""
    run = last_run(folder_of(studio, stack))
    if run and (run.cloud, run.region) == (cloud, region):
        return None  # the common case, without reading the state
    there = [one for one in on_record(studio, stack) if one.is_there]
    here = [one for one in there if one.cloud == cloud]
    if here:
        return here[0] if here[0].region not in (None, region) else None
    return there[0] if there else None


def _of_file(file: Path, stack: StackName, studio: str) -> Iterator[OnRecord]:
    """What came up from `file` under another name and is still there."""
    mine = folder_of(studio, stack)
    home = home_to_read() / "studios"
    pattern = "*/claim.json" if folder_of(studio, stack).parent == home else f"*/{stack.project}/*/claim.json"
    for found in sorted(home.glob(pattern)):
        folder = found.parent
        if folder == mine or not owner.is_of(folder, file):
            continue
        name = folder.name
        other = folder.parents[1].name if folder.parent != home else name
        yield from (one for one in on_record(other, StackName(stack.project, name)) if one.is_there)


def _stands(found: OnRecord) -> str:
    where = f"on {CLOUDS[found.cloud].title}" + (f", {found.region}" if found.region else "")
    return f"is {found.standing} {where}" if found.is_up else f"has its media kept {where}"


def _ways_on(found: OnRecord, path: Path, key: str) -> str:
    """What somebody can do who wants the other name, cloud or region: `key` is that of the file which was edited."""
    name = typed(path.absolute())
    renamed = (
        f"Then `workstation rename {name} NEW` gives it another name. Or write a file of its own for a new project."
    )
    if key == "project":
        return renamed
    if not found.is_up:
        return f"`workstation down {name} --delete-media` then deletes what is kept; or write a file of its own for the new one."
    if key == "studio":
        return f"A project cannot change its studio, nor a studio its name: run `workstation down {name}` first."
    return (
        f"To move it: `workstation down {name}`, copy the media, `workstation down {name} --delete-media`, then edit."
    )


def _relative(path: Path) -> str:
    return os.path.relpath(path)
