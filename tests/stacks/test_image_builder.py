"""The machine that images are baked on, before anything is baked: what stops it, and what its network leaves open."""

import base64
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from soundstage.core.errors import PreflightRefused
from soundstage.engines.base import StackName
from soundstage.images.recipes import recipes
from soundstage.plan.plan import Plan
from soundstage.simulator.testing import simulated_cloud
from soundstage.stacks.clouds.aws.builders import first_account
from soundstage.stacks.clouds.aws.images import told_keys
from soundstage.stacks.images.builder import STACKS, Bakery, studio_in, zone_of
from soundstage.stacks.programs.aws.image_builder import LONGEST_HOURS, builder_program
from soundstage.stacks.programs.gcp.image_builder import builder_program as on_google
from soundstage.stacks.programs.programs import Site
from soundstage.stacks.studio_deployment import open_studio
from soundstage.stacks.target import engine_for
from soundstage.stacks.verdict import verdict

ACCEPTED = {
    "COST-01": "the studio's budget counts it",
    "NET-11": "it fetches packages; no port is open to it, and a gateway for address translation costs an hour's price each time",
    "NET-13": "no media pass through its network, which is gone within the hour",
    "WS-02": "its disk has the key that the studio's stack makes the account's default",
    "WS-10": "nobody sits at it: it stops by itself after a time instead",
}
"""What a studio's policies say of a builder that is as it is meant, and why."""


ACCEPTED_ON_GOOGLE = {
    **{id: ACCEPTED[id] for id in ("COST-01", "NET-13")},
    "WS-03": "it calls nothing of Google's: without an account there is nothing that a package it fetches could use",
}
"""The same on Google Cloud."""


@pytest.fixture
def bakery(tmp_path: Path, soundstage_home: Path) -> Iterator[Bakery]:
    (tmp_path / "studio.yaml").write_text("studio: northlight\nalert_emails: [a@example.com]\n")
    with simulated_cloud(soundstage_home):
        yield Bakery(open_studio(str(tmp_path / "studio.yaml")), "eu-west-1", None)


def plan_of(bakery: Bakery, name: str) -> Plan:
    recipe = recipes(bakery.studio.path).named(name)
    shared = studio_in(bakery, {bakery.region})
    engine = engine_for(bakery.cloud, StackName(STACKS, f"{name}.{bakery.region}"), bakery.studio.studio)
    zone = zone_of(bakery.cloud, recipe)
    site = Site("northlight", None, bakery.region, zone, shared, "ssh-ed25519 AAAA")
    return engine.preview(builder_program(recipe, site))


def user_data(plan: Plan) -> Any:
    (machine,) = plan.of_type("aws:ec2/instance:Instance")
    return base64.b64decode(machine.inputs["userDataBase64"]).decode()


def test_a_builder_whose_bake_was_killed_ran_until_somebody_saw_the_bill(bakery: Bakery) -> None:
    linux = yaml.safe_load(user_data(plan_of(bakery, "edit-linux")))
    assert linux["bootcmd"] == [["systemd-run", f"--on-active={LONGEST_HOURS}h", "systemctl", "poweroff"]]
    assert f"shutdown /s /t {LONGEST_HOURS * 3600}\n" in user_data(plan_of(bakery, "edit-windows"))
    assert all(recipe.bake_minutes <= 60 * (LONGEST_HOURS - 1) for recipe in recipes(None).by_name.values())


def test_a_builder_with_windows_never_told_its_host_key(bakery: Bakery) -> None:
    """AWS shows on the console of Windows what its launch agent says, and no key: every bake ended after a quarter of an hour. What the script
    writes to the first serial port is what is looked for there."""
    script = user_data(plan_of(bakery, "edit-windows"))
    begins, ends = re.search(r"\$told = @\('(.+?)'\) \+ \$keys \+ '(.+?)'\n", script).groups()  # type: ignore[union-attr]
    assert re.findall(r"Get-Content (\S+?)\)", script) == [r"C:\ProgramData\ssh\ssh_host_*_key.pub"]
    assert "System.IO.Ports.SerialPort COM1" in script
    written = f"<RDPCERTIFICATE-THUMBPRINT>0\r\n{begins}\r\nssh-ed25519 AAAA system@builder\r\n{ends}\r\n"
    assert told_keys(written) == ("ssh-ed25519 AAAA",)
    assert script.index("Start-Service sshd") < script.index("shutdown /s") < script.index("$told = ")


def test_a_builder_with_windows_told_no_key_where_sshd_had_not_made_them_yet(bakery: Bakery) -> None:
    """sshd says that it runs and makes its keys then; they were read once, just after, and what was told between the marks was nothing."""
    script = user_data(plan_of(bakery, "edit-windows"))
    loop = script[script.index("foreach ($try in ") :]
    order = ("Get-Content ", "-match '^ssh-ed25519 '", "throw ", ".Open()", ".Write(", "break", "Start-Sleep")
    assert sorted(order, key=loop.index) == list(order)
    assert script.count("Get-Content ") == 1
    assert told_keys("-----BEGIN SSH HOST KEY KEYS-----\r\n-----END SSH HOST KEY KEYS-----\r\n") == ()


def test_a_builder_whose_image_brings_no_agent_could_not_be_entered(bakery: Bakery) -> None:
    rocky = yaml.safe_load(user_data(plan_of(bakery, "edit-rocky")))
    assert rocky["user"] == {"name": first_account("redhat")}
    (install, enable) = rocky["runcmd"]
    assert install[-1].startswith("https://s3.eu-west-1.amazonaws.com/amazon-ssm-eu-west-1/")
    assert enable[-1] == "amazon-ssm-agent"
    assert "runcmd" not in yaml.safe_load(user_data(plan_of(bakery, "edit-linux")))


def test_a_studio_s_policies_have_nothing_against_a_builder_but_what_is_argued(bakery: Bakery) -> None:
    report = verdict(plan_of(bakery, "edit-linux"), None, "studio").report
    assert {finding.policy.id for finding in report.violations(mandatory=True)} == set(ACCEPTED)


@pytest.fixture
def google(tmp_path: Path, soundstage_home: Path) -> Iterator[Bakery]:
    text = "studio: northlight\nhome_region: europe-west4\nalert_emails: [a@example.com]\n"
    (tmp_path / "studio.yaml").write_text(text)
    with simulated_cloud(soundstage_home):
        yield Bakery(open_studio(str(tmp_path / "studio.yaml"), cloud="simulated-gcp"), "europe-west4", None)


def test_a_builder_on_google_cloud_is_closed_may_do_nothing_and_is_stopped_by_google(google: Bakery) -> None:
    recipe = google.recipe("edit-linux")
    shared = studio_in(google, {google.region})
    engine = engine_for(google.cloud, StackName(STACKS, f"edit-linux.{google.region}"), google.studio.studio)
    site = Site("northlight", None, google.region, zone_of(google.cloud, recipe), shared, "")
    plan = engine.preview(on_google(recipe, site))
    (machine,) = (one.inputs for one in plan.of_type("gcp:compute/instance:Instance"))
    assert machine["guestAccelerators"] == [{"type": "nvidia-l4-vws", "count": 1}]
    assert "serviceAccount" not in machine
    assert "accessConfigs" not in machine["networkInterfaces"][0]
    assert machine["scheduling"]["maxRunDuration"] == {"seconds": LONGEST_HOURS * 3600}
    assert "/keyRings/northlight-disks-europe-west4-ring" in machine["bootDisk"]["kmsKeySelfLink"]
    report = verdict(plan, None, "studio").report
    assert {finding.policy.id for finding in report.violations(mandatory=True)} == set(ACCEPTED_ON_GOOGLE)
    # A studio that came up before it had keys for images is told what to do.
    with pytest.raises(PreflightRefused, match="has no key for disks in europe-west4") as refused:
        on_google(recipe, replace(site, shared=replace(shared, disk_keys=None)))
    assert "`workstation studio up`" in refused.value.hint
