"""What the commands that look after one stack answer, a project's and the studio's alike."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from soundstage.cli.answer import Answer, say, subject

if TYPE_CHECKING:
    from soundstage.stacks.deployment import AnyDeployment

LONGEST_HISTORY: Final = timedelta(days=3650)


def recovered(deployment: "AnyDeployment", made: Sequence[str], *, not_made: bool) -> Answer:
    """Settle what a killed command left in the middle."""
    from soundstage.cli.notice import notice
    from soundstage.stacks.journal.keeping import journaled
    from soundstage.stacks.state.recovery import recover

    with journaled(deployment, "recover", say=notice):
        done = recover(deployment, made, not_made=not_made)
    words = [f"{one.name} {one.told}." for one in done] or ["Nothing was left unfinished."]
    return Answer(subject(deployment.stack) | {"recovered": [asdict(one) for one in done]}, say("\n".join(words)))


def unlocked(deployment: "AnyDeployment", *, yes: bool) -> Answer:
    """Show who holds the stack, ask, and release it."""
    from soundstage.cli.confirm import confirm
    from soundstage.cli.notice import notice
    from soundstage.stacks.journal.keeping import journaled
    from soundstage.stacks.state.unlock import told

    about = subject(deployment.stack)
    engine = deployment.engine
    if not engine.keeps_locks:
        words = "The embedded engine keeps no lock after its command has ended: there is nothing to release."
        return Answer(about | {"released": []}, say(words))
    holders = engine.holders()
    words = told(deployment.stack, holders, engine.where_locks_are)
    if holders == []:
        return Answer(about | {"released": []}, say(words))
    notice(words)
    confirm(f"Release the lock of {deployment.stack}?", yes=yes)
    with journaled(deployment, "unlock", say=notice):
        engine.cancel()
    return Answer(
        about | {"released": [str(holder) for holder in holders or ()]},
        say(f"The lock of {deployment.stack} is released."),
    )


def moved(deployment: "AnyDeployment", engine: str | None, source: str | None, secrets: str) -> Answer:
    """Move the stack's state to another engine, or here from the backend at `source`."""
    from soundstage.cli.notice import notice
    from soundstage.core.errors import UsageError
    from soundstage.stacks.journal.keeping import journaled
    from soundstage.stacks.state.move import move_to_backend, move_to_engine

    if (engine is None) == (source is None):
        raise UsageError(
            "Say where to move the state, or where it is now.",
            "Give `--engine pulumi`, `--engine embedded` or `--from URL`.",
        )
    with journaled(deployment, "move-state", say=notice):
        if engine is not None:
            done = move_to_engine(deployment, engine)
        else:
            done = move_to_backend(deployment, str(source), secrets)
    words = f"{_title(deployment)} moved from {done.source} to {done.target}: {len(done.plan)} resources, nothing to change."
    document = {"source": done.source, "target": done.target, "resources": len(done.plan)}
    return Answer(subject(deployment.stack) | document, say(words))


def drifted(deployment: "AnyDeployment") -> Answer:
    """Compare what is on record with the cloud; exit code 5 where they differ."""
    from soundstage.cli.display.drift import drift_document, drift_text
    from soundstage.cli.progress import Progress
    from soundstage.core.errors import Drifted
    from soundstage.stacks.state.on_record import Standing, standing_of

    with Progress(preview=True) as progress:
        plan = deployment.engine.refresh(preview_only=True, on_event=progress)
    rules = deployment.cloud.account.found_rules(plan)
    only_kept = standing_of(deployment.engine.export()["deployment"] or {}, None) is Standing.KEPT
    return Answer(
        subject(deployment.stack) | drift_document(plan, rules),
        lambda screen: drift_text(
            plan, _title(deployment), deployment.command("up"), rules, screen, only_kept=only_kept
        ),
        exit_code=Drifted.exit_code if plan.changes_anything else 0,
    )


def history(deployment: "AnyDeployment", since: str) -> Answer:
    """What happened to the stack in the time that `since` says (`7d`)."""
    from datetime import UTC, datetime

    from soundstage.cli.display.history import history_document, history_text
    from soundstage.core.durations import seconds_of
    from soundstage.stacks.journal.history import history_of

    span = timedelta(seconds=seconds_of(since, "--since", LONGEST_HISTORY.total_seconds()))
    found = history_of(deployment, datetime.now(UTC) - span)
    return Answer(
        subject(deployment.stack) | history_document(found),
        lambda screen: history_text(found, _title(deployment), since, screen),
    )


def _title(deployment: "AnyDeployment") -> str:
    from soundstage.stacks.deployment import Deployment

    return deployment.project.title if isinstance(deployment, Deployment) else deployment.stack.stack
