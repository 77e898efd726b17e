"""What is looked at, as a table. A check asks for facts and hands them to a judgement; adding one is adding an entry."""

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from soundstage.core.errors import CloudError
from soundstage.core.home import state_home
from soundstage.plan.plan import Operation, Plan
from soundstage.projectfile.cloud_limits import has_command, next_step
from soundstage.projectfile.studio_file import Studio
from soundstage.stacks.clouds.base import Need, Needs, Quotas, largest
from soundstage.stacks.clouds.facts import Caller, Filed, Filing, Looks, Question, Seen
from soundstage.stacks.kinds.resource_kinds import BUDGET, MACHINE, type_on
from soundstage.stacks.preflight import judgements
from soundstage.stacks.preflight.finding import Finding, passed

if TYPE_CHECKING:
    from soundstage.stacks.deployment import Deployment

_PRESENT: Final = ("StringEquals", "StringLike", "ArnLike", "ArnEquals", "ForAllValues:StringLike")
"""Operators of conditions that want a key to be there, with one of these values."""


@dataclass(frozen=True)
class Situation:
    """What is about to be done, where, and by whom."""

    deployment: "Deployment"
    caller: Caller
    plan: Plan
    studio_plan: Plan | None
    """What `up` would do first for the studio; None when that is there."""
    is_whole: bool
    """Whether the plan is what `up` would do. Where that could not be planned it is what the file says of machines, and no more."""


Look: TypeAlias = Callable[[str, Situation], Iterable[Finding]]
"""What a check does. It gets its own name. Raises `CloudError` for what it may not ask."""


@dataclass(frozen=True)
class Check:
    """One thing that is looked at."""

    name: str
    look: Look
    needs_plan: bool = True
    """Whether it says something only about the whole plan."""


def _credentials(name: str, at: Situation) -> Iterable[Finding]:
    if at.deployment.cloud.look_alike:
        return [passed(name, f"{at.caller.name} of the simulated cloud, without an end")]
    return judgements.caller(name, at.caller, datetime.now(UTC))


def _of_account(look: Callable[[Studio, Plan], Iterable[Seen]]) -> Look:
    def find(name: str, at: Situation) -> list[Finding]:
        return judgements.seen(name, look(at.deployment.studio, at.plan))

    return find


def _permissions(name: str, at: Situation) -> Iterable[Finding]:
    from soundstage.stacks.account import google_role
    from soundstage.stacks.account.operator_policy import documents
    from soundstage.stacks.account.permissions import permissions_for

    deployment, cloud = at.deployment, at.deployment.cloud
    studio, account = deployment.studio, cloud.account_id
    project = permissions_for(
        at.plan, cloud.permissions, ["up"], studio=studio.studio, project=deployment.project.project,
        account=account, regions=[deployment.project.region],
    )  # fmt: skip
    every = [project]
    if at.studio_plan:
        regions = {studio.home_region, deployment.project.region}
        every.append(
            permissions_for(
                at.studio_plan,
                cloud.permissions,
                ["up"],
                studio=studio.studio,
                project="",
                account=account,
                regions=regions,
            )
        )
    asked = [
        one
        for found in every
        for one in (google_role.questions(found) if found.on_google else questions(documents(found)))
    ]
    actions = {action for one in asked for action in one.actions}
    refused = cloud.facts.refused(at.caller, asked)
    return judgements.permissions(name, len(actions), refused, deployment.command("permissions"))


def questions(documents: Iterable[Mapping[str, Any]]) -> list[Question]:
    """The questions that a policy answers with yes: each statement's actions, on its resources, in a context that it admits."""
    return [
        Question(tuple(one["Action"]), tuple(one["Resource"]), _context(one.get("Condition", {})))
        for document in documents
        for one in document["Statement"]
    ]


def _context(condition: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for operator, keys in condition.items():
        for key, value in keys.items():
            if operator in _PRESENT:
                found[key] = (str(value[0] if isinstance(value, list) else value),)
            elif operator == "Null" and value == "false":
                found.setdefault(key, ("any",))
    return found


def _quota(count: Needs) -> Look:
    def look(name: str, at: Situation) -> Iterator[Finding]:
        quotas = at.deployment.cloud.quotas
        needs = list(count(at.plan))
        allowed = {quota: quotas.allowed(quota) for quota in largest(needs)}
        counted = [(need, allowed[need.quota]) for need in needs]
        short = largest(need for need, most in counted if most is not None and need.total > most)
        asked = {quota: _how_to_get(need, _filed(quotas, need), at.deployment) for quota, need in short.items()}
        return judgements.quotas(name, counted, asked)

    return look


def _filed(quotas: Quotas, need: Need) -> Filed | None:
    """The last request for more; None also where these credentials may not see it, which changes nothing about the quota."""
    try:
        return quotas.filed(need.quota)
    except CloudError:
        return None


def _how_to_get(need: Need, filed: Filed | None, deployment: "Deployment") -> str:
    """What a person types to have more of a quota, or to wait for what was asked."""
    doctor, own = deployment.command("doctor"), deployment.cloud.quotas.request(need)
    ours = has_command(deployment.project.cloud, "doctor --request-quota")
    words = f"`{doctor} --request-quota` asks for {need.total}, as `{own}` does" if ours else f"`{own}` asks for it"
    asks = f"{words}; the answer can take a day."
    if filed is None or filed.standing is Filing.GRANTED:
        return asks
    if filed.standing is Filing.REFUSED:
        return f"A request for {filed.wanted} was refused ({filed.status}). {asks}"
    day = f" on {filed.since:%Y-%m-%d}" if filed.since else ""
    waits = f"{filed.wanted} were asked for{day} ({filed.status}); `{doctor} --watch` waits for the answer."
    if filed.wanted >= need.total:
        return waits
    return f"{waits} That is too few, and there can be only one request at a time. Then {asks}"


def _types(name: str, at: Situation) -> Iterable[Finding]:
    types = {type_on(machine) for machine in at.plan.of_type(*MACHINE)}
    return judgements.offered(name, at.plan, at.deployment.cloud.zones.offering(types))


def _images(name: str, at: Situation) -> Iterable[Finding]:
    wanted, cloud = judgements.new_images(at.plan), at.deployment.cloud
    found = cloud.images.found(wanted, at.deployment.project.region)
    told = "`workstation image list` shows which are there, and `workstation image bake RECIPE` makes one."
    mend = next_step(at.deployment.project.cloud, "image", told)
    return judgements.images(name, at.plan, {id for id, image in found.items() if image.usable}, mend)


def _licence(name: str, at: Situation) -> Iterable[Finding]:
    return judgements.licence(name, at.plan, at.deployment.cloud.facts.licence_bucket(at.deployment.project.region))


def _cost_tag(name: str, at: Situation) -> Iterable[Finding]:
    is_up = any(one.operation is not Operation.CREATE for one in at.plan if one.custom)
    return [judgements.cost_tag(name, at.deployment.cloud.facts.cost_tag(), is_up=is_up)]


def _budget(name: str, at: Situation) -> Iterable[Finding]:
    there = [one for one in at.plan.of_type(*BUDGET) if one.id]
    gone = [str(one.id) for one in there if not at.deployment.cloud.exists(one.type, str(one.id), one.inputs)]
    return [judgements.budget(name, at.plan, gone, f"{at.deployment.command('up')} --refresh")]


def _clock(name: str, at: Situation) -> Iterable[Finding]:
    return [judgements.clock(name, at.caller.clock_ahead)]


def _disk(name: str, at: Situation) -> Iterable[Finding]:  # noqa: ARG001 - every check gets the situation
    home = state_home()
    there = next(folder for folder in (home, *home.parents) if folder.is_dir())
    return [judgements.disk(name, shutil.disk_usage(there).free, str(home))]


def _engine(name: str, at: Situation) -> Iterable[Finding]:
    return [passed(name, at.deployment.engine.describe())]


CHECKS: Final = (
    Check("credentials", _credentials, needs_plan=False),
    Check("engine", _engine),
    Check("permissions", _permissions),
    Check("types", _types),
    Check("images", _images),
    Check("display licence", _licence),
    Check("cost tag", _cost_tag, needs_plan=False),
    Check("budget", _budget),
    Check("clock", _clock, needs_plan=False),
    Check("disk space", _disk, needs_plan=False),
)
"""What holds for every cloud; the quotas of a cloud come besides (`all_checks`)."""


def all_checks(kinds: Mapping[str, Needs], looks: Looks) -> tuple[Check, ...]:
    """The table with what a cloud's account must have, after the credentials, and the quotas that it counts, after the permissions."""
    place = 1 + next(number for number, one in enumerate(CHECKS) if one.name == "permissions")
    seen = tuple(Check(name, _of_account(look), needs_plan=False) for name, look in looks.items())
    counted = tuple(Check(kind, _quota(count), needs_plan=kind != "machines") for kind, count in kinds.items())
    return (CHECKS[0], *seen, *CHECKS[1:place], *counted, *CHECKS[place:])
