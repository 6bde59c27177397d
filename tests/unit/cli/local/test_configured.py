"""The whole configuration for a command."""

from __future__ import annotations

import pytest
import typer

from gateway.cli.local.configured import looked_over, settings_of
from tests.unit.cli.conftest import Site


def test_every_mistake_ends_the_command(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """All at once, each with its place."""
    site.gateway.filters = "filters:\n  - atachments\n  - attachments: {mod: off}\n"
    site.gateway.write()
    for read in (settings_of, looked_over):
        with pytest.raises(typer.Exit) as ended:
            read(site.config)
        assert ended.value.exit_code == 1
        said = capsys.readouterr().err
        assert "filters.yaml:2:5: " in said
        assert "filters.yaml:3:" in said


def test_keys_that_are_not_needed_are_not_read(site: Site) -> None:
    """Whoever explains a message need not be able to read the keys."""
    site.gateway.more = "dkim: [{domain: example.co.uk, selector: s, key: absent.pem}]\n"
    site.gateway.write()
    assert settings_of(site.config, without=["dkim"]).dkim == ()
    with pytest.raises(typer.Exit):
        settings_of(site.config)
