"""`release: recipient`: what a recipient's reply may release, and what it never may."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

import pytest

from filters.registry import FILTERS
from gateway.contract import DIRECTIONS, Filter
from gateway.settings.chain.checks import check_replies
from gateway.settings.models import Settings
from gateway.settings.yaml.yaml_reading import Reading
from tests.unit.settings import conftest
from tests.unit.settings.conftest import FakeAttachments

Load = Callable[..., Settings]
Problems = Callable[..., list[str]]

CONTROL = "control_address: mailwarden@gw.example.co.uk\n"
BY_RECIPIENT = "{do: quarantine, release: recipient}"


class Programs(FakeAttachments):
    """Attachments of which one kind is kept from recipients."""

    never_by_recipient: ClassVar[Mapping[str, str]] = {"attachment.executable": "it may start a program"}


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch, payments: None) -> None:
    monkeypatch.setitem(conftest.FILTERS, "attachments", Programs)


def test_the_recipient_releases_where_that_is_written(load: Load) -> None:
    """Only our own recipient: outbound mail and errors are a reviewer's."""
    keys = f"directions: [inbound, outbound], on_error: quarantine, actions: {{attachment.macro: {BY_RECIPIENT}}}"
    (got,) = load(f"{CONTROL}filters:\n  - attachments: {{{keys}}}\n").filters
    found = {direction: got.action_for("attachment.macro", direction).release for direction in DIRECTIONS}
    assert found == {"inbound": "recipient", "outbound": "one", "internal": "recipient"}
    assert {spec.release for spec in got.failure.values()} == {"one"}


@pytest.mark.parametrize(
    ("top", "entry", "sentence"),
    [
        (
            "",
            f"attachments: {{actions: {{attachment.macro: {BY_RECIPIENT}}}}}",
            "recipient needs `control_address`, where the recipient's reply goes (docs/quarantine.md)",
        ),
        (
            CONTROL,
            f"attachments: {{actions: {{attachment.macro: {{outbound: {BY_RECIPIENT}}}}}}}",
            "outbound mail has no recipient of ours who could release it",
        ),
        (
            CONTROL,
            "attachments: {directions: [outbound], actions: {attachment.macro: {do: quarantine, release: recipient}}}",
            "outbound mail has no recipient of ours who could release it",
        ),
        (
            CONTROL,
            f"attachments: {{actions: {{attachment.executable: {BY_RECIPIENT}}}}}",
            "attachment.executable is never released by its recipient: it may start a program",
        ),
        (
            CONTROL,
            "attachments: {release: recipient}",
            "attachment.executable is never released by its recipient: it may start a program; give `release` to the "
            "other codes, in `actions`",
        ),
        (
            CONTROL,
            f"virus: {{clamd: x, actions: {{virus.found: {BY_RECIPIENT}}}}}",
            "virus.found is never released by its recipient: there is a virus in it",
        ),
        (
            CONTROL,
            f"payments: {{actions: {{payments.change: {BY_RECIPIENT}}}}}",
            "payments.change is never released by its recipient: somebody has to verify it first (docs/payments.md)",
        ),
    ],
    ids=["no address", "outbound action", "outbound entry", "program", "among others", "virus", "payment"],
)
def test_what_no_recipient_releases(problems: Problems, top: str, entry: str, sentence: str) -> None:
    """The mistake is told at the key that asks for it, with the reason."""
    (told,) = problems(f"{top}filters:\n  - {entry}\n")
    assert told.startswith(f"gateway.yaml:{4 + bool(top)}:")
    assert told.endswith(f"release: {sentence}")


@pytest.mark.parametrize(
    "code",
    [
        *("virus.found", "virus.heuristic", "virus.limits", "attachment.executable", "attachment.script"),
        *("attachment.shortcut", "attachment.disk_image", "attachment.smuggling", "payment_change.account"),
        "language.threat",
    ],
)
def test_the_shipped_filters_keep_these(code: str, load: Load) -> None:
    """Viruses, programs, whatever changes where money goes, and threats, whose notice asks for no reply."""
    load()  # the folder has the shipped files
    cls: type[Filter] = next(cls for cls in FILTERS.values() if code in cls.codes)
    told: list[str] = []

    class Noting(Reading):
        def complain(self, at: object, sentence: str, *_: object, **__: object) -> None:
            told.append(sentence)

    reading = Noting.__new__(Noting)
    reading.data = {"control_address": "x"}
    check_replies(reading, cls, {"actions": {code: {"do": "quarantine", "release": "recipient"}}}, ("filters", 0))
    assert [one.partition(":")[0] for one in told] == [f"{code} is never released by its recipient"]


def test_addresses_of_reviewers(problems: Problems, load: Load) -> None:
    """Each is of a user who is a reviewer; a slip is found."""
    more = "reviewers: {alice: [reviewer]}\nreviewer_addresses: {%s: a@example.co.uk}\n"
    assert load(more % "alice").reviewer_addresses == {"alice": "a@example.co.uk"}
    (told,) = problems(more % "alcie")
    assert "reviewer_addresses.alcie: is no user in `reviewers`" in told
    assert "alice" in told
