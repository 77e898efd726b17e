"""The picture as SVG: one file, without scripts, outside fonts or anything that is fetched; light or dark as the reader's screen is."""

from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import escape

from soundstage.plan.diagram.layout import Arrow, Frame, Layout, Text, wide
from soundstage.plan.diagram.letters import measured, plain
from soundstage.plan.diagram.outline import Kind, Outline

# Fill and line of each kind, light and dark. Text on every fill has a contrast of 7 to 1 or more (WCAG 2.2, 1.4.6), lines
# against the page 3 to 1 (1.4.11); a test holds it.
COLOURS: Final = {
    Kind.PEOPLE: ("#e3edff", "#2459b8", "#16294a", "#7fabff"),
    Kind.OPEN: ("#ffe1de", "#b3261e", "#4a1613", "#ff9a92"),
    Kind.OUTSIDE: ("#eef0f3", "#5b6470", "#23282f", "#a3adba"),
    Kind.NETWORK: ("#f7f9fb", "#47505c", "#191e25", "#8b96a5"),
    Kind.DOOR: ("#ffffff", "#2459b8", "#10151c", "#7fabff"),
    Kind.SHUT: ("#ffffff", "#a63a00", "#10151c", "#ffab7a"),
    Kind.ZONE: ("#edf1f5", "#7a8491", "#20262e", "#77828f"),
    Kind.MACHINE: ("#ffffff", "#47505c", "#10151c", "#8b96a5"),
    Kind.MEDIA: ("#dff3e6", "#1b7042", "#12311f", "#6fcf97"),
    Kind.COPY: ("#f0faf3", "#1b7042", "#152a1d", "#6fcf97"),
    Kind.MONEY: ("#fff3d6", "#8a5a00", "#352708", "#e8b84f"),
    Kind.NOTE: ("#ffffff", "#7a8491", "#12171e", "#77828f"),
}
PAGE: Final = ("#ffffff", "#0e1218")
TEXT: Final = ("#14181d", "#f0f3f6")


def style() -> str:
    """The style sheet: colours by class, light first."""

    def colours(dark: int) -> str:
        fills = "".join(
            f".d-{kind}{{fill:{both[2 * dark]};stroke:{both[2 * dark + 1]}}}"
            f".a-{kind}{{stroke:{both[2 * dark + 1]}}}.h-{kind}{{fill:{both[2 * dark + 1]}}}"
            for kind, both in COLOURS.items()
        )
        return f".d-page{{fill:{PAGE[dark]}}}.d-text{{fill:{TEXT[dark]}}}.d-halo{{stroke:{PAGE[dark]}}}{fills}"

    return (
        f".d-text{{font-family:system-ui,'Segoe UI',Roboto,Helvetica,Arial,sans-serif}}.d-arrow{{fill:none;stroke-width:2}}"
        f".d-frame{{stroke-width:1.5}}.d-halo{{paint-order:stroke;stroke-width:4}}.a-copy{{stroke-dasharray:6 4}}"
        f"{colours(0)}@media (prefers-color-scheme:dark){{{colours(1)}}}"
    )


def svg(picture: Outline) -> str:
    """The file."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{drawn(picture, wide(picture), "d", f"<style>{style()}</style>")}\n'
    )


def drawn(picture: Outline, layout: Layout, prefix: str, style: str = "") -> str:
    """The element. `prefix` keeps its ids apart from those of another one in the same page."""
    size = f"{layout.width:g} {layout.height:g}"
    shape = f'viewBox="0 0 {size}" width="{layout.width:g}" height="{layout.height:g}"'
    named = f'role="img" aria-labelledby="{prefix}-title {prefix}-words"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {shape} {named}>',
        f'<title id="{prefix}-title">{_safe(picture.title)}</title>',
        f'<desc id="{prefix}-words">{_safe(picture.description, whole=True)}</desc>{style}',
        f'<rect class="d-page" width="{layout.width:g}" height="{layout.height:g}"/>',
        *(part for frame in layout.frames for part in _frame(frame)),
        *(part for arrow in layout.arrows for part in _arrow(arrow)),
        *map(_text, layout.texts),
        "</svg>",
    ]
    return "\n".join(parts)


def _frame(frame: Frame) -> Iterator[str]:
    place = f'x="{frame.x:g}" y="{frame.y:g}" width="{frame.width:g}" height="{frame.height:g}"'
    yield f'<rect class="d-frame d-{frame.kind}" {place} rx="8"/>'
    yield from map(_text, frame.texts)
    for inner in frame.inside:
        yield from _frame(inner)


def _text(text: Text, extra: str = "") -> str:
    weight = ' font-weight="600"' if text.bold else ""
    # Letters of which no width is known are fitted into the one that was reserved for them.
    fitted = "" if measured(text.text) else f' textLength="{text.right - text.x:g}" lengthAdjust="spacingAndGlyphs"'
    place = f'x="{text.x:g}" y="{text.y:g}" font-size="{text.size}"'
    return f'<text class="d-text{extra}" {place}{weight}{fitted}>{_safe(text.text)}</text>'


def _arrow(arrow: Arrow) -> Iterator[str]:
    """The line, and at its end a head, or the bar of what is closed."""
    (ax, ay), (x, y) = arrow.points[-2:]
    dx, dy = (x > ax) - (x < ax), (y > ay) - (y < ay)
    shut = arrow.kind is Kind.SHUT
    points = [*arrow.points[:-1], (x - dx * (40 if shut else 8), y - dy * (40 if shut else 8))]
    line = " ".join(f"{px:g},{py:g}" for px, py in points)
    yield f'<polyline class="d-arrow a-{arrow.kind}" points="{line}"/>'
    if shut:
        bx, by = points[-1]
        yield f'<path class="d-arrow a-{arrow.kind}" d="M{bx + dy * 9:g},{by - dx * 9:g}L{bx - dy * 9:g},{by + dx * 9:g}"/>'
    else:
        back, side = (x - dx * 11, y - dy * 11), 6
        corners = f"{back[0] + dy * side:g},{back[1] - dx * side:g} {back[0] - dy * side:g},{back[1] + dx * side:g}"
        yield f'<polygon class="h-{arrow.kind}" points="{x:g},{y:g} {corners}"/>'
    for text in arrow.texts:
        yield _text(text, " d-halo")


def _safe(text: str, *, whole: bool = False) -> str:
    """Text that is nothing but text, in XML and in HTML."""
    return escape(" ".join(map(plain, text.split(" "))) if whole else plain(text), {'"': "&quot;", "'": "&#39;"})
