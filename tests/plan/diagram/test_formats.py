"""The picture as files: whatever a plan holds stays text, nothing is fetched, and everybody can read it."""

import itertools
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from tests.plan.diagram.pictures import HOSTILE, any_facts

from soundstage.plan.diagram.facts import Facts, Machine, Network
from soundstage.plan.diagram.letters import LONGEST, measured, plain, width
from soundstage.plan.diagram.mermaid import mermaid
from soundstage.plan.diagram.outline import Outline, outline
from soundstage.plan.diagram.page import page
from soundstage.plan.diagram.svg import COLOURS, PAGE, TEXT, svg

SVG = "{http://www.w3.org/2000/svg}"


def named(name: str) -> Outline:
    machine = Machine(name, name, name, network="n", zone=name)
    return outline(Facts(name, "aws", name, name, (Network("n", name, name, (name,)),), (machine,)))


class Tags(HTMLParser):
    """The elements of a page with their attributes, as a browser reads them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@given(facts=any_facts(6))
@settings(max_examples=25)
def test_any_plan_gives_well_formed_files_and_the_same_again(facts: Facts) -> None:
    shown = outline(facts)
    root = ElementTree.fromstring(svg(shown))
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg", "title", "desc", "style", "rect", "text", "polyline", "polygon", "path",
    }  # fmt: skip
    for write in (svg, mermaid, page):
        assert write(shown) == write(outline(facts))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_stays_text_in_every_format(name: str) -> None:
    shown, quiet = named(name), named("edit-1")
    texts = [text for text in ElementTree.fromstring(svg(shown)).itertext() if "edit-1" not in text]
    assert plain(name).split()[0][:6] in "".join(texts)
    assert [tag for tag, _ in Tags(page(shown)).found if tag not in ("text", "br")] == [
        tag for tag, _ in Tags(page(quiet)).found if tag not in ("text", "br")
    ]
    shapes = [re.sub(r'"[^"]*"', "", line) for line in mermaid(shown).splitlines()[3:]]
    assert shapes == [re.sub(r'"[^"]*"', "", line) for line in mermaid(quiet).splitlines()[3:]]
    assert "<script" not in page(shown) + svg(shown) + mermaid(shown)


def test_a_page_fetches_and_runs_nothing() -> None:
    text = page(named("edit-1"))
    tags = Tags(text).found
    assert not [
        tag for tag, said in tags if tag in ("script", "link", "img", "iframe") or {"href", "src", "style"} & set(said)
    ]
    assert "url(" not in text
    assert "@import" not in text
    (policy,) = (said["content"] or "" for tag, said in tags if said.get("http-equiv") == "Content-Security-Policy")
    sheets = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    for sheet in sheets:
        assert f"'sha256-{b64encode(sha256(sheet.encode()).digest()).decode()}'" in policy
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    ids = [said["id"] for _, said in tags if "id" in said]
    assert len(ids) == len(set(ids))


def test_a_picture_is_told_to_those_who_cannot_see_it() -> None:
    root = ElementTree.fromstring(svg(named("edit-1")))
    assert root.get("role") == "img"
    by_id = {element.get("id"): element for element in root.iter() if element.get("id")}
    title, words = (by_id[name] for name in (root.get("aria-labelledby") or "").split())
    assert (title.tag, words.tag) == (f"{SVG}title", f"{SVG}desc")
    assert title.text
    assert "No machine can call the internet." in (words.text or "")


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, "contrast ratio"."""

    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [0, 1], ids=["light", "dark"])
def test_text_and_lines_stand_out_from_what_they_are_on(dark: int) -> None:
    for kind, colours in COLOURS.items():
        fill, line = colours[2 * dark], colours[2 * dark + 1]
        assert contrast(TEXT[dark], fill) >= 7, kind
        assert contrast(line, PAGE[dark]) >= 3, kind
        assert contrast(line, fill) >= 3, kind
    assert contrast(TEXT[dark], PAGE[dark]) >= 7


def test_letters_without_a_known_width_are_fitted_into_the_room_for_them() -> None:
    root = ElementTree.fromstring(svg(named("漢字ﷺ")))
    foreign = [each for each in root.iter(f"{SVG}text") if not measured(each.text or "")]
    assert foreign
    assert all(float(each.get("textLength") or 0) > 0 for each in foreign)


def test_text_that_reorders_or_hides_is_made_harmless() -> None:
    assert (
        plain("a\u202eb\u200bc\x1b[31m")
        == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c\N{REPLACEMENT CHARACTER}[31m"
    )
    assert len(plain("x" * 5000)) == LONGEST
    assert all(width(one, 13) < width(one + other, 13) for one, other in itertools.pairwise("aWi 漢."))
