"""The picture of a year: months stacked by kind, with the budget. As a PNG, or as a page of HTML with the numbers in a table below.

matplotlib (licence of its own, like Python's; typed) is imported only here. It draws text as text, so that a page can be searched and read
aloud, and uses neither scripts nor anything from elsewhere.
"""

import errno
import html
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from soundstage.core import files
from soundstage.core.errors import UsageError
from soundstage.pricing.spending_months import Series

SUFFIXES: Final = (".html", ".png")
_WIDE, _NARROW = (9.0, 4.4), (4.4, 5.2)
"""Inches, for a page of a desk and that of a telephone."""
_DOTS_AN_INCH: Final = 150
_INK, _FAINT, _BUDGET = "#222222", "#bbbbbb", "#000000"
_FONTS: Final = ["Helvetica", "Arial", "DejaVu Sans"]


@dataclass(frozen=True)
class Picture:
    """What is shown. `headline` says in one sentence what the picture shows; `notes` are the days of the prices and what is missing."""

    headline: str
    months: tuple[str, ...]
    parts: tuple[Series, ...]
    budget_usd: float | None
    notes: tuple[str, ...]

    @property
    def totals(self) -> tuple[float, ...]:
        return tuple(sum(column) for column in zip(*(one.months for one in self.parts), strict=True))


def check(path: Path) -> None:
    """Raise `UsageError` for a file that no picture can be written to, or where the library for it is missing."""
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(
            f"--chart {path}: a picture is written as {' or '.join(SUFFIXES)}.", "For example: --chart teaser.html"
        )
    from importlib.util import find_spec

    if find_spec("matplotlib") is None:
        raise UsageError(
            "--chart draws with matplotlib, an extra that is not installed.",
            "In the checkout of Soundstage run `pip install '.[chart]'`.",
        )


def written(picture: Picture, path: Path) -> None:
    """Draw it into a file, by its suffix. Raises `OSError`."""
    if path.suffix.lower() != ".png":
        files.write(path, page(picture))
        return
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise OSError(errno.EINVAL, "it is a link, or no ordinary file", str(path))
    path.write_bytes(_drawn(picture, _WIDE, "png"))


def page(picture: Picture) -> str:
    """A page that holds all it needs: the picture for two widths, and the table."""
    wide, narrow = (_svg(picture, size, name) for size, name in ((_WIDE, "wide"), (_NARROW, "narrow")))
    title = html.escape(picture.headline)
    notes = "".join(f"<p>{html.escape(one)}</p>" for one in picture.notes)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 16px/1.45 system-ui, sans-serif; color: {_INK}; max-width: 60rem; margin: 1.5rem auto; padding: 0 1rem; }}
h1 {{ font-size: 1.25rem; }} svg {{ width: 100%; height: auto; }} .narrow {{ display: none; }}
@media (max-width: 40rem) {{ .wide {{ display: none; }} .narrow {{ display: block; }} }}
.numbers {{ overflow-x: auto; }} table {{ border-collapse: collapse; font-size: .85rem; width: 100%; }}
th, td {{ text-align: right; padding: .2rem .5rem; border-bottom: 1px solid #ddd; white-space: nowrap; }} th {{ white-space: normal; vertical-align: bottom; }}
th:first-child, td:first-child {{ text-align: left; }} .over {{ font-weight: bold; }}
caption {{ text-align: left; padding: .5rem; }} .mark {{ display: inline-block; width: .8em; height: .8em; margin-right: .3em; }} p {{ font-size: .85rem; color: #555; }}
</style></head><body>
<h1>{title}</h1>
<div class="wide" role="img" aria-label="{title}">{wide}</div>
<div class="narrow" role="img" aria-label="{title}">{narrow}</div>
<div class="numbers" tabindex="0">{_table(picture)}</div>
{notes}
</body></html>
"""


def _table(picture: Picture) -> str:
    heads = "".join(
        f'<th scope="col"><span class="mark" style="background:{one.colour}"></span>{html.escape(one.label)}</th>'
        for one in picture.parts
    )
    rows = []
    for index, (month, total) in enumerate(zip(picture.months, picture.totals, strict=True)):
        over = picture.budget_usd is not None and total > picture.budget_usd
        cells = "".join(f"<td>{one.months[index]:.2f}</td>" for one in picture.parts)
        shown = f'<td class="over">{total:.2f} (over)</td>' if over else f"<td>{total:.2f}</td>"
        rows.append(f'<tr><th scope="row">{month}</th>{shown}{cells}</tr>')
    caption = "US dollars a month, typical" + ("; over: more than the budget" if picture.budget_usd else "")
    return f'<table><caption>{caption}</caption><thead><tr><th scope="col">month</th><th scope="col">everything</th>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table>'


def _svg(picture: Picture, size: tuple[float, float], salt: str) -> str:
    text = _drawn(picture, size, "svg", salt).decode("utf-8")
    return text[text.index("<svg") :]


def _drawn(picture: Picture, size: tuple[float, float], form: str, salt: str = "") -> bytes:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    settings: Any = {
        "svg.fonttype": "none",
        "svg.hashsalt": salt or "x",
        "font.family": "sans-serif",
        "font.sans-serif": _FONTS,
    }
    with mpl.rc_context(settings):
        figure: Any = Figure(figsize=size, layout="constrained")
        _draw(figure, picture, narrow=size[0] < size[1], alone=form == "png")
        out = io.BytesIO()
        metadata = {"Date": None} if form == "svg" else {"Software": None}
        figure.savefig(out, format=form, dpi=_DOTS_AN_INCH, metadata=metadata)
    return out.getvalue()


def _draw(figure: Any, picture: Picture, *, narrow: bool, alone: bool) -> None:
    """`alone` is a picture without a page around it, which says everything itself."""
    axes = figure.add_subplot()
    places = list(range(len(picture.months)))
    under = [0.0 for _ in places]
    for one in picture.parts:
        axes.bar(
            places, one.months, 0.78, bottom=under, color=one.colour, edgecolor="white", linewidth=0.6, label=one.label
        )
        under = [a + b for a, b in zip(under, one.months, strict=True)]
    top = max([*under, picture.budget_usd or 0.0, 1.0])
    if picture.budget_usd is not None:
        axes.axhline(picture.budget_usd, color=_BUDGET, linewidth=1.6, linestyle=(0, (5, 3)))
        axes.annotate(
            f"budget {picture.budget_usd:,.0f} USD", (len(places) - 0.45, picture.budget_usd), xytext=(0, 4),
            textcoords="offset points", ha="right", va="bottom", fontsize=9, fontweight="bold", color=_BUDGET,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1},
        )  # fmt: skip
    for place in (0, len(places) - 1):
        axes.annotate(
            f"{under[place]:,.0f}", (place, under[place]), xytext=(0, 3), textcoords="offset points", ha="center",
            fontsize=9, color=_INK,
        )  # fmt: skip
    axes.set_ylim(0, top * 1.12)
    axes.set_xlim(-0.6, len(places) - 0.4)
    step = 3 if narrow else 1
    axes.set_xticks(places[::step], [month.replace(" ", "\n") for month in picture.months[::step]], fontsize=8)
    axes.set_ylabel("USD a month", fontsize=9)
    axes.yaxis.set_major_formatter(lambda value, _place: f"{value:,.0f}")
    axes.tick_params(axis="y", labelsize=8, length=0)
    axes.tick_params(axis="x", length=0)
    axes.grid(axis="y", color=_FAINT, linewidth=0.5)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    handles, labels = axes.get_legend_handles_labels()
    order = slice(None) if narrow else slice(None, None, -1)
    figure.legend(
        handles[order], labels[order], fontsize=8, frameon=False, ncols=2 if narrow else 1,
        loc="outside lower center" if narrow else "outside right center",
    )  # fmt: skip
    if alone:
        figure.suptitle(picture.headline, fontsize=10, fontweight="bold", x=0.01, ha="left", wrap=True)
        axes.set_xlabel("\n".join(picture.notes), fontsize=7, color="#555555", loc="left")
