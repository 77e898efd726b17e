"""Writes docs/components/*.md from the components themselves, or with `--check` says which pages are out of date."""

import ast
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi_aws
from component_page import listed, names, page
from pages import ROOT, deliver

from soundstage.components import aws
from soundstage.components.package.provider import SoundstageProvider
from soundstage.providers.aws.permissions import of_type
from soundstage.providers.aws.table import TYPES

FOLDER = ROOT / "docs/components"
SOURCES = Path(aws.__file__).parent
BAR = chr(92) + "|"
"""A bar that parts no columns."""

EXAMPLES: dict[str, dict[str, Any]] = {
    "AccessLogBucket": {"studio": "northlight", "days": 400},
    "AccessRoles": {
        "studio": "northlight",
        "project": "teaser",
        "bucket_name": "northlight-media-teaser",
        "key_arn": "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "artists": ["arn:aws:iam::123456789012:role/artists"],
    },
    "AccountGuardrails": {"studio": "northlight", "regions": ["eu-west-1"], "alert_emails": ["ana@example.com"]},
    "AuditTrail": {"studio": "northlight", "alert_emails": ["ana@example.com"]},
    "EncryptionKey": {"description": "Media and disks of teaser", "used_by": ["logs"]},
    "MediaBucket": {"studio": "northlight", "project": "teaser", "lifecycle": "footage"},
    "ProjectBudget": {
        "studio": "northlight",
        "project": "teaser",
        "monthly_usd": 500,
        "emails": ["ana@example.com"],
    },
    "RoleBoundaries": {"studio": "northlight"},
    "StateBucket": {"studio": "northlight", "old_versions_days": 180},
    "StudioNetwork": {"project": "teaser", "zone": "content"},
    "MonthlyPatching": {"studio": "northlight", "project": "teaser", "at": "02:00"},
    "WorkDiskSnapshots": {
        "studio": "northlight",
        "project": "teaser",
        "key_arn": "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "keep_days": 14,
    },
    "Workstation": {
        "project": "teaser",
        "user": "ana",
        "role": "editing",
        "vpc_id": "vpc-0123456789abcdef0",
        "subnet_id": "subnet-0123456789abcdef0",
        "availability_zone": "eu-west-1a",
        "endpoint_security_group_id": "sg-0123456789abcdef0",
        "s3_prefix_list_id": "pl-6da54004",
        "key_arn": "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    },
}
AT_REST: dict[str, str] = {
    "AccessLogBucket": "What the logs take in Amazon S3.",
    "AccessRoles": "Nothing: roles and policies are free.",
    "AccountGuardrails": "An access analyser for external access and cost anomaly detection are free; its key is billed by the month (AWS KMS).",
    "AuditTrail": "The first copy of management events is free; the logs are billed by size (Amazon S3, CloudWatch Logs), alarms and the key by the month.",
    "EncryptionKey": "One customer managed key, by the month (AWS KMS), and its uses.",
    "MediaBucket": "What the media take in Amazon S3, by storage class; a key of its own, by the month, when none is given.",
    "ProjectBudget": "The budget is free; a budget with an action is billed by the day (AWS Budgets).",
    "RoleBoundaries": "Nothing.",
    "StateBucket": "What the state and its earlier versions take in Amazon S3: megabytes; its key by the month (AWS KMS).",
    "StudioNetwork": "Every private door to AWS, by the hour and zone (AWS PrivateLink); the NAT gateway by the hour when there is one; flow logs by size.",
    "MonthlyPatching": "Nothing (AWS Systems Manager).",
    "WorkDiskSnapshots": "Nothing but the snapshots, by what changed from day to day (Amazon EBS).",
    "Workstation": "While stopped: its volumes, by size (Amazon EBS), alarms and logs. While it runs: the machine as well, by the second.",
}  # fmt: skip


EXCLUSIVE = """
## Rules and policies of your own
`securityGroupId`, `roleArn`, `endpointSecurityGroupId` and the ARNs of `AccessRoles` are outputs, so that a program may add a
rule or a policy of its own to what they name. Unless `exclusive` is asked for, it stays.

With `exclusive: true` a component answers for the whole list. What was added elsewhere is shown by `pulumi preview --refresh` and
taken away by the next `up`: a port that somebody opened by hand is closed again. It cannot tell that from a rule which your program
declares, and takes that one away as well. Give a workstation what it needs through `extraSecurityGroupIds` and `extraPolicies`
instead, which always stay. Projects of the command `workstation` are exclusive: their file says all that they let through.

Roles that only a service takes (flow logs, CloudTrail, replication, budgets, the clock) are not outputs and are always exclusive.

## What a program adds of its own
| to | by |
|---|---|
| a machine's group | `extraInbound`, `extraOutbound` (rules), `extraSecurityGroupIds` (groups) |
| a machine's role | `extraPolicies`: policy documents, within the permission boundary where there is one |
| a machine | `extraDisks`, `bootCommands`, `dataMibPerSecond` and the other speeds of disks |
| a bucket | `extraStatements` in its policy, `extraLifecycleRules` for single folders, `bucket` and `backupBucket` for its names |
| a network | `endpoints`, `natPerZone`, `natAllocationIds`; routes and endpoints of the program's own by `routeTableIds` and `endpointSecurityGroupId` |
| everything | `foreignTags`: tags that somebody else keeps |

A program that brings its own network, key, bucket and image gives their ids to `Workstation`: [examples/pipeline](../../examples/pipeline)
does, in Python and in TypeScript.

Nothing of it undoes what the components promise. A public source wider than /24 is refused, a private one wider than /16, a bucket
statement for everyone, a boot command that is a secret, expiry of originals; what an output brings is judged as soon as it is known.
What is allowed and still unwise, such as a policy for every action or a way out of a network of zone `content`, is found by the
[policies](../policies).

## Names, and several stacks of one program
Most resources get a name from Pulumi. Log groups, alarms, schedules, budgets, roles of people and buckets have fixed names, made of
studio and project, because others must find them. Where a program names no project, it is made of the program's and the stack's name
(`pipeline-dev`), so that every stack has names, paths and tags of its own. `studio` and `project` are arguments; where they are absent,
the tags `soundstage:studio` and `soundstage:project` decide.

## Changing what no argument changes
In Python the resources that a component makes are attributes of it (`network.vpc`, `network.route_tables`), so that other resources
can refer to them. In every language a transform of Pulumi reaches each of them before it is made, and may change its inputs and
options:

```python
def protected(made: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
    if made.type_ != "aws:ec2/natGateway:NatGateway":
        return None
    options = pulumi.ResourceOptions.merge(made.opts, pulumi.ResourceOptions(protect=True))
    return pulumi.ResourceTransformationResult(made.props, options)

StudioNetwork("teaser", {"zone": "io", "nat": True}, pulumi.ResourceOptions(transformations=[protected]))
```

What a transform makes of a resource is judged by the policies like everything else. The types and names of the resources are a
contract: a release that renames one carries an alias.
"""

COMPARISON = """
## Beside awsx and the Terraform modules
Pulumi's [awsx](https://github.com/pulumi/pulumi-awsx) and the modules of
[terraform-aws-modules](https://github.com/terraform-aws-modules) are for any workload, and give most of what AWS has as an argument.
These components are for one: machines on which people work with a client's media. They ask less and decide more. Arguments and
outputs, those of the others read in November 2026:

| | arguments | outputs | the others: arguments / outputs |
|---|---|---|---|
{rows}

| | here | awsx | Terraform modules |
|---|---|---|---|
| subnets, NAT, endpoints of S3 | one NAT gateway or one for each zone, only when asked for; the endpoint of S3 always | one NAT gateway for each zone unless told otherwise | none unless asked for |
| policies of endpoints | this account, this project's buckets | everything | everything unless given |
| inbound rules | never everyone, at most 1024 public addresses by `allowedCidrs` and as many by `extraInbound` | as given | as given |
| metadata service | tokens only, and no argument for anything else | no machines | tokens by default (ec2-instance) |
| disks | encrypted under the customer's key; throughput by role and size | no machines | as given |
| buckets | versioned, encrypted, private, kept, with statements against other keys, clear text and other accounts | no bucket of its own kind | private by default, the rest as given (s3-bucket) |
| idle stop, display, media drive, budget, roles of people | yes | no | no |
| children | attributes in Python, transforms everywhere | outputs of the component | outputs of the module |

**Left out on purpose**
- IPv6, IPAM pools, network ACLs, DHCP options, VPN and transit gateways, flow logs to S3: `vpcId`, `routeTableIds` and the attributes are
  there for resources of the program's own. A network that needs more of its own is made with awsx, and the machine is put into it.
- Rules for protocols other than TCP and UDP, and inbound rules from prefix lists, whose addresses nobody here can judge.
- Buckets that other accounts or the public may read: `DenyOtherAccounts` stays. What leaves for a client goes by a link or through a
  distribution.
- CORS, notifications, inventory and static websites of buckets: resources of the program's own, on `bucketName`.
- Taking over a bucket that is there. `bucketName` of `Workstation` takes any bucket; what `MediaBucket` makes is made as it promises.
- A machine without an idle stop, without encryption, with a key pair or with the first version of the metadata service.
- A fixed private address, placement groups, capacity reservations and a second network interface: a transform sets them.
"""
OTHERS = {
    "StudioNetwork": "terraform-aws-modules/vpc 236 / 119, awsx Vpc 23 / 17",
    "MediaBucket": "terraform-aws-modules/s3-bucket 72 / 15",
    "Workstation": "terraform-aws-modules/ec2-instance 83 / 30",
}


def _comparison(schema: Mapping[str, Any]) -> str:
    entries = {name: schema["resources"][f"soundstage:aws:{name}"] for name in OTHERS}
    rows = [
        f"| [{name}]({name}.md) | {len(entry['inputProperties'])} | {len(entry['properties'])} | {OTHERS[name]} |"
        for name, entry in entries.items()
    ]
    return COMPARISON.replace("{rows}", "\n".join(rows))


def pages() -> dict[str, str]:
    """Every page by its file name."""
    schema = SoundstageProvider("0.0.0").schema_of("aws")
    written = {f"{name}.md": _page(name, schema) for name in names(schema)}
    written["README.md"] = (
        "# Components\nWritten by `make docs` from the components. Each is usable alone, with secure defaults, from Python by "
        "import and from every other language as a [Pulumi package](../../examples/typescript). These are for AWS; those for Google "
        "Cloud are [on pages of their own](gcp/README.md).\n\n"
        + listed(schema)
        + "\n"
        + EXCLUSIVE
        + _comparison(schema)
    )
    return written


def _page(name: str, schema: Mapping[str, Any]) -> str:
    types = _types(name)
    return page(
        "aws",
        name,
        schema,
        EXAMPLES[name],
        [
            *([f"## Children\nResources that a program in Python reaches as attributes. Those of every language are reached by a [transform](README.md#changing-what-no-argument-changes).\n\n{children}"] if (children := _children(name)) else []),
            f"## What it costs at rest\n{AT_REST[name]}",
            "## Permissions\nThe most that bringing it up and taking it down needs. Without some of the arguments it needs less.\n\n"
            + ", ".join(f"`{action}`" for action in _permissions(types)),
        ],
    )  # fmt: skip


def _children(name: str) -> str:
    """What a component's constructor sets besides its outputs: the resources that a program in Python can reach."""
    module = getattr(aws, name).__module__.rpartition(".")[2]
    classes = (
        node for node in ast.parse((SOURCES / f"{module}.py").read_text()).body if isinstance(node, ast.ClassDef)
    )
    component = next(node for node in classes if node.name == name)
    constructor = next(node for node in component.body if isinstance(node, ast.FunctionDef) and node.name == "__init__")
    rows = [
        f"| `{node.target.attr}` | `{ast.unparse(node.annotation).replace('|', BAR)}` | {' '.join(after.value.value.split())} |"
        for node, after in zip(constructor.body, constructor.body[1:], strict=False)
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Attribute)
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
    ]
    return "\n".join(["| attribute | type | |", "|---|---|---|", *rows]) if rows else ""


def _types(name: str) -> set[str]:
    """The resource types that the component's module, and what it imports of its neighbours, may create."""
    found: set[str] = set()
    modules, seen = [getattr(aws, name).__module__], set[str]()
    while modules:
        module = modules.pop()
        if module in seen:
            continue
        seen.add(module)
        tree = ast.parse((SOURCES / f"{module.rpartition('.')[2]}.py").read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("soundstage.components.aws."):
                modules.append(str(node.module))
            if isinstance(node, ast.Call) and (token := _token(ast.unparse(node.func))):
                found.add(token)
    return found


def _token(called: str) -> str | None:
    """The type token of `aws.s3.Bucket`; None for anything else."""
    root, _, path = called.partition(".")
    if root != "aws" or path.count(".") != 1:
        return None
    service, _, kind = path.partition(".")
    token = getattr(getattr(getattr(pulumi_aws, service, None), kind, None), "pulumi_type", None)
    return token if token in TYPES else None


def _permissions(types: set[str]) -> list[str]:
    return sorted({action for token in types for action in of_type(token)})


if __name__ == "__main__":
    written = {FOLDER / name: text for name, text in pages().items()}
    sys.exit(deliver(written, "the components say", nothing_else=sorted(FOLDER.glob("*.md"))))
