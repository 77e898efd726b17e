"""How an operation ended, and what to type next."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from soundstage.cli.display.operations import counts_done
from soundstage.cli.display.readiness import report_document
from soundstage.cli.display.screen import Screen
from soundstage.cli.display.teardown import going, held, kept_line, staying
from soundstage.cli.display.text import columns, count, duration, escaped, pad, spoken
from soundstage.core.values import masked
from soundstage.engines.base import Result
from soundstage.plan.plan import Operation, Plan
from soundstage.projectfile.cloud_limits import has_command
from soundstage.stacks.clouds.base import Machine, Snapshot
from soundstage.stacks.deployment import Deployment
from soundstage.stacks.parking.record import OUTPUT
from soundstage.stacks.results import UpResult
from soundstage.stacks.state.on_record import Standing
from soundstage.stacks.studio_deployment import StudioDeployment


def up_text(result: UpResult, deployment: Deployment, screen: Screen) -> str:
    """The counts, the outputs and the next commands."""
    name = deployment.project.title
    lines = [
        screen.paint(f"{name} is up: {counts_done(result.counts)} in {duration(result.seconds)}.", "bold", "green")
    ]
    if result.studio_counts is not None:
        lines.append(
            screen.plain(f"Its studio {deployment.studio.studio} came first: {counts_done(result.studio_counts)}.")
        )
    if result.ready:
        names = list(result.ready)
        lines.append(screen.plain(f"{spoken(names)} {'is' if len(names) == 1 else 'are'} ready."))
    shown = outputs_text({key: one for key, one in result.outputs_json().items() if key != OUTPUT}, screen)
    commands = list(_next_commands(deployment))
    width = max(columns(command) for command, _ in commands)
    following = "\n".join(["Next:", *(f"  workstation {pad(command, width)}  {does}" for command, does in commands)])
    return "\n\n".join(filter(None, ["\n".join(lines), shown, screen.lines(following, "dim")]))


def _next_commands(deployment: Deployment, running: Collection[str] = ()) -> Iterator[tuple[str, str]]:
    """What people type after `up`, and what it does. `connect` opens displays through sessions; of those `running`, where some are named."""
    typed, project = deployment.typed, deployment.project
    if project.workstations and project.access.via == "session" and has_command(project.cloud, "connect"):
        first = next((name for name in project.workstations if name in running), next(iter(project.workstations)))
        yield f"connect {first} --project {typed}", f"opens the display of {first}"
    yield f"status {typed}", "says how to reach the machines"
    yield f"stop {typed}", "stops them and keeps their disks"
    yield f"down {typed}", "takes it all down and keeps the media"


def up_document(result: UpResult, deployment: Deployment) -> dict[str, Any]:
    """What `--json` prints after `up`."""
    return {
        "project": deployment.project.project,
        "cloud": deployment.project.cloud,
        "region": deployment.project.region,
        "changes": _counts(result.counts),
        "studio_changes": None if result.studio_counts is None else _counts(result.studio_counts),
        "seconds": round(result.seconds, 3),
        "ready": {name: report_document(report) for name, report in result.ready.items()},
        "outputs": result.outputs_json(),
    }


def outputs_text(outputs: Mapping[str, Any], screen: Screen) -> str:
    """One output a line, nested ones by their path; empty when there are none."""
    rows = list(_flat("", outputs))
    width = max((columns(escaped(key)) for key, _ in rows), default=0)
    return "\n".join(f"{screen.paint(pad(escaped(key), width), 'bold')}  {screen.plain(value)}" for key, value in rows)


def _flat(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, item in sorted(value.items()):
            yield from _flat(f"{path}.{key}" if path else str(key), item)
    elif value is not None:
        yield path, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def down_text(
    plan: Plan,
    deployment: Deployment,
    screen: Screen,
    snapshots: Mapping[str, str] | None,
    superseded: Sequence[Snapshot] = (),
    left: Sequence[Snapshot] = (),
) -> str:
    """What went and what is left, with the command that would delete that too. `snapshots` as in `teardown`; `superseded` are those
    that `down` deleted because enough newer ones are there, and `left` all that are there now."""
    gone = [count(len(going(plan)), "resource")] if going(plan) else []
    gone += [count(len(snapshots), "last snapshot")] if snapshots else []
    name = deployment.project.title
    if not len(plan) and not gone:
        return screen.plain(f"{name} is not up: there is nothing to take down.")
    head = f"{name} is down: {spoken(gone)} deleted." if gone else f"{name} was down already."
    lines = [screen.paint(head, "bold", "green")]
    if kept := kept_line(plan, sorted(one.machine for one in left)):
        lines.append(screen.plain(kept))
        lines += [screen.plain(superseded_line(superseded, deployment))] if superseded else []
        lines.append(
            screen.paint(f"`workstation down {deployment.typed} --delete-media` deletes that too, for good.", "dim")
        )
    return "\n".join(lines)


def superseded_line(superseded: Sequence[Snapshot], deployment: Deployment) -> str:
    """`2 earlier snapshots of edit-1 were deleted: the newest 3 stay (snapshots.keep_last).`"""
    machines = spoken(sorted({one.machine for one in superseded}))
    were = f"{count(len(superseded), 'earlier snapshot')} of {machines} {'was' if len(superseded) == 1 else 'were'} deleted"
    keep = deployment.project.snapshots.keep_last
    return f"{were}: of each machine the newest {keep} stay (`snapshots.keep_last`)."


def studio_down_text(plan: Plan, elsewhere: str, screen: Screen) -> str:
    """What went of a studio and what is left. `elsewhere` says on which other cloud it is up."""
    if not len(plan):
        return screen.plain(f"Studio {plan.stack} is not up: there is nothing to take down. {elsewhere}".rstrip())
    head = screen.paint(f"Studio {plan.stack} is down: {count(len(going(plan)), 'resource')} deleted.", "bold", "green")
    lines = [head]
    if kept := kept_line(plan):
        lines.append(screen.plain(kept))
    if what := held(plan):
        lines.append(screen.plain(f"They hold {spoken(what)}, and the keys decrypt it."))
    return "\n".join(lines)


def studio_text(deployment: StudioDeployment, result: Result, screen: Screen) -> str:
    """The counts and the outputs of a studio."""
    words = f"Studio {deployment.studio.studio} is up: {counts_done(result.counts)} in {duration(result.seconds)}."
    return "\n\n".join(
        filter(None, [screen.paint(words, "bold", "green"), outputs_text(masked(result.outputs), screen)])
    )


def studio_status_text(deployment: StudioDeployment, standing: Standing, outdated: str, screen: Screen) -> str:
    """How a studio stands, what of its file has not reached it, and its outputs."""
    words = {"kept": "down, and its logs are kept", "down": "not up"}.get(standing, standing)
    is_up = standing == "up"
    head = f"Studio {deployment.studio.studio} is {words}."
    head += "" if is_up else f" `{deployment.command('up')}` brings it up. {deployment.elsewhere()}".rstrip()
    outputs = outputs_text(masked(deployment.engine.outputs()), screen) if is_up else ""
    return "\n".join(filter(None, [screen.paint(head, "bold"), screen.lines(outdated) if outdated else "", outputs]))


def studio_status_document(deployment: StudioDeployment, standing: Standing, *, outdated: bool) -> dict[str, Any]:
    """What `--json` prints for `studio status`. `outdated`: the studio's file has changed since the studio came up."""
    is_up = standing == "up"
    outputs = masked(deployment.engine.outputs()) if is_up else {}
    return {
        "studio": deployment.studio.studio, "up": is_up, "state": str(standing), "outdated": outdated, "outputs": outputs,
    }  # fmt: skip


def studio_document(deployment: StudioDeployment, result: Result) -> dict[str, Any]:
    """What `--json` prints after `studio up`."""
    return {
        "studio": deployment.studio.studio,
        "cloud": deployment.cloud.kind,
        "changes": _counts(result.counts),
        "seconds": round(result.seconds, 3),
        "outputs": masked(result.outputs),
    }


def down_document(plan: Plan) -> dict[str, Any]:
    """What `--json` prints after `down`."""
    return {
        "deleted": [{"urn": r.urn, "type": r.type, "id": r.id} for r in going(plan)],
        "kept": [{"urn": r.urn, "type": r.type, "id": r.id} for r in staying(plan)],
    }


def moved_text(
    chosen: Sequence[Machine],
    moved: Sequence[Machine],
    done: str,
    deployment: Deployment,
    screen: Screen,
    back: Sequence[str] = (),
) -> str:
    """Which machines were stopped or started, which were already, and what to type next. `back` are those that were parked and came
    back."""
    if not chosen and not back:
        return screen.plain(f"This project has no machines. Bring it up first: `{deployment.command('up')}`.")
    names = [*back, *(machine.name for machine in moved)]
    already = [machine.name for machine in chosen if machine not in moved]
    sentences = [f"{spoken(names)} {done}."] if names else []
    if already:
        state = "stopped" if done == "stopped" else "running"
        sentences.append(f"{spoken(already)} {'was' if len(already) == 1 else 'were'} {state} already.")
    return "\n".join([screen.plain(" ".join(sentences)), *_after_moving([*names, *already], done, deployment, screen)])


def _after_moving(names: Collection[str], done: str, deployment: Deployment, screen: Screen) -> list[str]:
    """How stopped machines come back, or what leads to those that were started."""
    if done == "stopped":
        return [
            screen.paint(
                f"Their disks stay and are paid for. `{deployment.command('start')}` starts them again.", "dim"
            )
        ]
    command, does = next(_next_commands(deployment, names))
    return [screen.paint(f"`workstation {command}` {does}.", "dim")]


def moved_document(chosen: Sequence[Machine], moved: Sequence[Machine], done: str) -> dict[str, Any]:
    """What `--json` prints after `stop` and `start`."""
    already = [machine.name for machine in chosen if machine not in moved]
    return {done: [machine.name for machine in moved], "unchanged": already}


def _counts(counts: Mapping[Operation, int]) -> dict[str, int]:
    return {operation.value: number for operation, number in counts.items()}
