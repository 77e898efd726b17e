"""Write a commented studio.yaml and choose where state is kept.

Projects in this folder and in projects/ then belong to that studio. A file that exists is left alone, except that --state adds
to it where the state is kept.

With `--state s3`, or `--state s3://NAME` for a name of your own, the studio comes up, makes the bucket (encrypted with its own
key, versioned, private, logged, kept) and moves its state into it. When it was interrupted, the same command continues. On a store
that speaks S3 (`s3://NAME?endpoint=HOST`) it makes what the store offers of that. Any other backend has to be there already; where
it is not, the commands that make it are shown.
"""

from typing import Annotated

import typer

from soundstage.cli.answer import Answer, say
from soundstage.cli.arguments import Cloud, CloudName, Force, Yes

Name = Annotated[str, typer.Argument(metavar="NAME", help="The studio's name: lower case, digits, hyphens.")]
Account = Annotated[
    str | None,
    typer.Option(
        "--account",
        metavar="ID",
        show_default=False,
        help="The AWS account (12 digits), or the id of the Google Cloud project; others are refused.",
    ),
]
Region = Annotated[
    str | None,
    typer.Option(
        "--region",
        metavar="REGION",
        show_default=False,
        help="The home region. Left out: eu-west-1, and on Google Cloud europe-west4.",
    ),
]
Alerts = Annotated[
    str | None, typer.Option("--alert-email", metavar="EMAIL", show_default=False, help="Who gets the alarms.")
]
Where = Annotated[
    str | None,
    typer.Option(
        "--state", metavar="WHERE", show_default=False, help="s3, or a backend's address. Left out: this machine."
    ),
]
Secrets = Annotated[
    str, typer.Option("--secrets", metavar="WAY", help="What encrypts the secrets in it: passphrase, awskms://…")
]

_ARGUMENTS = {"studio": "NAME", "account": "--account", "home_region": "--region", "alert_emails": "--alert-email"}


def command(
    name: Name,
    account: Account = None,
    region: Region = None,
    alert_email: Alerts = None,
    state: Where = None,
    secrets: Secrets = "passphrase",
    cloud: Cloud = CloudName.SIMULATED,
    yes: Yes = False,
    force: Force = False,
) -> Answer:
    from pathlib import Path

    from soundstage.cli.new_file import as_typed, refuse_another_cloud, write_new
    from soundstage.cli.shared_state import share
    from soundstage.core.clouds import CLOUDS
    from soundstage.projectfile.catalogues import CATALOGUES
    from soundstage.projectfile.cloud_limits import refuse_command
    from soundstage.projectfile.spec import STUDIO_FILE, new_studio_file
    from soundstage.projectfile.studio_text import read_own

    if state is not None:
        refuse_command(cloud, "studio init --state")
    path = Path(STUDIO_FILE)
    if state is not None and path.exists() and not force:
        return share(path, read_own(path, name), state, secrets, cloud, is_there=True, yes=yes)
    here = CATALOGUES[CLOUDS[cloud].family]
    region = region or here.default_region
    with as_typed(_ARGUMENTS):
        text = new_studio_file(name, account=account, home_region=region, alert_email=alert_email)
    refuse_another_cloud(here, region, account)
    if state is not None:
        return share(path, text, state, secrets, cloud, force=force, yes=yes)
    write_new(path, text, force=force)
    up = "workstation studio up" if cloud is CloudName.SIMULATED else f"workstation studio up --cloud {cloud}"
    following = f"Next: change it as you like, then `{up}`; `workstation up` also brings it up when a project needs it."
    return Answer({"studio": name, "file": str(path)}, say(f"Wrote {path}.\n{following}"))
