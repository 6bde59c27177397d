"""The place of the configuration, and the way to the control socket, in sentences."""

from __future__ import annotations

import grp
import os
from pathlib import Path
from typing import Any

import pytest
import typer

from gateway.cli import control_client, options
from gateway.cli.options import config_path
from gateway.control.users import user_name
from tests.unit.cli.conftest import Site


@pytest.mark.parametrize(
    ("closed", "group", "mode", "to_do"),
    [
        ("var", "nogroup", 0o750, "`usermod -aG nogroup {user}` by root adds you to it at your next login"),
        ("var", "nogroup", 0o700, "`chmod g+x {var}` by root lets the group in"),
        ("var", "root", 0o750, "a user of its own, with a group of its own (docs/deploy.md)"),
        (
            "control.sock",
            "nogroup",
            0o660,
            "`usermod -aG nogroup {user}` by root adds you to it at your next login (the group daemon of {var} doesn't",
        ),
    ],
)
def test_whoever_may_not_ask_is_told_what_is_closed(
    site: Site, monkeypatch: pytest.MonkeyPatch, closed: str, group: str, mode: int, to_do: str
) -> None:
    """The folder or the socket, its own group, and the command; never by joining root's group."""

    def refuse(*_: object) -> None:
        raise PermissionError

    folder = site.gateway.data_dir
    folder.mkdir()
    wall = folder if closed == "var" else folder / closed
    numbers = {name: grp.getgrnam(name).gr_gid for name in (group, "daemon")}

    def stat(path: Path, **_: Any) -> os.stat_result:
        own = (mode, numbers[group]) if path == wall else (0o40755, numbers["daemon"])
        return os.stat_result((own[0], 0, 0, 0, 0, own[1], 0, 0, 0, 0))

    monkeypatch.setattr(control_client, "ask", refuse)
    monkeypatch.setattr(Path, "stat", stat)
    monkeypatch.setattr(os, "access", lambda path, _: Path(path) != wall)
    said = site.run("status", code=1).stderr
    assert said.startswith(
        f"you may not use {folder / 'control.sock'}: {wall} is for its owner, its group {group} and "
    )
    assert to_do.format(user=user_name(os.getuid()), var=folder) in said


def test_a_session_from_before_joining_the_group_is_told_so(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command that adds the user was run already."""

    def refuse(*_: object) -> None:
        raise PermissionError

    site.gateway.data_dir.mkdir()
    group = grp.struct_group(("wardens", "x", 4711, [user_name(os.getuid())]))
    monkeypatch.setattr(grp, "getgrgid", lambda _: group)
    monkeypatch.setattr(Path, "stat", lambda *_, **__: os.stat_result((0o40750, 0, 0, 0, 0, 4711, 0, 0, 0, 0)))
    monkeypatch.setattr(os, "access", lambda path, _: Path(path) != site.gateway.data_dir)
    monkeypatch.setattr(control_client, "ask", refuse)
    assert (
        "you are in it, but this session is older: log in again, or `newgrp wardens`"
        in site.run("status", code=1).stderr
    )


def test_a_configuration_that_is_named_is_taken(tmp_path: Path) -> None:
    """Without one the usual places are tried."""
    assert config_path(tmp_path / "x.yaml") == tmp_path / "x.yaml"


def test_the_first_usual_place_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where neither is there, both are named."""
    first, second = tmp_path / "a.yaml", tmp_path / "b.yaml"
    monkeypatch.setattr(options, "CONFIG_FILES", (first, second))
    with pytest.raises(typer.Exit) as ended:
        config_path(None)
    assert ended.value.exit_code == options.UNUSABLE
    second.touch()
    assert config_path(None) == second
    first.touch()
    assert config_path(None) == first
