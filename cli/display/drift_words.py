"""What somebody changed by hand, in words: which port is open to whom, which policy was attached, which tag is another."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from soundstage.cli.display.changes import value_text
from soundstage.cli.display.text import spoken
from soundstage.core.values import UNKNOWN, Secret, Value
from soundstage.plan.plan import Change, Operation, PlannedResource

Rules = Mapping[str, Mapping[str, Any]]
"""Rules of security groups by their id, as EC2 tells them."""

_MOST: Final = 3
"""Actions or addresses named of one statement or rule; the rest is counted."""
_LISTS: Final = {
    "policyNames": "the inline policy {}",
    "policyArns": "the managed policy {}",
    "managedPolicyArns": "the managed policy {}",
    "routes": "a route to {}",
}


def told(resource: PlannedResource, rules: Rules) -> list[str]:
    """Sentences about one resource that differs from the record; empty where the values say it best themselves."""
    if resource.operation is Operation.DELETE:
        return ["was deleted by hand"]
    return [sentence for change in resource.changes for sentence in sentences(change, rules)]


def sentences(change: Change, rules: Rules) -> list[str]:
    """What one change of a property means; *before* is what was recorded, *after* what was found."""
    path, key = change.path, change.path.partition("[")[0].partition(".")[0]
    if key in ("ingressRuleIds", "egressRuleIds"):
        return _list(change, lambda item: _rule(rules.get(str(item)), str(item), egress=key == "egressRuleIds"))
    if key in ("ingress", "egress") and path == key:
        return _list(change, lambda item: _block(item, egress=key == "egress"))
    if key in _LISTS:
        return _list(change, lambda item: _LISTS[key].format(_short(item)))
    if key in ("policy", "assumeRolePolicy", "inlinePolicy"):
        return _statements(change)
    if key == "tags" and path != key:
        return [_tag(path.removeprefix("tags").strip('.[]"'), change)]
    return []


def with_rules_named(change: Change, rules: Rules) -> Change:
    """The change with what a security group's rules open in place of their ids; every other change as it is."""
    key = change.path.partition("[")[0]
    if key not in ("ingressRuleIds", "egressRuleIds"):
        return change

    def named(value: Value) -> Value:
        if isinstance(value, (list, tuple)):
            return [named(item) for item in value]
        rule = rules.get(value) if isinstance(value, str) else None
        return _rule(rule, str(value), egress=key == "egressRuleIds") if rule else value

    return replace(change, before=named(change.before), after=named(change.after))


def _list(change: Change, words: Any) -> list[str]:
    """One sentence for each member that was added to a list or taken from it."""
    before, after = _items(change.before), _items(change.after)
    if before is None or after is None:
        return []
    added = [f"{words(item)} was added by hand" for item in after if item not in before]
    return added + [f"{words(item)} was removed by hand" for item in before if item not in after]


def _items(value: Value) -> list[Any] | None:
    if value is None:
        return []
    if value is UNKNOWN or isinstance(value, Secret):
        return None
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _rule(rule: Mapping[str, Any] | None, id: str, *, egress: bool) -> str:
    if rule is None:
        return f"the {'outgoing' if egress else 'incoming'} rule {id}"
    group = rule.get("ReferencedGroupInfo") or {}
    peers = [rule.get("CidrIpv4"), rule.get("CidrIpv6"), rule.get("PrefixListId"), group.get("GroupId")]
    return _opening(rule.get("IpProtocol"), rule.get("FromPort"), rule.get("ToPort"), peers, egress=egress)


def _block(block: Any, *, egress: bool) -> str:
    if not isinstance(block, Mapping):
        return f"a rule ({value_text(block)})"
    keys = ("cidrBlocks", "ipv6CidrBlocks", "prefixListIds", "securityGroups")
    peers = [peer for key in keys for peer in block.get(key) or ()] + (
        ["the group itself"] if block.get("self") else []
    )
    return _opening(block.get("protocol"), block.get("fromPort"), block.get("toPort"), peers, egress=egress)


def _opening(protocol: Any, first: Any, last: Any, peers: Sequence[Any], *, egress: bool) -> str:
    """`TCP 22 open to 0.0.0.0/0`, or for the other direction `TCP 443 to 0.0.0.0/0`."""
    name = str(protocol).upper()
    if name == "-1":
        what = "everything"
    elif first is None or name.startswith("ICMP") or int(first) < 0:
        what = name
    else:
        what = f"{name} {int(first)}" if last in (None, first) else f"{name} {int(first)}-{int(last)}"
    whom = _some([str(peer) for peer in peers if peer]) or "nobody"
    return f"{what} to {whom} (outgoing)" if egress else f"{what} open to {whom}"


def _statements(change: Change) -> list[str]:
    """The statements of a policy document that were added, removed or changed."""
    before, after = _document(change.before), _document(change.after)
    if before is None or after is None:
        return []
    old, new = (
        [item for item in document if item not in other] for document, other in ((before, after), (after, before))
    )
    lines = []
    for statement in new:
        sid = statement.get("Sid")
        was = next((item for item in old if sid and item.get("Sid") == sid), None)
        if was is not None:
            old.remove(was)
        lines.append(f"the statement {_statement(statement)} was {'changed' if was else 'added'} by hand")
    return lines + [f"the statement {_statement(statement)} was removed by hand" for statement in old]


def _document(value: Value) -> list[dict[str, Any]] | None:
    if value is None:
        return []
    try:
        document = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return None
    found = document.get("Statement") if isinstance(document, Mapping) else None
    found = [found] if isinstance(found, Mapping) else found
    if not isinstance(found, list) or not all(isinstance(item, Mapping) for item in found):
        return None
    return [dict(item) for item in found]


def _statement(statement: Mapping[str, Any]) -> str:
    """`"Open" (allows s3:GetObject to arn:aws:iam::123456789012:root)`."""
    effect = {"Allow": "allows", "Deny": "denies"}.get(str(statement.get("Effect")), "about")
    actions = _some(list(_strings(statement.get("Action", statement.get("NotAction")))))
    but = "everything but " if "NotAction" in statement else ""
    principals = _some(list(_strings(statement.get("Principal", statement.get("NotPrincipal")))))
    whom = f" to {'everyone' if principals == '*' else principals}" if principals else ""
    where = "" if principals else f" on {_some(list(_strings(statement.get('Resource'))))}"
    sid = f'"{statement["Sid"]}" ' if statement.get("Sid") else ""
    return f"{sid}({effect} {but}{actions}{whom}{where})"


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif value is not None:
        yield str(value)


def _some(words: Sequence[str]) -> str:
    more = [f"{len(words) - _MOST} more"] if len(words) > _MOST else []
    return spoken([*words[:_MOST], *more])


def _tag(name: str, change: Change) -> str:
    before, after = value_text(change.before), value_text(change.after)
    if change.before is None:
        return f"the tag {name} ({after}) was added by hand"
    if change.after is None:
        return f"the tag {name} ({before}) was removed by hand"
    return f"the tag {name} was changed by hand from {before} to {after}"


def _short(item: Any) -> str:
    if isinstance(item, Mapping):
        return str(item.get("cidrBlock") or item.get("ipv6CidrBlock") or value_text(dict(item)))
    return str(item).removeprefix("arn:aws:iam::aws:policy/")
