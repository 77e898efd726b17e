"""What is told, by which way, and what waits for the morning."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from soundstage.core.errors import CloudError
from soundstage.projectfile.quiet_hours import QuietHours
from soundstage.stacks.notices import remembered
from soundstage.stacks.notices.happened import expiry, limits
from soundstage.stacks.notices.notice import Notice
from soundstage.stacks.notices.remembered import Remembered
from soundstage.stacks.notices.sending import Sent, Ways, remember, send
from soundstage.stacks.notices.webhook import Unheard

NIGHT = datetime(2026, 11, 26, 23, 0, tzinfo=UTC)
MORNING = datetime(2026, 11, 27, 8, 30, tzinfo=UTC)
STOP = Notice("stop", "stop:teaser:edit-1:1", "teaser: edit-1 stopped itself.")
LIMIT = Notice("limit", "limit:teaser:2026-11:80", "teaser: 80 % of the budget.")
ADDRESS = "https://hooks.slack.com/services/secret"


@dataclass
class Town:
    """The people of a studio: what came by e-mail and in the chat."""

    emails: list[tuple[str, str]] = field(default_factory=list)
    chat: list[bytes] = field(default_factory=list)
    chat_is_down: bool = False
    topic_is_gone: bool = False

    def publish(self, topic: str, subject: str, text: str) -> None:
        if self.topic_is_gone:
            raise CloudError("the topic is gone")
        self.emails.append((subject, text))

    def readers(self, topic: str) -> dict[str, bool]:
        return {}

    def webhook(self, studio: str) -> str:
        return ADDRESS

    def keep_webhook(self, studio: str, topic: str, address: str) -> None: ...

    def spent(self, budget: str) -> tuple[float, float] | None:
        return None

    def post(self, address: str, content: bytes) -> None:
        if self.chat_is_down:
            raise Unheard("it answered 503", again=True)
        self.chat.append(content)

    @property
    def ways(self) -> Ways:
        quiet = QuietHours(time(20), time(8), "Europe/Lisbon")
        return Ways("northlight", self, "arn:aws:sns:eu-west-1:1:t", ADDRESS, quiet, self.post, lambda _: None)


def told(town: Town, known: Remembered, now: datetime, *happened: Notice) -> Sent:
    sent = send(town.ways, happened, known, now)
    remember(known, sent.told, now)
    return sent


def test_what_can_wait_is_held_in_quiet_hours_and_told_once_in_the_morning() -> None:
    town, known = Town(), Remembered()
    night = told(town, known, NIGHT, STOP, LIMIT)
    assert (night.told, night.held) == ([LIMIT], [STOP])
    # It is found again at each round, and held once.
    assert told(town, known, NIGHT + timedelta(minutes=5), STOP, LIMIT).told == []
    assert known.held == [STOP]
    assert told(town, known, MORNING, STOP, LIMIT).told == [STOP]
    assert told(town, known, MORNING + timedelta(minutes=5), STOP, LIMIT).told == []
    assert (len(town.emails), len(town.chat), known.held) == (2, 2, [])


def test_a_machine_that_is_gone_by_the_morning_is_told_of_nevertheless() -> None:
    town, known = Town(), Remembered()
    told(town, known, NIGHT, STOP)
    assert told(town, known, MORNING).told == [STOP]


def test_a_chat_that_is_down_is_said_by_email_once_until_it_takes_something_again() -> None:
    town, known = Town(chat_is_down=True), Remembered()
    for number in range(3):
        sent = told(town, known, MORNING, replace(STOP, key=f"stop:{number}"))
        assert (sent.by_chat, sent.by_email) == ("it answered 503", "")
    assert sum("did not take this: it answered 503" in text for _, text in town.emails) == 1
    assert "hooks.slack.com" in town.emails[0][1]
    assert not any("secret" in text for _, text in town.emails)
    town.chat_is_down = False
    told(town, known, MORNING, replace(STOP, key="stop:4"))
    town.chat_is_down = True
    told(town, known, MORNING, replace(STOP, key="stop:5"))
    assert sum("did not take this" in text for _, text in town.emails) == 2


def test_what_no_way_took_is_told_the_next_time() -> None:
    town, known = Town(chat_is_down=True, topic_is_gone=True), Remembered()
    assert told(town, known, MORNING, STOP).told == []
    assert known.held == [STOP]
    town.topic_is_gone = False
    assert told(town, known, MORNING).told == [STOP]


def test_a_subject_is_short_and_plain_whatever_a_project_is_called() -> None:
    town = Town()
    told(town, Remembered(), MORNING, replace(STOP, text="é" * 500))
    assert len(town.emails[0][0]) <= 100
    assert town.emails[0][0].isascii()


@pytest.mark.parametrize(
    ("quiet", "at", "holds"),
    [
        (("20:00", "08:00"), "2026-07-01T19:30+00:00", True),  # 20:30 in summer
        (("20:00", "08:00"), "2026-12-01T19:30+00:00", False),
        (("20:00", "08:00"), "2026-12-01T08:00+00:00", False),
        (("20:00", "08:00"), "2026-12-01T07:59+00:00", True),
        (("12:00", "14:00"), "2026-12-01T13:00+00:00", True),
        (("12:00", "14:00"), "2026-12-01T14:00+00:00", False),
        # The clocks go back on that night, and forward on the other.
        (("00:30", "01:30"), "2026-10-25T01:15+00:00", True),
        (("00:30", "02:30"), "2027-03-28T01:15+00:00", True),
    ],
)
def test_quiet_hours_go_by_the_clocks_of_the_place(quiet: tuple[str, str], at: str, holds: bool) -> None:
    hours = QuietHours(*map(time.fromisoformat, quiet), "Europe/Lisbon")
    assert hours.holds(datetime.fromisoformat(at)) is holds


def test_what_is_remembered_reads_back_and_what_is_long_past_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "studio" / "notices.json"
    assert remembered.read(path).first
    known = Remembered({"old": (MORNING - timedelta(days=500)).isoformat()}, [STOP], webhook_is_down=True)
    remember(known, [LIMIT], MORNING)
    remembered.write(path, known, MORNING)
    again = remembered.read(path)
    assert (list(again.told), again.held, again.webhook_is_down, again.first) == ([LIMIT.key], [STOP], True, False)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"told": [], "held": {}, "webhook_is_down": 0}', "\x00"])
def test_a_spoilt_note_of_what_was_told_ends_in_no_traceback(tmp_path: Path, text: str) -> None:
    path = tmp_path / "notices.json"
    path.write_text(text)
    assert remembered.read(path) == Remembered(first=False)


def test_a_last_day_is_told_before_it_and_after_it() -> None:
    day = date(2026, 11, 27)
    assert expiry("teaser", day + timedelta(days=4), day) == []
    assert [each.key for each in expiry("teaser", day, day)] == ["expiry:teaser:2026-11-27:soon"]
    assert [each.key for each in expiry("teaser", day - timedelta(days=1), day)] == ["expiry:teaser:2026-11-26:past"]


def test_the_highest_share_of_a_budget_that_was_passed_is_told_once_a_month() -> None:
    assert limits("teaser", 249, 500, (50, 80, 100), MORNING) == []
    [passed] = limits("teaser", 450, 500, (50, 80, 100), MORNING)
    assert (passed.key, passed.is_urgent) == ("limit:teaser:2026-11:80", True)
    assert "450.00 USD of 500.00" in passed.text
