"""Draws the pictures of the documentation and writes docs/pictures.md, or with `--check` says which are out of date.

The networks are drawn by `workstation diagram` from the examples, the way of media from the folders of a bucket and from what the
roles may do with them, the folders of the code from what they import.
"""

import ast
import os
import sys
import tempfile
from fnmatch import fnmatchcase
from pathlib import Path

from pages import ROOT, deliver

from soundstage.components.aws.access_policies import Project, admin_statements, artist_statements, reviewer_statements
from soundstage.components.aws.place import Place
from soundstage.components.aws.workstation_role import workstation_policy
from soundstage.components.layout import FOLDERS
from soundstage.components.policydoc import Statement
from soundstage.plan.diagram import Format, drawing
from soundstage.plan.plan import Plan
from soundstage.simulator import process
from soundstage.stacks.deployment import open_project

FOLDER = ROOT / "docs" / "pictures"
PAGE = ROOT / "docs" / "pictures.md"
EXAMPLES = ("teaser", "feature")
HEAD = """# Pictures
Drawn by `make docs` from the code and the examples, so that they show what is so.

## A project's network
`workstation diagram examples/teaser.yaml -o teaser.svg` draws a project: who gets in and how, what they reach, where the media are, what is
closed, the budget and the hours. A name that ends in `.html` makes one page with the same in words, `.mmd` a Mermaid chart.

![The smallest project: one machine that nobody on the internet reaches](pictures/teaser.svg)

The full example lets in two addresses, stops its machines when the budget is spent, and keeps a copy in another region:

![The full example: four machines, a copy of the media in another region](pictures/feature.svg)

"""
MEDIA = """## The way of the media
Media are copied into the bucket, worked on at a machine, and seen by reviewers as exports. What is overwritten or deleted can be
fetched back, and `workstation down` leaves the bucket where it is.

```mermaid
{chart}
```

What the roles of a project may do in each folder, by their policies. In projects with profile `content` artists reach media only
from inside the network.

| Folder | What belongs there | Artists | Reviewers | Admins | Machines |
|---|---|---|---|---|---|
{rows}

"""
ROOMS = """## The folders of the code
An arrow means "imports". What a folder reaches over another one is left out. [The design](design.md) says what is in each, and
`tests/test_arrows.py` holds them to it.

```mermaid
{chart}
```

"""
SESSION = """## A first session
Typed for real on the simulated cloud; times, addresses and ids are replaced by fixed ones.

![A terminal: a project is made, checked, brought up, looked at and taken down](pictures/session.svg)
"""
BUCKET = "media"


def plans() -> dict[str, Plan]:
    """What `up` would make of the examples, on a simulated cloud of their own."""
    with tempfile.TemporaryDirectory(prefix="soundstage-pictures-") as home:
        for name in [name for name in os.environ if name.startswith(("AWS_", "PULUMI_", "SOUNDSTAGE_"))]:
            del os.environ[name]
        os.environ["SOUNDSTAGE_HOME"] = home
        try:
            return {name: open_project(str(ROOT / "examples" / f"{name}.yaml")).preview().plan for name in EXAMPLES}
        finally:
            process.stop(Path(home))


def media_rows() -> str:
    """A row for each folder: what each role may do with what lies in it."""
    place = Place("123456789012", "eu-west-1")
    project = Project(place, "tinyorange", "teaser", bucket=BUCKET, key_arn="key")
    roles = (
        artist_statements(project),
        reviewer_statements(project),
        admin_statements(project),
        workstation_policy(place, "logs", "key", project.bucket_arn, "", gpu=True, vpc_id="vpc"),
    )
    rows = []
    for folder, meaning in FOLDERS.items():
        may = " | ".join(_may(statements, f"{project.bucket_arn}/{folder}it") for statements in roles)
        rows.append(f"| `{folder}` | {meaning} | {may} |")
    return "\n".join(rows)


def _may(statements: list[Statement], object: str) -> str:
    words = {"read": "s3:GetObject", "write": "s3:PutObject", "delete": "s3:DeleteObject"}
    return ", ".join(word for word, action in words.items() if _allowed(statements, action, object)) or "nothing"


def _allowed(statements: list[Statement], action: str, object: str) -> bool:
    """Allowed by a statement, under whatever condition, and denied by none that has no condition."""
    fitting = [
        statement
        for statement in statements
        if any(fnmatchcase(action, pattern) for pattern in statement.actions)
        and any(fnmatchcase(object, pattern) for pattern in statement.resources)
    ]
    denied = any(statement.effect == "Deny" and not statement.conditions for statement in fitting)
    return not denied and any(statement.effect == "Allow" for statement in fitting)


def media_chart() -> str:
    """From the camera to the reviewer, through the folders that there are."""
    inbox, exports = [folder for folder in FOLDERS if folder != "exports/"], "exports/"
    lines = [
        "flowchart LR",
        "accTitle: The way of the media",
        "accDescr: From the camera into the bucket, to a machine and back, and to reviewers.",
        'camera["Camera cards, deliveries"] -->|"artists and admins copy in"| media',
        'subgraph media["Media bucket, encrypted, not public"]',
        f'inbox["{"<br/>".join(folder.rstrip("/") for folder in inbox)}"]',
        f'exports["{exports.rstrip("/")}"]',
        "end",
        'media <-->|"read and write, not over the internet"| machine["Work disk of a machine"]',
        'exports -->|"read"| reviewers["Reviewers"]',
        'media -.->|"copied as soon as written, with backup_region"| copy["Copy in another region"]',
        'machine -.->|"last snapshot at down"| snapshot["Snapshot"]',
    ]
    return "\n".join(lines)


def rooms_chart() -> str:
    """The top-level folders, each with what it imports."""
    rooms = sorted(
        path.name for path in (ROOT / ".namespace" / "soundstage").iterdir() if path.is_dir() and path.name[0] != "_"
    )
    uses = {room: _imported(ROOT / room) & set(rooms) - {room} for room in rooms}
    lines = ["flowchart TB", "accTitle: The folders of the code", "accDescr: Which folder imports which."]
    lines += [f'{room}["{room}"]' for room in rooms]
    lines += [f"{room} --> {used}" for room in rooms for used in sorted(_directly(room, uses))]
    return "\n".join(lines)


def _imported(folder: Path) -> set[str]:
    names: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module)
    return {name.split(".")[1] for name in names if name.startswith("soundstage.")}


def _directly(room: str, uses: dict[str, set[str]]) -> set[str]:
    """What a folder imports and none of the others that it imports reaches."""
    reached = {each: _reached(each, uses) for each in uses[room]}
    return {
        each
        for each in uses[room]
        if not any(each in reached[other] and other not in reached[each] for other in uses[room] - {each})
    }


def _reached(room: str, uses: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [room]
    while waiting:
        for used in uses[waiting.pop()] - found:
            found.add(used)
            waiting.append(used)
    return found


def main() -> int:
    pictures = {FOLDER / f"{name}.svg": drawing(plan, Format.SVG) for name, plan in plans().items()}
    page = HEAD + MEDIA.format(chart=media_chart(), rows=media_rows()) + ROOMS.format(chart=rooms_chart()) + SESSION
    leftovers = [path for path in FOLDER.glob("*.svg") if path.name != "session.svg"]
    return deliver({PAGE: page, **pictures}, "the code draws", leftovers)


if __name__ == "__main__":
    sys.exit(main())
