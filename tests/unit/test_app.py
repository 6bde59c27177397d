"""The composition root: the gateway, a reload of it, and a command beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from gateway import app
from gateway.assemble.judge import build_judge
from gateway.assemble.services import build_services
from gateway.assemble.store import open_store
from gateway.judge.codes import POISON
from gateway.matching import pattern_index, pattern_reader
from gateway.remember.in_flight import InFlight
from gateway.remember.message_log import MessageLog
from gateway.remember.store import Store
from gateway.services.clock import SystemClock
from gateway.settings.models import Settings
from gateway.settings.yaml.file_search import SHIPPED
from gateway.settings.yaml.problems import ConfigurationError

MAIN = (
    "organisation: {name: Example Ltd, domains: [example.com]}\n"
    'listeners: [{name: in, address: "127.0.0.1:2525", direction: inbound, next_hop: "maildir:mail"}]\n'
    "data_dir: data\n"
    "filters: [structure]\n"
)


def settings_of(folder: Path, more: str = "") -> Settings:
    (folder / "gateway.yaml").write_text(MAIN + more)
    return app.read_settings(folder / "gateway.yaml")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_of(tmp_path)


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[Store]:
    store = await open_store(settings, create=True)
    yield store
    await store.close()


def test_every_code_is_known() -> None:
    """Those of the gateway, and those of filters outside the chain."""
    assert {POISON, "virus.found"} <= app.known_codes()


@pytest.mark.parametrize("read", [app.read_settings, app.look_over, app.read_with_remarks])
@pytest.mark.parametrize(
    ("key", "text", "told"),
    [
        (
            "held_notice: own.txt",
            "Held\n{{ rolle }}",
            "own.txt:2: held_notice: unknown placeholder rolle (did you mean role?)",
        ),
        (
            "held_notices: {personal: own.txt}",
            "Mail\n{{ findings[0].summery }}",
            "own.txt:2: held_notices.personal: unknown placeholder summery (did you mean summary?)",
        ),
        (
            "held_notices: {digest: own.txt}",
            "Held\n{{ role }}",
            "own.txt:2: held_notices.digest: unknown placeholder role; known are can_ask, contact, days, journal_days, "
            "more, notices, organisation, personal, policy, record, record_days",
        ),
        ("held_notice: own.txt", "Held\n{% if %}", "own.txt:2: held_notice: Expected an expression, got"),
    ],
)
def test_a_template_that_can_not_be_filled_in_is_a_mistake(
    tmp_path: Path, read: Callable[[Path], object], key: str, text: str, told: str
) -> None:
    """At the start, in `check` and at a reload: not when the first notice is due."""
    (tmp_path / "own.txt").write_text(text)
    (tmp_path / "gateway.yaml").write_text(f"{MAIN}{key}\n")
    with pytest.raises(ConfigurationError) as mistake:
        read(tmp_path / "gateway.yaml")
    assert told in str(mistake.value)


def test_all_mistakes_of_templates_are_told_at_once(tmp_path: Path) -> None:
    """Beside a name that no notice has, whose template is tried for none."""
    for name, text in (("one.txt", "{{ rolle }}"), ("two.txt", "{% if %}"), ("three.txt", "{{ whatever }}")):
        (tmp_path / name).write_text(text)
    more = "held_notice: one.txt\nheld_notices: {digest: two.txt, digset: three.txt}\n"
    (tmp_path / "gateway.yaml").write_text(MAIN + more)
    with pytest.raises(ConfigurationError) as mistake:
        app.look_over(tmp_path / "gateway.yaml")
    told = [(one.file.name, one.path) for one in mistake.value.problems]
    assert told == [
        ("gateway.yaml", "held_notices.digset"),
        ("one.txt", "held_notice"),
        ("two.txt", "held_notices.digest"),
    ]


def test_a_notice_that_names_no_message_is_worth_a_look(tmp_path: Path) -> None:
    """Nobody could ask for the message; the shipped notices name it, and digests and reminders are of other kinds."""
    (tmp_path / "own.txt").write_text("Held\n{% for n in notices %}{{ n.subject }}{% endfor %}\n")
    for name in ("held", "payment_change"):
        (tmp_path / f"{name}.txt").write_text((SHIPPED / f"notices/{name}.txt").read_text("utf-8"))
    more = "held_notice: {0}\nheld_notices: {{payment_change: {1}, digest: {2}}}\n"

    def told(*names: str) -> list[str]:
        (tmp_path / "gateway.yaml").write_text(MAIN + more.format(*names))
        return [one.path for one in app.look_over(tmp_path / "gateway.yaml")[1] if "{{ n.id }}" in one.sentence]

    (tmp_path / "digest.txt").write_text("Digest\n{{ days }}\n")
    assert told("own.txt", "own.txt", "digest.txt") == ["held_notice", "held_notices.payment_change"]
    assert told("held.txt", "payment_change.txt", "digest.txt") == []


async def test_a_reload_keeps_the_connections_and_the_sandbox(settings: Settings, store: Store) -> None:
    """Everything else is built anew."""
    before = app.build(settings, store)
    after = app.build(settings, store, before=before)
    assert after.relay is before.relay
    assert after.pool is before.pool
    assert after.judge is not before.judge
    assert after.examiner is not before.examiner


async def test_mail_is_confirmed_where_there_is_a_control_address(tmp_path: Path, store: Store) -> None:
    """Its release is made when the first sender confirms."""
    message_log = MessageLog(store.audit)
    for more, confirms in (("", False), ("control_address: mailwarden@example.com\n", True)):
        parts = app.build(settings_of(tmp_path, more), store)
        journey = app.build_journey(parts, message_log, lambda work: work.close(), InFlight())
        assert (journey.confirmations is not None) == confirms


async def test_a_release_is_built_on_the_parts(settings: Settings, store: Store) -> None:
    """A command builds one without a gateway that runs."""
    parts = app.build(settings, store, quiet=True)
    release = app.build_release(parts, app.build_keeper(parts))
    assert release.second_run.judge is parts.judge
    assert release.rules.entries == settings.filters


def test_a_reload_finds_the_shipped_rules_compiled() -> None:
    """All shipped rules together fit into what is kept: the second time no pattern is read or compiled again."""
    kept = (pattern_reader.read, pattern_index.machine, pattern_index.most_sparing, pattern_index._words)

    def build() -> list[int]:
        settings = app.read_settings(SHIPPED / "gateway.yaml")
        build_judge(settings, build_services(settings, SystemClock()))
        return [one.cache_info().misses for one in kept]

    assert build() == build()
