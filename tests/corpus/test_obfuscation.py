"""Rows T01 to T19 of the evasion catalogue: whatever a letter is disguised as, its words are in the view."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from gateway.message.folding.folding import fold
from gateway.message.mime.parse import parse
from gateway.message.passage import PassageKind
from gateway.message.text.view import TextView
from gateway.understand.budget import Allowance
from gateway.understand.sandbox.pool import Pool
from gateway.understand.unfold import Unfolder
from tests.corpus.letter_files import FILES, with_file
from tests.corpus.letters import Letter, page, plain
from tests.corpus.obfuscation import OBFUSCATIONS

TEXTS = (
    "We have changed our bank details. Please use the new account below for all future payments.\n"
    "The sort code is 12-34-56 and the account number 12345678.",
    "Kindly update your records: our company moved bank, so no longer use the old account.\nThe IBAN ends in 9268.",
)
MEMORY_BYTES = 512 * 1024 * 1024
WAIT_SECONDS = 60.0

_SIGNS = re.compile(r"[.,;:]")


def read(view: TextView, *kinds: PassageKind) -> str:
    """All that is folded there, without the signs that divide sentences."""
    return " ".join(_SIGNS.sub("", " ".join(passage.folded.text for passage in view.of(*kinds))).split())


def expected(text: str) -> list[str]:
    return [" ".join(_SIGNS.sub("", fold(line).text).split()) for line in text.split("\n")]


@pytest.mark.parametrize("text", TEXTS, ids=["changed", "moved"])
@pytest.mark.parametrize("name", OBFUSCATIONS)
def test_obfuscation(name: str, text: str) -> None:
    """Every line stands in the view as it was before it was disguised, and nothing was left unread."""
    view = parse(OBFUSCATIONS[name](Letter(text))).view
    assert [line for line in expected(text) if line not in read(view)] == []
    assert view.complete


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def unfolder() -> AsyncIterator[Unfolder]:
    pool = Pool(1, "confined", MEMORY_BYTES)
    yield Unfolder(pool, Allowance(), WAIT_SECONDS)
    await pool.close()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", FILES)
async def test_attachment_only(unfolder: Unfolder, name: str) -> None:
    """T16: the text of a file is read in the sandbox, and is an attachment's."""
    message = await unfolder.unfold(parse(with_file(FILES[name](TEXTS[0]))))
    assert [line for line in expected(TEXTS[0]) if line not in read(message.view, "attachment")] == []
    assert message.view.complete
    assert not set(expected(TEXTS[0])) & set(read(message.view, "new").split("\n"))


FILLER = "Lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor.\r\n"


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("where", ["before", "behind", "both", "quoted", "in lines", "in a page"])
async def test_padding(unfolder: Unfolder, where: str) -> None:
    """T18: nothing is cut off at either end, however much stands before or behind the phrase."""
    phrase, much = TEXTS[0].replace("\n", "\r\n"), FILLER * (2_000_000 // len(FILLER))
    body = {
        "before": much + phrase,
        "behind": phrase + "\r\n" + much,
        "both": much + phrase + "\r\n" + much,
        "quoted": "".join(f"> {FILLER}" for _ in range(10_000)) + phrase,
        "in lines": "x\r\n" * 150_000 + phrase,
        "in a page": "",
    }[where]
    letter = Letter(body)
    pages = "<p>" + "</p><p>".join(["<b>x</b>"] * 60_000) + f"</p><p>{phrase}</p>"
    message = await unfolder.unfold(parse(page(letter, pages) if where == "in a page" else plain(letter, body)))
    assert all(one.passages is not None for one in message.leaves)  # read in the sandbox
    assert [line for line in expected(TEXTS[0]) if line not in read(message.view, "new")] == []


def test_below_the_original_message() -> None:
    """T18: what stands below "original message" is read, as quoted."""
    body = (
        "Please see below.\r\n\r\n-----Original Message-----\r\nFrom: A <a@x.test>\r\nSent: Monday\r\n\r\n" + TEXTS[0]
    )
    view = parse(plain(Letter(body), body)).view
    assert [line for line in expected(TEXTS[0]) if line not in read(view, "quoted")] == []
    assert read(view, "new") == "please see below"


def test_forwarded() -> None:
    """T19: what somebody quotes is quoted."""
    body = "Is this real?\r\n\r\n" + "".join(f"> {line}\r\n" for line in TEXTS[0].split("\n"))
    view = parse(plain(Letter(body), body)).view
    assert [line for line in expected(TEXTS[0]) if line not in read(view, "quoted")] == []
    assert read(view, "new") == "is this real?"
