"""The command's one door: a command line comes in, an exit code goes out, and every failure becomes a few plain lines.

Nothing else prints a result, prints an error or chooses an exit code. The codes are those of `core.errors`.
With `--json` stdout gets exactly one JSON document: the result, or `{"error": {…}}` when there is none.
"""

import contextlib
import io
import json
import os
import re
import sys
from collections.abc import Sequence
from contextvars import copy_context
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from soundstage.cli.imports import quicken
from soundstage.cli.notice import notice
from soundstage.core.errors import CloudError, Interrupted, OperationError, SoundstageError, SpecError, UsageError
from soundstage.core.masking import masked

if TYPE_CHECKING:
    from soundstage.cli.answer import Answer

EVERYWHERE: Final = ("--json", "--debug")
_LABELS: Final = {3: "refused", 4: "refused", 5: "drift"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line (without the program's name) and return its exit code."""
    if arguments is None:
        quicken()
        arguments = sys.argv[1:]
    # In a context of its own: the name of the command is not kept for whoever uses the library afterwards.
    return copy_context().run(_carried_out, arguments)


def _carried_out(arguments: Sequence[str]) -> int:
    flags, rest = _take_flags(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        answer = _run(rest)
        if isinstance(answer, int):
            return answer
        _print_result(answer, as_json="--json" in flags)
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001 - the door: a person gets words and a script a code, whatever happened
        return _print_failure(error, flags)
    return answer.exit_code


def _take_flags(arguments: Sequence[str]) -> tuple[set[str], list[str]]:
    """`--json` and `--debug` count wherever they stand, up to a `--`, and also when the rest cannot be parsed."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    flags = {word for word in arguments[:end] if word in EVERYWHERE}
    return flags, [word for word in arguments[:end] if word not in EVERYWHERE] + list(arguments[end:])


def _first_to_type(error: Exception, command: str) -> str:
    """A sentence with an example, where the one thing that was left out is a name to be made up."""
    left_out = (
        getattr(getattr(error, "param", None), "metavar", None) == "NAME" and getattr(error, "param_hint", 1) is None
    )
    example = {"workstation studio init": "aurora", "workstation init": "teaser"}.get(command)
    return f"For example `{command} {example}`. " if left_out and example else ""


def _order(error: Exception, context: Any) -> str:
    """In which order a command takes its words, where there was one too many: it may be that of another command."""
    if context is None or "unexpected extra argument" not in str(error):
        return ""
    command = context.command_path
    words = [one.metavar for one in context.command.params if one.param_type_name == "argument" and one.metavar]
    option = ["--project PROJECT"] if any("--project" in one.opts for one in context.command.params) else []
    line = " ".join([command, *words, *option])
    return f"Its words in this order: `{line}`. " if words else f"`{command}` takes options alone. "


def _empty(arguments: Sequence[str]) -> str | None:
    """The first argument with nothing in it, as a person would say it. What follows `--` is for a program on a machine."""
    ours = arguments[: arguments.index("--")] if "--" in arguments else arguments
    for number, word in enumerate(ours):
        if re.fullmatch("--[a-z-]+=", word):
            return f"What `{word[:-1]}` is to be"
        if not word:
            before = ours[number - 1] if number else ""
            return f"What comes after `{before}`" if before else "The first argument"
    return None


def _run(arguments: list[str]) -> "Answer | int":
    import typer

    from soundstage.cli.folder import FolderGroup

    if (empty := _empty(arguments)) is not None:
        raise UsageError(
            f"{empty} is empty: a variable without a value, perhaps.",
            "Say what it should be, or leave it out: an empty name means nothing here.",
        )
    for word in arguments:
        if control := next((letter for letter in word if ord(letter) < 32 or 127 <= ord(letter) < 160), ""):
            shown = "".join(letter if letter.isprintable() else "?" for letter in word)
            raise UsageError(
                f'The argument "{shown[:60]}" holds the control character U+{ord(control):04X}.', "Type it without."
            )
    try:
        result: Answer | int = FolderGroup().main(arguments, prog_name="workstation", standalone_mode=False)
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "workstation"
        words = error.format_message().replace(": Value error, ", ": ", 1)  # pydantic's, before Typer's own words
        example = _first_to_type(error, command) or _order(error, context)
        raise UsageError(words, f"{example}See `{command} --help`.") from error
    except typer.Abort as error:
        raise Interrupted("Nothing was changed.") from error
    if result == Interrupted.exit_code:  # Typer catches Ctrl-C before we can
        raise KeyboardInterrupt
    return result


def _print_result(answer: "Answer", *, as_json: bool) -> None:
    from soundstage.cli.display.screen import stdout

    if as_json:
        document = answer.document() if callable(answer.document) else answer.document
        _print(json.dumps(document, indent=2, allow_nan=False))
    else:
        _print(answer.text(stdout()))


def _print(text: str) -> None:
    if not text or sys.stdout is None:
        return
    try:
        print(text)
        sys.stdout.flush()
    except OSError as error:
        # What could not be written must not be tried again when Python ends, which would change the exit code.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):  # that reader has seen enough (`| head`)
            raise OperationError(
                f"The result could not be printed: {error.strerror}.", "The command itself was carried out."
            ) from error


def _print_failure(error: BaseException, flags: set[str]) -> int:
    if "--debug" in flags:
        import traceback

        notice(masked("".join(traceback.format_exception(error))), "dim")
    known = _as_known(error)
    if "--json" in flags:
        _print(json.dumps({"error": _document(known)}, indent=2))
    message = known.message
    if isinstance(known, SpecError) and len(known.faults) > 1:
        message = f"{len(known.faults)} faults. Nothing was changed.\n{message}"
    label = "" if isinstance(known, Interrupted) else f"{_LABELS.get(known.exit_code, 'error')}: "
    notice(f"{label}{message}", "bold")
    if known.hint:
        notice(known.hint)
    return known.exit_code


def _as_known(error: BaseException) -> SoundstageError:
    """The error in words. What no one foresaw is a fault of ours and says so."""
    if isinstance(error, SoundstageError):
        return error
    if isinstance(error, KeyboardInterrupt):
        return Interrupted("Stopped. What is finished is saved. The same command continues.")
    if isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if error.filename else ""
        return OperationError(f"{place}{error.strerror}.")
    return OperationError(
        f"Something went wrong inside Soundstage: {type(error).__name__}: {error}".rstrip(": "),
        "This is a fault in Soundstage, not yours. The same command with `--debug` shows where; please report it.",
    )


def _document(error: SoundstageError) -> dict[str, Any]:
    document: dict[str, Any] = {
        "kind": type(error).__name__,
        "message": error.message,
        "hint": error.hint,
        "exit_code": error.exit_code,
    }
    if isinstance(error, SpecError):
        document["faults"] = [
            {
                key: value if value is None or key == "line" else masked(str(value))
                for key, value in asdict(fault).items()
            }
            for fault in error.faults
        ]
    if isinstance(error, CloudError):
        document |= {"action": error.action, "code": error.code}
    return document


if __name__ == "__main__":
    sys.exit(main())
