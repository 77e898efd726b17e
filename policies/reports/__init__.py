"""Report formats: text made of a `Report`, one module each."""

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from soundstage.policies.report import Report


def _renderer(format: str) -> "Callable[[Report, bool], str]":
    """What renders a report. Its module, and the XML of `junit`, is imported when such a report is asked for."""

    def render(report: "Report", colour: bool) -> str:
        rendered: str = import_module(f"{__name__}.{format}").render(report, colour)
        return rendered

    return render


RENDERERS: "Final[Mapping[str, Callable[[Report, bool], str]]]" = MappingProxyType(
    {format: _renderer(format) for format in ("terminal", "json", "sarif", "junit", "markdown", "html")}
)
"""Format → renderer of a report and whether colour is wanted. Only `terminal` uses colour."""
