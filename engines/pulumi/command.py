"""Finds the Pulumi command, checks that it is one we know, and runs it so that it can be cancelled and cannot hang.

The version of the command is pinned here, those of providers beside their tables; `workstation engine status` shows them.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from pulumi.automation import PulumiCommand
from pulumi.automation._cmd import CommandResult
from pulumi.automation.errors import create_command_error
from semver import VersionInfo

from soundstage.core.errors import EngineError

PINNED: Final = VersionInfo(3, 260, 0)
"""What `workstation engine install` installs. Measured against SDK 3.272 and pulumi-aws 7.51.1 (2026-11)."""
OLDEST: Final = VersionInfo(3, 181, 0)
"""The first whose `refresh` and `destroy` run inline programs (pulumi-sdk 3.272, `automation/_stack.py`)."""

_VERSION_SECONDS: Final = 60.0
"""More than a machine that renders needs to start it: with a load of nine on each processor it took over twenty."""
_ANSWER_SECONDS: Final = 300.0
"""How long a command may take that only reads or writes state."""
_FOLLOW_SECONDS: Final = 30.0
"""How long a command that was told twice to stop may take to end."""
_UNBOUND: Final = frozenset({"up", "preview", "destroy", "refresh"})
"""Commands that take as long as the cloud does; whoever waits sees what they do and can stop them."""


def own_folder(home: Path) -> Path:
    """Where `workstation engine install` puts the command."""
    return home / "engine" / str(PINNED)


def find(home: Path) -> Path | None:
    """The command: our own copy first (its version is the pinned one), else the one on PATH."""
    own = own_folder(home) / "bin" / "pulumi"
    if own.is_file():
        return own
    found = shutil.which("pulumi")
    return Path(found).absolute() if found else None


def version_of(command: Path) -> VersionInfo:
    """Asks the command. `EngineError` when it does not run, does not answer in time, or says nothing sensible."""
    try:
        # Even for this the command writes a log into its home.
        with tempfile.TemporaryDirectory(prefix="soundstage-") as scratch:
            done = subprocess.run(
                [str(command), "version"],
                env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true", "PULUMI_HOME": scratch},
                capture_output=True, text=True, timeout=_VERSION_SECONDS, check=True,
            )  # fmt: skip
        return VersionInfo.parse(done.stdout.strip().removeprefix("v"))
    except subprocess.TimeoutExpired as error:
        raise EngineError(
            f"{command} does not answer (waited {_VERSION_SECONDS:.0f} s for its version).",
            "Try `pulumi version` by hand, or run `workstation engine install` for a copy of our own.",
        ) from error
    except OSError as error:
        raise EngineError(
            f"{command} cannot be run: {error.strerror}. It may be made for another kind of processor.",
            "Run `workstation engine install`.",
        ) from error
    except (subprocess.CalledProcessError, ValueError) as error:
        raise EngineError(
            f"{command} does not tell its version, so it may not be Pulumi.", "Run `workstation engine install`."
        ) from error


def require(home: Path) -> "Command":
    """The command, ready to use. `EngineError` when it is missing or too old."""
    path = find(home)
    if path is None:
        raise EngineError(
            "The Pulumi engine is not installed; real clouds are built by it.",
            "Run `workstation engine install`. Without internet: `workstation engine status` says which file goes where.",
        )
    version = version_of(path)
    if version < OLDEST:
        raise EngineError(
            f"Pulumi {version} at {path} is too old; {OLDEST} is the oldest that works and {PINNED} is the one tested.",
            "Run `workstation engine install`.",
        )
    return Command(path, version)


class Command(PulumiCommand):
    """The SDK's `PulumiCommand` with a process that we can see: cancelled gently, and ended when it does not follow."""

    def __init__(self, path: Path, version: VersionInfo) -> None:
        # The parent's constructor runs `pulumi version` a second time; both facts are known here.
        self.command = str(path)
        self.version = version
        self.typed = ""
        """What the next command is told on its standard input: a secret, which has no place among its arguments."""
        self._running: subprocess.Popen[str] | None = None
        self._asked = False

    def cancel(self) -> None:
        """Asks the running command to stop after the step in hand. A second call tells it to end at once, and ends it when it
        does not follow; both are safe."""
        process = self._running
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGINT)
        if self._asked:
            _Limit(_FOLLOW_SECONDS, process).start()
        self._asked = True

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Callable[[str], Any] | None = None,
        on_error: Callable[[str], Any] | None = None,
    ) -> CommandResult:
        limit = None if args[0] in _UNBOUND else _ANSWER_SECONDS
        told = " ".join(args[:2])
        if "--non-interactive" not in args:
            args.insert(0, "--non-interactive")
        environment = {**os.environ, **additional_env, "PULUMI_AUTOMATION_API": "true"}
        # The language host lies beside the command and is looked for on PATH.
        environment["PATH"] = os.pathsep.join([str(Path(self.command).parent), environment.get("PATH", "")])
        lines: dict[str, list[str]] = {"stdout": [], "stderr": []}

        def consume(stream: Any, kept: list[str], callback: Callable[[str], Any] | None) -> None:
            for line in stream:
                kept.append(line.rstrip())
                if callback:
                    callback(kept[-1])

        with subprocess.Popen(
            [self.command, *args],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            cwd=cwd, env=environment, encoding="utf-8", errors="replace",
            # A session of its own: Ctrl-C at the terminal reaches us alone, and we decide what the engine is told.
            start_new_session=True,
        ) as process:  # fmt: skip
            self._running, self._asked = process, False
            answer = _Limit(limit, process)
            answer.start()
            self._type(process)
            readers = [
                threading.Thread(target=consume, args=(process.stdout, lines["stdout"], on_output), daemon=True),
                threading.Thread(target=consume, args=(process.stderr, lines["stderr"], on_error), daemon=True),
            ]
            for reader in readers:
                reader.start()
            for reader in readers:
                reader.join()
            code = process.wait()
            answer.cancel()
        self._running = None
        if answer.passed:
            raise EngineError(
                f"`pulumi {told}` did not answer in {limit:.0f} s and was ended.",
                "Check the network and `state` in studio.yaml, then run the same command again: what was done is on record.",
            )
        result = CommandResult("\n".join(lines["stdout"]), "\n".join(lines["stderr"]), code)
        if code != 0:
            raise create_command_error(result)
        return result

    def _type(self, process: subprocess.Popen[str]) -> None:
        typed, self.typed = self.typed, ""
        with contextlib.suppress(BrokenPipeError), process.stdin or contextlib.nullcontext() as stdin:
            if typed and stdin:
                stdin.write(f"{typed}\n")


class _Limit(threading.Timer):
    """Ends a process, and all that it started in its session, unless it ends by itself in time. None is no limit."""

    def __init__(self, seconds: float | None, process: subprocess.Popen[str]) -> None:
        super().__init__(threading.TIMEOUT_MAX if seconds is None else seconds, self._end)
        self.daemon = True
        self.passed = False
        self._process = process

    def _end(self) -> None:
        if self._process.poll() is None:
            self.passed = True
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
