"""A policy that claims to support a control is held to a plan that breaks exactly what the control says.

Such a plan stands in `red_team/` and names the control in `controls`; those of `caught` must find it, which
`test_red_team.py` holds. The topics of MPA and the articles of the GDPR ask for practice as well: there the policies' own
examples are the plans, and the framework says that a plan supports it in part.
"""

import pytest
from tests.policies import red_team_plans

from soundstage.policies.catalogue import catalogue
from soundstage.policies.frameworks import frameworks

BY_PLAN = ("cis-aws-7.0", "cis-gcp-5.0", "fsbp")
IN_PART = ("mpa-5.1", "gdpr")
CLAIMS = {(reference, policy.id) for policy in catalogue().values() for reference in policy.references}


def broken() -> set[tuple[str, str]]:
    """Each control that a plan breaks, with each policy that must find it."""
    found = set()
    for case in (red_team_plans.case(name) for name in red_team_plans.NAMES if name.startswith("control-")):
        found |= {(control, text.split()[0]) for control in case["controls"] for text in case["caught"]}
    return found


@pytest.mark.parametrize("framework", BY_PLAN)
def test_every_claim_of_a_control_has_a_plan_that_breaks_it(framework: str) -> None:
    claimed = {claim for claim in CLAIMS if claim[0].startswith(f"{framework}:")}
    tried = {pair for pair in broken() if pair[0].startswith(f"{framework}:")}
    assert claimed - tried == set(), "claimed, and no plan breaks it"
    assert tried - claimed == set(), "broken by a plan, and not claimed by the policy that finds it"


@pytest.mark.parametrize("framework", IN_PART)
def test_a_framework_of_practice_says_that_a_plan_supports_it_in_part(framework: str) -> None:
    assert "in part" in frameworks()[framework].note


def test_every_framework_is_held_to_one_or_the_other() -> None:
    assert {reference.partition(":")[0] for reference, _ in CLAIMS} - {"house"} == {*BY_PLAN, *IN_PART}


def test_a_control_that_is_supported_in_part_says_what_is_left() -> None:
    title = frameworks()["fsbp"].controls["SSM.1"].title
    assert title == (
        "Machines are managed by Systems Manager (in part: a machine has a role; whether its agent reports is not seen)"
    )
