"""The program that lets the person of a machine with Windows in. Nothing here runs PowerShell: what the agent makes of the session
document is worked out, and the program's text is held to what the other side reads."""

import json
import re
import shlex

from soundstage.components.aws.session_documents import login_session
from soundstage.components.boot.facts import BootFacts
from soundstage.components.boot.login import (
    KEY,
    NO_KEY,
    WINDOWS_PROGRAM,
    WINDOWS_SSHD_CONFIG,
    read_display,
    read_shell,
)
from soundstage.components.boot.sources import source
from soundstage.components.boot.tools_document import tools
from soundstage.components.boot.windows import bare, powershell

PROGRAM = source("login.ps1")
FACTS = BootFacts(project="teaser", workstation="edit-1", user="ana", profile="studio", access="session")


def function(name: str) -> str:
    """The body of a function of the program."""
    found = re.search(rf"^function {name}\b.*?^}}", PROGRAM, re.MULTILINE | re.DOTALL)
    assert found, name
    return found[0]


def test_the_agent_made_one_word_of_a_path_with_backslashes() -> None:
    """It takes a document's command apart as a shell does, in which a backslash says that the next letter is meant as it is."""
    command = json.loads(login_session())["properties"]["windows"]["commands"]
    words = shlex.split(command.replace("{{ way }}", "display").replace("{{ key }}", NO_KEY))
    assert words[words.index("-File") + 1 :] == [WINDOWS_PROGRAM, "display", NO_KEY]
    assert json.loads(login_session())["properties"]["windows"]["runAsElevated"] is True


def test_no_argument_of_the_program_begins_like_the_name_of_a_parameter() -> None:
    """`powershell.exe -File` takes what begins with a hyphen for one."""
    assert not NO_KEY.startswith("-")
    assert not KEY.startswith("-")


def test_the_program_lies_where_the_document_looks_for_it() -> None:
    script = powershell(FACTS)
    assert tools(windows=True)["login.ps1"] == bare(PROGRAM)
    assert 'Write-File "$Base\\$($Tool.Name)" $Tool.Value' in script
    assert WINDOWS_PROGRAM.replace("/", "\\") == r"C:\ProgramData\Soundstage\login.ps1"
    assert "$Base = 'C:\\ProgramData\\Soundstage'" in script
    assert "administrators_authorized_keys" not in WINDOWS_SSHD_CONFIG


def test_a_login_is_given_only_after_what_ends_it_is_set() -> None:
    body = function("Open-Display")
    assert body.index("Set-EndOfMinute") < body.index("Set-PersonPassword") < body.index("Write-Answer")
    changing = function("Set-PersonPassword")
    assert changing.index("Write-Kept $Before $Until") < changing.index("ChangePassword")


def test_sign_ins_that_windows_keeps_for_the_person_were_lost_with_every_login() -> None:
    """An administrator's new password makes them unreadable; a change by who knows the old one does not."""
    changing = function("Set-PersonPassword")
    assert changing.index("'ChangePassword', @($Old, $Fresh)") < changing.index("Set-LocalUser")
    assert "if (-not $Changed) { Set-LocalUser" in changing


def test_the_password_stands_in_no_argument_and_no_file_in_clear() -> None:
    secrets = [line for line in PROGRAM.splitlines() if re.search(r"\$(Password|Fresh|Old)\b", line)]
    assert not [
        line for line in secrets if re.search(r"Start-Process|-Argument|WriteAllText|Set-Content|net user", line)
    ]
    assert "Write-Kept (ConvertFrom-SecureString $Secret) $Until" in PROGRAM
    assert "Start-Transcript" not in PROGRAM


def test_a_key_is_the_one_that_the_document_lets_through() -> None:
    """With the end of the text, and not of a line, which PowerShell's `$` is as well."""
    assert rf"'^{KEY}\z'" in function("Open-Shell")
    assert "-cnotmatch" in function("Open-Shell")


def test_what_the_program_answers_is_what_is_read() -> None:
    shown = re.search(r"Write-Answer @\{ (user = .*) \}", function("Open-Display"))
    told = re.search(r"Write-Answer @\{ (user = .*) \}", function("Open-Shell"))
    assert shown
    assert told
    names = [set(re.findall(r"(\w+) = ", each[1])) for each in (shown, told)]
    assert names == [{"user", "session", "certificate", "password"}, {"user", "host_keys", "shell"}]
    display = {"user": "ana", "session": "console", "certificate": "AB" * 32, "password": "p"}
    assert read_display(f"soundstage-login {json.dumps(display)}\r\n".encode()).certificate == "ab" * 32
    shell = {"user": "ana", "host_keys": ["ssh-ed25519 AAAA"], "shell": "powershell"}
    assert read_shell(f"soundstage-login {json.dumps(shell)}\r\n".encode()).shell == "powershell"


def test_a_script_is_sent_without_what_only_readers_need() -> None:
    assert bare("# about\n#\n\n  if ($x) {\n    #requires\n    'y'\n  }\n") == "if ($x) {\n#requires\n'y'\n}\n"
