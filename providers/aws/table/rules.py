"""The form of the rules that a security group holds inline (`ingress`, `egress`).

EC2 keeps one permission per protocol and ports, with all sources in it; Pulumi keeps rules with a description each. Both
are compared as a set of atoms: one protocol, one pair of ports, one source, one description.
"""

from typing import Any, Final, NamedTuple

from soundstage.core.values import UNKNOWN, Value
from soundstage.providers.mapping import Form

OWN_GROUP: Final = "self"
_SOURCES: Final = {
    "cidrBlocks": ("IpRanges", "CidrIp"),
    "ipv6CidrBlocks": ("Ipv6Ranges", "CidrIpv6"),
    "prefixListIds": ("PrefixListIds", "PrefixListId"),
    "securityGroups": ("UserIdGroupPairs", "GroupId"),
}
"""Where a rule and where a permission keep each kind of source."""


class _Atom(NamedTuple):
    protocol: str
    first: int
    last: int
    kind: str
    source: str
    description: str


class Rules(Form):
    """`ingress` or `egress`. It reads whole descriptions, since a group's own id stands for `self`."""

    def __init__(self, key: str) -> None:
        self._key = key

    def decode(self, found: Any) -> Value:
        own = found.get("GroupId")
        rules = []
        for permission in found.get(self._key) or ():
            for kind, (listed, key) in _SOURCES.items():
                for source in permission.get(listed) or ():
                    rule = {
                        "protocol": permission["IpProtocol"],
                        "fromPort": permission.get("FromPort", 0),
                        "toPort": permission.get("ToPort", 0),
                    }
                    if source.get("Description"):
                        rule["description"] = source["Description"]
                    rule.update({"self": True} if source[key] == own else {kind: [source[key]]})
                    rules.append(rule)
        return rules

    def same(self, left: Value, right: Value) -> bool:
        if not isinstance(left, list) or not isinstance(right, list):
            return (left or []) == (right or [])
        return _atoms(left) == _atoms(right)

    def settle(self, recorded: Value, found: Value) -> Value:
        free = _atoms(found or [])
        kept = []
        for rule in recorded or ():
            atoms = _atoms([rule])
            if atoms <= free:
                free -= atoms
                kept.append(rule)
        return kept + [_rule(atom) for atom in sorted(free)]

    def encode(self, value: Value) -> Any:
        return self.added([], value)

    def added(self, before: Value, after: Value) -> Any:
        return [_permission(atom) for atom in sorted(_atoms(after or []) - _atoms(before or []))]

    def own(self, encoded: Any, id: str) -> Any:
        pairs = (pair for permission in encoded for pair in permission.get("UserIdGroupPairs", ()))
        for pair in pairs:
            if pair["GroupId"] == OWN_GROUP:
                pair["GroupId"] = id
        return encoded


def _atoms(rules: Value) -> set[_Atom]:
    atoms = set()
    for rule in rules:
        if rule is UNKNOWN:
            continue
        protocol = str(rule.get("protocol"))
        every = protocol in ("-1", "all")
        first, last = (0, 0) if every else (int(rule.get("fromPort", 0)), int(rule.get("toPort", 0)))
        sources = [(kind, str(source)) for kind in _SOURCES for source in rule.get(kind) or ()]
        sources += [("securityGroups", OWN_GROUP)] if rule.get("self") else []
        for kind, source in sources:
            atom = _Atom("-1" if every else protocol, first, last, kind, source, rule.get("description") or "")
            atoms.add(atom)
    return atoms


def _rule(atom: _Atom) -> dict[str, Value]:
    rule: dict[str, Value] = {"protocol": atom.protocol, "fromPort": atom.first, "toPort": atom.last}
    rule.update({"self": True} if atom.source == OWN_GROUP else {atom.kind: [atom.source]})
    return {**rule, "description": atom.description} if atom.description else rule


def _permission(atom: _Atom) -> dict[str, Any]:
    listed, key = _SOURCES[atom.kind]
    source = {key: atom.source, **({"Description": atom.description} if atom.description else {})}
    ports = {} if atom.protocol == "-1" else {"FromPort": atom.first, "ToPort": atom.last}
    return {"IpProtocol": atom.protocol, **ports, listed: [source]}
