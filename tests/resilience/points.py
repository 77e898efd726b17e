"""Where a command can die: around every step of an engine, call that changes a cloud and part of a save, by name.

`up` passes some hundred *points*. The name of each says a place and what it is about, so that it is the same in every run
from the same start: `begun: creating feature-edit-1-instance`, `sent: RunInstances of creating feature-edit-1-instance`.
"""

import http.client
import os
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from botocore.client import BaseClient

from soundstage.engines.embedded import engine, store
from soundstage.engines.embedded.state import Change, Pending, StackState
from soundstage.providers.gcp import rest

READING = ("Describe", "Get", "List", "Head")
CHANCE: Final = re.compile(r"-[0-9a-f]{7,32}\b")
"""What names on Google Cloud get from a seed."""
QUIET_SECONDS = 0.4
"""For how long nobody may have passed a point before the process counts as still."""


class Points:
    """Notes the points of one process in the file `trace`, and strikes at some of them.

    At the `at`-th point, counted from 1, and at those of `aims` the process sends itself `signals`, in that order. Where it
    is SIGKILL at an aim, the thread first waits there until every other has come to one too or stands still, so that one
    death strikes many steps that run side by side. Points that were struck have an exclamation mark in the trace.
    """

    def __init__(self, trace: Path, at: int, signals: Sequence[int], aims: Sequence[str]) -> None:
        self._trace = os.open(trace, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_TRUNC, 0o600)
        self._at, self._signals, self._aims = at, signals, frozenset(aims)
        self._lock = threading.Lock()
        self._count = 0
        self._last = 0.0
        self._heard = False
        self._held = False
        self._here = threading.local()
        self._outside: Counter[str] = Counter()

    def passed(self, name: str) -> None:
        """Somebody has come to this point."""
        with self._lock:
            self._count += 1
            self._last = time.monotonic()
            struck = self._count == self._at or name in self._aims
            os.write(self._trace, f"{'!' if struck else ''}{name}\n".encode())
            waits = name in self._aims and signal.SIGKILL in self._signals
            first, self._held = waits and not self._held, self._held or waits
        if first:
            threading.Thread(target=self._kill_when_still, daemon=True).start()
        if waits:
            threading.Event().wait()
        if struck:
            for number in self._signals:
                self._strike(number)

    def _strike(self, number: int) -> None:
        """Send the signal, and wait until it was heard: of two at once the second would be lost."""
        heeded, self._heard = hasattr(signal.getsignal(number), "heeds"), False
        os.kill(os.getpid(), number)
        until = time.monotonic() + (60.0 if heeded else 0.3)
        while time.monotonic() < until and not self._heard:
            time.sleep(0.02)

    def _kill_when_still(self) -> None:
        while time.monotonic() - self._last < QUIET_SECONDS:
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGKILL)

    def install(self) -> None:
        """Put a point before and after whatever must not get lost."""
        # The more steps run side by side, the more of them one death strikes.
        engine.PARALLEL = 48  # type: ignore[misc]
        self._watch_signals()
        self._watch_state()
        for name in ("back_up", "replace"):
            setattr(store, name, self._around(getattr(store, name), name))
        self._watch_store()
        self._watch_files()
        self._watch_calls()

    def _watch_signals(self) -> None:
        """Notice when the command has heeded a signal: the thread that listens may get its turn much later."""
        listen = signal.signal

        def listened(number: int, handler: Any) -> Any:
            def heeding(got: int, frame: Any) -> None:
                try:
                    handler(got, frame)
                finally:
                    self._heard = True

            heeding.heeds = handler  # type: ignore[attr-defined]
            before = listen(number, heeding if callable(handler) else handler)
            return getattr(before, "heeds", before)

        signal.signal = listened

    def _around(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        def wrapped(path: Path, *rest: Any) -> Any:
            stack = next(one for one in (path, *path.parents) if one.parent.name.startswith("soundstage")).name
            what = f"{name} of {stack}" if path.parent.name != store.BACKUP_FOLDER else f"{name} of a backup of {stack}"
            self.passed(f"unsaved: {what}")
            result = function(path, *rest)
            self.passed(f"saved: {what}")
            return result

        return wrapped

    def _watch_store(self) -> None:
        close = store.Store.close

        def closed(one: store.Store) -> None:
            if not one.changed:
                return close(one)
            self.passed(f"unsaved: close of {one.path.parent.name}")
            close(one)
            self.passed(f"saved: close of {one.path.parent.name}")
            return None

        store.Store.close = closed  # type: ignore[method-assign]

    def _watch_files(self) -> None:
        """A file of the project that another takes the place of, or that gets another name, and the note whose state is whose."""

        def around(move: Callable[..., Any]) -> Callable[..., Any]:
            def moved(source: Any, target: Any, **options: Any) -> Any:
                name = os.path.basename(os.fspath(target))
                if not name.endswith((".yaml", "claim.json")):
                    return move(source, target, **options)
                self.passed(f"about to move: {name}")
                result = move(source, target, **options)
                self.passed(f"moved: {name}")
                return result

            return moved

        os.replace, os.rename = around(os.replace), around(os.rename)  # type: ignore[assignment]

    def _watch_state(self) -> None:
        begin, done, change = StackState.begin, StackState.done, StackState.change

        def begun(state: StackState, pending: Pending) -> int:
            if not state._write:
                return begin(state, pending)
            step = f"{pending.kind.value} {pending.record.name}"
            self.passed(f"about to begin: {step}")
            number = begin(state, pending)
            self._here.step, self._here.calls = step, Counter()
            self.passed(f"begun: {step}")
            return number

        def finished(state: StackState, number: int, record: Any) -> None:
            if not state._write:
                return done(state, number, record)
            pending = state.pending[number]
            step = f"{pending.kind.value} {pending.record.name}"
            done(state, number, record)
            self._here.step = ""
            self.passed(f"ended: {step}")
            return None

        def changed(state: StackState, change_: Change) -> None:
            if not state._write:
                return change(state, change_)
            about = " ".join(sorted(record.name for record in change_.put.values())) or f"drop {len(change_.drop)}"
            change(state, change_)
            self.passed(f"noted: {about}")
            return None

        StackState.begin, StackState.done, StackState.change = begun, finished, changed  # type: ignore[method-assign]

    def _watch_calls(self) -> None:
        call: Callable[..., Any] = BaseClient._make_api_call
        hear = http.client.HTTPConnection.getresponse

        def make(client: BaseClient, operation: str, params: Any) -> Any:
            if operation.startswith(READING):
                return call(client, operation, params)
            about = self._about(operation)
            self._here.call = about
            try:
                answer = call(client, operation, params)
            finally:
                self._here.call = ""
            self.passed(f"answered: {about}")
            return answer

        def heard(connection: http.client.HTTPConnection) -> http.client.HTTPResponse:
            if about := getattr(self._here, "call", ""):
                self.passed(f"sent: {about}")
            return hear(connection)

        BaseClient._make_api_call = make  # type: ignore[method-assign]
        http.client.HTTPConnection.getresponse = heard  # type: ignore[method-assign]
        self._watch_google()

    def _watch_google(self) -> None:
        request: Callable[..., Any] = rest._request

        def make(account: Any, verb: str, address: str, *further: Any) -> Any:
            if verb == "GET":
                return request(account, verb, address, *further)
            about = self._about(f"{verb} {CHANCE.sub('', urlsplit(address).path)}")
            self._here.call = about
            try:
                answer = request(account, verb, address, *further)
            finally:
                self._here.call = ""
            self.passed(f"answered: {about}")
            return answer

        rest._request = make

    def _about(self, operation: str) -> str:
        """Which call of its step this is, or of the whole command outside of any step."""
        step = getattr(self._here, "step", "")
        calls: Counter[str] = self._here.calls if step else self._outside
        calls[operation] += 1
        return f"{operation} {calls[operation]}" + (f" of {step}" if step else "")
