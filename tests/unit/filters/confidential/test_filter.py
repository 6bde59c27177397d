"""The filter `confidential`: the mail that it leaves alone, the weight of facts, and what it never gives away.

What it finds in mail over SMTP is in tests/scenarios/confidential_*.yaml.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from stdnum.luhn import calc_check_digit

from filters.confidential import leave
from filters.confidential.codes import CREDENTIALS, IDENTIFIERS, MARKED, PEOPLE, SUSPECTED, UNREAD, WORDS
from filters.confidential.filter import Confidential
from filters.confidential.settings import Agreement
from gateway.contract import Client, Finding, Mail, Organisation, Person
from gateway.directory.lookup import ConfiguredDirectory
from gateway.matching import LanguageModel, Reading
from gateway.message import Message
from gateway.message.labels import labels_of
from gateway.services.no_model import NoModel
from tests.corpus.wrapping import armoured, encrypted_packets
from tests.support.builders.judgement import NOW, FakeClock, mail
from tests.support.builders.padding import in_the_middle
from tests.unit.filters.confidential.conftest import shipped

ANN = Person("Ann Archer", ("ann@example.co.uk",), private_addresses=("aa@archers.example",))
PROTECTED = {"protected_correspondents": ["*@union.example", "nurse@example.co.uk"]}
DIRECTORY = ConfiguredDirectory([ANN], PROTECTED, ["example.co.uk"])
OURS = Organisation(name="Example Ltd")
AGREED = Agreement(recipients=("*@lawyer.example",), date=date(2026, 1, 31), recorded_by="Jo Day")


class Ways:
    """Routes, of which those to these domains require TLS."""

    def __init__(self, *domains: str) -> None:
        self.domains = domains

    def require_tls(self, recipient: str, listener: str) -> bool:
        return recipient.endswith(self.domains)


TLS = Ways("@lawyer.example", "@bureau.example")


class Replies:
    """Addresses that have agreed by a reply."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = set(addresses)

    async def agreed(self, addresses: Collection[str]) -> set[str]:
        return self.addresses & set(addresses)


class Keys:
    """Confirmed keys in memory."""

    def __init__(self, *keys: str) -> None:
        self.keys = set(keys)

    async def known(self, keys: Collection[str]) -> set[str]:
        return self.keys & set(keys)

    async def add(self, keys: Collection[str], at: datetime) -> None:
        self.keys |= set(keys)


class SpeaksFor(NoModel):
    """A model that takes every message for confidential."""

    async def read(self, rule: str, message: Message, needed: float, *_: object) -> Reading:
        return Reading(15.0)


def made(confirmed: Keys | None = None, model: LanguageModel | None = None, **changes: Any) -> Confidential:
    settings = shipped().model_copy(update=changes)
    return Confidential(
        settings,
        DIRECTORY,
        OURS,
        confirmed or Keys(),
        TLS,
        Replies(),
        model or NoModel(),
        FakeClock(),
    )


def letter(
    text: str, to: str = "out:joe@outside.example", content_type: str = "text/plain; charset=utf-8", **fields: str
) -> Mail:
    shown = {"From": "Ann Archer <ann@example.co.uk>", "To": to.partition(":")[2], "Subject": "Hello"} | fields
    head = "".join(f"{name}: {value}\r\n" for name, value in shown.items())
    raw = f"{head}Message-ID: <1@example>\r\nContent-Type: {content_type}\r\n\r\n{text}".replace("\r", "").replace(
        "\n", "\r\n"
    )
    return mail(to, raw=raw.encode(), sender="ann@example.co.uk")


async def codes(about: Mail, **changes: Any) -> list[str]:
    return [one.code for one in await made(**changes).check(about)]


def quotes(found: Collection[Finding]) -> str:
    return "\n".join(evidence.quote for one in found for evidence in one.evidence)


async def test_encrypted_mail_is_left_alone() -> None:
    kind = "multipart/encrypted; protocol=application/pgp-encrypted; boundary=b"
    armour = armoured(encrypted_packets()).decode()
    text = (
        "--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--b\nContent-Type: application/octet-stream\n\n"
        f"{armour}\n--b--\n"
    )
    assert await codes(letter(text, content_type=kind, Subject="CONFIDENTIAL: pay")) == []


async def test_plain_mail_that_says_it_is_encrypted_is_read() -> None:
    kind = "multipart/encrypted; protocol=application/pgp-encrypted"
    text = "CONFIDENTIAL\n\nWe close the depot in May.\n"
    for content_type in (kind, f"{kind}; boundary=b", "application/pkcs7-mime; smime-type=enveloped-data"):
        assert await codes(letter(text, content_type=content_type, Subject="CONFIDENTIAL: pay")) == [MARKED]


@pytest.mark.parametrize(
    ("below", "found"),
    [
        ("Card no. 4929 7226 5379 7141, exp 04/27", [IDENTIFIERS]),
        ("The login is bobb and the password is Tiger!4410.", [CREDENTIALS]),
        ("Salaries:\nAmy Cole £21,300\nBo Dean £22,400\nJo Hill £23,500\nMo Kay £24,600\nAl Low £25,700", [PEOPLE]),
        ("NHS numbers: 943 476 5919, 401 023 2137, 987 654 3210", [IDENTIFIERS]),
        ("STRICTLY CONFIDENTIAL", [MARKED]),
        (
            "Ann Archer\nHead of Sales, Archer & Co\nTel. +44 20 7946 0018, mob. 07700 900123\n12 High Street, Leeds\n"
            "Directors: Amy Cole, Bo Dean, Jo Hill, Mo Kay, Al Low\nVAT GB 943 4765 91, company no. 09434765\n"
            "Bank: 20-11-43 41234567, IBAN GB33BUKB20201555555555",
            [],
        ),
    ],
)
async def test_what_stands_below_a_letter_is_read(below: str, found: list[str]) -> None:
    """Not the sender's own numbers, addresses and colleagues."""
    by_content = await codes(letter(f"See below.\n\n-- \n{below}\n"))
    assert [one for one in by_content if one != WORDS] == found


async def test_a_secret_in_a_disclaimers_sentence() -> None:
    said = "This e-mail is confidential and intended solely for Kim, whose password for our portal is Tiger!4410."
    assert await codes(letter(f"See below.\n\n{said}\n")) == [CREDENTIALS]


async def test_text_that_is_not_read_is_on_record() -> None:
    """It may be text of an attachment. Nobody is told."""
    card = "5555 5555 5555 4444"
    assert await codes(letter(in_the_middle(card))) == [UNREAD]
    assert await codes(letter(f"{in_the_middle('')}{card}")) == [IDENTIFIERS, UNREAD]
    assert UNREAD not in Confidential.notices


@pytest.mark.parametrize(
    "text",
    [
        " ".join(f"4{at:014}{(int(calc_check_digit(f'4{at:014}')) + 1) % 10}" for at in range(510)),  # check digits
        "12 " * 11_000,  # numbers
        "x\n" * 3_100,  # lines of people
        "name\tsalary\tdob\n" * 310,  # heads of tables
    ],
)
async def test_what_a_limit_leaves_out_is_on_record(text: str) -> None:
    assert await codes(letter(text)) == [UNREAD]


@pytest.mark.parametrize("to", ["us:bob@example.co.uk", "out:rep@union.example", "out:jo@lawyer.example"])
async def test_recipients_who_may_get_it(to: str) -> None:
    assert await codes(letter("x", to, Subject="CONFIDENTIAL: pay"), agreed=(AGREED,)) == []


async def test_an_agreement_counts_from_its_date_on() -> None:
    """The day is that of the organisation's time zone."""
    about = letter("x", "out:jo@lawyer.example", Subject="CONFIDENTIAL: pay")
    agreed = AGREED.model_copy(update={"date": NOW.date()})
    assert await codes(about, agreed=(agreed,)) == []
    assert await codes(about, agreed=(agreed.model_copy(update={"date": NOW.date() + timedelta(days=1)}),)) == [MARKED]


async def test_an_agreement_counts_where_the_way_requires_tls() -> None:
    """Else the copy is found too; the sender learns that there is an agreement, and a reviewer whose it is."""
    agreed = AGREED.model_copy(update={"recipients": ("*@lawyer.example", "*@doctor.example")})
    raw = b"From: ann@example.co.uk\r\nSubject: CONFIDENTIAL: pay\r\n\r\nx\r\n"
    about = mail("out:jo@lawyer.example", "out:al@doctor.example", raw=raw, sender="ann@example.co.uk")
    (one,) = await made(agreed=(agreed,)).check(about)
    assert one.recipients == {"al@doctor.example"}
    assert [evidence.what for evidence in one.evidence] == ["marking", "agreement"]
    assert "has agreed to such mail, but the way there does not require encryption" in one.summary
    assert "example" not in one.summary
    assert not await made(agreed=(agreed,), agreed_tls="any").check(about)


async def test_a_reply_agrees_for_its_address_and_no_service_does() -> None:
    settings = shipped().model_copy(update={"agreed_tls": "any"})
    replies = Replies("jo@lawyer.example", "x@openai.com")
    chain = Confidential(settings, DIRECTORY, OURS, Keys(), TLS, replies, NoModel(), FakeClock())
    for to, expected in (("jo@lawyer.example", []), ("al@lawyer.example", [MARKED]), ("x@openai.com", [MARKED])):
        about = letter("x", f"out:{to}", Subject="CONFIDENTIAL: pay")
        assert [one.code for one in await chain.check(about) if one.code == MARKED] == expected


async def test_only_the_copies_of_protected_correspondents_are_left_alone() -> None:
    raw = b"From: ann@example.co.uk\r\nSubject: CONFIDENTIAL: pay\r\n\r\nx\r\n"
    about = mail("out:rep@union.example", "out:joe@outside.example", raw=raw, sender="ann@example.co.uk")
    (one,) = await made().check(about)
    assert one.recipients == {"joe@outside.example"}
    assert await codes(letter("x", Subject="CONFIDENTIAL: pay", Cc="nobody@union.example")) == [MARKED]
    assert await codes(letter("x", Subject="CONFIDENTIAL: pay", From="rep@union.example")) == [MARKED]
    by_login = replace(
        letter("x", Subject="CONFIDENTIAL: pay"), client=Client("192.0.2.1", login="nurse@example.co.uk")
    )
    assert await codes(by_login) == []


async def test_words_and_markings_of_personal_mail_are_left_alone() -> None:
    """The model isn't asked. A card, or a table of people, is found in it nevertheless."""
    text = (
        "Strictly private and confidential\n\nYou didn't get this from me: my diagnosis is below, keep it between us.\n"
    )
    model = Asked()
    about = letter(text, "out:gp@surgery.example", Subject="Personal: my appointment")
    labelled = replace(about, labels=labels_of(about.message))
    chain = Confidential(shipped(), DIRECTORY, OURS, Keys(), TLS, Replies(), model, FakeClock())
    assert [one.code for one in await chain.check(labelled)] == []
    assert not model.asked
    assert {one.code for one in await chain.check(about)} == {MARKED, WORDS}
    about = letter("card 5555 5555 5555 4444\n", Subject="Personal: my appointment")
    assert [one.code for one in await made().check(replace(about, labels=labels_of(about.message)))] == [IDENTIFIERS]


async def test_a_finding_concerns_those_outside_who_have_not_agreed() -> None:
    about = mail(
        *("us:bob@example.co.uk", "out:jo@lawyer.example", "out:joe@outside.example"),
        raw=b"From: ann@example.co.uk\r\nSubject: CONFIDENTIAL: pay\r\n\r\nx\r\n",
        sender="ann@example.co.uk",
    )
    (finding,) = await made(agreed=(AGREED,)).check(about)
    assert finding.recipients == {"joe@outside.example"}


async def test_a_table_in_an_attachment_is_read() -> None:
    table = "".join(f"Person{letter_} Cole,2{at},300{at}0\n" for at, letter_ in enumerate("ABCDE"))
    text = (
        "--b\n\nas asked\n--b\nContent-Type: text/csv; name=p.csv\nContent-Disposition: attachment; filename=p.csv\n\n"
        f"Name,Age,Salary\n{table}--b--\n"
    )
    assert await codes(letter(text, content_type="multipart/mixed; boundary=b")) == [PEOPLE]


@pytest.mark.parametrize(("count", "found"), [(4, []), (5, [PEOPLE])])
async def test_rows_at_the_limit(count: int, found: list[str]) -> None:
    names = ["Amy Cole", "Bo Dean", "Cy Fell", "Di Gray", "Ed Hall"][:count]
    assert await codes(letter("Salaries\n" + "\n".join(f"{name} £2{at},300" for at, name in enumerate(names)))) == found


@pytest.mark.parametrize(("count", "found"), [(2, []), (3, [IDENTIFIERS]), (4, [IDENTIFIERS])])
async def test_identifiers_at_the_limit(count: int, found: list[str]) -> None:
    assert await codes(letter("\n".join(f"JK 48 21 7{at} B" for at in range(count)))) == found


async def test_few_people_weigh_where_they_go_to_a_service() -> None:
    text = "Here you are.\n\nSalaries: Amy Cole £21,300, Bo Dean £22,400.\n"
    assert await codes(letter(text)) == []
    assert await codes(letter(text, "out:ask@openai.com")) == [WORDS]
    assert await codes(letter(text, "out:ask@chat-ai.example")) == [WORDS]


async def test_numbers_are_looked_for_in_so_many_characters_of_a_message() -> None:
    """A letter and attachments share the limit; markings are looked for in all of them."""
    numbers = "JK 48 21 73 B, JK 48 21 74 B, JK 48 21 75 B\n"

    def attached(text: str) -> str:
        head = "Content-Type: text/plain; name=p.txt\nContent-Disposition: attachment; filename=p.txt\n\n"
        return f"--b\n{head}{text}\n"

    near = f"--b\n\nas asked\n{attached('word ' * 4_000)}{attached(numbers)}--b--\n"
    far = f"--b\n\nas asked\n{attached('word ' * 5_995)}{attached('CONFIDENTIAL' + chr(10) + numbers)}--b--\n"
    assert await codes(letter(near, content_type="multipart/mixed; boundary=b")) == [IDENTIFIERS]
    assert await codes(letter(far, content_type="multipart/mixed; boundary=b")) == [MARKED, UNREAD]


async def test_names_are_read_once_whoever_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr(leave, "full_names", lambda text: read.append(text) or [])
    to = [f"out:r{at}@outside.example" for at in range(30)]
    raw = b"From: ann@example.co.uk\r\n\r\nNI NR 60 15 92 C\r\n"
    await made().check(mail(*to, raw=raw, sender="ann@example.co.uk"))
    assert len(read) == 1


async def test_evidence_has_no_number_and_no_secret() -> None:
    found = await made().check(letter("card 5555 5555 5555 4444, password Timber!Sawdust1911\n"))
    assert len(found) == 2
    for secret in ("5555", "Timber", "Sawdust"):
        assert secret not in quotes(found)


class Asked:
    """A language model that reads every mail as confidential, and names all of its sentences."""

    asked = False

    def __init__(self, weight: float = 20) -> None:
        self.weight = weight

    async def read(self, rule: str, message: Message, needed: float, *_: object) -> Reading:
        self.asked = True
        return Reading(self.weight, tuple((one.text, 5.0) for one in message.view.of("new")))


async def test_quoted_words_have_no_number_and_no_secret_either() -> None:
    """Neither in a marking, nor in a sentence that holds a cue or that the model names."""
    text = (
        "You didn't get this from me: the card is 4111 1111 1111 1111, expiry 12/28, CVV 737.\n\n"
        "Keep it between us, the password is Hunter22horse.\n\nStrictly confidential - NHS number 943 476 5919\n"
    )
    about = letter(text, Subject="CONFIDENTIAL - account 20201555555")
    settings = shipped()
    found = await Confidential(settings, DIRECTORY, OURS, Keys(), TLS, Replies(), Asked(), FakeClock()).check(about)
    assert {WORDS, MARKED} <= {one.code for one in found}
    shown = "\n".join(one.quote for finding in found if finding.code in (WORDS, MARKED) for one in finding.evidence)
    assert "didn't get this from me" in shown
    assert "above all:" in shown
    assert "found from 10 on" in shown
    for secret in ("4111", "1111", "12/28", "737", "Hunter", "horse", "943", "5919", "2020"):
        assert secret not in shown


@pytest.mark.parametrize(("whose", "expected"), [("my", []), ("the", [WORDS])])
async def test_the_model_does_not_take_the_writers_own_data_for_a_secret(whose: str, expected: list[str]) -> None:
    about = letter(f"Please book {whose} passport 521873009 on the 9:10, and charge {whose} card.\n")
    chain = Confidential(shipped(), DIRECTORY, OURS, Keys(), TLS, Replies(), Asked(15), FakeClock())
    found = await chain.check(about)
    assert [one.code for one in found] == expected


async def test_what_a_sender_confirms_goes_through() -> None:
    about = letter("x", Subject="CONFIDENTIAL: pay")
    keys = await made().confirmations(about)
    assert [one.code for one in await made(Keys(*keys)).check(about)] == []


async def test_what_is_confirmed_is_this_mail_alone() -> None:
    """Another text, or another recipient, under the same Message-ID and Date is asked about."""
    keys = await made().confirmations(letter("x", Subject="CONFIDENTIAL: lunch"))
    filter_ = made(Keys(*keys))
    assert [one.code for one in await filter_.check(letter("x", Subject="CONFIDENTIAL: board papers"))] == [MARKED]
    assert [one.code for one in await filter_.check(letter("y", Subject="CONFIDENTIAL: lunch"))] == [MARKED]
    more = mail(
        *("out:joe@outside.example", "out:eve@outside.example"),
        raw=letter("x", Subject="CONFIDENTIAL: lunch").message.raw,
        sender="ann@example.co.uk",
    )
    (finding,) = await filter_.check(more)
    assert finding.recipients == {"eve@outside.example"}


async def test_a_sender_confirms_no_card() -> None:
    about = letter("card 5555 5555 5555 4444", Subject="CONFIDENTIAL: pay")
    keys = await made().confirmations(about)
    assert [one.code for one in await made(Keys(*keys)).check(about)] == [IDENTIFIERS]


@pytest.mark.parametrize("text", ["1" * 1_000_000, "1 " * 500_000, "confidential " * 80_000])
async def test_a_megabyte_of_one_word_has_nothing(text: str) -> None:
    assert await codes(letter(text)) == [UNREAD]


async def test_what_the_model_alone_finds_is_a_suspicion() -> None:
    """It is held as the words are, but stated as no fact: a fact about the recipient makes it one of the words'."""
    about = "Hush, a secret of the garden party."
    (one,) = await made(model=SpeaksFor()).check(letter(about))
    assert (one.code, one.summary.partition(":")[0]) == (SUSPECTED, "The message may pass on something confidential")
    assert await codes(letter(about, "out:ask@openai.com"), model=SpeaksFor()) == [WORDS]
