"""The two engines do the same on the simulated Google Cloud: plans, steps, outputs and records, with components of every kind."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.parity.contents import settled
from tests.parity.test_engines_agree import STACK, steps_of, told

from soundstage.core.clouds import CLOUDS
from soundstage.core.values import masked
from soundstage.engines.base import Engine, Event
from soundstage.engines.embedded.engine import EmbeddedEngine
from soundstage.engines.pulumi.command import require
from soundstage.engines.pulumi.engine import PulumiEngine
from soundstage.engines.pulumi.plugin_home import install_launcher
from soundstage.projectfile.spec import State
from soundstage.providers.gcp import PACKAGE
from soundstage.providers.gcp.provider import GoogleProvider
from soundstage.providers.gcp.rest import called
from soundstage.simulator import process
from soundstage.simulator.gcp.clients import simulated_project
from soundstage.simulator.gcp.plugin import launcher
from soundstage.stacks.state.backend import backend_of

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
P, R, Z = process.GOOGLE_PROJECT, process.GOOGLE_REGION, f"{process.GOOGLE_REGION}-a"
IMAGE = "projects/ubuntu-os-cloud/global/images/ubuntu-2404-noble-amd64-v20261012"
SEEN = (
    ("compute.networks.list", {"project": P}),
    ("compute.subnetworks.list", {"project": P, "region": R}),
    ("compute.routes.list", {"project": P}),
    ("compute.networkFirewallPolicies.list", {"project": P}),
    ("compute.instances.list", {"project": P, "zone": Z}),
    ("compute.disks.list", {"project": P, "zone": Z}),
    ("compute.resourcePolicies.list", {"project": P, "region": R}),
    ("storage.buckets.list", {"project": P}),
    ("iam.projects.serviceAccounts.list", {"name": f"projects/{P}"}),
    ("pubsub.projects.topics.list", {"project": f"projects/{P}"}),
)


@pytest.fixture(scope="module")
def google_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("google")
    process.ensure(home, process.GOOGLE_FRONT)
    try:
        yield home
    finally:
        process.stop(home, save=False)


def embedded(folder: Path, home: Path) -> Engine:
    account = simulated_project(process.ensure(home, process.GOOGLE_FRONT))
    return EmbeddedEngine(STACK, folder, lambda retry: GoogleProvider(account, R, retry), "simulated-gcp")


def genuine(folder: Path, home: Path) -> Engine:
    install_launcher(folder / "plugins", PACKAGE, launcher(home))
    backend = backend_of(State(), folder / "backend", folder, process.ensure(home, process.GOOGLE_FRONT).environment())
    return PulumiEngine(STACK, folder / "stack", folder / "plugins", require(folder), backend, CLOUDS["simulated-gcp"])


def program(**other: Any) -> None:
    """A network, a key, a bucket and a machine; `other` are arguments of the machine."""
    import pulumi
    from pulumi_gcp import Provider

    from soundstage.components import gcp

    here = pulumi.ResourceOptions(providers=[Provider("gcp", project=P, region=R)])
    whose = {"studio": "home", "project": "teaser"}
    key = gcp.EncryptionKey("disks", {"description": "d", "used_by": ["compute"], "keep": False, **whose}, here)  # type: ignore[typeddict-item]
    network = gcp.StudioNetwork("teaser", {**whose, "zone": "io", "nat": True, "windows": True}, here)  # type: ignore[typeddict-item]
    bucket = gcp.MediaBucket("teaser", {**whose, "keep": False}, here)  # type: ignore[typeddict-item]
    machine = gcp.Workstation(
        "teaser-edit-1",
        {  # type: ignore[typeddict-item]
            **whose,
            "workstation": "edit-1",
            "user": "ana",
            "role": "editing",
            "people": ["user:ana@studio.example"],
            "availability_zone": Z,
            "subnet_id": network.subnet_ids[0],
            "key_id": key.key_id,
            "image": IMAGE,
            "bucket_name": bucket.bucket_name,
            "hours": {"days": ["MON", "TUE"], "start": "09:00", "stop": "19:00", "timezone": "Europe/Lisbon"},
            "data_gib": 100,
            "keep": False,
            **other,
        },
        here,
    )
    pulumi.export("account", machine.service_account_email)


ASSET = "4dabf18193072939515e22adb298388d"


def _plain(node: Any) -> Any:
    """A plan without what the genuine engine does not say: what is in assets, and on what something leaned that is to be deleted."""
    if isinstance(node, list) and len(node) > 4 and node[1] == "delete":
        node = [*node[:4], [], *node[5:]]
    if isinstance(node, dict):
        return "an asset" if ASSET in node else {key: _plain(item) for key, item in node.items()}
    return [_plain(item) for item in node] if isinstance(node, list) else node


def play(engine: Engine, home: Path, verb: str, what: Callable[[], None] | None) -> dict[str, Any]:
    """Do one step and tell all that can be seen of it."""
    events: list[Event] = []
    seen: dict[str, Any] = {}
    if verb in ("preview", "look") and what:
        plan = engine.preview(what, on_event=events.append, refresh=verb == "look")
        seen = {"plan": _plain(told(plan)), "outputs": settled(masked(plan.outputs))}
    elif verb == "up" and what:
        result = engine.up(what, on_event=events.append)
        seen = {"counts": result.counts, "outputs": settled(masked(result.outputs))}
    elif verb == "refresh":
        seen = {"plan": _plain(told(engine.refresh(on_event=events.append)))}
    elif verb == "destroy":
        seen = {"counts": engine.destroy(on_event=events.append).counts}
    if verb not in ("preview", "look"):
        seen["steps"] = steps_of(events)
    account = simulated_project(process.ensure(home, process.GOOGLE_FRONT))
    seen["cloud"] = {name: _names(called(account, name, asked)) for name, asked in SEEN}
    seen["record"] = _plain(told(engine.resources()))
    return seen


def _names(answer: Any) -> Any:
    """The names and labels of what a list holds, with the digits of chance taken out."""
    found = next((each for each in answer.values() if isinstance(each, list)), [])
    return settled([[str(one["name"])[:-7], one.get("labels"), one.get("machineType", "")[-14:]] for one in found])


def test_a_project_of_google_cloud_comes_up_is_changed_and_goes_in_the_same_way(
    google_home: Path, tmp_path: Path
) -> None:
    steps = (
        ("preview", program),
        ("up", program),
        ("look", program),
        ("preview", partial(program, size="large", people=[])),
        ("up", partial(program, size="large", people=[])),
        ("refresh", None),
        ("destroy", None),
    )
    seen = []
    for make in (embedded, genuine):
        process.reset(google_home)
        engine = make(tmp_path / make.__name__, google_home)
        seen.append([play(engine, google_home, *step) for step in steps])
    differing = [
        f"step {number} ({verb}): {about}: {_first(ours[about], theirs.get(about))}"
        for number, ((verb, _), ours, theirs) in enumerate(zip(steps, *seen, strict=True), start=1)
        for about in ours
        if ours[about] != theirs.get(about)
    ]
    assert differing == [], "\n".join(differing)


def _first(ours: Any, theirs: Any) -> Any:
    """Where two things that were seen begin to differ."""
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        return next(((a, b) for a, b in zip(ours, theirs, strict=True) if a != b), None)
    return ours, theirs
