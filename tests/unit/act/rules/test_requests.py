"""People who may ask for copies of a held message, and copies that a reply releases at once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.act.rules.control_address import ControlAddress
from gateway.act.rules.release_rules import ReleaseRules
from gateway.act.rules.requests import RequestRules, key_of
from gateway.directory.domains import Domains
from gateway.remember.records import HeldCopy, HeldMessage
from tests.support.builders.judgement import NOW, settings

BOB, ANN, JOE = "bob@example.co.uk", "ann@example.co.uk", "joe@outside.example"
CONTROL = "control_address: mailwarden@gw.example.co.uk\n"


def rules(folder: Path, filters: str = "- probe") -> RequestRules:
    loaded = settings(folder, filters, more=CONTROL)
    release = ReleaseRules(loaded.filters, (), timedelta(days=3))
    return RequestRules(ControlAddress("m@gw.example.co.uk", bytes(32)), release, Domains(["example.co.uk"]))


def held(mail_from: str, *copies: HeldCopy) -> HeldMessage:
    facts = {"message_id": "", "bytes": 1, "client": {}, "envelope": {}, "findings": [], "edits": []}
    return HeldMessage("m1", NOW, "inbound", "mixed", mail_from, "s", codes=("probe.hold",), copies=copies, **facts)  # type: ignore[arg-type]


def copy(address: str, direction: str = "inbound", **values: object) -> HeldCopy:
    return HeldCopy(**{"address": address, "direction": direction, "codes": ("probe.hold",)} | values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("mail_from", "copies", "expected"),
    [
        (JOE, (copy(BOB), copy(ANN)), {BOB: [BOB], "Bob@Example.co.uk": [BOB], ANN: [ANN], JOE: []}),
        (ANN, (copy(BOB, "internal"), copy(JOE, "outbound")), {ANN: [BOB, JOE], BOB: [BOB], JOE: []}),
        (ANN, (copy(BOB),), {ANN: [], BOB: [BOB]}),
        (JOE, (copy(BOB, state="released"), copy(ANN, state="deleted")), {BOB: [], ANN: []}),
        ("", (copy(BOB),), {"": [], BOB: [BOB]}),
    ],
    ids=["recipients", "our sender", "inbound from our address", "settled", "null sender"],
)
def test_who_may_ask_for_what(
    tmp_path: Path, mail_from: str, copies: tuple[HeldCopy, ...], expected: dict[str, list[str]]
) -> None:
    """A recipient asks for their own copy, our sender for all; nobody outside asks."""
    ours, entry = rules(tmp_path), held(mail_from, *copies)
    found = {person: [c.address for c in ours.copies(entry, person)] for person in expected}
    assert found == expected
    assert {one for one in ours.persons(entry) if ours.copies(entry, one)} == {
        one for one, addresses in expected.items() if addresses and one == one.lower()
    }


def test_what_a_reply_releases_at_once(tmp_path: Path) -> None:
    """The person's own copy, if every code of it is left to the recipient in its direction."""
    ours = rules(tmp_path, "- probe: {actions: {probe.hold: {do: quarantine, release: recipient}}}")
    assert ours.at_once([copy(BOB)], BOB)
    assert not ours.at_once([copy(BOB), copy(ANN)], BOB)
    assert not ours.at_once([copy(BOB, codes=("probe.hold", "probe.reject"))], BOB)
    assert not ours.at_once([copy(BOB, codes=("gateway.poison",))], BOB)
    assert not ours.at_once([copy(BOB, codes=())], BOB)
    assert not rules(tmp_path).at_once([copy(BOB)], BOB)


def test_a_key_is_the_end_of_an_id() -> None:
    """The beginning of an id is its time, which many share."""
    assert key_of("0199d0aa-5b1c-7c3e-9d55-0000005f3a1c") == "5f3a1c"
