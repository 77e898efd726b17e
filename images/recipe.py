"""What a recipe file and a part file may say. Every field's text here is its documentation."""

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Literal, Protocol, cast

from pydantic import AfterValidator, BaseModel, Field

from soundstage.components import choices, sizes
from soundstage.components.images import images
from soundstage.components.naming import label_faults
from soundstage.core.clouds import CLOUDS
from soundstage.core.filefaults import Problem
from soundstage.core.strict import OneOf, Strict, is_a, refuse
from soundstage.core.words import nearest
from soundstage.core.yamlfile import Place
from soundstage.images.steps.command import Command, Facts, System
from soundstage.images.steps.download import UNPUBLISHED, Download, Source
from soundstage.images.steps.file import File
from soundstage.images.steps.package import Package
from soundstage.images.steps.reboot import Reboot
from soundstage.images.steps.script import Script
from soundstage.images.steps.service import Service
from soundstage.images.steps.user import User

CARRIES = (
    "agent",
    "audio",
    "desktop",
    "display",
    "encoder",
    "gpu-driver",
    "hardening",
    "media-drive",
    "screen",
)
"""What an image can bring along, so that a machine in a closed network needs nothing from outside. `screen` is a screen for
machines without a GPU."""


def _label(value: str) -> str:
    if label_faults("name", value):
        raise refuse(is_a(value), "lower-case letters, digits and single hyphens, starting with a letter")
    return value


Name = Annotated[str, AfterValidator(_label)]
Carried = Annotated[str, OneOf(CARRIES)]
Base = Annotated[str, OneOf(tuple(images()))]
Family = Annotated[str, OneOf(tuple(sorted({cloud.family for cloud in CLOUDS.values()})))]


class Acts(Protocol):
    """A step: facts in, commands out."""

    def questions(self, system: System) -> dict[str, str]:
        """What it asks of the machine: commands that print the answer, by the name of the fact."""

    def commands(self, facts: Facts, system: System) -> list[Command]:
        """What is left to do; empty when the machine is as the step wants it."""


class Entry(Strict):
    """One step: exactly one kind, with a name if that says more."""

    name: str | None = None
    """What a person reads while it runs. Absent: made of the kind."""

    package: Package | None = None
    """Packages of the system's package manager. Linux only."""
    file: File | None = None
    """A file with a content."""
    service: Service | None = None
    """A service of the system."""
    user: User | None = None
    """An account. Linux only."""
    download: Download | None = None
    """A file of `downloads`."""
    script: Script | None = None
    """Commands of one's own."""
    reboot: Reboot | None = None
    """A restart."""

    def kinds(self) -> list[str]:
        """The kinds that are given."""
        return [kind for kind in KINDS if getattr(self, kind) is not None]

    @property
    def step(self) -> Acts | Download:
        """What is to be done; a download must first be told where it comes from."""
        return cast("Acts | Download", getattr(self, self.kinds()[0]))

    @property
    def title(self) -> str:
        """For the person who watches."""
        if self.name:
            return self.name
        kind = self.kinds()[0]
        return " ".join(filter(None, (kind, _SAID[kind](self.step))))


_SAID: Mapping[str, Callable[[Any], str]] = {
    "package": lambda step: ", ".join(step.install[:3]),
    "file": lambda step: str(step.path),
    "service": lambda step: str(step.name),
    "user": lambda step: str(step.name),
    "download": lambda step: str(step.get),
    "script": lambda _: "",
    "reboot": lambda _: "",
}
"""What tells one step of a kind from another."""


KINDS = tuple(name for name in Entry.model_fields if name != "name")


class Check(Strict):
    """One thing that must be so on a finished machine."""

    name: Annotated[str, Field(min_length=1)]
    """What is checked, in words."""

    run: Annotated[str, Field(min_length=1)]
    """Bash or PowerShell whose output and success tell."""

    expect: str | None = None
    """A regular expression that the output must hold. Absent: that the command succeeds is enough."""

    gpu: bool = False
    """Whether it needs a GPU: a builder without one leaves it to the machines."""


class _Steps(Strict):
    about: Annotated[str, Field(min_length=1)]
    """One sentence on what it is."""

    os: Literal["linux", "windows"]
    """The operating system."""

    carries: Annotated[tuple[Carried, ...], Field(strict=False)] = ()
    """What machines have because of it."""

    downloads: dict[Name, Source] = {}
    """Files from publishers and from the studio's own bucket."""

    steps: Annotated[tuple[Entry, ...], Field(max_length=300, strict=False)] = ()
    """What is done, in this order."""

    verify: Annotated[tuple[Check, ...], Field(max_length=100, strict=False)] = ()
    """What must be so at the end."""


class Part(_Steps):
    """A piece that several recipes share."""

    part: Name
    """Its name, which is that of its file."""

    system: System | None = None
    """The family of Linux whose packages and files it names. Absent: any."""

    cloud: Family | None = None
    """The cloud whose machines it is for. Absent: any."""

    elsewhere: dict[Family, Annotated[tuple[Name, ...], Field(strict=False)]] = {}
    """Another cloud → the parts that take its place there; empty for none. Absent: recipes with it are not baked there."""


class Builder(Strict):
    """The machine that is baked on."""

    for_: Annotated[choices.Role, OneOf(sizes.roles()), Field(alias="for")]
    """A kind of work, whose machines are taken: verifying a GPU's driver needs that GPU."""

    size: Annotated[choices.Size, OneOf(sizes.sizes())] = "small"
    """How big."""

    disk_gib: Annotated[int, Field(ge=8, le=1024)]
    """Size of its system disk, which is the smallest that machines made of the image can have."""


class Recipe(_Steps):
    """What is in an image."""

    recipe: Name
    """Its name, which is that of its file and that which project files use."""

    extends: Name | None = None
    """A recipe that comes first: everything of it, and then what is said here."""

    for_: Annotated[tuple[Annotated[choices.Role, OneOf(sizes.roles())], ...], Field(alias="for", strict=False)] = ()
    """The kinds of work whose machines get this image when their project file names none."""

    base: Base
    """The published image that it starts from, by its name in `workstation`'s table of images."""

    system: System
    """Which tools the base has: `debian` is also Ubuntu."""

    builder: Builder
    """The machine that it is baked on."""

    bake_minutes: Annotated[int, Field(ge=1, le=600)]
    """What a bake is likely to take, from start to finished image."""

    parts: Annotated[tuple[Name, ...], Field(strict=False)] = ()
    """Pieces, in this order, before the recipe's own steps."""


def problems(value: BaseModel) -> Iterator[Problem]:
    """What is wrong between the fields of a recipe or a part."""
    assert isinstance(value, _Steps)  # noqa: S101 - both are
    for name, source in value.downloads.items():
        yield from _source(("downloads", name), source, value.os)
    for number, entry in enumerate(value.steps):
        place: Place = ("steps", number)
        kinds = entry.kinds()
        if len(kinds) != 1:
            said = f"has {', '.join(kinds)}" if kinds else "has no kind"
            yield Problem(place, said, allowed=f"exactly one of {', '.join(KINDS)}")
        elif kinds[0] in ("package", "user") and value.os == "windows":
            yield Problem((*place, kinds[0]), "is for Linux only", allowed="download and script on Windows")
    if isinstance(value, Recipe):
        if images()[value.base].os != value.os:
            others = ", ".join(key for key, image in images().items() if image.os == value.os)
            yield Problem(
                ("base",), f"is an image of {images()[value.base].os}", value.base, others, concerns=(("os",),)
            )
        if (value.system == "windows") != (value.os == "windows"):
            allowed = "windows" if value.os == "windows" else "debian, redhat"
            yield Problem(("system",), is_a(value.system), value.system, allowed, concerns=(("os",),))


def unknown_downloads(steps: tuple[Entry, ...], downloads: Mapping[str, Source], first: int = 0) -> Iterator[Problem]:
    """The steps that get a file of which nobody says where it comes from."""
    for number, entry in enumerate(steps):
        if isinstance(entry.step, Download) and entry.step.get not in downloads:
            place: Place = ("steps", first + number, "download", "get")
            wanted = entry.step.get
            yield Problem(place, is_a(wanted), wanted, ", ".join(downloads) or "none", nearest(wanted, downloads))


def _source(place: Place, source: Source, os: str) -> Iterator[Problem]:
    if (source.url is None) == (source.studio is None):
        yield Problem(
            place, "has both url and studio" if source.url else "has neither url nor studio", allowed="one of the two"
        )
    if source.sha256 == UNPUBLISHED:
        if source.studio:
            yield Problem(
                (*place, "sha256"), f"is {UNPUBLISHED}", UNPUBLISHED, "64 hexadecimal digits: the file is your own"
            )
        elif os == "windows":
            yield Problem((*place, "sha256"), f"is {UNPUBLISHED}", UNPUBLISHED, "64 hexadecimal digits on Windows")
        elif not (source.signature or source.proof):
            yield Problem(
                place, f"has sha256 {UNPUBLISHED} and nothing else to know the file by", allowed="signature or proof"
            )
    if source.url and source.version not in source.url:
        yield Problem(
            (*place, "url"),
            f"does not hold the version {source.version}",
            source.url,
            "the address of one version only",
        )
