"""Report formats: text made of a `Report`, one module each."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from soundstage.policies.reports import html, json, junit, markdown, sarif, terminal

if TYPE_CHECKING:
    from soundstage.policies.report import Report

RENDERERS: "Final[Mapping[str, Callable[[Report, bool], str]]]" = MappingProxyType(
    {
        "terminal": terminal.render,
        "json": json.render,
        "sarif": sarif.render,
        "junit": junit.render,
        "markdown": markdown.render,
        "html": html.render,
    }
)
"""Format → renderer of a report and whether colour is wanted. Only `terminal` uses colour."""
