"""What holds for every component: tagged, placed, named, documented, and no policy that says too much.

A new component is exported by `soundstage.components.aws` and described in `PROGRAMS`; everything here then holds for
it too.
"""

import inspect
import json
from collections.abc import Callable, Iterator
from typing import Any

import pulumi
import pytest
from pulumi.provider.experimental.analyzer import Analyzer
from tests.aws_classes import class_of

from soundstage.components import aws as components
from soundstage.components.fields import fields
from soundstage.components.tags import base_tags
from soundstage.core.errors import ArgumentError

Deploy = Callable[[Callable[[], object]], Any]
TAGS = base_tags("home", "teaser", client="northlight", owner="ana@studio.example")
KEY = "arn:aws:kms:eu-west-3:123456789012:key/1"
BUCKET = "home-media-teaser-2e266559"
BOUNDARY = "arn:aws:iam::123456789012:policy/soundstage/home/home-services-boundary"
LICENCES = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "ReadLicence",
                "Effect": "Allow",
                "Action": "secretsmanager:GetSecretValue",
                "Resource": "arn:aws:secretsmanager:eu-west-3:123456789012:secret:licence-1",
            }
        ],
    }
)
NAME = "some"

PROGRAMS: dict[str, dict[str, Any]] = {
    "AccessLogBucket": {"studio": "home", "region": "eu-west-3"},
    "AccessRoles": {
        "studio": "home",
        "project": "teaser",
        "bucket_name": BUCKET,
        "key_arn": KEY,
        "exclusive": True,
        "region": "eu-west-3",
    },
    "AccountGuardrails": {"studio": "home", "regions": ["eu-west-3"], "alert_emails": ["ana@studio.example"]},
    "AuditTrail": {
        "studio": "home",
        "alert_emails": ["ana@studio.example"],
        "log_bucket": "home-access-logs-1",
        "region": "eu-west-3",
    },
    "EncryptionKey": {
        "description": "Everything",
        "used_through": ["ec2", "s3", "sns"],
        "used_by": ["budgets", "cloudtrail", "cloudwatch", "costalerts", "logs"],
        "region": "eu-west-3",
    },
    "MediaBucket": {
        "studio": "home",
        "project": "teaser",
        "log_bucket": "home-access-logs-1",
        "object_lock_days": 30,
        "backup_region": "eu-central-1",
        "extra_statements": [
            {
                "sid": "FarmReads",
                "actions": ["s3:GetObject"],
                "principals": ["arn:aws:iam::123456789012:role/farm"],
                "paths": ["footage/*"],
            }
        ],
        "extra_lifecycle_rules": [{"prefix": "proxies/", "tiers": {"GLACIER_IR": 7}, "expire_after_days": 400}],
        "region": "eu-west-3",
    },
    "ProjectBudget": {
        "studio": "home",
        "project": "teaser",
        "monthly_usd": 500,
        "emails": ["ana@studio.example"],
        "at_limit": "stop",
        "instance_ids": ["i-1"],
        "region": "eu-west-3",
    },
    "StateBucket": {"studio": "home", "log_bucket": "home-access-logs-1", "region": "eu-west-3"},
    "RoleBoundaries": {"studio": "home"},
    "StudioNetwork": {
        "project": "teaser",
        "media_bucket_arns": [f"arn:aws:s3:::{BUCKET}"],
        "zone": "io",
        "access": "allowlist",
        "nat": True,
        "dns_firewall": True,
        "dns_domains": ["licences.example.com"],
        "dns_query_log": True,
        "exclusive": True,
        "region": "eu-west-3",
    },
    "MonthlyPatching": {"project": "teaser", "at": "03:00", "region": "eu-west-3"},
    "WorkDiskSnapshots": {"project": "teaser", "key_arn": KEY, "keep_days": 14, "at": "03:00", "region": "eu-west-3"},
    "Workstation": {
        "project": "teaser",
        "user": "ana",
        "vpc_id": "vpc-0",
        "subnet_id": "subnet-0",
        "availability_zone": "eu-west-3a",
        "endpoint_security_group_id": "sg-doors",
        "s3_prefix_list_id": "pl-s3",
        "key_arn": KEY,
        "bucket_name": BUCKET,
        "bucket_arn": f"arn:aws:s3:::{BUCKET}",
        "access": "allowlist",
        "allowed_cidrs": ["203.0.113.7/32"],
        "extra_security_group_ids": ["sg-licences"],
        "extra_policies": {"licences": LICENCES},
        "extra_inbound": {"eu-west-3": {"port": 1, "to_port": 500, "cidr": "203.0.113.8/32"}},
        "extra_outbound": {"eu-west-3": {"port": 1, "to_port": 500, "cidr": "10.9.0.0/24"}},
        "extra_disks": {"eu-west-3": {"size_gib": 100, "device": "/dev/sdh"}},
        "boot_commands": ["echo ready"],
        "exclusive": True,
        "hours": {"days": ["MON", "FRI"], "start": "09:00", "stop": "19:00", "timezone": "Europe/Lisbon"},
        "region": "eu-west-3",
    },
}
NOT_TAGGED = {"BucketObjectv2", "DefaultSecurityGroup"}
"""Empty objects that stand for folders, of which nothing is billed, found or stopped by its tags; and the group that the cloud
makes with a network, which who may tag it could not be told from a stranger's."""
LARGEST = {
    # IAM and AWS STS quotas; Amazon S3, AWS KMS and Amazon SNS developer guides, read 2026-11. Characters or bytes.
    ("Role", "assumeRolePolicy"): 2048,
    ("RolePolicy", "policy"): 10_240,
    ("Policy", "policy"): 6_144,
    ("BucketPolicy", "policy"): 20_480,
    ("Key", "policy"): 32_768,
    ("TopicPolicy", "policy"): 30_720,
    ("VpcEndpoint", "policy"): 20_480,
}


def exported() -> list[type[pulumi.ComponentResource]]:
    found = [getattr(components, name) for name in components.__all__]
    return [each for each in found if inspect.isclass(each) and issubclass(each, pulumi.ComponentResource)]


def program(component: type[pulumi.ComponentResource], **changes: Any) -> Callable[[], object]:
    args = {**PROGRAMS[component.__name__], "tags": TAGS, **changes}
    build: Any = component
    return lambda: build(NAME, args)


def parameters(kind: str) -> set[str]:
    """The arguments of a resource class of the AWS package, from its type such as `aws:s3/bucket:Bucket`."""
    return set(inspect.signature(class_of(kind)._internal_init).parameters)


def policies(made: Any) -> Iterator[tuple[Any, str, dict[str, dict[str, Any]]]]:
    for each in made.resources:
        for key in ("policy", "assumeRolePolicy"):
            if key in each.inputs:
                yield each, key, each.policy(key)


def _is_for_everyone(kind: str, statement: dict[str, Any]) -> bool:
    """Whether anyone at all is meant. An endpoint's policy may mean everyone in its network, for named resources."""
    if statement.get("Principal") not in ({"AWS": ["*"]},) or statement.get("Condition"):
        return False
    return kind != "VpcEndpoint" or "*" in statement["Resource"]


def test_every_exported_component_is_described_here() -> None:
    assert {each.__name__ for each in exported()} == set(PROGRAMS)


@pytest.fixture(params=exported(), ids=lambda component: component.__name__)
def component(request: pytest.FixtureRequest) -> type[pulumi.ComponentResource]:
    chosen: type[pulumi.ComponentResource] = request.param
    return chosen


@pytest.fixture(scope="module")
def deployments() -> dict[str, Any]:
    """What was deployed already, because the same program asks for the same things."""
    return {}


@pytest.fixture
def made(component: type[pulumi.ComponentResource], deploy: Deploy, deployments: dict[str, Any]) -> Any:
    if component.__name__ not in deployments:
        deployments[component.__name__] = deploy(program(component))
    return deployments[component.__name__]


def test_everything_taggable_carries_the_base_tags_and_says_what_it_is(made: Any) -> None:
    bare = [
        f"{each.kind} {each.name}"
        for each in made.resources
        if "tags" in parameters(each.type) and each.kind not in NOT_TAGGED
        if not each.inputs.get("tags", {}).items() >= TAGS.items()
        or not (each.inputs["tags"].get("Name") or each.inputs.get("description"))
    ]
    assert bare == []


def test_everything_regional_goes_where_it_was_sent(made: Any) -> None:
    lost = [
        f"{each.kind} {each.name}: {each.inputs.get('region')}"
        for each in made.resources
        if "region" in parameters(each.type)
        and each.inputs.get("region") not in ("eu-west-3", "eu-central-1" if "backup" in each.name else "eu-west-3")
    ]
    assert lost == []


def test_children_are_named_after_and_parented_to_the_component(
    made: Any, component: type[pulumi.ComponentResource]
) -> None:
    token = f"soundstage:aws:{component.__name__}"
    strays = [
        each.name
        for each in made.resources
        if not each.name.startswith(f"{NAME}-") or token not in each.parent.split("::")[2].split("$")
    ]
    assert strays == []


def test_names_of_children_are_different_within_their_type(made: Any) -> None:
    named = [(each.type, each.name) for each in made.resources]
    assert sorted(named) == sorted(set(named))


def test_every_role_stands_under_the_boundary_that_was_given(
    component: type[pulumi.ComponentResource], deploy: Deploy
) -> None:
    """A component that makes roles takes a boundary, and leaves none of them out."""
    takes_one = "boundary_arn" in getattr(components, f"{component.__name__}Args").__annotations__
    roles = deploy(program(component, **({"boundary_arn": BOUNDARY} if takes_one else {}))).all("Role")
    assert takes_one is bool(roles)
    assert {role.inputs.get("permissionsBoundary") for role in roles} <= {BOUNDARY}


def test_nothing_can_be_added_unseen_to_what_a_role_may_do(made: Any) -> None:
    """A policy that somebody adds by hand is no resource of the stack: only what owns the whole list sees it."""
    roles = {role.inputs.get("name", f"{role.name}-1234567"): role.name for role in made.all("Role")}
    by_id = {**roles, **{f"{name}-id": name for name in roles.values()}}
    held: dict[str, set[str]] = {name: set() for name in roles.values()}
    for each in made.all("RolePolicy"):
        held[by_id[each.inputs["role"]]].add(f"{each.name}-1234567")
    inline = {
        roles[each.inputs["roleName"]]: set(each.inputs["policyNames"]) for each in made.all("RolePoliciesExclusive")
    }
    attached = {
        roles[each.inputs["roleName"]]: each.inputs["policyArns"] for each in made.all("RolePolicyAttachmentsExclusive")
    }
    assert inline == held
    assert attached == {name: [] for name in held}


def test_nothing_can_be_added_unseen_to_what_a_group_lets_through(made: Any) -> None:
    groups = {f"{group.name}-id" for group in made.all("SecurityGroup")}
    for kind, key in (("SecurityGroupIngressRule", "ingressRuleIds"), ("SecurityGroupEgressRule", "egressRuleIds")):
        held: dict[str, set[str]] = {group: set() for group in groups}
        for rule in made.all(kind):
            held[rule.inputs["securityGroupId"]].add(f"{rule.name}-id")
        assert held == {
            each.inputs["securityGroupId"]: set(each.inputs[key]) for each in made.all("VpcSecurityGroupRulesExclusive")
        }


EXPORTED = {
    "AccessRoles": {"some-admin", "some-artist", "some-reviewer"},
    "StudioNetwork": {"some-endpoints"},
    "Workstation": {"some-group", "some-role"},
}
"""Roles and groups that an output names, so that a program may add to them."""


def test_a_programs_own_rule_or_policy_on_what_a_component_hands_out_stays(
    component: type[pulumi.ComponentResource], deploy: Deploy
) -> None:
    """Unless `exclusive` is asked for. What no output names is always owned whole."""
    made = deploy(program(component, **({"exclusive": False} if component.__name__ in EXPORTED else {})))
    owned = {each.name.partition("-exclusive-")[0] for each in made.resources if "Exclusive" in each.kind}
    everything = {each.name for kind in ("Role", "SecurityGroup") for each in made.all(kind)}
    assert owned == everything - EXPORTED.get(component.__name__, set())


def test_a_workstation_is_in_the_groups_and_has_the_policies_that_are_named(deploy: Deploy) -> None:
    made = deploy(program(components.Workstation))
    assert made.one("Instance").inputs["vpcSecurityGroupIds"] == ["some-group-id", "sg-licences"]
    assert made.one("RolePolicy", "some-extra-licences").inputs["policy"] == LICENCES
    held = made.one("RolePoliciesExclusive", "some-role-exclusive-policies").inputs["policyNames"]
    assert "some-extra-licences-1234567" in held


@pytest.mark.parametrize(
    ("policies", "message"),
    [
        ({"licences": "read it"}, "extra_policies.licences is not a policy"),
        ({"licences": "{}"}, "extra_policies.licences is not a policy"),
        ({"My Licences": LICENCES}, "extra_policies has 'My Licences'"),
    ],
)
def test_a_policy_that_cannot_be_one_is_refused_before_anything_is_made(
    policies: dict[str, str], message: str, deploy: Deploy
) -> None:
    with pytest.raises(ArgumentError) as refused:
        deploy(program(components.Workstation, extra_policies=policies))
    assert message in str(refused.value)


def test_no_policy_permits_everything_or_everyone(made: Any) -> None:
    loose = [
        f"{each.name}: {sid}"
        for each, _, statements in policies(made)
        for sid, statement in statements.items()
        if statement["Effect"] == "Allow"
        if "*" in statement.get("Action", ["*"]) or _is_for_everyone(each.kind, statement)
    ]
    assert loose == []


def test_every_policy_is_well_formed_and_fits(made: Any) -> None:
    for each, key, statements in policies(made):
        document = json.loads(each.inputs[key])
        assert document["Version"] == "2012-10-17"
        assert len(document["Statement"]) == len(statements)
        assert len(each.inputs[key]) <= LARGEST[each.kind, key]


def test_every_service_is_trusted_under_a_condition_or_for_a_stated_reason(made: Any) -> None:
    """S3 replication and CloudTrail document no condition for their roles; who may pass the role decides there."""
    documented_without = {"s3.amazonaws.com", "cloudtrail.amazonaws.com", "ec2.amazonaws.com"}
    for role in made.all("Role"):
        for statement in role.policy("assumeRolePolicy").values():
            services = set(statement["Principal"].get("Service", ()))
            assert statement.get("Condition") or services <= documented_without, role.name


def test_the_same_program_asks_for_the_same_things(
    made: Any, component: type[pulumi.ComponentResource], deploy: Deploy
) -> None:
    again = deploy(program(component))

    def asked(deployment: Any) -> dict[tuple[str, str], Any]:
        return {(each.type, each.name): each.inputs for each in deployment.resources}

    assert asked(made) == asked(again)


def test_a_misspelt_argument_is_refused(component: type[pulumi.ComponentResource], deploy: Deploy) -> None:
    with pytest.raises(ArgumentError, match=r'did you mean "tags"'):
        deploy(program(component, tagz={}))


def test_an_empty_text_is_never_taken_for_an_absent_argument(
    component: type[pulumi.ComponentResource], deploy: Deploy
) -> None:
    """An empty `key_arn` made a new key, and an empty `prefix` showed a machine the whole bucket."""
    shape = getattr(components, f"{component.__name__}Args")
    for name, field in fields(shape).items():
        if field.kind == "text":
            with pytest.raises(ArgumentError) as refused:
                deploy(program(component, **{name: ""}))
            assert refused.value.faults[0].startswith(name)


def test_every_argument_and_output_is_documented() -> None:
    """Pulumi reads these words into the schema, from which other languages and our reference page are made."""
    schema = Analyzer("soundstage").analyze(exported())["component_definitions"]
    assert set(schema) == set(PROGRAMS)
    silent = [
        f"{name}.{key}"
        for name, definition in schema.items()
        for key, described in {**definition.inputs, **definition.outputs}.items()
        if not described.description
    ]
    assert silent == []
    assert all(definition.description for definition in schema.values())


COME_AND_GO = ('["soundstage:keep-awake"]', '["soundstage:hours-over"]')
"""Tags that people and a machine's hours give it while it is up."""


def test_a_tag_that_somebody_else_sets_is_left_alone_wherever_there_are_tags(
    component: type[pulumi.ComponentResource], deploy: Deploy
) -> None:
    """A tool that tags for cost and an `up --refresh` took turns for ever."""
    made = deploy(program(component, foreign_tags=["cost:team"]))
    tagged = {each.name: each.ignored for each in made.resources if "tags" in each.inputs}
    assert tagged
    assert {name for name, ignored in tagged.items() if 'tags["cost:team"]' not in ignored} == set()
    without = [path for each in deploy(program(component)).resources for path in each.ignored]
    assert not [path for path in without if path.startswith("tags") and not path.endswith(COME_AND_GO)]


@pytest.mark.parametrize("key", ["soundstage:project", "Name", 'a"b', "", "é"])
def test_a_tag_of_ours_is_nobody_elses(key: str, deploy: Deploy) -> None:
    with pytest.raises(ArgumentError, match="foreign_tags"):
        deploy(program(components.EncryptionKey, foreign_tags=[key]))


def test_a_tag_of_another_resource_is_taken_as_it_comes(
    component: type[pulumi.ComponentResource], deploy: Deploy
) -> None:
    def build() -> None:
        made: Any = component
        tags = {**TAGS, "cost:job": pulumi.Output.concat("job-", "7")}
        made(NAME, {**PROGRAMS[component.__name__], "tags": tags})

    tagged = [each for each in deploy(build).resources if each.inputs.get("tags")]
    assert tagged
    assert {each.name for each in tagged if each.inputs["tags"].get("cost:job") != "job-7"} == set()


def test_a_tag_that_decides_names_is_known_before_the_update(deploy: Deploy) -> None:
    def build() -> None:
        tags: Any = {"soundstage:studio": pulumi.Output.from_input("home")}
        components.StudioNetwork(NAME, {"project": "teaser", "tags": tags})

    with pytest.raises(ArgumentError, match=r"tags\.soundstage:studio is an Output; allowed: a plain value"):
        deploy(build)
