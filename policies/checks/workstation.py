"""How a machine is built: its metadata service, disks, role, boot script, keys and image."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from fnmatch import fnmatchcase

from soundstage.components.images import baked, images
from soundstage.components.tags import IMAGE
from soundstage.core.values import UNKNOWN
from soundstage.policies.policy import (
    ADVISORY,
    CRITICAL,
    HIGH,
    MANDATORY,
    MEDIUM,
    Blind,
    Edit,
    Verdict,
    Violation,
    breach,
    policy,
)
from soundstage.policies.views.machines import (
    GCP_DISKS,
    SPOT_FLEET,
    VOLUME,
    Disk,
    Machine,
    aws_machines,
    gcp_machines,
    machines,
)
from soundstage.policies.views.members import SERVICE_ACCOUNT
from soundstage.policies.views.node import Node, Resource, Truth, all_of, any_of, no
from soundstage.policies.views.own_keys import lacks_own_key
from soundstage.policies.views.secrets import secrets_in
from soundstage.policies.views.stack import Stack


@policy(
    "WS-01",
    "Machines answer version 2 of the metadata service only",
    severity=HIGH,
    level=MANDATORY,
    why="Version 1 hands the machine's credentials to any program that can be talked into fetching a web address.",
    fix='Set `metadata_options={"http_tokens": "required", "http_put_response_hop_limit": 1}`.',
    references="cis-aws-7.0:6.7 fsbp:EC2.8 fsbp:EC2.170",
    clouds="aws",
    over=aws_machines,
    remedy=lambda resource: (
        []
        if resource.type == SPOT_FLEET
        else [Edit("metadataOptions.httpTokens", "required"), Edit("metadataOptions.httpPutResponseHopLimit", 1)]
    ),
)
def metadata_service(machine: Machine, _stack: Stack) -> Iterator[Verdict]:
    if machine.resource.type == SPOT_FLEET:
        return  # a fleet's specification has no such setting; its launch template is judged by itself
    if machine.root.get("launchTemplate").value is not None and machine.root.get("metadataOptions").value is None:
        if machine.inherits:
            yield Blind(machine.resource, "launchTemplate", "the launch template is not part of this stack")
        return
    tokens, hops = (machine.root.get(f"metadataOptions.{key}") for key in ("httpTokens", "httpPutResponseHopLimit"))
    off = machine.root.get("metadataOptions.httpEndpoint").equals("disabled")
    yield from breach(
        all_of(no(off), no(tokens.equals("required"))), machine.resource, "answers version 1 requests", tokens
    )
    yield from breach(
        all_of(no(off), hops.is_(lambda value: value is not None and value > 1)),
        machine.resource,
        f"lets metadata answers travel {hops.text} hops",
        hops,
    )


@policy(
    "WS-22",
    "The account's defaults are the safe ones",
    severity=MEDIUM,
    level=MANDATORY,
    why="Whatever somebody makes by hand in a hurry takes the account's defaults.",
    fix="Require version 2 of the metadata service, encrypt volumes by default, block public buckets, and ask for "
    "passwords of fourteen characters, for the whole account.",
    references="cis-aws-7.0:2.8 cis-aws-7.0:3.1.4 cis-aws-7.0:6.1.1 cis-aws-7.0:6.7 fsbp:EC2.7 fsbp:S3.1 mpa-5.1:T7",
    over=lambda stack: stack.of(*ACCOUNT_DEFAULTS, _GOOGLE_GUARD),
)
def account_defaults(subject: Resource, _stack: Stack) -> Iterator[Verdict]:
    if subject.type == _GOOGLE_GUARD:
        for rule in subject.get("spec.rules").each():
            every, off = rule.get("allowAll"), rule.get("enforce")
            yield from breach(any_of(every.true, off.false), subject, "takes a guard-rail off", every, off)
        return
    for path, wanted in ACCOUNT_DEFAULTS[subject.type].items():
        node = subject.get(path)
        yield from breach(no(_enough(node, wanted)), subject, f"`{path}` is {node.text} and not {wanted}", node)


_GOOGLE_GUARD = "gcp:orgpolicy/policy:Policy"
"""One constraint of an organisation (Google Cloud documentation, "Organization Policy Service", read 2026-11)."""
ACCOUNT_DEFAULTS: Mapping[str, Mapping[str, bool | int | str]] = {
    "aws:ec2/instanceMetadataDefaults:InstanceMetadataDefaults": {"httpTokens": "required"},
    "aws:ebs/encryptionByDefault:EncryptionByDefault": {"enabled": True},
    "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock": {
        "blockPublicAcls": True,
        "blockPublicPolicy": True,
        "ignorePublicAcls": True,
        "restrictPublicBuckets": True,
    },
    "aws:iam/accountPasswordPolicy:AccountPasswordPolicy": {"minimumPasswordLength": 14},
}
"""Account-wide settings and the least that each must be."""


def _enough(node: Node, least: bool | int | str) -> Truth:
    if isinstance(least, int) and not isinstance(least, bool):
        return node.is_(lambda value: isinstance(value, int) and value >= least)
    return node.equals(least)


def _disks(stack: Stack) -> list[tuple[Resource, Disk | None]]:
    """Each disk with its resource; None for a machine that declares no root disk."""
    found: list[tuple[Resource, Disk | None]] = []
    for machine in stack.view(machines):
        found += [(machine.resource, disk) for disk in machine.disks]
        inherits = machine.root.get("launchTemplate").value is not None or "From" in machine.resource.type
        if not machine.disks and not inherits:
            found.append((machine.resource, None))
    for volume in stack.of(VOLUME):
        found.append((volume, Disk(volume.root, volume.get("encrypted"), volume.get("kmsKeyId"))))
    for disk in stack.of(*GCP_DISKS):
        found.append((disk, Disk(disk.root, None, disk.get("diskEncryptionKey.kmsKeySelfLink"))))
    return found


@policy(
    "WS-02",
    "Every disk is encrypted with the studio's own key",
    severity=HIGH,
    level=MANDATORY,
    why="A disk, its snapshots and copies stay unreadable to everyone whom the studio's key does not admit.",
    fix="Set `encrypted=True` and `kms_key_id` on every disk (AWS), `kms_key_self_link` (Google).",
    references="fsbp:EC2.3 cis-gcp-5.0:4.7 mpa-5.1:T5 gdpr:32",
    over=_disks,
)
def encrypted_disks(item: tuple[Resource, Disk | None], stack: Stack) -> Iterator[Verdict]:
    resource, disk = item
    if disk is None:
        yield Violation(resource, "declares no root disk, so that it is made as the image's maker left it")
        return
    if disk.encrypted is not None:
        plain = no(disk.encrypted.true)
        yield from breach(plain, resource, "has a disk that is not encrypted", disk.encrypted)
        if plain is True:
            return
    yield from breach(lacks_own_key(stack, disk.key), resource, "has a disk without the studio's own key", disk.key)


@policy(
    "WS-03",
    "Machines act through a role",
    severity=MEDIUM,
    level=MANDATORY,
    why="A machine without a role is given keys by hand, which are copied, leak and never expire.",
    fix="Attach an instance profile (AWS) or a service account of its own (Google).",
    references="cis-aws-7.0:2.16 fsbp:SSM.1",
    over=machines,
)
def has_role(machine: Machine, stack: Stack) -> Iterator[Verdict]:
    missing = stack.absent(machine.identity)
    if missing is True and (machine.inherits or "From" in machine.resource.type):
        yield Blind(machine.resource, machine.identity.path, "what it is made from is not part of this stack")
    elif missing is not True or machine.root.get("launchTemplate").value is None:
        yield from breach(missing, machine.resource, "has no role", machine.identity)


@policy(
    "WS-04",
    "Boot scripts and metadata hold no secret",
    severity=CRITICAL,
    level=MANDATORY,
    why="Every program on the machine, and everyone who may describe it, can read its boot script.",
    fix="Fetch secrets at boot from Secrets Manager, Parameter Store or Secret Manager with the machine's role.",
    references="mpa-5.1:T8 mpa-5.1:T36",
    over=machines,
)
def secrets_in_boot(machine: Machine, _stack: Stack) -> Iterator[Verdict]:
    for node in machine.boot:
        if not node.known:
            yield Blind(machine.resource, node.path, "the boot script is known only after up")
        elif node.path.endswith("-script-url"):
            yield Blind(machine.resource, node.path, f"the boot script is no part of the plan: it lies at {node.text}")
    for node, text in machine.text():
        for what in secrets_in(text):
            yield Violation(machine.resource, f"its boot script holds {what}", (node,))


@policy(
    "WS-06",
    "Google machines do not run as the default service account",
    severity=HIGH,
    level=MANDATORY,
    why="The default account may edit the whole project: whoever breaks into one machine owns them all.",
    fix="Make a service account for the machine, with the few roles that it needs.",
    references="cis-gcp-5.0:4.1 cis-gcp-5.0:4.2",
    clouds="gcp",
    over=gcp_machines,
)
def default_account(machine: Machine, stack: Stack) -> Iterator[Verdict]:
    email = machine.identity.get("email")
    made_here = not email.known and bool(stack.targets(email, SERVICE_ACCOUNT))
    if machine.identity.value is not None and not made_here:
        default = email.is_(lambda value: not value or str(value).endswith(_DEFAULT_ACCOUNTS))
        yield from breach(default, machine.resource, "runs as the default service account", email)


_DEFAULT_ACCOUNTS = ("-compute@developer.gserviceaccount.com", "@appspot.gserviceaccount.com")
"""How the accounts of Compute Engine and App Engine end, which Google makes editors of a project ("Default service accounts", 2026-11)."""
IMAGES = ("aws:ec2/ami:Ami",)


@policy(
    "WS-07",
    "Machines start from verified firmware",
    severity=MEDIUM,
    level=MANDATORY,
    why="Verified boot notices when the system below the operating system was changed.",
    fix="Switch secure boot, vTPM and integrity monitoring on (secure boot may be `false` on Linux with a GPU); register images with "
    "`boot_mode='uefi'` and TPM 2.0.",
    references="cis-gcp-5.0:4.8 mpa-5.1:T7",
    over=lambda stack: [*stack.view(gcp_machines), *stack.of(*IMAGES)],
)
def verified_boot(subject: Machine | Resource, stack: Stack) -> Iterator[Verdict]:
    if isinstance(subject, Resource):
        boot, chip = subject.get("bootMode"), subject.get("tpmSupport")
        yield from breach(no(boot.equals("uefi", "uefi-preferred")), subject, "does not boot by UEFI", boot)
        yield from breach(no(chip.equals("v2.0")), subject, "has no TPM 2.0", chip)
        return
    if "From" in subject.resource.type:
        return
    config = subject.root.get("shieldedInstanceConfig")
    for key in ("enableVtpm", "enableIntegrityMonitoring"):
        node = config.get(key)
        yield from breach(node.false, subject.resource, f"`{key}` is off", node)
    node, told = config.get("enableSecureBoot"), subject.root.get("metadata").value
    named: list[str] = list(told) if isinstance(told, Mapping) else []
    windows = UNKNOWN if told is UNKNOWN else any(key.startswith("windows-") for key in named)
    # Said of a Linux machine with a GPU, `false` is a choice: nobody signs NVIDIA's driver for workstations there.
    off = all_of(node.false, any_of(windows, no(subject.gpu(stack))))
    absent = node.is_(lambda value: value is None)
    yield from breach(any_of(off, absent), subject.resource, "`enableSecureBoot` is off", node, subject.type)


def _image_name(machine: Machine) -> Node:
    """The image's name, where a tag of our own component tells it; else the image itself. Anybody may write such a tag on a
    machine of his own."""
    tag = machine.tags.child(IMAGE)
    made = "::soundstage:" in (machine.resource.planned.parent or "")
    return tag if tag.value is not None and made else machine.image


@policy(
    "WS-08",
    "Machines start from images of known makers",
    severity=HIGH,
    level=MANDATORY,
    why="Anyone may publish an image under a trusted name; whoever starts from it runs the stranger's software.",
    fix="Build the image in the studio's own pipeline, or pin its name and owner and list it in `approved_images`.",
    references="mpa-5.1:T7 mpa-5.1:T27",
    over=lambda stack: [*stack.view(machines), *stack.of(*GCP_DISKS)],
)
def known_image(machine: Machine | Resource, stack: Stack) -> Iterator[Verdict]:
    settings = stack.settings
    if isinstance(machine, Resource):
        source = machine.get("image")
        if stack.targets(source):
            return
        if source.value is UNKNOWN:
            yield Blind(machine, source.path, "the image is known only after up")
        elif isinstance(source.value, str):
            yield from _of_another_project(machine, source, stack)
        return
    image, named = machine.image, _image_name(machine)
    if stack.targets(image) or image.value is None:
        return  # made in this stack, or inherited from a template that is judged by itself
    if named.value is UNKNOWN:
        yield Blind(machine.resource, named.path, "the image is known only after up")
        return
    text = str(named.value)
    pinned = (text in images() or baked(text) is not None) and named is not image
    listed = any(fnmatchcase(text, pattern) for pattern in settings.approved_images)
    if pinned or listed or text.startswith("resolve:ssm:/aws/"):
        return
    if machine.cloud == "gcp":
        yield from _of_another_project(machine.resource, image, stack)
    elif settings.approved_images or named is not image:
        yield Violation(machine.resource, f"starts from {text}, which is not in `approved_images`", (named, image))
    else:
        yield Blind(machine.resource, image.path, f"a plan does not tell who made {text}; list it in approved_images")


def _of_another_project(resource: Resource, image: Node, stack: Stack) -> Iterator[Verdict]:
    text = str(image.value).removeprefix("https://www.googleapis.com/compute/v1/").removeprefix("projects/")
    project, _, named = text.partition("/")
    foreign = bool(named) and project not in ("global", "family", *stack.settings.approved_image_projects)
    yield from breach(foreign, resource, f"starts from an image of project {project}", image)


_DAY_IN_NAME = re.compile(r"(20\d\d)[.-]?(0[1-9]|1[0-2])[.-]?(0[1-9]|[12]\d|3[01])(?!\d)")


@policy(
    "WS-09",
    "Images are fresh",
    severity=MEDIUM,
    level=ADVISORY,
    why="Known vulnerabilities stay open on every machine that is made from an old image.",
    fix="Build the image again, or pin a newer one, and replace the machine between two jobs.",
    references="mpa-5.1:T27",
    over=machines,
)
def fresh_image(machine: Machine, stack: Stack) -> Iterator[Verdict]:
    settings = stack.settings
    named = _image_name(machine)
    if named.value is None:
        return
    day = _day(named.value) if isinstance(named.value, str) else None
    if (made := baked(named.value)) and made.day is None:
        return  # the simulated cloud's own, which holds nothing
    if day is None:
        yield Blind(machine.resource, named.path, "the image's name does not tell its day")
        return
    old = settings.day - day > timedelta(days=settings.image_max_age_days)
    # Without its age: a message that is another one every day would be a new violation every day.
    told = f"its image is of {day}, which is more than {settings.image_max_age_days} days ago"
    yield from breach(old, machine.resource, told, named)


def _day(name: str) -> date | None:
    """The day of an image: that of the pinned table, or else the one in its name."""
    if name in images():
        return date.fromisoformat(images()[name].created)
    found = _DAY_IN_NAME.search(name)
    try:
        return date(*(int(part) for part in found.groups())) if found else None
    except ValueError:
        return None
