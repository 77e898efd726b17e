"""Somebody without any experience gets from the first failure to a running machine by following only what is printed."""

import contextlib
import io
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from soundstage.cli.main import main
from soundstage.providers.aws import boto3_calls, light
from soundstage.simulator import process
from soundstage.simulator.faultrules import FaultRule
from soundstage.stacks.deployment import open_project
from soundstage.stacks.preflight import run as preflight
from soundstage.stacks.preflight.checks import Situation, all_checks
from soundstage.stacks.preflight.finding import Verdict

PROJECT = "project: teaser\nworkstations:\n  edit-1: {for: editing}\n"
LONGEST_CHAIN = 13
"""Calls that wait for each other, of 0.2 s each: with what this machine computes they must not take three seconds."""
Say = Callable[[str], tuple[int, str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("doctor")
    (place / "projects").mkdir()
    (place / "projects" / "teaser.yaml").write_text(PROJECT)
    yield place
    process.stop(place / "home", save=False)


@pytest.fixture
def say(folder: Path, soundstage_home: Path, monkeypatch: pytest.MonkeyPatch) -> Say:
    monkeypatch.setenv("SOUNDSTAGE_HOME", str(folder / "home"))
    monkeypatch.chdir(folder)

    def typed(line: str) -> tuple[int, str]:
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            code = main(shlex.split(line.removeprefix("workstation ")))
        return code, out.getvalue()

    return typed


def printed_command(text: str, holding: str = "") -> str:
    """The first command of ours that the text names."""
    return next(one for one in re.findall(r"`(workstation [^`]+)`", " ".join(text.split())) if holding in one)


def test_checks_wait_for_few_answers_one_after_another(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0

    def counted(before: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            nonlocal calls
            calls += 1
            return before(*arguments, **named)

        return call

    deployment = open_project("teaser")
    monkeypatch.setattr(boto3_calls, "asked", counted(boto3_calls.asked))
    monkeypatch.setattr("soundstage.stacks.clouds.aws.calls.asked", boto3_calls.asked)
    monkeypatch.setattr(light, "send", counted(light.send))
    caller = deployment.cloud.facts.caller()
    preview = deployment.preview()
    before = calls
    at = Situation(deployment, caller, preview.plan, preview.studio_plan, is_whole=True)
    each = {}
    for one in all_checks(deployment.cloud.quotas.kinds, {}):
        calls = 0
        found = preflight._look(one, at)
        assert [each.verdict for each in found] == [Verdict.PASSED], one.name
        each[one.name] = calls
    assert before + max(each.values()) <= LONGEST_CHAIN, (before, each)
    assert each["permissions"] <= 2, "an administrator is asked about in two rounds at most"


def test_from_quota_zero_to_a_running_machine_by_what_is_printed(say: Say) -> None:
    assert say("simulator quotas --new-account --granted-after 0.3")[0] == 0
    code, text = say("up teaser --yes")
    assert code == 4
    assert "8 needed, 0 allowed (quota L-DB2E81BA)" in text
    code, text = say("doctor teaser")
    assert code == 4
    code, text = say(printed_command(text, "doctor"))
    assert "--watch" in text or "is granted" in text or code == 0
    code, text = say("doctor teaser --watch") if code else (code, text)
    assert code == 0, text
    code, text = say(f"{printed_command(text)} --yes")
    assert code == 0, text
    assert "edit-1 is ready" in text


def test_a_quota_that_was_lowered_in_the_middle_refuses_clearly_and_goes_on(say: Say) -> None:
    """The checks passed, and then the account allows less: the launch is refused, and what to do is said."""
    assert say("simulator quotas --usual")[0] == 0
    assert say("down teaser --yes")[0] == 0
    with _lowered_after_the_checks():
        code, text = say("up teaser --yes")
    assert code == 1
    assert "quota" in text
    code, text = say("doctor teaser")
    assert code == 4
    assert "8 needed, 0 allowed" in text
    assert say("simulator quotas --usual")[0] == 0
    assert say("up teaser --yes")[0] == 0


@contextlib.contextmanager
def _lowered_after_the_checks() -> Iterator[None]:
    from soundstage.stacks import deployment

    with pytest.MonkeyPatch.context() as patch:
        before = deployment.preflight.check

        def then_lowered(*arguments: Any) -> None:
            before(*arguments)
            assert main(["simulator", "quotas", "--set", "L-DB2E81BA=0"]) == 0

        patch.setattr(deployment.preflight, "check", then_lowered)
        yield


def test_a_token_that_expires_during_up_loses_nothing(say: Say, folder: Path) -> None:
    assert say("down teaser --yes")[0] == 0
    process.add_fault(folder / "home", FaultRule("ec2:RunInstances", "expired-credential"))
    code, text = say("up teaser --yes")
    assert code != 0
    assert "Sign in again and run the same command; it continues." in text
    process.clear_faults(folder / "home")
    code, text = say("up teaser --yes")
    assert code == 0, text


def test_a_check_that_is_denied_is_said_to_be_not_checked(say: Say, folder: Path) -> None:
    process.add_fault(folder / "home", FaultRule("iam:SimulatePrincipalPolicy", "denied", times=0))
    code, text = say("doctor teaser")
    process.clear_faults(folder / "home")
    assert code == 0
    assert re.search(r"not checked +permissions +these credentials may not ask", text)
    assert "Not checked: permissions." in text
