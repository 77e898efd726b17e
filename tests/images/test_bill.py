"""The bill of materials, judged by CycloneDX's own validator."""

import json
from datetime import UTC, datetime

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from soundstage.images.bill import bill_of, digest_of, text_of
from soundstage.images.recipes import shipped

MADE = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
PRINTED = "ffmpeg\t7:6.1.1-3ubuntu5\tamd64\nlibstdc++6\t14.2.0-4ubuntu2~24.04\tamd64\nsix and seven\t\t\n"


@pytest.mark.parametrize("name", sorted(shipped().by_name))
def test_a_bill_is_what_cyclonedx_takes(name: str) -> None:
    kind = {"debian": "deb", "redhat": "rpm", "windows": "generic"}[shipped().named(name).system]
    bill = bill_of(shipped().named(name), PRINTED, {"grid": "1" * 64}, "ubuntu", MADE)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text_of(bill)) is None
    assert [one["bom-ref"] for one in bill["components"]][:3] == (
        ["pkg:generic/ffmpeg@7%3A6.1.1-3ubuntu5", "pkg:generic/libstdc++6@14.2.0-4ubuntu2~24.04", "pkg:generic/six%20and%20seven"]
        if kind == "generic"
        else [
            f"pkg:{kind}/ubuntu/ffmpeg@7%3A6.1.1-3ubuntu5?arch=amd64",
            f"pkg:{kind}/ubuntu/libstdc++6@14.2.0-4ubuntu2~24.04?arch=amd64",
            f"pkg:{kind}/ubuntu/six%20and%20seven",
        ]
    )  # fmt: skip


def test_a_download_stands_in_it_with_the_checksum_that_was_found() -> None:
    bill = bill_of(shipped().named("edit-linux"), "", {"grid": "1" * 64}, "ubuntu", MADE)
    (grid,) = (one for one in bill["components"] if one["name"] == "grid")
    assert grid["hashes"] == [{"alg": "SHA-256", "content": "1" * 64}]
    assert grid["version"] == "595.91.07"


def test_the_same_machine_gives_the_same_bill_and_another_one_another() -> None:
    def one(printed: str) -> str:
        return digest_of(bill_of(shipped().named("edit-linux"), printed, {}, "ubuntu", MADE))

    assert one(PRINTED) == one(PRINTED)
    assert one(PRINTED) != one(PRINTED.replace("6.1.1-3", "6.1.1-4"))
    assert json.loads(text_of(bill_of(shipped().named("edit-linux"), PRINTED, {}, "ubuntu", MADE)))
