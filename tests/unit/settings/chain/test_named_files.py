"""Files that a filter's settings name: read in their place, with their own lines in error messages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gateway.settings.models import Settings

Load = Callable[..., Settings]
Problems = Callable[..., list[str]]


def filters(keys: str) -> str:
    return f"filters:\n  - attachments: {{{keys}}}\n"


def test_a_yaml_file_takes_the_place_of_its_name(load: Load) -> None:
    """The settings get its content."""
    settings = load(filters("categories: mine.yaml, notice: n.txt"), mine_yaml="a: [exe]\n", n_txt="Gone: {{ file }}\n")
    assert settings.filters[0].settings.model_dump() == {
        "block": (),
        "categories": {"a": ("exe",)},
        "notice": "Gone: {{ file }}\n",
    }


def test_the_shipped_file_is_read_where_none_is_named(load: Load) -> None:
    """A template too: a filters.yaml of two lines is enough."""
    settings = load(filters("block: []")).filters[0].settings.model_dump()
    assert settings == {"block": (), "categories": {"programs": ("exe",)}, "notice": "Removed.\n"}


def test_mistakes_in_a_shipped_file_have_its_lines(problems: Problems, folder: Path) -> None:
    """It is read like any other."""
    (folder / "shipped/attachments.yaml").write_text("a: 5\n")
    assert problems(filters("")) == [
        "shipped/attachments.yaml:1:4: filters[0].attachments.categories.a: a list is expected, not the number 5"
    ]


def test_a_named_file_is_relative_to_the_file_that_names_it(load: Load, folder: Path) -> None:
    """Not to the main file."""
    (folder / "sub").mkdir()
    (folder / "sub/filters.yaml").write_text(filters("categories: c.yaml"))
    (folder / "sub/c.yaml").write_text("a: []\n")
    assert load("include: [sub/filters.yaml]\n").filters[0].settings.model_dump()["categories"] == {"a": ()}


def test_mistakes_in_a_named_file_have_its_lines(problems: Problems) -> None:
    """Its own line and column; the path goes through."""
    assert problems(filters("categories: mine.yaml"), mine_yaml="a:\n  - exe\n  - 5\n") == [
        "mine.yaml:3:5: filters[0].attachments.categories.a[1]: text is expected: put it in quotes"
    ]


def test_a_named_file_may_be_broken_yaml(problems: Problems) -> None:
    """Other problems of the entry are told all the same."""
    assert problems(filters("categories: mine.yaml, blok: []"), mine_yaml="a: 1\na: 2\n") == [
        "gateway.yaml:4:42: filters[0].attachments.blok: unknown key (did you mean block?)",
        "mine.yaml:2:1: filters[0].attachments.categories.a: stands twice; the first is on line 1",
    ]


def test_a_missing_file_is_told_where_it_is_named(problems: Problems) -> None:
    """Once, and not as a missing key."""
    assert problems(filters("categories: mine.yaml, notice: n.txt")) == [
        "gateway.yaml:4:31: filters[0].attachments.categories: no such file: mine.yaml",
        "gateway.yaml:4:50: filters[0].attachments.notice: no such file: n.txt",
    ]


def test_the_name_of_a_file_is_text(problems: Problems) -> None:
    """Its content can't stand in its place."""
    assert problems(filters("categories: {a: [exe]}")) == [
        "gateway.yaml:4:31: filters[0].attachments.categories: the name of a file is expected"
    ]


def test_an_empty_yaml_file_is_a_problem(problems: Problems) -> None:
    """Nothing to look for is a mistake, not a wish."""
    assert problems(filters("categories: mine.yaml"), mine_yaml="# nothing\n") == [
        "gateway.yaml:4:31: filters[0].attachments.categories: the file is empty"
    ]
