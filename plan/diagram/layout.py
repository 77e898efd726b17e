"""Where everything stands: frames in frames, and arrows in the gaps between them. Numbers are pixels; nothing is left to chance.

Wide: who is outside on the left, networks in the middle, media on the right, one row of notes below. Narrow: all that in one column.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from soundstage.plan.diagram.letters import width, wrapped
from soundstage.plan.diagram.outline import Band, Box, Kind, Outline, Zone

TITLE_SIZE: Final = 14
TEXT_SIZE: Final = 13
LINE: Final = 18
PAD: Final = 12
GAP: Final = 14
_SIDE: Final = 250
_ARROWS: Final = 130
_CARD: Final = 200
_NARROW: Final = 340
_BETWEEN: Final = 3


@dataclass(frozen=True, slots=True)
class Text:
    """One line. `x` is its left end, `y` its base line."""

    x: float
    y: float
    text: str
    bold: bool = False
    size: int = TEXT_SIZE

    @property
    def right(self) -> float:
        return self.x + width(self.text, self.size, bold=self.bold)


@dataclass(frozen=True, slots=True)
class Frame:
    """A box in its place, with its words and what stands in it."""

    kind: Kind
    x: float
    y: float
    width: float
    height: float
    texts: tuple[Text, ...] = ()
    inside: tuple["Frame", ...] = ()

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    def moved(self, right: float, down: float) -> "Frame":
        return replace(
            self,
            x=self.x + right,
            y=self.y + down,
            texts=tuple(replace(text, x=text.x + right, y=text.y + down) for text in self.texts),
            inside=tuple(frame.moved(right, down) for frame in self.inside),
        )


@dataclass(frozen=True, slots=True)
class Arrow:
    """A line through its points, with a head at the last one, or a bar where nothing goes through."""

    kind: Kind
    points: tuple[tuple[float, float], ...]
    texts: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """The whole sheet."""

    width: float
    height: float
    texts: tuple[Text, ...]
    frames: tuple[Frame, ...]
    arrows: tuple[Arrow, ...]


@dataclass
class _Sheet:
    frames: list[Frame] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)


def wide(picture: Outline) -> Layout:
    """For a page in landscape: from left to right."""
    sheet = _Sheet()
    head = _head(picture, 900)
    top = max(text.y for text in head) + GAP + (LINE * 2 + GAP if picture.people_to_media else 0)
    columns = _columns(picture)
    middle = _SIDE + _ARROWS
    inner = max(_CARD + GAP + columns * (_CARD + GAP) + 2 * PAD, 2 * _SIDE)
    right = middle + inner + _ARROWS
    y = top
    for band in picture.bands:
        y = _wide_band(sheet, band, picture, PAD, y, inner, columns) + GAP
    media_bottom = _media_column(sheet, picture, PAD + right, top)
    if picture.people_to_media and picture.bands:
        people, media = sheet.frames[0], next(f for f in sheet.frames if f.kind is Kind.MEDIA)
        lane = top - GAP
        label = _label(picture.people_to_media, PAD + middle, lane - 6, inner)
        points = ((people.x + 40, people.y), (people.x + 40, lane), (media.x + 40, lane), (media.x + 40, media.y))
        sheet.arrows.append(Arrow(Kind.PEOPLE, points, label))
    stops = ", ".join(band.stops for band in picture.bands if band.stops)
    label = _label(stops, PAD + middle + 50, y + 14, inner - 60)
    low = y - GAP + (len(label) * LINE + 2 * GAP if stops else GAP)
    sheet.frames += [
        _card(picture.closed, PAD, low, _SIDE + _ARROWS - GAP),
        _card(picture.money, PAD + middle, low, inner),
        _legend(picture, PAD + right, max(media_bottom + GAP, low), _SIDE),
    ]
    if stops:
        x = PAD + middle + 40
        sheet.arrows.append(Arrow(Kind.MONEY, ((x, low), (x, y - GAP)), label))
    return _finished(sheet, head, PAD + right + _SIDE + PAD)


def narrow(picture: Outline) -> Layout:
    """For a telephone: from top to bottom."""
    sheet = _Sheet()
    head = _head(picture, _NARROW)
    y = max(text.y for text in head) + GAP
    for band in picture.bands:
        for row in sorted(band.rows, key=lambda row: not row.outward):  # whoever comes in stands next to the door
            sheet.frames.append(_card(row.outside, PAD, y, _NARROW))
            y = sheet.frames[-1].bottom + GAP
        doors = [row.door for row in band.rows if row.door]
        entered = any(row.door and not row.outward for row in band.rows)
        y = _down(sheet, y - GAP, Kind.PEOPLE, "by a door") if entered else y
        cards = [_card(door, 0, 0, _NARROW - 2 * PAD) for door in doors]
        zones = [_zone(zone, _NARROW - 2 * PAD, 1) for zone in band.zones]
        sheet.frames.append(_stacked(band.box, PAD, y, _NARROW, [*cards, *zones]))
        y = sheet.frames[-1].bottom
        y = _down(sheet, y, Kind.MEDIA, band.media) if band.media and band is picture.bands[-1] else y + GAP
    for source, copies in picture.media:
        sheet.frames.append(_card(source, PAD, y, _NARROW))
        y = sheet.frames[-1].bottom
        for copy in copies:
            y = _down(sheet, y, Kind.COPY, "copied")
            sheet.frames.append(_card(copy, PAD, y, _NARROW))
            y = sheet.frames[-1].bottom
        y += GAP
    for note in (picture.money, picture.closed):
        sheet.frames.append(_card(note, PAD, y, _NARROW))
        y = sheet.frames[-1].bottom + GAP
    sheet.frames.append(_legend(picture, PAD, y, _NARROW))
    return _finished(sheet, head, _NARROW + 2 * PAD)


def _wide_band(sheet: _Sheet, band: Band, picture: Outline, x: float, y: float, inner: float, columns: int) -> float:
    """One network with who stands outside it, at the same height as their doors. Returns where it ends."""
    left = x + _SIDE + _ARROWS
    title = _card(band.box, left, y, inner)
    line = title.bottom - 2
    doors: list[Frame] = []
    for row in band.rows:
        outside = _card(row.outside, x, line, _SIDE)
        door = _card(row.door, left + PAD, line, _CARD) if row.door else None
        height = max(outside.height, door.height if door else 0)
        outside = replace(outside, height=height)
        sheet.frames.append(outside)
        if door:
            door = replace(door, height=height)
            doors.append(door)
            ends = ((outside.right, line + height / 2), (door.x, line + height / 2))
            kind = Kind.SHUT if door.kind is Kind.SHUT else row.outside.kind
            sheet.arrows.append(Arrow(kind, ends[::-1] if row.outward else ends))
        line += height + GAP
    zones: list[Frame] = []
    down = title.bottom - 2
    for zone in band.zones:
        frame = _zone(zone, inner - _CARD - GAP - 2 * PAD, columns).moved(left + PAD + _CARD + GAP, down)
        zones.append(frame)
        down = frame.bottom + GAP
    text = _label(band.media, left + inner + 8, y + 54, _ARROWS - 16) if picture.media else ()
    level = text[-1].y + 6 if text else y
    bottom = max(line - GAP + PAD, down - GAP + PAD, level + PAD)
    sheet.frames.append(replace(title, height=bottom - y, inside=(*doors, *zones)))
    if text:
        ends = ((left + inner, level), (left + inner + _ARROWS, level))
        sheet.arrows.append(Arrow(Kind.MEDIA, ends, text))
    return bottom


def _media_column(sheet: _Sheet, picture: Outline, x: float, y: float) -> float:
    """The places of media with their copies below them. Reaches down past every arrow that ends in it."""
    ends = [arrow.points[-1][1] for arrow in sheet.arrows if arrow.kind is Kind.MEDIA]
    for number, (source, copies) in enumerate(picture.media):
        frame = _card(source, x, y, _SIDE)
        if number == 0 and ends:
            frame = replace(frame, height=max(frame.height, max(ends) + GAP - y))
        sheet.frames.append(frame)
        y = frame.bottom
        for copy in copies:
            y = _down(sheet, y, Kind.COPY, "copied as soon as written", x)
            sheet.frames.append(_card(copy, x, y, _SIDE))
            y = sheet.frames[-1].bottom
        y += GAP
    return y - GAP


def _down(sheet: _Sheet, y: float, kind: Kind, words: str, x: float = PAD) -> float:
    """An arrow from a frame that ends at `y` to the next one below. Returns where that begins."""
    text = _label(words, x + 40, 0, _SIDE - 50)
    step = max(40.0, len(text) * LINE + 12.0)
    first = y + (step - len(text) * LINE) / 2 + LINE - 5
    placed = tuple(replace(line, y=first + number * LINE) for number, line in enumerate(text))
    sheet.arrows.append(Arrow(kind, ((x + 28, y), (x + 28, y + step)), placed))
    return y + step


def _card(box: Box, x: float, y: float, wide: float) -> Frame:
    """A box with its words, as high as they need."""
    room, line, placed = wide - 2 * PAD, y + PAD + 12, []
    said = [(box.title, True), *((sentence, False) for sentence in box.lines)]
    for number, (words, bold) in enumerate(said):
        line += _BETWEEN if number > 1 else 0
        size = TITLE_SIZE if bold else TEXT_SIZE
        for part in wrapped(words, size, room, bold=bold):
            placed.append(Text(x + PAD, line, part, bold, size))
            line += LINE
    return Frame(box.kind, x, y, wide, line - LINE - y + PAD + 4, tuple(placed))


def _zone(zone: Zone, wide: float, columns: int) -> Frame:
    """A zone with its machines in rows of `columns`, each row as high as its highest."""
    cell = (wide - 2 * PAD - (columns - 1) * GAP) / columns
    cards = [_card(box, 0, 0, cell) for box in zone.machines]
    head = _card(zone.box, 0, 0, wide)
    y, placed = head.bottom - 6.0, []
    for start in range(0, len(cards), columns):
        row = cards[start : start + columns]
        height = max(card.height for card in row)
        placed += [
            replace(card, height=height).moved(PAD + number * (cell + GAP), y) for number, card in enumerate(row)
        ]
        y += height + GAP
    return replace(head, height=y - GAP + PAD if cards else head.height, inside=tuple(placed))


def _stacked(box: Box, x: float, y: float, wide: float, frames: Sequence[Frame]) -> Frame:
    """A box with others in it, one below the other."""
    head = _card(box, x, y, wide)
    line, placed = head.bottom - 6.0, []
    for frame in frames:
        placed.append(frame.moved(x + PAD, line))
        line += frame.height + GAP
    return replace(head, height=line - GAP + PAD - y if placed else head.height, inside=tuple(placed))


def _columns(picture: Outline) -> int:
    """How many machines stand side by side: a picture of twenty is still no tower."""
    most = max((sum(len(zone.machines) for zone in band.zones) for band in picture.bands), default=0)
    return 1 if most < 4 else 2 if most < 9 else 3 if most < 19 else 4


def _label(words: str, x: float, y: float, room: float) -> tuple[Text, ...]:
    """Words at an arrow, the first line at `y`."""
    return tuple(Text(x, y + number * LINE, line) for number, line in enumerate(wrapped(words, TEXT_SIZE, room)))


def _legend(picture: Outline, x: float, y: float, wide: float) -> Frame:
    """What the lines mean, as far as they occur."""
    return _card(Box(Kind.NOTE, "How to read this", tuple(legend(picture))), x, y, wide)


def legend(picture: Outline) -> list[str]:
    """What the picture's signs mean, as far as they occur in it."""
    rows = [row for band in picture.bands for row in band.rows]
    said = ["An arrow shows who may go where."]
    if any(row.door and row.door.kind is Kind.SHUT for row in rows):
        said.append("A line with a bar: closed.")
    if any(row.outside.kind is Kind.OPEN for row in rows):
        said.append("A red box: open to everybody.")
    if any(copies for _, copies in picture.media):
        said.append("A dashed arrow: copied by itself.")
    return said


def _head(picture: Outline, room: float) -> tuple[Text, ...]:
    title = [Text(PAD, 0, line, bold=True, size=20) for line in wrapped(picture.title, 20, room, bold=True)]
    below = [Text(PAD, 0, line) for line in wrapped(picture.subtitle, TEXT_SIZE, room)]
    texts, y = [], 10.0
    for line in (*title, *below):
        y += line.size + 8
        texts.append(replace(line, y=y))
    return tuple(texts)


def _finished(sheet: _Sheet, head: tuple[Text, ...], wide: float) -> Layout:
    return Layout(wide, max(f.bottom for f in sheet.frames) + PAD, head, tuple(sheet.frames), tuple(sheet.arrows))
