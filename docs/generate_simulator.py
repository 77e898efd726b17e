"""Writes docs/simulator.md from the resource table and Google's documents, or with `--check` says whether it is out of date."""

import sys

from pages import ROOT, deliver

from soundstage.providers.aws.permissions import of_type
from soundstage.providers.aws.recorded import NOT_EMULATED, RECORDED_ONLY
from soundstage.providers.aws.table import INVOKES, TYPES
from soundstage.providers.gcp import discovery
from soundstage.simulator.faultrules import KINDS
from soundstage.simulator.process import GOOGLE_BILLING_ACCOUNT, GOOGLE_PROJECT

PAGE = ROOT / "docs" / "simulator.md"
HEAD = """# The simulated cloud
Written by `make docs` from the resource table.

An AWS look-alike on this machine, so that a project can be tried whole without an account and without a bill. It is
[moto](https://docs.getmoto.org), with what it lacks filled in and what it does wrong mended (`simulator/aws/gaps`, `simulator/aws/patches`).
The same process answers as [Google Cloud](#google-cloud), too; all else on this page is about AWS.

- It starts when a command first needs it, as one process on 127.0.0.1 and a random port, and keeps its state between runs in
  `$SOUNDSTAGE_HOME/simulator` (0700). `workstation simulator stop` stops it, `reset` forgets everything in it.
- Any AWS tool can talk to it: `eval "$(workstation simulator env)"` sets the address, region and credentials.
- It answers only requests signed with its own credentials, and no page in a browser: foreign `Host` and `Origin` headers are
  refused, and there are no CORS headers. Other users of the machine have no credentials for it.
- Every call is written to a sealed journal before it is answered; killing it loses nothing. What large objects hold lies in sealed files
  beside it, so that a gigabyte passes in bounded memory.
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

## Google Cloud
The same process answers as Google Cloud (`simulator/gcp`). No other emulator is in it: it answers the calls that are in Google's own
discovery documents (the table below), so Google's clients need only its address and a token. Paths are the real ones:
`http://127.0.0.1:PORT/compute/v1/projects/…`. State, journal, faults, clock and `reset` are those of the simulated AWS, which is
loaded only when it is called. What commands do on it is in [Which cloud can do what](clouds.md).

- There is one project, `{project}`, in an organisation, with a billing account (`{account}`) and every API switched on. Others can
  be made. Regions and zones, machine and accelerator types, public images, quotas and predefined roles are data with their dates.
- Every call needs a bearer token. In Python, `Endpoint.google_token()` is that of the owner and
  `Endpoint.google_token("serviceAccount:…")` that of somebody else. No other user of this computer can make one.
- Operations of compute take some tenths of a second: they are `RUNNING`, then `DONE`. Do not call `result()` of an operation in Google's
  Python client: it asks the real Google. Ask `ZoneOperations`, `RegionOperations` or `GlobalOperations` instead.
- With `enforcement` on, a call needs the permissions that [iam-dataset](https://github.com/iann0036/iam-dataset) names for its method,
  from the policies of the resource, of what is above it and of the project, with their conditions. The owner may do everything.
- Organisation policies are judged: places, public addresses, shielded machines, OS Login, serial ports, trusted images, keys of
  accounts, access to buckets. A key that Google's service agents may not use, or that is switched off, stops what needs it.
- Faults are set by method: `workstation simulator faults add compute:instances.insert --kind no-capacity`.

Nothing here shows that these work: network packets, what runs on a machine (startup scripts, functions, guest attributes other than
those in its metadata under `guest-attributes/`), schedules of machines and snapshots, lifecycles of buckets, rotation of keys, deliveries
of sinks, alerts and budgets, access lists of single objects, folders and organisations themselves, and the login of people.
`maxRunDuration` does stop its machine. To stop a machine that is stopped already is refused here; Google is said to accept it.

| API | revision | collections |
|---|---|---|
{google}
"""


def _google(document: discovery.Document) -> str:
    collections = sorted({method.collection for method in document.methods.values()})
    day = f"{document.revision[:4]}-{document.revision[4:6]}-{document.revision[6:]}"
    return f"| `{document.api}` | {day} | {', '.join(f'`{each}`' for each in collections)} |"


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
        project=GOOGLE_PROJECT,
        account=GOOGLE_BILLING_ACCOUNT,
        google="\n".join(_google(discovery.document(api)) for api in discovery.apis()),
    )


if __name__ == "__main__":
    sys.exit(deliver({PAGE: page()}, "the resource table says"))
