"""Run as a program of its own: waits for operations on a stack and does each in a fork, which dies on the way when told to.

A fork costs no import, and of this small process next to nothing; of one that runs tests it takes longer than the operation.
One operation per line of JSON on stdin, as the arguments of `run`; one answer per line on stdout. `kill_at` counts statements and transactions of the state's database, its backups and closings, and calls to the cloud, each before and
after; 0 means never. An operation that lives to the end prints how many such moments there were.
"""

import json
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pulumi

from soundstage.core.errors import SoundstageError
from soundstage.engines.base import Event, EventKind, StackName
from soundstage.engines.embedded import recovery, store
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

    def around(part: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **options: Any) -> Any:
            moment()
            result = part(*arguments, **options)
            moment()
            return result

        return wrapped

    class Dying(sqlite3.Connection):
        """Also dies within a transaction: at each of its statements."""

        execute = around(sqlite3.Connection.execute)  # type: ignore[assignment]

    connect = sqlite3.connect
    named = {**vars(sqlite3), "connect": lambda *a, **o: connect(*a, factory=Dying, **o)}
    store.sqlite3 = SimpleNamespace(**named)  # type: ignore[assignment]
    for name in ("commit", "replace", "back_up"):
        setattr(store, name, around(getattr(store, name)))
    store.Store.close = around(store.Store.close)  # type: ignore[method-assign]
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


def run(folder: str, file: str, scenario: str, kill_at: int) -> tuple[int, list[str]]:
    """Do one operation in a fork. Returns its wait status and the lines that it printed."""
    out = Path(folder).parent / "out"
    child = os.fork()
    if child == 0:
        status = 1
        try:
            sys.stdout = out.open("w")
            main(folder, file, scenario, kill_at)
            sys.stdout.flush()
            status = 0
        except SoundstageError as error:
            sys.stderr.write(str(error))
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    return status, out.read_text().split("\n")[:-1]


if __name__ == "__main__":
    sys.path.append(str(Path(__file__).resolve().parents[2]))
    from tests import no_power_cut

    no_power_cut.expected()
    for line in sys.stdin:
        print(json.dumps(run(**json.loads(line))), flush=True)
