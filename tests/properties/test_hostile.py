"""Laws of what is shown hostile octets: the map, the names and the openers. The fuzzer's own, here by Hypothesis."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.fuzz import targets
from tests.fuzz.seeds import WORDS

UNMEASURED = settings(deadline=None)


def shards(target: str) -> st.SearchStrategy[bytes]:
    """Words of the formats, and octets, put together at random."""
    return st.lists(st.one_of(st.sampled_from(WORDS[target]), st.binary(max_size=12)), max_size=24).map(b"".join)


@given(shards("parser"))
@UNMEASURED
def test_any_octets_have_a_map(octets: bytes) -> None:
    """Parts inside one another, defects with a class and a place, views that never raise."""
    targets.parser(octets)


@example(b"\x85\\")  # a blank to Python, and a backslash: nothing is left when both are dropped
@given(shards("names"))
@UNMEASURED
def test_any_field_gives_names(octets: bytes) -> None:
    """And any name a bounded number of forms."""
    targets.names(octets)


@given(st.text(max_size=300))
@UNMEASURED
def test_any_text_is_a_name(text: str) -> None:
    """Whatever characters it has."""
    targets.names(text.encode("utf-8", "surrogatepass"))


@example(b"\xcb\xff\0\0\0\x01b\x29notes.txt\0\0\0\0x")  # an OpenPGP packet whose length is wrong
@example(b"%PDF-1 0 obj<</EF\x000\x000\0R")  # in PDF a NUL is a blank
@given(shards("unpacker"))
@UNMEASURED
def test_any_octets_can_be_opened(octets: bytes) -> None:
    """Openers end, by the exceptions that they may raise."""
    targets.unpacker(octets)
