"""Write a commented studio.yaml here.

Projects in this folder and in projects/ then belong to that studio. A file that exists is left alone.
"""

from typing import Annotated

import typer

from soundstage.cli.answer import Answer, say
from soundstage.cli.arguments import Force

Name = Annotated[str, typer.Argument(metavar="NAME", help="The studio's name: lower case, digits, hyphens.")]
Account = Annotated[
    str | None,
    typer.Option(
        "--account", metavar="ID", show_default=False, help="The AWS account (12 digits); others are refused."
    ),
]
Region = Annotated[str, typer.Option("--region", metavar="REGION", help="The home region.")]
Alerts = Annotated[
    str | None, typer.Option("--alert-email", metavar="EMAIL", show_default=False, help="Who hears of alarms.")
]


def command(
    name: Name,
    account: Account = None,
    region: Region = "eu-west-1",
    alert_email: Alerts = None,
    force: Force = False,
) -> Answer:
    from pathlib import Path

    from soundstage.cli.new_file import write_new
    from soundstage.stacks.spec import STUDIO_FILE, new_studio_file

    path = Path(STUDIO_FILE)
    text = new_studio_file(name, account=account, home_region=region, alert_email=alert_email)
    write_new(path, text, force=force)
    following = "Next: change it as you like, then `workstation studio up`; projects also bring it up by themselves."
    return Answer({"studio": name, "file": str(path)}, say(f"Wrote {path}.\n{following}"))
