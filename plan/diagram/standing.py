"""What a plan is called, and whether what it is of exists yet."""

from soundstage.plan.plan import Operation, Plan


def title(plan: Plan) -> str:
    """What a plan is of, by name."""
    return plan.stack if plan.project == "soundstage" else f"{plan.project}/{plan.stack}"


def standing(plan: Plan) -> str:
    """Whether it exists yet, as a sentence."""
    operations = {r.operation for r in plan if r.custom and not r.type.startswith("pulumi:")} - {Operation.READ}
    if not operations:
        return "There is nothing in it."
    if operations == {Operation.CREATE}:
        return "Planned: none of it exists yet."
    return "As it is on record." if operations == {Operation.SAME} else "As it will be after the next `up`."
