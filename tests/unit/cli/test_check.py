"""`check` on what lies beside the configuration."""

from __future__ import annotations

from tests.unit.cli.conftest import PLAIN, Site


def test_a_secret_of_another_store(site: Site) -> None:
    """A mistake of a restore is found before the gateway is started."""
    site.take(PLAIN)
    assert "fine" in site.run("check").stdout
    (site.gateway.data_dir / "secret.key").write_bytes(bytes(32))
    told = site.run("check", code=1).stderr
    assert told.startswith("store: secret.key doesn't belong to this store, which was written with another one: ")
