"""The judgement: deferrals remembered, the copies as they would go, and amendments that can't be made."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from gateway.contract import Finding, Mail
from gateway.judge.codes import CONFLICT, DEFERRED, ERROR
from gateway.judge.describe import action_of_message, codes_of
from gateway.message.edits import AddHeader, Edit, InsertText, RemovePart, RenameHeader, ReplacePart
from tests.support.builders.judgement import NOW, Bench, finding, mail
from tests.unit.judge.conftest import MakeBench

BOB, ANN, OUT = "in:bob@example.co.uk", "in:ann@example.co.uk", "out:joe@outside.example"
NOTE, OTHER = AddHeader("X-Note", "1"), AddHeader("X-Other", "2")

SIGNED = (
    b"From: eve@outside.example\r\nSubject: Signed\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/signed; protocol="application/pgp-signature"; boundary=b\r\n\r\n'
    b"--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n"
    b"--b\r\nContent-Type: application/pgp-signature\r\n\r\nsig\r\n--b--\r\n"
)


class Deferrals:
    """Remembers as the store does."""

    def __init__(self) -> None:
        self.since: dict[str, datetime] = {}

    async def __call__(self, filter_name: str, about: Mail) -> datetime:
        return self.since.setdefault(filter_name, about.received_at)


# --- deferrals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (timedelta(hours=4, seconds=-1), "defer"),
        (timedelta(hours=4), "defer"),
        (timedelta(hours=4, seconds=1), "quarantine"),
    ],
)
async def test_a_message_deferred_for_too_long_is_held(bench: MakeBench, after: timedelta, expected: str) -> None:
    """`defer_limit`, counted from the first deferral by that filter."""
    made = bench()
    made.probes[0].finds = [finding("probe.away")]
    deferrals = Deferrals()
    first = await made.judge.judge(mail(), first_deferred=deferrals)
    assert first.verdict.deferred_by == ("probe",)
    again = await made.judge.judge(mail(received_at=NOW + after), first_deferred=deferrals)
    assert action_of_message(again.verdict) == expected
    assert codes_of(again.verdict) == ((DEFERRED,) if expected == "quarantine" else ("probe.away",))


async def test_each_filter_has_its_own_limit(bench: MakeBench) -> None:
    """The one that is late holds nothing while another defers."""
    made = bench("- probe\n- probe: {name: second}\n")
    for probe in made.probes:
        probe.finds = [finding("probe.away")]
    deferrals = Deferrals()
    deferrals.since = {"probe": NOW - timedelta(hours=5), "second": NOW}
    verdict = (await made.judge.judge(mail(), first_deferred=deferrals)).verdict
    assert verdict.deferred_by == ("second",)
    assert codes_of(verdict) == (DEFERRED, "probe.away")


async def test_a_filter_that_breaks_for_too_long_is_held_too(bench: MakeBench) -> None:
    """An exception defers as the scanner's absence does; nothing is deferred for ever."""
    made = bench("- probe: {actions: {probe.away: {inbound: reject}}}")
    made.probes[0].finds = [finding("probe.away")]
    deferrals = Deferrals()
    deferrals.since = {"probe": NOW - timedelta(hours=5)}
    verdict = (await made.judge.judge(mail(BOB, OUT), first_deferred=deferrals)).verdict
    assert [d.disposition for d in verdict.decisions] == ["quarantine", "quarantine"]
    assert codes_of(verdict) == (DEFERRED,)


async def test_explain_and_release_remember_no_deferral(bench: MakeBench) -> None:
    """They say what would be done now."""
    made = bench()
    made.probes[0].finds = [finding("probe.away")]
    assert action_of_message((await made.judge.judge(mail())).verdict) == "defer"


# --- the copies ------------------------------------------------------------------------------------------------------


async def test_without_edits_the_copy_is_the_message(bench: MakeBench) -> None:
    """Law 4: the same octets."""
    about = mail(BOB, ANN)
    (copy,) = (await bench().judge.judge(about)).copies
    assert copy.content is about.message.raw
    assert [r.address for r in copy.recipients] == ["bob@example.co.uk", "ann@example.co.uk"]


async def test_each_version_is_rendered_once(bench: MakeBench) -> None:
    """Recipients with the same edits share a copy; held ones have none."""
    made = bench("- probe: {actions: {probe.hold: {inbound: quarantine, outbound: log}}}")
    made.probes[0].finds = [
        finding("probe.amend", edits=(NOTE,), recipients=frozenset({"joe@outside.example", "jim@outside.example"})),
        finding("probe.hold"),
    ]
    about = mail("out:joe@outside.example", "out:ned@outside.example", BOB, "out:jim@outside.example")
    judged = await made.judge.judge(about, on_entry=(ours(OTHER),))
    assert {tuple(r.address for r in c.recipients): c.edits for c in judged.copies} == {
        ("joe@outside.example", "jim@outside.example"): (OTHER, NOTE),
        ("ned@outside.example",): (OTHER,),
    }
    assert judged.copies[0].content.startswith(b"X-Note: 1\r\nX-Other: 2\r\nFrom:")


async def test_the_gateways_own_edits_are_an_amendment(bench: MakeBench) -> None:
    """A renamed header is on record: as a finding, and in the action."""
    raw = b"X-Mailwarden-Tag: forged\r\n\r\nx\r\n"
    renamed = RenameHeader("X-Mailwarden-Tag", "X-Untrusted-X-Mailwarden-Tag")
    judged = await bench().judge.judge(mail(raw=raw), on_entry=(ours(renamed),))
    assert judged.copies[0].content == b"X-Untrusted-" + raw
    assert action_of_message(judged.verdict) == "amend"
    assert [j.code for j in judged.verdict.judged] == ["header.untrusted"]


def ours(edit: Edit) -> Finding:
    """Return a finding of the gateway's own, on entry."""
    return Finding("header.untrusted", "Renamed.", edits=(edit,))


# --- amendments that can't be made -----------------------------------------------------------------------------------


def replaced(text: str) -> ReplacePart:
    return ReplacePart("1", text)


async def conflicting(bench: Bench, about: Mail, *edits: ReplacePart) -> None:
    bench.probes[0].finds = [finding("probe.amend", edits=(edit,)) for edit in edits]


async def test_edits_that_contradict_hold_the_copy(bench: MakeBench) -> None:
    """Never a silent winner."""
    made = bench()
    await conflicting(made, mail(), replaced("a"), replaced("b"))
    judged = await made.judge.judge(mail())
    assert judged.copies == ()
    assert [j.code for j in judged.verdict.decisions[0].holding] == [CONFLICT]
    assert "replace_part" in judged.verdict.judged[-1].found.finding.summary


async def test_an_equal_edit_is_no_conflict(bench: MakeBench) -> None:
    """Two findings about one part agree."""
    made = bench()
    await conflicting(made, mail(), replaced("a"), replaced("a"))
    (copy,) = (await made.judge.judge(mail())).copies
    assert copy.edits == (replaced("a"),)


async def test_a_conflict_holds_those_whom_it_concerns(bench: MakeBench) -> None:
    """The others get theirs."""
    made = bench()
    joe = frozenset({"joe@outside.example"})
    made.probes[0].finds = [finding("probe.amend", edits=(replaced(t),), recipients=joe) for t in "ab"]
    judged = await made.judge.judge(mail("out:joe@outside.example", "out:ned@outside.example"))
    assert [d.disposition for d in judged.verdict.decisions] == ["quarantine", "relay"]
    assert [r.address for c in judged.copies for r in c.recipients] == ["ned@outside.example"]


async def test_a_waived_conflict_goes_without_the_amendments(bench: MakeBench) -> None:
    """A reviewer lets it go; our own edits are still made."""
    made = bench()
    await conflicting(made, mail(), replaced("a"), replaced("b"))
    waived = {"bob@example.co.uk": {CONFLICT}}
    (copy,) = (await made.judge.judge(mail(), on_entry=(ours(OTHER),), waived=waived)).copies
    assert copy.edits == (OTHER,)


@pytest.mark.parametrize("edit", [InsertText("1.1", "end", "Disclaimer", "<p>Disclaimer"), RemovePart("1.2")])
async def test_signed_content_is_not_edited(bench: MakeBench, edit: InsertText | RemovePart) -> None:
    """Law 4: the signature would break; a person decides."""
    made = bench()
    made.probes[0].finds = [finding("probe.amend", edits=(edit,))]
    judged = await made.judge.judge(mail(raw=SIGNED))
    assert judged.copies == ()
    assert codes_of(judged.verdict) == ("probe.amend", CONFLICT)
    assert "multipart/signed" in judged.verdict.judged[-1].found.finding.summary


async def test_the_header_around_signed_content_may_be_edited(bench: MakeBench) -> None:
    """It isn't signed."""
    made = bench("- probe: {action: {do: tag, label: '[X]'}}")
    made.probes[0].finds = [finding("probe.tag")]
    (copy,) = (await made.judge.judge(mail(raw=SIGNED))).copies
    assert copy.content.endswith(SIGNED.partition(b"MIME-Version")[2])
    assert b"Subject: [X] Signed\r\n" in copy.content


async def test_an_edit_that_fits_nothing_holds_the_copy(bench: MakeBench) -> None:
    """Its author had another message in mind; no retry cures it."""
    made = bench()
    made.probes[0].finds = [finding("probe.amend", edits=(RemovePart("1.7"),))]
    assert codes_of((await made.judge.judge(mail())).verdict) == ("probe.amend", CONFLICT)


async def test_after_the_queue_reaches_the_policy(bench: MakeBench) -> None:
    """`after_queue` of the listener."""
    made = bench()
    made.probes[0].finds = [finding("probe.reject")]
    judged = await made.judge.judge(mail(), after_queue=True)
    assert action_of_message(judged.verdict) == "quarantine"


async def test_a_broken_filter_defers(bench: MakeBench) -> None:
    """End to end through chain and policy."""
    made = bench()
    made.probes[0].finds = [finding("probe.unheard")]
    judged = await made.judge.judge(mail())
    assert codes_of(judged.verdict) == (ERROR,)
    assert judged.verdict.deferred_by == ("probe",)
