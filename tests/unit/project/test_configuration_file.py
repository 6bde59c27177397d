"""`make run` and `make sample` read the configuration that MAILWARDEN_CONFIG names, as the command line does."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import configuration_file
import pytest
import run
import sample


@pytest.mark.parametrize("named", ["", "other/gateway.yaml"])
def test_the_variable_names_it(monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    """Both tools; without the variable it is the shipped one."""
    monkeypatch.setenv("MAILWARDEN_CONFIG", named)
    monkeypatch.setattr(sys, "argv", ["sample.py"])
    expected = Path(named) if named else configuration_file.SHIPPED
    assert configuration_file.configuration_file() == expected
    assert sample.arguments().config == expected


def test_run_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A mistake in it is told with its path; an option precedes the variable."""
    for name in ("named", "given"):
        (tmp_path / f"{name}.yaml").write_text("listeners: 7\n")
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # the test's own process keeps its handlers
    monkeypatch.setenv("MAILWARDEN_CONFIG", str(tmp_path / "named.yaml"))
    for options, read in ((), "named"), (("--config", str(tmp_path / "given.yaml")), "given"):
        monkeypatch.setattr(sys, "argv", ["run.py", *options])
        assert run.main() == 1
        assert f"{tmp_path / read}.yaml" in capsys.readouterr().out
