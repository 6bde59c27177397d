"""docs/deploy.md: what it tells administrators to write is what is tested, loads, and is understood."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from filters.registry import FILTERS
from filters.virus.settings import VirusSettings
from gateway.services.clamd import Clamd as ClamdService
from gateway.settings.loading import load
from gateway.settings.yaml.problems import ConfigurationError
from tests.support.recipes.machine import Page, with_listener
from tests.support.servers.clamd import Clamd
from tests.support.servers.gateway import Gateway
from tests.support.servers.postgresql import Postgresql, program
from tests.support.servers.receiver import self_signed
from tests.unit.docs.conftest import ROOT, blocks
from tests.unit.settings.auth.test_login_lines import HASH

DOCUMENT = ROOT / "docs/deploy.md"
YAML = [block for page in ("deploy", "cloud", "logins") for block in blocks(ROOT / f"docs/{page}.md", "yaml")]
RECIPES = sorted(path.stem for path in (ROOT / "docs/deploy").iterdir())
GATEWAY = "/etc/mailwarden/gateway.yaml"
ORGANISATION = """\
organisation: {name: Example Ltd, domains: [example.co.uk, example.com], contact: it@example.co.uk}
"""
LISTENERS = """\
listeners:
  - {name: inbound, address: "127.0.0.1:2525", direction: inbound, next_hop: "smtp://127.0.0.1:2526"}
"""


# --- the recipes -----------------------------------------------------------------------------------------------------


def test_every_recipe_is_in_the_table() -> None:
    """An administrator finds it from the first page."""
    table = DOCUMENT.read_text("utf-8").partition("## Which recipe")[2].partition("## ")[0]
    assert set(re.findall(r"\(deploy/([\w-]+)\.md\)", table)) == set(RECIPES)


@pytest.mark.parametrize("name", RECIPES)
def test_every_block_of_a_recipe_has_its_file(name: str) -> None:
    """Text outside of labelled blocks isn't run: it is a picture of the way, or commands."""
    page = Page(name)
    labelled = [block.text for block in page.blocks]
    shown = [text for language in ("", "yaml", "sh") for text in blocks(page.path, language)]
    assert len(labelled) > 2
    assert [text for text in shown if text not in labelled and "→" not in text and "systemctl" not in text] == []


@pytest.mark.parametrize("name", RECIPES)
def test_every_gateway_yaml_of_a_recipe_loads(tmp_path: Path, name: str) -> None:
    """Dovecot's page adds to that of Postfix, which has one more listener."""
    text = Page("postfix-before-queue" if name == "dovecot-lmtp" else name).text(GATEWAY)
    for block in Page(name).blocks:
        if block.file == GATEWAY and block.note:
            text = with_listener(text, block.text) if block.text.startswith(" ") else text + block.text
    loaded(tmp_path, text.replace("include: [filters.yaml, directory.yaml, policy.yaml]\n", ""), organisation="")


@pytest.mark.parametrize("name", RECIPES)
def test_mail_servers_and_mailwarden_have_one_limit(name: str) -> None:
    """A message that the mail server takes is one that the gateway takes, and that its mailboxes take."""
    text = "".join(block.text for block in Page(name).blocks)
    if "smtpd" in text or "relayhost" in text:
        limits = ("message_size_limit = 52428800\n", "\nmailbox_size_limit = 0\n", "\nvirtual_mailbox_limit = 0\n")
        assert [limit for limit in limits if limit not in text] == []
    if "acl_smtp" in text or "MAIN_ACL" in text:
        assert "MESSAGE_SIZE_LIMIT = 52428800\n" in text
    assert "message_bytes: 50 MiB" in (ROOT / "config/gateway.yaml").read_text()


def test_a_recipe_without_a_limit_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check can fail."""
    texts = [block for block in Page("postfix-after-queue").blocks if block.note != "added"]
    monkeypatch.setattr(Page, "blocks", texts)
    with pytest.raises(AssertionError):
        test_mail_servers_and_mailwarden_have_one_limit("postfix-after-queue")


# --- YAML ------------------------------------------------------------------------------------------------------------


def loaded(folder: Path, block: str, organisation: str = ORGANISATION) -> None:
    """Load the block with what it leaves out; what it names under /etc/mailwarden is in the folder."""
    self_signed(folder)
    (folder / "tls.pem").write_text((folder / "key.pem").read_text() + (folder / "certificate.pem").read_text())
    for name in ("smarthost.password", "db-password"):
        (folder / name).write_text("secret\n")
    (folder / "users.txt").write_text(f"ann@example.com:{HASH}\n")
    (folder / "users.txt").chmod(0o640)
    text = organisation + ("" if re.search("^listeners:", block, re.M) else LISTENERS)
    path = folder / "gateway.yaml"
    path.write_text(text + block.replace("/etc/mailwarden/", f"{folder}/"))
    load(path, FILTERS)


@pytest.mark.parametrize("number", range(len(YAML)))
def test_every_yaml_block_loads(tmp_path: Path, number: int) -> None:
    """The gateway would load each block: keys, values, and their combinations."""
    loaded(tmp_path, YAML[number])


def test_a_wrong_key_in_a_block_is_noticed(tmp_path: Path) -> None:
    """The check can fail."""
    with pytest.raises(ConfigurationError, match="prxies"):
        loaded(tmp_path, "listeners:\n  - {name: x, prxies: [127.0.0.1]}\n")


# --- clamd -----------------------------------------------------------------------------------------------------------


async def test_the_quoted_clamd_lines_suffice() -> None:
    """A real clamd with them is not blind, and takes the largest stream that the filter sends."""
    (block,) = blocks(DOCUMENT, "clamd")
    directives = dict(line.split(" ", 1) for line in block.splitlines())
    shipped = VirusSettings()
    with Clamd(**directives) as clamd:  # type: ignore[arg-type]  # all of them are directives
        service = ClamdService(
            clamd.address, max_stream_bytes=shipped.max_stream_bytes, timeout_seconds=60, concurrency=1
        )
        assert await service.blind() is None
        assert (await service.scan(b"\0" * shipped.max_stream_bytes)).names == ()
        await service.close()
    assert int(directives["MaxScanTime"]) / 1000 < shipped.timeout_seconds


def test_the_containers_clamd_has_the_quoted_limits() -> None:
    """docker-compose.yml says the same as the page, and so does what `make run` writes, but for its own threads."""
    (block,) = blocks(DOCUMENT, "clamd")
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]
    environment = {key.removeprefix("CLAMD_CONF_"): value for key, value in services["clamav"]["environment"].items()}
    assert environment == dict(line.split(" ", 1) for line in block.splitlines())
    written = (ROOT / "tools/own_clamd.py").read_text("utf-8").splitlines()
    assert {f"{name} {environment[name]}" for name in ("MaxScanTime", "MaxFiles", "MaxRecursion")} < set(written)


# --- systemd ---------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_the_unit_is_understood(tmp_path: Path) -> None:
    """systemd-analyze has nothing to say, to the drop-in neither; the program stands in for ours."""
    unit, drop_in = (text.replace("/usr/bin/mailwarden", "/bin/true") for text in units())
    assert verified(tmp_path, unit, drop_in) == ""
    assert "ProtectHom" in verified(tmp_path, unit.replace("ProtectHome", "ProtectHom"), drop_in)


def test_the_unit_is_the_package_s() -> None:
    """A change of the unit is a change of the document."""
    assert units()[0] == (ROOT / "debian/mailwarden.service").read_text("utf-8")


def units() -> list[str]:
    return blocks(DOCUMENT, "ini")


def verified(folder: Path, unit: str, drop_in: str) -> str:
    """Return the output of systemd-analyze about our unit, without lines about other units of this machine."""
    (folder / "mailwarden.service.d").mkdir(exist_ok=True)
    (folder / "mailwarden.service").write_text(unit)
    (folder / "mailwarden.service.d/port25.conf").write_text(drop_in)
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(folder / "mailwarden.service")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "".join(line for line in done.stderr.splitlines() if "mailwarden" in line)


def test_the_unit_waits_as_long_as_a_drain_takes() -> None:
    """A unit must not be killed by systemd while it is still finishing."""
    from gateway.processes.supervisor import STOP_SECONDS

    found = re.search(r"TimeoutStopSec=(\d+)", units()[0])
    assert found
    assert int(found[1]) > STOP_SECONDS


# --- looking after it ------------------------------------------------------------------------------------------------


def test_status_backup_and_upgrade(tmp_path: Path) -> None:
    """`status --json` has the keys of the table; a backup of a running gateway is put back and current."""
    with Gateway(tmp_path, workers=1) as gateway:
        (status,) = gateway.rows("status")
        for key in keys_of_status():
            found = status
            for step in key.split("."):
                found = found[step]
        assert set(status["running"]["processes"][0]) >= {"restarts", "sessions", "bytes_in_flight", "audit_waiting"}
        done = gateway.cli("backup", str(tmp_path / "copy"))
        assert done.returncode == 0, done.stderr
    for file in ("mailwarden.db", "secret.key"):
        (gateway.data_dir / file).unlink()
    done = gateway.cli("restore", str(tmp_path / "copy"))
    assert done.returncode == 0, done.stderr
    done = gateway.cli("db", "upgrade")
    assert (done.returncode, done.stdout[:23]) == (0, "The store is at schema "), done.stderr


async def test_postgresql_is_made_as_quoted(postgresql: Postgresql) -> None:
    """`createdb` makes what a gateway starts on."""
    from gateway.remember.store import Store

    (create,) = re.findall(r"^runuser -u postgres -- (createdb .*)$", DOCUMENT.read_text("utf-8"), re.M)
    run(postgresql, create)
    url = postgresql.url("mailwarden")
    await (await Store.open(url, create=True, key=bytes(32))).close()
    postgresql.drop(url)


def run(server: Postgresql, *lines: str) -> None:
    """Run the commands as the server's owner, who is on its machine."""
    place = {"PGHOST": "127.0.0.1", "PGPORT": str(server.port), "PGUSER": "mailwarden"}
    (line,) = lines
    name, *words = line.split()
    subprocess.run([program(name), *words], check=True, env=os.environ | place, cwd=server.folder)


def keys_of_status() -> list[str]:
    table = DOCUMENT.read_text("utf-8").partition("| key | means |")[2].partition("\n\n")[0]
    return [key for row in table.splitlines() if "|" in row for key in re.findall(r"`([\w.]+)`", row.split("|")[1])]


def test_every_event_of_the_log_exists() -> None:
    """Those of the table are said somewhere in the gateway."""
    _, _, table = DOCUMENT.read_text("utf-8").partition("| event | means |")
    named = set(re.findall(r"`([a-z_]+\.[a-z_]+)`", table))
    source = "\n".join(path.read_text() for path in (ROOT / "gateway").rglob("*.py"))
    said = set(re.findall(r"\"([a-z_{}]+\.[a-z_]+)\"", source))
    assert len(named) > 10
    of_filters = {"virus.away", "virus.blind", "virus.proven"}
    assert named - of_filters <= said
    assert {one.replace("virus", "{name}") for one in of_filters} <= said
