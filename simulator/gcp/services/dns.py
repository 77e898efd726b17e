"""Cloud DNS: private zones, their records, and response policies of networks."""

from collections.abc import Mapping
from typing import Final

from soundstage.simulator.gcp.generic import absent, delete
from soundstage.simulator.gcp.listing import listed
from soundstage.simulator.gcp.refusals import Refused, invalid
from soundstage.simulator.gcp.work import Handler, Work
from soundstage.simulator.gcp.world import Thing


def zone(work: Work) -> Thing:
    """A zone that was made."""
    body = work.body
    if not body.get("dnsName", "").endswith("."):
        invalid(f"Invalid value for 'entity.managedZone.dnsName': '{body.get('dnsName', '')}'. It must end in a dot.")
    body |= {"id": work.number(), "creationTime": work.stamp, "nameServers": ["ns-gcp-private.googledomains.com."]}
    body.setdefault("visibility", "public")
    for each in body.get("privateVisibilityConfig", {}).get("networks", []):
        work.must(work.path_of(each.get("networkUrl", "")))
    return body


def policy(work: Work) -> Thing:
    """A server policy that was made, such as one that logs what is asked."""
    work.body["id"] = work.number()
    for each in work.body.get("networks", []):
        path = work.path_of(each.get("networkUrl", ""))
        work.must(path)
        for key, other in work.world.things.items():
            held = [
                work.path_of(one["networkUrl"])
                for one in other.get("networks", [])
                if isinstance(one, dict) and "networkUrl" in one
            ]
            if "/policies/" in key and other is not work.body and path in held:
                raise Refused(
                    409,
                    "alreadyExists",
                    f"The network {each['networkUrl']} is already bound to the policy {other['name']}.",
                )
    return work.body


def _zone(work: Work) -> str:
    path = work.call.path.partition("/rrsets")[0].partition("/changes")[0]
    work.must(path)
    return path


def _key(zone: str, record: Thing) -> str:
    return f"{zone}/rrsets/{record.get('name', '')}/{record.get('type', '')}"


def _add(work: Work, path: str, record: Thing) -> Thing:
    suffix = work.must(path)["dnsName"]
    if not record.get("name", "").endswith(suffix) or not record.get("type"):
        invalid(f"Invalid value for 'entity.rrset': '{record.get('name', '')}' is not in the zone {suffix}.")
    key = _key(path, record)
    absent(work, key)
    work.world.things[key] = {"kind": "dns#resourceRecordSet", "ttl": 300, **record}
    return dict(work.world.things[key])


def create_record(work: Work) -> Thing:
    """Add a record."""
    return _add(work, _zone(work), work.body)


def records(work: Work) -> Thing:
    """The records of a zone."""
    start = _zone(work) + "/rrsets/"
    found = [each for key, each in sorted(work.world.things.items()) if key.startswith(start)]
    asked = work.call.one("name"), work.call.one("type")
    return listed(work, [each for each in found if asked[0] in ("", each["name"]) and asked[1] in ("", each["type"])])


def change_records(work: Work) -> Thing:
    """Take records away and add others, all or nothing."""
    path = _zone(work)
    before = dict(work.world.things)
    try:
        for record in work.body.get("deletions", []):
            work.must(_key(path, record))
            del work.world.things[_key(path, record)]
        for record in work.body.get("additions", []):
            _add(work, path, record)
    except Refused:
        work.world.things = before
        raise
    number = str(1 + len(work.world.below(path, "changes")))
    change = {**work.body, "id": number, "status": "done", "startTime": work.stamp, "kind": "dns#change"}
    work.world.things[f"{path}/changes/{number}"] = change
    return dict(change)


def delete_zone(work: Work) -> Thing:
    """Take a zone away that has no records."""
    if any(key.startswith(f"{work.call.path}/rrsets/") for key in work.world.things):
        name = work.call.path.rpartition("/")[2]
        invalid(f"The resource named '{name}' cannot be deleted because it is not empty.", "containerNotEmpty")
    return delete(work)


def delete_policy(work: Work) -> Thing:
    """Take a server policy away that holds in no network."""
    if work.must(work.call.path).get("networks"):
        invalid("The policy is bound to a network; take the networks away first.", "resourceInUse")
    return delete(work)


HANDLERS: Final[Mapping[str, Handler]] = {
    "dns.resourceRecordSets.create": create_record,
    "dns.resourceRecordSets.list": records,
    "dns.changes.create": change_records,
    "dns.managedZones.delete": delete_zone,
    "dns.policies.delete": delete_policy,
}
MADE: Final[Mapping[str, Handler]] = {"dns.managedZones": zone, "dns.policies": policy}
