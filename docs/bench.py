"""Measures the figures of docs/design.md section 8 against what a user would run instead, and writes docs/performance.md.

Every figure is of whole processes, as a person waits for them, with the processor's seconds beside the clock's: those hardly
grow when the machine has other work. Two commands that are compared run in turn (A B A B …), so that a machine whose speed
drifts slows both; the ratio is the median of the pairs' ratios. Peers are installed into `.venv-peers`, apart from the
project; one that cannot be installed is left out and named. Terraform is used where it stands, with the AWS provider that a local
mirror holds (tests/provider/terraform.py says where that is looked for): the same resources, at the same simulated cloud.
A goal that is missed is marked as missed.
"""

import argparse
import functools
import json
import os
import platform
import re
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

from generate_long_runs import section

ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / ".venv-peers"
PEER_PACKAGES = ("skypilot", "checkov")
WORKSTATION = str(Path(sys.executable).parent / "workstation")
EXAMPLE = "examples/feature.yaml"
MIRROR = "SOUNDSTAGE_TERRAFORM_PLUGINS"
PARTS = ("start", "lifecycle", "terraform", "policies", "cost", "size")
"""What can be measured by itself."""


@dataclass(frozen=True)
class Run:
    """One run of a command: seconds by the clock and of the processor, and its largest process in MiB."""

    wall: float
    cpu: float
    memory: float


@dataclass(frozen=True)
class Timing:
    """The counted runs of a command."""

    runs: tuple[Run, ...]

    @property
    def wall(self) -> float:
        return statistics.median(run.wall for run in self.runs)

    @property
    def cpu(self) -> float:
        return statistics.median(run.cpu for run in self.runs)

    @property
    def memory(self) -> float:
        return max(run.memory for run in self.runs)


@dataclass(frozen=True)
class Goal:
    """What a figure must not exceed. `of` is `wall`, `cpu` (seconds) or `memory` (MiB)."""

    most: float
    of: str = "wall"

    @property
    def words(self) -> str:
        return f"{self.most:g} {'MiB' if self.of == 'memory' else 's of the processor' if self.of == 'cpu' else 's'}"

    def told(self, timing: "Timing") -> str:
        return judged(self.words, met=getattr(timing, self.of) <= self.most)


def judged(words: str, *, met: bool) -> str:
    return words if met else f"**missed**: {words}"


class Bench:
    """A scratch state folder and the means to time commands in it."""

    def __init__(self, scratch: Path, runs: int) -> None:
        self.scratch = scratch
        self.runs = runs
        self.environment = {
            name: value
            for name, value in os.environ.items()
            # Without compiled modules every start would measure Python's compiler.
            if not name.startswith(("AWS_", "PULUMI_", "SOUNDSTAGE_")) and name != "PYTHONDONTWRITEBYTECODE"
        } | {"SOUNDSTAGE_HOME": str(scratch / "state"), "PULUMI_SKIP_UPDATE_CHECK": "true"}
        self.rows: list[tuple[str, ...]] = []

    def once(self, command: Sequence[str]) -> Run:
        """One run. A failure stops the bench with the command's own words."""
        started = time.monotonic()
        process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )  # fmt: skip
        assert process.stderr is not None
        words = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{words.decode(errors='replace')}")
        kib = usage.ru_maxrss / (1 if sys.platform != "darwin" else 1024)
        return Run(wall, usage.ru_utime + usage.ru_stime, kib / 1024)

    def time(self, command: Sequence[str], *, before: Callable[[], object] = lambda: None) -> Timing:
        """The command by itself, after one warm-up."""
        return self.together([(command, before)])[0]

    def time_once(self, command: Sequence[str]) -> Timing:
        """One run without warm-up, for what takes a minute."""
        return Timing((self.once(command),))

    def together(self, commands: Sequence[tuple[Sequence[str], Callable[[], object]]]) -> list[Timing]:
        """Several commands in turn, after one warm-up each."""
        results: list[list[Run]] = [[] for _ in commands]
        for turn in range(self.runs + 1):
            for index, (command, before) in enumerate(commands):
                before()
                measured = self.once(command)
                if turn:
                    results[index].append(measured)
        return [Timing(tuple(runs)) for runs in results]

    def row(self, what: str, timing: Timing, goal: Goal | None = None, note: str = "") -> None:
        figures = (f"{timing.wall:.2f} s", f"{timing.cpu:.2f} s", f"{timing.memory:.0f} MiB")
        self.say(what, *figures, goal.told(timing) if goal else "", note)

    def say(self, *cells: str) -> None:
        self.rows.append(cells)
        print(*filter(None, cells), sep=", ", flush=True)


def ratio(ours: Timing, theirs: Timing) -> str:
    """How many of ours fit into one of theirs, from the pairs."""
    return f"{statistics.median(b.wall / a.wall for a, b in zip(ours.runs, theirs.runs, strict=True)):.1f}x"


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
    notes = [f"{name} {timing.wall:.2f} s ({ratio(ours, timing)})" for name, timing in zip(others, theirs, strict=True)]
    bench.row("`workstation --help`", ours, Goal(0.15), "; ".join(notes))


PREVIEW = [WORKSTATION, "preview", EXAMPLE]
UP = [WORKSTATION, "up", EXAMPLE, "--yes"]


def bench_lifecycle(bench: Bench) -> None:
    down = functools.partial(bench.once, [WORKSTATION, "down", EXAMPLE, "--delete-media", "--yes"])
    bench.once([WORKSTATION, "simulator", "start"])
    bench.once(UP)
    bench.row("`preview` of the full example, nothing to do", bench.time(PREVIEW), Goal(0.8, "cpu"))
    down()
    bench.row("`preview` of the full example, everything new", bench.time(PREVIEW), Goal(0.7, "cpu"))
    bench.row("`up` of the full example", bench.time(UP, before=down), Goal(5))
    bench.row("second `up`, nothing to do", bench.time(UP))
    bench.row("`status`", bench.time([WORKSTATION, "status", EXAMPLE]))
    bench.row("`validate`", bench.time([WORKSTATION, "validate", EXAMPLE]))
    if shutil.which("pulumi"):
        down()
        genuine = [*PREVIEW, "--engine", "pulumi"]
        ours, theirs = bench.together([(PREVIEW, lambda: None), (genuine, lambda: None)])
        bench.row("`preview --engine pulumi`, everything new", theirs, None, f"embedded: {ratio(ours, theirs)} faster")


def bench_terraform(bench: Bench) -> None:
    """The resources of the full example as a configuration of Terraform's; each makes them while the other's are gone."""
    down = functools.partial(bench.once, [WORKSTATION, "down", EXAMPLE, "--delete-media", "--yes"])
    bench.once(UP)
    folder = bench.scratch / "terraform"
    prepare = [sys.executable, str(ROOT / "docs" / "bench_terraform.py"), EXAMPLE, str(folder)]
    # In a process of its own: the memory of this one would count as that of every command that it starts.
    named = {MIRROR: os.environ[MIRROR]} if MIRROR in os.environ else {}
    prepared = subprocess.run(
        prepare, cwd=ROOT, env=bench.environment | named, capture_output=True, text=True, check=False
    )
    if prepared.returncode:
        bench.say(f"Terraform is left out: {prepared.stderr.strip().splitlines()[-1]}", "", "", "", "", "")
        return
    found = json.loads(prepared.stdout)
    theirs = [
        "env",
        f"TF_CLI_CONFIG_FILE={folder}/terraform.rc",
        "CHECKPOINT_DISABLE=1",
        found["command"],
        f"-chdir={folder}",
    ]
    quiet = ["-no-color", "-input=false"]
    down()
    ours, plans = bench.together([(PREVIEW, lambda: None), ([*theirs, "plan", *quiet], lambda: None)])
    faster = statistics.median(b.wall / a.wall for a, b in zip(ours.runs, plans.runs, strict=True))
    lighter = plans.memory / ours.memory
    bench.row(f"`terraform plan` of the same {found['resources']} resources", plans)
    bench.say(
        "`preview` beside it", "", "", "", judged("5x faster and lighter", met=min(faster, lighter) >= 5),
        f"{faster:.1f}x faster, {lighter:.1f}x lighter",
    )  # fmt: skip
    ours = bench.time_once(UP)
    down()
    applied = bench.time_once([*theirs, "apply", *quiet, "-auto-approve"])
    # Terraform could not take away again what the media's own bucket policy keeps.
    bench.once([WORKSTATION, "simulator", "reset", "--yes"])
    bench.row("`terraform apply` of them", applied)
    times = applied.wall / ours.wall
    bench.say(
        "`up` beside it", f"{ours.wall:.2f} s", "", "", judged("20x faster", met=times >= 20), f"{times:.1f}x faster"
    )


def bench_policies(bench: Bench, peers: Sequence[str]) -> None:
    """The same plan of some 1,000 resources, judged here and by Checkov."""
    project = many(bench, 60)
    plan, exported = bench.scratch / "plan.json", bench.scratch / "tfplan.json"
    bench.once([WORKSTATION, "export", str(project), "--format", "plan", "--output", str(plan)])
    bench.once([WORKSTATION, "export", str(project), "--output", str(exported)])
    count = len(json.loads(plan.read_text())["resources"])
    check = [WORKSTATION, "check", "--plan", str(plan)]
    config = ["--config-file", str(ROOT / "examples" / "ci" / "checkov.yaml")]
    checkov = [str(PEERS / "bin" / "checkov"), "--file", str(exported), *config]
    if "checkov" in peers:
        ours, theirs = bench.together([(check, lambda: None), (checkov, lambda: None)])
        note = f"checkov {theirs.wall:.2f} s ({ratio(ours, theirs)})"
    else:
        ours, note = bench.time(check), ""
    small = bench.scratch / "small.json"
    bench.once([WORKSTATION, "export", str(many(bench, 1)), "--format", "plan", "--output", str(small)])
    start = bench.time([WORKSTATION, "check", "--plan", str(small)])
    judging = ours.cpu - start.cpu
    bench.row(f"`check` of {count} resources", ours, None, note)
    bench.say(
        "of which judging and reading them",
        "",
        f"{judging:.2f} s",
        "",
        judged("0.5 s for 1,000", met=judging <= 0.5 * count / 1000),
        "",
    )
    many_checked = bench.time([WORKSTATION, "check", "--plan", str(copies(bench, 10_000))])
    bench.row("`check` of 10,000 resources, the full example again and again", many_checked, Goal(150, "memory"))
    judging = many_checked.cpu - start.cpu
    bench.say("of which judging and reading them", "", f"{judging:.2f} s", "", judged("5 s", met=judging <= 5), "")


ESTIMATING = """
import sys, time
from pathlib import Path
import soundstage.stacks.deployment
from soundstage.policies.sources import read_plan
plan = read_plan(Path(sys.argv[1]))
begun = time.process_time()
from soundstage.pricing.clock_hours import clock_hours
from soundstage.pricing.estimate import estimate
from soundstage.pricing.usage import Usage
estimate(plan, Usage({}, clock_hours(plan)), "eu-west-1").year
print(time.process_time() - begun)
"""
"""What a preview does to say the price, its tables read and its own modules imported, in a process that has what a preview has."""


def bench_cost(bench: Bench) -> None:
    """What the price adds to a preview: of the full example, and of 500 workstations."""
    for what, project, most in (("the full example", EXAMPLE, 0.05), ("500 workstations", str(many(bench, 500)), 0.3)):
        plan = bench.scratch / "priced.json"
        bench.once([WORKSTATION, "export", project, "--format", "plan", "--output", str(plan)])
        command = [sys.executable, "-c", ESTIMATING, str(plan)]
        seconds = statistics.median(
            float(
                subprocess.run(
                    command, cwd=ROOT, env=bench.environment, capture_output=True, check=True, text=True
                ).stdout
            )
            for _ in range(bench.runs)
        )
        figure, goal = f"{seconds:.3f} s", judged(f"{most:g} s of the processor", met=seconds <= most)
        bench.say(f"the estimate of {what}, within a preview", "", figure, "", goal, "")


def copies(bench: Bench, count: int) -> Path:
    """The plan of the full example, renamed as often as it takes for at least so many resources."""
    file = bench.scratch / f"copies-{count}.json"
    bench.once([WORKSTATION, "export", EXAMPLE, "--format", "plan", "--output", str(file)])
    plan = json.loads(file.read_text())
    resources = plan.pop("resources")
    text = json.dumps(resources)[1:-1]
    with file.open("w") as stream:  # in pieces: what this process holds at its largest counts as a child's as well
        stream.write(f'{json.dumps(plan)[:-1]}, "resources": [')
        for number in range(-(-count // len(resources))):
            stream.write(("," if number else "") + text.replace("feature", f"feature{number}"))
        stream.write("]}")
    waivers = (ROOT / EXAMPLE).with_suffix(".policy.yaml").read_text()
    file.with_suffix(".policy.yaml").write_text(re.sub(r"resource: \S+", 'resource: "*"', waivers))
    return file


def many(bench: Bench, count: int) -> Path:
    """A project of so many workstations."""
    folder = bench.scratch / f"many-{count}"
    folder.mkdir(exist_ok=True)
    file = folder / "many.yaml"
    machines = "".join(f"  ws-{index}: {{for: editing}}\n" for index in range(count))
    file.write_text(f"project: many{count}\nworkstations:\n{machines}")
    return file


def bench_size(bench: Bench) -> None:
    goals = {1: None, 100: Goal(3), 500: None}
    timings = {}
    for count, goal in goals.items():
        measure = bench.time if count == 1 else bench.time_once
        timings[count] = measure([WORKSTATION, "preview", str(many(bench, count))])
        bench.row(f"`preview` of {count} workstations, everything new", timings[count], goal)
    growth = (timings[500].cpu - timings[1].cpu) / (timings[100].cpu - timings[1].cpu)
    bench.say(
        "growth from 100 to 500 workstations", "", f"{growth:.1f}x", "", judged("5x is linear", met=growth <= 5.5), ""
    )
    for count in (100, 500):
        project = str(many(bench, count))
        goal = Goal(400, "memory") if count == 500 else None
        bench.row(f"`up` of {count} workstations", bench.time_once([WORKSTATION, "up", project, "--yes"]), goal)
        down = [WORKSTATION, "down", project, "--delete-media", "--yes"]
        bench.row(f"`down` of {count} workstations", bench.time_once(down))


def write(bench: Bench, peers: Sequence[str], page: Path, unmeasured: Sequence[str]) -> None:
    missing = sorted({"sky", "checkov", "pulumi"} - set(peers) - ({"pulumi"} if shutil.which("pulumi") else set()))
    lines = [
        "# Performance",
        (
            f"Written by `make bench`. Whole processes, warm, median of {bench.runs} runs; what takes minutes runs once. "
            "Machines differ, so trust the ratios, which come from alternating runs. Processor time leaves out the "
            "simulated cloud's own process."
        ),
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores; other work on the machine meanwhile: {os.getloadavg()[2]:.0f} processes on average."
        + (f" Not present: {', '.join(missing)}." if missing else "")
        + (f" Not measured this time: {', '.join(unmeasured)}." if unmeasured else ""),
        "",
        "| what | median | processor | peak memory | goal | beside it |",
        "|---|---|---|---|---|---|",
        *("| " + " | ".join(row) + " |" for row in bench.rows),
        "",
        "## The long test runs",
        "Figures of `make soak`; what it tries and how it ended is in [security.md](security.md#the-long-test-runs).",
        "",
        section("performance.md"),
        "",
    ]
    page.write_text("\n".join(lines))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="counted runs of each command")
    parser.add_argument("--no-peers", action="store_true", help="leave the peers out")
    parser.add_argument(
        "--parts", nargs="+", choices=PARTS, default=PARTS, help="what to measure; all of it takes an hour"
    )
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "performance.md", help="the page")
    arguments = parser.parse_args()
    peers = [] if arguments.no_peers else install_peers()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory(prefix="soundstage-bench-") as scratch:
        bench = Bench(Path(scratch), arguments.runs)
        measures: dict[str, Callable[[], None]] = {
            "start": lambda: bench_start(bench, peers),
            "lifecycle": lambda: bench_lifecycle(bench),
            "terraform": lambda: bench_terraform(bench),
            "policies": lambda: bench_policies(bench, peers),
            "cost": lambda: bench_cost(bench),
            "size": lambda: bench_size(bench),
        }
        try:
            for part in PARTS:
                if part in arguments.parts:
                    measures[part]()
        finally:
            subprocess.run([WORKSTATION, "simulator", "stop"], env=bench.environment, capture_output=True, check=False)
    write(bench, peers, arguments.output, [part for part in PARTS if part not in arguments.parts])


if __name__ == "__main__":
    main()
