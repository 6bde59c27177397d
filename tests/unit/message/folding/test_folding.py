"""Folding: what looks the same is the same, what is ordinary keeps its words, and everything leads back."""

# ruff: noqa: RUF001
from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.characters.look_alikes import LOOK_ALIKES
from gateway.message.folding.folding import fold
from gateway.message.folding.layers import Folded
from tests.corpus.obfuscation_words import TEXTS

PHRASE = "Please note the new bank details of our firm"


@pytest.mark.parametrize("name", TEXTS)
def test_disguised_words(name: str) -> None:
    """A phrase in any disguise of its words is the phrase."""
    assert fold(TEXTS[name](PHRASE)).text == fold(PHRASE).text == PHRASE.lower()


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Ihre Bankverbindung: geändert, Größe und Straße", "ihre bankverbindung: geandert, grosse und strasse"),
        ("Élève à l’œuvre, ça coûte 3,50 €", "eleve a l'oeuvre, ca coute 3,50 €"),
        ("Zażółć gęślą jaźń; Łódź", "zazolc gesla jazn; lodz"),
        ("Øre, Ærø, þing, naïve, coöperate", "ore, aero, thing, naive, cooperate"),
        ("изменились реквизиты", "изменились реквизиты"),
        ("银行账户变更", "银行账户变更"),
        ("Ann McIntyre and Ian MacIver, III. Q", "ann mcintyre and ian maciver, iii. q"),
        ("the corner of the modern government", "the corner of the modern government"),
        ("Il y a à voir, e.g. i.e. J. R. R. Tolkien, U.S.A.", "il y a a voir, e.g. i.e. j. r. r. tolkien, u.s.a."),
        ("Option A / B / C or a, b and c", "option a / b / c or a, b and c"),
    ],
)  # fmt: skip
def test_ordinary_text(text: str, folded: str) -> None:
    """Marks and letter case go; words, names and other scripts stay."""
    assert fold(text).text == folded


@pytest.mark.parametrize(
    "text",
    [
        "gb29 nwbk 6016 1331 9268 19",
        "gb29nwbk60161331926819",
        "sort code 12-34-56, account 12345678",
        "de89 3704 0044 0532 0130 00",
        "hbukgb4b and nwbkgb2l and deutdeff500",
        "0x9af3c27be5d01c44e8820b6f1d7a9e3c55d2b610",
        "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
        "3rd, 2nd, 4th, 1st, a4, h2o, b2b, 10am, 24/7, se1 9gf, po1234, inv0042, 5k, q3",
        "ann@x.test, http://l1st.example/a?b=c1d",
        "xxxx xxxx 1234, ****5678",
        "100k, 13am, 25th, $20m, 10k, 1m, 500eur, eur500, 42nd",
    ],
)
def test_numbers_and_codes(text: str) -> None:
    """No digit of an account, a code or a date is taken for a letter."""
    assert fold(text).text == text
    assert "".join(c for c in fold(text.upper()).text if c.isdigit()) == "".join(c for c in text if c.isdigit())


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("£64,0OO and £l2,500", "£64,000 and £12,500"),
        ("25.OOO € oder 1O OOO zł", "25.000 € oder 10 000 zl"),
        ("CHF 5O'000, $3O0k, GBP4OO", "chf 50'000, $300k, gbp400"),
        ("£64,0\u041e\u041e", "£64,000"),
        ("sort code 11-22-3O, 8765432l", "sort code 11-22-30, 87654321"),
        ("O2, 10 l, 100l, 5l, M1O, lol1, 10o, I 3", "o2, 10 l, 100l, 5l, m1o, lol1, 10o, i 3"),
        ("£5 off all oil, 15 il giorno, 10 lo", "£5 off all oil, 15 il giorno, 10 lo"),
    ],
)
def test_letters_in_numbers(text: str, folded: str) -> None:
    """They are digits where the rest makes a number plain, and stay in units, names and words."""
    assert fold(text).text == folded


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("a \t\u00a0\u2003 b", "a b"),
        ("a\r\nb", "a b"),
        ("a\r\n\r\nb", "a\nb"),
        ("a \n \t\n\n b", "a\nb"),
        ("\u0663\u0664 \uff15", "34 5"),
        ("b\x00a\x08nk", "bank"),
        ("\u202eknab", "bank"),
        ("w e h a v e c h a n g e d", "we have changed"),
        ("w e  h a v e  n e w s", "we have news"),
        ("o.u.r b.a.n.k, please", "our bank, please"),
        ("suppl1er f1nance wa11et g00gle", "supplier finance wallet google"),
        ("banck detials, acount and DETAlLS", "bank details, account and details"),
    ],
)
def test_small_things(text: str, folded: str) -> None:
    """White space, digits of other scripts, controls, overrides, letters apart, digits for letters, slips."""
    assert fold(text).text == folded


def origin(text: str, wanted: str) -> str:
    found = fold(text)
    at = found.text.index(wanted)
    start, end = found.origin(at, at + len(wanted))
    return text[start:end]


@pytest.mark.parametrize(
    ("text", "wanted", "seen"),
    [
        ("Our BANK  details", "bank details", "BANK  details"),
        ("Our b\u200ban\u0301k d\u0435tails.", "bank details", "b\u200ban\u0301k d\u0435tails"),
        ("die Straße", "strasse", "Straße"),
        ("die Straße", "stras", "Straß"),
        ("new b a n k  d e t a i l s here", "bank", "b a n k  d e t a i l s"),
        ("your b4nk acc0unt", "bank account", "b4nk acc0unt"),
        ("a \u202esliated knab\u202c b", "details", "\u202esliated knab\u202c"),
        ("½ of it", "1/2 of", "½ of"),
        ("ab\r\n\r\ncd", "b\nc", "b\r\n\r\nc"),
    ],
)
def test_the_way_back(text: str, wanted: str, seen: str) -> None:
    """A stretch of the folded text leads to what the person saw; of a change, to the whole of it."""
    assert origin(text, wanted) == seen


def test_empty_stretches() -> None:
    """They lead to places."""
    found = fold("a\u200bb")
    assert [found.origin(at, at) for at in range(3)] == [(0, 0), (2, 2), (3, 3)]


@pytest.mark.parametrize(("start", "end"), [(-1, 0), (2, 1), (0, 5)])
def test_outside(start: int, end: int) -> None:
    """Bounds outside of the folded text are a mistake of the caller's."""
    with pytest.raises(ValueError, match="no stretch"):
        Folded("bank").origin(start, end)


def test_the_table_of_look_alikes() -> None:
    """One Latin letter for each, none of them ASCII, none given twice."""
    every = "".join(LOOK_ALIKES.values())
    assert len(every) == len(set(every)) > 500
    assert not any(one.isascii() for one in every)
    assert {"\u0430": "a", "\u03bf": "o", "\u13aa": "a"}.items() <= {
        one: letter for letter, ones in LOOK_ALIKES.items() for one in ones
    }.items()


@pytest.mark.parametrize("piece", ["A1b2", "a", "7", "\u0430", "A1b2\u0663", "a_", "O0", "b a n k "])
def test_linear_time(piece: str) -> None:
    """A word may be as long as the text, and a letter of another script stand elsewhere."""

    def seconds(times: int) -> float:
        began = process_time()
        fold(f"{piece * times} \u0456")
        return process_time() - began

    small, large = min(seconds(1_000) for _ in range(3)), seconds(32_000)
    assert large < 32 * 4 * max(small, 0.001)


@given(
    st.lists(
        st.sampled_from(["b4nk", " b a n k ", "\u202eabc\u202c", "\u200b", "é", "ß", "  ", "\r\n\r\n", "plain", "ﬁ"])
    )
)
def test_the_place_of_what_was_folded(pieces: list[str]) -> None:
    """It is the first place whose origin is there or behind."""
    seen = "".join(pieces)
    folded = fold(seen)
    origins = [folded.origin(at, at + 1)[0] for at in range(len(folded.text))]
    for at in range(len(seen) + 1):
        assert folded.place(at) == next((here for here, origin in enumerate(origins) if origin >= at), len(origins))
