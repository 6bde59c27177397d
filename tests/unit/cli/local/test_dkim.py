"""`mailwarden dkim`: keys are made safely, records are right, and results are told for people and programs."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gateway.act.signing.dkim import SigningKey
from gateway.act.signing.key_record import pem, record_text
from gateway.cli.main import cli
from gateway.settings.signing import read_key
from gateway.understand.authentication.dkim_keys import read_key as read_record
from tests.support.builders.authentication import PLAIN, ed25519_key, outside_key, published, rsa_key, signed_by
from tests.support.servers.name_server import NameServer, txt
from tests.unit.cli.conftest import Site

KEY = SigningKey("example.co.uk", "mw1", rsa_key())
ED = SigningKey("example.co.uk", "ed1", ed25519_key())
OTHER = SigningKey("example.co.uk", "old1", rsa_key(1))
GONE = SigningKey("example.co.uk", "gone1", rsa_key(2))


def run(*arguments: str, code: int = 0, input: bytes | None = None) -> Result:
    done = CliRunner().invoke(cli, ["dkim", *arguments], input=input)
    assert done.exit_code == code, (done.output, done.exception)
    return done


def strings(line: str) -> str:
    return "".join(re.findall(r'"([^"]*)"', line))


# --- keygen ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_a_key_is_made_for_its_owner_alone(tmp_path: Path, kind: str) -> None:
    """Mode 0600; what is printed is its public half, and nothing else goes to standard output."""
    path = tmp_path / "key.pem"
    done = run("keygen", "Example.co.uk", "MW1", "--type", kind, "--out", str(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (line,) = done.stdout.splitlines()
    assert line.startswith("mw1._domainkey.example.co.uk. IN TXT ( ")
    assert strings(line) == record_text(read_key(path.read_bytes()))
    assert all(len(string) <= 255 for string in re.findall(r'"([^"]*)"', line))
    assert read_record((strings(line),)).kind == kind.encode()
    assert f"{{domain: example.co.uk, selector: mw1, key: {path}}}" in done.stderr
    assert "PRIVATE" not in done.output


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    """Nor a file that is a link to one."""
    path = tmp_path / "key.pem"
    path.write_text("mine")
    assert "never overwritten" in run("keygen", "example.co.uk", "mw1", "--out", str(path), code=2).stderr
    link = tmp_path / "link.pem"
    link.symlink_to(tmp_path / "nowhere")
    run("keygen", "example.co.uk", "mw1", "--out", str(link), code=2)
    assert path.read_text() == "mine"
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("a b.example", "mw1"),
        ("example.co.uk", "a_b"),
        ("example.co.uk", "mw1", "--bits", "512"),
        ("example.co.uk", "mw1", "--type", "dsa"),
        ("example.co.uk", "mw1", "--out", "/nowhere/key.pem"),
    ],
)
def test_unusable_input(arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 2, and no file."""
    monkeypatch.chdir(tmp_path)
    run("keygen", *arguments, code=2)
    assert list(tmp_path.iterdir()) == []


def test_without_a_place_the_key_is_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named after domain and selector."""
    monkeypatch.chdir(tmp_path)
    run("keygen", "example.co.uk", "mw1", "--type", "ed25519")
    assert [path.name for path in tmp_path.iterdir()] == ["example.co.uk.mw1.pem"]


# --- dns and verify --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dns() -> Iterator[NameServer]:
    records = published(KEY, ED, outside_key()) | {
        "old1._domainkey.example.co.uk": record_text(KEY.key),
        "outside.example": "v=spf1 ip4:192.0.2.7 -all",
        "_dmarc.outside.example": "v=DMARC1; p=reject",
    }
    with NameServer([txt(name, text) for name, text in records.items()]) as server:
        yield server


@pytest.fixture
def with_keys(site: Site, dns: NameServer) -> Site:
    def configure(*keys: SigningKey) -> None:
        lines = []
        for key in keys:
            path = site.gateway.folder / f"{key.selector}.pem"
            path.write_bytes(pem(key.key))
            path.chmod(0o600)
            lines.append(f"  - {{domain: {key.domain}, selector: {key.selector}, key: {path.name}}}\n")
        site.gateway.more = f"authentication: {{nameservers: ['127.0.0.1:{dns.port}']}}\n"
        site.gateway.more += "dkim:\n" + "".join(lines) if lines else ""
        site.gateway.write()

    site.configure = configure  # type: ignore[attr-defined]
    configure(KEY, ED)
    return site


def test_the_records_of_all_keys(with_keys: Site) -> None:
    """The records are in the order of the configuration."""
    lines = with_keys.run("dkim", "dns").stdout.splitlines()
    assert [line.partition(" ")[0] for line in lines] == [
        "mw1._domainkey.example.co.uk.",
        "ed1._domainkey.example.co.uk.",
    ]
    assert [strings(line) for line in lines] == [record_text(KEY.key), record_text(ED.key)]
    rows = with_keys.rows("dkim", "dns")
    assert [row["text"] for row in rows] == [record_text(KEY.key), record_text(ED.key)]


def test_the_dns_is_compared_on_request(with_keys: Site) -> None:
    """Exit code 1 unless each is there: mail that is signed before its record is there fails everywhere."""
    assert {row["published"] for row in with_keys.rows("dkim", "dns", "--check")} == {"yes"}
    assert "; yes (asked 127.0.0.1 port " in with_keys.run("dkim", "dns", "--check").stdout
    with_keys.configure(KEY, OTHER, GONE)  # type: ignore[attr-defined]
    rows = with_keys.rows("dkim", "dns", "--check", code=1)
    assert [row["published"] for row in rows] == ["yes", "another key", "missing"]


def test_without_keys_there_is_nothing_to_print(with_keys: Site) -> None:
    """The sentence says how one is made."""
    with_keys.configure()  # type: ignore[attr-defined]
    assert "mailwarden dkim keygen" in with_keys.run("dkim", "dns", code=1).stderr


def verified(site: Site, raw: bytes, *options: str) -> dict[str, Any]:
    (row,) = site.rows("dkim", "verify", "-", *options, input=raw)
    return row


def test_a_message_is_verified(with_keys: Site) -> None:
    """SPF is verified too if client and reverse-path are given, whether or not the gateway verifies."""
    row = verified(with_keys, signed_by(outside_key()), "--client", "192.0.2.7", "--from", "eve@outside.example")
    assert (row["spf"]["result"], row["dmarc"]["result"], row["arc"]["result"]) == ("pass", "pass", "none")
    assert [(s["selector"], s["result"], s["aligned"]) for s in row["dkim"]] == [("s1", "pass", True)]
    assert row["authors"][0]["aligned"] == ["dkim", "spf"]
    assert row["authenticated"] == ["eve@outside.example"]


def test_without_a_client_there_is_no_spf(with_keys: Site) -> None:
    """A file doesn't say who handed it over. Line ends of LF are read as CRLF."""
    row = verified(with_keys, signed_by(outside_key()).replace(b"\r\n", b"\n"))
    assert (row["spf"]["result"], row["dkim"][0]["result"]) == ("none", "pass")


def test_results_for_people(with_keys: Site, tmp_path: Path) -> None:
    """The output names failures and their reasons for every file; no sender's text reaches the terminal raw."""
    folder = tmp_path / "mail"
    folder.mkdir()
    (folder / "a.eml").write_bytes(signed_by(outside_key()).replace(b"Hello  Bob", b"Hello, Bob"))
    (folder / "b.eml").write_bytes(PLAIN.replace(b"eve@", b'"\x1b[31m"@'))
    out = with_keys.run("dkim", "verify", str(folder)).stdout
    assert "fail" in out
    assert "body" in out
    assert "It has no DKIM signature." in out
    assert "the domain asks for reject" in " ".join(out.split())
    assert "\x1b" not in out


def test_what_can_not_be_read_is_unusable(with_keys: Site) -> None:
    """Exit code 2."""
    assert "nowhere" in with_keys.run("dkim", "verify", "nowhere.eml", code=2).stderr


def test_a_row_is_json(with_keys: Site) -> None:
    """One object a line."""
    out = with_keys.run("dkim", "verify", "-", "--json", input=PLAIN).stdout
    assert json.loads(out)["path"] == "-"
