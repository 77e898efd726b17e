"""Run as a program of its own: does one operation on a stack, and dies on the way when told to.

Usage: killed.py FOLDER CLOUD_FILE SCENARIO KILL_AT
KILL_AT counts lines written to the journal, calls to the cloud and the parts of a save, each before and after; 0 means never.
Prints how many such moments there were when it lives to the end.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pulumi

from soundstage.engines.base import Event, EventKind, StackName
from soundstage.engines.embedded import checkpoint, journal, recovery
from soundstage.engines.embedded.engine import EmbeddedEngine
from soundstage.engines.testing import Group, MemoryCloud, MemoryProvider, Thing

Options = pulumi.ResourceOptions
moments = 0


def first() -> None:
    group = Group("net")
    vpc = Thing("vpc", size=1, place="here", opts=Options(parent=group))
    subnet = Thing("subnet", vpc=vpc.id, opts=Options(parent=group))
    Thing("slotted", slot=1, subnet=subnet.id)
    Thing("extra")
    pulumi.export("vpc", vpc.id)


def second() -> None:
    group = Group("network", Options(aliases=[pulumi.Alias(name="net")]))
    vpc = Thing("vpc", size=2, place="there", opts=Options(parent=group))
    subnet = Thing("subnet", vpc=vpc.id, size=3, opts=Options(parent=group))
    slotted = Thing("slotted", slot=2, subnet=subnet.id)
    Thing("on-top", place=slotted.id)
    pulumi.export("vpc", vpc.id)


def main(folder: str, file: str, scenario: str, kill_at: int) -> None:
    cloud = MemoryCloud(Path(file))
    recovery._IN_FLIGHT = 0.0  # type: ignore[misc] # this cloud dies with the command, and carries out nothing later

    def moment(*_: object) -> None:
        global moments  # noqa: PLW0603
        moments += 1
        if moments == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    append = journal.Journal.append

    def appended(self: journal.Journal, line: dict[str, object]) -> None:
        moment()
        append(self, line)
        moment()

    def around(part: Callable[..., None]) -> Callable[..., None]:
        def wrapped(*arguments: object) -> None:
            moment()
            part(*arguments)
            moment()

        return wrapped

    journal.Journal.append = appended  # type: ignore[method-assign]
    for name in ("write", "_write_whole", "_back_up", "_sync_folder"):
        setattr(checkpoint, name, around(getattr(checkpoint, name)))
    cloud.before_call = moment
    cloud.after_call = moment

    def heard(event: Event) -> None:
        if event.kind is EventKind.RESUMING:
            print(event.message)

    engine = EmbeddedEngine(StackName("soundstage", "teaser"), Path(folder), lambda _retry: MemoryProvider(cloud))
    if scenario == "destroy":
        engine.destroy(on_event=heard)
    else:
        engine.up({"first": first, "second": second}[scenario], parallel=2, on_event=heard)
    print(moments)


if __name__ == "__main__":
    main(*sys.argv[1:4], int(sys.argv[4]))
