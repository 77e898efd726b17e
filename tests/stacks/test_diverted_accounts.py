"""A real account is asked nothing while any setting sends calls for AWS to somewhere else, and the place to mend is named."""

from pathlib import Path

import pytest

from soundstage.core.errors import PreflightRefused
from soundstage.engines.base import StackName
from soundstage.projectfile.spec import Studio
from soundstage.stacks.clouds.aws import account
from soundstage.stacks.clouds.aws.account import RealAws
from soundstage.stacks.clouds.aws.diverted import refuse_foreign
from soundstage.stacks.target import pulumi_engine

ELSEWHERE = "http://127.0.0.1:4566"
CONFIGS = {
    "default": (f"[default]\nendpoint_url = {ELSEWHERE}\n", "", "[default] of"),
    "profile": (f"[profile job]\nendpoint_url = {ELSEWHERE}\n", "job", "[profile job] of"),
    "services": (
        f"[profile job]\nservices = local\n[services local]\nec2 =\n  endpoint_url = {ELSEWHERE}\n",
        "job",
        "[services local], ec2, of",
    ),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_an_endpoint_in_the_configuration_file_passed_for_aws(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, profile, place = CONFIGS[name]
    file = tmp_path / "config"
    file.write_text(text)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    if profile:
        monkeypatch.setenv("AWS_PROFILE", profile)
    for ask in (lambda: RealAws("eu-west-1", None).account_id, lambda: RealAws("eu-west-1", None).client("ec2")):
        with pytest.raises(PreflightRefused) as refused:
            ask()
        assert f"endpoint_url in {place} {file} sends calls for AWS to {ELSEWHERE}" in refused.value.message
        assert "AWS_PROFILE" in refused.value.hint


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL_S3", "AWS_S3_ENDPOINT", "TF_AWS_STS_ENDPOINT"])
def test_the_genuine_engine_is_not_started_while_its_plugin_would_ask_elsewhere(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, ELSEWHERE)
    monkeypatch.setattr("soundstage.engines.pulumi.command.require", lambda _home: None)
    with pytest.raises(PreflightRefused, match=f"{variable} sends calls"):
        pulumi_engine(RealAws("eu-west-1", None), StackName.of_project("teaser"), Studio(studio="home"))


def test_another_profiles_endpoint_is_none_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "config"
    file.write_text(f"[default]\nregion = eu-west-1\n[profile lab]\nendpoint_url = {ELSEWHERE}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    RealAws("eu-west-1", None).refuse_diverted()


@pytest.mark.parametrize(
    ("service", "region"), [("ec2", "eu-west-1"), ("s3", "us-east-1"), ("iam", "cn-north-1"), ("sts", "us-gov-west-1")]
)
def test_the_hosts_of_aws_are_known_in_every_partition(
    service: str, region: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import boto3

    refuse_foreign(boto3.Session("a", "b").client(service, region))
    monkeypatch.setenv("AWS_USE_DUALSTACK_ENDPOINT", "true")
    refuse_foreign(boto3.Session("a", "b").client("ec2", "eu-west-1"))


def test_an_endpoint_that_no_setting_explains_is_refused_as_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = RealAws("eu-west-1", None)
    monkeypatch.setattr(account, "refuse_diverted", lambda _session, _environment: None)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://sts.amazonaws.com.example")
    with pytest.raises(PreflightRefused, match=r"would go to https://sts\.amazonaws\.com\.example, which is not AWS"):
        _ = cloud.account_id
