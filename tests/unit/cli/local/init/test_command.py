"""`mailwarden init` and `serve --data` write files that aren't there, and no others."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.cli.local import configured, serve
from gateway.cli.local.init import command
from gateway.cli.main import cli

ANSWERS = ("--domain", "example.co.uk", "--upstream", "none", "--next-hop", "smtp://127.0.0.1:26")


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """The runner's streams are closed after each command: no logger may keep them."""
    monkeypatch.setattr(configured, "configure", lambda *_, **__: None)
    monkeypatch.setenv("COLUMNS", "400")


def run(*arguments: str | Path, code: int = 0) -> Result:
    done = CliRunner().invoke(cli, list(map(str, arguments)))
    assert done.exit_code == code, (done.output, done.exception)
    return done


def test_a_configuration_is_written_and_checked(tmp_path: Path) -> None:
    """Its data lies beside it unless an option says where; the folder is made."""
    folder = tmp_path / "new/etc"
    shown = run("init", folder, *ANSWERS, "--name", "Example Ltd").output
    assert "The configuration is fine." in shown
    assert sorted(file.name for file in folder.iterdir()) == [
        *("directory.yaml", "filters.yaml", "gateway.yaml", "policy.yaml")
    ]
    assert 'data_dir: "var"' in (folder / "gateway.yaml").read_text()
    run("init", tmp_path / "b", *ANSWERS, "--data", tmp_path / "data")
    assert f'data_dir: "{tmp_path}/data"' in (tmp_path / "b/gateway.yaml").read_text()


def test_the_installed_gateway_s_folders_are_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """/etc/mailwarden, with the data in /var/lib/mailwarden."""
    assert Path("/etc/mailwarden") == command.CONFIGURATION
    monkeypatch.setattr(command, "CONFIGURATION", tmp_path)
    run("init", tmp_path, *ANSWERS)
    assert 'data_dir: "/var/lib/mailwarden"' in (tmp_path / "gateway.yaml").read_text()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """A file beside it is kept; a main file stops it, and so does a link to nowhere."""
    (tmp_path / "policy.yaml").write_text("policy: {title: Ours}\n")
    assert f"Kept  {tmp_path}/policy.yaml" in run("init", tmp_path, *ANSWERS).output
    assert (tmp_path / "policy.yaml").read_text() == "policy: {title: Ours}\n"
    before = (tmp_path / "gateway.yaml").read_text()
    assert "is there already, and nothing was written" in run("init", tmp_path, *ANSWERS, code=1).output
    assert (tmp_path / "gateway.yaml").read_text() == before
    (tmp_path / "b").mkdir()
    (tmp_path / "b/gateway.yaml").symlink_to("nowhere")
    run("init", tmp_path / "b", *ANSWERS, code=1)
    assert len(list((tmp_path / "b").iterdir())) == 1


def test_a_folder_that_can_t_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "can't be written: Not a directory" in run("init", tmp_path / "file/x", *ANSWERS, code=1).output
    assert "is no folder" in run("init", tmp_path / "file", *ANSWERS, code=2).output


def test_wrong_answers_write_nothing(tmp_path: Path) -> None:
    run("init", tmp_path / "x", "--domain", "a@b", code=2)
    assert not (tmp_path / "x").exists()


def test_a_trial_runs_on_the_shipped_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`serve --data` writes it once, and a second start takes what is there."""
    started: list[Path] = []

    class Supervisor:
        def __init__(self, config: Path, *_: object) -> None:
            started.append(config)

        def run(self) -> None: ...

    monkeypatch.setattr(serve, "Supervisor", Supervisor)
    monkeypatch.setattr(serve, "configure", lambda *_: None)
    main = tmp_path / "data/gateway.yaml"
    assert f"Wrote {main}" in run("serve", "--data", tmp_path / "data").output
    main.write_text(main.read_text() + "workers: 1\n")
    assert "Wrote" not in run("serve", "--data", tmp_path / "data").output
    assert started == [main, main]
    assert main.read_text().endswith("workers: 1\n")


def test_a_trial_has_no_other_configuration(tmp_path: Path) -> None:
    done = run("serve", "--data", tmp_path, "--config", tmp_path / "gateway.yaml", code=2)
    assert "--data has a configuration of its own" in done.output
    assert list(tmp_path.iterdir()) == []
