"""Every policy can be understood, is documented, and stands on references that exist."""

from pathlib import Path

import pytest

from soundstage.core.errors import UsageError
from soundstage.policies.catalogue import MODULES, catalogue, find
from soundstage.policies.frameworks import frameworks, supported
from soundstage.policies.pages import JUDGED_BY_THE_RUN, explain
from soundstage.policies.policy import AREAS, Level, Policy, Profile, Severity

ROOT = Path(__file__).resolve().parents[2]


def test_there_are_at_least_eighty_and_no_id_is_used_twice() -> None:
    listed = [item.id for module in MODULES for item in vars(module).values() if isinstance(item, Policy)]
    assert len(listed) == len(set(listed)) == len(catalogue()) >= 80


@pytest.mark.parametrize("id", catalogue())
def test_a_policy_tells_a_producer_why_and_an_engineer_how(id: str) -> None:
    policy = catalogue()[id]
    assert policy.id.partition("-")[0] in AREAS
    assert policy.why.endswith(".")
    assert policy.fix.endswith(".")
    assert not policy.title.endswith(".")
    assert set(policy.clouds) <= {"aws", "gcp"}
    assert policy.references
    for reference in supported(policy.references):
        framework, _, control = reference.partition(":")
        assert control in frameworks()[framework].controls, reference
        assert not frameworks()[framework].controls[control].manual, reference


@pytest.mark.parametrize("id", catalogue())
def test_profiles_only_grow_stricter(id: str) -> None:
    policy = catalogue()[id]
    strictness = [policy.levels[profile] is Level.MANDATORY for profile in Profile]
    assert strictness == sorted(strictness)
    if policy.levels[Profile.BASELINE] is Level.MANDATORY:
        assert policy.severity in (Severity.CRITICAL, Severity.HIGH)


def test_every_policy_has_examples_and_no_example_is_left_over() -> None:
    files = {path.stem for path in (ROOT / "policies" / "examples").glob("*-*.yaml")}
    assert files == set(catalogue()) - set(JUDGED_BY_THE_RUN)


def test_every_control_that_is_not_manual_has_a_policy() -> None:
    used = {reference for policy in catalogue().values() for reference in supported(policy.references)}
    listed = {
        f"{framework.id}:{control.id}"
        for framework in frameworks().values()
        for control in framework.controls.values()
        if not control.manual
    }
    assert listed - used == set()


def test_a_policy_is_explained_by_its_id_in_any_case() -> None:
    assert explain("net-02").startswith("# NET-02: Remote display ports")
    with pytest.raises(UsageError, match="Did you mean"):
        find("NET-2")
