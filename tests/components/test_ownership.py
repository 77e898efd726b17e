"""A stack's label: the name of a project that says none."""

import pytest

from soundstage.components.naming import LONGEST_LABEL, label_faults
from soundstage.components.ownership import stack_label


@pytest.mark.parametrize(
    ("project", "stack", "label"),
    [("teaser", "dev", "teaser-dev"), ("teaser", "2", "teaser-2")],
)
def test_a_label_reads_as_program_and_stack(project: str, stack: str, label: str) -> None:
    assert stack_label(project, stack) == label


@pytest.mark.parametrize(
    ("project", "stack"),
    [("a-program-with-a-long-name", "production"), ("Teaser", "dev"), ("4k", "x"), ("_", "_"), ("a.b", "c"), ("a-", "-b")],
)  # fmt: skip
def test_what_no_label_holds_still_leads_to_one(project: str, stack: str) -> None:
    assert label_faults("project", stack_label(project, stack)) == []
    assert len(stack_label(project, stack)) <= LONGEST_LABEL


def test_names_that_look_alike_as_labels_stay_apart() -> None:
    assert len({stack_label("Teaser", "dev"), stack_label("teaser", "Dev"), stack_label("teaser", "dev")}) == 3
    assert stack_label("a", "b-c") == "a-b-c"
