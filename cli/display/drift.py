"""What changed outside, for people."""

from soundstage.cli.display.screen import Screen
from soundstage.cli.display.text import count
from soundstage.cli.display.tree import changing, tree
from soundstage.stacks.plan import Plan


def drift_text(plan: Plan, up: str, screen: Screen) -> str:
    """The tree of what differs from the record, or that nothing does. `up` is the command line that brings the stack up."""
    if not len(plan):
        return screen.plain(f"{plan.stack} is not up: there is nothing to compare.")
    if not plan.changes_anything:
        return screen.paint(f"{plan.stack}: the cloud is as recorded.", "bold", "green")
    drawn = tree(plan, screen).rpartition("\n\n")[0]
    head = screen.paint(f"{count(changing(plan), 'resource')} of {plan.stack} changed outside Soundstage:", "bold")
    words = f"`{up} --refresh` puts things back as the file says."
    return "\n".join([head, drawn, "", screen.lines(words, "dim")])
