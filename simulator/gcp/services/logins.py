"""OS Login: the POSIX account and the keys of each person, and who may sign in to a machine by them.

Everybody keeps their own profile and nobody another's (OS Login API, `users`, revision 20260610; Compute Engine, "Set up OS Login", read
2026-11).
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from soundstage.simulator.gcp import permits
from soundstage.simulator.gcp.caller import OWNER, OWNER_EMAIL
from soundstage.simulator.gcp.refusals import Refused, invalid, not_found
from soundstage.simulator.gcp.work import Handler, Work
from soundstage.simulator.gcp.world import Thing

SIGNS_IN: Final = ("compute.instances.osLogin", "compute.instances.osAdminLogin")
"""Either of these lets a person sign in to a machine."""
_ACTS_AS: Final = "iam.serviceAccounts.actAs"
_KEY: Final = re.compile(r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)) ([A-Za-z0-9+/]+=*)(?: .*)?")
_LONGEST_NAME: Final = 32


def import_key(work: Work) -> Thing:
    """Add a key to a profile, which is made when there is none."""
    email = _own(work)
    profile = _profile(work, email)
    key = _checked(work)
    profile["sshPublicKeys"][key["fingerprint"]] = key
    return {"loginProfile": _shown(work, profile), "details": ""}


def profile(work: Work) -> Thing:
    """The profile of a person."""
    return _shown(work, _profile(work, _own(work)))


def add_key(work: Work) -> Thing:
    """Add a key to a profile, and answer with it."""
    held = _profile(work, _own(work))
    key = _checked(work)
    held["sshPublicKeys"][key["fingerprint"]] = key
    return dict(key)


def get_key(work: Work) -> Thing:
    return dict(_key(work)[1])


def remove_key(work: Work) -> Thing:
    held, key = _key(work)
    del held["sshPublicKeys"][key["fingerprint"]]
    return {}


def keys_of(work: Work, path: str, machine: Thing) -> tuple[str, ...]:
    """The keys that let somebody in by SSH now, as lines of `authorized_keys`: of whoever may sign in to the machine and act as its
    account. None where its metadata does not say that OS Login is on."""
    values = {one["key"]: one.get("value", "") for one in machine["metadata"].get("items", ())}
    if values.get("enable-oslogin", "").lower() != "true":
        return ()
    return tuple(
        _line(key)
        for start, held in work.world.things.items()
        if start.startswith("/v1/users/") and _may_sign_in(work, held["name"], path, machine)
        for key in held["sshPublicKeys"].values()
        if not _is_over(work, key)
    )


def _may_sign_in(work: Work, email: str, path: str, machine: Thing) -> bool:
    if not work.world.enforcing:
        return True
    kind = "serviceAccount" if email.endswith(".gserviceaccount.com") else "user"
    caller = OWNER if email == OWNER_EMAIL else f"{kind}:{email}"
    accounts = [
        f"/v1/projects/{work.call.one('project')}/serviceAccounts/{one['email']}"
        for one in machine.get("serviceAccounts", ())
        if one.get("email")
    ]
    world, now = work.world, work.now
    return any(permits.may(world, caller, one, path, now) for one in SIGNS_IN) and all(
        permits.may(world, caller, _ACTS_AS, one, now) for one in accounts
    )


def _own(work: Work) -> str:
    """Whose profile a call is about. Raises `Refused` for somebody else's."""
    found = re.match(r"/v1/users/([^/:]+)", work.call.path)
    assert found is not None  # noqa: S101 - the path of every such method
    if work.call.caller not in (OWNER, f"user:{found[1]}", f"serviceAccount:{found[1]}"):
        raise Refused(
            403, "forbidden", f"The caller does not have permission to act on the login profile of {found[1]}."
        )
    return found[1]


def _profile(work: Work, email: str) -> Thing:
    account = re.fullmatch(r"[^@]+@([a-z0-9-]+)\.iam\.gserviceaccount\.com", email)
    number = (
        work.world.things.get(f"/v1/projects/{account[1]}/serviceAccounts/{email}", {}).get("uniqueId", "")
        if account
        else ""
    )
    name = f"sa_{number}" if number else re.sub(r"[^a-z0-9]", "_", email.lower())[:_LONGEST_NAME]
    path = f"/v1/users/{email}"
    if path not in work.world.things:
        uid = str(int(hashlib.sha256(email.encode()).hexdigest()[:8], 16))
        posix = {"primary": True, "username": name, "uid": uid, "gid": uid, "homeDirectory": f"/home/{name}", "shell": "/bin/bash",
                 "operatingSystemType": "LINUX"}  # fmt: skip
        work.world.things[path] = {"name": email, "posixAccounts": [posix], "sshPublicKeys": {}}
    return work.world.things[path]


def _shown(work: Work, held: Thing) -> Thing:
    """A profile as it is told, without keys that are over: Google takes those away by itself."""
    kept = {mark: key for mark, key in held["sshPublicKeys"].items() if not _is_over(work, key)}
    held["sshPublicKeys"] = kept
    return {**held, "sshPublicKeys": {mark: dict(key) for mark, key in kept.items()}}


def _key(work: Work) -> tuple[Thing, Thing]:
    held = _profile(work, _own(work))
    mark = work.call.path.rpartition("/")[2]
    return held, held["sshPublicKeys"].get(mark) or not_found(work.call.path.removeprefix("/v1/"))


def _checked(work: Work) -> Thing:
    found = _KEY.fullmatch(work.body.get("key", "").strip())
    try:
        blob = base64.b64decode(found[2], validate=True) if found else b""
    except binascii.Error:
        blob = b""
    if not blob:
        invalid("Invalid SSH public key: it must be in the format of RFC 4253, section 6.6.")
    if _is_over(work, work.body):
        invalid("The expiration time of an SSH public key must be in the future.")
    mark = hashlib.sha256(blob).hexdigest()
    whose = re.match(r"/v1/(users/[^/:]+)", work.call.path)
    return {**work.body, "fingerprint": mark, "name": f"{whose[1] if whose else ''}/sshPublicKeys/{mark}"}


def _is_over(work: Work, key: Thing) -> bool:
    until = key.get("expirationTimeUsec")
    return until is not None and int(until) / 1e6 <= work.now


def _line(key: Thing) -> str:
    until = key.get("expirationTimeUsec")
    if until is None:
        return str(key["key"])
    # Whoever has come in stays; who comes when it is over does not. The clock of the simulated cloud may be ahead of sshd's.
    moment = datetime.fromtimestamp(int(until) / 1e6, UTC)
    return f'expiry-time="{moment:%Y%m%d%H%M%S}Z" {key["key"]}'


HANDLERS: Final[Mapping[str, Handler]] = {
    "oslogin.users.importSshPublicKey": import_key,
    "oslogin.users.getLoginProfile": profile,
    "oslogin.users.sshPublicKeys.create": add_key,
    "oslogin.users.sshPublicKeys.get": get_key,
    "oslogin.users.sshPublicKeys.delete": remove_key,
}
