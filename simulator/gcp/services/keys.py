"""Key rings, keys and their versions. Nothing of Cloud KMS is ever deleted but the material of a version, after a day at least."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Final

from cryptography.fernet import Fernet, InvalidToken

from soundstage.simulator.gcp.checking import bytes_of
from soundstage.simulator.gcp.generic import change
from soundstage.simulator.gcp.listing import all_below, listed
from soundstage.simulator.gcp.operations import effect, later
from soundstage.simulator.gcp.refusals import invalid, unfit, wrong
from soundstage.simulator.gcp.work import Handler, Work, named, stamp_of
from soundstage.simulator.gcp.world import Thing, World

_DESTROY_SECONDS: Final = 30 * 86400
_LEAST_ROTATION: Final = 86400


def seconds(text: str, where: str) -> float:
    """What a duration such as `7776000s` says."""
    try:
        return float(text.removesuffix("s"))
    except ValueError:
        wrong(where, text, "A duration such as 86400s is expected.")


def complete(work: Work) -> Thing:
    """A key that was made, with its first version."""
    key = work.body
    if not key.get("purpose"):
        invalid("Required field 'resource.purpose' not specified", "required")
    if ("rotationPeriod" in key) != ("nextRotationTime" in key):
        invalid("A rotation needs both rotationPeriod and nextRotationTime.")
    _check_rotation(key)
    key.setdefault("destroyScheduledDuration", f"{_DESTROY_SECONDS}s")
    key.setdefault("versionTemplate", {}).setdefault("protectionLevel", "SOFTWARE")
    if key["purpose"] == "ENCRYPT_DECRYPT":
        key["versionTemplate"].setdefault("algorithm", "GOOGLE_SYMMETRIC_ENCRYPTION")
    elif not key["versionTemplate"].get("algorithm"):
        invalid("Required field 'resource.versionTemplate.algorithm' not specified", "required")
    if not work.call.flag("skipInitialVersionCreation"):
        version = _version(work, f"/v1/{key['name']}", key)
        if key["purpose"] == "ENCRYPT_DECRYPT":
            key["primary"] = version
    return key


def _check_rotation(key: Thing) -> None:
    if "rotationPeriod" in key and seconds(key["rotationPeriod"], "resource.rotationPeriod") < _LEAST_ROTATION:
        wrong("resource.rotationPeriod", key["rotationPeriod"], "It must be a day at least.")


def _version(work: Work, path: str, key: Thing) -> Thing:
    number = 1 + len(work.world.below(path, "cryptoKeyVersions"))
    version = {
        "name": f"{named(path)}/cryptoKeyVersions/{number}", "state": "ENABLED", "protectionLevel": key["versionTemplate"]["protectionLevel"],
        "algorithm": key["versionTemplate"]["algorithm"], "createTime": work.stamp, "generateTime": work.stamp,
    }  # fmt: skip
    work.world.things[f"/v1/{version['name']}"] = version
    return version


def create_version(work: Work) -> Thing:
    """Make another version, which is not the primary one before somebody says so."""
    path = work.call.path.removesuffix("/cryptoKeyVersions")
    return dict(_version(work, path, work.must(path)))


def get_key(work: Work) -> Thing:
    """A key, with its primary version as it is now."""
    return _as_it_is(work, work.must(work.call.path))


def list_keys(work: Work) -> Thing:
    """The keys of a ring, each with its primary version as it is now."""
    return listed(work, [_as_it_is(work, one) for one in all_below(work, work.call.path)])


def _as_it_is(work: Work, key: Thing) -> Thing:
    return {**key, "primary": work.must(f"/v1/{key['primary']['name']}")} if "primary" in key else dict(key)


def patch_key(work: Work) -> Thing:
    """Change a key: its rotation and labels."""
    if not work.call.one("updateMask"):
        invalid("Required parameter: updateMask", "required")
    before = work.must(work.call.path)
    _check_rotation({**before, **work.body})
    return change(work)


def primary(work: Work) -> Thing:
    """Make another version the primary one."""
    path = work.call.path.partition(":")[0]
    key = work.must(path)
    key["primary"] = work.must(f"{path}/cryptoKeyVersions/{work.body.get('cryptoKeyVersionId', '')}")
    return dict(key)


def _versioned(work: Work, states: tuple[str, ...], what: str) -> tuple[str, Thing]:
    path = work.call.path.partition(":")[0]
    version = work.must(path)
    if version["state"] not in states:
        unfit(f"{named(path)} cannot be {what}: its state is {version['state']}.")
    return path, version


def destroy(work: Work) -> Thing:
    """Have a version destroyed, some days from now."""
    path, version = _versioned(work, ("ENABLED", "DISABLED"), "destroyed")
    key = work.must(path.partition("/cryptoKeyVersions/")[0])
    at = work.now + seconds(key["destroyScheduledDuration"], "destroyScheduledDuration")
    version |= {"state": "DESTROY_SCHEDULED", "destroyTime": stamp_of(at)}
    later(work.world, at, "destroyed", path, destroyTime=version["destroyTime"])
    return dict(version)


@effect("destroyed")
def _destroyed(world: World, path: str, words: Thing, at: float) -> None:
    version = world.things.get(path, {})
    if version.get("state") == "DESTROY_SCHEDULED" and version.get("destroyTime") == words["destroyTime"]:
        version.update(state="DESTROYED", destroyEventTime=stamp_of(at))


def restore(work: Work) -> Thing:
    """Keep a version that was to be destroyed. It is off until somebody switches it on."""
    _, version = _versioned(work, ("DESTROY_SCHEDULED",), "restored")
    version["state"] = "DISABLED"
    del version["destroyTime"]
    return dict(version)


def patch_version(work: Work) -> Thing:
    """Switch a version on or off."""
    _, version = _versioned(work, ("ENABLED", "DISABLED"), "changed")
    if work.body.get("state") not in ("ENABLED", "DISABLED"):
        wrong("resource.state", work.body.get("state", ""), "Allowed: ENABLED, DISABLED.")
    version["state"] = work.body["state"]
    return dict(version)


def _box(version: Thing) -> Fernet:
    return Fernet(
        base64.urlsafe_b64encode(hashlib.sha256(f"{version['name']} {version['createTime']}".encode()).digest())
    )


def encrypt(work: Work) -> Thing:
    """Encrypt with the primary version of a key, or a version that is named."""
    path = work.call.path.partition(":")[0]
    thing = work.must(path)
    version = thing if "/cryptoKeyVersions/" in path else work.must(f"/v1/{thing.get('primary', {}).get('name', '')}")
    _enabled(version)
    sealed = f"{version['name']}\n".encode() + _box(version).encrypt(bytes_of(work.body.get("plaintext", "")))
    return {"name": version["name"], "ciphertext": base64.b64encode(sealed).decode(), "protectionLevel": "SOFTWARE"}


def decrypt(work: Work) -> Thing:
    """Decrypt what the same key encrypted."""
    name, _, sealed = bytes_of(work.body.get("ciphertext", "")).partition(b"\n")
    path = work.call.path.partition(":")[0]
    version = work.world.things.get(f"/v1/{name.decode(errors='replace')}")
    if version is None or not version["name"].startswith(named(path) + "/"):
        invalid("Decryption failed: the ciphertext is invalid.")
    _enabled(version)
    try:
        return {
            "plaintext": base64.b64encode(_box(version).decrypt(sealed)).decode(),
            "usedPrimary": True,
            "protectionLevel": "SOFTWARE",
        }
    except InvalidToken:
        invalid("Decryption failed: the ciphertext is invalid.")


def _enabled(version: Thing) -> None:
    if version["state"] != "ENABLED":
        unfit(f"{version['name']} is not enabled, current state is: {version['state']}.")


_KEYS: Final = "cloudkms.projects.locations.keyRings.cryptoKeys."
HANDLERS: Final[Mapping[str, Handler]] = {
    _KEYS + "get": get_key,
    _KEYS + "list": list_keys,
    _KEYS + "patch": patch_key,
    _KEYS + "updatePrimaryVersion": primary,
    _KEYS + "encrypt": encrypt,
    _KEYS + "decrypt": decrypt,
    _KEYS + "cryptoKeyVersions.create": create_version,
    _KEYS + "cryptoKeyVersions.destroy": destroy,
    _KEYS + "cryptoKeyVersions.restore": restore,
    _KEYS + "cryptoKeyVersions.patch": patch_version,
}
MADE: Final[Mapping[str, Handler]] = {"cloudkms.projects.locations.keyRings.cryptoKeys": complete}
