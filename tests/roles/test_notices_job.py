"""The job that sends notices holds exactly what `workstation permissions --for notices` prints, on an account that enforces it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from soundstage.core.errors import CloudError
from soundstage.simulator import process
from soundstage.stacks.account.operator_policy import LONGEST, documents, length
from soundstage.stacks.notices.happened import happened
from soundstage.stacks.notices.notice import Notice
from soundstage.stacks.notices.of_studio import topic_of, ways_of
from soundstage.stacks.notices.remembered import Remembered
from soundstage.stacks.notices.sending import send

PROJECT = "project: teaser\nworkstations:\n  edit-1: {for: editing}\nbudget: {monthly_usd: 900}\n"
ADDRESS = "https://hooks.slack.com/services/secret"


def test_the_job_does_its_work_with_exactly_the_printed_policy_and_reaches_nothing_else(
    studio: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOUNDSTAGE_HOME", str(tmp_path / "home"))
    (tmp_path / "studio.yaml").write_text("studio: northlight\nalert_emails: [a@example.com]\n")
    project = tmp_path / "teaser.yaml"
    project.write_text(PROJECT)
    studio.open(project).up()
    policies = documents(studio.permissions(project, "notices"))
    assert max(map(length, policies)) <= LONGEST
    job = studio.person("notices", policies)
    process.set_enforcement(studio.home, True)
    deployment = studio.open(project, job)
    home, port = deployment.home, deployment.home.cloud.notices
    port.keep_webhook("northlight", topic_of(home), ADDRESS)
    ways = ways_of(home)
    assert ways.address == ADDRESS
    assert list(port.readers(ways.topic)) == ["a@example.com"]
    assert happened(deployment, port, datetime(2026, 11, 26, tzinfo=UTC)) == []
    taken: list[bytes] = []
    quiet = type(ways)(ways.studio, port, ways.topic, ways.address, None, lambda _, body: taken.append(body))
    sent = send(quiet, [Notice("bake", "bake:1", "a bake failed")], Remembered(), datetime(2026, 11, 26, tzinfo=UTC))
    assert (sent.by_email, sent.by_chat, len(taken)) == ("", "", 1)
    port.keep_webhook("northlight", ways.topic, "")
    assert port.webhook("northlight") == ""

    with pytest.raises(CloudError, match="sns:Publish"):
        port.publish(ways.topic.replace("northlight", "southlight"), "s", "t")
    with pytest.raises(CloudError, match="ssm:GetParameter"):
        port.webhook("southlight")
    machine = deployment.machines()[0].instance_id
    for service, method, arguments in (
        ("ec2", "stop_instances", {"InstanceIds": [machine]}),
        ("ssm", "put_parameter", {"Name": "/soundstage/x", "Value": "x", "Type": "String"}),
        ("logs", "get_log_events", {"logGroupName": "/soundstage-studio/northlight/trail", "logStreamName": "x"}),
    ):
        with pytest.raises(ClientError, match="not authorized"):
            getattr(job.client(service), method)(**arguments)
