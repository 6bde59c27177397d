"""The filter `audience`: how many people, replies to all, lists, and what a confirmation covers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from filters.audience.filter import MAX_INLINE_BYTES
from gateway.contract import Authentication, Author, DistributionList, Person
from tests.support.builders.audiences import ANN, MEMBERS, PEOPLE, AudienceBench, outside

ALL = "all@example.co.uk"


def of_size(people: int, **more: object) -> AudienceBench:
    return AudienceBench([DistributionList(ALL, "All", MEMBERS[:people], **more)])  # type: ignore[arg-type]


# --- how many people -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("people", "found"), [(24, []), (25, ["reply_all"]), (26, ["reply_all"])])
async def test_a_crowd_begins_at_25(people: int, found: list[str]) -> None:
    """A crowd is counted by the members of the list."""
    bench = of_size(people)
    assert await bench.codes(bench.reply()) == found


@pytest.mark.parametrize(("people", "found"), [(24, []), (25, ["reply_all"])])
async def test_a_crowd_without_a_list(people: int, found: list[str]) -> None:
    """Addresses in To and Cc count alike, each person once whatever the address."""
    bench = AudienceBench()
    to = [*MEMBERS[: people - 1], "ann@example.co.uk"]
    assert await bench.codes(bench.reply(to=to[:10], cc=[*to[10:], "A.Archer@example.com"], sender=MEMBERS[0])) == found


@pytest.mark.parametrize(("inner", "found"), [(23, []), (24, ["reply_all"])])
async def test_lists_within_lists(inner: int, found: list[str]) -> None:
    """Expanded to the last, a circle among them once, and a member that To names too counts once."""
    lists = [
        DistributionList(ALL, "All", ("team@example.co.uk", MEMBERS[59])),
        DistributionList("team@example.co.uk", "Team", (*MEMBERS[:inner], ALL)),
    ]
    bench = AudienceBench(lists)
    assert await bench.codes(bench.reply(cc=[MEMBERS[0], MEMBERS[59]])) == found


async def test_a_list_of_which_only_the_size_is_known() -> None:
    """Its members come in the envelopes, and are not counted again; who is one too many has a blind copy."""
    bench = AudienceBench([DistributionList(ALL, "All", size=24)])
    about = bench.reply(rcpt=MEMBERS[:25])
    assert await bench.codes(about) == []
    assert (await bench.filter._look(about)).crowd.hidden == 1
    assert await bench.codes(bench.reply(cc=["tom@example.co.uk"])) == ["reply_all"]


@pytest.mark.parametrize(("own", "found"), [(30, ["reply_all"]), (31, [])])
async def test_a_list_may_have_a_number_of_its_own(own: int, found: list[str]) -> None:
    """The list's number replaces the filter's; other people beside the list still count by the filter's."""
    bench = of_size(30, reply_all=own)
    assert await bench.codes(bench.reply()) == found
    assert await bench.codes(bench.reply(cc=MEMBERS[30:54])) == found
    assert await bench.codes(bench.reply(cc=MEMBERS[30:55])) == ["reply_all"]


async def test_blind_copies_are_no_crowd() -> None:
    """They are told apart from the members of a list."""
    bench = AudienceBench()
    about = bench.reply(to=["tom@example.co.uk"], rcpt=["tom@example.co.uk", *MEMBERS])
    assert await bench.codes(about) == []
    assert (await bench.filter._look(about)).crowd.hidden == 60


async def test_who_writes_to_himself_with_blind_copies_writes_to_no_list() -> None:
    """Though nobody in the directory has the address."""
    bench = AudienceBench(people=())
    about = bench.reply(to=["me@example.co.uk"], sender="me@example.co.uk", rcpt=MEMBERS)
    assert await bench.codes(about) == []


async def test_a_list_that_the_directory_does_not_know() -> None:
    """The mail server expands it over many transactions: their recipients are one crowd, a retry counts once."""
    bench = AudienceBench(lists=())
    first = bench.reply(rcpt=MEMBERS[:12])
    again = bench.filter.check
    assert await bench.codes(first) == []
    assert await again(first) == []
    bench.number -= 1  # the same mail
    assert await bench.codes(bench.reply(rcpt=MEMBERS[12:24])) == []
    bench.number -= 1
    assert await bench.codes(bench.reply(rcpt=MEMBERS[24:25])) == ["reply_all"]
    assert await bench.codes(bench.reply(rcpt=MEMBERS[25:])) == ["reply_all"]
    assert await bench.codes(bench.reply(rcpt=MEMBERS[36:])) == []


async def test_a_mail_to_many_that_is_no_reply() -> None:
    """Thanks to all may be the point of it; so may what is handed on."""
    bench = AudienceBench()
    assert await bench.codes(bench.mail(text="Thanks!")) == []
    assert await bench.codes(bench.reply(subject="Fwd: Plans")) == []


async def test_mail_from_outside_is_not_ours_to_teach() -> None:
    """Its reply to our list is theirs."""
    bench = AudienceBench()
    assert await bench.codes(bench.reply(sender="eve@outside.example", way="in")) == []


async def test_the_evidence_says_how_many_and_why() -> None:
    """The reviewer reads them; the sentence for the sender quotes nothing."""
    bench = AudienceBench()
    (finding,) = await bench.filter.check(bench.reply("Thanks, Tom!"))
    assert [(one.what, one.quote) for one in finding.evidence] == [
        ("people", "30 people through 1 list"),
        ("needless", "It only says thanks, or that it has arrived: Thanks, Tom!"),
    ]
    assert "Tom" not in finding.summary


async def test_a_large_message_is_read_in_a_thread() -> None:
    """The same is found."""
    bench = AudienceBench()
    quoted = "\n".join("> " + "x" * 70 for _ in range(MAX_INLINE_BYTES // 70))
    assert await bench.codes(bench.reply(f"Thanks!\n\n{quoted}\n")) == ["reply_all"]


# --- lists -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sender", "found"),
    [
        ("ann@example.co.uk", []),
        ("a.archer@example.com", []),
        ("tom@example.co.uk", []),
        ("p0@example.co.uk", []),
        ("p7@example.co.uk", []),
        ("p1@example.co.uk", ["list_writer"]),
    ],
)
async def test_who_may_write_to_a_list(sender: str, found: list[str]) -> None:
    """Writers are people named by any of their addresses, groups, members of a list, and the list's owners."""
    writers = ("ann@example.co.uk", "group:writers", "few@example.co.uk")
    few = DistributionList("few@example.co.uk", "Few", (MEMBERS[7],))
    bench = AudienceBench([DistributionList(ALL, "All", MEMBERS[:24], owners=(MEMBERS[0],), writers=writers), few])
    assert await bench.codes(bench.mail(sender=sender)) == found


async def test_a_list_that_nobody_may_write_to_but_its_owners() -> None:
    """No writers at all is not the same as all."""
    closed = AudienceBench([DistributionList(ALL, "All", MEMBERS[:5], writers=())])
    assert await closed.codes(closed.mail()) == ["list_writer"]
    assert await closed.codes(closed.mail(to=["tom@example.co.uk"], rcpt=[ALL])) == ["list_writer"]


async def test_a_writer_from_outside_must_be_proven() -> None:
    """Anybody can write anything into From."""
    bench = AudienceBench([DistributionList(ALL, "All", MEMBERS[:5], writers=("kim@partner.example",))])
    about = bench.mail(sender="kim@partner.example", way="in")
    assert await bench.codes(about) == ["list_writer"]
    author = Author("kim@partner.example", "partner.example", frozenset({"dkim"}))
    proven = Authentication(verified=True, authors=(author,))
    assert await bench.codes(replace(about, authentication=proven)) == []


@pytest.mark.parametrize(("people", "found"), [(24, []), (25, ["list_business"])])
async def test_personal_mail_to_a_large_list(people: int, found: list[str]) -> None:
    """The label makes the mail personal."""
    bench = of_size(people)
    assert await bench.codes(bench.mail(labels=frozenset({"personal"}))) == found


@pytest.mark.parametrize(
    ("subject", "text", "found"),
    [
        ("Bike for sale", "Hardly used, 200 pounds.", ["list_business"]),
        ("Friday", "Leaving drinks for Sue at the Crown after work.", ["list_business"]),
        ("Cakes", "There are birthday cakes in the kitchen!", ["list_business"]),
        ("Keys", "Has anyone seen my keys?", ["list_business"]),
        ("Run", "Please sponsor me for the marathon.", ["list_business"]),
        ("New policy", "Selling my shares: what the policy says.", []),
        ("Fire drill", "The fire drill is at ten.", []),
        ("Site for sale", "Our client offers the site for sale.", []),
    ],
)
async def test_private_mail_to_a_large_list(subject: str, text: str, found: list[str]) -> None:
    """The words make the mail private, unless there are words of business."""
    bench = AudienceBench()
    assert await bench.codes(bench.mail(subject=subject, text=text)) == found
    assert await bench.codes(bench.mail(to=["few@example.co.uk"], subject=subject, text=text)) == []


async def test_only_what_comes_through_the_list_is_concerned() -> None:
    """A person who is named in To gets a copy in his own name."""
    bench = AudienceBench()
    about = bench.mail(cc=["p0@example.co.uk"], rcpt=MEMBERS[:3], labels=frozenset({"personal"}))
    (finding,) = await bench.filter.check(about)
    assert finding.recipients == {"p1@example.co.uk", "p2@example.co.uk"}


async def test_a_copy_to_somebody_outside_is_no_copy_of_the_list() -> None:
    """The mail server hands on that one alone: who stands in Cc is no member of a list that is closed, or large."""
    bench = of_size(30, writers=())
    about = bench.mail(cc=["kim@partner.example"], rcpt=["kim@partner.example"], labels=frozenset({"personal"}))
    assert await bench.codes(about) == []
    (finding, *_) = await bench.filter.check(bench.mail(cc=["kim@partner.example"]))
    assert finding.recipients == {ALL}


async def test_private_mail_to_a_list_that_the_directory_does_not_know() -> None:
    """The recipients are those of the envelopes that no field names."""
    bench = AudienceBench(lists=())
    about = bench.mail(cc=[MEMBERS[59]], rcpt=[*MEMBERS[:25], MEMBERS[59]], labels=frozenset({"personal"}))
    (finding,) = await bench.filter.check(about)
    assert finding.recipients == set(MEMBERS[:25])


MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("octets", "people", "found"),
    [
        (2 * MIB, 25, ["heavy"]),
        (2 * MIB - 1, 25, []),
        (2 * MIB, 24, []),
    ],
)
async def test_bytes_times_people(octets: int, people: int, found: list[str]) -> None:
    """A message to a large list is heavy by octets times people."""
    bench = of_size(people)
    bench = AudienceBench(bench.lists, settings={"heavy_bytes": 50 * MIB})
    assert await bench.codes(bench.mail(attach=octets)) == found


@pytest.mark.parametrize(("octets", "found"), [(MIB - 1, []), (MIB, ["heavy"])])
async def test_a_logo_to_everybody_is_not_heavy(octets: int, found: list[str]) -> None:
    """Below `attachment_bytes` nothing is."""
    bench = AudienceBench([DistributionList(ALL, "All", size=30_000)])
    assert await bench.codes(bench.mail(attach=octets)) == found


# --- confirmed -------------------------------------------------------------------------------------------------------


async def test_a_confirmed_mail_goes_on_in_all_its_transactions() -> None:
    """The same sender, Message-ID and Date; the next mail is asked about again."""
    bench = AudienceBench()
    await bench.confirmed.add(await bench.filter.confirmations(bench.reply(rcpt=MEMBERS[:10])), bench.at)
    bench.number -= 1
    assert await bench.codes(bench.reply(rcpt=MEMBERS[10:30])) == []
    assert await bench.codes(bench.reply()) == ["reply_all"]


async def test_no_confirmation_makes_a_writer() -> None:
    """Nor ends a pause."""
    bench = of_size(30, writers=())
    about = bench.reply()
    await bench.confirmed.add(await bench.filter.confirmations(about), bench.at)
    assert await bench.codes(about) == ["list_writer"]


async def test_a_mail_without_a_message_id_is_its_own() -> None:
    """The mail is recognised by the key that a client's retry repeats."""
    bench = AudienceBench()
    first, second = (bench.reply(**{"Message-ID": ""}) for _ in range(2))
    object.__setattr__(first, "key", "first")
    object.__setattr__(second, "key", "second")
    assert not set(await bench.filter.confirmations(first)) & set(await bench.filter.confirmations(second))


async def test_private_addresses_of_our_people_are_no_exposure() -> None:
    """Each person is one of ours."""
    private = [Person(f"P {n}", (f"q{n}@example.co.uk", f"q{n}@home{n}.example")) for n in range(12)]
    bench = AudienceBench(people=[ANN, *private, *PEOPLE])
    assert await bench.codes(bench.mail(to=[one.addresses[1] for one in private])) == []
    assert await bench.codes(bench.mail(to=outside(10))) == ["exposed"]
