"""All checks at once, and the refusal of an `up` that would fail.

What must fail is refused in a second here instead of after minutes there. Every refusal comes at once.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from soundstage.core.errors import CloudError, EngineError, PreflightRefused
from soundstage.engines.base import Event, EventKind, OnEvent, ignore
from soundstage.plan.plan import Operation, Plan, PlannedResource, PreviewResult
from soundstage.projectfile.studio_file import Studio
from soundstage.providers.cloud_codes import DENIED
from soundstage.stacks.clouds.base import Cloud
from soundstage.stacks.clouds.facts import Seen
from soundstage.stacks.preflight import judgements
from soundstage.stacks.preflight.checks import Check, Situation, all_checks
from soundstage.stacks.preflight.finding import Finding, Verdict, failed, not_checked

if TYPE_CHECKING:
    from soundstage.stacks.deployment import Deployment

AT_ONCE: Final = 16
"""Checks that ask at the same time."""


def examine(deployment: "Deployment", on_event: OnEvent = ignore) -> list[Finding]:
    """Every check of what `up` would do now, in the order of the table. Changes nothing. Raises `SpecError` and `UsageError` for a
    file that is wrong."""
    checks = _all(deployment)
    try:
        caller = deployment.cloud.facts.caller()
    except PreflightRefused as refused:
        return _stopped_at("credentials", refused, checks)
    try:
        preview = deployment.preview(on_event=on_event)
    except (PreflightRefused, CloudError, EngineError) as error:
        name = "engine" if isinstance(error, EngineError) else "plan"
        first = Finding(name, Verdict.FAILED, _without_prefix(error.message), error.hint)
        at = Situation(deployment, caller, sketch(deployment), None, is_whole=False)
        return [first, *(one for one in _found(checks, at) if one.check != name)]
    return _found(checks, Situation(deployment, caller, preview.plan, preview.studio_plan, is_whole=True))


def check(deployment: "Deployment", preview: PreviewResult, on_event: OnEvent = ignore) -> None:
    """The same checks of what `up` is about to do. Raises `PreflightRefused` with everything that failed; tells what is only to be
    known. Asks nobody where nothing would change."""
    if not preview.plan.changes_anything:
        return
    at = Situation(deployment, deployment.cloud.facts.caller(), preview.plan, preview.studio_plan, is_whole=True)
    found = _found(_all(deployment), at)
    refuse(found)
    for one in found:
        if one.verdict is Verdict.WARNING:
            on_event(Event(EventKind.WARNING, message=" ".join(filter(None, [one.told, one.mend]))))


def before(cloud: Cloud, studio: Studio) -> None:
    """What can be known before anything is planned: whose account this is, and whether it has what every plan needs. Raises
    `PreflightRefused` with all that it lacks. What may not be asked is told by the checks of the plan."""
    _ = cloud.account_id
    looks = cloud.facts.looks
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="check") as pool:
        found = pool.map(lambda name: _seen(name, looks[name], studio), looks)
        refuse([finding for each in found for finding in each])


def _seen(name: str, look: Callable[[Studio, Plan], Iterable[Seen]], studio: Studio) -> list[Finding]:
    try:
        return judgements.seen(name, look(studio, Plan("", "", ())))
    except CloudError:
        return []


def _all(deployment: "Deployment") -> tuple[Check, ...]:
    return all_checks(deployment.cloud.quotas.kinds, deployment.cloud.facts.looks)


def refuse(found: Sequence[Finding]) -> None:
    """Raise `PreflightRefused` when a check failed."""
    if bad := failed(found):
        raise PreflightRefused(
            "This cannot be brought up yet. Nothing was changed.\n" + "\n".join(one.told for one in bad),
            "\n".join(dict.fromkeys(one.mend for one in bad)),
        )


def sketch(deployment: "Deployment") -> Plan:
    """The machines that the file asks for, each as if it were to be made: what can be counted where no plan can be made."""
    from soundstage.stacks.programs.programs import programs_of

    project, programs = deployment.project, programs_of(deployment.cloud.name.family)
    machines = tuple(
        PlannedResource(
            f"sketch::{name}", programs.MACHINE, name, Operation.CREATE,
            inputs=programs.machine_inputs(machine.machine_type(project.region), spot=machine.purchase == "spot"),
        )
        for name, machine in project.workstations.items()
    )  # fmt: skip
    return Plan(deployment.stack.project, deployment.stack.stack, machines)


def _found(checks: Sequence[Check], at: Situation) -> list[Finding]:
    """What the checks find, all at once, in their order."""
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="check") as pool:
        return [finding for found in pool.map(lambda one: _look(one, at), checks) for finding in found]


def _look(one: Check, at: Situation) -> list[Finding]:
    if one.needs_plan and not at.is_whole:
        return [not_checked(one.name, "nothing could be planned")]
    try:
        return list(one.look(one.name, at))
    except CloudError as error:
        if error.code in DENIED:
            return [not_checked(one.name, f"these credentials may not ask ({error.action})", error.hint)]
        return [not_checked(one.name, error.message, error.hint)]


def _stopped_at(name: str, refused: PreflightRefused, checks: Sequence[Check]) -> list[Finding]:
    """What is left to say where nothing may be asked of the account."""
    first = Finding(name, Verdict.FAILED, refused.message, refused.hint)
    return [first, *(not_checked(one.name, "only after what failed is mended") for one in checks if one.name != name)]


def _without_prefix(message: str) -> str:
    return message.removeprefix("Nothing was changed.\n")
