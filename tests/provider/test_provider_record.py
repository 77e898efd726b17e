"""What is on record of the genuine provider's calls is whole: `workstation permissions` prints nothing that is not there."""

import pytest
from tests.provider import calls
from tests.provider.cases import CASES

from soundstage.plan.terraform_names import table
from soundstage.stacks.deployment import open_project

SILENT = {
    "aws_default_security_group": "a network's default group goes with it",
    "aws_ec2_image_block_public_access": "the setting stays: an account is never opened",
    "aws_iam_role_policies_exclusive": "what a role may hold is no longer watched",
    "aws_iam_role_policy_attachments_exclusive": "what a role may hold is no longer watched",
}
"""Types whose deletion takes no call: the genuine provider only forgets them."""


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("name", CASES)
def test_creating_reading_and_deleting_each_resource_of_a_project_is_on_record(name: str) -> None:
    preview = open_project(str(CASES[name])).preview()
    assert preview.studio_plan is not None
    plans = (preview.plan, preview.studio_plan)
    types = {table().types[each.type] for plan in plans for each in plan if each.custom and each.type in table().types}
    known = calls.recorded()
    gaps = {
        (type_of, phase)
        for type_of in types - table().newer_types.keys()
        for phase in ("create", "read", "delete")
        if not known.get(type_of, {}).get(phase) and not (phase == "delete" and type_of in SILENT)
    }
    assert gaps == set()


def test_a_deletion_that_takes_no_call_is_told_apart_from_one_that_nobody_saw() -> None:
    known = calls.recorded()
    assert {type_of for type_of, phases in known.items() if phases.get("delete") == set()} == SILENT.keys()


def test_who_may_let_a_disk_grow_may_watch_it_grow() -> None:
    """The provider waits until a disk has its new size, which it asks of another call than the one that reads disks."""
    known = calls.recorded()
    assert known["aws_instance"]["update"] >= {"ec2:ModifyVolume", "ec2:DescribeVolumesModifications"}
    assert "ec2:ModifyVolume" in known["aws_ebs_volume"]["update"]
