"""Which machines are bought and how: interactive ones keep running, restartable ones stay cheap."""

import re
from collections.abc import Iterator

from soundstage.policies.policy import ADVISORY, HIGH, LOW, MANDATORY, MEDIUM, Choice, Verdict, breach, policy
from soundstage.policies.views.machines import Machine, machines, short
from soundstage.policies.views.node import Resource, all_of, no
from soundstage.policies.views.stack import Stack


@policy(
    "WS-12",
    "Interactive workstations are not on spot capacity",
    severity=HIGH,
    level=MANDATORY,
    why="A spot machine is taken away with two minutes' notice, in the middle of a client's session.",
    fix="Use on-demand machines; mark machines that may restart with the tag `soundstage:purpose` (render, batch …).",
    references="house:interactive-capacity",
    over=machines,
    choice=Choice(("workstations", "*", "purchase"), "spot", "on-demand"),
)
def interactive_spot(machine: Machine, stack: Stack) -> Iterator[Verdict]:
    yield from breach(
        all_of(machine.spot, machine.desktop(stack)),
        machine.resource,
        "is an interactive workstation on spot capacity",
        machine.spot_node,
        *machine.desktop_evidence(stack),
    )


@policy(
    "WS-13",
    "Restartable work runs on spot capacity",
    severity=LOW,
    level=ADVISORY,
    why="Render and transcode machines can start again; on spot they cost a third.",
    fix="Set the machine's market to spot, or change its `soundstage:purpose`.",
    references="house:cost-control",
    over=machines,
)
def batch_on_demand(machine: Machine, stack: Stack) -> Iterator[Verdict]:
    purpose = machine.purpose(stack)
    yield from breach(
        all_of(machine.gpu(stack), machine.batch(stack), no(machine.spot)),
        machine.resource,
        f"is {purpose.text} work on demand",
        purpose,
        machine.type,
        machine.spot_node,
    )


@policy(
    "WS-14",
    "Workstations are of a kind made for people",
    severity=MEDIUM,
    level=MANDATORY,
    why="Training accelerators have no video encoder and cost ten times as much: a desktop on one is slow and expensive.",
    fix="Choose a g4dn, g5, g6, g6e or gr6 (AWS), a g2 (Google), or mark the machine as batch work.",
    references="house:cost-control",
    over=machines,
)
def refused_type(machine: Machine, stack: Stack) -> Iterator[Verdict]:
    settings = stack.settings
    pattern = re.compile("|".join(f"(?:{item})" for item in settings.refused_machine_types))
    refused = machine.type.is_(lambda value: bool(value) and bool(pattern.fullmatch(short(str(value)))))
    yield from breach(
        all_of(refused, no(machine.batch(stack))),
        machine.resource,
        f"{machine.type.text} is not made for interactive work",
        machine.type,
        machine.purpose(stack),
        machine.tags,
    )


PATCHING = (
    "aws:ssm/maintenanceWindowTarget:MaintenanceWindowTarget",
    "aws:ssm/patchGroup:PatchGroup",
    "aws:ssm/association:Association",
    "gcp:osconfig/patchDeployment:PatchDeployment",
)


@policy(
    "WS-19",
    "Machines are patched by a plan",
    severity=MEDIUM,
    level=ADVISORY,
    why="Clients ask when critical vulnerabilities are closed; without a schedule nobody can say.",
    fix="Target the machines with a maintenance window or `AWS-RunPatchBaseline` (on Google Cloud with a patch deployment), or "
    "replace them from a fresh image on a schedule and tag them `soundstage:patching`.",
    references="fsbp:SSM.2 cis-gcp-5.0:4.12 mpa-5.1:T27",
    over=machines,
)
def patch_path(machine: Machine, stack: Stack) -> Iterator[Verdict]:
    declared = machine.tags.child("soundstage:patching")
    patched = any(item.type != PATCHING[2] or "Patch" in str(item.get("name").value) for item in stack.of(*PATCHING))
    yield from breach(
        all_of(not patched, declared.absent), machine.resource, "nothing in the stack patches it", declared
    )


PROTECTION = re.compile(r"protect|defender|edr|antivirus|anti-malware|clamav|guardduty|falcon|sentinel", re.IGNORECASE)


@policy(
    "WS-20",
    "Image recipes install endpoint protection",
    severity=MEDIUM,
    level=ADVISORY,
    why="Clients require protection against malware on every machine that touches their content.",
    fix="Add a component that installs and starts the studio's endpoint protection.",
    references="mpa-5.1:T7 mpa-5.1:T9",
    clouds="aws",
    over=lambda stack: stack.of("aws:imagebuilder/imageRecipe:ImageRecipe"),
)
def endpoint_protection(recipe: Resource, stack: Stack) -> Iterator[Verdict]:
    components = recipe.get("components")
    arns = [item.get("componentArn") for item in components.each()]
    texts = [str(node.value) for node in arns if node.known]
    texts += [target.name for node in arns for target in stack.targets(node)]
    protected = any(PROTECTION.search(text) for text in texts)
    unseen = [node for node in arns if not node.known and not stack.targets(node)]
    if not protected:
        for node in unseen:
            yield from breach(node.absent, recipe, "", node)
        yield from breach(not unseen, recipe, "no component installs endpoint protection", *arns)
