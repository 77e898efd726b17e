"""The pin file: made to be committed, written whole, and never believed when it is wrong."""

import threading
from datetime import date
from pathlib import Path

import pytest

from soundstage.core.errors import SpecError
from soundstage.images.pins import Pin, Pins, change_pins, read_pins, text_of

PIN = Pin(
    digest="1" * 64,
    baked=date(2026, 10, 1),
    bill="2" * 64,
    downloads={"grid": "3" * 64},
    regions={"eu-west-1": "ami-0123456789abcdef0", "eu-central-1": "ami-00000001"},
)
PINS = Pins(recipes={"edit-linux": PIN})


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "images.lock.yaml"
    path.write_text(text_of(PINS))
    assert read_pins(path) == PINS
    assert text_of(read_pins(path)) == path.read_text()
    assert read_pins(path).image("edit-linux", "eu-west-1") == "ami-0123456789abcdef0"
    assert read_pins(path).image("edit-linux", "us-east-1") is None
    assert read_pins(path).recipes["edit-linux"].age(date(2026, 11, 26)) == 56


def test_no_file_pins_nothing(tmp_path: Path) -> None:
    assert read_pins(tmp_path / "images.lock.yaml") == Pins()


def test_an_id_of_digits_alone_stays_text(tmp_path: Path) -> None:
    path = tmp_path / "images.lock.yaml"
    change_pins(path, lambda pins: pins.moved("a", PIN))
    assert read_pins(path).recipes["a"].digest == "1" * 64


def test_a_file_spoilt_by_hand_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "images.lock.yaml"
    path.write_text(text_of(PINS).replace("ami-00000001", "ami-newest").replace("eu-west-1", "eu-wets-1"))
    with pytest.raises(SpecError) as refused:
        read_pins(path)
    said = str(refused.value)
    assert "regions.eu-central-1" in said
    assert "the id of an image" in said
    assert 'Did you mean "eu-west-1"' in said


def test_two_bakes_that_ended_together_undid_each_others_pin(tmp_path: Path) -> None:
    path = tmp_path / "images.lock.yaml"
    first = threading.Barrier(8)

    def pin(number: int) -> None:
        first.wait()
        change_pins(path, lambda pins: pins.moved(f"recipe-{number}", PIN))

    threads = [threading.Thread(target=pin, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(read_pins(path).recipes) == [f"recipe-{number}" for number in range(8)]


def test_an_image_that_is_gone_is_pinned_no_longer(tmp_path: Path) -> None:
    left = PINS.without({"eu-west-1": "ami-0123456789abcdef0"})
    assert left.image("edit-linux", "eu-west-1") is None
    assert left.image("edit-linux", "eu-central-1") == "ami-00000001"
    assert PINS.without(dict(PIN.regions)) == Pins()
