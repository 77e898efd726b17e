"""Writes docs/simulator.md from the resource table, or with `--check` says whether it is out of date."""

import sys

from pages import ROOT, deliver

from soundstage.providers.aws.permissions import of_type
from soundstage.providers.aws.recorded import NOT_EMULATED, RECORDED_ONLY
from soundstage.providers.aws.table import INVOKES, TYPES
from soundstage.simulator.faultrules import KINDS

PAGE = ROOT / "docs" / "simulator.md"
HEAD = """# The simulated cloud
Written by `make docs` from the resource table.

An AWS look-alike on this machine, so that a project can be tried whole without an account and without a bill. It is
[moto](https://docs.getmoto.org), with what it lacks filled in and what it does wrong mended (`simulator/aws/gaps`, `simulator/aws/patches`).

- It starts when a command first needs it, as one process on 127.0.0.1 and a random port, and keeps its state between runs in
  `$SOUNDSTAGE_HOME/simulator` (0700). `workstation simulator stop` stops it, `reset` forgets everything in it.
- Any AWS tool can talk to it: `eval "$(workstation simulator env)"` sets the address, region and credentials.
- It answers only requests signed with its own credentials, and no page in a browser: foreign `Host` and `Origin` headers are
  refused, and there are no CORS headers. Other users of the machine have no credentials for it.
- Every call is written to a sealed journal before it is answered; killing it loses nothing.
- It is for one person on one machine. It is not a server for a network. Keep real media out of it.

## Faults on request
`workstation simulator faults add ec2:RunInstances --kind no-capacity --times 1` makes the next launch fail as AWS fails. Kinds:
{kinds}.

Sessions break on request, too: every frame of one, either way, counts as a call of `ssmmessages:Message` (a name that AWS has not),
and every websocket as one of `ssmmessages:OpenDataChannel`. `workstation simulator faults add ssmmessages:Message --kind
connection-lost --after 100` cuts the line after a hundred frames; `lost-answer` cuts it after the frame instead of before.

## Sessions
`workstation connect`, `ssh` and `cp` work on it ([Getting into a machine](connecting.md)): behind each simulated machine are a page
over TLS on the display's port, a genuine OpenSSH server where one is installed on this computer, and the machine's own login program.
SSH serves one connection over a pair of sockets and listens nowhere; it begins in a folder of `$SOUNDSTAGE_HOME/simulator/machines`
and is a shell of your own account. Everything is started with the first session and ends with the simulated cloud.

## What is only recorded
Stored faithfully and read back, but nothing happens. `preview` and `up` say so.

| type | what does not happen |
|---|---|
{recorded}

## What is not emulated
`workstation simulator status` says it, too. Nothing here shows that these work:

{absent}

## Resource types
{count} types. The permissions are those that the provider's own calls take; they depend on what is asked for.

| type | permissions |
|---|---|
{types}

## Data sources
{lookups}
"""


def page() -> str:
    """The whole page."""
    types = [
        f"| `{token}` | {', '.join(f'`{action}`' for action in sorted(of_type(token)))} |" for token in sorted(TYPES)
    ]
    return HEAD.format(
        kinds=", ".join(f"`{kind}`" for kind in KINDS),
        recorded="\n".join(f"| `{token}` | {words} |" for token, words in sorted(RECORDED_ONLY.items())),
        absent="\n".join(f"- {words}" for words in NOT_EMULATED),
        count=len(TYPES),
        types="\n".join(types),
        lookups=", ".join(f"`{token}`" for token in sorted(INVOKES)) + ".",
    )


if __name__ == "__main__":
    sys.exit(deliver({PAGE: page()}, "the resource table says"))
