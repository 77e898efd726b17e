"""The page of one component, whichever cloud it is for, from the schema of its package."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from soundstage.components.naming import camel_case


def names(schema: Mapping[str, Any]) -> list[str]:
    """The components of a schema."""
    return sorted(token.rpartition(":")[2] for token in schema["resources"])


def listed(schema: Mapping[str, Any]) -> str:
    """A list of the components, each with a link to its page and the first sentence of what it is."""
    texts = {token.rpartition(":")[2]: entry["description"] for token, entry in schema["resources"].items()}
    return "\n".join(f"- [{name}]({name}.md): {_first(texts[name])}" for name in names(schema))


def page(cloud: str, name: str, schema: Mapping[str, Any], given: Mapping[str, Any], more: Sequence[str]) -> str:
    """The page of a component: what it is, an example with the arguments `given`, arguments and outputs, and what is in `more`."""
    entry = schema["resources"][f"soundstage:{cloud}:{name}"]
    parts = [
        f"# {name}\n{entry['description']}",
        _examples(cloud, name, given),
        "## Arguments\nIn Python with underscores (`data_gib` for `dataGib`), elsewhere as written here.\n\n"
        + _rows(entry["inputProperties"], set(entry.get("requiredInputs") or ()), schema),
        *(
            f"### {inner}\n"
            + _rows(schema["types"][token]["properties"], set(schema["types"][token].get("required") or ()), schema)
            for inner, token in _inner(entry["inputProperties"], schema)
        ),
        "## Outputs\n" + _rows(entry["properties"], set(entry.get("required") or ()), schema, outputs=True),
        *more,
    ]
    return "\n\n".join(parts) + "\n"


def _first(text: str) -> str:
    return text.partition("\n")[0].partition(". ")[0].rstrip(".") + "."


def _examples(cloud: str, name: str, given: Mapping[str, Any]) -> str:
    camel = {camel_case(key): value for key, value in given.items()}
    python = ",\n".join(f"    {json.dumps(key)}: {json.dumps(value)}" for key, value in given.items())
    script = ",\n".join(f"    {key}: {json.dumps(value)}" for key, value in camel.items())
    program = yaml.safe_dump(
        {"resources": {"mine": {"type": f"soundstage:{cloud}:{name}", "properties": camel}}}, sort_keys=False
    )
    return (
        f'```python\nfrom soundstage.components.{cloud} import {name}\n\nmine = {name}("mine", {{\n{python},\n}})\n```\n'
        f'```typescript\nimport * as soundstage from "@soundstage/soundstage";\n\nconst mine = new soundstage.{cloud}.{name}("mine", {{\n{script},\n}});\n```\n'
        f"```yaml\n{program}```"
    )


def _rows(
    properties: Mapping[str, Any], required: set[str], schema: Mapping[str, Any], *, outputs: bool = False
) -> str:
    head = "| output | type | |\n|---|---|---|" if outputs else "| argument | type | |\n|---|---|---|"
    rows = []
    for name in sorted(properties, key=lambda each: (not outputs and each not in required, each)):
        needed = " **Required.**" if name in required and not outputs else ""
        words = properties[name]["description"].replace("|", "\\|").replace("\n", " ")
        rows.append(f"| `{name}` | {_type(properties[name], schema)} | {words}{needed} |")
    return "\n".join([head, *rows])


def _type(entry: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    if reference := entry.get("$ref"):
        token = reference.rpartition("/")[2]
        enum = schema["types"].get(token, {}).get("enum")
        return " ".join(f"`{word['value']}`" for word in enum) if enum else token.rpartition(":")[2]
    if entry["type"] == "array":
        return f"list of {_type(entry['items'], schema)}"
    if entry["type"] == "object":
        return f"map of {_type(entry['additionalProperties'], schema)}"
    return str(entry["type"])


def _inner(properties: Mapping[str, Any], schema: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The shapes of arguments, each once, also those inside lists, maps and other shapes."""
    found: dict[str, str] = {}
    for entry in properties.values():
        held = entry.get("items") or entry.get("additionalProperties") or entry
        token = held.get("$ref", "").rpartition("/")[2]
        if inside := schema["types"].get(token, {}).get("properties"):
            found[token.rpartition(":")[2]] = token
            found.update(_inner(inside, schema))
    return list(found.items())
