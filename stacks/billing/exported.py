"""The bill of a studio from a file: rows of Google's billing export."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from soundstage.core import files
from soundstage.core.errors import UsageError
from soundstage.pricing.bill import Bill
from soundstage.pricing.google_export import bill_of, read_export

_MOST_BYTES: Final = 1 << 29


class ExportedBills:
    """See `Readable`. Nothing is asked of a cloud. Raises `UsageError` for a file that cannot be read."""

    def __init__(self, path: Path, studio: str) -> None:
        try:
            text = io.TextIOWrapper(io.BytesIO(files.read(path, _MOST_BYTES)), "utf-8").read()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
            raise UsageError(f"{path} cannot be read: {why}.") from error
        self._path, self._studio = str(path), studio
        self._entries = read_export(text, str(path))

    def today(self) -> date:
        return datetime.now(UTC).date()

    def of_project(self, project: str, start: date, end: date) -> Bill:
        return replace(bill_of(self._entries, self._studio, project, start, end), read_from=self._path)

    def of_studio(self, start: date, end: date) -> Bill:
        return replace(bill_of(self._entries, self._studio, None, start, end), read_from=self._path)
