"""Writes docs/project-file.md and the JSON Schemas from the models of the project file and the studio file.

With `--check` it writes nothing and says which of them are out of date.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pages import ROOT, deliver

from soundstage.components.lifecycle import PRESETS
from soundstage.components.sizes import role_purpose, roles
from soundstage.projectfile.residency import regions_within
from soundstage.projectfile.spec import project_schema, studio_schema

MOST_WORDS: Final = 12
"""A longer list of allowed words is left to the editor, which completes it from the schema."""

HEAD: Final = """# The project file and the studio file
Written by `make docs` from the models in [projectfile/project_file.py](../projectfile/project_file.py) and
[projectfile/studio_file.py](../projectfile/studio_file.py).

A project is one YAML file in `projects/`; a studio is one `studio.yaml`, beside the project's file or in the folder above. Who has
no studio file has a studio called `home`. Check a file with `workstation validate`: it names every fault at once, with its line,
what is allowed and the nearest valid word.

This is a complete project:
```yaml
{short}```
and this one says everything that can be said:
```yaml
{full}```

Editors complete and check both files with the schemas [project.json](../projectfile/schema/project.json) and
[studio.json](../projectfile/schema/studio.json). For the YAML language server, in any editor, this is the first line of the file:
`# yaml-language-server: $schema=PATH/project.json`.

Files are strict YAML: no anchors or aliases, no tags, one document, each key once, `true` and `false` but not `yes` and `on`, at
most 256 KiB of UTF-8. Unknown keys are refused.

### Every key
"""

STUDIO: Final = """
## The studio file
One cloud account and what every project in it shares. This one says everything that can be said:
```yaml
{full}```

"""


def rows(schema: Mapping[str, Any], within: Mapping[str, Any], place: str = "") -> Iterator[str]:
    """One table row for each key, those of a nested part after the key that holds it."""
    for key, field in within["properties"].items():
        nested = _part(schema, field)
        required = key in within.get("required", ())
        default = "needed" if required else "" if nested else _value(field.get("default"))
        text = field.get("description") or (nested or {}).get("description", "")
        name = f"{place}{key}"
        yield f"| `{name}` | {_kind(schema, field)} | {default} | {text} |"
        if nested is not None:
            yield from rows(schema, nested, f"{name}.NAME." if "patternProperties" in field else f"{name}.")


def _part(schema: Mapping[str, Any], field: Mapping[str, Any]) -> Mapping[str, Any] | None:
    inner = next(iter(field.get("patternProperties", {}).values()), field)
    part: Mapping[str, Any] | None = schema["$defs"][inner["$ref"].rsplit("/", 1)[-1]] if "$ref" in inner else None
    return part


def _kind(schema: Mapping[str, Any], field: Mapping[str, Any]) -> str:
    if "anyOf" in field:
        return _kind(schema, field["anyOf"][0])
    if "patternProperties" in field:
        return "mapping by name"
    if "$ref" in field:
        return "mapping"
    if field.get("type") == "array":
        return f"list of {_kind(schema, field['items'])}"
    if "enum" in field:
        words = field["enum"]
        return " · ".join(f"`{word}`" for word in words) if len(words) <= MOST_WORDS else "one of a list"
    if "const" in field:
        return f"`{field['const']}`"
    if field.get("type") in ("integer", "number"):
        return _numbers(field)
    if field.get("format") == "date":
        return "day"
    return {"boolean": "`true` · `false`"}.get(str(field.get("type")), "text")


def _numbers(field: Mapping[str, Any]) -> str:
    kind = "whole number" if field["type"] == "integer" else "number"
    if "minimum" in field:
        return f"{kind}, {field['minimum']} to {field['maximum']}"
    return f"{kind} above {field['exclusiveMinimum']}"


def _value(value: Any) -> str:
    if value in (None, [], {}):
        return "none"
    if isinstance(value, list):
        return f"`[{', '.join(map(str, value))}]`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{str(value).lower()}`"


def _table(schema: Mapping[str, Any]) -> str:
    return "\n".join(["| Key | Value | Default | |", "| --- | --- | --- | --- |", *rows(schema, schema)]) + "\n"


def page() -> str:
    """The whole page."""

    def example(name: str) -> str:
        lines = (ROOT / "examples" / name).read_text("utf-8").splitlines(keepends=True)
        return "".join(line for line in lines if not line.startswith("# "))

    parts = [HEAD.format(short=example("teaser.yaml"), full=example("feature.yaml")), _table(project_schema())]
    parts += ["\n### What `for` means\n", *(f"- `{role}`: {role_purpose(role)}\n" for role in roles())]
    parts += ["\n### What `lifecycle` means\n", *(f"- `{name}`: {one.summary}.\n" for name, one in PRESETS.items())]
    inside = ", ".join(f"`{region}`" for region in regions_within("eu"))
    parts += [f"\n### What `residency: eu` means\nOne of {inside}. London and Zurich lie outside the European Union.\n"]
    return "".join([*parts, STUDIO.format(full=example("studio.yaml")), _table(studio_schema())])


def pages() -> dict[Path, str]:
    """Every generated file with its text."""
    return {
        ROOT / "docs" / "project-file.md": page(),
        ROOT / "projectfile" / "schema" / "project.json": json.dumps(project_schema(), indent=2) + "\n",
        ROOT / "projectfile" / "schema" / "studio.json": json.dumps(studio_schema(), indent=2) + "\n",
    }


if __name__ == "__main__":
    sys.exit(deliver(pages(), "the models say"))
