"""Secrets in texts that many can read: boot scripts, settings of functions and containers, documents."""

import base64
import binascii
import functools
import gzip
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from typing import Final

from soundstage.core.values import SIGNATURE_KEY, UNKNOWN, Secret, Value
from soundstage.policies.views.node import HIDDEN, Node, Resource, leaves
from soundstage.policies.views.stack import Stack

_VALUE: Final = r"(?![$<{%*\"'`])(?!(?:true|false|none|null|yes|no|changeme_at_boot|aws|secretsmanager|ssm|arn|resolve)\b)[^\s\"'`,;|&()<>]{6,}"
"""A value that stands for itself: no variable, placeholder, switch or reference."""
_NAME: Final = r"[\w.-]*(?:password|passwd|passphrase|secret|token|api[_-]?key|auth[_-]?key|access[_-]?key|private[_-]?key|computer[_-]?key|license[_-]?key|credentials?)"
_PATTERNS: Final = (
    (("akia", "asia"), re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b"), "an AWS access key"),
    (("private key-----",), re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"), "a private key"),
    ((re.compile(r"net\s+user"),), re.compile(r"\bnet\s+user\s+\S+\s+[\"']?(?![/$%*\"'{])\S+", re.IGNORECASE), "a Windows password (net user)"),
    ((re.compile(r"convertto-securestring\s+(?:-\S+\s+)?[\"']"),), re.compile(r"ConvertTo-SecureString\s+(-String\s+)?[\"'][^$\"']+[\"']\s+-AsPlainText", re.IGNORECASE), "a plain password"),
    (("chpasswd",), re.compile(r"echo\s+(-\w+\s+)?[\"']?[\w.-]+:(?!\$)[^\s\"'|$]{3,}[\"']?\s*\|\s*(sudo\s+)?chpasswd"), "a Linux password"),
    ((re.compile(r"\|\s*(?:sudo\s+)?passwd"),), re.compile(r"(echo|printf)\s+(-\w+\s+)?[\"']?(?!\$)[^\s\"'|$]{3,}[\"']?\s*\|\s*(sudo\s+)?passwd\b"), "a Linux password"),
    (("chpasswd",), re.compile(r"chpasswd:[^#]*?(?:list:\s*\|?|users:)[^#]*?(?:[\w.-]+:(?!\s|\$|R\b|RANDOM\b)\S{4,}|password:\s*(?!\$)\S{4,})", re.DOTALL), "a Linux password"),
    ((re.compile(r"passw(?:or)?d:"),), re.compile(r"^\s*(?:plain_text_passwd|passwd|password):\s*[\"']?(?![$<{%])[^\s\"']{4,}", re.MULTILINE), "a password"),
    (("defaultpassword",), re.compile(r"DefaultPassword[\"']?\s+(?:-Value\s+|/t\s+\w+\s+/d\s+)?[\"']?(?![$%])[^\s\"']{3,}", re.IGNORECASE), "a Windows password"),
    ((re.compile(r"-(?:pass|token|auth|api|secret)[^= ]{0,6}[= ]"),), re.compile(r"--?(?:password|pass|passwd|token|auth-?key|api-?key|secret)[= ][\"']?" + _VALUE, re.IGNORECASE), "a secret"),
    ((re.compile(r"value[\"']?:"),), re.compile(r"name[\"']?:\s*[\"']?" + _NAME + r"[\"']?\s*,?\s*[\"']?value[\"']?:\s*[\"']?" + _VALUE, re.IGNORECASE), "a secret"),
    (("://",), re.compile(r"://(?<=[a-z0-9+.-][a-z0-9+.-]://)[^\s:/@$\"']+:(?![$<{%])[^\s:/@\"'$]{3,}@", re.IGNORECASE), "an address with a password"),
    (("private_key",), re.compile(r"\"private_key\"\s*:\s*\""), "a service account key"),
    (("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox", "tskey-", "sk_live_", "sk-", "npm_", "pul-", "hvs.", "dop_v1_", "aiza"), re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,}|glpat-[\w-]{16,}|xox[abprs]-[\w-]{10,}|tskey-[\w-]{10,}|sk_live_\w{10,}|sk-[A-Za-z0-9_-]{20,}|npm_[A-Za-z0-9]{30,}|pul-[0-9a-f]{30,}|hvs\.[\w-]{20,}|dop_v1_\w{30,}|AIza[\w-]{30,})"), "a token"),
    (("eyj",), re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"), "a signed token"),
    (("hooks.slack",), re.compile(r"hooks\.slack\.com/services/T\w+/B\w+/\w+"), "the address of a webhook"),
    ((re.compile(r"authorization:\s*b"),), re.compile(r"Authorization:\s*(?:Basic|Bearer)\s+(?!\$)[\w+/=.-]{8,}", re.IGNORECASE), "credentials of a request"),
    (("setx", re.compile(r"config(?:ure)?\s+set")), re.compile(r"\b(?:setx|config(?:ure)?\s+set)\s+(?:[-/]\S+\s+)*[\"']?" + _NAME + r"[\"']?\s+[\"']?" + _VALUE, re.IGNORECASE), "a secret"),
    (("cmdkey", re.compile(r"net\s+use\s")), re.compile(r"\bcmdkey\b[^\n]*/pass:(?![$%])\S{3,}|\bnet\s+use\s+\S+\s+\\\\\S+\s+[\"']?(?![/$%*\"'])\S{3,}", re.IGNORECASE), "a Windows password"),
    (("docker", "podman", "smbclient"), re.compile(r"\b(?:docker|podman)\s+login\b[^\n]*\s-p[ =]?[\"']?(?![$\s-])[^\s\"']{3,}|\bsmbclient\b[^\n]*\s-U\s*[\"']?[\w.\\-]+%(?!\$)[^\s\"']{3,}"), "a password on a command line"),
    ((re.compile(r"identified\s"), re.compile(r"password\s+'")), re.compile(r"\bIDENTIFIED\s+(?:WITH\s+\S+\s+)?BY\s+['\"](?!\$)[^'\"\s]{3,}|\b(?:USER|ROLE|LOGIN)\s[^\n;]*\bPASSWORD\s+'(?!\$)[^'\s]{3,}", re.IGNORECASE), "a password of a database"),
    (("sshpass", re.compile(r"curl\b[^\n]*\s-(?:u|-user)\s"), "mysql"), re.compile(r"\bsshpass\s+-p\s*[\"']?(?!\$)\S{3,}|\bcurl\b[^\n]*\s(?:-u|--user)\s+[\"']?[\w.-]+:(?!\$)[^\s\"']{3,}|\bmysql\b[^\n]*\s-p(?![\s$])\S{3,}"), "a password on a command line"),
)  # fmt: skip
"""What a secret looks like, and what to call it; first the words, or patterns, of which it holds one in whatever case, by which most texts
are told apart quickly: in lower case, from a first letter that is the same. Formats of tokens as their issuers publish them (read 2026-11)."""
_NAMED: Final = (
    re.compile(r"(?<![\w$])[\"']?" + _NAME + r"[\"']?\s*(?:=|:=|:)\s*[\"']" + _VALUE + r"[\"']", re.IGNORECASE),
    re.compile(r"(?:^|;|&&|\bexport\s|\bset\s|\benv\s|-e\s)\s*" + _NAME + "=" + _VALUE + r"(?![\w.]*\()", re.IGNORECASE | re.MULTILINE),
    re.compile(r"(?<![\w$])[\"']?" + _NAME + r"[\"']?\s*(?:=|:=|:)\s*(?=[^\s\"']*\d)" + _VALUE + r"(?![\w.]*\()", re.IGNORECASE),
    re.compile(r"(?:^|[;{(\"'])\s*\$(?:\w+:)?" + _NAME + r"\s*=\s*[\"']" + _VALUE + r"[\"']", re.IGNORECASE | re.MULTILINE),
)  # fmt: skip
"""A value beside a name that speaks of a secret. Sought near such names alone: over a whole boot script they take most of the time of a
check."""
_SPEAKING: Final = ("passw", "passphrase", "secret", "token", "key", "credential")
"""What each `_NAME` holds."""
_GIVEN: Final = re.compile(r"(?:passw(?:or)?d|passphrase|secret|token|key|credentials?)[\"']?\s*[:=]")
"""What follows each `_NAME` in each of `_NAMED`, in lower case: most lines that speak of a secret give it no value."""
_HARMLESS: Final = re.compile(
    r"secretsmanager|get-secret-value|get-parameter|\$\(|\$\{|/run/secrets|arn:aws|_file\b|_arn\b|_path\b|secret[_-]?(?:id|name)\b|token[_-]?(?:ttl|url|endpoint)\b|ttl-seconds|http-?tokens",
    re.IGNORECASE,
)
_QUOTED_QUOTE: Final = re.compile(r"""'"'"'|'\\''|''""")
"""How a shell and PowerShell write a quotation mark within a text that stands in such marks itself."""
_PACKED: Final = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}")
SETTINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "aws:ecs/taskDefinition:TaskDefinition": ("containerDefinitions",),
    "aws:batch/jobDefinition:JobDefinition": ("containerProperties", "parameters"),
    "aws:codebuild/project:Project": ("environment.environmentVariables", "source.buildspec"),
    "aws:ssm/parameter:Parameter": ("value",),
    "aws:ssm/document:Document": ("content",),
    "aws:ssm/association:Association": ("parameters",),
    "aws:imagebuilder/component:Component": ("data",),
    "aws:glue/job:Job": ("defaultArguments",),
    "aws:apprunner/service:Service": ("sourceConfiguration",),
    "aws:elasticbeanstalk/environment:Environment": ("settings",),
    "aws:amplify/app:App": ("environmentVariables", "accessToken"),
    "aws:lightsail/instance:Instance": ("userData",),
    "aws:cloudformation/stack:Stack": ("parameters", "templateBody"),
    "aws:sagemaker/notebookInstanceLifecycleConfiguration:NotebookInstanceLifecycleConfiguration": (
        "onCreate",
        "onStart",
    ),
    "aws:s3/bucketObject:BucketObject": ("content", "contentBase64"),
    "aws:s3/bucketObjectv2:BucketObjectv2": ("content", "contentBase64"),
    "aws:iam/role:Role": ("description",),
    "aws:ec2/instance:Instance": ("tags",),
    "gcp:storage/bucketObject:BucketObject": ("content",),
    "gcp:cloudfunctions/function:Function": ("environmentVariables",),
    "gcp:cloudrun/service:Service": ("template",),
    "gcp:cloudrunv2/service:Service": ("template",),
    "gcp:cloudrunv2/job:Job": ("template",),
    "gcp:cloudfunctionsv2/function:Function": ("serviceConfig", "buildConfig"),
    "gcp:cloudbuild/trigger:Trigger": ("build", "substitutions"),
    "gcp:cloudscheduler/job:Job": ("httpTarget",),
    "gcp:compute/projectMetadata:ProjectMetadata": ("metadata",),
    "gcp:compute/projectMetadataItem:ProjectMetadataItem": ("value",),
}
"""Settings that many can read, by type."""
_WHOLE: Final = (
    "aws:ssm/parameter:Parameter",
    "aws:ssm/document:Document",
    "aws:imagebuilder/component:Component",
    "gcp:compute/projectMetadata:ProjectMetadata",
    "gcp:compute/projectMetadataItem:ProjectMetadataItem",
)
"""Those of them of which there is nothing else to judge."""
_MOST: Final = 1 << 20
"""Packed text is opened no further than this."""
_REMEMBERED: Final = 128
"""Of so many texts it is remembered what they hold: one may be 100 KB long."""
_REMEMBERED_LINES: Final = 4096
"""Of so many groups of a few lines."""
_LONGEST_REMEMBERED: Final = 2000
"""Characters of such a group. Those of boot scripts have some hundreds; a longer one is of a text of which nearly every line speaks of a
secret, and is looked at anew with each such text."""


def settings_texts(stack: Stack) -> list[tuple[Resource, Node]]:
    """Settings that many can read: also tags, labels and outputs of a stack. A parameter that is a SecureString is none."""
    told = [
        (resource, Node(resource, path, value))
        for resource in stack.resources
        for path, value in (*_notes(resource), ("outputs", _texts(_outputs(resource))))
        if value
    ]
    return told + [
        (resource, node)
        for resource in (*stack.of(*_WHOLE), *stack.glimpse(*(type for type in SETTINGS if type not in _WHOLE)))
        for node in map(resource.get, SETTINGS[resource.type])
        if node.value is not None and resource.get("type").value != "SecureString"
    ]


_NOTES: Final = ("tags", "labels", "annotations", "userLabels", "resourceLabels", "settings.userLabels")
"""What is written on a resource for people and bills: whoever may list it reads them, and so does the bill."""


def _notes(resource: Resource) -> Iterator[tuple[str, Value]]:
    judged = SETTINGS.get(resource.type, ())
    for path in _NOTES:
        if path.partition(".")[0] in resource.inputs and path not in judged:
            yield path, _texts(resource.get(path).value)


def _texts(value: Value) -> Value:
    """The texts of a value that are known. What is made of other resources is no secret that somebody typed."""
    if isinstance(value, Mapping):
        return {key: found for key, item in value.items() if (found := _texts(item))}
    if isinstance(value, list):
        return [found for item in value if (found := _texts(item))]
    return value if isinstance(value, str) and value not in HIDDEN else None


def _outputs(resource: Resource) -> Value:
    """What a stack tells whoever may read it. What its program marks as secret is not shown."""
    return _unmarked(dict(resource.planned.outputs)) if resource.type == "pulumi:pulumi:Stack" else None


_PASSWORDS: Final = frozenset(
    {
        "password", "adminpassword", "masterpassword", "masteruserpassword", "fsxadminpassword", "rootpassword", "secretstring",
        "sharedsecret", "presharedkey", "authtoken", "clientsecret", "secretdata", "tunnel1presharedkey", "tunnel2presharedkey",
    }
)  # fmt: skip
"""Properties that take a password, in lower case. Marked as a secret it is encrypted in the state; otherwise it stands there."""


_AROUND_PASSWORDS: Final = frozenset({"selfmanagedactivedirectory", "masteruseroptions", "advancedsecurityoptions"})
"""Properties in which such a one stands, in lower case (schema of the AWS provider, 2026-11)."""
_USERS_WITH_PASSWORDS: Final = frozenset({"aws:mq/broker:Broker"})
"""Types of which each of the `users` has a password. Elsewhere `users` are names."""


def plain_passwords(stack: Stack) -> list[Node]:
    """Passwords that a program hands to a resource without marking them as secret."""
    return [
        Node(resource, path, value)
        for resource in stack.resources
        if resource.cloud in ("aws", "gcp")
        for path, value in leaves(_unmarked(resource.planned.inputs))
        if _takes_password(resource.type, path, value)
    ]


def _takes_password(type: str, path: str, value: Value) -> bool:
    """Whether a password stands there, or may: a hidden part may hold one of its own."""
    key = path.rpartition(".")[2].partition("[")[0].lower()
    if value is UNKNOWN:
        return key in _PASSWORDS or key in _AROUND_PASSWORDS or (key == "users" and type in _USERS_WITH_PASSWORDS)
    return isinstance(value, str) and bool(value) and key in _PASSWORDS and value not in HIDDEN


def _unmarked(value: Value) -> Value:
    """A value without what is marked as secret."""
    if isinstance(value, Secret):
        return None
    if isinstance(value, Mapping):
        return None if SIGNATURE_KEY in value else {str(key): _unmarked(item) for key, item in value.items()}
    return [_unmarked(item) for item in value] if isinstance(value, list) else value


def said(value: Value, name: str = "") -> Iterator[tuple[str, str]]:
    """Each text inside a setting with its name: its key, or the `name` that stands beside its `value`. JSON is opened."""
    if isinstance(value, Mapping):
        named = next((value[key] for key in ("name", "Name") if isinstance(value.get(key), str)), "")
        for key, item in value.items():
            yield from said(item, str(named) if named and str(key).lower() == "value" else str(key))
    elif isinstance(value, list):
        for item in value:
            yield from said(item, name)
    elif isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            yield from said(json.loads(value), name)
        except ValueError:
            yield "", value
    elif isinstance(value, str):
        yield ("" if "\n" in value else name), value


@functools.lru_cache(_REMEMBERED)
def secrets_in(text: str) -> tuple[str, ...]:
    """The kinds of secret that a text holds, each once. Base64 and gzip inside it are opened once.

    The machines of a project have most of their settings in common: of 1,800 texts of 100 machines 400 differ.
    """
    parts = (part for whole in (text, *_unpacked(text)) for part in (whole, _unquoted(whole)))
    return tuple(dict.fromkeys(what for part in parts if part for what in _found(part)))


def _unquoted(text: str) -> str:
    """The lines that hold quotation marks within a quoted text, with these as they stood before."""
    return "\n".join(_QUOTED_QUOTE.sub("'", line) for line in text.split("\n") if _QUOTED_QUOTE.search(line))


def _found(text: str) -> Iterator[str]:
    folded = text.casefold()
    for needs, pattern, what in _PATTERNS:
        if needed(needs, folded) and _matches(pattern, text, what):
            yield what
    if any(_speaks(lines) for lines in _near_names(text, folded)):
        yield "a secret"


def needed(needs: tuple[str | re.Pattern[str], ...], folded: str) -> bool:
    """Whether a text in lower case holds one of the words of a pattern."""
    return any(word in folded if isinstance(word, str) else word.search(folded) for word in needs)


def _speaks(lines: str) -> bool:
    """Whether these lines hold a value beside a name that speaks of a secret."""
    return _remembered(lines) if len(lines) <= _LONGEST_REMEMBERED else _holds_value(lines)


def _holds_value(lines: str) -> bool:
    return bool(_GIVEN.search(lines.casefold())) and any(_matches(pattern, lines, "a secret") for pattern in _NAMED)


_remembered: Final = functools.lru_cache(_REMEMBERED_LINES)(_holds_value)
"""Machines have most of such lines in common."""


def _matches(pattern: re.Pattern[str], text: str, what: str) -> bool:
    """Whether one of its matches is no harmless one."""
    for match in pattern.finditer(text):
        line = text[text.rfind("\n", 0, match.start()) + 1 : (text.find("\n", match.end()) + 1 or len(text) + 1) - 1]
        if what != "a secret" or not _HARMLESS.search(line):
            return True
    return False


def _near_names(text: str, folded: str) -> Iterator[str]:
    """The lines that speak of a secret with the one before and the two after, as YAML and shell may break a line: those that follow each
    other as one text."""
    near: set[int] = set()
    for word in _SPEAKING:
        at = number = 0
        while (found := folded.find(word, at)) >= 0:
            number += folded.count("\n", at, found)
            near |= {number - 1, number, number + 1, number + 2}
            at = found + 1
    lines = text.split("\n") if near else []
    together: list[str] = []
    for number in sorted(near):
        if 0 <= number < len(lines):
            if together and number - 1 not in near:
                yield "\n".join(together)
                together = []
            together.append(lines[number])
    yield "\n".join(together)


def _unpacked(text: str) -> Iterator[str]:
    for match in _PACKED.finditer(text):
        try:
            raw = base64.b64decode(match[0], validate=True)
            if raw.startswith(b"\x1f\x8b"):
                raw = zlib.decompressobj(wbits=31).decompress(raw, _MOST)
            inner = raw.decode("utf-8")
        except (binascii.Error, ValueError, zlib.error, gzip.BadGzipFile):
            continue
        if inner.isprintable() or "\n" in inner:
            yield inner
