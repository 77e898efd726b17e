"""Service accounts with their keys, and roles."""

import base64
import json
import re
from collections.abc import Mapping
from functools import partial
from typing import Final

from soundstage.simulator.gcp import operations, permits, rules
from soundstage.simulator.gcp.checking import masked
from soundstage.simulator.gcp.generic import absent, fingerprint
from soundstage.simulator.gcp.listing import all_below, listed
from soundstage.simulator.gcp.refusals import Refused, aborted, invalid, not_found, unfit
from soundstage.simulator.gcp.work import Handler, Work, named, seconds_of
from soundstage.simulator.gcp.world import Thing

_ACCOUNT: Final = re.compile(r"[a-z](?:[-a-z0-9]{4,28}[a-z0-9])")
_ROLE: Final = re.compile(r"[a-zA-Z0-9_.]{3,64}")
_UNDELETE_SECONDS: Final = 30 * 86400
_MOST_PERMISSIONS: Final = 3000


def create_account(work: Work) -> Thing:
    """Make a service account. One that comes back under the same name has another number, and none of the old one's roles."""
    name = work.body.get("accountId", "")
    if not _ACCOUNT.fullmatch(name):
        invalid(
            f'The account ID "{name}" does not have a length between 6 and 30, or has characters other than lower case letters, digits '
            "and dashes."
        )
    project = work.call.project
    email = f"{name}@{project}.iam.gserviceaccount.com"
    path = f"{work.call.path}/{email}"
    if path in work.world.things:
        raise Refused(409, "alreadyExists", f"Service account {name} already exists within project projects/{project}.")
    number = str(work.random.randrange(10**20, 10**21))
    account = {
        **work.body.get("serviceAccount", {}), "name": named(path), "projectId": project, "uniqueId": number, "email": email,
        "oauth2ClientId": number, "etag": fingerprint([path, work.stamp]),
    }  # fmt: skip
    work.world.things[path] = account
    return dict(account)


def _account(work: Work) -> tuple[str, Thing]:
    path = work.call.path.partition(":")[0]
    account = work.world.things.get(path)
    if account is None:
        raise Refused(404, "notFound", f"Unknown service account: {path.rpartition('/')[2]}.")
    return path, account


def get_account(work: Work) -> Thing:
    """A service account."""
    return dict(_account(work)[1])


def _members(account: Thing) -> tuple[str, str]:
    """What policies call an account while it is there, and once it is deleted."""
    member = f"serviceAccount:{account['email']}"
    return member, f"deleted:{member}?uid={account['uniqueId']}"


def _rebind(work: Work, old: str, new: str) -> None:
    """Give what is bound to one member to another."""
    for policy in work.world.policies.values():
        for binding in policy.get("bindings", []):
            binding["members"] = [new if each == old else each for each in binding["members"]]


def delete_account(work: Work) -> Thing:
    """Take a service account away. What was bound to it stays bound to what is no more."""
    path, account = _account(work)
    _rebind(work, *_members(account))
    work.world.things[f"/deleted{path}?uid={account['uniqueId']}"] = {**account, "deleteTime": work.stamp}
    operations.EFFECTS["remove"](work.world, path, {}, work.now)
    return {}


def undelete_account(work: Work) -> Thing:
    """Bring a service account back, within 30 days, with its number and what was bound to it."""
    number = work.call.path.partition(":")[0].rpartition("/")[2]
    for key, account in work.world.things.items():
        if key.startswith("/deleted/") and account.get("uniqueId") == number:
            if work.now - seconds_of(account["deleteTime"]) > _UNDELETE_SECONDS:
                break
            path = f"/v1/{account['name']}"
            absent(work, path)
            del work.world.things[key]
            restored = {name: value for name, value in account.items() if name != "deleteTime"}
            work.world.things[path] = restored
            member, gone = _members(account)
            _rebind(work, gone, member)
            return {"restoredAccount": restored}
    raise Refused(404, "notFound", f"Unknown service account: {number}.")


def patch_account(work: Work) -> Thing:
    """Another title or description."""
    path, account = _account(work)
    given = work.body.get("serviceAccount", work.body)
    changed = masked(account, given, work.body.get("updateMask", "displayName,description"))
    changed["etag"] = fingerprint([path, work.stamp, work.text(4)])
    work.world.things[path] = changed
    return dict(changed)


def switch(work: Work, disabled: bool) -> Thing:
    """Switch a service account off or on."""
    _, account = _account(work)
    account["disabled"] = disabled
    if not disabled:
        del account["disabled"]
    return {}


def create_key(work: Work) -> Thing:
    """Make a long-lived key of a service account, which an organisation should forbid."""
    path = work.call.path.removesuffix("/keys")
    account = work.must(path)
    if rules.enforced(work, "iam.disableServiceAccountKeyCreation"):
        unfit("Key creation is not allowed on this service account.")
    name = work.text(40)
    key = {
        "name": f"{named(path)}/keys/{name}", "keyAlgorithm": "KEY_ALG_RSA_2048", "keyOrigin": "GOOGLE_PROVIDED", "keyType": "USER_MANAGED",
        "validAfterTime": work.stamp, "validBeforeTime": "9999-12-31T23:59:59Z",
    }  # fmt: skip
    work.world.things[f"{path}/keys/{name}"] = key
    content = {
        "type": "service_account", "project_id": account["projectId"], "private_key_id": name, "client_email": account["email"],
    }  # fmt: skip
    sealed = base64.b64encode(json.dumps(content).encode()).decode()
    return {**key, "privateKeyType": "TYPE_GOOGLE_CREDENTIALS_FILE", "privateKeyData": sealed}


def create_role(work: Work) -> Thing:
    """Make a custom role."""
    name = work.body.get("roleId", "")
    if not _ROLE.fullmatch(name):
        invalid(f"The role ID '{name}' is not valid. It must be 3 to 64 letters, digits, underscores or periods.")
    path = f"{work.call.path}/{name}"
    held = work.world.things.get(path)
    if held is not None:
        what = "is in a deleted state; undelete it, or use another role_id" if held.get("deleted") else "already exists"
        raise Refused(
            409, "alreadyExists", f"A role named {name} in {named(work.call.path).removesuffix('/roles')} {what}."
        )
    role = {**work.body.get("role", {}), "name": named(path), "etag": fingerprint([path, work.stamp])}
    role.setdefault("stage", "ALPHA")
    _check_permissions(role)
    work.world.things[path] = role
    return dict(role)


def _check_permissions(role: Thing) -> None:
    given = role.get("includedPermissions", [])
    wrong = [each for each in given if each not in permits.testable()]
    if wrong:
        invalid(f"Permission {wrong[0]} is not valid.")
    if len(given) > _MOST_PERMISSIONS:
        invalid(f"A role can have at most {_MOST_PERMISSIONS} permissions.")
    role["includedPermissions"] = sorted(set(given))


def _role(work: Work) -> tuple[str, Thing]:
    path = work.call.path.partition(":")[0]
    held = work.world.things.get(path)
    if held is None:
        raise Refused(404, "notFound", f"The role named {named(path)} was not found.")
    return path, held


def _fresh(work: Work, role: Thing, path: str, etag: str) -> None:
    if etag and etag != role["etag"]:
        aborted("There were concurrent policy changes. Please retry the whole read-modify-write.")
    role["etag"] = fingerprint([path, work.stamp, work.text(4)])


def patch_role(work: Work) -> Thing:
    """Another title, description, stage or other permissions."""
    path, held = _role(work)
    if held.get("deleted"):
        unfit(f"You can't modify {named(path)} because it is deleted.")
    mask = work.call.one("updateMask") or ",".join(key for key in work.body if key not in ("name", "etag"))
    changed = masked(held, work.body, mask)
    _check_permissions(changed)
    _fresh(work, changed, path, work.body.get("etag", ""))
    work.world.things[path] = changed
    return dict(changed)


def bury(work: Work, deleted: bool) -> Thing:
    """Delete a role, whose name is then taken for weeks; or bring it back."""
    path, held = _role(work)
    if deleted == held.get("deleted", False):
        unfit(f"The role named {named(path)} is {'' if deleted else 'not '}deleted.")
    _fresh(work, held, path, work.call.one("etag"))
    held["deleted"] = deleted
    if not deleted:
        del held["deleted"]
    return dict(held)


def list_roles(work: Work) -> Thing:
    """Custom roles, without those that were deleted unless asked for."""
    found = [
        each for each in all_below(work, work.call.path) if work.call.flag("showDeleted") or not each.get("deleted")
    ]
    return listed(work, found)


def get_role(work: Work) -> Thing:
    """One of Google's own roles, with what it holds."""
    name = named(work.call.path)
    role = work.find(work.call.path)
    if role is None:
        not_found(name)
    return {**role, "includedPermissions": sorted(permits.predefined(name))}


def testable(work: Work) -> Thing:
    """The permissions that a custom role may hold."""
    shown = sorted(permits.testable())[: int(work.body.get("pageSize", 1000))]
    return {"permissions": [{"name": each, "stage": "GA"} for each in shown]}


HANDLERS: Final[Mapping[str, Handler]] = {
    "iam.projects.serviceAccounts.create": create_account,
    "iam.projects.serviceAccounts.get": get_account,
    "iam.projects.serviceAccounts.delete": delete_account,
    "iam.projects.serviceAccounts.undelete": undelete_account,
    "iam.projects.serviceAccounts.patch": patch_account,
    "iam.projects.serviceAccounts.disable": partial(switch, disabled=True),
    "iam.projects.serviceAccounts.enable": partial(switch, disabled=False),
    "iam.projects.serviceAccounts.keys.create": create_key,
    "iam.projects.roles.create": create_role,
    "iam.projects.roles.patch": patch_role,
    "iam.projects.roles.delete": partial(bury, deleted=True),
    "iam.projects.roles.undelete": partial(bury, deleted=False),
    "iam.projects.roles.list": list_roles,
    "iam.roles.get": get_role,
    "iam.permissions.queryTestablePermissions": testable,
}
