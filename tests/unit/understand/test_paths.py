"""Paths of what is unpacked: whatever names a sender chooses, no two parts have one path, and none is lost for it."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Sequence

import pytest

from gateway.understand.paths import Paths
from gateway.understand.true_type import LibMagic
from tests.corpus.limited import understood
from tests.corpus.nested_made import attached
from tests.corpus.office import zipped
from tests.corpus.payloads import STUB, TEXT, multipart

LETTER = multipart(TEXT, TEXT)


def tar(*files: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in files:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def members(*names: str) -> list[str]:
    paths = Paths()
    return [paths.member("1.2/a", (name,)) for name in names]


def test_numbers_that_a_name_forges() -> None:
    """A name that looks like the number of another gets one itself."""
    assert members("a", "a", "a#2") == ["1.2/a/a", "1.2/a/a#2", "1.2/a/a#2#2"]
    assert members("a#2", "a", "a") == ["1.2/a/a#2", "1.2/a/a", "1.2/a/a#3"]


def test_parts_that_a_name_forges() -> None:
    """A name that looks like a part of a nested message, before that message or behind it, is another path."""
    behind = Paths()
    letter = behind.member("1.2/a", (), is_entity=True)
    behind.claim([f"{letter}/1", f"{letter}/1.1"])
    assert behind.member("1.2/a", ("message/1.1",)) == "1.2/a/message/1.1#2"
    before = Paths()
    before.member("1.2/a", ("message/1.1/x",))
    assert before.member("1.2/a", (), is_entity=True) == "1.2/a/message#2"


def test_readings_that_a_name_forges() -> None:
    """No name gives a path the mark of a reading."""
    assert members("(as base64)", "x/(preamble)/1") == ["1.2/a/（as base64)", "1.2/a/x/（preamble)/1"]  # noqa: RUF001


@pytest.mark.parametrize(
    "archive",
    [
        tar(("a", b"1"), ("a", b"2"), ("a#2", STUB)),
        zipped({"x.eml": LETTER, "x.eml/message/1": STUB}),
        zipped({"x.eml": LETTER, "x.eml/message/1.1": STUB}),
        zipped({"x.eml/message/1.1": STUB, "x.eml": LETTER}),
    ],
    ids=["number", "part", "leaf", "part-before"],
)
def test_no_member_is_lost(archive: bytes) -> None:
    """Every member of an archive is a part of its own, whatever the others are called."""
    message = understood(attached(b"a.dat", archive), LibMagic())
    paths: Sequence[str] = [part.path for part in message.parts]
    assert len(set(paths)) == len(paths)
    assert [part.path for part in message.parts if part.decoded == STUB and part.true_type.endswith("executable")]
