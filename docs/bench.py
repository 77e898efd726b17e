"""Measures the figures of docs/design.md section 8 against what a user would run instead, and writes docs/performance.md.

Every figure is of whole processes, as a person waits for them. Two commands that are compared run in turn (A B A B …), so
that a machine whose speed drifts slows both; the ratio is the median of the pairs' ratios. Peers are installed into
`.venv-peers`, apart from the project; one that cannot be installed is left out and named.
"""

import argparse
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / ".venv-peers"
PEER_PACKAGES = ("skypilot", "checkov")
WORKSTATION = str(Path(sys.executable).parent / "workstation")
EXAMPLE = "examples/feature.yaml"


@dataclass(frozen=True)
class Timing:
    """Wall seconds of each run, and the largest process's memory in MiB."""

    seconds: tuple[float, ...]
    memory: float

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


class Bench:
    """A scratch state folder and the means to time commands in it."""

    def __init__(self, scratch: Path, runs: int) -> None:
        self.scratch = scratch
        self.runs = runs
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PULUMI_", "SOUNDSTAGE_"))
        } | {"SOUNDSTAGE_HOME": str(scratch / "state"), "PULUMI_SKIP_UPDATE_CHECK": "true"}
        self.rows: list[tuple[str, ...]] = []

    def once(self, command: Sequence[str], *, expect: int = 0) -> tuple[float, float]:
        """One run: wall seconds and peak MiB. A failure stops the bench with the command's own words."""
        started = time.monotonic()
        process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )  # fmt: skip
        assert process.stderr is not None
        words = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != expect:
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{words.decode(errors='replace')}")
        return seconds, usage.ru_maxrss / (1024 if sys.platform != "darwin" else 1024 * 1024)

    def time(self, command: Sequence[str], *, before: Callable[[], None] = lambda: None) -> Timing:
        """The command by itself, after one warm-up."""
        return self.together([(command, before)])[0]

    def time_once(self, command: Sequence[str]) -> Timing:
        """One run without warm-up, for what takes a minute."""
        seconds, memory = self.once(command)
        return Timing((seconds,), memory)

    def together(self, commands: Sequence[tuple[Sequence[str], Callable[[], None]]]) -> list[Timing]:
        """Several commands in turn, after one warm-up each."""
        results: list[list[tuple[float, float]]] = [[] for _ in commands]
        for turn in range(self.runs + 1):
            for index, (command, before) in enumerate(commands):
                before()
                measured = self.once(command)
                if turn:
                    results[index].append(measured)
        return [Timing(tuple(s for s, _ in runs), max(m for _, m in runs)) for runs in results]

    def row(self, what: str, timing: Timing, goal: str, note: str = "") -> None:
        self.rows.append((what, f"{timing.median:.2f} s", f"{timing.memory:.0f} MiB", goal, note))
        print(f"{what}: {timing.median:.2f} s, {timing.memory:.0f} MiB {note}", flush=True)


def ratio(ours: Timing, theirs: Timing) -> str:
    """How many of ours fit into one of theirs, from the pairs."""
    return f"{statistics.median(b / a for a, b in zip(ours.seconds, theirs.seconds, strict=True)):.1f}x"


def install_peers() -> list[str]:
    """The peers that are there, by command."""
    if not PEERS.exists():
        print(f"Installing {', '.join(PEER_PACKAGES)} into {PEERS.name} (once, several minutes) …", flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(PEERS)], check=True)
        for package in PEER_PACKAGES:
            subprocess.run([str(PEERS / "bin" / "pip"), "install", "--quiet", package], check=False)
    return [name for name in ("sky", "checkov") if (PEERS / "bin" / name).exists()]


def bench_start(bench: Bench, peers: Sequence[str]) -> None:
    others = {name: [str(PEERS / "bin" / name), "--help"] for name in peers}
    if pulumi := shutil.which("pulumi"):
        others["pulumi"] = [pulumi, "--help"]
    commands = [[WORKSTATION, "--help"], *others.values()]
    ours, *theirs = bench.together([(command, lambda: None) for command in commands])
    notes = [
        f"{name} {timing.median:.2f} s ({ratio(ours, timing)})" for name, timing in zip(others, theirs, strict=True)
    ]
    bench.row("`workstation --help`", ours, "0.15 s", "; ".join(notes))


def bench_lifecycle(bench: Bench) -> None:
    def down() -> None:
        bench.once([WORKSTATION, "down", EXAMPLE, "--delete-media", "--yes"])

    preview = [WORKSTATION, "preview", EXAMPLE]
    up = [WORKSTATION, "up", EXAMPLE, "--yes"]
    bench.once([WORKSTATION, "simulator", "start"])
    bench.once([WORKSTATION, "studio", "up", "--yes"])
    bench.once(up)
    bench.row("`preview` of the full example, nothing to do", bench.time(preview), "1 s")
    down()
    bench.row("`preview` of the full example, everything new", bench.time(preview), "1 s")
    bench.row("`up` of the full example", bench.time(up, before=down), "5 s")
    bench.row("second `up`, nothing to do", bench.time(up), "")
    if shutil.which("pulumi"):
        down()
        engine = ["--engine", "pulumi"]
        bench.once([*up, *engine])
        ours, theirs = bench.together([(preview, lambda: None), ([*preview, *engine], lambda: None)])
        bench.row("`preview --engine pulumi`, nothing to do", theirs, "", f"embedded: {ratio(ours, theirs)} faster")
        bench.once([WORKSTATION, "down", EXAMPLE, "--delete-media", "--yes", *engine])


def bench_size(bench: Bench) -> None:
    goals = {1: "", 100: "5 s", 500: "linear"}
    timings = {}
    for count, goal in goals.items():
        folder = bench.scratch / f"many-{count}"
        folder.mkdir()
        file = folder / "many.yaml"
        machines = "".join(f"  ws-{index}: {{for: editing}}\n" for index in range(count))
        file.write_text(f"project: many{count}\nworkstations:\n{machines}")
        measure = bench.time if count == 1 else bench.time_once
        timings[count] = measure([WORKSTATION, "preview", str(file)])
        bench.row(f"`preview` of {count} workstations, everything new", timings[count], goal)
    growth = (timings[500].median - timings[1].median) / (timings[100].median - timings[1].median)
    bench.rows.append(("growth from 100 to 500 workstations", f"{growth:.1f}x", "", "5x is linear", ""))


def write(bench: Bench, peers: Sequence[str]) -> None:
    missing = sorted({"sky", "checkov", "pulumi"} - set(peers) - ({"pulumi"} if shutil.which("pulumi") else set()))
    lines = [
        "# Performance",
        (
            "Written by `make bench`. Whole processes, warm, median of "
            f"{bench.runs} runs; machines differ, so trust the ratios, which come from alternating runs."
        ),
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores." + (f" Not present: {', '.join(missing)}." if missing else ""),
        "",
        "| what | median | peak memory | goal | beside it |",
        "|---|---|---|---|---|",
        *("| " + " | ".join(row) + " |" for row in bench.rows),
        "",
    ]
    (ROOT / "docs" / "performance.md").write_text("\n".join(lines))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="counted runs of each command")
    parser.add_argument("--no-peers", action="store_true", help="leave the peers out")
    arguments = parser.parse_args()
    peers = [] if arguments.no_peers else install_peers()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory(prefix="soundstage-bench-") as scratch:
        bench = Bench(Path(scratch), arguments.runs)
        try:
            bench_start(bench, peers)
            bench_lifecycle(bench)
            bench_size(bench)
        finally:
            subprocess.run([WORKSTATION, "simulator", "stop"], env=bench.environment, capture_output=True, check=False)
    write(bench, peers)


if __name__ == "__main__":
    main()
