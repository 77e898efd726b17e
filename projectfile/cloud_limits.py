"""What a cloud cannot do, or cannot do yet, each with the reason: the one place where it is declared.

`validate` refuses a key that says it, every command that is named here refuses to run, and docs/clouds.md shows the table. Nothing else
in the code asks which cloud it is. A row whose reason ends in `yet` is work to be done, and goes when that is done.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

from soundstage.components.images import images
from soundstage.core.asked import COMMAND
from soundstage.core.clouds import CLOUDS
from soundstage.core.errors import UsageError
from soundstage.core.filefaults import Problem
from soundstage.core.strict import Strict
from soundstage.core.yamlfile import Place
from soundstage.projectfile.project_file import Project

ANY: Final = "*"


def _anything(_value: Any) -> bool:
    return True


@dataclass(frozen=True)
class KeyLimit:
    """A key of the project file, or some values of it, that one cloud does not take. What is left out of a file is never refused."""

    family: str
    """`aws` or `gcp`."""
    key: str
    """Its path, with `*` for every name: `workstations.*.fallback.types`."""
    reason: str
    instead: str
    """What the file may say."""
    values: str = ""
    """Which values, in words; empty for all but the default."""
    refuses: Callable[[Any], bool] = _anything


@dataclass(frozen=True)
class CommandLimit:
    """A command that one cloud does not have."""

    family: str
    command: str
    """As it is typed, without `workstation`: `image bake`. That of a folder (`image`) stands for all in it."""
    reason: str
    instead: str = ""
    """What to do, in a sentence."""


def _one_of(*values: object) -> Callable[[Any], bool]:
    return lambda value: value in values


KEYS: Final[Sequence[KeyLimit]] = (
    KeyLimit(
        "gcp", "profile", "the displays of Google Cloud do not limit clipboard, file transfer and USB yet, which content needs",
        "studio or baseline", "content", _one_of("content"),
    ),
    KeyLimit(
        "gcp", "access.via",
        "a machine on Google Cloud has no public address and no open port: people come in through Identity-Aware Proxy",
        "session", "allowlist, vpn",
    ),
    KeyLimit(
        "aws", "access.people", "people take a role there, which `permission_sets` in the studio file gives them", "the key left out",
    ),
    KeyLimit(
        "gcp", "network.dns_firewall",
        "Google Cloud has no firewall for domain names; machines without nat reach Google's own services alone",
        "false, or the key left out",
    ),
    KeyLimit(
        "gcp", "network.dns_domains", "Google Cloud has no firewall for domain names, so there is nothing to make exceptions to", "the key left out"
    ),
    KeyLimit(
        "gcp", "workstations.*.image", "an image of Google Cloud is named by its project and has no owner of twelve digits",
        "the name of a recipe, or projects/PROJECT/global/images/NAME", "{name, owner}, ami-…, an image that AWS publishes",
        lambda value: not isinstance(value, str) or value.startswith("ami-") or value in images(),
    ),
    KeyLimit(
        "aws", "workstations.*.image", "that is the name of an image of Google Cloud",
        "the name of a recipe, {name, owner}, or the id of an image such as ami-0123456789abcdef0", "projects/…",
        lambda value: isinstance(value, str) and value.startswith("projects/"),
    ),
    KeyLimit(
        "aws", "workstations.*.image", "its display is Selkies, and a machine of AWS brings up Amazon DCV and no other display yet",
        "a recipe with Amazon DCV, such as edit-linux", "edit-linux-selkies", _one_of("edit-linux-selkies"),
    ),
    KeyLimit(
        "gcp", "workstations.*.display", "Amazon DCV is free on EC2 alone",
        "selkies (Linux) or rdp (Windows); or the key left out", "dcv", _one_of("dcv"),
    ),
    KeyLimit(
        "aws", "workstations.*.display", "the images of AWS carry Amazon DCV, which is free there, and no other display yet",
        "dcv, or the key left out", "selkies, rdp", _one_of("selkies", "rdp"),
    ),
    KeyLimit(
        "aws", "workstations.*.secure_boot", "on AWS the image says so, not the machine", "the key left out",
        refuses=lambda value: value is not None,
    ),
    KeyLimit(
        "gcp", "workstations.*.hours",
        "a schedule of Google Cloud has one start and one stop, the same on each of its days, and knows no holidays",
        "one stretch, such as Mon-Fri 09:00-19:00 Europe/Lisbon", "several stretches; holidays, except",
        lambda value: value is not None and (len(value.windows) > 1 or bool(value.holidays or value.closed)),
    ),
    KeyLimit(
        "gcp", "workstations.*.fallback.types", "no other machine type is tried on Google Cloud yet", "the key left out",
    ),
    KeyLimit(
        "gcp", "workstations.*.fallback.max_hourly_usd",
        "no other machine type is tried on Google Cloud yet, and Google takes no highest price for a spot machine: it sets one that is below "
        "that on demand, for 30 days at the least",
        "the key left out",
    ),
    KeyLimit(
        "gcp", "storage.backup_region", "nothing copies a bucket of Google Cloud to a second region yet", "the key left out"
    ),
    KeyLimit(
        "gcp", "storage.object_lock_days",
        "a bucket of Google Cloud has either versions or a lock; media keep their versions",
        "the key left out, and a delivery bucket of its own (`MediaBucket` with `retention_days`)",
    ),
    KeyLimit(
        "gcp", "snapshots.at", "daily snapshots of Google Cloud are taken at 03:00 UTC, in every project", "the key left out"
    ),
    KeyLimit(
        "gcp", "snapshots.restore_mib_per_second", "Google Cloud reads a disk from its snapshot as fast as it can, at no price",
        "the key left out",
    ),
    KeyLimit(
        "gcp", "patching.monthly", "nothing patches machines on Google Cloud in place yet",
        "false, and a fresh image once a month",
    ),
)  # fmt: skip
"""What files cannot say, by key."""

COMMANDS: Final[Sequence[CommandLimit]] = (
    CommandLimit("gcp", "image bake edit-windows", "Images of Windows are not baked on Google Cloud yet.", "Name one in the project file: `image: projects/PROJECT/global/images/NAME`."),
    CommandLimit("gcp", "image bake edit-rocky", "Images of the RHEL family are not baked on Google Cloud yet.", "Take a recipe of Ubuntu, such as edit-linux."),
    CommandLimit("gcp", "image bake, with installers of the studio's own", "Images on Google Cloud take no installers from a bucket of the studio's own yet.", "Give the download an address (`url`) in the place of `studio`."),
    CommandLimit("gcp", "permissions --for notices", "There is no role of its own for who sends notices on Google Cloud yet.", "Whoever sends them needs what `--for daily` prints, and Log Writer, Monitoring Viewer and Secret Manager Secret Accessor."),
    CommandLimit("gcp", "doctor --request-quota", "More of a quota is not asked for by this command on Google Cloud yet.", "`workstation doctor` prints the command of gcloud that asks."),
    CommandLimit("gcp", "studio init --state", "State of Google Cloud is not kept in a bucket by this command yet.", "Leave out `--state`: the state is on this computer."),
)  # fmt: skip
"""What cannot be run, by command."""


def key_problems(project: Project) -> Iterator[Problem]:
    """What the file says that its cloud cannot do."""
    name = CLOUDS[project.cloud]
    for limit in KEYS:
        if limit.family == name.family:
            for place, value in _said(project, limit.key.split("."), ()):
                if limit.refuses(value):
                    problem = f"cannot be said for {name.title}: {limit.reason}"
                    yield Problem(place, problem, _plain(value), limit.instead, concerns=(("cloud",),))


def has_command(cloud: str, command: str) -> bool:
    """Whether a cloud has the command."""
    return _limit(cloud, command) is None


def has_key(cloud: str, key: str) -> bool:
    """Whether a cloud takes anything but the default for a key (`workstations.*.fallback.types`)."""
    family = CLOUDS[cloud].family
    return not any((limit.family, limit.key, limit.values) == (family, key, "") for limit in KEYS)


def next_step(cloud: str, command: str, sentence: str) -> str:
    """A sentence that tells somebody to run a command, where the cloud has it; otherwise what it has instead, empty for nothing."""
    limit = _limit(cloud, command)
    return limit.instead if limit else sentence


def refuse_command(cloud: str, command: str = "") -> None:
    """Raise `UsageError` when the cloud (`gcp`) does not have a command, by itself the one that a person typed."""
    command = command or COMMAND.get()
    limit = _limit(cloud, command) if cloud in CLOUDS else None
    if limit:
        raise UsageError(f"`workstation {command}` is not for {CLOUDS[cloud].title}. {limit.reason}", limit.instead)


def _limit(cloud: str, command: str) -> CommandLimit | None:
    """Why a cloud does not have a command."""
    family = CLOUDS[cloud].family
    return next((one for one in COMMANDS if one.family == family and f"{command} ".startswith(f"{one.command} ")), None)


def _said(model: BaseModel, path: Sequence[str], place: Place) -> Iterator[tuple[Place, Any]]:
    """Each place that a path leads to at which something other than the default stands."""
    name, *rest = path
    fields = type(model).model_fields
    if name not in fields:
        return
    value = getattr(model, name)
    if not rest:
        if value != fields[name].default:
            yield (*place, name), value
    elif rest[0] == ANY:
        for key, one in value.items():
            yield from _said(one, rest[1:], (*place, name, key))
    elif isinstance(value, Strict):
        yield from _said(value, rest, (*place, name))


def _plain(value: Any) -> object:
    return value if isinstance(value, (str, int, float, bool, tuple)) else None
