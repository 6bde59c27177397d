"""The parts that act, as the settings want them: rules of a release, notices and reminders."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import ClassVar

import pytest

from gateway.act.notices.reminders import Reminders
from gateway.assemble.act import (
    build_confirmation_rules,
    build_release_rules,
    build_reminders,
    build_request_rules,
    own_notices,
)
from gateway.assemble.services import build_directory
from gateway.remember.store import Store
from tests.support.builders.judgement import FakeClock, Probe, settings

CONTROL = "control_address: mailwarden@gw.example.co.uk\ndata_dir: data\n"
ALWAYS = ("approval", "manager", "digest", "digest_reviewers")


class Reminding(Probe):
    """A probe with a reminder."""

    reminders: ClassVar[Mapping[str, str]] = {"probe.log": "personal"}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = await Store.open(f"sqlite:///{tmp_path}/store.db", create=True, key=bytes(32))
    yield store
    await store.close()


# --- release ---------------------------------------------------------------------------------------------------------


def test_the_approvers_are_those_with_the_role(tmp_path: Path) -> None:
    """In the order of the list."""
    more = "reviewers: {alice: [reviewer], carol: [approver], dave: [reviewer, approver]}\napproval_limit: 2h\n"
    rules = build_release_rules(settings(tmp_path, "- probe", more=more))
    assert (rules.approvers, rules.limit.total_seconds()) == (("carol", "dave"), 7200)


def test_nobody_confirms_without_a_control_address_or_a_key(tmp_path: Path) -> None:
    """A quiet process makes no key."""
    plain = settings(tmp_path, "- probe")
    assert build_confirmation_rules(plain, build_directory(plain), quiet=False) is None
    assert build_request_rules(plain, build_directory(plain), quiet=False) is None
    loaded = settings(tmp_path, "- probe", more=CONTROL)
    assert build_confirmation_rules(loaded, build_directory(loaded), quiet=True) is None
    loaded.data_dir.mkdir()
    assert build_confirmation_rules(loaded, build_directory(loaded), quiet=False) is not None
    assert build_confirmation_rules(loaded, build_directory(loaded), quiet=True) is not None
    asking = build_request_rules(loaded, build_directory(loaded), quiet=True)
    confirming = build_confirmation_rules(loaded, build_directory(loaded), quiet=True)
    assert asking
    assert confirming
    assert asking.control.key != confirming.control.key  # no token of one is good for the other


# --- notices ---------------------------------------------------------------------------------------------------------


def test_the_notices_are_the_filters_own(tmp_path: Path) -> None:
    """Those of a release by two and digests stand beside them; with a control address, question and answer too."""
    assert set(own_notices(settings(tmp_path, "- probe"))) == {"payment_change", "threat", *ALWAYS}
    with_replies = {"payment_change", "threat", "confirm", "answer", "agreement", *ALWAYS}
    assert set(own_notices(settings(tmp_path, "- probe", more=CONTROL))) == with_replies


async def test_reminders_are_built_where_a_filter_has_one(tmp_path: Path, store: Store) -> None:
    """Else nothing is looked up after a message."""
    for filters, expected in (({"probe": Probe}, False), ({"probe": Reminding}, True)):
        loaded = settings(tmp_path, "- probe", filters)
        built = build_reminders(loaded, store, build_directory(loaded), FakeClock())
        assert isinstance(built, Reminders) == expected
