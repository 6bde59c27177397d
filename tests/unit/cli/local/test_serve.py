"""`mailwarden serve`, up to the supervisor."""

from __future__ import annotations

import pytest

from gateway.cli.local import serve as module
from gateway.processes.supervisor import CannotStart, Supervisor
from tests.unit.cli.conftest import Site


def test_a_filter_that_lets_unchecked_mail_pass_is_named(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """On standard error, once, before the gateway runs; what keeps it from running is one sentence."""

    def run(_: Supervisor) -> None:
        raise CannotStart("the port is taken")

    monkeypatch.setattr(module.Supervisor, "run", run)
    monkeypatch.setattr(module, "configure", lambda *_: None)
    site.gateway.filters = "filters:\n  - attachments: {on_error: accept}\n"
    site.gateway.write()
    warning, sentence = site.run("serve", code=1).stderr.splitlines()
    assert warning.endswith("attachments lets mail pass when it can't check it (on_error: accept)")
    assert sentence == "the port is taken"
