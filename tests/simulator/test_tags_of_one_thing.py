"""moto looks through the tags of everything to find those of one thing; the simulated cloud does not, and says the same."""

from types import SimpleNamespace

import pytest

from soundstage.simulator.aws.patches import apply_all


@pytest.mark.parametrize("thing", ["i-1", "vpc-1", "eni-attach-1", "tgw-rtb-1", "unknown-1", "i-2", ""])
def test_the_tags_of_one_thing_are_those_that_a_search_through_all_finds(thing: str) -> None:
    apply_all()
    from moto.ec2.models.core import TaggedEC2Resource
    from moto.ec2.models.tags import TagBackend

    backend = TagBackend()
    ids = ["i-1", "i-10", "vpc-1", "eni-attach-1", "tgw-rtb-1", "unknown-1"]
    for number, name in enumerate(ids):
        backend.tags[name] = {"Name": f"{number}", "soundstage:project": "feature"}
    resource = TaggedEC2Resource()
    vars(resource).update(id=thing, ec2_backend=backend)
    found = backend.describe_tags(filters={"resource-id": [thing]}) if thing else []
    assert resource.get_tags() == found
    assert set(backend.tags) == set(ids)


def test_the_tags_of_one_thing_are_found_without_a_look_at_others() -> None:
    apply_all()
    from moto.ec2.models.core import TaggedEC2Resource

    resource = TaggedEC2Resource()
    vars(resource).update(id="i-1", ec2_backend=SimpleNamespace(tags={"i-1": {"Name": "edit"}}))
    assert [tag["value"] for tag in resource.get_tags()] == ["edit"]
