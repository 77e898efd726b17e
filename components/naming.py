"""Names as the cloud sees them.

Most resources carry the name that Pulumi gives them. Fixed names are for what others must find without being told:
buckets (the audit trail watches them by prefix before they exist), roles that people type, aliases of keys.
"""

import hashlib
import re
from typing import Final

from soundstage.core.errors import ArgumentError

LONGEST_LABEL: Final = 20
"""Characters in the name of a studio, project or workstation; three of them still fit into one bucket name."""

LONGEST_SCHEDULE: Final = 64
"""Characters in the name of a schedule (Amazon EventBridge Scheduler API reference, "CreateSchedule", read 2026-11)."""

LONGEST_BUCKET: Final = 63
"""Characters in the name of a bucket (Amazon S3 user guide, "General purpose bucket naming rules", read 2026-11)."""

ROLE_ROOT: Final = "/soundstage/"
"""The IAM path below which every role of ours is."""

_LABEL: Final = re.compile(r"[a-z](?:-?[a-z0-9])*", re.ASCII)
_BUCKET: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])", re.ASCII)

# Amazon S3 user guide, "General purpose bucket naming rules", read 2026-11.
_RESERVED_STARTS: Final = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDS: Final = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3", "-an")

_MEDIA: Final = "-media-"
_ACCESS_LOGS, _STATE, _TRAIL = "-access-logs", "-state", "-audit"
_BOUNDARIES: Final = ("people", "services")
"""Whose roles a studio has boundaries for."""


def label_faults(key: str, value: object) -> list[str]:
    """What is wrong with the name of a studio, project or workstation; empty when nothing is.

    Lower-case ASCII letters, digits and single hyphens, starting with a letter, at most 20 characters: what a bucket,
    a host name, a role and a folder can all carry, and what leaves no room for a look-alike letter.
    """
    if isinstance(value, str) and _LABEL.fullmatch(value) and len(value) <= LONGEST_LABEL:
        return []
    allowed = f"lower-case letters, digits and single hyphens, a letter first, at most {LONGEST_LABEL} characters"
    return [f"{key} is {value!r}; allowed: {allowed}"]


def camel_case(name: str) -> str:
    """An argument or output as the schema and every other language call it: `data_gib` is `dataGib`."""
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


def fingerprint(*parts: str, length: int = 8) -> str:
    """`length` hexadecimal characters that are always the same for the same parts."""
    return hashlib.sha256("/".join(parts).encode()).hexdigest()[:length]


def bucket_name(stem: str, account: str, region: str, *whose: str) -> str:
    """The name of a bucket: the stem and eight characters derived from account and region, and from `whose` where the stem
    alone could mean two owners.

    Bucket names are global, so the same studio and project in two accounts must differ; and they must be known before
    the bucket exists, because policies, the audit trail and a resumed command all refer to them.

    Raises `ArgumentError` when S3 would refuse the name.
    """
    name = f"{stem}-{fingerprint(account, region, stem, *whose)}"
    if bucket_faults("bucket", name):
        raise ArgumentError(f'"{name}" cannot be the name of a bucket: S3 reserves it or it is too long')
    return name


def bucket_faults(key: str, value: object) -> list[str]:
    """What is wrong with the name of a bucket that a person chose; empty when nothing is.

    Dots are left out, which S3 takes: with them the certificate of `NAME.s3.REGION.amazonaws.com` does not match.
    """
    if not isinstance(value, str) or not 3 <= len(value) <= LONGEST_BUCKET or not _BUCKET.fullmatch(value):
        allowed = f"3 to {LONGEST_BUCKET} lower-case letters, digits and hyphens, with a letter or digit at both ends"
        return [f"{key} is {value!r}; allowed: {allowed}"]
    starts = (f"starts with {reserved!r}" for reserved in _RESERVED_STARTS if value.startswith(reserved))
    ends = (f"ends with {reserved!r}" for reserved in _RESERVED_ENDS if value.endswith(reserved))
    return [f"{key} is {value!r}, which {fault}; S3 reserves such names" for fault in (*starts, *ends)]


def state_bucket_stem(studio: str) -> str:
    """The readable part of the bucket in which a studio's state is kept."""
    return f"{studio}{_STATE}"


def access_logs_stem(studio: str) -> str:
    """The readable part of the bucket in which S3 keeps the access logs of a studio's buckets."""
    return f"{studio}{_ACCESS_LOGS}"


def trail_name(studio: str) -> str:
    """The name of a studio's audit trail, and the readable part of the trail's bucket."""
    return f"{studio}{_TRAIL}"


def notices_log(studio: str) -> str:
    """The log of Google Cloud into which a studio's notices are written."""
    return f"soundstage-notices-{studio}"


def last_snapshot_name(studio: str, project: str, workstation: str) -> str:
    """How the name of the last snapshot of a work disk begins where a cloud gives it no labels: with the machine, and with eight characters
    that no other project and no other studio has."""
    return f"{workstation}-{fingerprint(studio, project)}-last"


def media_bucket_prefix(studio: str) -> str:
    """How the name of every media bucket of a studio starts. The audit trail records data events by this prefix."""
    return f"{studio}{_MEDIA}"


def media_bucket_stem(studio: str, project: str) -> str:
    """The readable part of a project's media bucket."""
    return f"{media_bucket_prefix(studio)}{project}"


def media_bucket_name(studio: str, project: str, account: str, region: str) -> str:
    """The name of a project's media bucket.

    Raises `ArgumentError` when S3 would refuse the name.
    """
    whose = (studio, project) if media_bucket_is_ambiguous(project) else ()
    return bucket_name(media_bucket_stem(studio, project), account, region, *whose)


def media_bucket_is_ambiguous(project: str) -> bool:
    """Whether the readable part of a project's media bucket could be that of a studio with a longer name.

    The project `media-day` of the studio `home` has `home-media-media-day`, as has the project `day` of the studio `home-media`;
    and the studio `home-media` has a bucket `home-media-state`. The longer studio keeps the name that the readable part alone gives.
    """
    return _MEDIA in f"-{project}" or f"-{project}".endswith((_ACCESS_LOGS, _STATE, _TRAIL))


def key_alias(name: str, studio: str = "", project: str = "") -> str:
    """The alias of an encryption key, from the name of its component, and of its studio and project where it has them.
    Unique in one account and region. No other project's begins with `key_alias("", studio, project)`."""
    return "/".join(("alias/soundstage", *(part for part in (studio, project) if part), name))


def disks_key(studio: str, region: str) -> str:
    """The component that is a studio's key of builders' disks and of images, on a cloud where an account has none for all of them. The
    names of its ring and of the key begin with it."""
    return f"{studio}-disks-{region}"


def log_group_name(studio: str, project: str, *parts: str) -> str:
    """The name of a log group of a project. No other project's begins with `log_group_name(studio, project) + "/"`."""
    return "/".join(("/soundstage", studio, project, *parts))


def alarm_name(studio: str, project: str, *parts: str) -> str:
    """The name of an alarm of a project. No other project's begins with `alarm_name(studio, project) + "/"`."""
    return "/".join((studio, project, *parts))


def account_budget_name(studio: str) -> str:
    """The name of the budget of a studio's account. It has no dot, as every project's has."""
    return f"{studio}-account"


def budget_name(studio: str, project: str) -> str:
    """The name of a project's budget. With a hyphen the studio `tiny` and its project `orange-teaser` would share one with the
    studio `tiny-orange` and its project `teaser`."""
    return f"{studio}.{project}"


def display_document(studio: str, project: str) -> str:
    """The name of the session document that reaches the displays of a project's machines."""
    return f"{studio}.{project}.display"


def ssh_document(studio: str, project: str) -> str:
    """The name of the session document that reaches SSH on a project's machines."""
    return f"{studio}.{project}.ssh"


def login_document(studio: str, project: str) -> str:
    """The name of the session document that lets a person in on a project's machines."""
    return f"{studio}.{project}.login"


def session_documents(studio: str, project: str) -> tuple[str, ...]:
    """The names of all session documents of a project."""
    return (display_document(studio, project), login_document(studio, project), ssh_document(studio, project))


def tools_document_name(studio: str, project: str, machine: str) -> str:
    """The name of the document that brings a machine its tools. No other project's begins with `tools_document_name(studio, project, "")`,
    and no session document of the project does."""
    return f"{studio}.{project}.tools.{machine}"


def schedule_name(studio: str, project: str, *parts: str) -> str:
    """The name of a schedule of a project. No other project's begins with `schedule_name(studio, project) + "."`.

    At most 64 characters (EventBridge Scheduler API reference, "CreateSchedule", read 2026-11): what is too long ends in
    characters derived from all of it.
    """
    stem, label = f"{studio}.{project}", "".join(f".{part}" for part in parts)
    room = LONGEST_SCHEDULE - len(stem)
    return f"{stem}{label}" if len(label) <= room else f"{stem}{label[: room - 9]}.{fingerprint(label)}"


def people_role_name(studio: str, project: str, whose: str) -> str:
    """The name of the role of a project's `admin`, `artist` or `reviewer`. Unique in one account."""
    return f"{_joined(studio, project)}-{whose}"


def project_boundary_name(studio: str, project: str) -> str:
    """The name of the permission boundary of a project that has none from its studio. Unique in one account."""
    return f"{_joined(studio, project)}-boundary"


def is_ambiguous(studio: str, project: str) -> bool:
    """Whether studio and project, joined by a hyphen, could be the names of other ones: the studio `tiny` and its project
    `orange-teaser` as `tiny-orange` and its project `teaser`, or a project `people` as what is for the people of the studio."""
    return "-" in studio or "-" in project or project in _BOUNDARIES


def _joined(studio: str, project: str) -> str:
    return f"{studio}{'.' if is_ambiguous(studio, project) else '-'}{project}"


def operator_name(studio: str, project: str = "") -> str:
    """The name of the policy of a project's operator, or of the studio's. Unique in one account."""
    return f"{_joined(studio, project)}-operator" if project else f"{studio}{'.' if '-' in studio else '-'}operator"


def baker_name(studio: str) -> str:
    """The name of the policy of whoever bakes a studio's images. Unique in one account."""
    return f"{studio}.image-baker"


def role_path(studio: str, project: str = "") -> str:
    """The IAM path of what one project, or the studio itself, creates: policies can mean "this project's roles"."""
    return f"{ROLE_ROOT}{studio}/{project}/" if project else f"{ROLE_ROOT}{studio}/"


def builder_path(studio: str) -> str:
    """The IAM path of the roles of a studio's image builders. No project's is or begins so: their names have no dot."""
    return f"{ROLE_ROOT}{studio}/image.builders/"


def boundary_name(studio: str, whose: str) -> str:
    """The name of a studio's permission boundary for the roles of its `people` or of its `services`."""
    return f"{studio}-{whose}-boundary"


def analyser_name(studio: str) -> str:
    """The name of a studio's access analysers. What goes by another name in the account is somebody else's."""
    return f"{studio}-outside-access"


def cost_monitor_name(studio: str) -> str:
    """The name of a studio's monitor of unusual cost."""
    return f"{studio}-all-services"
