"""What a program adds to a workstation of its own: rules, policies and disks, and what is wrong with them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import pulumi

from soundstage.components.arguments import choice_fault, number_faults
from soundstage.components.aws.workstation_args import DiskArgs, InboundRuleArgs, OutboundRuleArgs
from soundstage.components.boot_commands import judged
from soundstage.components.cidr import destination_faults, own_source_faults
from soundstage.components.disks import DEVICES, LARGEST_DISK_GIB, speed_faults
from soundstage.components.policydoc import is_policy

_LABEL: Final = re.compile(r"[a-z0-9](?:-?[a-z0-9])*", re.ASCII)
PROTOCOLS: Final = ("tcp", "udp")
# Amazon EC2 API Reference, "AuthorizeSecurityGroupIngress", read 2026-11.
_DESCRIPTION: Final = re.compile(r"[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}", re.ASCII)
_LONGEST_LABEL: Final = 40
_LONGEST_DISK_LABEL: Final = 20


def inbound_faults(key: str, rules: Mapping[str, InboundRuleArgs]) -> list[str]:
    """What is wrong with rules for who may connect; empty when nothing is. What is an output is judged when it is known."""
    faults = _rule_faults(key, rules, ("cidr", "security_group_id"))
    plain = {f"{key}.{label}.cidr": cidr for label, rule in rules.items() if isinstance(cidr := rule.get("cidr"), str)}
    return faults + own_source_faults(plain)


def outbound_faults(key: str, rules: Mapping[str, OutboundRuleArgs]) -> list[str]:
    """What is wrong with rules for what is reached; empty when nothing is. What is an output is judged when it is known."""
    faults = _rule_faults(key, rules, ("cidr", "security_group_id", "prefix_list_id"))
    for label, rule in rules.items():
        if isinstance(cidr := rule.get("cidr"), str):
            faults += destination_faults(f"{key}.{label}.cidr", cidr)
    return faults


def _label_faults(key: str, labels: Iterable[str], longest: int = _LONGEST_LABEL) -> list[str]:
    """What is wrong with what a program calls things of its own: a part of the names of resources."""
    return [
        f"{key} has {label!r}; allowed: lower-case letters, digits and hyphens, at most {longest}"
        for label in labels
        if not _LABEL.fullmatch(label) or len(label) > longest
    ]


def _rule_faults(key: str, rules: Mapping[str, Any], peers: Sequence[str]) -> list[str]:
    faults = _label_faults(key, rules)
    for label, rule in rules.items():
        at = f"{key}.{label}"
        if (port := rule.get("port")) is not None:
            wrong = number_faults(f"{at}.port", port, 1, 65535)
            faults += wrong or number_faults(f"{at}.to_port", rule.get("to_port", port), port, 65535)
        faults += choice_fault(f"{at}.protocol", rule.get("protocol", "tcp"), PROTOCOLS)
        if sum(peer in rule for peer in peers) != 1:
            faults.append(f"{at} needs exactly one of {', '.join(peers)}")
        if "description" in rule and not _DESCRIPTION.fullmatch(rule["description"]):
            faults.append(
                f"{at}.description is {rule['description']!r}; allowed: ASCII letters, digits, spaces and signs"
            )
    return faults


def known_source(name: str, key: str, cidr: pulumi.Input[str]) -> pulumi.Output[str]:
    """The range of an inbound rule of the workstation `name`. Raises `ArgumentError` as soon as an output turns out to be wider
    than it may be."""
    return judged(name, cidr, lambda known: own_source_faults({key: known}))


def known_destination(name: str, key: str, cidr: pulumi.Input[str]) -> pulumi.Output[str]:
    """The range of an outbound rule of the workstation `name`. Raises `ArgumentError` as soon as an output turns out to be wider
    than it may be."""
    return judged(name, cidr, lambda known: destination_faults(key, known))


def disk_faults(key: str, disks: Mapping[str, DiskArgs]) -> list[str]:
    """What is wrong with disks of a program's own; empty when nothing is."""
    faults = _label_faults(key, disks, _LONGEST_DISK_LABEL)
    devices = [disk.get("device") for disk in disks.values()]
    for label, disk in disks.items():
        at = f"{key}.{label}"
        if (device := disk.get("device")) is not None:
            faults += choice_fault(f"{at}.device", device, DEVICES)
            if devices.count(device) > 1:
                faults.append(f"{at}.device is {device}, which another disk has too")
        if (size := disk.get("size_gib")) is not None:
            faults += number_faults(f"{at}.size_gib", size, 1, LARGEST_DISK_GIB)
            faults += speed_faults(f"{at}.", size, disk.get("iops"), disk.get("mib_per_second"))
    return faults


def policy_faults(key: str, policies: Mapping[str, pulumi.Input[str]]) -> list[str]:
    """What is wrong with policies for the machine's role; empty when nothing is. What is an output AWS judges."""
    return _label_faults(key, policies) + [
        f"{key}.{label} is not a policy; allowed: a JSON document with Statement"
        for label, policy in policies.items()
        if isinstance(policy, str) and not is_policy(policy)
    ]
