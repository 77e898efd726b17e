"""Security groups: which descriptions EC2 takes.

Source: Amazon EC2 API Reference, "CreateSecurityGroup" and "IpRange" (2026-11): at most 255 characters of a set of its own.
"""

import re
from typing import Final

from soundstage.simulator.answer import Answer, Refusal
from soundstage.simulator.aws.gaps import Call

_SET: Final = "a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"
_DESCRIPTION: Final = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}")
_RULES: Final = re.compile(r"(IpPermissions|SecurityGroupRule)\..*Description")


def create_security_group(call: Call) -> Answer:
    _check(call.params.get("GroupDescription", ""), "security group")
    return call.forward()


def _rules(call: Call) -> Answer:
    for name, value in call.params.items():
        if _RULES.fullmatch(name):
            _check(value, "rule")
    return call.forward()


def _check(description: str, whose: str) -> None:
    if not _DESCRIPTION.fullmatch(description):
        raise Refusal(
            "InvalidParameterValue",
            f"Invalid {whose} description. Valid descriptions are strings less than 256 characters from the following set: "
            f" {_SET}",
        )


HANDLERS = {
    "AuthorizeSecurityGroupIngress": _rules,
    "AuthorizeSecurityGroupEgress": _rules,
    "ModifySecurityGroupRules": _rules,
    "UpdateSecurityGroupRuleDescriptionsIngress": _rules,
    "UpdateSecurityGroupRuleDescriptionsEgress": _rules,
}
