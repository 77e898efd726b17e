"""Asking for larger quotas, and waiting for the answer."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from soundstage.core.errors import PreflightRefused, UsageError
from soundstage.engines.base import Event, EventKind, OnEvent, ignore
from soundstage.projectfile.cloud_limits import has_command
from soundstage.stacks.clouds.base import Need, Quotas, largest
from soundstage.stacks.clouds.facts import Filed, Filing
from soundstage.stacks.preflight.finding import Finding

if TYPE_CHECKING:
    from soundstage.stacks.deployment import Deployment

REAL_POLL: Final = 30.0
"""Seconds between two looks at a real account: an answer takes minutes at best, and a person at AWS hours."""
SIMULATED_POLL: Final = 0.2

Sleep = Callable[[float], None]


def short(found: Iterable[Finding]) -> list[Need]:
    """What the account has too little of: of each quota the most that is needed, for there is one request for each."""
    return list(largest(one.need for one in found if one.need is not None).values())


def request(quotas: Quotas, needs: Sequence[Need]) -> list[Filed]:
    """Ask for as much of each quota as is needed, where nobody has asked already. Returns how each request stands."""
    filed = []
    for need in needs:
        last = quotas.filed(need.quota)
        is_open = last is not None and last.standing is Filing.OPEN
        if is_open and last and last.wanted < need.total:
            raise PreflightRefused(
                f"{last.wanted} were asked for already (quota {need.quota[1]}, {last.status}), and {need.total} are needed; there can be "
                "only one request at a time.",
                "Wait for its answer with `--watch`, then ask again; or choose smaller machines, or fewer.",
            )
        filed.append(last if is_open and last else quotas.file(need))
    return filed


def wait(
    deployment: "Deployment", needs: Sequence[Need], on_event: OnEvent = ignore, sleep: Sleep = time.sleep
) -> None:
    """Return when the account may have what is needed. Raises `PreflightRefused` for a request that is refused, and `UsageError` where
    nobody has asked for more: nothing would ever come."""
    quotas = deployment.cloud.quotas
    pause = REAL_POLL if deployment.cloud.name.is_real else SIMULATED_POLL
    said: dict[tuple[str, str], str] = {}
    waiting = list(needs)
    began = time.monotonic()
    while True:
        for need in list(waiting):
            allowed = quotas.allowed(need.quota)
            if allowed is None or allowed >= need.total:
                waiting.remove(need)
                _say(on_event, EventKind.STEP_DONE, need, f"{allowed} allowed", time.monotonic() - began)
                continue
            status = _standing(quotas.filed(need.quota), need, allowed, deployment)
            if said.get(need.quota) != status:
                said[need.quota] = status
                _say(
                    on_event,
                    EventKind.STEP_STARTED,
                    need,
                    f"{allowed} of {need.total} allowed; the request is {status}",
                )
        if not waiting:
            return
        sleep(pause)


def _standing(filed: Filed | None, need: Need, allowed: int, deployment: "Deployment") -> str:
    doctor = deployment.command("doctor")
    if filed is None and not has_command(deployment.cloud.kind, "doctor --request-quota"):
        raise UsageError(
            f"Whether anybody has asked for more is not known here: {need.told(allowed)}.",
            f"`{deployment.cloud.quotas.request(need)}` asks. `{doctor}` tells when it is granted.",
        )
    if filed is None:
        raise UsageError(
            f"Nobody has asked for more: {need.told(allowed)}.", f"`{doctor} --request-quota --watch` asks and waits."
        )
    if filed.standing is Filing.REFUSED:
        raise PreflightRefused(
            f"The request for {filed.wanted} was refused ({filed.status}): {need.told(allowed)}.",
            f"Answer AWS's case in the console under Support Center, say what the machine is for, then `{doctor} --request-quota` "
            f"asks again. {need.instead}".rstrip(),
        )
    if filed.standing is Filing.GRANTED and filed.wanted < need.total:
        raise PreflightRefused(
            f"{filed.wanted} were granted, and {need.total} are needed: {need.told(allowed)}.",
            f"`{doctor} --request-quota` asks for the rest. {need.instead}".rstrip(),
        )
    return filed.status


def _say(on_event: OnEvent, kind: EventKind, need: Need, message: str, seconds: float = 0.0) -> None:
    on_event(Event(kind, name=need.what, message=message, seconds=seconds))
