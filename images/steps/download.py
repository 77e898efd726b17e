"""A file from its publisher or from the studio's own bucket, which is used only when it is the one that was meant."""

import shlex
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from soundstage.core.strict import Form, Strict, is_a, refuse
from soundstage.images.steps.command import MINUTE, Command, Facts, System, single_quoted

UNPUBLISHED = "unpublished"
_SHA256 = rf"^([0-9a-f]{{64}}|{UNPUBLISHED})$"


def _day(value: object) -> object:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise refuse(is_a(value), "a day, written YYYY-MM-DD") from error
    return value


def _https(value: str) -> str:
    if not value.startswith("https://"):
        raise refuse(is_a(value), "an address that begins with https://")
    return value


Https = Annotated[str, AfterValidator(_https)]
Day = Annotated[date, BeforeValidator(_day)]


class Signature(Strict):
    """An OpenPGP signature that the publisher made of a file."""

    url: Https
    """The detached signature."""

    keys: Https
    """The publisher's public keys."""

    fingerprint: Annotated[str, Form(r"^[0-9A-F]{40}$", "40 hexadecimal digits in capitals, without spaces")]
    """Fingerprint of the key that must have made it."""


class Source(Strict):
    """Where a file comes from and how it is known to be the right one. Either `url` or `studio`."""

    version: Annotated[str, Field(min_length=1)]
    """The publisher's version, exact."""

    sha256: Annotated[str, Form(_SHA256, f"64 hexadecimal digits, or {UNPUBLISHED} where the publisher gives none")]
    """`unpublished` where no checksum is published. Then `signature` or `proof` says how else the file is known, the checksum is
    taken at the first bake, and every later bake of this version must find the same."""

    url: Https | None = None
    """The publisher's address, with the version in it: an address that always leads to the newest cannot be pinned."""

    studio: Annotated[str, Form(r"^[A-Za-z0-9][A-Za-z0-9/._-]*$", "the key of an object")] | None = None
    """Key of an object in the studio's bucket of installers, for what needs a licence."""

    signature: Signature | None = None
    """The publisher's signature."""

    proof: str | None = None
    """Bash that succeeds when `$FILE` is whole and the publisher's, where neither checksum nor signature is published."""

    source: Annotated[str, Field(min_length=1)]
    """Where version and checksum were read."""

    read: Day
    """On which day."""


class Download(Strict):
    """A file of `downloads`, put in its place."""

    get: str
    """Its name under `downloads`."""

    to: Annotated[str, Form(r"^(/|[A-Z]:\\)[^\n]*$", "an absolute path")]
    """Where it is put."""


class Fetched(Strict):
    """A download with its source and the address that it has today: what `Download` is once its recipe is put together."""

    name: str
    to: str
    source: Source
    address: str
    """Where the builder gets it. For the studio's bucket one that is signed and ends."""
    known: str | None = None
    """The checksum that an earlier bake found, where none is published."""

    @property
    def sha256(self) -> str | None:
        """The checksum that it must have; None where this bake is the first."""
        return self.known if self.source.sha256 == UNPUBLISHED else self.source.sha256

    def questions(self, system: System) -> dict[str, str]:
        if system == "windows":
            path = single_quoted(self.to)
            return {"sha256": f"if (Test-Path {path}) {{ (Get-FileHash -Algorithm SHA256 {path}).Hash.ToLower() }}"}
        path = shlex.quote(self.to)
        return {
            "sha256": f"sha256sum -- {path} 2>/dev/null | cut -c1-64",
            "proven": f"cat -- {path}.proven 2>/dev/null || true",
        }

    def commands(self, facts: Facts, system: System) -> list[Command]:
        # Without a checksum, the one that was noted when the file was proven.
        wanted = self.sha256 or facts.get("proven")
        if wanted and facts["sha256"] == wanted:
            return []
        text = self._powershell() if system == "windows" else self._bash()
        return [Command(text, f"download {self.name} {self.source.version}", 30 * MINUTE)]

    def _bash(self) -> str:
        path, source = shlex.quote(self.to), self.source
        lines = [
            "set -euo pipefail",
            f"mkdir -p -- {shlex.quote(self.to.rpartition('/')[0] or '/')}",
            f"FILE=$(mktemp {path}.XXXXXX)",
            "export FILE",
            'trap \'rm -rf -- "$FILE" "$FILE".*\' EXIT',
            f'curl -fsSL --retry 4 --retry-delay 2 --connect-timeout 20 -o "$FILE" {shlex.quote(self.address)}',
        ]
        if source.signature:
            lines += _signed(source.signature)
        if source.proof:
            lines.append(f"( {source.proof}\n) || {{ echo 'wrong file: {self.name} fails its proof' >&2; exit 65; }}")
        if self.sha256:
            lines += [
                'found=$(sha256sum -- "$FILE" | cut -c1-64)',
                f'[ "$found" = {self.sha256} ] || {{ echo "wrong checksum: {self.name} has $found, wanted {self.sha256}" >&2; exit 65; }}',
            ]
        lines += [f'sha256sum -- "$FILE" | cut -c1-64 >{path}.proven', 'chmod 0644 "$FILE"', f'mv -f -- "$FILE" {path}']
        return "\n".join(lines)

    def _powershell(self) -> str:
        path, fresh = single_quoted(self.to), single_quoted(self.to + ".part")
        return "\n".join(
            [
                f"New-Item -ItemType Directory -Force (Split-Path {path}) | Out-Null",
                # Its progress bar makes a download ten times slower.
                "$ProgressPreference = 'SilentlyContinue'",
                f"Invoke-WebRequest -UseBasicParsing -Uri {single_quoted(self.address)} -OutFile {fresh}",
                f"$found = (Get-FileHash -Algorithm SHA256 {fresh}).Hash.ToLower()",
                (
                    f"if ($found -ne '{self.sha256}') {{ Remove-Item {fresh}; throw \"wrong checksum: {self.name} has $found, "
                    f'wanted {self.sha256}" }}'
                ),
                f"Move-Item -Force {fresh} {path}",
            ]
        )


def _signed(signature: Signature) -> list[str]:
    return [
        # A short path, because gpg opens a socket in it, and a socket's path has at most 107 bytes.
        "GNUPGHOME=$(mktemp -d /tmp/keys.XXXXXX)",
        "export GNUPGHOME",
        'trap \'rm -rf -- "$FILE" "$FILE".* "$GNUPGHOME"\' EXIT',
        f'curl -fsSL --retry 4 -o "$FILE.pub" {shlex.quote(signature.keys)}',
        f'curl -fsSL --retry 4 -o "$FILE.asc" {shlex.quote(signature.url)}',
        'gpg --batch --quiet --import "$FILE.pub"',
        # Who signed, as gpg says for programs: the last word is the main key's fingerprint.
        (
            'gpg --batch --status-fd 1 --verify "$FILE.asc" "$FILE" 2>/dev/null | awk \'$2 == "VALIDSIG" { print $3, $NF }\' |'
            f" grep -qw {signature.fingerprint} || {{ echo 'wrong signature: no key {signature.fingerprint} signed it' >&2; exit 65; }}"
        ),
    ]
