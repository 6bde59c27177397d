"""Files that settings name: beside the YAML that names them, beside gateway.yaml, among the shipped files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gateway.settings.loading import load
from gateway.settings.models import Settings
from gateway.settings.yaml.file_search import MAIN_FILES, SHIPPED, FileSearch, shipped_names
from tests.unit.settings.conftest import FILTERS, MINIMAL

Load = Callable[..., Settings]
Problems = Callable[..., list[str]]


def in_a_folder(folder: Path, keys: str = "") -> Settings:
    """Load a configuration whose chain stands in another folder than gateway.yaml."""
    chain = folder / "chain"
    chain.mkdir(exist_ok=True)
    (chain / "filters.yaml").write_text(f"filters:\n  - attachments: {{{keys}}}\n")
    (folder / "gateway.yaml").write_text(MINIMAL + "include: [chain/filters.yaml]\n")
    return load(folder / "gateway.yaml", FILTERS)


def found(settings: Settings) -> dict[str, str]:
    """Return the place of each setting's file, relative to the folder."""
    assert settings.main is not None
    return {at: str(file.relative_to(settings.main.parent)) for at, file in settings.files}


def test_a_file_is_looked_for_in_three_places(folder: Path) -> None:
    """The nearest is taken; `files` tells which."""
    at = "filters[0].attachments.categories"
    for named in ("categories: attachments.yaml", ""):  # named, and by default
        assert found(in_a_folder(folder, named))[at] == "shipped/attachments.yaml"
        (folder / "attachments.yaml").write_text("ours: [scr]\n")
        settings = in_a_folder(folder, named)
        assert found(settings)[at] == "attachments.yaml"
        assert settings.filters[0].settings.categories == {"ours": ("scr",)}  # type: ignore[attr-defined]
        (folder / "chain/attachments.yaml").write_text("nearest: [com]\n")
        (folder / "attachments.yaml").unlink()
        assert found(in_a_folder(folder, named))[at] == "chain/attachments.yaml"
        (folder / "chain/attachments.yaml").unlink()


def test_files_of_every_kind_are_looked_for(load: Load, folder: Path) -> None:
    """An included file, a template, a file of the filters, one of a model's: each is found beside gateway.yaml."""
    (folder / "more").mkdir()
    (folder / "more/hops.yaml").write_text(
        "routes: {a.example: {url: 'smtp://h:25', tls: required, login: me, password_file: hop.password}}\n"
        "held_notice: own.txt\n"
    )
    files = {"own_txt": "x", "other_yaml": "journal: {days: 1, key_file: j.key}\n"}
    (folder / "hop.password").write_text("x")
    (folder / "j.key").write_text("00" * 32)
    (folder / "j.key").chmod(0o600)
    settings = load("include: [more/hops.yaml, other.yaml]\nfilters: [attachments]\n", **files)
    places = found(settings)
    assert places["held_notice"] == "own.txt"
    assert places["include"] == "other.yaml"
    assert places["routes.password_file"] == "hop.password"
    assert places["journal.key_file"] == "j.key"
    assert settings.routes["a.example"][0].password_file == folder / "hop.password"


def test_an_included_file_may_be_a_shipped_one(folder: Path) -> None:
    """gateway.yaml alone, with what the package brings."""
    (folder / "shipped/filters.yaml").write_text("filters: [attachments]\n")
    (folder / "gateway.yaml").write_text(MINIMAL + "include: [filters.yaml]\n")
    settings = load(folder / "gateway.yaml", FILTERS)
    assert [entry.kind for entry in settings.filters] == ["attachments"]
    assert found(settings)["include"] == "shipped/filters.yaml"


def test_a_template_beside_the_main_file_is_used(load: Load, folder: Path) -> None:
    """No key names it: the notices of that name, and the one about any held message."""
    (folder / "notices").mkdir()
    for name in ("held", "confirm"):
        (folder / f"notices/{name}.txt").write_text("Subject: x\n\n{{ id }}\n")
    settings = load()
    assert settings.held_notice == folder / "notices/held.txt"
    assert settings.held_notices == {"confirm": folder / "notices/confirm.txt"}


def test_a_missing_file_is_told_with_both_places(problems: Problems, folder: Path) -> None:
    """The sentence names the administrator's own folders."""
    (folder / "more").mkdir()
    (folder / "more/c.yaml").write_text("filters:\n  - attachments: {categories: none.yaml}\nheld_notice: none.txt\n")
    assert problems("include: [more/c.yaml, none.yaml]\n") == [
        "gateway.yaml:3:24: include: no such file: none.yaml",
        f"more/c.yaml:2:31: filters[0].attachments.categories: no such file: more/none.yaml, nor {folder}/none.yaml",
        f"more/c.yaml:3:14: held_notice: no such file: {folder}/more/none.txt, nor {folder}/none.txt",
    ]


def test_an_absolute_path_has_one_place(tmp_path: Path) -> None:
    search = FileSearch(tmp_path)
    assert search.places("/etc/a.pem", tmp_path / "b") == (Path("/etc/a.pem"),)
    assert search.elsewhere("/etc/a.pem", tmp_path / "b") == ""


def test_whole_configurations_are_no_files_of_settings() -> None:
    names = shipped_names(SHIPPED)
    assert {"policy.yaml", "notices/held.txt", "banners/external.html"} <= set(names)
    assert not MAIN_FILES & set(names)
    assert all((SHIPPED / name).is_file() for name in MAIN_FILES)
