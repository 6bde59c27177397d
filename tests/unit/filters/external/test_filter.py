"""The filter `external`: mail from outside in, what is known of its sender out; and what is remembered of it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from filters.external.banner import ALL_REASONS
from filters.external.filter import BANNER_QUOTED, CODE_OF, SENDER, TAG_HEADER, External
from filters.external.settings import ExternalSettings
from filters.registry import FILTERS
from gateway.assemble.judge import amended
from gateway.contract import ANYONE, Authentication, Author, Correspondents, Finding, Mail, Outcome, Person
from gateway.directory.lookup import ConfiguredDirectory
from gateway.judge.chain import Found
from gateway.judge.policy import TAG_HEADER as POLICYS
from gateway.judge.policy import Terms, decide
from gateway.message.edits import AddHeader, InsertText, render
from gateway.message.sender import MAX_ADDRESSES
from gateway.remember import correspondents as remembering
from gateway.remember.correspondents import StoreCorrespondents
from gateway.remember.database.errors import StoreUnavailable
from gateway.remember.store import Store
from gateway.services.read_only import ReadOnlyCorrespondents
from gateway.settings.yaml.problems import ConfigurationError
from tests.support.builders.judgement import NOW, mail, settings

ROOT = Path(__file__).resolve().parents[4]
TEXT, HTML = ((ROOT / f"config/banners/external.{kind}").read_text() for kind in ("txt", "html"))

ANN = Person("Ann Archer", ("ann@example.co.uk", "ann.archer@private.example"))
DIRECTORY = ConfiguredDirectory([ANN, Person("Cher", ("cher@example.co.uk",))], {}, ["example.co.uk", ".example.com"])
BOB, EVE = "bob@example.co.uk", "eve@outside.example"

FIRST = "external.first_contact"
UNPROVEN = "external.unauthenticated"
ALIKE = "external.lookalike"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembering, "GATHER_SECONDS", 0)


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once: its tables take longer than a test."""
    path = tmp_path_factory.mktemp("store") / "store.db"
    asyncio.run(_make(path))
    return path


async def _make(path: Path) -> None:
    await (await Store.open(f"sqlite:///{path}", create=True, key=bytes(32))).close()


@pytest.fixture
async def known_to(empty_store: Path, tmp_path: Path) -> AsyncIterator[StoreCorrespondents]:
    shutil.copy(empty_store, tmp_path / "store.db")
    store = await Store.open(f"sqlite:///{tmp_path}/store.db", create=False, key=bytes(32))
    yield store.correspondents(bytes(32))
    await store.close()


@pytest.fixture
def external(known_to: StoreCorrespondents) -> External:
    return made(known_to)


def made(known_to: Correspondents, amended: Collection[str] = (), **keys: Any) -> External:
    return External(ExternalSettings(**{"text": TEXT, "html": HTML} | keys), DIRECTORY, known_to, amended)


def letter(sender: str = f"Eve <{EVE}>", more: str = "", body: str = "Hello\r\n") -> bytes:
    return f"From: {sender}\r\nTo: {BOB}\r\nSubject: Hello\r\n{more}\r\n{body}".encode()


def proven(*addresses: str, by: Collection[str] = ("dkim",)) -> dict[str, Authentication]:
    """Return the keyword for `mail`: verified mail, these addresses of From, and the proofs that align with them."""
    authors = tuple(Author(one, one.rpartition("@")[2], frozenset(by)) for one in addresses)  # type: ignore[arg-type]
    return {"authentication": Authentication(verified=True, authors=authors)}


def by_recipient(found: Sequence[Finding]) -> dict[str, list[str]]:
    codes: dict[str, list[str]] = {}
    for one in found:
        for address in one.recipients or ():
            codes.setdefault(address, []).append(one.code)
    return codes


async def codes(external: External, about: Mail, to: str = BOB) -> list[str]:
    return by_recipient(await external.check(about)).get(to, [])


async def exchanged(
    external: External, *recipients: str, raw: bytes = letter(), action: str = "relay", **parts: Any
) -> None:
    """Relay a message, and learn from it."""
    about = mail(*recipients, raw=raw, **parts)
    await external.learn(about, Outcome({r.address: action for r in about.envelope.recipients}))


async def written_to(external: External, theirs: str, **parts: Any) -> None:
    await exchanged(external, f"out:{theirs}", raw=letter("Bob <bob@example.co.uk>"), sender=BOB, **parts)


# --- outside, and first contact --------------------------------------------------------------------------------------


async def test_every_message_from_outside_is_marked(external: External) -> None:
    """A stranger's, and one from a sender who is known; never what our own people send."""
    assert await codes(external, mail(raw=letter())) == [SENDER, FIRST]
    await exchanged(external)
    assert await codes(external, mail(raw=letter())) == [SENDER]
    assert await external.check(mail("us:bob@example.co.uk", "out:joe@outside.example", raw=letter())) == []


async def test_first_contact_is_of_the_recipient_and_of_everybody(external: External) -> None:
    """A recipient who knows the sender isn't told that another doesn't; the two kinds have sentences of their own."""
    both = mail("in:bob@example.co.uk", "in:carol@example.co.uk", raw=letter())
    (_, first) = await external.check(both)
    assert first.summary.startswith("Nobody in the organisation")
    assert first.recipients == {"bob@example.co.uk", "carol@example.co.uk"}
    await exchanged(external, "in:carol@example.co.uk")
    found = await external.check(both)
    assert by_recipient(found) == {"carol@example.co.uk": [SENDER], "bob@example.co.uk": [SENDER, FIRST]}
    assert found[-1].summary.startswith("The recipient has not exchanged")


async def test_whom_we_wrote_to_is_known(external: External) -> None:
    """The address is known to the writer and to nobody else; letter case makes no difference."""
    await written_to(external, EVE.upper())
    about = mail("in:bob@example.co.uk", "in:carol@example.co.uk", raw=letter())
    assert by_recipient(await external.check(about)) == {
        "bob@example.co.uk": [SENDER],
        "carol@example.co.uk": [SENDER, FIRST],
    }


async def test_the_envelope_makes_nobody_known(external: External) -> None:
    """Reverse-paths of lists and forwarders (VERP, SRS) are nobody's address."""
    await exchanged(external, sender="bounces+bob=example.co.uk@list.example")
    assert await codes(external, mail(raw=letter("x <bounces+bob=example.co.uk@list.example>"))) == [SENDER, FIRST]
    assert await codes(external, mail(raw=letter(), sender="SRS0=x=y=outside.example=eve@fwd.example")) == [SENDER]


@pytest.mark.parametrize(
    ("header", "sender"),
    [
        ("Auto-Submitted: auto-replied\r\n", EVE),
        ("Auto-Submitted: auto-generated; x=y\r\n", EVE),
        ("Precedence: bulk\r\n", EVE),
        ("Precedence: LIST\r\n", EVE),
        ("", ""),
    ],
)
async def test_machines_make_nobody_known(external: External, header: str, sender: str) -> None:
    """Neither their own sender nor, where our auto-reply answers a stranger, him; but they are marked all the same."""
    about = mail(raw=letter(more=header), sender=sender)
    await external.learn(about, Outcome({BOB: "relay"}))
    await exchanged(external, f"out:{EVE}", raw=letter(BOB, header), sender=sender and BOB)
    assert await codes(external, about) == [SENDER, FIRST]


async def test_auto_submitted_no_is_a_persons(external: External) -> None:
    """RFC 3834 5."""
    await exchanged(external, raw=letter(more="Auto-Submitted: no\r\n"))
    assert await codes(external, mail(raw=letter())) == [SENDER]


@pytest.mark.parametrize("action", ["quarantine", "reject", "discard"])
async def test_what_was_not_relayed_is_not_remembered(external: External, action: str) -> None:
    """Held, refused and dropped mail makes nobody known."""
    await exchanged(external, action=action)
    assert await codes(external, mail(raw=letter())) == [SENDER, FIRST]


async def test_an_amended_copy_was_relayed(external: External) -> None:
    """A tag and a banner are amendments."""
    await exchanged(external, action="amend")
    assert await codes(external, mail(raw=letter())) == [SENDER]


async def test_a_forged_address_does_not_become_known(external: External) -> None:
    """A proven address becomes known where mail is verified, and no other."""
    await exchanged(external, **proven(EVE, by=()))
    assert FIRST in await codes(external, mail(raw=letter(), **proven(EVE)))
    await exchanged(external, **proven(EVE))
    assert await codes(external, mail(raw=letter(), **proven(EVE))) == [SENDER]


async def test_of_several_senders_all_must_be_known(external: External) -> None:
    """The stranger among them is a first contact."""
    await exchanged(external)
    assert await codes(external, mail(raw=letter(f"{EVE}, Mal <mal@elsewhere.example>"))) == [SENDER, FIRST]


@pytest.mark.parametrize("sender", ["", "nobody", "undisclosed:;", "<>"])
async def test_a_sender_that_cannot_be_read_is_a_stranger(external: External, sender: str) -> None:
    """The sender is a stranger to everybody, and nothing is remembered of it."""
    await exchanged(external, raw=letter(sender))
    assert await codes(external, mail(raw=letter(sender))) == [SENDER, FIRST]


async def test_one_look_up_for_a_message(external: External, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many recipients it has."""
    asked = []
    known = StoreCorrespondents._rows
    monkeypatch.setattr(StoreCorrespondents, "_rows", lambda self, keys: asked.append(len(keys)) or known(self, keys))
    await external.check(mail(*(f"in:p{number}@example.co.uk" for number in range(50)), raw=letter()))
    assert len(asked) == 1


@pytest.mark.parametrize("count", [MAX_ADDRESSES - 1, MAX_ADDRESSES, MAX_ADDRESSES + 1])
def test_addresses_that_are_looked_at(count: int) -> None:
    """A From of a thousand addresses asks for ten."""
    raw = letter(", ".join(f"p{number}@outside.example" for number in range(count)))
    assert len(mail(raw=raw).sender.addresses) == min(count, MAX_ADDRESSES)


@pytest.mark.parametrize(
    ("sender", "addresses", "name"),
    [
        ("Eve <eve@outside.example>", ("eve@outside.example",), "Eve"),
        ("eve@outside.example", ("eve@outside.example",), ""),
        ("eve@outside.example (Ann Archer)", ("eve@outside.example",), "(Ann Archer)"),
        ('"Archer, Ann" <a@b.example>', ("a@b.example",), '"Archer, Ann"'),
        ("=?utf-8?q?=3Cann=40example=2Eco=2Euk=3E?= <a@b.example>", ("a@b.example",), "<ann@example.co.uk>"),
    ],
)
def test_who_it_says_it_is_from(sender: str, addresses: tuple[str, ...], name: str) -> None:
    """Encoded words are for the name alone."""
    read = mail(raw=letter(sender)).sender
    assert (read.addresses, read.name) == (addresses, name)


async def test_without_its_memory_mail_waits(external: External, known_to: StoreCorrespondents) -> None:
    """A store that can't be read is no stranger: the chain makes of it what `on_error` says, as shipped a retry."""
    assert known_to._keys
    known_to._keys.close()
    with pytest.raises(StoreUnavailable):
        await external.check(mail(raw=letter()))


# --- what proves it --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sender", "authentication", "doubted"),
    [
        (EVE, {}, False),
        (EVE, proven(EVE), False),
        (EVE, proven(EVE, by=("spf",)), False),
        (EVE, proven(EVE, by=()), True),
        (EVE, proven(), True),
        (f"{EVE}, mal@elsewhere.example", proven(EVE), False),  # the gateway's own reading counts
        ("", proven(), True),
        ("Ann <ann@example.co.uk>", {}, True),
        ("Ann <ann@sub.example.com>", {}, True),
        ("Ann <ann@example.co.uk>", proven("ann@example.co.uk"), False),
    ],
)
async def test_whether_the_address_is_proven(
    external: External, sender: str, authentication: Mapping[str, Authentication], doubted: bool
) -> None:
    """SPF or DKIM proves the address. Where nobody verifies, only a sender who claims to be ours is doubted."""
    assert (UNPROVEN in await codes(external, mail(raw=letter(sender), **authentication))) is doubted


async def test_who_claims_to_be_one_of_us_is_no_new_contact(external: External) -> None:
    """The doubt is told, nothing beside it."""
    assert await codes(external, mail(raw=letter("ann@example.co.uk"))) == [SENDER, UNPROVEN]
    await exchanged(external, raw=letter("ann@example.co.uk"))
    assert await external._correspondents.known([(ANYONE, "ann@example.co.uk")]) == {}


@pytest.mark.parametrize(
    ("sender", "authentication", "claimed"),
    [
        ("ann@example.co.uk", {}, ["ann@example.co.uk"]),
        ("ann@example.co.uk", proven("ann@example.co.uk", by=()), ["ann@example.co.uk"]),
        ("ann@example.co.uk", proven("ann@example.co.uk"), []),
        (EVE, proven(EVE, by=()), []),
    ],
)
async def test_an_unproven_address_of_ours_is_named(
    external: External, sender: str, authentication: Mapping[str, Authentication], claimed: list[str]
) -> None:
    """The evidence says that the sender claims to be one of ours; `lookalike` is for those who only resemble us."""
    found = await external.check(mail(raw=letter(sender), **authentication))
    assert ALIKE not in [one.code for one in found]
    evidence = [e for one in found if one.code == UNPROVEN for e in one.evidence]
    assert [e.quote for e in evidence if e.what == "claims to be one of yours"] == claimed


@pytest.mark.parametrize(
    "sender",
    [
        "ann @ example.co.uk",
        "Ann <ann@example. co.uk>",
        "ann(x)@example.co.uk",
        "Ann\r\n <ann@\r\n example.co.uk>",
        "<@relay.example:ann@example.co.uk>",
        "Team: ann@example.co.uk;",
        "<ann@example.co.uk> <eve@outside.example>",
        "ann\uff20example.co.uk@outside.example",
        "=?utf-8?q?ann=40example=2Eco=2Euk?=",
    ],
)
@pytest.mark.parametrize("verified", [False, True])
async def test_an_address_that_programs_read_differently_is_unproven(
    external: External, sender: str, verified: bool
) -> None:
    """Some show ours, and the evidence says so."""
    about = mail(raw=letter(sender), authentication=Authentication(verified=verified))
    found = {one.code: [(e.what, e.quote) for e in one.evidence] for one in await external.check(about)}
    assert ("claims to be one of yours", "ann@example.co.uk") in found[UNPROVEN]


@pytest.mark.parametrize(
    ("sender", "differs"),
    [
        ("eve @ outside.example", True),
        ("eve@outside.example <a@outside.example>", True),
        ("Smith, Eve <eve@outside.example>", False),  # a comma without quotes: there is one address all the same
        ("eve@outside.example <eve@outside.example>", False),
        ("Eve [Sales] <eve@outside.example>", False),
        ("Sales: eve@outside.example;", False),
    ],
)
async def test_the_field_is_quoted_where_programs_read_other_addresses(
    external: External, sender: str, differs: bool
) -> None:
    """Differing readings make an address unproven without verification; an odd field may have one address for all."""
    found = {one.code: one for one in await external.check(mail(raw=letter(sender)))}
    shown = [e.what for one in found.values() for e in one.evidence]
    assert ("mail programs read the address in different ways" in shown) is differs
    assert (UNPROVEN in found) is differs


async def test_of_an_address_that_programs_read_differently_nothing_is_learned(external: External) -> None:
    """Else a reading that no program shows would make a stranger known."""
    await exchanged(external, f"in:{BOB}", raw=letter("a@outside.example <eve@outside.example>"))
    assert FIRST in await codes(external, mail(f"in:{BOB}", raw=letter("eve@outside.example")))


# --- look-alikes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sender", "alike"),
    [
        ("Ann Archer <ceo@freemail.example>", True),
        ('"ARCHER, Ann" <ceo@freemail.example>', True),
        ("Dr. Ann Archer (Finance) <ceo@freemail.example>", True),
        ("\u0410nn Arch\u0435r <ceo@freemail.example>", True),
        ("=?utf-8?q?Ann_Archer?= <ceo@freemail.example>", True),
        ("ann@example.co.uk <ceo@freemail.example>", True),
        ("ceo@freemail.example (Ann Archer)", True),
        ("Ann <ceo@freemail.example> (Archer)", True),
        ("Ann Archer <\t ceo@freemail.example >", True),
        ("An\u200bn Archer <ceo@freemail.example>", True),
        ('"ann . archer" <ceo@freemail.example>', True),
        ('"ann @ example.co.uk" <ceo@freemail.example>', True),
        ("=?utf-8?q?=3Cann=40example=2Eco=2Euk=3E?= <ceo@freemail.example>", True),
        ("Ann Archer <ann.archer@private.example>", False),  # it is hers, as the directory says
        ("Ann Archer <ann@example.co.uk>", False),
        ("Ann <ceo@freemail.example>", False),
        ("Anna Archer <ceo@freemail.example>", False),
        ("Cher <ceo@freemail.example>", False),
        ("Ann Archer and Bob <ceo@freemail.example>", False),
        ("joe@other.example <ceo@freemail.example>", False),
        ("x@example-invoices.co.uk", True),
        ("x@example.net", True),
        ("x@examp1e.com", True),
        ("x@sub.exarnple.com", True),
        ("x@ex\u0430mple.com", True),
        ("x@exmaple.com", True),
        ("Ann\u3164Archer <x@outside.example>", True),
        ("Ann\uffa0\u1160Archer <x@outside.example>", True),
        ("[Ann Archer] <x@outside.example>", True),
        ("x@exampl.com", True),
        ("x@examples.com", True),
        ("x@example.co.uk.attacker.test", True),
        ("x@login.example-co-uk.attacker.test", True),
        ("x@simple.com", False),
        ("x@sample.com", False),
        ("x@outside.example", False),
        ("x@example-hotel.com", False),
        ("x@www.example.com", False),
    ],
)
async def test_what_resembles_us(external: External, sender: str, alike: bool) -> None:
    """A name of our people, our address as a name, and domains like ours; nothing that is ours, or only related."""
    assert (ALIKE in await codes(external, mail(raw=letter(sender)))) is alike


async def test_the_reviewer_is_shown_whom_it_resembles(external: External) -> None:
    """The sender is not."""
    found = {one.code: one for one in await external.check(mail(raw=letter("Ann Archer <x@examp1e.com>")))}
    shown = [(one.what, one.quote) for one in found[ALIKE].evidence]
    assert (
        shown
        == [
            ("From", "x@examp1e.com"),
            ("name of one of our people", "Ann Archer"),
            ("resembles our domain", "example.co.uk"),
        ]
        or shown[2][1] == "example.com"
    )
    assert "Archer" not in found[ALIKE].summary


async def test_honest_domains_resemble_nobody(known_to: StoreCorrespondents) -> None:
    """A sister company's, by its registered name."""
    external = made(known_to, honest_domains=["example.net"])
    assert ALIKE not in await codes(external, mail(raw=letter("x@mail.example.net")))
    assert ALIKE in await codes(external, mail(raw=letter("x@example.org")))


@pytest.mark.parametrize(
    ("sender", "alike"),
    [
        ("x@bui1ders.test", True),
        ("x@builder.test", True),
        ("x@buildres.test", True),
        ("x@mail.bullders.test", True),
        ("x@builders-invoices.test", True),
        ("x@buildersltd.test", True),
        ("x@builders.org", True),
        ("x@builders.test", False),
        ("x@post.builders.test", False),
        ("x@welders.test", False),
        ("x@bricklayers.test", False),
    ],
)
async def test_what_resembles_those_whom_we_write_to(external: External, sender: str, alike: bool) -> None:
    """The memory of correspondents has only hashes of them."""
    assert ALIKE not in await codes(external, mail(raw=letter(sender)))
    await written_to(external, "joe@builders.test")
    assert (ALIKE in await codes(external, mail(raw=letter(sender)))) is alike


async def test_who_only_wrote_to_us_is_resembled_by_nobody(external: External) -> None:
    """Newsletters are not worth a warning."""
    await exchanged(external, raw=letter("x@builders.test"))
    assert ALIKE not in await codes(external, mail(raw=letter("x@bui1ders.test")))


async def test_a_likeness_to_the_eye_counts_until_we_answer(external: External) -> None:
    """Having written before is no excuse; another ending of the name counts once."""
    await written_to(external, "joe@builders.test")
    for raw in (letter("x@bui1ders.test"), letter("x@builders.org")):
        await exchanged(external, raw=raw)
    assert ALIKE in await codes(external, mail(raw=letter("x@bui1ders.test")))
    assert ALIKE not in await codes(external, mail(raw=letter("x@builders.org")))
    await written_to(external, "x@bui1ders.test")
    assert ALIKE not in await codes(external, mail(raw=letter("y@bui1ders.test")))


async def test_a_mailbox_providers_other_countries_are_no_look_alikes(external: External) -> None:
    """But misspellings of it are."""
    await written_to(external, "joe@hotmail.com")
    assert ALIKE not in await codes(external, mail(raw=letter("x@hotmail.fr")))
    assert ALIKE in await codes(external, mail(raw=letter("x@hotmial.com")))


async def test_forms_of_a_domain_are_kept_as_long_as_it_is(external: External, known_to: StoreCorrespondents) -> None:
    """They are stored anew once a day, not with every message."""
    form = (ANYONE, "=builders")
    for hours, counted in ((0, 1), (23, 1), (47, 2)):
        await written_to(external, "joe@builders.test", received_at=NOW + timedelta(hours=hours))
        assert (await known_to.known([form]))[form].sent == counted


# --- what the policy makes of it -------------------------------------------------------------------------------------


def decided(folder: Path, keys: str, about: Mail, found: Sequence[Finding]) -> Any:
    entry = settings(folder, f"- external: {keys}\n", {"external": External}).filters[0]
    return decide(about, [Found(one, entry) for one in found], Terms(lambda _: frozenset())).decisions


async def test_as_shipped_a_message_gets_a_header_for_each_reason(external: External, tmp_path: Path) -> None:
    """And the octets that came stand below them as they were."""
    about = mail(raw=letter())
    (decision,) = decided(tmp_path, "{}", about, await external.check(about))
    assert decision.disposition == "relay"
    assert {(one.name, one.value) for one in decision.edits} == {
        (TAG_HEADER, "external.sender; clause=security.phishing"),
        (TAG_HEADER, "external.first_contact; clause=security.phishing"),
    }
    sent = render(about.message, decision.edits)
    assert sent.endswith(about.message.raw)
    assert sent != about.message.raw


def test_the_tag_is_the_policys(external: External) -> None:
    """One header name, whoever adds it."""
    assert TAG_HEADER == POLICYS


async def test_no_banner_is_worked_out_where_none_is_wanted(known_to: StoreCorrespondents) -> None:
    """Only for codes that are set to `amend`; each finding then offers the same one, and it is put in once."""
    for wanted, expected in (((), 0), ([FIRST], 1), ([ALIKE], 0)):
        found = await made(known_to, wanted).check(mail(raw=letter()))
        banners = {edit for one in found for edit in one.edits if isinstance(edit, InsertText)}
        assert len(banners) == expected
        assert all(isinstance(one.edits[0], AddHeader) for one in found)


@pytest.mark.parametrize(
    ("keys", "wrong"),
    [
        ("{actions: {external.sender: amend}}", True),
        ("{action: amend}", True),
        ("{action: {inbound: amend}, actions: {external.sender: tag}}", True),
        ("{actions: {external.sender: amend}, mode: monitor}", False),
        ("{actions: {external.sender: amend}, directions: [outbound]}", False),
        ("{actions: {external.sender: {outbound: amend}}}", False),
        ("{actions: {external.banner_quoted: amend}}", False),
    ],
)
def test_a_banner_needs_a_next_hop_that_trusts_us(tmp_path: Path, keys: str, wrong: bool) -> None:
    """The check is made where mail is amended in enforce mode, and names each listener for inbound mail."""
    if not wrong:
        assert settings(tmp_path, f"- external: {keys}\n", {"external": External}).filters
        return
    with pytest.raises(ConfigurationError, match="next_hop_trusts_us: true` on the listener inbound"):
        settings(tmp_path, f"- external: {keys}\n", {"external": External})


def test_what_is_amended_is_told_to_the_filter(tmp_path: Path) -> None:
    """The composition root tells the filter, for the filter's directions."""
    (entry,) = settings(tmp_path, "- external: {actions: {external.sender: {internal: amend}}}\n", FILTERS).filters
    assert amended(entry) == {BANNER_QUOTED}


async def test_explain_and_release_remember_nothing(known_to: StoreCorrespondents) -> None:
    """They ask the store, if there is one."""
    await exchanged(made(known_to))
    idle = made(ReadOnlyCorrespondents(known_to))
    assert await codes(idle, mail(raw=letter())) == [SENDER]
    await exchanged(idle, raw=letter("x@y.example"))
    assert await known_to.known([(ANYONE, "x@y.example")]) == {}
    assert await codes(made(ReadOnlyCorrespondents()), mail(raw=letter())) == [SENDER, FIRST]


def test_every_reason_has_its_code_and_its_banner() -> None:
    """None is told in a header only."""
    assert {reason for reasons in ALL_REASONS for reason in reasons} == set(CODE_OF)
    assert set(External.codes) == {SENDER, BANNER_QUOTED, *CODE_OF.values()}
    assert External.amend_breaks_signatures == set(External.codes) - {BANNER_QUOTED}


async def test_a_message_both_ways(external: External) -> None:
    """Findings about the sender are for the inbound copies."""
    about = mail("in:bob@example.co.uk", "out:joe@outside.example", raw=letter())
    assert set(by_recipient(await external.check(about))) == {"bob@example.co.uk"}
    assert replace(about).directions == {"inbound", "outbound"}


# --- trouble with the DNS --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("undecided", "temporary"), [((True,), True), ((False,), False), ((True, False), False)])
async def test_an_address_that_could_not_be_checked_now_is_a_temporary_finding(
    external: External, undecided: tuple[bool, ...], temporary: bool
) -> None:
    """So that `reject` defers it. One address that nothing can prove is enough to be sure."""
    authors = tuple(Author(f"a{n}@x.example", "x.example", undecided=one) for n, one in enumerate(undecided))
    about = mail(f"in:{BOB}", raw=letter(), authentication=Authentication(verified=True, authors=authors))
    found = {one.code: one.temporary for one in await external.check(about)}
    assert found[UNPROVEN] is temporary
    assert not any(value for code, value in found.items() if code != UNPROVEN)
