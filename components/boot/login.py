"""The program of a machine that lets its person in: what it is called, what it is asked, and what it answers.

It is the only program that people's sessions run. What opens the display and what lets a key in by SSH is made on the machine, by
root, when somebody asks whom IAM permits to; it is good for a minute, and goes to the one who asked.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Final

from soundstage.core.errors import SessionError

PROGRAM: Final = "/usr/local/sbin/soundstage-login"
WINDOWS_PROGRAM: Final = "C:/ProgramData/Soundstage/login.ps1"
WINDOWS_COMMAND: Final = f"-NoLogo -NoProfile -NonInteractive -ExecutionPolicy Bypass -File {WINDOWS_PROGRAM}"
"""What a session document has for it. The agent takes a document's command apart as a shell does, so that a backslash vanishes, and
hands the words to `powershell.exe` (amazon-ssm-agent 3.3, agent/session/shell/shell_windows.go, read 2026-11)."""
KEYS_FOLDER: Final = "/etc/soundstage/ssh"
"""Where sshd finds the keys of the people: nowhere else, so that nobody leaves one behind."""
KEY: Final = r"AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43}"
"""The base64 part of the public half of an ed25519 key, as a pattern (RFC 8709, 4)."""
DISPLAY: Final = "display"
SSH: Final = "ssh"
NO_KEY: Final = "none"
"""Not a hyphen, which PowerShell takes for the name of a parameter."""
_ANSWER: Final = re.compile(r"^soundstage-login (\{.*\})\s*$", re.MULTILINE)

SSHD_CONFIG: Final = f"""ListenAddress 127.0.0.1
AuthorizedKeysFile {KEYS_FOLDER}/%u
AuthenticationMethods publickey
PermitRootLogin no
"""
"""For `/etc/ssh/sshd_config.d/10-soundstage.conf`: people come in through a session alone, each time with a key that is good for a
minute."""
WINDOWS_SSHD_CONFIG: Final = """ListenAddress 127.0.0.1
AuthorizedKeysFile __PROGRAMDATA__/Soundstage/ssh/%u
AuthenticationMethods publickey
Subsystem sftp sftp-server.exe
"""
"""For `C:\\ProgramData\\ssh\\sshd_config`, all of it: the file that comes with OpenSSH lets administrators in by keys of their own."""


@dataclass(frozen=True)
class ToDisplay:
    """What opens the display for a minute: a token, or on a machine without a program for tokens a password; the other is empty. Both
    are secret. `certificate` is the SHA-256 of the display's certificate in hexadecimal, empty where it could not be read."""

    user: str
    session: str
    certificate: str
    token: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    parameter: str = "authToken"
    """What the display calls the token in its address: that of Amazon DCV, which takes it once and for a minute, or `token` with Selkies,
    where it is good for a minute, and then for as long as somebody has the display open and ten minutes more."""
    kind: str = "web"
    """`web` for what a browser shows; `rdp` for what only a client of RDP does, where people sign in with a password of their own."""
    note: str = ""
    """What a person has to know besides, in sentences."""


@dataclass(frozen=True)
class ToShell:
    """As whom a key was let in, and the keys by which the machine proves itself, as `known_hosts` has them."""

    user: str
    host_keys: tuple[str, ...]
    shell: str = "sh"
    """What reads a command there: `sh` or `powershell`."""


def read_display(output: bytes) -> ToDisplay:
    """`SessionError` when the machine refused, or printed something else."""
    told = _read(output)
    certificate = str(told.get("certificate", "")).lower()
    words = {key: told[key] for key in ("token", "password", "parameter") if key in told}
    return ToDisplay(told["user"], told["session"], certificate, **words)


def read_shell(output: bytes) -> ToShell:
    """`SessionError` when the machine refused, or printed something else."""
    told = _read(output)
    return ToShell(told["user"], tuple(told["host_keys"]), told.get("shell", "sh"))


def _read(output: bytes) -> dict[str, str]:
    text = output.decode(errors="replace").replace("\r\n", "\n")
    found = _ANSWER.search(text)
    if found is None:
        said = text.strip().splitlines()[-1:] or ["nothing"]
        raise SessionError(
            f"The machine could not let you in: it answered {said[0][:200]!r}.",
            "A machine that was made before this version has no program for it: run `workstation up` once.",
        )
    told: dict[str, str] = json.loads(found[1])
    if "error" in told:
        raise SessionError(f"The machine could not let you in: {told['error']}.", "Bake a newer image for it.")
    return told
