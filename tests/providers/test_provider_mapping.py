"""Paths, templates and forms: the small language of the resource table."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundstage.core.errors import UsageError
from soundstage.providers.aws.table.policy_document import policy_document
from soundstage.providers.aws.table.rules import Rules
from soundstage.providers.mapping import DOCUMENT, WORDS, Block, Blocks, Field, Tags
from soundstage.providers.paths import MISSING, fill, parts, pick, place

_ANSWER = {
    "Vpcs": [{"VpcId": "vpc-1", "Tags": [{"Key": "a", "Value": "1"}]}, {"VpcId": "vpc-2"}],
    "Routes": [{"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"}, {"DestinationIpv6CidrBlock": "::/0"}],
    "Versions": [{"Id": "v2", "Default": True}, {"Id": "v1", "Default": False}, {"Id": "v0", "Default": False}],
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", _ANSWER),
        ("Vpcs.0.VpcId", "vpc-1"),
        ("Vpcs.-1.VpcId", "vpc-2"),
        ("Vpcs.7.VpcId", None),
        ("Vpcs[].VpcId", ["vpc-1", "vpc-2"]),
        ("Nothing[].VpcId", None),
        ("Routes[DestinationCidrBlock=0.0.0.0/0].GatewayId", "igw-1"),
        ("Routes[DestinationCidrBlock|DestinationIpv6CidrBlock=::/0]", {"DestinationIpv6CidrBlock": "::/0"}),
        ("Routes[DestinationCidrBlock=10.0.0.0/8].GatewayId", None),
        ("Versions[*Default=False]", _ANSWER["Versions"][1:]),
        ("Versions[Default=False].Id", "v1"),
        ("Vpcs.0.VpcId.Deeper", None),
    ],
)
def test_a_path_leads_to_what_is_there(path: str, expected: Any) -> None:
    assert pick(_ANSWER, path) == expected


def test_placing_makes_the_objects_on_the_way() -> None:
    document: dict[str, Any] = {}
    place(document, "Placement.AvailabilityZone", "a")
    place(document, "Placement.Tenancy", "default")
    assert document == {"Placement": {"AvailabilityZone": "a", "Tenancy": "default"}}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ({"Id": "{id}", "Gone": "{in.gone}"}, {"Id": "i-1"}),
        ({"Filters": [{"?": "{in.gone}", "Name": "x"}, {"?": "{id}", "Name": "y"}]}, {"Filters": [{"Name": "y"}]}),
        ("arn:{region}:{id}", "arn:eu-west-1:i-1"),
        ("arn:{in.gone}:{id}", MISSING),
        ("{in.size}", 3),
        ('{"Statement":["{id}"]}', '{"Statement":["i-1"]}'),
        (7, 7),
    ],
)
def test_a_template_is_filled_and_leaves_out_what_is_missing(template: Any, expected: Any) -> None:
    values = {"id": "i-1", "region": "eu-west-1", "in.size": 3}
    assert fill(template, lambda name: values.get(name, MISSING)) == expected


@given(st.text("abc-/", min_size=1), st.text("xyz:/", min_size=1))
def test_an_id_comes_apart_as_it_was_put_together(role: str, rest: str) -> None:
    assert parts("{in.role}:{in.name}", f"{role}:{rest}") == {"in.role": role, "in.name": rest}


@pytest.mark.parametrize("text", ["no-separator", ""])
def test_an_id_of_another_shape_has_no_parts(text: str) -> None:
    assert parts("{in.role}:{in.name}", text) is None


_ROOT = Block(Field("size", "Size", computed=True), Field("kind", default="gp3"), Field("tags", form=Tags()))


def test_a_block_settles_on_the_words_of_the_program() -> None:
    found = _ROOT.decode({"Size": 60, "Kind": "gp3", "Tags": []})
    assert _ROOT.settle({}, found) == {}
    assert _ROOT.settle({"size": 60}, found) == {"size": 60}
    assert _ROOT.settle({"size": 50}, found) == {"size": 60}


def test_a_default_that_was_changed_outside_shows() -> None:
    assert _ROOT.settle({}, {"kind": "io2"}) == {"kind": "io2"}


def test_what_the_program_wrote_and_the_cloud_lost_disappears() -> None:
    assert _ROOT.settle({"tags": {"a": "1"}, "size": 1}, {"size": 1}) == {"size": 1}


_LIST = Blocks(Field("id", "ID", required=True), Field("days"), Field("chosen", computed=True))


def test_lists_of_blocks_keep_the_programs_order() -> None:
    recorded = [{"id": "b", "days": 2}, {"id": "a", "days": 1}]
    found = [{"id": "a", "days": 1, "chosen": "x"}, {"id": "b", "days": 2, "chosen": "y"}]
    assert _LIST.settle(recorded, found) == recorded


def test_a_block_that_somebody_added_shows_at_the_end() -> None:
    assert _LIST.settle([{"id": "a", "days": 1}], [{"id": "c", "days": 3}, {"id": "a", "days": 1}]) == [
        {"id": "a", "days": 1},
        {"id": "c", "days": 3},
    ]


@given(st.lists(st.sampled_from(["a", "b", "c", "d"])), st.lists(st.sampled_from(["a", "b", "c", "d"])))
def test_words_differ_by_what_is_added_and_removed(before: list[str], after: list[str]) -> None:
    added, removed = WORDS.added(before, after), WORDS.removed(before, after)
    assert (set(before) - set(removed)) | set(added) == set(after)
    assert WORDS.same(before, after) == (not added and not removed)


_TAG_MAPS = st.dictionaries(st.sampled_from(["a", "b", "c"]), st.sampled_from(["1", "2"]))


@given(_TAG_MAPS, _TAG_MAPS)
def test_tags_differ_by_what_is_added_and_removed(before: dict[str, str], after: dict[str, str]) -> None:
    form = Tags()
    changed = {key: value for key, value in before.items() if key not in form.removed(before, after)}
    changed.update({item["Key"]: item["Value"] for item in form.added(before, after)})
    assert changed == after


def test_the_mark_of_a_create_and_the_clouds_own_tags_are_hidden() -> None:
    listed = [{"Key": key, "Value": "x"} for key in ("soundstage:creation", "aws:cloudformation:stack", "Name")]
    assert Tags().decode(listed) == {"Name": "x"}


@pytest.mark.parametrize("text", ["%7B%22a%22%3A%201%7D", {"a": 1}, '{"a":1}'])
def test_a_document_is_read_in_every_form_that_aws_hands_it_out(text: Any) -> None:
    assert json.loads(DOCUMENT.decode(text)) == {"a": 1}


def test_rules_are_the_same_however_they_are_grouped() -> None:
    form = Rules("IpPermissions")
    two = {"protocol": "tcp", "fromPort": 1, "toPort": 1, "cidrBlocks": ["10.0.0.0/8"], "self": True}
    apart = [
        {"protocol": "tcp", "fromPort": 1, "toPort": 1, "self": True},
        {"protocol": "tcp", "fromPort": 1, "toPort": 1, "cidrBlocks": ["10.0.0.0/8"]},
    ]
    assert form.same([two], apart)
    assert form.settle([two], apart) == [two]
    assert form.own(form.added([], [apart[0]]), "sg-1")[0]["UserIdGroupPairs"] == [{"GroupId": "sg-1"}]


def test_a_policy_document_is_put_together_from_its_parts() -> None:
    found = policy_document(
        {
            "statements": [
                {
                    "sid": "Read",
                    "actions": ["s3:ListBucket", "s3:GetObject"],
                    "resources": ["arn:aws:s3:::b/&{aws:username}"],
                    "principals": [{"type": "AWS", "identifiers": ["arn:aws:iam::1:root"]}],
                    "conditions": [{"test": "Bool", "variable": "aws:SecureTransport", "values": ["true"]}],
                }
            ]
        }
    )
    assert json.loads(found["json"]) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Read",
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::1:root"},
                "Action": ["s3:GetObject", "s3:ListBucket"],
                "Resource": "arn:aws:s3:::b/${aws:username}",
                "Condition": {"Bool": {"aws:SecureTransport": "true"}},
            }
        ],
    }


def test_overriding_documents_replace_statements_of_the_same_id() -> None:
    old = '{"Statement":[{"Sid":"A","Effect":"Allow","Action":"*"}]}'
    new = '{"Statement":{"Sid":"A","Effect":"Deny","Action":"*"}}'
    found = policy_document({"sourcePolicyDocuments": [old], "overridePolicyDocuments": [new]})
    assert [statement["Effect"] for statement in json.loads(found["json"])["Statement"]] == ["Deny"]


@pytest.mark.parametrize("document", ["no json", "[]", '{"Version":"2012-10-17"}'])
def test_a_source_that_is_no_policy_is_refused(document: str) -> None:
    with pytest.raises(UsageError):
        policy_document({"sourcePolicyDocuments": [document]})


def test_two_statements_with_one_id_are_refused() -> None:
    with pytest.raises(UsageError, match="'A'"):
        policy_document({"statements": [{"sid": "A", "actions": ["*"]}, {"sid": "A", "actions": ["*"]}]})
