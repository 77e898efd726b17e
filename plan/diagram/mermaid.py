"""The picture as a Mermaid flowchart, which GitHub, GitLab and many wikis draw from text."""

import re
from collections.abc import Iterator
from typing import Final

from soundstage.plan.diagram.letters import plain
from soundstage.plan.diagram.outline import Box, Kind, Outline, Row

_SAFE: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 ,:/()%.+-")
_LIST: Final = re.compile(r"\s*(\d+[.)]|[-+])")
"""How Markdown begins a list, which Mermaid does not draw."""


def mermaid(picture: Outline) -> str:
    """The text. Needs Mermaid 10 or newer."""
    lines = ["flowchart LR", f"accTitle: {_line(picture.title)}", f"accDescr: {_line(picture.description)}"]
    for number, band in enumerate(picture.bands):
        lines += _outside(number, band.rows)
        lines += [f'subgraph network{number}["{_text(" ".join((band.box.title, *band.box.lines)))}"]', "direction TB"]
        lines += [_node(f"door{number}x{at}", row.door) for at, row in enumerate(band.rows) if row.door]
        for at, zone in enumerate(band.zones):
            lines.append(f'subgraph zone{number}x{at}["{_text(zone.box.title)}"]')
            lines += [_node(f"machine{number}x{at}x{each}", box) for each, box in enumerate(zone.machines)]
            lines += [f'empty{number}x{at}["{_text(line)}"]' for line in zone.box.lines]
            lines.append("end")
        lines.append("end")
        if band.media and picture.media:
            lines.append(f'network{number} -->|"{_text(band.media)}"| media0')
        if band.stops:
            lines.append(f'money -->|"{_text(band.stops)}"| network{number}')
    for number, (source, copies) in enumerate(picture.media):
        lines.append(_node(f"media{number}", source))
        for at, copy in enumerate(copies):
            lines += [_node(f"copy{number}x{at}", copy), f'media{number} -.->|"copied"| copy{number}x{at}']
    if picture.people_to_media and picture.bands and picture.media:
        lines.append(f'outside0x0 -->|"{_text(picture.people_to_media)}"| media0')
    lines += [_node("money", picture.money), _node("closed", picture.closed)]
    return "\n".join(lines) + "\n"


def _outside(number: int, rows: tuple[Row, ...]) -> Iterator[str]:
    """Who stands outside a network, and the way to the door or out of it."""
    for at, row in enumerate(rows):
        outside, door = f"outside{number}x{at}", f"door{number}x{at}"
        yield _node(outside, row.outside)
        if row.door and row.door.kind is Kind.SHUT:
            yield f"{door} --x {outside}"
        elif row.door:
            yield f"{door} --> {outside}" if row.outward else f"{outside} --> {door}"


def _node(name: str, box: Box) -> str:
    return f'{name}["{_words(box)}"]'


def _words(box: Box) -> str:
    return "<br/>".join(map(_text, (box.title, *box.lines)))


def _text(text: str) -> str:
    """Text that is nothing but text: whatever could be Mermaid, Markdown or HTML is written by its number."""
    text = plain(text)
    marks = "+-.()" if _LIST.match(text) else ""
    return "".join(
        letter if (letter in _SAFE and letter not in marks) or ord(letter) > 0x24F else f"#{ord(letter)};"
        for letter in text
    )


def _line(text: str) -> str:
    """The rest of a line, in which numbers are not read: what could end it is left out."""
    return " ".join("".join(letter for letter in plain(part) if letter not in '{}#;<>"`') for part in text.split())
