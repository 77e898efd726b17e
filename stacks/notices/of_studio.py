"""A studio's notices as a whole: its ways, what happened in its projects, and a bake that failed."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from soundstage.core.errors import CloudError, Interrupted, PreflightRefused, SoundstageError, UsageError
from soundstage.core.home import state_home
from soundstage.engines.lock import user
from soundstage.projectfile.project_paths import project_files
from soundstage.stacks.deployment import open_project
from soundstage.stacks.notices import remembered
from soundstage.stacks.notices.happened import happened
from soundstage.stacks.notices.notice import Notice
from soundstage.stacks.notices.remembered import Remembered
from soundstage.stacks.notices.sending import Sent, Ways, remember, send
from soundstage.stacks.notices.webhook import chat_of, host_of
from soundstage.stacks.studio_deployment import StudioDeployment

_STANDING: frozenset[str] = frozenset({"stop", "preemption", "guard", "snapshot"})
"""What may be long past when notices are sent for the first time: it is noted, and not told."""


@dataclass
class Round:
    """What `notices send` did. `unread` are the projects that could not be asked, and why."""

    sent: Sent
    looked_at: list[str] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)
    is_first: bool = False


@dataclass(frozen=True)
class Tried:
    """What became of a trial. `readers` are the addresses of the topic, and whether each has confirmed."""

    sent: Sent
    readers: Mapping[str, bool]
    chat: str
    host: str
    is_simulated: bool

    @property
    def arrived(self) -> bool:
        """Whether every way that there is took it, and somebody reads it."""
        heard = self.is_simulated or any(self.readers.values()) or bool(self.host)
        return heard and not self.sent.by_email and not (self.host and self.sent.by_chat)


def topic_of(home: StudioDeployment) -> str:
    """The studio's topic. Raises `PreflightRefused` where the studio is not up: then it has neither a topic nor a key."""
    shared = home.shared()
    if shared and isinstance(shared.alert_topic_arn, str):
        return shared.alert_topic_arn
    raise PreflightRefused(
        f"The studio {home.studio.studio} is not up, so there is no topic and no key for notices.",
        f"Bring it up with `{home.command('up')}`.",
    )


def try_out(home: StudioDeployment, now: datetime) -> Tried:
    """Send a notice by every way, in quiet hours too. What is remembered stays as it is."""
    ways = ways_of(home)
    notice = Notice("test", "test", f"This is a trial of {user()}: notices of the studio {ways.studio} arrive here.")
    sent = send(ways, [notice], Remembered(webhook_is_down=True), now)
    return Tried(
        sent,
        ways.port.readers(ways.topic),
        chat_of(ways.address) if ways.address else "",
        host_of(ways.address) if ways.address else "",
        not home.cloud.name.is_real,
    )


def ways_of(home: StudioDeployment) -> Ways:
    """How the people of a studio are told. Asks the cloud."""
    shared, studio = home.shared(), home.studio
    topic = str(shared.alert_topic_arn) if shared and isinstance(shared.alert_topic_arn, str) else ""
    port = home.cloud.notices
    return Ways(studio.studio, port, topic, port.webhook(studio.studio), studio.notices.quiet)


def send_all(home: StudioDeployment, now: datetime) -> Round:
    """Tell what happened in the projects of this folder that belong to the studio, as far as it was not told before."""
    ways, path = ways_of(home), _path(home.studio.studio)
    known = remembered.read(path)
    found: list[Notice] = []
    looked_at, unread = [], {}
    for file in project_files():
        try:
            deployment = open_project(str(file), allow_expired=True)
            if (deployment.studio.studio, deployment.cloud.kind) != (home.studio.studio, home.cloud.kind):
                continue
            if len(deployment.engine.resources()):
                found += happened(deployment, ways.port, now)
            looked_at.append(deployment.project.project)
        except SoundstageError as error:
            unread[str(file)] = error.message
    is_first = known.first
    if is_first:
        remember(known, [each for each in found if each.kind in _STANDING], now)
    sent = send(ways, found, known, now)
    remember(known, sent.told, now)
    remembered.write(path, known, now)
    return Round(sent, looked_at, unread, is_first)


@contextmanager
def telling_of_a_failed_bake(home: StudioDeployment, recipe: str, region: str) -> Iterator[None]:
    """Tell people when a bake fails, which takes long enough that nobody watches. That it cannot be told changes nothing."""
    try:
        yield
    except Interrupted:
        raise
    except SoundstageError as error:
        if not isinstance(error, UsageError):
            _tell_of_bake(home, recipe, region, error)
        raise


def _tell_of_bake(home: StudioDeployment, recipe: str, region: str, error: SoundstageError) -> None:
    try:
        now, path = datetime.now(UTC), _path(home.studio.studio)
        known = remembered.read(path)
        text = f"The bake of {recipe} in {region} failed: {error.message.splitlines()[0]}"
        notice = Notice("bake", f"bake:{recipe}:{region}:{now.isoformat()}", text)
        remember(known, send(ways_of(home), [notice], known, now).told, now)
        remembered.write(path, known, now)
    except (CloudError, OSError, SoundstageError):
        return


def _path(studio: str) -> Path:
    return state_home() / "studios" / studio / "notices.json"
