"""What is asked of the cloud before anything is changed: does the account allow what the plan makes?

What must fail is refused in a second here instead of after minutes there. Every refusal comes at once.
"""

from soundstage.core.errors import PreflightRefused
from soundstage.plan.plan import Plan
from soundstage.stacks.clouds.base import Quotas


def preflight(plan: Plan, quotas: Quotas) -> None:
    """Raise `PreflightRefused` when a quota of the account is too small for what `plan` makes, starts or resizes.

    Asks the cloud only about what there is to make. A quota that the cloud does not tell is left to the cloud.
    """
    needs = list(quotas.needs(plan))
    allowed = {need.quota: quotas.allowed(need.quota) for need in needs}
    short = [(need, most) for need in needs if (most := allowed[need.quota]) is not None and need.total > most]
    if not short:
        return
    asking = " and ".join(f"`{quotas.request(need)}`" for need, _ in short)
    instead = " ".join(dict.fromkeys(need.instead for need, _ in short))
    raise PreflightRefused(
        "The account does not allow this yet. Nothing was changed.\n" + "\n".join(n.told(most) for n, most in short),
        f"{asking} asks for more; it can take a day. {instead}".rstrip(),
    )
