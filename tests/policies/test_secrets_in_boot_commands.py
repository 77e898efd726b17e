"""What a studio adds to the boot script of a machine is judged, however the script is written and whoever made the plan."""

import base64
from typing import Any

import pytest
from tests.policies.test_plan_sources import SOURCES

from soundstage import policies
from soundstage.components.boot.facts import BootFacts
from soundstage.components.boot.script import boot_script
from soundstage.policies.example import plan_of
from soundstage.policies.sources import plan_from

EVERYWHERE = {
    "a name and a value": "DB_PASSWORD=hunter2hunter2",
    "a name and a value in quotes": "export DB_PASSWORD='hunter2hunter2'",
    "a name and a value in double quotes": 'DB_PASSWORD="hunter2hunter2"',
    "an option": "tool --password 'hunter22'",
    "a token": f"tool --login ghp_{'a' * 36}",
    "an address": "tool https://ana:hunter2@example.com",
}
WINDOWS = {
    "a plain password": "ConvertTo-SecureString 'hunter22' -AsPlainText -Force",
    "a plain password in double quotes": 'ConvertTo-SecureString "hunter22" -AsPlainText -Force',
    "a variable": "$Password = 'hunter2hunter2'",
    "a variable in double quotes": '$Password = "hunter2hunter2"',
    "a variable of the environment": "if ($True) { $env:API_KEY = 'hunter2hunter2' }",
    "a user": "net user ana hunter2hunter2 /add",
    "a user, quoted": "net user ana 'hunter2hunter2' /add",
    "a user, in double quotes": 'net user ana "hunter2hunter2" /add',
}
HARMLESS = (
    "$Password = ''",
    "$Password = Get-Content 'C:/licence.txt'",
    "$Password = (Get-SECSecretValue -SecretId 'teaser/licence').SecretString",
    "$Token = '%TOKEN%'",
    "net user ana $Password /add",
    "net user ana '' /add",
    'net user ana "$Password" /add',
    "net user ana /delete",
    "Write-Host 'The password comes later; see ''help'' for more'",
)


def script(os: str, command: str) -> str:
    facts = BootFacts("teaser", "edit-1", "ana", "studio", "session", commands=("echo 1", command, "echo 2"))
    return base64.b64encode(boot_script(os, facts)).decode()


def found(properties: dict[str, Any], source: str = "our plan", type: str = "aws:ec2/instance:Instance") -> list[str]:
    plan = plan_of({"machine": {"type": type, "properties": properties}})
    report = policies.run(plan_from(SOURCES[source](plan), "plan.json"))
    return [item.message for item in report.violations() if item.policy.id == "WS-04"]


@pytest.mark.parametrize("command", (EVERYWHERE | WINDOWS).values(), ids=(EVERYWHERE | WINDOWS).keys())
def test_a_secret_that_a_windows_script_packs_and_quotes_was_not_seen(command: str) -> None:
    packed = script("windows", command)
    assert "hunter" not in base64.b64decode(packed).decode()
    assert found({"userDataBase64": packed})


@pytest.mark.parametrize("command", EVERYWHERE.values(), ids=EVERYWHERE.keys())
def test_a_secret_that_a_linux_script_quotes_was_not_seen(command: str) -> None:
    assert found({"userDataBase64": script("linux", command)})


def test_a_secret_in_quotes_that_another_program_quoted_as_shells_do_is_seen() -> None:
    assert found({"userData": r"sh -c 'export DB_PASSWORD='\''hunter2hunter2'\'"})


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("os", ["linux", "windows"])
def test_a_secret_is_seen_in_a_plan_that_a_foreign_client_made(os: str, source: str) -> None:
    packed = script(os, EVERYWHERE["a name and a value"])
    assert found({"userDataBase64": packed}, source)
    assert found({"userData": packed}, source, "aws:ec2/launchTemplate:LaunchTemplate")


@pytest.mark.parametrize("source", SOURCES)
def test_a_secret_is_seen_in_a_windows_script_that_a_program_hands_over_unencoded(source: str) -> None:
    plain = base64.b64decode(script("windows", WINDOWS["a plain password"])).decode()
    assert found({"userData": plain}, source)


@pytest.mark.parametrize("command", HARMLESS)
def test_a_command_without_a_secret_is_not_complained_of(command: str) -> None:
    assert found({"userDataBase64": script("windows", command)}) == []
    assert found({"userData": f"<powershell>\n{command}\n</powershell>"}) == []
