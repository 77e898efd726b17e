"""The database of a stack's state, read and spoilt from outside, as somebody with another program would."""

import contextlib
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from soundstage.engines.embedded.store import STATE_FILE

Document = dict[str, Any]


def resources(file: Path) -> list[Document]:
    """The records in a database of a state, also in one whose user was killed; none where there is no file."""
    return list(_rows(file).values())


def pending(file: Path) -> list[Document]:
    """The operations that were begun and not finished."""
    return list(_rows(file, "pending").values())


def edit(file: Path, change: Callable[[list[Document]], object]) -> None:
    """Change the records in place; what is added comes at the end."""
    documents = resources(file)
    change(documents)
    statement(file, "DELETE FROM resource")
    for place, document in enumerate(documents):
        statement(file, "INSERT INTO resource VALUES (?, ?)", place, json.dumps(document))


def statement(file: Path, text: str, *values: Any) -> None:
    """Carry out one statement."""
    with contextlib.closing(sqlite3.connect(file)) as db, db:
        db.execute(text, values)


def _rows(file: Path, table: str = "resource") -> dict[int, Document]:
    if not file.exists():
        return {}
    with contextlib.closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True)) as db:
        return {key: json.loads(text) for key, text in db.execute(f"SELECT * FROM {table} ORDER BY 1")}


__all__ = ["STATE_FILE", "Document", "edit", "pending", "resources", "statement"]
