"""Values that were to be set in a file that a person wrote, and could have cost that person comments, order or the rest of the file."""

import pytest

from soundstage.core.errors import UsageError
from soundstage.projectfile.project_text import with_value

FILE = """# Ours
project: teaser   # an alias

workstations:
  # Ana's
  edit-1:
    for: editing  # mostly
    size: medium  # enough?
  mix-1: {for: audio, size: small, user: chen}
budget: {monthly_usd: 90}
"""


def test_a_key_that_is_new_pushed_a_comment_to_another_line() -> None:
    assert with_value(FILE, "f", ("called",), "trailer") == FILE.replace("alias\n", "alias\ncalled: trailer\n")
    assert with_value("project: teaser", "f", ("called",), "trailer") == "project: teaser\ncalled: trailer"
    assert with_value("{project: t}\n", "f", ("called",), "yes") == '{project: t, called: "yes"}\n'


def test_a_file_with_line_ends_of_windows_got_a_line_that_ends_in_another_way() -> None:
    file = FILE.replace("\n", "\r\n")
    changed = with_value(file, "f", ("called",), "trailer")
    assert changed == file.replace("alias\r\n", "alias\r\ncalled: trailer\r\n")


def test_a_value_that_stands_was_replaced_together_with_its_comment() -> None:
    place = ("workstations", "edit-1", "size")
    assert with_value(FILE, "f", place, "large") == FILE.replace("size: medium", "size: large")


def test_a_key_that_takes_the_place_of_another_one_stood_beside_it() -> None:
    for name, old in (("edit-1", "size: medium"), ("mix-1", "size: small")):
        changed = with_value(FILE, "f", ("workstations", name, "instance_type"), "g6.xlarge", instead_of=("size",))
        assert changed == FILE.replace(old, "instance_type: g6.xlarge")


def test_a_machine_without_a_size_got_it_in_another_machine() -> None:
    file = FILE.replace("    size: medium  # enough?\n", "")
    changed = with_value(file, "f", ("workstations", "edit-1", "size"), "large", instead_of=("instance_type",))
    assert changed == file.replace("# mostly\n", "# mostly\n    size: large\n")


@pytest.mark.parametrize(
    "first", ["client: |\n  two\n  lines\nproject: teaser\n", 'client: "é 你 🎬"\nproject: teaser\n']
)
def test_letters_and_lines_before_a_key_shifted_where_it_was_written(first: str) -> None:
    changed = with_value(f"{first}region: eu-west-1\n", "f", ("region",), "eu-west-2")
    assert changed == f"{first}region: eu-west-2\n"


def test_a_file_that_is_written_in_an_odd_way_was_spoiled() -> None:
    with pytest.raises(UsageError, match="project cannot be set"):
        with_value("? project\n: teaser\n", "f", ("project",), "trailer")
