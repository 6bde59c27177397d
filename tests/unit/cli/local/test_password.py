"""`mailwarden password`: its line is one that the file of logins takes."""

from __future__ import annotations

import getpass
import io
import sys
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from typer.testing import CliRunner, Result

from gateway.cli.local import password as module
from gateway.cli.main import cli
from gateway.settings.auth.login_lines import read_logins

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PasswordHasher", lambda: CHEAP)


def run(login: str, typed: str) -> Result:
    return CliRunner().invoke(cli, ["password", login], input=typed)


def test_the_line_is_one_of_the_file(tmp_path: Path) -> None:
    """The password itself stands nowhere; without a terminal it is the first line of the input."""
    done = run("Ann@Example.com", "correct horse\nmore\n")
    assert done.exit_code == 0
    assert "horse" not in done.output
    (tmp_path / "users.txt").write_text(done.stdout)
    ((login, hash),) = read_logins(tmp_path / "users.txt").items()
    assert login == "ann@example.com"
    assert CHEAP.verify(hash, "correct horse")


@pytest.mark.parametrize(
    ("login", "typed", "said"),
    [
        ("ann archer", "correct horse\n", "a login has no blank"),
        ("ann", "horse\n", "a password has at least 8 characters"),
        ("ann", "", "a password has at least 8 characters"),
        ("ann", "x" * 1001, "at most 1000 octets"),
    ],
)
def test_a_mistake_prints_no_line(login: str, typed: str, said: str) -> None:
    done = run(login, typed)
    assert done.exit_code == 2
    assert said in done.stderr
    assert done.stdout == ""


class Terminal(io.StringIO):
    """Standard input of a person."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("typed", [["correct horse", "correct horse"], ["correct horse", "correct hose"]])
def test_a_terminal_asks_twice(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], typed: list[str]
) -> None:
    """And shows nothing of the answers."""
    same, answers = typed[0] == typed[1], iter(typed)
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(getpass, "getpass", lambda prompt: next(answers))
    if same:
        module.password("ann")
        assert capsys.readouterr().out.startswith("ann:$argon2id$")
        return
    with pytest.raises(BaseException, match="2"):
        module.password("ann")
    assert "the passwords differ" in capsys.readouterr().err
