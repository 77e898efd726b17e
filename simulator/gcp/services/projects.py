"""Projects, what is switched on in them, who pays for them, and what their organisation forbids."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Final

from soundstage.simulator.gcp import operations, rules, seeds
from soundstage.simulator.gcp.generic import fingerprint
from soundstage.simulator.gcp.listing import listed
from soundstage.simulator.gcp.refusals import Refused, aborted, invalid, unfit
from soundstage.simulator.gcp.work import Handler, Work, named
from soundstage.simulator.gcp.world import Thing
from soundstage.simulator.process import GOOGLE_BILLING_ACCOUNT

_PROJECT: Final = re.compile(r"[a-z][-a-z0-9]{4,28}[a-z0-9]")


def get_project(work: Work) -> Thing:
    """A project that is there and that one may know of."""
    held = work.world.things.get(work.call.path)
    if held is None:
        name = named(work.call.path)
        raise Refused(
            403, "forbidden", f"The caller does not have permission on resource {name} (or it may not exist)."
        )
    return dict(held)


def create_project(work: Work) -> Thing:
    """Make a project."""
    name = work.body.get("projectId", "")
    if not _PROJECT.fullmatch(name):
        invalid(
            f"field [project_id] has issue [project_id '{name}' must be 6 to 30 lowercase letters, digits or hyphens]"
        )
    path = f"/v3/projects/{name}"
    if path in work.world.things:
        raise Refused(409, "alreadyExists", "Requested entity already exists")
    made = seeds.project(name, str(work.random.randrange(10**11, 10**12)), work.body.get("displayName", name))
    made.update({key: work.body[key] for key in ("parent", "labels") if key in work.body}, createTime=work.stamp)
    work.world.things[path] = made
    billing = f"/v1/projects/{name}/billingInfo"
    work.world.things[billing] = {
        "name": named(billing),
        "projectId": name,
        "billingAccountName": "",
        "billingEnabled": False,
    }
    return operations.finished(work, made)


def bury_project(work: Work, state: str) -> Thing:
    """Ask for the end of a project, 30 days from now, or take that back."""
    path = work.call.path.partition(":")[0]
    held = work.must(path)
    if held["state"] == state:
        unfit(f"Project {held['projectId']} is {state}.")
    held["state"] = state
    return operations.finished(work, held)


def projects(work: Work) -> Thing:
    """Every project that there is."""
    return listed(work, work.world.below("/v3", "projects"))


def billing(work: Work) -> Thing:
    """Who pays for a project."""
    return dict(work.must(work.call.path))


def set_billing(work: Work) -> Thing:
    """Let somebody else pay for a project, or nobody."""
    held = work.must(work.call.path)
    account = work.body.get("billingAccountName", "")
    if account and account != f"billingAccounts/{GOOGLE_BILLING_ACCOUNT}":
        raise Refused(403, "forbidden", f"The caller does not have permission on {account} (or it may not exist).")
    held |= {"billingAccountName": account, "billingEnabled": bool(account)}
    return dict(held)


def _service(work: Work, path: str) -> Thing:
    """An API of a project: on unless somebody switched it off."""
    held = work.world.things.get(path)
    name = path.rpartition("/")[2]
    title = seeds.data("services.json").get(name.removesuffix(".googleapis.com"))
    if held is None and title is None:
        raise Refused(403, "forbidden", f"Not found or permission denied for service(s): {name}.")
    project = path.split("/")[3]
    number = rules.number_of(work.world, project)
    config = {"name": name, "title": title or name}
    return {
        "name": f"projects/{number}/services/{name}",
        "parent": f"projects/{number}",
        "config": config,
        "state": "ENABLED",
        **(held or {}),
    }


def get_service(work: Work) -> Thing:
    """An API of a project."""
    return _service(work, work.call.path)


def list_services(work: Work) -> Thing:
    """The APIs of a project; with `filter=state:ENABLED` those that are on."""
    found = [_service(work, f"{work.call.path}/{name}.googleapis.com") for name in sorted(seeds.data("services.json"))]
    state = work.call.one("filter").partition(":")[2]
    return listed(work, [each for each in found if not state or each["state"] == state])


def switch(work: Work, state: str) -> Thing:
    """Switch an API on or off."""
    path = work.call.path.partition(":")[0]
    _service(work, path)
    work.world.things[path] = {"state": state}
    return operations.finished(work, {"service": _service(work, path)})


def switch_many(work: Work) -> Thing:
    """Switch several APIs on."""
    start = work.call.path.partition(":")[0]
    found = [f"{start}/{name}" for name in work.body.get("serviceIds", [])]
    told = [_service(work, path) for path in found]
    for path in found:
        work.world.things[path] = {"state": "ENABLED"}
    return operations.finished(work, {"services": [{**each, "state": "ENABLED"} for each in told]})


def some_services(work: Work) -> Thing:
    """Some APIs of a project."""
    start = work.call.path.partition(":")[0]
    return {
        "services": [_service(work, f"{start}/{name.rpartition('/')[2]}") for name in work.call.query.get("names", [])]
    }


def policy(work: Work) -> Thing:
    """An organisation policy that was made or changed: its rules must be those of its kind."""
    name = work.body.get("name", "").rpartition("/")[2]
    kind = seeds.data("constraints.json").get(name)
    if kind is None:
        raise Refused(404, "notFound", f"The constraint constraints/{name} was not found.")
    wanted = "enforce" if kind == "booleanConstraint" else "values, allowAll or denyAll"
    for rule in work.body.get("spec", {}).get("rules", []):
        if ("enforce" in rule) != (wanted == "enforce"):
            invalid(f"The rules of constraints/{name} take {wanted}.")
    work.body.setdefault("spec", {}).update(etag=fingerprint([name, work.stamp, work.text(4)]), updateTime=work.stamp)
    return work.body


def patch_policy(work: Work) -> Thing:
    """Replace what an organisation policy says."""
    held = work.must(work.call.path)
    etag = work.body.get("spec", {}).get("etag")
    if etag and etag != held["spec"]["etag"]:
        aborted("The policy was changed by somebody else.")
    work.body["name"] = held["name"]
    held["spec"] = policy(work)["spec"]
    return dict(held)


def constraints(work: Work) -> Thing:
    """What an organisation policy can be about."""
    start = named(work.call.path)
    return listed(
        work,
        [
            {"name": f"{start}/{name}", kind: {}, "constraintDefault": "ALLOW"}
            for name, kind in sorted(seeds.data("constraints.json").items())
        ],
    )


def effective(work: Work) -> Thing:
    """An organisation policy as it holds in a project."""
    path = work.call.path.partition(":")[0]
    return dict(work.find(path) or {"name": named(path), "spec": {"rules": []}})


HANDLERS: Final[Mapping[str, Handler]] = {
    "cloudresourcemanager.projects.get": get_project,
    "cloudresourcemanager.projects.create": create_project,
    "cloudresourcemanager.projects.delete": partial(bury_project, state="DELETE_REQUESTED"),
    "cloudresourcemanager.projects.undelete": partial(bury_project, state="ACTIVE"),
    "cloudresourcemanager.projects.list": projects,
    "cloudresourcemanager.projects.search": projects,
    "cloudbilling.projects.getBillingInfo": billing,
    "cloudbilling.projects.updateBillingInfo": set_billing,
    "serviceusage.services.get": get_service,
    "serviceusage.services.list": list_services,
    "serviceusage.services.enable": partial(switch, state="ENABLED"),
    "serviceusage.services.disable": partial(switch, state="DISABLED"),
    "serviceusage.services.batchEnable": switch_many,
    "serviceusage.services.batchGet": some_services,
    "orgpolicy.projects.policies.patch": patch_policy,
    "orgpolicy.projects.policies.getEffectivePolicy": effective,
    "orgpolicy.projects.constraints.list": constraints,
}
MADE: Final[Mapping[str, Handler]] = {"orgpolicy.projects.policies": policy}
