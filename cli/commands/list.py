"""List every project that this machine has on record.

Its studio, cloud, region and file, and whether it is up, half up, down, or down with its media kept. Also those whose file was
moved, renamed or deleted. Nothing is asked of a cloud: a project whose state is kept elsewhere is shown as it was last seen from here.
"""

from soundstage.cli.answer import Answer


def command() -> Answer:
    from soundstage.cli.display.listing import listing_document, listing_text
    from soundstage.stacks.state.on_record import all_on_record

    found = all_on_record()
    return Answer(listing_document(found), lambda screen: listing_text(found, screen))
