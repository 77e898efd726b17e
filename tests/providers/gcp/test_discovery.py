"""Google's documents, as we keep and read them."""

import pytest
from tests.provider.google_documents import COLLECTIONS, published

from soundstage.providers.gcp import discovery


@pytest.mark.parametrize("api", COLLECTIONS)
def test_a_kept_method_is_googles_own(api: str) -> None:
    pytest.importorskip("googleapiclient")
    whole = published(api)
    kept = discovery.document(api)
    assert set(kept.raw) <= set(whole["schemas"])
    if kept.revision == whole["revision"]:
        for name, schema in kept.raw.items():
            assert set(schema.get("properties", {})) == set(whole["schemas"][name].get("properties", {}))
            assert "description" not in schema


@pytest.mark.parametrize("api", COLLECTIONS)
def test_every_schema_that_is_named_is_kept(api: str) -> None:
    document = discovery.document(api)
    for method in document.methods.values():
        for name in filter(None, (method.request, method.response)):
            assert document.schema(name).type == "object"
    waiting = [document.schema(name) for name in document.raw]
    while waiting:
        value = waiting.pop()
        document.resolved(value)
        waiting += [*filter(None, (value.items, value.values)), *(value.properties or {}).values()]


def test_a_method_says_how_it_is_called() -> None:
    method = discovery.method("cloudkms.projects.locations.keyRings.create")
    assert (method.verb, method.path) == ("POST", "/v1/{+parent}/keyRings")
    assert method.flat_path == "/v1/projects/{projectsId}/locations/{locationsId}/keyRings"
    assert method.order == ("parent",)
    assert method.parameters["keyRingId"].location == "query"
    assert (method.request, method.response) == ("KeyRing", "KeyRing")
    assert discovery.method("storage.objects.insert").upload["simple"] == "/upload/storage/v1/b/{bucket}/o"


def test_a_property_says_what_may_be_given() -> None:
    instance = discovery.document("compute.v1").schema("Instance").properties
    assert instance is not None
    assert instance["status"].read_only
    assert not instance["labels"].read_only
    assert "RUNNING" in instance["status"].enum
    assert instance["name"].required_for == ("compute.instances.insert",)
    assert instance["disks"].items is not None
    assert instance["disks"].items.ref == "AttachedDisk"


def test_a_method_that_no_document_has_is_a_key_error() -> None:
    for name in ("compute.instances.paint", "nowhere.instances.get", ""):
        with pytest.raises(KeyError):
            discovery.method(name)
    with pytest.raises(KeyError):
        discovery.document("nowhere.v1")
