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
    exempt = shown.partition("Exemptions")[2].partition("Actions other")[0]
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


def test_there_may_be_none(site: Site) -> None:
    site.gateway.filters = CHAIN.replace("  - attachments:\n", "  - attachments:\n      mode: off\n")
    site.gateway.write()
    assert "Exemptions none Actions other than the shipped ones none" in " ".join(site.run("check").stdout.split())
