"""The command line with a gateway running: the same answers, over the control socket."""

from __future__ import annotations

import asyncio
import json
import os
import pwd
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway import app
from gateway.cli.main import cli
from gateway.settings.chain.entries import NO_FILTER
from gateway.settings.models import Settings
from gateway.settings.yaml.problems import ConfigurationError, Mark, Problem
from tests.support.servers.gateway import Gateway, send
from tests.unit.cli.conftest import PLAIN, Site, with_program

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with Gateway(tmp_path_factory.mktemp("running"), workers=1) as running:
        yield running


@pytest.fixture
def running(site: Site, gateway: Gateway) -> Site:
    """Return the `site` with the running gateway."""
    site.gateway = gateway
    return site


def arrive(site: Site, raw: bytes, *recipients: str) -> str:
    """Over SMTP; the id that the reply names."""
    to = list(recipients or ("bob@example.co.uk",))
    reply = asyncio.run(send(site.gateway.inbound, "eve@outside.example", to, raw))
    assert reply.startswith("250 2.0.0 Accepted as "), reply
    return reply.rpartition(" ")[2]


def test_what_is_held_is_listed_and_released(running: Site) -> None:
    """On record with the name of the account that asked."""
    id = arrive(running, with_program(id="one"))
    assert id in [row["id"] for row in running.rows("quarantine", "list")]
    done = running.run("quarantine", "release", id, "--reason", "ordered")
    assert done.stdout == f"{id} released for bob@example.co.uk: delivered to the next hop.\n"
    assert any(with_program(id="one") in got for got in running.delivered)
    (row,) = running.rows("trace", id)
    assert [(h["operation"], h["actor"], h["reason"]) for h in row["history"]] == [
        ("release", pwd.getpwuid(os.geteuid()).pw_name, "ordered")
    ]
    running.run("quarantine", "release", id, "--reason", "ordered", code=1)


def test_a_relayed_message_is_traced_at_once(running: Site) -> None:
    """Within the second that audit rows may wait."""
    id = arrive(running, PLAIN.replace(b"<p@x>", b"<traced@x>"), "bob@example.co.uk", "ann@example.com")
    rows = _until(running, "trace", id)
    assert {r["address"]: r["action"] for r in rows[0]["recipients"]} == {
        "bob@example.co.uk": "relay",
        "ann@example.com": "relay",
    }


def _until(site: Site, *command: str) -> list[dict[str, object]]:
    """Return the rows of a command once there are any: a worker writes them in batches, and the keeper answers."""
    while not (rows := site.rows(*command)):
        continue
    return rows


def test_a_held_message_is_explained_over_the_socket(running: Site) -> None:
    """The content comes that way too."""
    id = arrive(running, with_program(id="two"))
    running.run("explain", id, code=2)
    (row,) = running.rows("explain", id, "--reason", "asked")
    assert (row["action"], row["findings"][0]["code"]) == ("quarantine", "attachment.executable")


def test_a_deleted_message_is_gone(running: Site) -> None:
    """And what is done twice is refused."""
    id = arrive(running, with_program(id="three"))
    running.run("quarantine", "delete", id, "--reason", "spam")
    running.run("quarantine", "delete", id, "--reason", "spam", code=1)
    assert running.held_state(id) == {"bob@example.co.uk": "deleted"}


def test_the_status_of_a_gateway_that_is_well(running: Site) -> None:
    """Exit code 0; processes, listeners and store."""
    (found,) = running.rows("status")
    assert found["trouble"] == []
    assert [process["name"] for process in found["running"]["processes"]] == ["worker 1", "keeper"]
    assert {x["name"] for x in found["running"]["listeners"]} == {"inbound", "outbound"}
    shown = running.run("status").stdout
    for part in ("Listeners", f"127.0.0.1:{running.gateway.inbound}", "worker 1", "keeper", "held messages"):
        assert part in shown


def test_a_purge_by_the_keeper(running: Site) -> None:
    """The same table."""
    assert set(running.rows("purge")[0]) >= {"quarantine", "audit"}


def test_a_reload_takes_over_the_configuration(running: Site) -> None:
    """A mistake keeps the running one, and is told with its line."""
    gateway, shipped = running.gateway, running.gateway.filters
    try:
        gateway.filters = "filters:\n  - attachments: {action: log}\n"
        gateway.write()
        assert running.run("reload").stdout.splitlines()[-1] == "Reloaded."
        arrive(running, with_program(id="let through"))
        assert any(b"<let through>" in got for got in running.delivered)
        gateway.filters = "filters:\n  - atachments\n"
        gateway.write()
        done = running.run("reload", code=1)
        assert "filters.yaml:2:5: " in done.output
        assert "running configuration is kept" in done.output
    finally:
        gateway.filters = shipped
        gateway.write()
        running.run("reload")


def test_an_unknown_id_is_refused_as_without_a_gateway(running: Site) -> None:
    """One sentence."""
    done = running.run("quarantine", "show", "0198c0de-0000-7000-8000-000000000000", code=1)
    assert done.stderr == "no message is held under 0198c0de-0000-7000-8000-000000000000\n"


def test_a_mistake_on_the_disk_stops_nobody_from_asking(running: Site) -> None:
    """The gateway runs on with the configuration it has, and it alone judges another one: nothing false is said."""
    gateway, shipped = running.gateway, running.gateway.filters
    gateway.filters = "filters:\n  - atachments\n"
    gateway.write()
    try:
        done = running.run("status")
        assert "worker 1" in done.stdout
        assert done.stderr == ""
        running.run("quarantine", "list")
    finally:
        gateway.filters = shipped
        gateway.write()


def test_whoever_cannot_read_the_keys_can_ask(running: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """An administrator who isn't the gateway's user reloads: the gateway reads them, not the command."""
    monkeypatch.setattr(app, "read_settings", _closed_to_us)
    ((said, done),) = [row["said"] for row in running.rows("reload")]
    assert done == "Reloaded."
    assert said.startswith("worth a look: ")
    assert said.endswith("virus is not in the chain: nothing looks for viruses")
    assert running.run("status").stderr == ""


def _closed_to_us(*_: object, **__: object) -> Settings:
    raise ConfigurationError([Problem(Mark(Path("gateway.yaml"), 9, 3), "dkim[0].key", "can't be read: dkim.pem")])


def test_a_held_message_is_explained_without_the_keys(running: Site) -> None:
    """Nothing is signed by it: a reviewer need not be able to read them."""
    id = arrive(running, with_program(id="keyless"))
    gateway = running.gateway
    gateway.more = "dkim: [{domain: example.co.uk, selector: s, key: absent.pem}]\n"
    gateway.write()
    try:
        assert running.rows("explain", id, "--reason", "asked")[0]["action"] == "quarantine"
    finally:
        gateway.more = ""
        gateway.write()


def test_a_refused_reload_is_in_the_log(running: Site) -> None:
    """The log has it as it has one by SIGHUP; the person is told every mistake too."""
    gateway, shipped = running.gateway, running.gateway.filters
    gateway.filters = "filters:\n  - atachments\n"
    gateway.write()
    try:
        (said,) = running.rows("reload", code=1)
        assert said["ok"] is False
        assert "filters.yaml:2:5: " in said["said"][0]
        assert said["said"][-1] == "The running configuration is kept."
        assert "reload.refused" in gateway.log.read_text()
    finally:
        gateway.filters = shipped
        gateway.write()


def test_a_chain_without_filters_is_trouble(running: Site) -> None:
    """Exit code 1: every message passes unchecked."""
    gateway, shipped = running.gateway, running.gateway.filters
    gateway.filters = "filters: []\n"
    gateway.write()
    try:
        assert NO_FILTER in running.run("reload").stdout
        (found,) = running.rows("status", code=1)
        assert "every message passes unchecked" in found["trouble"][0]
    finally:
        gateway.filters = shipped
        gateway.write()
        running.run("reload")


def test_a_refusal_is_in_the_log(running: Site) -> None:
    """So that "you bounced my mail" can be answered: client, command and reply."""
    reply = asyncio.run(send(running.gateway.inbound, "eve@outside.example", ["joe@outside.example"], PLAIN))
    assert reply.startswith("550")
    log = running.gateway.log.read_text()
    assert "RCPT TO:<joe@outside.example>" in log
    assert "Relaying denied" in log


#: Packages and modules that a command which asks a running gateway has no need of.
NEEDLESS = (
    *("gateway.app", "gateway.contract", "gateway.message", "gateway.matching", "gateway.settings.models"),
    *("gateway.remember", "gateway.processes", "gateway.cli.local", "filters.registry"),
    *("sqlalchemy", "alembic", "pydantic", "re2", "ahocorasick_rs", "structlog", "textual", "jinja2", "cryptography"),
    *("asyncio", "uvloop", "email", "importlib.metadata"),
)
#: Runs commands, each a JSON list of words; prints its exit codes, and the modules that are loaded in the end.
SCRIPT = """
import json, sys
from gateway.cli.main import main
codes = []
for words in map(json.loads, sys.argv[1:]):
    sys.argv = ["mailwarden", *words]
    try:
        main()
    except SystemExit as end:
        codes.append(end.code)
print(json.dumps([codes, sorted(sys.modules)]), file=sys.stderr)
"""


def test_a_command_that_only_asks_loads_little(running: Site) -> None:
    """Their start was a second of processor time, nearly all of it for modules that such a command never uses."""
    id = arrive(running, with_program(id="asked for"))
    commands = (
        *(["status"], ["status", "--json"], ["reload"], ["purge"], ["trace", id], ["report", "--json"]),
        *(["quarantine", "list"], ["quarantine", "list", "--code", "attachment.*"], ["quarantine", "show", id]),
        *(["quarantine", "read", id], ["quarantine", "note", id, "--text", "seen"], ["quarantine", "senders"]),
        *(["quarantine", "release", id, "--reason", "ordered"], ["audit", "list"], ["journal", "find", "--help"]),
        *(["payments", "list"], ["audience", "pauses"], ["report", "personal"]),
    )
    config = ["--config", str(running.gateway.config)]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *(json.dumps([*words, *config]) for words in commands)],
        capture_output=True,
        text=True,
        check=True,
        cwd=PROJECT,
    )
    codes, modules = json.loads(done.stderr.splitlines()[-1])
    assert codes == [0] * len(commands), done.stderr
    assert [one for one in modules if any(one == name or one.startswith(name + ".") for name in NEEDLESS)] == []


def test_the_version(running: Site) -> None:
    """A bug report needs the version first."""
    done = CliRunner().invoke(cli, ["--version"])
    assert (done.exit_code, done.output) == (0, f"mailwarden {version('mailwarden')}\n")
