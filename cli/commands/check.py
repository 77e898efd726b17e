"""Check a project, a preview or a saved state against policies.

Without options the project's plan is checked against the profile that its policy file or the project itself names.
With --plan the plan comes from a file: `workstation preview --json`, `pulumi preview --json --show-sames`, `pulumi stack export` or
`terraform show -json`.
With --against the result says which violations a change brings and which it takes away, judged by the same policies.
Exit code 3 when a mandatory policy is violated.
"""

from pathlib import Path
from typing import Annotated

import typer

from soundstage.cli import completion
from soundstage.cli.answer import Answer, say
from soundstage.cli.arguments import EngineName, Target

Profile = Annotated[
    str,
    typer.Option(
        metavar="NAME", autocompletion=completion.profiles, help="baseline, studio or content.", show_default=False
    ),
]
Format = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="FORMAT",
        autocompletion=completion.report_formats,
        help="terminal, json, sarif, junit, markdown or html.",
    ),
]
PlanFile = Annotated[
    Path | None, typer.Option("--plan", metavar="FILE", show_default=False, help="Check this file; - reads stdin.")
]
State = Annotated[bool, typer.Option("--state", help="Check what is recorded, instead of what `up` would do.")]
Strict = Annotated[bool, typer.Option("--strict", help="Also refuse what could not be checked.")]
PolicyFile = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", show_default=False, help="The policy file.")
]
Baseline = Annotated[
    Path | None, typer.Option("--baseline", metavar="FILE", show_default=False, help="Violations already accepted.")
]
NewBaseline = Annotated[
    Path | None, typer.Option("--write-baseline", metavar="FILE", show_default=False, help="Accept what is open now.")
]
Against = Annotated[
    Path | None,
    typer.Option("--against", metavar="FILE", show_default=False, help="Say what is new and gone since this plan."),
]
Policies = Annotated[
    list[str] | None,
    typer.Option(
        "--policy", metavar="ID", autocompletion=completion.policy_ids, help="Only this policy; repeat for more."
    ),
]
Areas = Annotated[
    list[str] | None,
    typer.Option("--area", metavar="AREA", autocompletion=completion.areas, help="Only this area; repeat for more."),
]
Frameworks = Annotated[
    list[str] | None,
    typer.Option(
        "--framework",
        metavar="ID",
        autocompletion=completion.framework_ids,
        help="Only policies for this framework; repeat for more.",
    ),
]
Severity = Annotated[
    str,
    typer.Option(
        metavar="LEAST", autocompletion=completion.severities, show_default=False, help="Only this severity and worse."
    ),
]
Patch = Annotated[bool, typer.Option("--patch", help="Show what would satisfy the policies, as a patch.")]
List = Annotated[bool, typer.Option("--list", help="List all policies.")]
Explain = Annotated[
    str,
    typer.Option(metavar="ID", autocompletion=completion.policy_ids, show_default=False, help="Explain one policy."),
]


def command(
    target: Target = None,
    profile: Profile = "",
    format: Format = "terminal",
    plan: PlanFile = None,
    state: State = False,
    strict: Strict = False,
    config: PolicyFile = None,
    baseline: Baseline = None,
    write_baseline: NewBaseline = None,
    against: Against = None,
    policy: Policies = None,
    area: Areas = None,
    framework: Frameworks = None,
    severity: Severity = "",
    patch: Patch = False,
    list_: List = False,
    explain: Explain = "",
    engine: EngineName = None,
) -> Answer:
    from soundstage.cli.checks import CheckRequest, check, write
    from soundstage.policies import pages
    from soundstage.policies.selection import Selection

    if list_ or explain:
        text = pages.listing() if list_ else pages.explain(explain)
        return Answer({"policies": pages.documents(None if list_ else explain)}, say(text.rstrip("\n")))
    selection = Selection(tuple(policy or ()), (), tuple(area or ()), tuple(framework or ()), severity)
    request = CheckRequest(target, plan, state, engine, profile, config, baseline, selection, against)
    checked = check(request)
    if write_baseline is not None:
        return write(checked, write_baseline)
    return checked.answer(format, strict=strict, patch=patch)
