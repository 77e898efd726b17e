"""Asking before something changes: at a terminal, at none, and by name."""

import os
import pty
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from soundstage.cli.confirm import agreed, confirm, confirm_by_name, confirm_down
from soundstage.core.errors import Interrupted, UsageError


@contextmanager
def typed(text: str, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """A real pseudo-terminal as stdin, at which `text` was typed."""
    master, slave = pty.openpty()
    os.write(master, text.encode())
    with os.fdopen(slave) as terminal:
        patch.setattr(sys, "stdin", terminal)
        yield
    os.close(master)


@pytest.mark.parametrize("answer", ["y\n", "Y\n", "yes\n", "  yes \n"])
def test_a_yes_goes_on(answer: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with typed(answer, monkeypatch):
        confirm("Bring teaser up?", yes=False)
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "Bring teaser up? [y/N] ")


@pytest.mark.parametrize("answer", ["n\n", "\n", "yep\n", "\x04"])
def test_anything_else_changes_nothing(answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with typed(answer, monkeypatch), pytest.raises(Interrupted, match="Nothing was changed"):
        confirm("Bring teaser up?", yes=False)


def test_a_no_is_an_answer_and_an_end_of_typing_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with typed("n\n", monkeypatch):
        assert not agreed("The disks too?", hint="")
    with typed("\x04", monkeypatch), pytest.raises(Interrupted, match="Nothing was changed"):
        agreed("The disks too?", hint="")


def test_without_a_terminal_a_yes_must_be_given(monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    os.write(write, b"y\n")
    os.close(write)
    with os.fdopen(read) as pipe:
        monkeypatch.setattr(sys, "stdin", pipe)
        with pytest.raises(UsageError) as raised:
            confirm("Bring teaser up?", yes=False)
    assert "--yes" in raised.value.hint


def test_a_closed_stdin_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(UsageError):
        confirm("Bring teaser up?", yes=False)


def test_yes_asks_nothing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    confirm("Bring teaser up?", yes=True)
    confirm_down("teaser", yes=True, delete_media=True)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("answer", ["y\n", "teas\n", "TEASER\n", "\n"])
def test_media_are_not_deleted_for_less_than_the_whole_name(answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with typed(answer, monkeypatch), pytest.raises(Interrupted, match="not the name"):
        confirm_down("teaser", yes=False, delete_media=True)


def test_media_are_deleted_for_the_whole_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with typed("teaser\n", monkeypatch):
        confirm_by_name("This deletes the media too.", "teaser", yes=False, hint="")
