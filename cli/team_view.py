"""What `list`, and `status` without a project, answer: asked once, again and again, or as a page."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from soundstage.cli.answer import Answer

if TYPE_CHECKING:
    from soundstage.stacks.state.on_record import OnRecord
    from soundstage.stacks.team.overview import Overview

PAUSE: Final = 15.0
"""Seconds between two looks."""


def team_answer(html: Path | None = None, *, force: bool = False) -> Answer:
    """All machines, and all projects on record."""
    from soundstage.cli.display.listing import listing_document, listing_text
    from soundstage.cli.display.overview import overview_document, overview_text
    from soundstage.cli.new_file import write_new

    found, seen = look()
    document = {**listing_document(found), **overview_document(seen), "file": str(html) if html else None}
    if html:
        from soundstage.cli.display.producer_page import page

        write_new(html, page(seen, found), force=force)
        return Answer(document, lambda screen: screen.lines(f"{html} is written. Open it in a browser, or send it."))
    return Answer(
        document,
        lambda screen: (
            f"{overview_text(seen, screen)}\n\n{listing_text(found, screen)}"
            if seen.rows or seen.silent or seen.told
            else listing_text(found, screen)
        ),
    )


def look() -> "tuple[list[OnRecord], Overview]":
    """What is on record, and what the clouds answer now."""
    from dataclasses import replace
    from datetime import UTC, datetime

    from soundstage.stacks.state.on_record import all_on_record
    from soundstage.stacks.team.colleagues import of_colleagues
    from soundstage.stacks.team.overview import overview
    from soundstage.stacks.team.parked import told_of_parked, with_parked
    from soundstage.stacks.team.places import places, studios_of
    from soundstage.stacks.team.titles import titles, with_titles

    found = all_on_record()
    asked, told = places(found)
    seen = overview(asked, datetime.now(UTC))
    others, unread = of_colleagues(studios_of(asked))
    gone = told_of_parked([*others, *found], asked)
    seen = replace(seen, told=(*told, *seen.told, *unread, *gone))
    return with_titles(found, with_parked(seen, [*others, *found]), titles(found))


def watched(html: Path | None, *, force: bool) -> Answer:
    """Show it again and again until Ctrl-C; then the last of them is the answer. With `html` the page is written anew each time; over a
    file that was there before only with `force`."""
    from soundstage.cli.display.screen import stderr
    from soundstage.cli.notice import write

    answer = team_answer(html, force=force)
    try:
        while True:
            screen = stderr()
            clear = "\x1b[H\x1b[2J" if screen.live else ""
            write(f"{clear}{answer.text(screen)}\n{screen.paint('Ctrl-C ends this.', 'dim')}")
            time.sleep(PAUSE)
            answer = team_answer(html, force=True)
    except KeyboardInterrupt:
        return answer
