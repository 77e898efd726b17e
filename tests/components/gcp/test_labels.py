"""Every tag can be carried by a label and read back from it, or is refused with what is wrong."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundstage.components.gcp.labelled import labels
from soundstage.components.labels import label_carry_faults, label_key, labels_of, tags_of
from soundstage.components.tags import base_tags
from soundstage.core.errors import ArgumentError

ALLOWED = st.text("abcdxyzXYZ019 _.:/=+-@", max_size=20)
KEYS = st.one_of(
    ALLOWED.filter(bool),
    st.sampled_from(["soundstage:project", "soundstage-project", "soundstage_project", "x_-a", "Name"]),
)


@given(st.dictionaries(KEYS, ALLOWED, max_size=6))
def test_what_tags_carry_comes_back_from_labels(tags: dict[str, str]) -> None:
    carried = labels_of(tags)
    assert tags_of(carried) == tags
    assert len(carried) == len(tags)
    for key, value in carried.items():
        assert re.fullmatch(r"[a-z][a-z0-9_-]{0,62}", key)
        assert re.fullmatch(r"[a-z0-9_-]{0,63}", value)


def test_our_own_tags_have_the_keys_that_policies_look_for() -> None:
    tags = base_tags("home", "teaser", client="Northlight Film", owner="ana@studio.example", expires="2027-03-31")
    assert labels_of(tags) == {
        "soundstage-studio": "home",
        "soundstage-project": "teaser",
        "soundstage-client": "_4eorthlight_20_46ilm",
        "soundstage-owner": "ana_40studio_2eexample",
        "soundstage-expires": "2027-03-31",
        "soundstage-managed-by": "soundstage",
    }


def test_somebodys_own_key_does_not_pass_for_one_of_ours() -> None:
    assert label_key("soundstage-project") != label_key("soundstage:project")


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ({"soundstage:owner": "A" * 22}, "takes 66 characters as a label of Google Cloud; allowed: 63"),
        ({"k" * 64: "1"}, "the key"),
        ({"soundstage:client": "José"}, "write it without accents"),
        ({f"k{number}": "" for number in range(65)}, "allows 64 labels"),
    ],
)
def test_what_no_label_can_carry_is_refused_and_named(tags: dict[str, str], said: str) -> None:
    (fault,) = label_carry_faults(tags)
    assert said in fault
    with pytest.raises(ArgumentError, match=re.escape(said)):
        labels_of(tags)


def test_labels_of_others_are_read_as_they_are() -> None:
    assert tags_of({"goog-managed": "a_b", "team": "vfx"}) == {"goog-managed": "a_b", "team": "vfx"}


def test_a_value_of_another_resource_is_carried_when_it_is_known() -> None:
    assert labels({"soundstage:project": "teaser", "case": "A"}) == {"soundstage-project": "teaser", "case": "_41"}
