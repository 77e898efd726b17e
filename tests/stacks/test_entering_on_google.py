"""The way into a machine of Google Cloud: Identity-Aware Proxy, OS Login, and what is said where either refuses."""

import contextlib
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.studios import up_in

from soundstage.core.errors import CloudError, PreflightRefused, SessionError, SoundstageError, UsageError
from soundstage.providers.gcp.rest import GoogleProject, called
from soundstage.simulator import process
from soundstage.simulator.faultrules import FaultRule
from soundstage.simulator.gcp.clients import simulated_project
from soundstage.stacks.clouds.base import Machine
from soundstage.stacks.clouds.doors import Door
from soundstage.stacks.clouds.gcp.doors import GoogleDoor
from soundstage.stacks.deployment import Deployment, open_project
from soundstage.stacks.entry.both_ends import Place
from soundstage.stacks.entry.copying import copy
from soundstage.stacks.entry.display import shown
from soundstage.stacks.entry.door import door, the_machine
from soundstage.stacks.entry.shell import log_in, logged_in, new_key, run_ssh
from soundstage.stacks.entry.ssh_config import ssh_config

PROJECT = """
project: teaser
cloud: simulated-gcp
workstations:
  edit-1: {for: audio, user: ana}
"""
MESSAGE = "iap:tunnel.message"
ANA = "ana@studio.example"

pytestmark = pytest.mark.skipif(
    not (shutil.which("ssh") and shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin")),
    reason="OpenSSH's client and server are not installed on this machine",
)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project that is up, once for all tests here."""
    with up_in(tmp_path_factory.mktemp("studio"), PROJECT) as folder:
        yield folder


@pytest.fixture
def project(studio: Path, soundstage_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    monkeypatch.chdir(studio)
    monkeypatch.setenv("SOUNDSTAGE_HOME", str(studio / "state"))
    opened = open_project(None)
    opened.start(opened.machines())
    process.clear_faults(studio / "state")
    yield opened
    process.clear_faults(studio / "state")
    process.set_enforcement(studio / "state", False)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def way(project: Deployment, said: list[str]) -> Iterator[Door]:
    with door(project, the_machine(project, None), said.append) as opened:
        yield opened


def quiet(_done: int, _total: int) -> None:
    """No progress."""


def ask(studio: Path, method: str, **params: Any) -> Any:
    """One call of the owner's."""
    endpoint = process.running(studio / "state")
    assert endpoint is not None
    return called(simulated_project(endpoint), method, params)


def page(port: int, path: str = "/") -> bytes:
    import http.client
    import ssl

    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=60, context=context)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    finally:
        connection.close()


def test_a_person_gets_to_the_display_without_a_password(way: Door) -> None:
    with shown(way) as display:
        speed = display.measure()
        assert speed is not None
        assert speed.rate > 0
        address = f"/?token={display.way.token}"
        assert display.secret_address.endswith(address)
        assert b"signed in as" in page(display.tunnel.port, address)
        assert b"signed in as" in page(display.tunnel.port, address), "it counts until somebody connects again"
        way.let_in_to_display()
        assert b"not signed in" in page(display.tunnel.port, address)


def test_a_file_goes_up_and_comes_down_the_same_while_the_line_is_cut(way: Door, studio: Path, tmp_path: Path) -> None:
    path = tmp_path / "film.mov"
    path.write_bytes(os.urandom(900_000))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    process.set_faults(studio / "state", [FaultRule(MESSAGE, "connection-lost", 1, 20 * each) for each in range(1, 5)])
    up = copy(way, Place("", str(path)), Place("edit-1", "film.mov"), quiet)
    assert (up.sha256, up.connections) == (digest, 1)
    down = copy(way, Place("edit-1", "film.mov"), Place("", str(tmp_path / "back.mov")), quiet)
    assert hashlib.sha256((tmp_path / "back.mov").read_bytes()).hexdigest() == digest == down.sha256


def test_a_copy_whose_connection_ends_at_ninety_percent_goes_on_where_it_stopped(
    way: Door, project: Deployment, studio: Path, tmp_path: Path
) -> None:
    path, ended = tmp_path / "film.mov", list[int]()
    path.write_bytes(os.urandom(900_000))

    def stop(done: int, total: int) -> None:
        if done >= total * 9 // 10 and not ended:
            ended.append(done)
            ask(studio, "compute.instances.stop", project=project.cloud.account_id, **_place(way.machine))
            project.start(project.machines())

    done = copy(way, Place("", str(path)), Place("edit-1", "ninety.mov"), stop)
    assert ended
    assert done.connections == 2
    assert done.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def _place(machine: Machine) -> dict[str, str]:
    parts = machine.instance_id.split("/")
    return {"zone": parts[-3], "instance": parts[-1]}


def test_the_exit_code_of_a_command_is_that_of_ssh(way: Door) -> None:
    assert run_ssh(way, ["exit", "7"]) == 7


def test_every_program_that_speaks_ssh_comes_in_by_what_ssh_config_says(project: Deployment, tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(ssh_config(project))
    words = ["ssh", "-F", str(file), "edit-1.teaser", "echo in"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stdout) == (0, "in\n"), done.stderr


def test_a_key_is_in_the_persons_profile_for_its_login_alone_and_never_for_ever(way: Door, studio: Path) -> None:
    with logged_in(way) as login:
        mine = new_key(login.folder)
        (key,) = _keys_with(studio, mine)
        left = int(key["expirationTimeUsec"]) / 1e6 - datetime.now(UTC).timestamp()
        assert 0 < left < 600
    assert _keys_with(studio, mine) == []
    assert not login.folder.exists()


def test_an_ssh_beside_another_found_the_host_keys_of_its_machine_half_written(way: Door, tmp_path: Path) -> None:
    """An editor opens several at once, and each writes what the others read."""
    log_in(way, tmp_path / "key")
    with (tmp_path / "key" / "known_hosts").open() as other:
        log_in(way, tmp_path / "key")
        assert os.fstat(other.fileno()).st_nlink == 0, "the file was written over while it was read"
    assert sorted(one.name for one in (tmp_path / "key").iterdir()) == ["key", "key.pub", "known_hosts"]


def test_the_key_of_a_login_stayed_on_the_disk_where_its_end_was_interrupted(
    way: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To ask the cloud to forget a key takes time, without a network most of all: people press Ctrl-C again."""

    def interrupted(_door: GoogleDoor, _key: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(GoogleDoor, "let_out", interrupted)
        kept = list[Path]()
        with contextlib.suppress(KeyboardInterrupt), logged_in(way) as login:
            kept.append(login.folder)
    assert [folder.exists() for folder in kept] == [False]


def _keys_with(studio: Path, text: str) -> list[dict[str, Any]]:
    profile = ask(studio, "oslogin.users.getLoginProfile", name="users/owner@studio.example")
    return [key for key in profile["sshPublicKeys"].values() if text in key["key"]]


def test_a_machine_with_another_host_key_than_the_cloud_was_told_gets_nothing(
    way: Door, studio: Path, tmp_path: Path
) -> None:
    path = tmp_path / "film.mov"
    path.write_bytes(b"film")
    copy(way, Place("", str(path)), Place("edit-1", "first.mov"), quiet)
    (folder,) = (studio / "state" / "simulator" / "machines").iterdir()
    public = folder / "etc" / "ssh" / "ssh_host_ed25519_key.pub"
    right = public.read_text()
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "other")], check=True)
    public.write_text((tmp_path / "other.pub").read_text())
    try:
        with pytest.raises(SessionError, match="another host key"):
            copy(way, Place("", str(path)), Place("edit-1", "second.mov"), quiet)
    finally:
        public.write_text(right)


def _policy(studio: Path, project: str) -> dict[str, Any]:
    (policy,) = ask(studio, "compute.networkFirewallPolicies.list", project=project)["items"]
    found: dict[str, Any] = policy
    return found


def test_a_firewall_rule_that_was_taken_away_is_told_with_what_puts_it_back(
    way: Door, project: Deployment, studio: Path
) -> None:
    account = project.cloud.account_id
    rule = {"project": account, "firewallPolicy": _policy(studio, account)["name"], "priority": 1000}
    ask(studio, "compute.networkFirewallPolicies.patchRule", **rule, disabled=True)
    try:
        with pytest.raises(SessionError, match="Nothing answers on port 22 of edit-1") as error:
            way.let_in(KEY)
        assert "workstation up" in error.value.hint
    finally:
        ask(studio, "compute.networkFirewallPolicies.patchRule", **rule, disabled=False)


KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIF88ACKD/m/SraSPz2bjpAYLQ5OjFQstojd04bQ7Otqe"


@pytest.mark.parametrize(
    ("service", "words"), [("iap", "API of Identity-Aware Proxy is switched off"), ("oslogin", "is switched off")]
)
def test_an_api_that_is_switched_off_is_told_with_the_command_that_switches_it_on(
    way: Door, project: Deployment, studio: Path, service: str, words: str
) -> None:
    name = f"projects/{project.cloud.account_id}/services/{service}.googleapis.com"
    ask(studio, "serviceusage.services.disable", name=name)
    try:
        with pytest.raises(CloudError, match=words) as error:
            way.let_in(KEY)
        assert f"gcloud services enable {service}.googleapis.com" in error.value.hint
    finally:
        ask(studio, "serviceusage.services.enable", name=name)


def test_a_machine_without_guest_attributes_is_not_trusted_on_first_use(
    way: Door, project: Deployment, studio: Path
) -> None:
    """It was made before they were switched on: its host keys are known to nobody."""
    place = {"project": project.cloud.account_id, **_place(way.machine)}
    held = ask(studio, "compute.instances.get", **place)["metadata"]
    fewer = [one for one in held["items"] if one["key"] != "enable-guest-attributes"]
    ask(studio, "compute.instances.setMetadata", **place, fingerprint=held["fingerprint"], items=fewer)
    try:
        with pytest.raises(SessionError, match="has not told its host keys") as error:
            way.let_in(KEY)
        assert "workstation up" in error.value.hint
    finally:
        now = ask(studio, "compute.instances.get", **place)["metadata"]["fingerprint"]
        ask(studio, "compute.instances.setMetadata", **place, fingerprint=now, items=held["items"])


@dataclass
class Person:
    """A studio's Google Cloud as somebody sees it who is not its owner."""

    project: GoogleProject
    person: str
    relay: str

    def account_on_machines(self, posix: str) -> str:
        import getpass

        self.posix = posix
        return getpass.getuser()

    def now(self) -> datetime:
        return datetime.now(UTC)


@pytest.fixture
def ana(project: Deployment, studio: Path) -> Person:
    endpoint = process.running(studio / "state")
    assert endpoint is not None
    return Person(simulated_project(endpoint, f"user:{ANA}"), ANA, endpoint.url.replace("http://", "ws://") + "/v4")


def _let_in(studio: Path, *people: str) -> None:
    """Write who may use the machines into the project file, and bring it up."""
    (studio / "projects" / "teaser.yaml").write_text(f"{PROJECT}access: {{people: {list(people)}}}\n")
    open_project("teaser").up()


@pytest.fixture
def whoever_is_named(project: Deployment, studio: Path) -> Iterator[None]:
    """Ana may use the machines, and Google Cloud refuses whoever may not. Afterwards it lets in its owners alone."""
    _let_in(studio, f"user:{ANA}", "user:zoe@studio.example")
    process.set_enforcement(studio / "state", True)
    yield
    process.set_enforcement(studio / "state", False)
    _let_in(studio)


@pytest.mark.usefixtures("whoever_is_named")
def test_whom_the_project_file_names_comes_in_every_way(ana: Person, way: Door, tmp_path: Path) -> None:
    path = tmp_path / "film.mov"
    path.write_bytes(os.urandom(1000))
    hers = GoogleDoor(ana, way.machine, lambda _: None)
    assert run_ssh(hers, ["true"]) == 0
    copy(hers, Place("", str(path)), Place("edit-1", "hers.mov"), quiet)
    assert hers.let_in_to_display().token
    assert ana.posix == "ana_studio_example"


@pytest.mark.usefixtures("whoever_is_named")
def test_a_person_who_is_let_in_to_one_project_reaches_no_machine_of_another(ana: Person, studio: Path) -> None:
    """Names cannot tell: those of the machines of `teaser-2` begin as those of `teaser` do."""
    (studio / "projects" / "teaser-2.yaml").write_text(PROJECT.replace("project: teaser", "project: teaser-2"))
    process.set_enforcement(studio / "state", False)
    other = open_project("teaser-2")
    try:
        other.up()
        process.set_enforcement(studio / "state", True)
        (foreign,) = other.machines()
        with pytest.raises(SessionError, match="may not reach port 22 of edit-1"):
            GoogleDoor(ana, foreign, lambda _: None).let_in(KEY)
    finally:
        process.set_enforcement(studio / "state", False)
        other.down(delete_media=True)
        (studio / "projects" / "teaser-2.yaml").unlink()


@pytest.mark.usefixtures("whoever_is_named")
def test_whoever_is_taken_out_of_the_file_is_refused_and_those_after_them_stay(
    ana: Person, studio: Path, way: Door
) -> None:
    """Bindings had numbers: without the first person, that of the second was deleted as the one of a number too many."""
    endpoint = process.running(studio / "state")
    assert endpoint is not None
    zoe = Person(simulated_project(endpoint, "user:zoe@studio.example"), "zoe@studio.example", ana.relay)
    process.set_enforcement(studio / "state", False)
    _let_in(studio, "user:zoe@studio.example")
    process.set_enforcement(studio / "state", True)
    assert GoogleDoor(zoe, way.machine, lambda _: None).let_in(KEY)
    with pytest.raises(SessionError, match="may not reach port 22 of edit-1") as error:
        GoogleDoor(ana, way.machine, lambda _: None).let_in(KEY)
    assert f"`user:{ANA}` under `access.people`" in error.value.hint


@pytest.mark.usefixtures("whoever_is_named")
def test_a_machine_that_is_made_anew_lets_in_the_same_people(
    ana: Person, studio: Path, project: Deployment, way: Door
) -> None:
    process.set_enforcement(studio / "state", False)
    ask(studio, "compute.instances.delete", project=project.cloud.account_id, **_place(way.machine))
    again = open_project("teaser")
    again.up(refresh=True)
    (machine,) = again.machines()
    assert machine.instance_id != way.machine.instance_id
    process.set_enforcement(studio / "state", True)
    assert GoogleDoor(ana, machine, lambda _: None).let_in(KEY)


@pytest.mark.parametrize(
    ("without", "words"),
    [
        ("roles/iap.tunnelResourceAccessor", "may not reach port 22 of edit-1"),
        ("osLogin", "may not sign in to edit-1"),
        ("roles/iam.serviceAccountUser", "may not act as the account of edit-1"),
    ],
)
@pytest.mark.usefixtures("whoever_is_named")
def test_a_person_who_lacks_one_of_them_is_told_which(
    ana: Person, project: Deployment, studio: Path, way: Door, without: str, words: str
) -> None:
    _take(studio, project, way.machine, without)
    with pytest.raises(SoundstageError, match=words) as error:
        GoogleDoor(ana, way.machine, lambda _: None).let_in(KEY)
    assert "access.people" in error.value.hint
    process.set_enforcement(studio / "state", False)
    open_project("teaser").up(refresh=True)


def _take(studio: Path, project: Deployment, machine: Machine, what: str) -> None:
    """Empty the policy that gives this, of the way to the machine, of the machine or of its account."""
    place = _place(machine)
    account = project.cloud.account_id
    if "iap" in what:
        tunnel = f"projects/{account}/iap_tunnel/zones/{place['zone']}/instances/{place['instance']}"
        ask(studio, "iap.setIamPolicy", resource=tunnel, policy={"version": 3, "bindings": []})
    elif "osLogin" in what:
        resource = {"zone": place["zone"], "resource": place["instance"]}
        ask(studio, "compute.instances.setIamPolicy", project=account, **resource, policy={"bindings": []})
    else:
        (email,) = (one["role_arn"] for one in project.outputs()["workstations"].values())
        name = f"projects/{account}/serviceAccounts/{email}"
        ask(studio, "iam.projects.serviceAccounts.setIamPolicy", resource=name, policy={"bindings": []})


def test_credentials_that_nobody_accepts_are_told_with_how_to_sign_in(way: Door, studio: Path) -> None:
    from google.oauth2.credentials import Credentials

    endpoint = process.running(studio / "state")
    assert endpoint is not None
    wrong = GoogleProject("simulated-studio", Credentials(token="over"), endpoint.url)  # type: ignore[no-untyped-call]
    person = Person(wrong, ANA, endpoint.url.replace("http://", "ws://") + "/v4")
    with pytest.raises(PreflightRefused, match="does not accept the credentials") as error:
        GoogleDoor(person, way.machine, lambda _: None).let_in(KEY)
    assert "gcloud auth application-default login" in error.value.hint


def test_windows_is_not_entered_by_ssh_and_its_desktop_is_by_rdp(way: Door, ana: Person) -> None:
    from dataclasses import replace

    windows = GoogleDoor(ana, replace(way.machine, is_windows=True), lambda _: None)
    with pytest.raises(UsageError, match="OS Login is for Linux") as error:
        windows.let_in(KEY)
    assert "workstation connect edit-1" in error.value.hint
    assert windows.to_display.port.number == 3389
    assert "reset-windows-password" in windows.let_in_to_display().note
