"""Names, functions, image pipelines, and the honesty of the run itself."""

import re
from collections.abc import Iterator

from soundstage.core.values import UNKNOWN
from soundstage.policies.policy import (
    ADVISORY,
    CRITICAL,
    HIGH,
    MANDATORY,
    MEDIUM,
    Blind,
    Verdict,
    Violation,
    breach,
    policy,
)
from soundstage.policies.views.accounts import outside
from soundstage.policies.views.node import Node, Resource, any_of, leaves, no
from soundstage.policies.views.secrets import plain_passwords, said, secrets_in, settings_texts
from soundstage.policies.views.stack import Stack

_NAMING = ("bucket", "name", "namePrefix", "bucketPrefix", "domainName", "zoneName", "description", "alias")


@policy(
    "GOV-01",
    "Production titles show nowhere",
    severity=HIGH,
    level=MANDATORY,
    why="Names of buckets and machines appear in invoices, addresses, logs and certificates that strangers read.",
    fix="Use the project's alias. List real titles in `titles`, in a settings file that stays out of the repository.",
    references="mpa-5.1:OP7",
    over=lambda stack: list(stack.resources),
)
def title_leak(subject: Resource, stack: Stack) -> Iterator[Verdict]:
    settings = stack.settings
    if not settings.titles:
        return
    pattern = re.compile("|".join(_title(title) for title in settings.titles), re.IGNORECASE)
    yield from breach(bool(pattern.search(subject.name)), subject, "its name holds a production title")
    for key in _NAMING:
        node = subject.get(key)
        held = node.is_(lambda value: isinstance(value, str) and pattern.search(value))
        yield from breach(held, subject, f"`{key}` holds a production title", node)
    tags = stack.tags(subject)
    if not tags.known:
        yield Blind(subject, tags.path, "its tags are known only after up")
    for key in tags.value if isinstance(tags.value, dict) else ():
        node = tags.child(key)
        held = node.is_(lambda value: isinstance(value, str) and pattern.search(value))
        told = f"tag `{key}` holds a production title"
        yield from breach(any_of(held, bool(pattern.search(key))), subject, told, node)


def _title(title: str) -> str:
    """A title as it may be spelled in a name: words joined by anything or nothing."""
    return r"[\s._/-]*".join(re.escape(word) for word in re.split(r"[\s._-]+", title.strip()) if word)


FUNCTION = "aws:lambda/function:Function"
FUNCTION_URL = "aws:lambda/functionUrl:FunctionUrl"


@policy(
    "GOV-02",
    "Functions are current, private and without secrets",
    severity=MEDIUM,
    level=MANDATORY,
    why="Attackers get into accounts through forgotten functions with an outdated runtime or a key in their settings.",
    fix="Use a supported runtime, sign requests to its URL, fetch secrets at run time, and limit its concurrency.",
    references="fsbp:Lambda.1 fsbp:Lambda.2 mpa-5.1:T36",
    clouds="aws",
    over=lambda stack: stack.of(FUNCTION, FUNCTION_URL),
)
def functions(subject: Resource, stack: Stack) -> Iterator[Verdict]:
    settings = stack.settings
    if subject.type == FUNCTION_URL:
        access = subject.get("authorizationType")
        yield from breach(access.equals("NONE"), subject, "answers everyone", access)
        return
    runtime = subject.get("runtime")
    old = runtime.is_(lambda value: value is not None and value not in settings.lambda_runtimes)
    yield from breach(old, subject, f"runs on {runtime.text}, which has no support", runtime)
    variables = subject.get("environment.variables")
    for path, value in leaves(variables.value):
        node = variables.child(path)
        if value is UNKNOWN:
            yield from breach(UNKNOWN, subject, "", node)
        elif isinstance(value, str):
            secret = bool(secrets_in(f'{path}="{value}"'))
            yield from breach(secret, subject, f"`{path}` holds a secret", node)
    for node in (*subject.get("layers").each(), subject.get("imageUri")):
        found = re.search(r"(?<![0-9])[0-9]{12}(?![0-9])", str(node.value)) if isinstance(node.value, str) else None
        if found and not stack.targets(node) and outside(stack, found[0]) is not False:
            yield Blind(
                subject, node.path, f"its code comes from account {found[0]}; list it in `accounts` if it is known"
            )
    limit = subject.get("reservedConcurrentExecutions")
    yield from breach(limit.is_(lambda value: value in (None, -1)), subject, "may run without limit", limit)


RECIPE = "aws:imagebuilder/imageRecipe:ImageRecipe"
BUILDER = "aws:imagebuilder/infrastructureConfiguration:InfrastructureConfiguration"
PIPELINE = "aws:imagebuilder/imagePipeline:ImagePipeline"
DISTRIBUTION = "aws:imagebuilder/distributionConfiguration:DistributionConfiguration"


@policy(
    "GOV-03",
    "Images are built, tested and shared with care",
    severity=HIGH,
    level=MANDATORY,
    why="Whatever is wrong with an image is wrong with every machine made from it.",
    fix="Encrypt the recipe's disks, require IMDSv2 in the builder, keep image tests on, and share with named accounts.",
    references="mpa-5.1:T7 mpa-5.1:T27 mpa-5.1:T34",
    clouds="aws",
    over=lambda stack: stack.of(RECIPE, BUILDER, PIPELINE, DISTRIBUTION),
)
def image_pipeline(subject: Resource, _stack: Stack) -> Iterator[Verdict]:
    if subject.type == RECIPE:
        for device in subject.get("blockDeviceMappings").each():
            flag = device.get("ebs.encrypted")
            yield from breach(no(flag.true), subject, "makes a disk that is not encrypted", flag)
    elif subject.type == BUILDER:
        tokens = subject.get("instanceMetadataOptions.httpTokens")
        yield from breach(no(tokens.equals("required")), subject, "builds with IMDSv1", tokens)
    elif subject.type == PIPELINE:
        tests = subject.get("imageTestsConfiguration.imageTestsEnabled")
        yield from breach(tests.false, subject, "runs no image tests", tests)
    else:
        for item in subject.get("distributions").each():
            groups = item.get("amiDistributionConfiguration.launchPermission.userGroups")
            yield from breach(
                groups.is_(lambda value: "all" in (value or [])), subject, "shares the image with all", groups
            )


def _called(resource: Resource) -> str:
    """What a setting that is a resource of its own is called: that may speak of a secret."""
    key = {"aws:ssm/parameter:Parameter": "name", "gcp:compute/projectMetadataItem:ProjectMetadataItem": "key"}.get(
        resource.type
    )
    name = resource.get(key).value if key else None
    return name.rpartition("/")[2] if isinstance(name, str) else ""


@policy(
    "GOV-06",
    "No setting holds a secret in clear",
    severity=CRITICAL,
    level=MANDATORY,
    why="Settings of containers, builds and documents can be read by everyone who may describe them, and are kept in logs.",
    fix="Keep the secret in Secrets Manager or a SecureString, and name it by its ARN.",
    references="cis-gcp-5.0:1.18 mpa-5.1:T8 mpa-5.1:T36",
    over=lambda stack: [*stack.view(settings_texts), *stack.view(plain_passwords)],
)
def secrets_in_settings(item: tuple[Resource, Node] | Node, _stack: Stack) -> Iterator[Verdict]:
    if isinstance(item, Node) and not item.known:
        yield Blind(
            item.resource, item.path, "whether it is a password that is not marked as secret is known only after up"
        )
        return
    if isinstance(item, Node):
        yield Violation(item.resource, f"`{item.path}` is a password that is not marked as secret", (item,))
        return
    resource, node = item
    yield from breach(node.is_(lambda _value: False), resource, "", node)
    for name, text in said(node.value, _called(resource)):
        for what in secrets_in(f"{name}={text}" if name else text):
            yield Violation(resource, f"{f'`{name}` ' if name else ''}holds {what}", (node,))


@policy(
    "GOV-04",
    "Waivers are current and used",
    severity=MEDIUM,
    level=MANDATORY,
    why="A waiver that has run out, or that covers nothing, hides the next real finding.",
    fix="Mend the violation, renew the waiver with its owner, or delete the entry.",
    references="mpa-5.1:T28 mpa-5.1:T33",
)
def waiver_hygiene(_stack: Stack) -> Iterator[Verdict]:
    """Judged where waivers are applied (`waivers.apply_waivers`), which alone knows what each covered."""
    yield from ()


@policy(
    "GOV-05",
    "The run says what it could not judge",
    severity=MEDIUM,
    level=ADVISORY,
    why="A check that could not see a value reports no violation, and has proved nothing.",
    fix="Run the policies again on the state after `up`; use `--strict` where nothing may stay unseen.",
    references="mpa-5.1:T33 mpa-5.1:T34",
)
def blind_spots(_stack: Stack) -> Iterator[Verdict]:
    """Judged by the run itself: blind spots of all policies are listed in every report and fail it with `--strict`."""
    yield from ()
