"""`mailwarden report`: in the terminal, as a page, by mail, as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli.main import cli
from tests.unit.cli.conftest import PLAIN, Site, with_program


@pytest.fixture
def busy(site: Site) -> Site:
    """Return a site that has taken a plain message, and held two."""
    site.gateway.more = "reports_to: [it@example.co.uk]\n"
    site.gateway.write()
    site.take(PLAIN)
    first = site.take(with_program())
    site.take(with_program(id="f@x"))
    site.run("quarantine", "release", first, "--reason", "a false alarm")
    return site


def test_the_report_in_every_form(busy: Site, tmp_path: Path) -> None:
    """The same numbers in each. One test: what it looks at takes most of its time."""
    shown = busy.run("report").stdout
    assert "3 messages came in: 3 inbound, 0 outbound, 0 internal." in shown
    assert "2 messages were held; most often attachment.executable (2)." in shown
    assert "1 message waits for a decision" in shown
    assert max(map(len, shown.splitlines())) <= 80
    (figures,) = busy.rows("report", "--since", "1d")
    (code,) = figures["held"]["by_code"]
    assert (code["held"], code["released"], code["waiting"]) == (2, 1, 1)
    assert figures["held"]["senders"] == [{"sender": "eve@outside.example", "messages": 2}]

    page = tmp_path / "report.html"
    assert busy.run("report", "--html", str(page)).stdout == f"Wrote {page}.\n"
    assert "2 messages were held" in page.read_text("utf-8")
    assert page.stat().st_mode & 0o777 == 0o600
    assert "nothing is written over it" in busy.run("report", "--html", str(page), code=2).output
    assert "No such file" in busy.run("report", "--html", str(tmp_path / "no" / "x.html"), code=2).output

    assert "on its way to it@example.co.uk" in busy.run("report", "--mail").stdout
    status = json.loads(busy.run("status", "--json", code=1).stdout)
    assert status["store"]["outbox_rows"] >= 1


def test_nobody_gets_the_report(site: Site) -> None:
    site.take(PLAIN)
    assert "name addresses in `reports_to`" in site.run("report", "--mail", code=1).output


@pytest.mark.parametrize(("since", "code"), [("yesterday", 2), ("2999-01-01", 1)])
def test_a_time_that_is_none(site: Site, since: str, code: int) -> None:
    """Or one that has not come yet."""
    site.take(PLAIN)
    said = site.run("report", "--since", since, code=code).output
    assert "write 30m, 12h, 7d" in said or "--since is in the future" in said


def test_options_of_another_report_stand_behind_its_name() -> None:
    done = CliRunner().invoke(cli, ["report", "--since", "4w", "personal"])
    assert done.exit_code == 2
    assert "--since stands before `personal`: write it behind, as options of `report personal`" in done.output
    shown = CliRunner().invoke(cli, ["report", "--help"]).stdout
    assert "--html" in shown
    assert "personal" in shown
