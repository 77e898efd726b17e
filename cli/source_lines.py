"""Which line of a repository made what a report complains of, so that code scanning shows it where it can be changed."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from soundstage.core import yamlfile
from soundstage.core.yamlfile import Document
from soundstage.plan.plan import Plan, Source
from soundstage.policies.report import Finding, Report
from soundstage.stacks.written import line_of

PROGRAM = "Pulumi.yaml"


def with_lines(report: Report, plan: Plan, written: Path | None, exported: Path | None) -> Report:
    """The report, in which each finding has its line.

    `written`: the project or studio file that the plan was made of. Without one the plan is of somebody's own program, whose folder is
    that of the plan's file `exported` where it holds a `Pulumi.yaml`, else the one in which the command runs.
    """
    locate = _in_file(written, plan) if written else _in_program(plan, exported)
    return replace(report, findings=tuple(replace(item, source=locate(item)) for item in report.findings))


def _in_file(path: Path, plan: Plan) -> Callable[[Finding], Source | None]:
    document = yamlfile.read(path)
    file = _from_root(path.resolve())

    def locate(item: Finding) -> Source:
        key = item.policy.choice.path if item.policy.choice else ()
        return Source(file, _line(document, plan, item, key))

    return locate


def _line(document: Document, plan: Plan, item: Finding, key: tuple[str, ...]) -> int:
    return line_of(document, plan, item.urn, item.paths[0] if item.paths else "", key)


def _in_program(plan: Plan, exported: Path | None) -> Callable[[Finding], Source | None]:
    folder = exported.resolve().parent if exported and exported.with_name(PROGRAM).is_file() else Path.cwd()

    def locate(item: Finding) -> Source | None:
        resource = plan.by_urn.get(item.urn)
        seen = set()
        while resource is not None and resource.source is None and resource.urn not in seen:
            seen.add(resource.urn)
            resource = plan.by_urn.get(resource.parent or "")
        made = resource.source if resource else None
        return Source(_from_root(folder / made.file), made.line) if made else None

    return locate


def _from_root(path: Path) -> str:
    """A path from the folder of its repository, which is where code scanning counts from; from here where there is none."""
    root = next((folder for folder in path.parents if (folder / ".git").exists()), Path.cwd())
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
