"""Security-group rules say who may come in, and why. moto keeps the why for ranges of addresses only, takes rules for one
peer that differ in it for two, and changes a rule for a range only."""

from typing import Any

from moto.ec2.models import security_groups
from moto.ec2.models.security_groups import (
    GroupedSecurityRuleView,
    SecurityGroup,
    SecurityGroupBackend,
    SecurityGroupRule,
)

_modified = SecurityGroupBackend.modify_security_group_rules


class DescribedRule(SecurityGroupRule):
    """A rule whose one peer, whatever its kind, has a description."""

    def __init__(
        self,
        ec2_backend: Any,
        ip_protocol: str,
        group_id: str,
        from_port: str | None,
        to_port: str | None,
        ip_range: dict[str, str] | None,
        source_group: dict[str, str] | None = None,
        prefix_list_id: dict[str, str] | None = None,
        is_egress: bool = True,
        tags: dict[str, str] | None = None,
    ) -> None:
        super().__init__(
            ec2_backend, ip_protocol, group_id, from_port, to_port, ip_range, source_group, prefix_list_id, is_egress, tags
        )  # fmt: skip
        self.peer = ip_range or source_group or prefix_list_id or {}

    @property
    def description(self) -> str | None:
        return self.peer.get("Description")

    @property
    def _meaning(self) -> tuple[Any, ...]:
        ports = () if self.ip_protocol == "-1" else (self.from_port, self.to_port)
        group = self.source_group.get("GroupId") or self.source_group.get("GroupName")
        return (
            self.ip_protocol, ports, self.ip_range.get("CidrIp"), self.ip_range.get("CidrIpv6"), group, self.prefix_list_id,
        )  # fmt: skip

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DescribedRule) and self._meaning == other._meaning

    __hash__ = None  # type: ignore[assignment]

    def become(self, new: dict[str, Any]) -> None:
        """Take the peer of a modification, and its description unless it says nothing of one."""
        said = new.get("Description", self.description)
        about = {} if said is None else {"Description": said}
        self.ip_range, self.source_group, self.prefix_list_id = {}, {}, None
        if cidr := new.get("CidrIpv4"):
            self.peer = self.ip_range = {"CidrIp": cidr, **about}
        elif cidr := new.get("CidrIpv6"):
            self.peer = self.ip_range = {"CidrIpv6": cidr, **about}
        elif group := new.get("ReferencedGroupId"):
            owner = self.ec2_backend.account_id
            self.peer = self.source_group = {"GroupId": group, "OwnerId": owner, "UserId": owner, **about}
        else:
            self.prefix_list_id = new["PrefixListId"]
            self.peer = {"PrefixListId": new["PrefixListId"], **about}


def _modify(self: Any, group_id: str, rules: dict[str, dict[str, Any]]) -> None:
    _modified(self, group_id, rules)
    group = self.get_security_group_by_name_or_id(group_id)
    for rule_id, new in rules.items():
        group.get_rule(rule_id).become(new)


def _describe(self: Any, new: DescribedRule, old: DescribedRule) -> None:  # noqa: ARG001
    if new.description is not None:
        old.peer["Description"] = new.description


def _grouped(self: SecurityGroup, rules: list[Any]) -> list[GroupedSecurityRuleView]:  # noqa: ARG001
    views: dict[tuple[Any, ...], GroupedSecurityRuleView] = {}
    for rule in rules:
        key = (rule.from_port, rule.to_port, rule.ip_protocol)
        view = views.setdefault(key, GroupedSecurityRuleView(*key))
        if rule.ip_range:
            view.all_ip_ranges.append(rule.ip_range)
        if rule.source_group:
            view.source_groups.append(rule.source_group)
        if rule.prefix_list_id:
            view.prefix_list_ids.append(rule.peer)
    return list(views.values())


def apply() -> None:
    """Let each rule keep its description, whoever it is about."""
    vars(security_groups)["SecurityGroupRule"] = DescribedRule
    backend: Any = SecurityGroupBackend
    backend.modify_security_group_rules = _modify
    backend._sg_update_description = _describe
    group: Any = SecurityGroup
    group._flattened_rules = _grouped
