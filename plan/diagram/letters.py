"""How much room text takes, without a font: wide enough for any of the common ones, so that nothing leaves its box."""

import unicodedata
from functools import cache
from typing import Final

LONGEST: Final = 200
"""Characters of one text that are drawn; the rest of a longer one is cut off and marked."""
_NARROW: Final = frozenset("ijl.,:;|!'`()[]{}ftrI /-")
_WIDE: Final = frozenset("mwMW@%&QOGDHNUCARKVXYB<>=+~")


def plain(text: str) -> str:
    """Text without what could reorder, hide or break it: control and format characters, heaps of accents."""
    out: list[str] = []
    accents = 0
    for letter in unicodedata.normalize("NFC", text):
        accents = accents + 1 if unicodedata.combining(letter) else 0
        if accents < 3:
            out.append(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}")
    return "".join(out) if len(out) <= LONGEST else "".join(out[: LONGEST - 1]) + "…"


def measured(text: str) -> bool:
    """Whether `width` knows these letters. Others are as wide as a font of the reader's has them."""
    return all(" " <= letter < "\u0250" or letter == "…" for letter in text)


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Pixels that a text takes at most, at a font's size in pixels."""
    return sum(map(_share, text)) * size * (1.08 if bold else 1.0)


def wrapped(text: str, size: float, room: float, *, bold: bool = False) -> list[str]:
    """The text in lines of at most `room` pixels. A word that is longer is broken."""
    lines = [""]
    for word in plain(text).split():
        for piece in _pieces(word, size, room, bold):
            joined = f"{lines[-1]} {piece}".lstrip()
            if width(joined, size, bold=bold) <= room:
                lines[-1] = joined
            else:
                lines.append(piece)
    return [line for line in lines if line]


def _pieces(word: str, size: float, room: float, bold: bool) -> list[str]:
    pieces = [""]
    for letter in word:
        if pieces[-1] and width(pieces[-1] + letter, size, bold=bold) > room:
            pieces.append("")
        pieces[-1] += letter
    return pieces


@cache
def _share(letter: str) -> float:
    """The width of a letter as a share of the font's size: that of DejaVu Sans and Verdana, the widest of the common ones."""
    if letter in _NARROW:
        return 0.42
    if letter in _WIDE:
        return 0.85 if letter not in "mMW@%w" else 1.02
    if unicodedata.combining(letter):
        return 0.0
    if unicodedata.east_asian_width(letter) in "WF":
        return 1.3 if ord(letter) > 0x1F000 else 1.05
    return 0.66 if letter < "\u0250" else 0.9
