"""The table of Google Cloud takes what pulumi-gcp's types take, in the forms in which they give it."""

import importlib
import re
from collections.abc import Iterator
from typing import Any

import pytest

from soundstage.providers.gcp import PACKAGE, forms
from soundstage.providers.gcp.discovery import methods
from soundstage.providers.gcp.permissions import methods_of, rows
from soundstage.providers.gcp.table import TYPES
from soundstage.providers.mapping import Block, Blocks, Form

pulumi_gcp = pytest.importorskip("pulumi_gcp")
UNKNOWN = {
    "compute/instance:Instance": "eraseWindowsVssSignature metadataStartupScript partnerMetadata workloadIdentityConfig",
    "compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule": "targetForwardingRules targetType",
    "compute/router:Router": "nccGateway",
    "compute/routerNat:RouterNat": "nat64Subnetworks sourceSubnetworkIpRangesToNat64",
    "storage/bucketObject:BucketObject": "contexts customerEncryption",
}
"""Inputs that a program is told are not known: no component uses them."""
LISTS = (forms.Names, forms.Listed)


def _class(token: str) -> Any:
    module, _, name = token.split(":")[1].partition("/")[0], "", token.rpartition(":")[2]
    found = importlib.import_module(f"pulumi_gcp.{module}")
    return found, getattr(found, name + "Args")


def _tree(cls: Any) -> Iterator[tuple[str, bool, Any]]:
    """The inputs of a class: name, whether it is a list, and the class of what it holds; None for a plain value."""
    from pulumi._types import input_type_py_to_pulumi_names

    module = importlib.import_module(cls.__module__)
    inner = importlib.import_module(module.__package__ + "._inputs")
    for python, name in input_type_py_to_pulumi_names(cls).items():
        said = repr(getattr(cls, python).fget.__annotations__["return"])
        held = re.search(r"(\w+Args)\b", said)
        yield name, "Sequence" in said and "Mapping" not in said, getattr(inner, held[1], None) if held else None


def _blocks(cls: Any, block: Block, path: str) -> Iterator[str]:
    """What a program may say inside that is taken in another form: a list for one, a text for an object."""
    for name, is_list, held in _tree(cls):
        field = block.by_name.get(name)
        if field is None or field.shown is None:
            continue
        form: Form = field.form
        if held and isinstance(form, Block | Blocks):
            if is_list != isinstance(form, Blocks):
                yield f"{path}{name}: {type(form).__name__}"
            yield from _blocks(held, form.item if isinstance(form, Blocks) else form, f"{path}{name}.")
        elif not held and is_list != isinstance(form, LISTS) and type(form) is not Form:
            yield f"{path}{name}: {type(form).__name__}"


def test_the_package_is_the_installed_one() -> None:
    import json
    from pathlib import Path

    about = json.loads((Path(pulumi_gcp.__file__).parent / "pulumi-plugin.json").read_text())
    assert (about["name"], about["version"]) == (PACKAGE.name, PACKAGE.version)


@pytest.mark.parametrize("token", sorted(TYPES))
def test_every_input_of_the_genuine_type_is_known(token: str) -> None:
    module, args = _class(token)
    assert getattr(module, token.rpartition(":")[2]).pulumi_type == token
    known = set(TYPES[token].block.by_name)
    missing = {name for name, *_ in _tree(args)} - known
    assert sorted(missing) == UNKNOWN.get(token.removeprefix("gcp:"), "").split()
    assert known - {name for name, *_ in _tree(args)} - {"deletionPolicy", "labels"} == set()


@pytest.mark.parametrize("token", sorted(TYPES))
def test_what_the_genuine_type_takes_as_a_list_is_one(token: str) -> None:
    assert list(_blocks(_class(token)[1], TYPES[token].block, "")) == []


def test_every_call_of_the_table_is_one_of_googles_and_has_a_permission() -> None:
    calls = {
        name
        for entry in TYPES.values()
        for call in (
            *(entry.create, entry.read, *entry.before_create, *entry.after_create, *entry.before_delete),
            *([entry.delete] if entry.delete else []),
            *(call for update in entry.updates for call in update.calls),
        )
        for name in methods_of(call.service or entry.service, call.operation)
    }
    assert calls - set(methods()) == set()
    assert calls - set(rows()) == set()
