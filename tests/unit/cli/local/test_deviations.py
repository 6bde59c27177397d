"""`mailwarden check` lists exemptions, and actions other than the shipped ones, with the lines that set them."""

from __future__ import annotations

import pytest

from tests.unit.cli.conftest import Site

CHAIN = """\
filters:
  - attachments:
      actions: {attachment.macro: {inbound: log, outbound: quarantine}, attachment.executable: quarantine}
      exempt:
        - {codes: [attachment.macro], senders: ["*@a.example", b@b.example], networks: [10.0.0.0/8]}
"""


def test_exemptions_and_overrides_are_listed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """An action that equals the shipped one is none."""
    monkeypatch.setenv("COLUMNS", "300")
    site.gateway.filters = CHAIN
    site.gateway.write()
    shown = " ".join(site.run("check").stdout.split())
    exempt = shown.partition("Exemptions")[2].partition("Actions and notices")[0]
    assert "attachments attachment.macro from *@a.example or b@b.example, and client 10.0.0.0/8" in exempt
    assert "filters.yaml:5 " in exempt
    assert "attachment.macro log, not tag inbound" in shown
    (departs,) = (row for row in site.rows("check") if "exemptions" in row)
    assert departs["exemptions"][0]["senders"] == ["*@a.example", "b@b.example"]
    changed = {(one["code"], one["shipped"], one["do"], *one["directions"]) for one in departs["overrides"]}
    assert changed == {
        ("attachment.macro", "tag", "log", "inbound"),
        ("attachment.macro", "tag", "quarantine", "outbound"),
    }


def test_people_who_are_told_besides_are_listed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under the shipped action too, and in the table of the chain."""
    monkeypatch.setenv("COLUMNS", "300")
    site.gateway.filters = (
        "filters:\n  - attachments:\n"
        "      actions: {attachment.macro: {do: tag, notify: [manager]}, attachment.executable: {do: quarantine,"
        " notify: [reviewers, recipient]}}\n"
    )
    site.gateway.write()
    shown = " ".join(site.run("check").stdout.split())
    changed = shown.partition("Actions and notices")[2]
    assert "attachment.macro tag manager outbound, internal" in changed
    assert "attachment.executable quarantine recipient, reviewers inbound, internal" in changed
    assert "attachment.executable quarantine reviewers outbound" in changed
    inbound, _, outbound = shown.partition("outbound mail passes")
    assert "attachment.script quarantine recipient" in inbound
    assert "attachment.script quarantine sender" in outbound
    assert "attachment.macro tag manager line" in outbound
    told = {(one["code"], *one["notify"]) for row in site.rows("check") for one in row.get("overrides", ())}
    assert ("attachment.macro", "manager") in told


def test_there_may_be_none(site: Site) -> None:
    site.gateway.filters = CHAIN.replace("  - attachments:\n", "  - attachments:\n      mode: off\n")
    site.gateway.write()
    assert "Exemptions none Actions and notices other than the shipped ones none" in " ".join(
        site.run("check").stdout.split()
    )
