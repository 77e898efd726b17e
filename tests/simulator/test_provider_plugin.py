"""The provider as the genuine engine's plugin: its answers, its refusals, and a whole life under the engine itself."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2, status_pb2

from soundstage.core.errors import CloudError, HalfMade, UsageError
from soundstage.core.values import UNKNOWN, Secret, from_struct, to_struct
from soundstage.providers.aws import PACKAGE
from soundstage.providers.aws.provider import AwsProvider
from soundstage.simulator import plugin
from soundstage.simulator.aws import plugin as aws_plugin
from soundstage.simulator.process import Endpoint

URN = "urn:pulumi:dev::test::soundstage:aws:StudioNetwork$aws:ec2/vpc:Vpc::net"


class Aborted(Exception):
    """What gRPC raises on the server's side when a call is ended with a failure."""


class Context:
    """The part of a gRPC context that the plugin uses."""

    message = ""
    trailing: tuple[tuple[str, bytes], ...] = ()

    def set_trailing_metadata(self, metadata: tuple[tuple[str, bytes], ...]) -> None:
        self.trailing = metadata

    def abort(self, _code: Any, message: str) -> None:
        self.message = message
        raise Aborted(message)


class Failing:
    """A provider whose every call fails with the exception it is given."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, _name: str) -> Any:
        def fail(*_arguments: Any) -> Any:
            raise self._error

        return fail


class Nowhere:
    account_id = "123456789012"

    def client(self, service: str, region: str | None = None) -> Any:
        raise AssertionError(f"{service} was asked in {region}")


@pytest.fixture
def served() -> plugin.Plugin:
    return plugin.Plugin(PACKAGE, lambda _region, _tell: AwsProvider(Nowhere(), "eu-west-1"), print)


def test_a_previewed_create_knows_its_inputs_and_nothing_that_the_cloud_decides(served: plugin.Plugin) -> None:
    request = provider_pb2.CreateRequest(urn=URN, properties=to_struct({"cidrBlock": "10.0.0.0/20"}), preview=True)
    properties = from_struct(served.Create(request, Context()).properties)
    assert properties["cidrBlock"] == "10.0.0.0/20"
    assert properties["arn"] is UNKNOWN


def test_a_difference_says_which_property_replaces(served: plugin.Plugin) -> None:
    request = provider_pb2.DiffRequest(
        urn=URN,
        id="vpc-1",
        old_inputs=to_struct({"cidrBlock": "10.0.0.0/20", "tags": {"a": "1"}}),
        news=to_struct({"cidrBlock": "10.1.0.0/20", "tags": {"a": "2", "b": "3"}}),
    )
    response = served.Diff(request, Context())
    assert list(response.replaces) == ["cidrBlock"]
    assert {path: diff.kind for path, diff in response.detailedDiff.items()} == {
        "cidrBlock": provider_pb2.PropertyDiff.UPDATE_REPLACE,
        "tags.a": provider_pb2.PropertyDiff.UPDATE,
        "tags.b": provider_pb2.PropertyDiff.ADD,
    }


def test_a_wrong_input_is_a_failure_of_its_property(served: plugin.Plugin) -> None:
    request = provider_pb2.CheckRequest(urn=URN, news=to_struct({"cidr": "10.0.0.0/20"}), randomSeed=b"seed")
    assert [failure.property for failure in served.Check(request, Context()).failures] == ["cidr"]


def test_a_secret_stays_one_on_the_wire(served: plugin.Plugin) -> None:
    urn = "urn:pulumi:dev::test::aws:ssm/parameter:Parameter::p"
    news = to_struct({"type": "SecureString", "value": Secret("hush")})
    checked = served.Check(provider_pb2.CheckRequest(urn=urn, news=news, randomSeed=b"seed"), Context())
    assert from_struct(checked.inputs)["value"] == Secret("hush")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (UsageError("No such type.", "Use another."), "No such type.\nUse another."),
        (CloudError("ec2:CreateVpc failed: no (Denied)", action="ec2:CreateVpc"), "ec2:CreateVpc failed: no (Denied)"),
        (ValueError("odd"), "The simulated cloud's provider failed: ValueError: odd"),
    ],
)
@pytest.mark.parametrize("method", ["Check", "Diff", "Create", "Read", "Update", "Delete"])
def test_every_failure_is_a_sentence_and_no_traceback(method: str, error: Exception, words: str) -> None:
    failing: Any = Failing(error)
    served, context = plugin.Plugin(PACKAGE, lambda _region, _tell: failing, print), Context()
    requests = {"Check": provider_pb2.CheckRequest, "Diff": provider_pb2.DiffRequest}
    request = requests.get(method, getattr(provider_pb2, f"{method}Request"))(urn=URN)
    with pytest.raises(Aborted):
        getattr(served, method)(request, context)
    assert context.message == words


@pytest.mark.parametrize("method", ["Create", "Update"])
def test_what_was_left_in_the_middle_is_told_with_its_id_so_that_it_is_kept(method: str) -> None:
    refused = CloudError("ec2:CreateTags failed: no (Denied)", "Ask for it.")
    failing: Any = Failing(HalfMade(refused, "vpc-1", {"id": "vpc-1", "arn": "arn:vpc-1", "key": Secret("hush")}))
    served, context = plugin.Plugin(PACKAGE, lambda _region, _tell: failing, print), Context()
    with pytest.raises(Aborted):
        getattr(served, method)(getattr(provider_pb2, f"{method}Request")(urn=URN), context)
    ((name, content),) = context.trailing
    assert name == "grpc-status-details-bin"
    (detail,) = status_pb2.Status.FromString(content).details
    kept = provider_pb2.ErrorResourceInitFailed()
    assert detail.Unpack(kept)
    assert kept.id == "vpc-1"
    assert list(kept.reasons) == ["ec2:CreateTags failed: no (Denied)\nAsk for it."]
    assert from_struct(kept.properties) == {"arn": "arn:vpc-1", "key": Secret("hush")}


def test_the_launcher_serves_one_state_folder_only(tmp_path: Path) -> None:
    hostile = tmp_path / "o'brien\n#"
    lines = aws_plugin.launcher(hostile).splitlines()
    assert lines[0].startswith("#!")
    assert repr(str(hostile)) in aws_plugin.launcher(hostile)
    compile("\n".join(lines[1:]), "launcher", "exec")


_ENGINE = """
import socket, subprocess, sys
listener = socket.create_server(("127.0.0.1", 0))
address = f"127.0.0.1:{listener.getsockname()[1]}"
plugin = subprocess.Popen([sys.argv[1], address], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
print(plugin.pid, plugin.stdout.readline().strip(), flush=True)
sys.stdin.read()
"""
"""Stands for the engine: it listens, starts the plugin, and says its process and port."""


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    # Whoever adopted it may not have asked for its end yet.
    if not Path("/proc/self").exists():
        return True
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _ends(process: int, seconds: float = 60.0) -> bool:
    deadline = time.monotonic() + seconds
    while _is_alive(process):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _launcher(folder: Path, home: Path) -> Path:
    launcher = folder / "launcher"
    launcher.write_text(aws_plugin.launcher(home))
    launcher.chmod(0o755)
    return launcher


def test_the_plugin_does_not_outlive_an_engine_that_is_killed(tmp_path: Path) -> None:
    launcher = _launcher(tmp_path, tmp_path)
    program = [sys.executable, "-c", _ENGINE, str(launcher)]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as engine:
        assert engine.stdout
        process, port = map(int, engine.stdout.readline().split())
        socket.create_connection(("127.0.0.1", port)).close()
        assert _is_alive(process)
        engine.kill()
    assert _ends(process)


def test_the_plugin_does_not_outlive_an_engine_that_ended_while_the_plugin_started(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
    command = [str(_launcher(tmp_path, tmp_path)), address]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=60)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_engine_that_ended_the_plugin_showed_its_traceback_as_a_fault_of_the_plugin(
    number: signal.Signals, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = [str(_launcher(tmp_path, tmp_path)), f"127.0.0.1:{listener.getsockname()[1]}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
            assert running.stdout
            socket.create_connection(("127.0.0.1", int(running.stdout.readline()))).close()
            running.send_signal(number)
            assert running.communicate(timeout=60) == ("", "")
    assert running.returncode == 0


_PROGRAM = """
import json, pathlib, sys
import pulumi, pulumi_aws as aws
from pulumi import automation

colour = ["green"]

def program():
    network = aws.ec2.Vpc("net", cidr_block="10.1.0.0/20", tags={"colour": colour[0]})
    aws.ec2.Subnet("sub", vpc_id=network.id, cidr_block="10.1.0.0/24")
    aws.s3.Bucket("media", force_destroy=True)
    secret = aws.ssm.Parameter("secret", type="SecureString", value=pulumi.Output.secret("hush-hush"))
    pulumi.export("account", aws.get_caller_identity().account_id)
    pulumi.export("network", network.id)
    pulumi.export("secret", secret.value)

stack = automation.create_or_select_stack("dev", "test", program)
stack.set_config("aws:region", automation.ConfigValue("eu-central-1"))
said = {}
said["preview"] = dict(stack.preview().change_summary)
first = stack.up()
said["up"] = first.summary.resource_changes
said["outputs"] = {key: value.value for key, value in first.outputs.items()}
said["secret"] = first.outputs["secret"].secret
said["kept"] = [file.read_text() for file in pathlib.Path(sys.argv[1]).rglob("dev.json")]
said["again"] = stack.up().summary.resource_changes
said["refresh"] = stack.refresh().summary.resource_changes
colour[0] = "blue"
said["changed"] = stack.up().summary.resource_changes
said["destroy"] = stack.destroy().summary.resource_changes
print(json.dumps(said))
"""


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pulumi") is None, reason="the genuine pulumi command is not on PATH")
def test_the_genuine_engine_brings_a_stack_up_and_down(
    cloud: Endpoint, cloud_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_BACKEND_URL": f"file://{tmp_path}",
        "PULUMI_CONFIG_PASSPHRASE": "test",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    launcher, program = tmp_path / "launcher", tmp_path / "program.py"
    launcher.write_text(aws_plugin.launcher(cloud_home))
    launcher.chmod(0o755)
    program.write_text(_PROGRAM)
    install = ["pulumi", "plugin", "install", "resource", "aws", PACKAGE.version, "--file", str(launcher)]
    subprocess.run(install, check=True, capture_output=True, timeout=60)
    ran = subprocess.run(
        [sys.executable, str(program), str(tmp_path)],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        cwd=tmp_path,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    said = json.loads(ran.stdout)
    assert said["preview"] == {"create": 5}
    assert said["up"] == {"create": 5}
    assert said["outputs"]["account"] == cloud.account_id
    assert said["outputs"]["network"].startswith("vpc-")
    assert said["secret"]
    assert said["kept"]
    assert not any("hush-hush" in text for text in said["kept"])
    assert said["again"] == {"same": 5}
    assert said["refresh"] == {"same": 5}
    assert said["changed"] == {"same": 4, "update": 1}
    assert said["destroy"] == {"delete": 5}


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pulumi") is None, reason="the genuine pulumi command is not on PATH")
def test_no_plugin_is_left_by_a_genuine_engine_whose_output_nobody_reads(
    cloud: Endpoint,
    cloud_home: Path,
    tmp_path: Path,
) -> None:
    settings = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_BACKEND_URL": f"file://{tmp_path}",
        "PULUMI_CONFIG_PASSPHRASE": "test",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }
    project = tmp_path / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text(
        "name: test\nruntime: yaml\nresources:\n"
        + "".join(f"  b{n}: {{type: 'aws:s3:Bucket', properties: {{bucket: b-{n}-example}}}}\n" for n in range(40))
    )
    marker = tmp_path / "plugins"
    launcher = _launcher(tmp_path, cloud_home)
    lines = launcher.read_text().splitlines()
    note = f"import os; open({str(marker)!r}, 'a').write(f'{{os.getpid()}}\\n')"
    launcher.write_text("\n".join([lines[0], note, *lines[1:]]) + "\n")

    def pulumi(command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, shell=True, check=True, capture_output=True, text=True, timeout=120, cwd=project, env=settings
        )

    pulumi(f"pulumi plugin install resource aws {PACKAGE.version} --file {launcher}")
    pulumi("pulumi stack init dev")
    for _ in range(3):
        pulumi("pulumi preview --non-interactive | head -3")
    started = [int(line) for line in marker.read_text().split()]
    assert started
    assert [process for process in started if not _ends(process)] == []
