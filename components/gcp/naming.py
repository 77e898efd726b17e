"""Names as Google Cloud takes them.

Most resources carry the name that Pulumi gives them: the component's name, what it is, and seven random characters. Fixed names are for
what others must find without being told, and for accounts and roles, whose names are shorter.
"""

import re
from typing import Final

from soundstage.components.naming import bucket_name, fingerprint, media_bucket_is_ambiguous, media_bucket_stem

LONGEST_NAME: Final = 63
"""Characters of most names (RFC 1035; Compute Engine, "Resource naming convention", read 2026-11)."""
LONGEST_COMPONENT: Final = 41
"""Characters of a component's name: those of a project, a hyphen and those of a workstation. What its children have behind it, at most
fourteen, and Pulumi's own eight fit as well."""
LONGEST_ACCOUNT: Final = 30
"""Characters of a service account's id (IAM API, `serviceAccounts.create`, read 2026-11)."""

_BUCKET: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])", re.ASCII)
_NAME: Final = re.compile(r"[a-z](?:[-a-z0-9]*[a-z0-9])?", re.ASCII)
# Project ids: Resource Manager API, `projects.create`; with `DOMAIN:` before it for those of long ago. Read 2026-11.
_PROJECT: Final = re.compile(r"(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]", re.ASCII)
_REGION: Final = re.compile(r"[a-z]+-[a-z]+[0-9]+", re.ASCII)
_ZONE: Final = re.compile(r"[a-z]+-[a-z]+[0-9]+-[a-z]", re.ASCII)


def component_faults(name: str, longest: int = LONGEST_COMPONENT) -> list[str]:
    """What is wrong with a component's name, of which those of its children are made; empty when nothing is."""
    if _NAME.fullmatch(name) and len(name) <= longest:
        return []
    allowed = f"lower-case letters, digits and hyphens, a letter first, at most {longest} characters"
    return [f"name is {name!r}; allowed: {allowed}"]


def place_faults(args: object) -> list[str]:
    """What is wrong with `project_id`, `region` and `availability_zone` among a component's arguments; empty when nothing is."""
    forms = {
        "project_id": (_PROJECT, "the id of a Google Cloud project, such as tinyorange-film (not its number or title)"),
        "region": (_REGION, "a region of Google Cloud, such as europe-west4"),
        "availability_zone": (_ZONE, "a zone of Google Cloud, such as europe-west4-a"),
    }
    given = args if isinstance(args, dict) else {}
    return [
        f"{key} is {given[key]!r}; allowed: {allowed}"
        for key, (form, allowed) in forms.items()
        if isinstance(given.get(key), str) and not form.fullmatch(given[key])
    ]


def region_of(zone: str) -> str:
    """`europe-west4` of the zone `europe-west4-a`."""
    return zone.rpartition("-")[0]


def account_id(kind: str, label: str, *whose: str) -> str:
    """The id of a service account: what it is for, a readable part and eight characters derived from whose it is. At most 30
    characters, and unique in a Google Cloud project."""
    room = LONGEST_ACCOUNT - len(kind) - 10
    return f"{kind}-{label[:room].strip('-')}-{fingerprint(kind, label, *whose)}"


def role_id(studio: str, project: str, whose: str) -> str:
    """The id of a custom role, in which a hyphen cannot stand: a dot parts the names, an underscore stands for each hyphen.
    Unique in a Google Cloud project. A role that was deleted keeps its id for 37 days."""
    return ".".join(part.replace("-", "_") for part in ("soundstage", studio, project, whose) if part)


def media_bucket(studio: str, project: str, project_id: str, region: str) -> str:
    """The name of a project's media bucket, as on AWS. Raises `ArgumentError` when it would be refused."""
    whose = (studio, project) if media_bucket_is_ambiguous(project) else ()
    return bucket_name(media_bucket_stem(studio, project), project_id, region, *whose)


def transfer_bucket(studio: str, project: str, project_id: str, region: str) -> str:
    """The name of the bucket in which a project's files are on their way; never that of another studio's project whose names read alike
    together. Raises `ArgumentError` when it would be refused."""
    return bucket_name(f"{studio}-transfer-{project}", project_id, region, studio, project)


def bucket_faults(key: str, value: object) -> list[str]:
    """What is wrong with the name of a bucket that a person chose; empty when nothing is (Cloud Storage, "Buckets", read 2026-11).

    Dots are left out, for which Google asks for the proof that one owns the domain, and underscores, which no host name has.
    """
    if not isinstance(value, str) or not 3 <= len(value) <= LONGEST_NAME or not _BUCKET.fullmatch(value):
        allowed = f"3 to {LONGEST_NAME} lower-case letters, digits and hyphens, with a letter or digit at both ends"
        return [f"{key} is {value!r}; allowed: {allowed}"]
    if value.startswith("goog") or "google" in value:
        return [f"{key} is {value!r}, and Google reserves names with its own in them; choose another"]
    return []
