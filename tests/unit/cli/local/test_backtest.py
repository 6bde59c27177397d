"""`mailwarden try`: held mail and files under a changed configuration, and every way to ask for nothing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.cli.local import backtest
from gateway.operations.backtest.messages import Candidate
from gateway.operations.backtest.outcomes import Compared, Outcome
from tests.unit.cli.conftest import PLAIN, Site, with_program


def changed(site: Site, filters: str = "filters:\n  - attachments: {block: [scripts]}\n", more: str = "") -> Path:
    """Write the running configuration with other filters beside it."""
    folder = site.config.parent
    (folder / "filters-new.yaml").write_text(filters)
    file = folder / "new.yaml"
    file.write_text(site.config.read_text().replace("[filters.yaml]", "[filters-new.yaml]") + more)
    return file


def test_held_mail_and_files(site: Site, tmp_path: Path) -> None:
    """Held mail is tried whatever became of it; each message is on record; nothing else changes.

    One test for all forms: starting the processes takes most of its time.
    """
    site.gateway.filters = "filters:\n  - attachments: {block: [executables]}\n"
    site.gateway.write()
    released, held = site.take(with_program()), site.take(with_program("Personal: photos", id="f@x"))
    site.run("quarantine", "release", released, "--reason", "a false alarm")
    delivered = len(site.delivered)
    folder = tmp_path / "mails"
    folder.mkdir()
    (folder / "script.eml").write_bytes(with_program(name="run.js").replace(b"TVo", b"dmFy"))
    (folder / "plain.eml").write_bytes(PLAIN)

    shown = site.run("try", str(changed(site)), str(folder), "--since", "1d", "--processes", "1").stdout
    assert "Tried 4 messages" in shown
    listed = {line.rsplit(None, 1)[0]: line.rsplit(None, 1)[-1] for line in shown.splitlines() if line.split()}
    assert (listed["newly held"], listed["no longer held"], listed["as before"]) == ("1", "2", "1")
    assert f"\n{folder}/script.eml\n  from <eve@outside.example>, inbound\n  relay \u2192 quarantine (attach" in shown
    assert f"\n{held}\n  labelled personal, inbound\n  quarantine (attachment.executable) \u2192 relay\n" in shown
    assert "photos" not in shown
    assert len(site.delivered) == delivered

    rows = site.rows("audit", "list", "--action", "try")
    assert sorted(row["id"] for row in rows) == sorted([released, held])
    assert {row["reason"] for row in rows} == {"try of new.yaml"}
    assert site.held_state(held) == {"bob@example.co.uk": "held"}


def test_json(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One object a message, the numbers last. No process is started: two outcomes are made up."""
    held, passed = Outcome({"p@x.example": "quarantine"}, ("a.b",)), Outcome({"p@x.example": "relay"}, ())
    outcomes = [
        Compared("m2", "inbound", "", True, held, passed),
        Compared("m1", "outbound", "ann@example.co.uk", False, passed, held),
        Candidate("m3", left_out="no such\x1bfile"),
    ]

    async def compare_all(*_: object) -> AsyncIterator[Compared | Candidate]:
        for one in outcomes:
            yield one

    monkeypatch.setattr(backtest, "compare_all", compare_all)
    site.take(PLAIN)
    (tmp_path / "a.eml").write_bytes(PLAIN)
    done = site.run("try", str(changed(site)), str(tmp_path / "a.eml"), "--json")
    first, second, counted = map(json.loads, done.stdout.splitlines())
    assert (first["message"], first["change"], first["from"]) == ("m1", "newly held", "ann@example.co.uk")
    assert (second["message"], second["change"], second["from"]) == ("m2", "no longer held", None)
    assert second["running"] == {"action": "quarantine", "codes": ["a.b"]}
    assert counted["messages"] == {
        **{"newly held": 1, "no longer held": 1, "held by other codes": 0, "otherwise changed": 0, "as before": 0},
    }
    assert "m3 was not tried: no such?file" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["new.yaml", "empty"], 2, "no mail in"),
        (["new.yaml", "nowhere.eml"], 2, "nowhere.eml: No such file"),
        (["new.yaml"], 2, "no message was held or kept since"),
        (["new.yaml", "--since", "soon"], 2, "write 30m, 12h, 7d"),
        (["broken.yaml"], 1, "broken.yaml:1:1"),
        (["nowhere.yaml"], 1, "nowhere.yaml"),
    ],
)
def test_nothing_to_try(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, said: str
) -> None:
    """A sentence that says what is missing, before any process is started."""
    site.take(PLAIN)
    changed(site)
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.yaml").write_text("- a list\n")
    monkeypatch.chdir(tmp_path)
    assert said in site.run("try", *arguments, code=code).output


def test_keys_that_need_a_restart_are_told(site: Site) -> None:
    site.take(PLAIN)
    done = site.run("try", str(changed(site, more="workers: 7\n")), code=2)
    assert "Tried as it is now, since a change of it needs a restart: workers." in done.output
