"""With which files `make test` begins."""

from pathlib import Path

HERE = Path(__file__).parent


def test_a_file_that_was_renamed_or_deleted_still_stood_among_those_that_begin() -> None:
    named = [line.split()[1] for line in (HERE / "longest_files.txt").read_text().splitlines()[1:]]
    assert len(set(named)) == len(named)
    assert [file for file in named if not (HERE / file).is_file()] == []
