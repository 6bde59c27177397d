"""`mailwarden check --live`: one line for each server, OK or what to do, and exit code 1 where one fails."""

from __future__ import annotations

import asyncio
import sqlite3
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway import app
from gateway.cli.local import live
from gateway.cli.local.live import Answer, ask_servers
from gateway.services.clamd import Clamd as Scanner
from gateway.services.resolver import DnsResolver
from tests.support.servers.clamd import Clamd
from tests.support.servers.gateway import with_virus
from tests.support.servers.name_server import NameServer
from tests.support.servers.ports import free_port
from tests.support.servers.scripted_hop import OFFERS, ScriptedHop
from tests.support.servers.slapd import BASE, Slapd
from tests.unit.cli.conftest import PLAIN, Site


@pytest.fixture(scope="module")
def dns() -> Iterator[NameServer]:
    with NameServer(["example.co.uk. MX 10 mx.example.co.uk."]) as server:
        yield server


@pytest.fixture
def asked(site: Site, dns: NameServer) -> Callable[..., dict[str, Answer]]:
    """Return the answers by the first word of the server, with more keys in the configuration."""

    def asked(more: str = "", hop: ScriptedHop | None = None) -> dict[str, Answer]:
        site.gateway.more = f"authentication: {{nameservers: ['127.0.0.1:{dns.port}']}}\n{more}"
        return {one.server.partition(" ")[0]: one for one in asyncio.run(_asked(site, hop))}

    return asked


async def _asked(site: Site, hop: ScriptedHop | None) -> list[Answer]:
    if hop:
        site.gateway.next_hop = str(await hop.start())
    site.gateway.write()
    try:
        return await ask_servers(app.read_settings(site.config))
    finally:
        if hop:
            await hop.stop()


@pytest.fixture(scope="module")
def server_context(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    folder = tmp_path_factory.mktemp("tls")
    made = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=mx.example")
    files = ("-keyout", folder / "key.pem", "-out", folder / "cert.pem")
    subprocess.run(["openssl", "req", "-x509", *made, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


Asked = Callable[..., dict[str, Answer]]


def test_a_gateway_whose_servers_answer(asked: Asked, site: Site, dns: NameServer) -> None:
    """The next hop gets no message; nothing is made."""
    hop = ScriptedHop()
    found = asked(hop=hop)
    assert [one.ok for one in found.values()] == [True] * 3
    assert found["next"].said == "answers, no TLS, takes mail to postmaster@example.co.uk"
    assert hop.said[:3] == ["EHLO gw.example.co.uk", "MAIL FROM:<>", "RCPT TO:<postmaster@example.co.uk>"]
    assert "DATA" not in hop.verbs()
    assert found["DNS"].server == f"DNS 127.0.0.1 port {dns.port}"
    assert found["DNS"].said == "answers: MX of example.co.uk is 10 mx.example.co.uk"
    assert found["store"].said == "not made yet: `mailwarden serve` makes it"
    assert not site.gateway.data_dir.exists()


def test_lines_and_exit_codes(asked: Asked, site: Site) -> None:
    """A maildir is a next hop too."""
    asked()
    shown = site.run("check", "--live").stdout
    assert f"OK    next hop maildir:{site.gateway.data_dir}/delivered: can be written\n" in shown
    site.gateway.next_hop = f"smtp://127.0.0.1:{free_port()}"
    site.gateway.write()
    shown = site.run("check", "--live", code=1).stdout
    assert f"FAILS next hop {site.gateway.next_hop}: no connection" in shown
    assert "start the server or correct `next_hop`; meanwhile clients are told 451 4.4.1 The next mail" in shown
    last = site.rows("check", "--live", code=1)[-1]["live"]
    assert [one["ok"] for one in last if one["server"].startswith("next hop")] == [False]
    assert "Servers" not in site.run("check").stdout


@pytest.mark.parametrize(
    ("replies", "said"),
    [
        ({"RCPT": "550 5.1.1 Nobody"}, "a mail from the null sender to postmaster@example.co.uk: 550 5.1.1 Nobody"),
        ({"MAIL": "501 5.1.7 Bad sender"}, "a mail from the null sender to postmaster@example.co.uk: 501 5.1.7 Bad"),
        ({"RCPT": "451 4.7.1 Greylisted"}, "no TLS; it refuses a mail from the null sender"),
        ({"banner": "554 Go away"}, "its banner was 554 Go away"),
    ],
)
def test_a_next_hop_that_refuses(asked: Asked, replies: dict[str, str], said: str) -> None:
    found = asked(hop=ScriptedHop(replies=replies))
    assert not found["next"].ok
    assert said in found["next"].said


def test_a_next_hop_with_tls(asked: Asked, server_context: ssl.SSLContext) -> None:
    """Its certificate isn't verified unless `tls: required` says so."""
    hop = ScriptedHop(offers=(*OFFERS, "STARTTLS"), tls=server_context)
    assert asked(hop=hop)["next"].said == "answers, TLS, takes mail to postmaster@example.co.uk"


def test_a_certificate_that_can_not_be_verified(asked: Asked, site: Site, server_context: ssl.SSLContext) -> None:
    """The server runs, so starting it is no advice."""
    site.gateway.listeners = (
        f"listeners: [{{name: out, address: '127.0.0.1:{site.gateway.outbound}', direction: outbound, "
        "trusted_networks: [127.0.0.1], next_hop: {url: 'NEXT_HOP', tls: required}}]"
    )
    hop = ScriptedHop(offers=(*OFFERS, "STARTTLS"), tls=server_context)

    async def found() -> list[Answer]:
        site.gateway.listeners = site.gateway.listeners.replace("NEXT_HOP", str(await hop.start()))
        return await _asked(site, None)

    (said,) = [one.said for one in asyncio.run(found()) if one.server.startswith("next hop")]
    assert "give the server a certificate of 127.0.0.1 from an authority that this system knows; meanwhile" in said


def test_a_next_hop_for_outside_alone_is_not_asked_about_a_recipient(asked: Asked, site: Site) -> None:
    """A smarthost takes mail to anybody, and would take this one for a message of ours."""
    site.gateway.listeners = (
        f"listeners: [{{name: out, address: '127.0.0.1:{site.gateway.outbound}', direction: outbound, "
        "trusted_networks: [127.0.0.1], next_hop: NEXT_HOP}]"
    )
    hop = ScriptedHop()

    async def found() -> list[Answer]:
        site.gateway.listeners = site.gateway.listeners.replace("NEXT_HOP", f"'{await hop.start()}'")
        return await _asked(site, None)

    assert "answers, no TLS" in [one.said for one in asyncio.run(found())]
    assert "RCPT" not in hop.verbs()


def test_a_maildir_that_is_closed(asked: Asked, site: Site) -> None:
    site.gateway.data_dir.write_text("a file")
    assert f"you can't write in {site.gateway.data_dir}" in asked()["next"].said


def test_dns_that_does_not_answer(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = DnsResolver([("127.0.0.1", free_port())], query_seconds=0.1)
    monkeypatch.setattr(live, "build_resolver", lambda _: nowhere)
    found = asked()["DNS"]
    assert not found.ok
    assert "no sender can be proven" in found.said


def test_a_store_that_does_not_open(asked: Asked, site: Site) -> None:
    """The message is the one that `serve` would give."""
    site.take(PLAIN)
    assert asked()["store"].said == "opens, with this program's tables"
    with sqlite3.connect(site.gateway.data_dir / "mailwarden.db") as database:
        database.execute("update alembic_version set version_num = '0000'")
    found = asked()["store"]
    assert not found.ok
    assert "mailwarden db upgrade" in found.said


def test_the_scanner_is_shown_a_test_file(asked: Asked, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its signatures must be ClamAV's own, and not old."""
    with Clamd() as clamd:
        site.gateway.filters = with_virus(clamd.address)
        assert "has no signatures of ClamAV's own" in asked()["clamd"].said
        for days, fine, said in ((1, True, "1 day old"), (9, False, "9 days old: look why freshclam")):
            made = time.strftime("%a %b %d %H:%M:%S %Y", time.localtime(time.time() - days * 86_400 - 60))

            async def version(_: Scanner, made: str = made) -> str:
                return f"ClamAV 1.4.3/27500/{made}"

            with monkeypatch.context() as patched:
                patched.setattr(Scanner, "version", version)
                found = asked()["clamd"]
            assert (found.ok, said in found.said) == (fine, True), found
        monkeypatch.setattr(live, "EICAR", b"harmless")
        assert "calls the EICAR test file clean" in asked()["clamd"].said
    found = asked()["clamd"]
    assert not found.ok
    assert f"start clamd, or correct `clamd` below {site.gateway.folder}/filters.yaml:2" in found.said
    assert "`on_error: defer`" in found.said


def test_a_directory_server(asked: Asked) -> None:
    with Slapd(
        f"dn: cn=Lab,ou=people,{BASE}\nobjectClass: inetOrgPerson\ncn: Lab\nsn: Lab\nmail: lab@example.com\n"
    ) as server:
        keys = f"url: '{server.url}', ca_file: '{server.ca_file}', base: '{BASE}', bind_dn: '{server.bind_dn}'"
        more = f"directory: {{ldap: {{{keys}, page_entries: 3, password_file: '{server.password_file}'}}}}\n"
        assert asked(more)["LDAP"].said == "answers; people: 1, lists: 0"
        server.stop()
        found = asked(more)["LDAP"]
    assert not found.ok
    assert found.said.startswith("Can't contact LDAP server")
    assert "correct `ldap` below `directory`" in found.said


# --- Dovecot ---------------------------------------------------------------------------------------------------------


def test_dovecot_is_asked(tmp_path: Path) -> None:
    """Nobody's password is needed; a socket that is away is told with what to do."""

    async def ask() -> tuple[Answer, Answer]:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nDONE\n")
            await reader.read()
            writer.close()

        async with await asyncio.start_unix_server(serve, tmp_path / "auth"):
            there = await live._dovecot(tmp_path / "auth")
        return there, await live._dovecot(tmp_path / "none")

    there, away = asyncio.run(ask())
    assert (there.ok, there.said) == (True, "answers, and takes logins")
    assert not away.ok
    assert away.said.startswith("No such file or directory: correct `dovecot` below `auth`")
