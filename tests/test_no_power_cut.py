"""The product waits for the disk, which tests do not."""

import contextlib
import inspect
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from soundstage.engines import passphrase
from soundstage.engines.embedded import store
from soundstage.simulator.bodies import LARGE, Shelf
from soundstage.simulator.journal import Entry, Journal
from soundstage.simulator.sealed import Seal, write_private

FULL, NORMAL = 2, 1


def _journal(folder: Path) -> None:
    seal = Seal(os.urandom(32))
    with contextlib.closing(Journal(folder / "journal", seal, "1", Shelf(folder / "bodies", seal))) as journal:
        journal.append(Entry(1, 7, 0.0, "PUT", "/films/a", (), b"a"))
        journal.flush()


WRITERS: dict[str, Callable[[Path], object]] = {
    "the calls of the simulated cloud": _journal,
    "its large bodies": lambda folder: Shelf(folder / "bodies", Seal(os.urandom(32))).put(os.urandom(LARGE)),
    "its snapshot and its key": lambda folder: write_private(folder / "world", b"what there is"),
    "the passphrase of a stack": lambda folder: passphrase._write_key_file(folder / "passphrase"),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_what_is_written_waited_for_no_disk(writer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[int] = []
    monkeypatch.setattr(os, "fsync", waited.append)
    WRITERS[writer](tmp_path)
    assert waited


def test_the_state_of_a_stack_waited_for_no_disk(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    sqlite3.connect(path).close()
    with contextlib.closing(inspect.unwrap(store._connect)(path)) as db:
        assert db.execute("PRAGMA synchronous").fetchone()[0] in (NORMAL, FULL)
