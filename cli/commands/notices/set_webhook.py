"""Say in which chat the studio's people are told.

Asks for the address of an incoming webhook of Slack, Teams or Discord, or of anything else that takes JSON, without showing what is
typed. It is kept as a secret in the studio's account, encrypted, and stands in no file, state or log.
"""

from pathlib import Path
from typing import Annotated

import typer

from soundstage.cli.answer import Answer, subject
from soundstage.cli.arguments import Cloud, CloudName, StudioFile

Remove = Annotated[bool, typer.Option("--remove", help="Forget the address: from now on, e-mail only.")]
File = Annotated[
    Path | None,
    typer.Option("--from-file", metavar="FILE", show_default=False, help="Read it from a file, or from - (stdin)."),
]


def command(
    studio: StudioFile = None, cloud: Cloud = CloudName.SIMULATED, remove: Remove = False, from_file: File = None
) -> Answer:
    from soundstage.cli.answer import say
    from soundstage.cli.webhook_address import webhook_address
    from soundstage.stacks.notices.of_studio import topic_of
    from soundstage.stacks.notices.webhook import chat_of, checked, host_of
    from soundstage.stacks.studio_deployment import open_studio

    home = open_studio(studio, cloud=cloud)
    address = "" if remove else checked(webhook_address(from_file))
    home.cloud.notices.keep_webhook(home.studio.studio, topic_of(home) if address else "", address)
    about = {"chat": chat_of(address), "host": host_of(address)} if address else {"chat": None, "host": None}
    told = f"{about['chat']} at {about['host']} is told from now on. Try it: `workstation notices test`."
    return Answer(subject(home.stack) | about, say(told if address else "No chat is told from now on; e-mail is."))
