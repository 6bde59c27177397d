"""The filter `audience`: addresses of outside people that become known to each other, and mistaken recipients."""

from __future__ import annotations

import pytest

from filters.audience.address_variants import MAX_VARIANTS, variants
from filters.audience.misdirection import MAX_STRANGERS
from tests.support.builders.audiences import MEMBERS, AudienceBench, outside

ANN = "ann@example.co.uk"


# --- exposed ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("people", "domains", "found"),
    [(9, 2, []), (10, 2, ["exposed"]), (11, 2, ["exposed"]), (9, 9, []), (10, 1, []), (40, 1, [])],
)
async def test_ten_outside_people_of_two_organisations(people: int, domains: int, found: list[str]) -> None:
    """Addresses in To and Cc count together; people of one organisation know each other."""
    bench = AudienceBench()
    all_of_them = outside(people, domains)
    assert await bench.codes(bench.mail(to=all_of_them[:5], cc=all_of_them[5:])) == found


async def test_subdomains_are_one_organisation() -> None:
    """The public suffix list decides."""
    bench = AudienceBench()
    assert await bench.codes(bench.mail(to=[f"c{n}@dept{n}.firm.co.uk" for n in range(12)])) == []
    assert await bench.codes(bench.mail(to=[f"c{n}@firm{n}.co.uk" for n in range(12)])) == ["exposed"]


async def test_customers_with_free_mail_are_no_organisation() -> None:
    """Ten of them at one provider are ten households."""
    bench = AudienceBench()
    assert await bench.codes(bench.mail(to=[f"c{n}@gmail.com" for n in range(10)])) == ["exposed"]


async def test_blind_copies_expose_nobody() -> None:
    """Whatever their number."""
    bench = AudienceBench()
    assert await bench.codes(bench.mail(to=[ANN], rcpt=outside(50))) == []


async def test_our_own_people_and_one_address_twice_do_not_count() -> None:
    """Ten addresses outside are needed."""
    bench = AudienceBench()
    nine = outside(9)
    assert await bench.codes(bench.mail(to=[*nine, *MEMBERS[:20]], cc=[one.upper() for one in nine])) == []


async def test_what_is_shown_counts_though_another_transaction_carries_it() -> None:
    """Everybody gets the fields whole."""
    bench = AudienceBench()
    assert await bench.codes(bench.mail(to=outside(10), rcpt=outside(1))) == ["exposed"]
    assert await bench.codes(bench.mail(to=outside(10), rcpt=MEMBERS[:1])) == []


async def test_an_answer_among_people_who_see_each_other() -> None:
    """A stranger's message to us shows them to each other; one more person in the answer is exposed."""
    bench = AudienceBench()
    theirs = bench.mail(
        to=[ANN], cc=outside(9), sender="kim@partner.example", rcpt=[ANN], way="in", Message_ID="<k@partner.example>"
    )
    await bench.relayed(theirs)
    answer = {"References": "<k@partner.example>", "text": "Here is what you asked for: the plan of the building."}
    everybody = ["kim@partner.example", *outside(9)]
    assert await bench.codes(bench.reply(to=everybody, **answer)) == []
    assert await bench.codes(bench.reply(to=[*everybody, "new@other.example"], **answer)) == ["exposed"]
    assert await bench.codes(bench.reply(to=everybody, References="<another@partner.example>")) == ["exposed"]
    assert await bench.codes(bench.mail(to=everybody)) == ["exposed"]


async def test_what_was_held_has_shown_nobody() -> None:
    """Only what was relayed is remembered."""
    bench = AudienceBench()
    theirs = bench.mail(
        to=[ANN], cc=outside(10), sender="kim@partner.example", way="in", Message_ID="<k@partner.example>"
    )
    await bench.relayed(theirs, "quarantine")
    assert await bench.codes(bench.reply(to=outside(10), References="<k@partner.example>")) == ["exposed"]


async def test_an_answer_in_the_middle_of_a_thread() -> None:
    """The answer has In-Reply-To alone, which names the message before it and not the first."""
    bench = AudienceBench()
    theirs = bench.mail(
        to=[ANN],
        cc=outside(10),
        sender="kim@partner.example",
        way="in",
        Message_ID="<k2@partner.example>",
        References="<k1@partner.example>",
    )
    await bench.relayed(theirs)
    answer = bench.reply(to=outside(10), References="", **{"In-Reply-To": "<k2@partner.example>"})
    assert await bench.codes(answer) == []


async def test_one_confirmation_covers_the_thread() -> None:
    """Answers to it too, with whomever."""
    bench = AudienceBench()
    first = bench.mail(to=outside(10), Message_ID="<first@example.co.uk>")
    assert await bench.codes(first) == ["exposed"]
    await bench.confirmed.add(await bench.filter.confirmations(first), bench.at)
    assert await bench.codes(first) == []
    assert await bench.codes(bench.reply(to=outside(14), References="<first@example.co.uk>")) == []
    assert await bench.codes(bench.reply(to=outside(14), References="", subject=f"Re: {first.message.subject}")) == [
        "exposed"
    ]
    assert await bench.codes(bench.mail(to=outside(14))) == ["exposed"]


async def test_the_finding_is_for_those_outside() -> None:
    """Our own people's copies show nobody to a stranger."""
    bench = AudienceBench()
    (finding,) = await bench.filter.check(bench.mail(to=outside(10), cc=[MEMBERS[0]]))
    assert finding.recipients == set(outside(10))


# --- misdirected -----------------------------------------------------------------------------------------------------


async def wrote(bench: AudienceBench, address: str, sender: str = ANN) -> None:
    await bench.correspondents.add([(sender, address)], "sent", bench.at)


@pytest.mark.parametrize(
    ("usual", "typed"),
    [
        ("john@acmeltd.com", "john@acme-ltd.com"),
        ("john@acme-ltd.com", "john@acmeltd.com"),
        ("john@acme.com", "john@acme.co.uk"),
        ("john@acme.com", "john@acme-group.com"),
        ("john@gmail.com", "john@gmial.com"),
        ("john@acme.com", "john@acme.co"),
        ("john@acme.com", "john@mail.acme.com"),
        ("john@acme.com", "JHON@acme.com"),
        ("johnson@acme.com", "jahnson@acme.com"),
        ("johnson@acme.com", "johnsson@acme.com"),
        ("john.smith@acme.com", "smith.john@acme.com"),
        ("john.smith@acme.com", "john_smith@acme.com"),
        ("john.smith@acme.com", "johnsmith@acme.com"),
        ("john.smith@acme.com", "john.smyth@acme.com"),
        ("john.smith@exmaple-client.de", "john.smith@example-client.de"),
    ],
)
async def test_near_misses(usual: str, typed: str) -> None:
    """The address is near to one that its sender writes to; the reviewer reads which."""
    bench = AudienceBench()
    await wrote(bench, usual)
    (finding,) = await bench.filter.check(bench.mail(to=[typed]))
    assert finding.code == "audience.misdirected"
    assert finding.recipients == {typed}
    assert finding.evidence[0].quote == f"{usual}, not {typed}"


@pytest.mark.parametrize(
    ("usual", "typed"),
    [
        ("john@acme.com", "john@acme.com"),
        ("john@acme.com", "joan@acme.com"),
        ("j.smith@acme.com", "p.smith@acme.com"),
        ("ann@acme.com", "amn@acme.com"),
        ("john@acme.com", "kate@acme.com"),
        ("john@acme.com", "john@zebra.com"),
        ("it@bt.com", "it@hp.com"),
        ("john@acme-ltd.com", "jahn@acmeltd.com"),
        ("john.smith@acme.com", "john.jones@acme.com"),
    ],
)
async def test_other_people(usual: str, typed: str) -> None:
    """A name of four letters with another letter in it, an initial, a short domain, and two slips at once."""
    bench = AudienceBench()
    await wrote(bench, usual)
    assert await bench.codes(bench.mail(to=[typed])) == []


async def test_whom_one_has_written_to_is_meant() -> None:
    """However near it is to another; and where both are written to, nothing was mistaken."""
    bench = AudienceBench()
    await wrote(bench, "john@acmeltd.com")
    assert await bench.codes(bench.mail(to=["john@acmeltd.com", "john@acme-ltd.com"])) == []
    await wrote(bench, "john@acme-ltd.com")
    assert await bench.codes(bench.mail(to=["john@acme-ltd.com"])) == []


async def test_a_colleagues_usual_address_is_not_mine() -> None:
    """Each sender has his own."""
    bench = AudienceBench()
    await wrote(bench, "john@acmeltd.com", "tom@example.co.uk")
    assert await bench.codes(bench.mail(to=["john@acme-ltd.com"])) == []


async def test_how_often_makes_an_address_usual() -> None:
    """The setting `usual_messages` decides."""
    bench = AudienceBench(settings={"usual_messages": 2})
    await wrote(bench, "john@acmeltd.com")
    assert await bench.codes(bench.mail(to=["john@acme-ltd.com"])) == []
    await wrote(bench, "john@acmeltd.com")
    assert await bench.codes(bench.mail(to=["john@acme-ltd.com"])) == ["misdirected"]


async def test_one_confirmation_covers_the_pair() -> None:
    """The confirmation holds for good, in any thread, and for no other pair."""
    bench = AudienceBench()
    await wrote(bench, "john@acmeltd.com")
    await bench.confirmed.add(await bench.filter.confirmations(bench.mail(to=["john@acme-ltd.com"])), bench.at)
    assert await bench.codes(bench.mail(to=["John@ACME-ltd.com"])) == []
    assert await bench.codes(bench.mail(to=["john@acme-limited.com"])) == []
    assert await bench.codes(bench.mail(to=["john@acmeltd.co"])) == ["misdirected"]


@pytest.mark.parametrize(("before", "found"), [(MAX_STRANGERS - 1, ["misdirected"]), (MAX_STRANGERS, [])])
async def test_only_the_first_strangers_are_compared(before: int, found: list[str]) -> None:
    """Senders who write to more strangers at once take them from a list."""
    bench = AudienceBench(settings={"exposed": 1_000})
    await wrote(bench, "john@acmeltd.com")
    strangers = [f"someone{n}@place{n}.example" for n in range(before)]
    assert await bench.codes(bench.mail(to=[*strangers, "john@acme-ltd.com"])) == found


@pytest.mark.parametrize("address", ["a@b", "x" * 64 + "@" + "y" * 60 + ".com", "@", "no-at", '"a b"@c.d', "é@ü.de"])
def test_variants_of_anything_are_bounded(address: str) -> None:
    """And the address itself is none."""
    found = variants(address)
    assert len(found) <= MAX_VARIANTS
    assert address not in found
