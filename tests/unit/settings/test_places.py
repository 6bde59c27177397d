"""The keys that a command needs, found without the types of the settings, whatever else is wrong."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gateway.settings.places import read_places


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("include: [more.yaml]\nlisteners: 7\n", "Europe/Berlin"),
        ("organisation: {timezone: Europe/Belrin}\n", "UTC"),
        ("organisation: {timezone: ../etc}\n", "UTC"),
        ("organisation: {timezone: 7}\n", "UTC"),
        ("organisation: 7\n", "UTC"),
        ("nonsense: [\n", "UTC"),
    ],
)
def test_the_time_zone_is_found_whatever_else_is_wrong(folder: Path, text: str, zone: str) -> None:
    """Commands show times in it; a wrong name is told by whatever reads the whole configuration."""
    (folder / "more.yaml").write_text("organisation: {timezone: Europe/Berlin}\n")
    (folder / "gateway.yaml").write_text(text)
    assert read_places(folder / "gateway.yaml").timezone == ZoneInfo(zone)


def test_data_dir_is_found_whatever_else_is_wrong(folder: Path) -> None:
    """A command asks the running gateway there: it needs no key, and judges nothing. Included files count too."""
    (folder / "more").mkdir()
    (folder / "more/here.yaml").write_text("data_dir: data\n")
    (folder / "gateway.yaml").write_text("include: [more/here.yaml, absent.yaml]\nlisteners: 7\n")
    assert read_places(folder / "gateway.yaml").data_dir == folder / "more/data"
    (folder / "gateway.yaml").write_text("nonsense: [\n")
    assert read_places(folder / "gateway.yaml").data_dir == folder / "var"


def test_an_included_file_is_looked_for_where_the_gateway_looks(folder: Path) -> None:
    """Beside the file that names it, else beside the main file."""
    (folder / "more").mkdir()
    (folder / "more/here.yaml").write_text("include: [there.yaml]\n")
    (folder / "there.yaml").write_text("data_dir: data\n")
    (folder / "gateway.yaml").write_text("include: [more/here.yaml]\n")
    assert read_places(folder / "gateway.yaml").data_dir == folder / "data"


@pytest.mark.parametrize(
    "text",
    [
        "data_dir: data\nlisteners: []\nlisteners: []\n",
        "data_dir: data\nreviewers: {ann: [reviewer], ann: [auditor]}\n",
        "data_dir: data\nhostname: !odd x\n",
        "include: [gateway.yaml]\ndata_dir: data\n",
        "include: [7, '', more.yaml]\ndata_dir: data\n",
        "include: more.yaml\ndata_dir: data\n",
        "base: &base {data_dir: data}\n<<: *base\n",
    ],
)
def test_a_mistake_beside_it_hides_no_key(folder: Path, text: str) -> None:
    """Else a command would ask at another socket, and say that no gateway runs."""
    (folder / "more.yaml").write_text("data_dir: other\n")
    (folder / "gateway.yaml").write_text(text)
    assert read_places(folder / "gateway.yaml").data_dir == folder / "data"


def test_the_first_file_that_names_a_key_counts(folder: Path) -> None:
    """The main file before those that it includes, these in their order, as in the whole reading."""
    (folder / "one.yaml").write_text("data_dir: one\n")
    (folder / "two.yaml").write_text("data_dir: two\norganisation: {timezone: Europe/Berlin}\n")
    (folder / "gateway.yaml").write_text("include: [one.yaml, two.yaml]\n")
    found = read_places(folder / "gateway.yaml")
    assert (found.data_dir, found.timezone) == (folder / "one", ZoneInfo("Europe/Berlin"))


def test_a_folder_that_is_no_text_is_the_default(folder: Path) -> None:
    """The whole reading reports it; without any file the default stands beside the main file's name."""
    (folder / "gateway.yaml").write_text("data_dir: 7\n")
    assert read_places(folder / "gateway.yaml").data_dir == folder / "var"
    assert read_places(folder / "absent.yaml").data_dir == folder / "var"
