"""The chain: which action a code has in which direction, exemptions, and what is wrong with an entry."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.contract import DIRECTIONS, Direction
from gateway.settings.chain.entries import ActionSpec, FilterEntry
from gateway.settings.models import Settings

Load = Callable[..., Settings]
Problems = Callable[..., list[str]]
Entry = Callable[[str], FilterEntry]


def test_an_entry_has_what_its_filter_ships_with(load: Load, folder: Path) -> None:
    """Mode, directions and `on_error` where they are unset; a name alone is an entry."""
    virus, attachments = load("filters:\n  - virus: {clamd: x}\n  - attachments\n").filters
    assert (virus.name, virus.kind, virus.mode, virus.on_error) == ("virus", "virus", "enforce", "defer")
    assert virus.directions == ("inbound", "outbound", "internal")
    assert (attachments.mode, attachments.directions) == ("monitor", ("inbound",))
    assert (attachments.file, attachments.line, attachments.shown) == (folder / "gateway.yaml", 5, "gateway.yaml:5")


def test_an_entry_may_set_them(entry: Entry) -> None:
    """`off` is text in YAML 1.2."""
    got = entry("name: second\nmode: off\ndirections: [outbound]\non_error: accept\n")
    assert (got.name, got.mode, got.directions, got.on_error) == ("second", "off", ("outbound",), "accept")


def test_the_chain_has_the_lists_order(load: Load) -> None:
    """Two instances of a filter have names of their own."""
    text = "filters:\n  - virus: {clamd: x, name: b}\n  - attachments\n  - virus: {clamd: y, name: a}\n"
    assert [entry.name for entry in load(text).filters] == ["b", "attachments", "a"]


def test_the_filters_own_settings_are_its_own_type(entry: Entry) -> None:
    """Keys that are not everybody's go to the filter's `Settings`."""
    assert entry("timeout_seconds: 5").settings.model_dump()["timeout_seconds"] == 5.0


@pytest.mark.parametrize(("written", "kept"), [("64 KiB", 65536), ("2048", 2048)])
def test_a_filters_keys_in_bytes_take_sizes(entry: Entry, written: str, kept: int) -> None:
    """The unit at the end of a key's name says so."""
    assert entry(f"max_stream_bytes: {written}").settings.model_dump()["max_stream_bytes"] == kept


def test_a_filters_keys_in_seconds_take_durations(entry: Entry) -> None:
    """The gateway's own keys take durations too."""
    assert entry("timeout_seconds: 2m").settings.model_dump()["timeout_seconds"] == 120.0


# --- which action ----------------------------------------------------------------------------------------------------

ALL: tuple[Direction, ...] = ("inbound", "outbound", "internal")


@pytest.mark.parametrize(
    ("keys", "code", "expected"),
    [
        ("", "virus.found", ("quarantine", "quarantine", "quarantine")),
        ("", "virus.encrypted", ("tag", "log", "log")),
        ("", "virus.unavailable", ("defer", "defer", "defer")),
        ("action: reject", "virus.found", ("reject", "reject", "reject")),
        ("action: reject", "virus.unavailable", ("defer", "defer", "defer")),
        ("on_error: accept", "virus.unavailable", ("accept", "accept", "accept")),
        ("on_error: accept", "virus.found", ("quarantine", "quarantine", "quarantine")),
        ("actions: {virus.unavailable: quarantine}\non_error: accept", "virus.unavailable", ("quarantine",) * 3),
        ("actions: {virus.found: discard}\naction: reject", "virus.found", ("discard",) * 3),
        ("actions: {virus.found: discard}\naction: reject", "virus.encrypted", ("reject",) * 3),
        ("action: {inbound: tag}", "virus.found", ("tag", "quarantine", "quarantine")),
        ("actions: {virus.found: {outbound: log}}\naction: {inbound: tag}",
         "virus.found", ("tag", "log", "quarantine")),
        ("actions: {virus.unavailable: {inbound: tag}}", "virus.unavailable", ("tag", "defer", "defer")),
        ("action: {do: reject}", "virus.found", ("reject",) * 3),
        ("action: {inbound: {do: tag, label: '[V]'}, internal: log}", "virus.found", ("tag", "quarantine", "log")),
        ("action: ", "virus.found", ("quarantine",) * 3),
    ],
)  # fmt: skip
def test_the_first_that_is_set_is_the_action(entry: Entry, keys: str, code: str, expected: tuple[str, ...]) -> None:
    """The order is `actions`, `action`, shipped, for each direction; `action` leaves `on_error`'s codes alone."""
    got = entry(keys)
    assert tuple(got.action_for(code, direction).do for direction in ALL) == expected


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("", (None, None, None)),
        ("action: reject", (None, None, None)),
        ("action: tag", (None, None, None)),
        ("notify: [reviewers]", (("reviewers",),) * 3),
        ("notify: [reviewers]\naction: reject", (("reviewers",),) * 3),
        ("notify: []", ((), (), ())),
        ("notify: [reviewers]\naction: {do: quarantine, notify: [sender, recipient]}", (("sender", "recipient"),) * 3),
        ("notify: [reviewers]\naction: {do: quarantine, notify: []}", ((), (), ())),
    ],
)
def test_who_is_told(entry: Entry, keys: str, told: tuple[tuple[str, ...] | None, ...]) -> None:
    """Unset is None: the notices then know whom a held copy concerns. An empty list is set, and tells nobody."""
    got = entry(keys)
    assert tuple(got.action_for("virus.found", direction).notify for direction in ALL) == told


def test_who_may_release(entry: Entry) -> None:
    """One person, as shipped."""
    assert entry("").action_for("virus.found", "inbound").release == "one"
    assert entry("release: one").action_for("virus.found", "inbound").release == "one"


TWO = "reviewers: {alice: [approver], bob: [reviewer, approver]}\n"


@pytest.mark.parametrize(
    ("keys", "codes"),
    [
        ("release: two_people", {"virus.found", "virus.encrypted", "virus.unavailable"}),
        ("actions: {virus.found: {do: quarantine, release: two_people}}", {"virus.found"}),
        ("action: {do: quarantine, release: two_people}", {"virus.found", "virus.encrypted"}),
        ("action: {inbound: {do: quarantine, release: two_people}}", {"virus.found", "virus.encrypted"}),
        ("release: two_people\n      action: {do: quarantine, release: one}", {"virus.unavailable"}),
    ],
)
def test_two_people_release_where_that_is_written(load: Load, keys: str, codes: set[str]) -> None:
    """The setting is that of the entry, or of an action."""
    (got,) = load(f"{TWO}filters:\n  - virus:\n      clamd: x\n      {keys}\n").filters
    assert {code for code in got.cls.codes if got.action_for(code, "inbound").release == "two_people"} == codes


@pytest.mark.parametrize(
    ("reviewers", "named"),
    [
        ("", "none is named"),
        ("reviewers: {alice: [reviewer], bob: [administrator]}\n", "none is named"),
        ("reviewers: {alice: [reviewer, approver], bob: [reviewer]}\n", "one is named"),
    ],
)
@pytest.mark.parametrize(
    ("keys", "place"),
    [
        ("release: two_people", "release"),
        ("action: {do: quarantine, release: two_people}", "action.release"),
        ("action: {inbound: {do: quarantine, release: two_people}}", "action.inbound.release"),
        ("actions: {virus.found: {do: quarantine, release: two_people}}", "actions[virus.found].release"),
        (
            "actions: {virus.found: {internal: {do: quarantine, release: two_people}}}",
            "actions[virus.found].internal.release",
        ),
    ],
)
def test_two_people_need_two_approvers(problems: Problems, reviewers: str, named: str, keys: str, place: str) -> None:
    """Else nobody could ever release it; told at the line that asks for it."""
    (told,) = problems(f"{reviewers}filters:\n  - virus:\n      clamd: x\n      {keys}\n")
    line = 3 + bool(reviewers) + 3
    assert told.startswith(f"gateway.yaml:{line}:")
    assert told.endswith(f"{place}: two_people needs two approvers under `reviewers`: {named}")


CONTROL = "control_address: mailwarden@gw.example.co.uk\n"
BY_SENDER = "{do: quarantine, release: sender}"


def test_the_sender_releases_where_that_is_written(load: Load) -> None:
    """The sender may release findings about our own mail; mail of strangers, and errors, are a reviewer's."""
    keys = f"actions: {{attachment.executable: {BY_SENDER}}}"
    all_ways = "directions: [inbound, outbound], on_error: quarantine"
    for written in (keys, "release: sender", f"action: {BY_SENDER}"):
        (got,) = load(f"{CONTROL}filters:\n  - attachments: {{{all_ways}, {written}}}\n").filters
        found = [got.action_for("attachment.executable", direction).release for direction in DIRECTIONS]
        assert found == ["one", "sender", "sender"]
        assert {spec.release for spec in got.failure.values()} == {"one"}


@pytest.mark.parametrize(
    ("top", "keys", "place", "sentence"),
    [
        (
            "",
            "release: sender",
            "release",
            "sender needs `control_address`, where the sender's reply goes (docs/confirm.md)",
        ),
        (
            CONTROL,
            f"action: {{inbound: {BY_SENDER}}}",
            "action.inbound.release",
            "inbound mail has no sender of ours who could confirm it",
        ),
        (
            CONTROL,
            "directions: [inbound], release: sender",
            "release",
            "inbound mail has no sender of ours who could confirm it",
        ),
        (
            CONTROL,
            "release: sender",
            "release",
            "payments.change is never released by its sender: give `release` to the other codes, in `actions`",
        ),
        (
            CONTROL,
            f"action: {BY_SENDER}",
            "action.release",
            "payments.change is never released by its sender: give `release` to the other codes, in `actions`",
        ),
        (
            CONTROL,
            f"actions: {{payments.change: {BY_SENDER}}}",
            "actions[payments.change].release",
            "payments.change is never released by its sender",
        ),
        (
            CONTROL,
            f"actions: {{payments.change: {{outbound: {BY_SENDER}}}}}",
            "actions[payments.change].outbound.release",
            "payments.change is never released by its sender",
        ),
    ],
)
@pytest.mark.usefixtures("payments")
def test_what_no_sender_releases(problems: Problems, top: str, keys: str, place: str, sentence: str) -> None:
    """A reply could not reach it, or somebody else has to verify it; the mistake is at the line that asks for it."""
    kind = "payments" if "payments" in sentence else "attachments"
    directions = "" if "directions" in keys or kind == "payments" else "directions: [inbound, outbound], "
    (told,) = problems(f"{top}filters:\n  - {kind}: {{{directions}{keys}}}\n")
    assert told.startswith(f"gateway.yaml:{4 + bool(top)}:")
    assert told.endswith(f"{place}: {sentence}")


@pytest.mark.usefixtures("payments")
def test_other_codes_of_such_a_filter_may_be_the_senders(load: Load) -> None:
    """One by one."""
    (got,) = load(f"{CONTROL}filters:\n  - payments: {{actions: {{payments.other: {BY_SENDER}}}}}\n").filters
    assert got.action_for("payments.other", "outbound").release == "sender"


@pytest.mark.parametrize(
    ("top", "keys", "release"),
    [
        ("", "", "one"),
        (CONTROL, "", "sender"),
        (CONTROL, "action: quarantine", "sender"),
        (CONTROL, "release: one", "one"),
        (CONTROL, "actions: {payments.ours: {do: quarantine, release: one}}", "one"),
    ],
)
@pytest.mark.usefixtures("payments")
def test_what_a_sender_may_confirm_is_theirs_once_there_is_an_address(
    load: Load, top: str, keys: str, release: str
) -> None:
    """The sender releases where nothing else is written, and never inbound mail."""
    (got,) = load(f"{top}filters:\n  - payments: {{{keys}}}\n").filters
    assert got.action_for("payments.ours", "outbound").release == release
    assert got.action_for("payments.ours", "inbound").release == "one"
    assert got.action_for("payments.other", "outbound").release == "one"


def test_no_sender_releases_a_virus(problems: Problems) -> None:
    """Named or among others."""
    for keys in (f"actions: {{virus.found: {BY_SENDER}}}", "release: sender"):
        (told,) = problems(f"{CONTROL}filters:\n  - virus: {{clamd: x, {keys}}}\n")
        assert "virus.found is never released by its sender" in told


@pytest.mark.parametrize(
    ("address", "wrong"),
    [
        ("mailwarden@gw.example.co.uk", ""),
        ("MW_1.a-b@gw.example.co.uk", ""),
        ("fifteen-letters@gw.example.co.uk", ""),
        ("sixteen-letters-@gw.example.co.uk", "before the @ at most 15 letters"),
        ("a-sixteen-letter@gw.example.co.uk", "before the @ at most 15 letters"),
        ("mail+warden@gw.example.co.uk", "before the @ at most 15 letters"),
        ("mailwarden", "an e-mail address is expected"),
        ("mailwarden@.example.co.uk", "one domain is expected"),
    ],
)
def test_a_control_address(load: Load, problems: Problems, address: str, wrong: str) -> None:
    """It leaves room for a token in the 64 octets of a local part."""
    if wrong:
        (told,) = problems(f"control_address: '{address}'\n")
        assert wrong in told
    else:
        assert load(f"control_address: '{address}'\n").control_address == address


def test_reviewers_with_mistakes_are_told_alone(problems: Problems) -> None:
    """The number of approvers isn't known then."""
    told = problems("reviewers: {alice: [aprover]}\nfilters:\n  - virus: {clamd: x, release: two_people}\n")
    assert len(told) == 1
    assert "approver" in told[0]


@pytest.mark.parametrize(
    ("reviewers", "keys", "release"),
    [
        ("", "", "one"),
        ("reviewers: {alice: [approver], bob: [reviewer]}\n", "", "one"),
        (TWO, "", "two_people"),
        (TWO, "action: tag", "two_people"),
        (TWO, "release: one", "one"),
        (TWO, "actions: {payments.change: {do: quarantine, release: one}}", "one"),
        (TWO, "actions: {payments.change: {do: quarantine, notify: []}}", "two_people"),
    ],
)
@pytest.mark.usefixtures("payments")
def test_what_has_to_be_verified_is_released_by_two_people_once_there_are_two(
    load: Load, reviewers: str, keys: str, release: str
) -> None:
    """Two people release where nothing else is written; one person releases other codes of the same filter."""
    (got,) = load(f"{reviewers}filters:\n  - payments: {{{keys}}}\n").filters
    assert got.action_for("payments.change", "outbound").release == release
    assert got.action_for("payments.other", "outbound").release == "one"
    assert (got.needs_verification("payments.change"), got.needs_verification("payments.other")) == (True, False)


@pytest.mark.usefixtures("payments")
def test_notices_of_a_filters_own_are_known(problems: Problems, load: Load) -> None:
    """The filter gives the notice its name."""
    (told,) = problems("held_notices: {payment: n.txt}\n", **{"n_txt": "x"})
    assert told == ("gateway.yaml:3:16: held_notices.payment: no filter has such a notice (did you mean payments?)")
    assert set(load("held_notices: {payments: n.txt}\n", **{"n_txt": "x"}).held_notices) == {"payments"}


def test_an_action_knows_its_line(entry: Entry) -> None:
    """The key that decided: `explain` and the log show it."""
    got = entry("action: reject\nactions:\n  virus.found:\n    inbound: tag\n    outbound: log\non_error: defer")
    assert got.action_for("virus.found", "inbound").where == "gateway.yaml:9"
    assert got.action_for("virus.found", "outbound").where == "gateway.yaml:10"
    assert got.action_for("virus.found", "internal").where == "gateway.yaml:6"
    assert got.action_for("virus.unavailable", "inbound").where == "gateway.yaml:11"
    assert got.where("virus.encrypted", "inbound") == "gateway.yaml:6"
    assert entry("").where("virus.found") == "gateway.yaml:4"


def test_the_entrys_line_stands_for_codes_of_others(entry: Entry) -> None:
    """A failure is no code of the filter."""
    assert entry("").where("gateway.error") == "gateway.yaml:4"


def test_a_failure_is_what_on_error_says(entry: Entry) -> None:
    """An exception or a time-out, and the line that says so."""
    assert entry("").failure["inbound"].do == "defer"
    held = entry("on_error: quarantine").failure["outbound"]
    assert held == ActionSpec("quarantine", None, "one", "", "gateway.yaml:6")


def test_an_undeclared_code_is_a_programmers_error(entry: Entry) -> None:
    """There is no action to give."""
    with pytest.raises(KeyError):
        entry("").action_for("virus.nope", "inbound")


def test_an_exemption_is_read(entry: Entry) -> None:
    """Addresses are compared in lower case."""
    got = entry("exempt:\n  - {senders: ['*@Partner.example'], networks: [192.0.2.0/24], codes: [virus.enc*]}").exempt
    assert got[0].senders == ("*@partner.example",)
    assert got[0].networks == (ipaddress.ip_network("192.0.2.0/24"),)
    assert (got[0].codes, got[0].groups, got[0].recipients) == (("virus.enc*",), (), ())
    assert got[0].where == "gateway.yaml:7"


def test_an_exemption_may_name_a_group_of_the_directory(load: Load) -> None:
    """A group that a person names exists too."""
    people = "directory: {people: [{name: A, addresses: [a@example.co.uk], groups: [lab]}], groups: {it: []}}\n"
    exempt = "filters: [virus: {clamd: x, exempt: [{groups: [lab, it], codes: [virus.encrypted]}]}]\n"
    assert load(people + exempt).filters[0].exempt[0].groups == ("lab", "it")


# --- what is wrong ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "line"),
    [
        ("viruses", "4:5: filters[0]: unknown filter: known are attachments, virus (did you mean virus?)"),
        ("structure: {}", "4:5: filters[0].structure: unknown filter: known are attachments, virus"),
        ("5", "4:5: filters[0]: one filter is expected: its name, and its settings indented below it"),
        ("virus:\n    clamd: x",
         "4:5: filters[0]: one filter is expected: its name, and its settings indented below it"),
        ("virus: x", "4:12: filters[0].virus: the settings of the filter are expected: keys and values"),
        ("virus", "4:5: filters[0].clamd: is missing"),
        ("virus: {clamd: x, timeout_seconds: soon}", "4:40: filters[0].virus.timeout_seconds: a duration is expected: "
         "seconds, or a number with s, m, h or d, not soon"),
        ("virus: {clamd: x, mode: false}",
         "4:29: filters[0].virus.mode: enforce, monitor or off is expected, not false "
         "(did you mean off?)"),
        ("virus: {clamd: x, directions: [inbond]}",
         "4:36: filters[0].virus.directions[0]: inbound, outbound or internal "
         "is expected, not inbond (did you mean inbound?)"),
        ("virus: {clamd: x, directions: []}", "4:35: filters[0].virus.directions: must not be empty"),
        ("virus: {clamd: x, acton: tag}", "4:23: filters[0].virus.acton: unknown key (did you mean action?)"),
        ("virus: {clamd: x, time_seconds: 5}",
         "4:23: filters[0].virus.time_seconds: unknown key (did you mean timeout_seconds?)"),
        ("virus: {clamd: x, action: defer}", "4:31: filters[0].virus.action: log, tag, amend, quarantine, reject or "
         "discard is expected, not defer"),
        ("virus: {clamd: x, action: amend}",
         "4:23: filters[0].virus.action: amend changes nothing: no finding of virus has edits"),
        ("virus: {clamd: x, actions: {virus.found: {inbound: log, outbound: amend}}}",
         "4:33: filters[0].virus.actions[virus.found]: amend changes nothing: no finding of virus has edits"),
        ("attachments: {actions: {attachment.macro: amend}}",
         "4:29: filters[0].attachments.actions[attachment.macro]: "
         "amend changes nothing: attachment.macro has no edits, only attachment.executable"),
        ("virus: {clamd: x, action: {inbond: tag}}",
         "4:31: filters[0].virus.action: inbond is not a direction (did you mean inbound?)"),
        ("virus: {clamd: x, action: {notify: [sender]}}", "4:31: filters[0].virus.action.do: is missing"),
        ("virus: {clamd: x, action: {do: tag, inbound: log}}",
         "4:31: filters[0].virus.action: an action is one for each direction or written out, not both in one"),
        ("virus: {clamd: x, action: {do: tag, nofity: [sender]}}",
         "4:41: filters[0].virus.action.nofity: unknown key (did you mean notify?)"),
        ("virus: {clamd: x, action: {do: log, label: x}}",
         "4:41: filters[0].virus.action.label: only tag puts a label before the subject"),
        ("virus: {clamd: x, action: [tag]}", "4:31: filters[0].virus.action: log, tag, amend, quarantine, reject or "
         "discard is expected, not a list"),
        ("virus: {clamd: x, actions: {virus.fond: tag}}",
         "4:33: filters[0].virus.actions[virus.fond]: virus has no such code (did you mean virus.found?)"),
        ("virus: {clamd: x, actions: {attachment.executable: tag}}",
         "4:33: filters[0].virus.actions[attachment.executable]: "
         "virus has no such code: known are virus.encrypted, virus.found, virus.unavailable"),
        ("virus: {clamd: x, exempt: [{senders: [a]}]}", "4:32: filters[0].virus.exempt[0].codes: is missing"),
        ("virus: {clamd: x, exempt: [{senders: [a], codes: []}]}",
         "4:54: filters[0].virus.exempt[0].codes: must not be empty"),
        ("virus: {clamd: x, exempt: [{codes: [virus.encrypted]}]}",
         "4:33: filters[0].virus.exempt[0].codes: an exemption "
         "needs senders, recipients, groups or networks too"),
        ("virus: {clamd: x, exempt: [{senders: [a], codes: [virus.found]}]}",
         "4:55: filters[0].virus.exempt[0].codes[0]: virus.found can't be exempted"),
        ("virus: {clamd: x, exempt: [{senders: [a], codes: ['virus.*']}]}",
         "4:55: filters[0].virus.exempt[0].codes[0]: virus.found can't be exempted"),
        ("virus: {clamd: x, exempt: [{senders: [a], codes: ['*']}]}",
         "4:55: filters[0].virus.exempt[0].codes[0]: virus.found can't be exempted"),
        ("virus: {clamd: x, exempt: [{senders: [a], codes: ['zzz.*']}]}",
         "4:55: filters[0].virus.exempt[0].codes[0]: virus "
         "has no such code: known are virus.encrypted, virus.found, virus.unavailable"),
        ("virus: {clamd: x, exempt: [{senders: ['*@*\u00df.example'], codes: [virus.encrypted]}]}",
         "4:43: filters[0].virus.exempt[0].senders[0]: behind an @, labels with other letters than ASCII "
         "are written whole, or in their ASCII form"),
        ("virus: {clamd: x, exempt: [{groups: [it], codes: [virus.encrypted]}]}",
         "4:42: filters[0].virus.exempt[0].groups[0]: the directory has no such group"),
        ("virus: {clamd: x}\n  - virus: {clamd: y}",
         "5:5: filters[1].virus: the filter in gateway.yaml:4 is named virus "
         "too: give this one a name of its own"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_entry_is_told_where_it_stands(problems: Problems, item: str, line: str) -> None:
    """The mistake has the word that was perhaps meant."""
    assert problems(f"filters:\n  - {item}\n") == [f"gateway.yaml:{line}"]


def test_a_code_with_edits_may_be_amended(load: Load) -> None:
    (entry,) = load("filters: [attachments: {action: amend, actions: {attachment.macro: tag}}]\n").filters
    assert entry.action_for("attachment.executable", "inbound").do == "amend"


def test_the_chain_is_a_list(problems: Problems) -> None:
    """Its order counts."""
    assert problems("filters: {virus: {clamd: x}}\n") == [
        "gateway.yaml:3:10: filters: a list of filters is expected: each begins with - on a line of its own"
    ]


def test_everything_wrong_with_an_entry_is_told_at_once(problems: Problems) -> None:
    """Its own keys, everybody's keys, codes and groups."""
    item = "virus: {clamd: 5, mode: on, actions: {virus.x: tag}, exempt: [{groups: [g], codes: [c]}]}"
    assert len(problems(f"filters:\n  - {item}\n")) == 5


def test_groups_are_not_judged_by_a_broken_directory(problems: Problems) -> None:
    """A group may be missing only because the directory couldn't be read."""
    exempt = "filters: [virus: {clamd: x, exempt: [{groups: [g], codes: [virus.encrypted]}]}]\n"
    assert len(problems("directory: {groups: {g: [5]}}\n" + exempt)) == 1
