"""The health under one configuration: files, keys and figures as they are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from gateway import app
from gateway.act.signing.key_record import new_key, pem, record_text
from gateway.assemble.store import open_store
from gateway.monitoring.health import Health
from gateway.settings.signing import read_key
from tests.support.servers.name_server import NameServer

CONFIGURATION = """organisation: {{name: Example Ltd, domains: [example.com]}}
listeners: [{{name: in, address: "127.0.0.1:2525", direction: inbound, next_hop: "maildir:m", certificate: tls.pem}}]
dkim: [{{domain: example.com, selector: mw, key: key.pem}}]
authentication: {{nameservers: ["127.0.0.1:{port}"]}}
"""


def certificate(days: float) -> bytes:
    """Return key and certificate that ends in so many days."""
    key, name = Ed25519PrivateKey.generate(), x509.Name([])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=100)).not_valid_after(now + timedelta(days=days))
    return pem(key) + made.sign(key, None).public_bytes(Encoding.PEM)


@pytest.fixture
async def health(tmp_path: Path) -> AsyncIterator[Callable[..., Health]]:
    (tmp_path / "tls.pem").write_bytes(certificate(3.5))
    (tmp_path / "key.pem").write_bytes(pem(new_key("ed25519", 0)))
    (tmp_path / "key.pem").chmod(0o600)
    (tmp_path / "gateway.yaml").write_text(CONFIGURATION.format(port=1))
    store = await open_store(app.read_settings(tmp_path / "gateway.yaml"), create=True)

    def opened(port: int = 1) -> Health:
        (tmp_path / "gateway.yaml").write_text(CONFIGURATION.format(port=port))
        return Health(app.build(app.read_settings(tmp_path / "gateway.yaml"), store, quiet=True))

    yield opened
    await store.close()


async def said(health: Health) -> list[str]:
    return [one.sentence for one in health.conditions(await health.figures(), None, None)]


async def test_certificates_and_files_of_keys(health: Callable[..., Health], tmp_path: Path) -> None:
    """The certificate in use counts, not the one that its file holds by now; a key that is gone is named."""
    one = health()
    (sentence,) = await said(one)
    assert "tls.pem) ends in 3 days. Renew it" in sentence
    (tmp_path / "tls.pem").write_bytes(certificate(90))
    (sentence,) = await said(one)
    assert "`mailwarden reload` takes it over" in sentence
    assert await said(health()) == []
    (tmp_path / "key.pem").write_bytes(pem(new_key("ed25519", 0)))
    (tmp_path / "var/secret.key").unlink()
    _, secret, key = await said(one)
    assert "secret.key is gone: the next start refuses the store" in secret
    assert "the file has changed: `mailwarden reload`" in key
    (tmp_path / "key.pem").unlink()
    assert "can't be read (No such file or directory)" in (await said(one))[-1]


async def test_a_key_that_the_dns_lacks(health: Callable[..., Health], tmp_path: Path) -> None:
    """While it is trouble it is asked for again and again; a DNS that is away changes nothing."""
    (tmp_path / "tls.pem").write_bytes(certificate(90))
    text = record_text(read_key((tmp_path / "key.pem").read_bytes()))
    with NameServer(["example.com. MX 10 mx.example.com."]) as without:
        one = health(without.port)
        await one.ask_for_keys()
        (sentence,) = await said(one)
        assert sentence.startswith("Key mw._domainkey.example.com: its public half is not in the DNS (missing)")
        assert "mailwarden dkim dns" in sentence
    with NameServer([f'mw._domainkey.example.com. TXT "{text}"'], without.port):
        await one.ask_for_keys()
        assert await said(one) == []
    await one.ask_for_keys()  # not asked: the answer is new
    assert await said(one) == []


async def test_figures_are_used_again_for_a_while(
    health: Callable[..., Health], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, asked = health(), []
    now = one.figures_now

    async def counted() -> object:
        asked.append(1)
        return await now()

    monkeypatch.setattr(one, "figures_now", counted)
    assert await one.figures() == await one.figures()
    assert len(asked) == 1
