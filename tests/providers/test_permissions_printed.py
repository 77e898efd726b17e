"""The permissions that the documentation prints, and what the simulated cloud says it does not emulate."""

from pathlib import Path

import pytest

from soundstage.cli.display.screen import Screen
from soundstage.cli.display.simulator import status_text
from soundstage.core.values import UNKNOWN
from soundstage.providers.aws import permissions
from soundstage.providers.aws.recorded import NOT_EMULATED
from soundstage.providers.aws.table import TYPES
from soundstage.simulator.process import Status


@pytest.mark.parametrize("type", sorted(TYPES))
def test_the_documentation_prints_no_fewer_permissions_than_the_command(type: str) -> None:
    asked: frozenset[str] = frozenset()
    for inputs in ({}, {"kmsKeyId": UNKNOWN, "tags": {"project": "teaser"}}):
        for takes in (permissions.creating, permissions.deleting, permissions.changing):
            asked |= takes(type, inputs)
    assert asked <= permissions.of_type(type)


def test_what_is_not_emulated_stands_in_the_documentation_and_in_the_status(repository: Path) -> None:
    page = (repository / "docs" / "simulator.md").read_text()
    shown = " ".join(status_text(Status(running=True), Screen()).split())
    for words in NOT_EMULATED:
        assert words in page
        assert words in shown
