"""Write `plan/data/terraform-aws.json`: the schema of each AWS type of `plan/data/terraform.yaml`, as the genuine provider
prints it. Run it after a type was added or with a newer provider: `make provider-facts`.
"""

import datetime
import json
import tempfile
from pathlib import Path
from typing import Any

from tests.provider.terraform import find

FACTS = Path(__file__).resolve().parents[2] / "plan" / "data" / "terraform-aws.json"


def facts(printed: dict[str, Any], types: set[str]) -> dict[str, Any]:
    """What is kept of the schemas that `terraform providers schema -json` prints."""
    known = printed["resource_schemas"]
    return {
        name: {"version": known[name]["version"], "names": _names(known[name]["block"])}
        for name in sorted(types & known.keys())
    }


def _names(block: dict[str, Any]) -> dict[str, Any]:
    attributes = {name: _attribute(about) for name, about in block.get("attributes", {}).items()}
    return {**attributes, **{name: _block(about) for name, about in block.get("block_types", {}).items()}}


def _attribute(about: dict[str, Any]) -> list[Any]:
    required = ["required"] if about.get("required") else []
    computed = ["computed"] if about.get("computed") and not about.get("optional") else []
    return [about.get("type", "object"), *required, *computed]


def _block(about: dict[str, Any]) -> dict[str, Any]:
    found = {"nesting": about["nesting_mode"], "least": about.get("min_items"), "most": about.get("max_items")}
    return {**{key: value for key, value in found.items() if value}, "names": _names(about["block"])}


def text(found: dict[str, Any], version: str, read: str) -> str:
    """One line for each type, so that a diff shows which changed."""
    lines = [f"{json.dumps(name)}:{json.dumps(about, separators=(',', ':'))}" for name, about in found.items()]
    head = json.dumps({"provider": "hashicorp/aws", "version": version, "read": read})[:-1]
    return f'{head}, "types": {{\n' + ",\n".join(lines) + "\n}}\n"


def main() -> None:
    """Replace the facts by what the provider says that is here."""
    from soundstage.plan.terraform_names import table

    here = find()
    with tempfile.TemporaryDirectory() as scratch:
        printed = here.schemas(Path(scratch) / "schemas")
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    FACTS.write_text(text(facts(printed, set(table().types.values())), here.version, today))


if __name__ == "__main__":
    main()
