"""Lets what tests write wait for no disk.

What a process has written is there after its death, however it died: only a cut of the power takes what no disk holds yet, and no test
makes one. A command waits for the disk some twenty times, and tests run thousands of them. Commands that a test starts as a person does
wait as ever.
"""

import functools
import os
import sqlite3
from pathlib import Path
from typing import Any


def expected() -> None:
    """From now on neither this process nor its forks wait for a disk."""
    from soundstage.engines.embedded import store

    genuine = store._connect

    @functools.wraps(genuine)
    def connect(path: Path, **options: Any) -> sqlite3.Connection:
        db = genuine(path, **options)
        # Past what a test has made of the connection: `engines/killed.py` counts its statements.
        sqlite3.Connection.execute(db, "PRAGMA synchronous = OFF")
        return db

    store._connect = connect
    files_only()


def files_only() -> None:
    """The same for a process that has no state of a stack: the server of a simulated cloud."""
    os.fsync = lambda _: None
