"""Find what is billed and belongs to nothing any more.

Everything in the account that carries the studio's tags or names and that no state knows, with what it costs in a month; and each
project whose last `up` or `down` did not finish. Nothing is deleted without --clean, which asks; disks and snapshots may hold work and
need a second yes, or --with-work in a script. Buckets, keys and logs are never deleted, nor what belongs to another studio.

Only the studio's bucket has everybody's states. Without one, a colleague's project looks like an orphan: it is cleaned up only where
--project names it.
"""

from typing import Annotated

import typer

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import Cloud, CloudName, StudioFile, Yes

AllRegions = Annotated[bool, typer.Option("--all-regions", help="Look in every region that the account may use.")]
Clean = Annotated[bool, typer.Option("--clean", help="Delete what may be deleted, after a question.")]
WithWork = Annotated[bool, typer.Option("--with-work", help="With --clean: also disks and snapshots.")]
Named = Annotated[
    list[str] | None,
    typer.Option("--project", metavar="NAME", show_default=False, help="Nobody has this project up; repeat for more."),
]


def command(
    studio: StudioFile = None,
    cloud: Cloud = CloudName.SIMULATED,
    all_regions: AllRegions = False,
    clean: Clean = False,
    with_work: WithWork = False,
    project: Named = None,
    yes: Yes = False,
) -> Answer:
    from soundstage.cli.cleaning import cleaned
    from soundstage.cli.display.orphans import orphans_document, orphans_text
    from soundstage.core.errors import UsageError
    from soundstage.stacks.orphans.looking import look
    from soundstage.stacks.studio_deployment import open_studio
    from soundstage.stacks.team.places import regions_on_record

    if with_work and not clean:
        raise UsageError("--with-work says what --clean may delete.", "Add --clean, or leave it out.")
    deployment = open_studio(studio, cloud=cloud)
    regions = deployment.cloud.estate.regions() if all_regions else regions_on_record(deployment)
    found = look(deployment, regions, project or ())
    deleted = cleaned(deployment, found, project or (), with_work=with_work, yes=yes) if clean else []
    return Answer(
        {"studio": deployment.studio.studio} | orphans_document(found, deleted),
        lambda screen: orphans_text(found, deleted, screen, cleaning=clean),
    )
