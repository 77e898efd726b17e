"""What is squeezed is read back by zlib, which we did not write, and does not depend on it."""

import gzip
import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundstage.components.boot import linux, squeeze, tools_document, windows
from soundstage.components.boot.facts import BootFacts
from soundstage.components.boot.squeeze import gzipped, squeezed

SOURCE = Path(linux.__file__).with_name("linux.sh").read_bytes()


@pytest.mark.parametrize(
    "part",
    [b"", b"a", b"a" * 4000, b"a" * 100_000, bytes(range(256)) * 200, SOURCE, b"ab" * 20_000 + b"c", SOURCE * 8],
    ids=str,
)
def test_zlib_reads_what_is_squeezed(part: bytes) -> None:
    assert gzip.decompress(gzipped(part)) == part


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=300), max_size=40), st.integers(0, 40))
def test_zlib_reads_whatever_is_squeezed(pieces: list[bytes], times: int) -> None:
    part = b"".join(pieces) * (1 + times) + b"\0" * 4096
    assert gzip.decompress(gzipped(part)) == part


@given(st.binary(max_size=100), st.binary(max_size=100))
def test_files_in_a_row_are_one(one: bytes, other: bytes) -> None:
    assert gzip.decompress(gzipped(one) + gzipped(other)) == one + other


def test_what_is_stored_is_what_would_be_worked_out() -> None:
    facts = BootFacts(project="teaser", workstation="edit-1", user="ana", profile="content", access="vpn", web=True)
    packed = [tools_document.packed(windows=system) for system in (False, True)]
    for part in (linux.common_part(facts), windows.common_part(), *packed):
        assert hashlib.sha256(part).hexdigest() in squeeze._stored(), (
            "the scripts have changed: run docs/generate_squeezed.py"
        )
        assert gzipped(part) == squeezed(part)


def test_a_script_is_squeezed_nearly_as_well_as_by_zlib() -> None:
    assert len(gzipped(SOURCE * 2)) < 1.06 * len(gzip.compress(SOURCE * 2, 9))


def test_the_bytes_do_not_depend_on_which_zlib_python_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two people of a studio with different builds of Python would stop each other's machines."""
    text = b"".join(hashlib.sha256(str(n).encode()).hexdigest().encode() for n in range(200))
    assert hashlib.sha256(gzipped(text)).hexdigest() == EXPECTED
    for name in ("compress", "compressobj"):
        monkeypatch.delattr(squeeze.zlib, name)
    gzipped.cache_clear()
    assert hashlib.sha256(gzipped(text)).hexdigest() == EXPECTED


EXPECTED = "59ef69da4ba79eed843083709efd808dc9c63a111b0597669d70162e47aeef19"
