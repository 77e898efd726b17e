"""The IAM policy of whoever sends a studio's notices, such as a job: it looks at machines, tells people, and changes nothing else.

Facts used here: Service Authorization Reference, "Amazon SNS", "AWS Systems Manager", "AWS Budgets"; AWS Systems Manager User Guide,
"How AWS Systems Manager Parameter Store uses AWS KMS" (read 2026-11).
"""

from collections.abc import Iterable
from typing import Any, Final

from soundstage.components.naming import log_group_name
from soundstage.stacks.account.permissions import NOTICES, Permission, Permissions
from soundstage.stacks.clouds.aws.notices import parameter
from soundstage.stacks.studio_deployment import StudioDeployment

_SEND: Final = "workstation notices send"
_SET: Final = "workstation notices set-webhook"
CALLS: Final = {
    "budgets:ViewBudget": _SEND,
    "cloudwatch:DescribeAlarms": _SEND,
    "ec2:DescribeInstances": _SEND,
    "ec2:DescribeSnapshots": _SEND,
    "ec2:DescribeVolumes": _SEND,
    "kms:Decrypt": "workstation notices, of what is encrypted",
    "kms:Encrypt": _SET,
    "kms:GenerateDataKey": "workstation notices, of what is encrypted",
    "logs:GetLogEvents": _SEND,
    "sns:GetTopicAttributes": _SET,
    "sns:ListSubscriptionsByTopic": "workstation notices test",
    "sns:Publish": "workstation notices send and test",
    "ssm:DeleteParameter": f"{_SET} --remove",
    "ssm:GetParameter": "workstation notices send and test",
    "ssm:PutParameter": _SET,
}
"""What the commands call."""


def notice_permissions(studio: StudioDeployment, regions: Iterable[str]) -> Permissions:
    """What sending notices takes in the studio's regions, and in `regions`."""
    file = studio.studio
    return Permissions(
        purposes=(NOTICES,),
        items=tuple(Permission(action, (command,)) for action, command in sorted(CALLS.items())),
        studio=file.studio,
        project="",
        account=studio.cloud.account_id,
        regions=tuple(sorted({file.home_region, *file.regions, *regions})),
        buckets=(),
        receivers=(),
    )


def statements(found: Permissions) -> list[dict[str, Any]]:
    """The policy's statements, in the IAM JSON policy language. The topic and the parameter are in one of the regions."""
    account, studio = found.account, found.studio

    def each(service: str, rest: str) -> list[str]:
        return [f"arn:aws:{service}:{region}:{account}:{rest}" for region in found.regions]

    through = [f"{service}.{region}.amazonaws.com" for region in found.regions for service in ("sns", "ssm")]
    about: dict[str, tuple[str, list[str]]] = {
        "Tell": ("sns:", each("sns", f"{studio}-alerts")),
        "Webhook": ("ssm:", each("ssm", f"parameter{parameter(studio)}")),
        "Keys": ("kms:", [f"arn:aws:kms:*:{account}:key/*"]),
        "Guards": ("logs:", each("logs", f"log-group:{log_group_name(studio, '*')}:log-stream:*/guard")),
        # The account's own budget is looked at by nobody here; it has no dot.
        "Budgets": ("budgets:", [f"arn:aws:budgets::{account}:budget/{studio}.*"]),
        "Looks": ("cloudwatch: ec2:", ["*"]),
    }
    return [
        {
            "Sid": sid,
            "Effect": "Allow",
            "Action": [one for one in found.actions if one.startswith(tuple(prefixes.split()))],
            "Resource": resources,
            **({"Condition": {"StringEquals": {"kms:ViaService": through}}} if sid == "Keys" else {}),
        }
        for sid, (prefixes, resources) in about.items()
    ]
