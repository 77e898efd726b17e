"""The way to a machine of Google Cloud: Identity-Aware Proxy leads to its ports, and OS Login lets people in as themselves.

A key is added to the person's own profile and counts for some minutes. The machine proves itself by the host keys that its guest agent
told the cloud (Compute Engine, "Set up OS Login", "Storing host keys by enabling guest attributes", read 2026-11).
"""

import asyncio
import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

from soundstage.components.boot.login import PROGRAM, ToDisplay, ToShell, read_display
from soundstage.components.ports import DCV
from soundstage.core.errors import SessionError, SoundstageError, UsageError
from soundstage.stacks.clouds.base import Machine
from soundstage.stacks.clouds.doors import Door
from soundstage.stacks.clouds.gcp.calls import Projects, ask, found
from soundstage.stacks.clouds.gcp.names import zone_and_name
from soundstage.stacks.clouds.gcp.person import member_of, token_of

if TYPE_CHECKING:
    from soundstage.sessions.iap.way import IapRoute
    from soundstage.sessions.session import Tell

RDP: Final = 3389
_SSH: Final = 22
_GOOD_FOR: Final = timedelta(minutes=3)
"""How long a key counts: a machine whose clock is a little ahead takes it all the same."""
_SIGNS_IN: Final = ("compute.instances.osLogin", "compute.instances.osAdminLogin")
_ACTS_AS: Final = "iam.serviceAccounts.actAs"
_HOST_KEYS: Final = "hostkeys/"


class Entered(Projects, Protocol):
    """What the way to a machine needs of an account."""

    @property
    def relay(self) -> str: ...

    @property
    def person(self) -> str: ...

    def account_on_machines(self, posix: str) -> str: ...

    def now(self) -> datetime: ...


@dataclass(frozen=True)
class GoogleDoor:
    """See `Door`."""

    cloud: Entered
    machine: Machine
    tell: "Tell"
    as_root: bool = False
    """Whether whoever comes in must be able to become root."""
    _let_in: dict[str, str] = field(default_factory=dict)
    """The keys that were let in, and what Google calls them."""

    @property
    def to_ssh(self) -> "IapRoute":
        return self._to(_SSH)

    @property
    def to_display(self) -> "IapRoute":
        return self._to(RDP if self.machine.is_windows else DCV[0].number)

    def let_in(self, public_key: str) -> ToShell:
        name = self.machine.name
        if self.machine.is_windows:
            raise UsageError(
                f"{name} is Windows on Google Cloud, where nobody comes in by SSH: OS Login is for Linux.",
                f"`workstation connect {name}` leads to its desktop by RDP; files go by way of the media bucket.",
            )
        asyncio.run(self.to_ssh.knock())
        self.refuse_strangers()
        return ToShell(self.admit(public_key), self._host_keys())

    def admit(self, public_key: str) -> str:
        """Add a key to the person's own profile for a short time. Returns who they are on machines."""
        until = int((self.cloud.now() + _GOOD_FOR).timestamp() * 1e6)
        told = ask(
            self.cloud,
            "oslogin.users.importSshPublicKey",
            parent=f"users/{self.cloud.person}",
            projectId=self.cloud.project.account_id,
            key=f"ssh-ed25519 {public_key}",
            expirationTimeUsec=str(until),
        )
        profile = told.get("loginProfile") or {}
        for mark, key in (profile.get("sshPublicKeys") or {}).items():
            if public_key in str(key.get("key", "")):
                self._let_in[public_key] = str(mark)
        return posix_account(self.cloud, profile)

    def let_out(self, public_key: str) -> None:
        mark = self._let_in.pop(public_key, "")
        if not mark:
            return
        with contextlib.suppress(SoundstageError):
            ask(
                self.cloud, "oslogin.users.sshPublicKeys.delete", name=f"users/{self.cloud.person}/sshPublicKeys/{mark}"
            )

    def let_in_to_display(self) -> ToDisplay:
        if self.machine.is_windows:
            place = zone_and_name(self.machine.instance_id)
            reset = f"gcloud compute reset-windows-password {place['instance']} --zone={place['zone']} --project={self.cloud.project.account_id}"
            return ToDisplay(
                "", "", "", kind="rdp", note=f"`{reset}` makes a password, and ends the one of before. RDP sends the picture without the "
                "GPU: motion and colour are those of an office desktop.",
            )  # fmt: skip
        from soundstage.stacks.entry.connected import output_of

        return read_display(output_of(self, f"sudo -n {PROGRAM} display"))

    def _to(self, number: int) -> "IapRoute":
        from soundstage.sessions.iap.relay import Port, Service
        from soundstage.sessions.iap.way import IapRoute
        from soundstage.stacks.clouds.gcp.refusals import explained

        project, place = self.cloud.project, zone_and_name(self.machine.instance_id)
        port = Port(project.account_id, place["zone"], place["instance"], number)
        return IapRoute(
            Service(self.cloud.relay, lambda: token_of(project)),
            port,
            lambda error: explained(error, port, self.machine.name, self._who_allows),
        )

    def refuse_strangers(self) -> None:
        """Raise `SessionError` for somebody whom OS Login would turn away: SSH says no more than that a key is not accepted."""
        place = zone_and_name(self.machine.instance_id)
        wanted = _SIGNS_IN[-1:] if self.as_root else _SIGNS_IN
        asked = {"zone": place["zone"], "resource": place["instance"], "permissions": list(wanted)}
        if not ask(self.cloud, "compute.instances.testIamPermissions", self.machine.name, **asked).get("permissions"):
            raise SessionError(
                f"{self.cloud.person} may not sign in to {self.machine.name}: OS Login asks for {wanted[0]}.",
                self._who_allows,
            )
        for account in self._accounts(place):
            name = f"projects/-/serviceAccounts/{account}"
            asked = {"resource": name, "permissions": [_ACTS_AS]}
            if not ask(self.cloud, "iam.projects.serviceAccounts.testIamPermissions", self.machine.name, **asked).get(
                "permissions"
            ):
                raise SessionError(
                    f"{self.cloud.person} may not act as the account of {self.machine.name}, and OS Login asks for it.",
                    self._who_allows,
                )

    @property
    def _who_allows(self) -> str:
        """How somebody is let in. A change takes minutes (IAM, "Access change propagation", read 2026-11)."""
        if self.as_root:
            return "`workstation permissions --for bake` prints the role that this takes, and how it is given."
        return (
            f"Whoever brings the project up can let you in: `{member_of(self.cloud.person)}` under `access.people` in the project file, then "
            "`workstation up`. Where that was just done, Google may take some minutes."
        )

    def _accounts(self, place: Mapping[str, str]) -> list[str]:
        """The service accounts of the machine."""
        instance = ask(self.cloud, "compute.instances.get", self.machine.name, **place)
        return [str(one["email"]) for one in instance.get("serviceAccounts") or () if one.get("email")]

    def _host_keys(self) -> tuple[str, ...]:
        keys = host_keys(self.cloud, self.machine.instance_id)
        if not keys:
            raise SessionError(
                f"{self.machine.name} has not told its host keys, so it cannot be known again.",
                "Nothing was sent. A machine that is starting tells them within a minute. One that was made by an earlier version does "
                "not tell them: run `workstation up` once, and start it again.",
            )
        return keys


def host_keys(cloud: Projects, instance_id: str) -> tuple[str, ...]:
    """The host keys that a machine's guest agent told the cloud; none while it has not."""
    place = zone_and_name(instance_id)
    told = found(cloud, "compute.instances.getGuestAttributes", queryPath=_HOST_KEYS, **place)
    items = ((told or {}).get("queryValue") or {}).get("items") or ()
    return tuple(f"{one['key']} {str(one['value']).split()[0]}" for one in items if one.get("value"))


def posix_account(cloud: Entered, profile: Mapping[str, Any]) -> str:
    """Who somebody is on machines, by their profile of OS Login. Raises `SessionError` for a profile without an account."""
    accounts = profile.get("posixAccounts") or ()
    chosen: Mapping[str, Any] = next((one for one in accounts if one.get("primary")), next(iter(accounts), {}))
    if not chosen.get("username"):
        raise SessionError(
            f"OS Login has no account for {cloud.person}.",
            "Whoever administers your organisation's Google accounts can switch POSIX accounts on.",
        )
    return cloud.account_on_machines(str(chosen["username"]))


class GoogleDoors:
    """See `Doors`."""

    def __init__(self, cloud: Entered) -> None:
        self._cloud = cloud

    def account(self, machine: Machine) -> str:  # noqa: ARG002 - the same on every machine
        person = self._cloud.person
        return posix_account(self._cloud, ask(self._cloud, "oslogin.users.getLoginProfile", name=f"users/{person}"))

    @contextlib.contextmanager
    def open(self, machine: Machine, studio: str, project: str, tell: "Tell") -> Iterator[Door]:  # noqa: ARG002 - AWS has documents
        yield GoogleDoor(self._cloud, machine, tell)
