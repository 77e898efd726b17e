"""One server per folder, found again or started, and nothing lost however it ends."""

import fcntl
import http.client
import json
import os
import resource
import signal
import socket
import stat
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from soundstage.core.errors import SimulatorError
from soundstage.simulator import process, server
from soundstage.simulator.answer import Answer
from soundstage.simulator.process import Endpoint
from soundstage.simulator.testing import simulated_cloud

GENUINE = pytest.mark.usefixtures("a_process_of_its_own")
"""For what is about the process that a person's command starts; what a cloud keeps and answers is the same in a fork."""


def kill(endpoint: Endpoint) -> None:
    """End the server as a power cut would, and wait until it is gone."""
    os.kill(endpoint.pid, signal.SIGKILL)
    with suppress(ChildProcessError):
        os.waitpid(endpoint.pid, 0)
    with suppress(ProcessLookupError):  # one that was forked elsewhere
        while True:
            os.kill(endpoint.pid, 0)


def content(endpoint: Endpoint) -> list[Any]:
    """What an outsider sees of a world with machines, disks, budgets, keys and objects."""
    ec2, s3 = endpoint.client("ec2"), endpoint.client("s3")
    return [
        ec2.describe_instances()["Reservations"],
        ec2.describe_volumes()["Volumes"],
        ec2.describe_security_group_rules()["SecurityGroupRules"],
        endpoint.client("budgets").describe_budgets(AccountId=endpoint.account_id).get("Budgets"),
        endpoint.client("kms").list_keys()["Keys"],
        s3.list_buckets()["Buckets"],
        s3.get_object(Bucket="media-world", Key="masters/a")["Body"].read(),
        s3.get_bucket_tagging(Bucket="media-world")["TagSet"],
    ]


def build(endpoint: Endpoint) -> bytes:
    """Make such a world. Returns a text encrypted with its key."""
    ec2, s3, kms = endpoint.client("ec2"), endpoint.client("s3"), endpoint.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    vpc = ec2.create_vpc(CidrBlock="10.4.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.4.1.0/24")["Subnet"]["SubnetId"]
    image = ec2.describe_images(Filters=[{"Name": "name", "Values": ["ubuntu*"]}])["Images"][0]["ImageId"]
    ec2.run_instances(ImageId=image, InstanceType="g5.xlarge", MinCount=2, MaxCount=2, SubnetId=subnet)
    s3.create_bucket(Bucket="media-world", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="media-world", Key="masters/a", Body=b"frame" * 1000)
    s3.put_bucket_tagging(Bucket="media-world", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    limit = {"Amount": "500", "Unit": "USD"}
    budget = {"BudgetName": "teaser", "BudgetLimit": limit, "TimeUnit": "MONTHLY", "BudgetType": "COST"}
    endpoint.client("budgets").create_budget(AccountId=endpoint.account_id, Budget=budget)
    encrypted: bytes = kms.encrypt(KeyId=key, Plaintext=b"slate")["CiphertextBlob"]
    return encrypted


@GENUINE
def test_everything_acknowledged_survives_a_kill_and_a_stop(tmp_path: Path) -> None:
    with simulated_cloud(tmp_path) as first:
        encrypted = build(first)
        before = content(first)
        kill(first)
        second = process.ensure(tmp_path)
        assert content(second) == before
        assert second.client("kms").decrypt(CiphertextBlob=encrypted)["Plaintext"] == b"slate"
        process.stop(tmp_path)
        third = process.ensure(tmp_path)
        assert content(third) == before
        third.client("s3").put_object(Bucket="media-world", Key="more", Body=b"x")
        assert third.client("kms").decrypt(CiphertextBlob=encrypted)["Plaintext"] == b"slate"


@GENUINE
def test_two_starters_get_one_server(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(process.ensure, [tmp_path] * 4))
    assert len(found) == 1
    assert process.stop(tmp_path)
    assert process.running(tmp_path) is None


@GENUINE
def test_files_belong_to_their_owner_alone(tmp_path: Path) -> None:
    with simulated_cloud(tmp_path) as cloud:
        cloud.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")
        folder = tmp_path / "simulator"
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_a_process_id_given_to_another_program_is_not_taken_for_the_server(tmp_path: Path) -> None:
    with simulated_cloud(tmp_path) as cloud:
        path = tmp_path / "simulator" / "server.json"
        where = json.loads(path.read_text())
        path.write_text(json.dumps({**where, "instance": "another"}))
        assert process.running(tmp_path) is None
        path.write_text(json.dumps({**where, "port": 1}))
        assert process.running(tmp_path) is None
        path.write_text(json.dumps(where))
        assert process.running(tmp_path) == cloud


@GENUINE
def test_a_chosen_port_is_used_or_named_when_it_is_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv(process.PORT_VARIABLE, str(port))
        with pytest.raises(SimulatorError, match=f"Port {port} of 127.0.0.1 cannot be used"):
            process.ensure(tmp_path)
    with simulated_cloud(tmp_path) as cloud:
        assert cloud.url == f"http://127.0.0.1:{port}"


def test_a_port_that_is_no_number_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(process.PORT_VARIABLE, "http")
    with pytest.raises(SimulatorError, match="'http', which is not a port"):
        process.ensure(tmp_path)


def test_a_missing_extra_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "find_spec", lambda name: None)
    with pytest.raises(SimulatorError, match=r"pip install '\.\[simulator\]'"):
        process.ensure(tmp_path)


def test_nothing_runs_and_nothing_is_started_by_asking(tmp_path: Path) -> None:
    assert process.running(tmp_path) is None
    assert process.status(tmp_path) == process.Status(running=False)
    assert not process.stop(tmp_path)
    with pytest.raises(SimulatorError, match="is not running"):
        process.list_faults(tmp_path)
    assert not (tmp_path / "simulator").exists()


@pytest.mark.parametrize("name", ["world", "journal", "key"])
def test_a_file_that_was_exchanged_is_not_opened(tmp_path: Path, name: str) -> None:
    with simulated_cloud(tmp_path) as cloud:
        cloud.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")
        if name == "world":
            process.stop(tmp_path)
        else:
            kill(cloud)
        path = tmp_path / "simulator" / name
        damaged = bytearray(path.read_bytes())
        damaged[-1] ^= 1
        path.write_bytes(damaged)
        with pytest.raises(SimulatorError, match="workstation simulator reset"):
            process.ensure(tmp_path)
        process.reset(tmp_path)
        assert len(process.ensure(tmp_path).client("ec2").describe_vpcs()["Vpcs"]) == 1


def test_a_key_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    with simulated_cloud(tmp_path):
        pass
    (tmp_path / "simulator" / "key").chmod(0o644)
    with pytest.raises(SimulatorError, match="can be read or written by others"):
        process.ensure(tmp_path)


@pytest.mark.parametrize("name", ["world", "journal"])
def test_a_world_of_other_versions_is_refused_and_kept(tmp_path: Path, name: str) -> None:
    with simulated_cloud(tmp_path) as cloud:
        cloud.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")
        process.stop(tmp_path)
    path = tmp_path / "simulator" / name
    heading, _, rest = path.read_bytes().partition(b"\n")
    older = heading.replace(b"moto=5", b"moto=4") + b"\n" + rest
    path.write_bytes(older)
    with pytest.raises(SimulatorError, match=r"The simulated cloud was .* other versions .*moto=4") as refused:
        process.ensure(tmp_path)
    assert "empty simulated cloud" in refused.value.message, "the word was taken for a secret"
    assert path.read_bytes() == older


def test_a_call_that_was_being_written_down_when_the_machine_died_is_dropped(tmp_path: Path) -> None:
    with simulated_cloud(tmp_path) as cloud:
        ec2 = cloud.client("ec2")
        ec2.create_vpc(CidrBlock="10.0.0.0/16")
        kill(cloud)
        path = tmp_path / "simulator" / "journal"
        path.write_bytes(path.read_bytes() + b"\x00\x00\x10\x00half of an entry")
        again = process.ensure(tmp_path).client("ec2")
        assert len(again.describe_vpcs()["Vpcs"]) == 2
        again.create_vpc(CidrBlock="10.1.0.0/16")
        kill(process.ensure(tmp_path))
        assert len(process.ensure(tmp_path).client("ec2").describe_vpcs()["Vpcs"]) == 3


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="limits another process's files; Linux only")
def test_a_full_disk_refuses_changes_and_loses_nothing(tmp_path: Path) -> None:
    with simulated_cloud(tmp_path) as cloud:
        ec2 = cloud.client("ec2")
        ec2.create_vpc(CidrBlock="10.0.0.0/16")
        unlimited = resource.prlimit(cloud.pid, resource.RLIMIT_FSIZE)
        full = (tmp_path / "simulator" / "journal").stat().st_size + 100
        resource.prlimit(cloud.pid, resource.RLIMIT_FSIZE, (full, unlimited[1]))
        with pytest.raises(ClientError, match=r"ServiceUnavailable.*nothing was changed"):
            ec2.create_vpc(CidrBlock="10.1.0.0/16")
        assert len(ec2.describe_vpcs()["Vpcs"]) == 2
        resource.prlimit(cloud.pid, resource.RLIMIT_FSIZE, unlimited)
        ec2.create_vpc(CidrBlock="10.1.0.0/16")
        kill(cloud)
        assert len(process.ensure(tmp_path).client("ec2").describe_vpcs()["Vpcs"]) == 3


@GENUINE
def test_nothing_that_was_told_lies_in_the_folder_in_clear(tmp_path: Path) -> None:
    secret = "the-butler-did-it-4711"
    with simulated_cloud(tmp_path) as cloud:
        cloud.client("ssm").put_parameter(Name="/ending", Value=secret, Type="SecureString")
        kill(cloud)
        process.stop(tmp_path) if process.ensure(tmp_path) else None
        written = [path.read_bytes() for path in (tmp_path / "simulator").iterdir()]
        assert not any(secret.encode() in content for content in written)


@GENUINE
def test_a_killed_server_is_noticed_and_its_successor_has_the_same_credentials(tmp_path: Path) -> None:
    with simulated_cloud(tmp_path) as cloud:
        kill(cloud)
        assert process.running(tmp_path) is None
        with pytest.raises((ConnectionError, HTTPClientError)):
            cloud.client("sts").get_caller_identity()
        again = process.ensure(tmp_path)
        assert (again.access_key, again.secret_key) == (cloud.access_key, cloud.secret_key)


def test_an_unusable_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "simulator").write_text("a file")
    with pytest.raises(SimulatorError, match="cannot be used"):
        process.ensure(tmp_path)


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="limits another process's files; Linux only")
@GENUINE
def test_idle_connections_of_another_user_do_not_stop_a_server_that_may_open_few_files(tmp_path: Path) -> None:
    with simulated_cloud(tmp_path) as cloud, ExitStack() as held:
        resource.prlimit(cloud.pid, resource.RLIMIT_NOFILE, (256, 256))
        port = int(cloud.url.rpartition(":")[2])
        for _ in range(400):
            held.enter_context(socket.create_connection(("127.0.0.1", port)))
        assert process.status(tmp_path).running
        assert process.ensure(tmp_path) == cloud
        assert cloud.client("ec2").describe_vpcs()["Vpcs"]


def test_a_stranger_who_says_nothing_is_sent_away_and_a_client_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_STRANGER_SECONDS", 2.0)
    (tmp_path / "simulator").mkdir(mode=0o700)
    told: list[Answer] = []

    class Polite:
        """A cloud that knows everybody who asks for /known."""

        def handle(self, _method: str, path: str, _headers: Any, read: Any) -> Answer:
            told.append(Answer(200, read(10)) if path == "/known" else Answer(403, b"no"))
            return told[-1]

    listener = server.Listener(("127.0.0.1", 0), server.Connection)
    listener.cloud = Polite()  # type: ignore[assignment]
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    try:
        kept = http.client.HTTPConnection("127.0.0.1", listener.server_port)
        kept.request("GET", "/known")
        assert kept.getresponse().read() == b""
        idle = socket.create_connection(("127.0.0.1", listener.server_port), timeout=60)
        assert idle.recv(1) == b""
        idle.close()
        assert kept.sock is not None
        kept.request("GET", "/known")
        assert kept.getresponse().status == 200
        kept.close()
    finally:
        listener.shutdown()
        listener.server_close()


def test_a_client_whose_first_answer_takes_long_was_cut_off_as_a_stranger(tmp_path: Path) -> None:
    (tmp_path / "simulator").mkdir(mode=0o700)
    sweep = server.Listener.service_actions

    class Slow:
        """A cloud that answers after strangers were looked for twice, a long time after the request came."""

        def handle(self, _method: str, _path: str, _headers: Any, read: Any) -> Answer:
            for heard in listener._strangers.values():
                heard.seconds += 3600
            sweep(listener)
            sweep(listener)
            return Answer(200, b"there")

    listener = server.Listener(("127.0.0.1", 0), server.Connection)
    listener.cloud = Slow()  # type: ignore[assignment]
    # Its own rounds, whenever they come, would find the client in the moment in which the server listens for the rest of the request.
    listener.service_actions = lambda: None  # type: ignore[method-assign]
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    try:
        client = http.client.HTTPConnection("127.0.0.1", listener.server_port, timeout=60)
        client.request("GET", "/first")
        assert client.getresponse().read() == b"there"
        client.close()
    finally:
        listener.shutdown()
        listener.server_close()


def test_of_many_who_ask_at_once_some_were_cut_off_before_their_answer(tmp_path: Path) -> None:
    (tmp_path / "simulator").mkdir(mode=0o700)
    everybody = threading.Barrier(many := 200)

    class Busy:
        """A cloud that answers nobody before everybody has asked."""

        def handle(self, _method: str, _path: str, _headers: Any, read: Any) -> Answer:
            everybody.wait(timeout=60)
            return Answer(200, b"there")

    listener = server.Listener(("127.0.0.1", 0), server.Connection)
    listener.cloud = Busy()  # type: ignore[assignment]
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    try:
        with ExitStack() as held:
            where = ("127.0.0.1", listener.server_port, 60)
            clients = [held.enter_context(closing(http.client.HTTPConnection(*where))) for _ in range(many)]
            assert [client.request("GET", "/") for client in clients]
            assert [client.getresponse().read() for client in clients] == [b"there"] * many
    finally:
        listener.shutdown()
        listener.server_close()


def test_the_time_of_a_stranger_stands_still_while_they_are_answered_and_does_not_begin_anew() -> None:
    heard = server._Heard(time.monotonic() - server._STRANGER_SECONDS)
    assert heard.over
    heard.turn(ours=True)
    assert not heard.over
    assert heard.seconds >= server._STRANGER_SECONDS
    heard.turn(ours=False)
    assert heard.over


def test_a_server_that_does_not_answer_is_not_taken_for_another_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_ANSWER_SECONDS", 0.2)
    with simulated_cloud(tmp_path) as cloud:
        os.kill(cloud.pid, signal.SIGSTOP)
        try:
            with pytest.raises(
                SimulatorError, match=rf"process {cloud.pid}\) but cannot be used: .*timed out"
            ) as raised:
                process.ensure(tmp_path)
        finally:
            os.kill(cloud.pid, signal.SIGCONT)
        assert "server.log" in raised.value.hint
        monkeypatch.setattr(process, "_ANSWER_SECONDS", 5.0)
        assert process.ensure(tmp_path) == cloud


def test_a_command_waits_for_a_server_that_is_ending(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with simulated_cloud(tmp_path):
        process.stop(tmp_path)
        ending = (tmp_path / "simulator" / "serving").open()
        fcntl.flock(ending, fcntl.LOCK_EX)
        monkeypatch.setattr(process.time, "sleep", lambda _seconds: ending.close())
        assert process.ensure(tmp_path).client("ec2").describe_vpcs()["Vpcs"]


@GENUINE
def test_a_command_waits_for_a_killed_server_that_is_still_going(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process of that size takes a moment to die, and its address is still written down."""
    with simulated_cloud(tmp_path) as cloud:
        os.kill(cloud.pid, signal.SIGKILL)
        going = (tmp_path / "simulator" / "serving").open()
        fcntl.flock(going, fcntl.LOCK_EX)
        monkeypatch.setattr(process.time, "sleep", lambda _seconds: going.close())
        assert process.ensure(tmp_path).client("ec2").describe_vpcs()["Vpcs"]
