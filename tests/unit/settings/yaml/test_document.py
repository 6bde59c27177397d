"""YAML files as plain values with marks, and everything that can be wrong with the file itself."""

from __future__ import annotations

import math
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.settings.yaml import document
from gateway.settings.yaml.document import read_document
from gateway.settings.yaml.problems import ConfigurationError


def read(folder: Path, text: str | bytes) -> Any:
    file = folder / "a.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_document(file)


def mistakes(folder: Path, text: str | bytes) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        read(folder, text)
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("off", "off"),
        ("no", "no"),
        ("Yes", "Yes"),
        ("on", "on"),
        ("17:30", "17:30"),
        ("2026-01-02", "2026-01-02"),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("true", True),
        ("FALSE", False),
        ("017", 17),
        ("0o17", 15),
        ("0x1F", 31),
        ("-5", -5),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".inf", float("inf")),
        ("-.INF", float("-inf")),
        ("~", None),
        ("null", None),
        ("", None),
        ('"5"', "5"),
        ("!!str 5", "5"),
        ('!!int "5"', 5),
        ("10.0.0.1", "10.0.0.1"),
        ("127.0.0.1:25", "127.0.0.1:25"),
    ],
)
def test_scalars_follow_yaml_1_2(folder: Path, written: str, value: object) -> None:
    """A plain scalar is what YAML 1.2's core schema says: `off`, `no` and `17:30` are text."""
    got = read(folder, f"key: {written}\n").data["key"]
    assert got == value
    assert type(got) is type(value)


def test_not_a_number_is_a_float(folder: Path) -> None:
    """`.nan` is a float."""
    got = read(folder, "key: .NaN\n").data["key"]
    assert math.isnan(got)


def test_keys_are_text(folder: Path) -> None:
    """Keys stay as they are written, whatever they look like."""
    assert read(folder, "1: a\noff: b\ntrue: c\n").data == {"1": "a", "off": "b", "true": "c"}


def test_marks_say_where_values_and_keys_stand(folder: Path) -> None:
    """Lines and columns count from 1."""
    got = read(folder, "a:\n  - b: c\n")
    assert str(got.values[("a", 0, "b")]) == "a.yaml:2:8"
    assert str(got.keys[("a", 0, "b")]) == "a.yaml:2:5"


def test_columns_count_characters_not_bytes(folder: Path) -> None:
    """A letter outside ASCII is one column."""
    assert read(folder, "é: ü\n").values[("é",)].column == 4


def test_an_empty_file_has_no_data(folder: Path) -> None:
    """Nothing, or comments alone, is None."""
    assert read(folder, "# nothing\n").data is None


def test_a_byte_order_mark_is_skipped(folder: Path) -> None:
    """Windows editors put one in front."""
    assert read(folder, b"\xef\xbb\xbfa: b\n").data == {"a": "b"}


def test_anchors_aliases_and_merges_work(folder: Path) -> None:
    """`<<` adds keys and overrides none."""
    got = read(folder, "base: &b {x: 1, y: 2}\none: {<<: *b, y: 3}\ntwo: {<<: [{x: 9}, *b]}\n").data
    assert got["one"] == {"x": 1, "y": 3}
    assert got["two"] == {"x": 9, "y": 2}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\na: 2\n", "a.yaml:2:1: a: stands twice; the first is on line 1"),
        ("a:\n\t- x\n", "a.yaml:2:1: a tab can't indent YAML: use spaces"),
        ("a: b: c\n", "a.yaml:1:5: not YAML: mapping values are not allowed in this context "
            "(wrong indentation, or does a value with a colon need quotes?)"),
        (
            "a: [1,\n  2\nb: 3\n",
            "a.yaml:3:2: not YAML: did not find expected ',' or ']' "
            "(while parsing a flow sequence that begins on line 1)",
        ),
        ("a: 1\n---\nb: 2\n", "a.yaml:2:1: not YAML: but found another document (expected a single document in the "
         "stream that begins on line 1)"),
        ("a: [\n", "a.yaml:2:1: not YAML: did not find expected node content"),
        ("a: *x\n", "a.yaml:1:4: not YAML: found undefined alias (a value that begins with * needs quotes)"),
        ("a: !python/name:os.system x\n", "a.yaml:1:4: a: the tag !python/name:os.system is not allowed"),
        ("a: !!binary aGk=\n", "a.yaml:1:4: a: the tag tag:yaml.org,2002:binary is not allowed"),
        ("a: !!int x\n", "a.yaml:1:4: a: x is not of the type int"),
        ("a: !!bool x\n", "a.yaml:1:4: a: x is not of the type bool"),
        ("? [a]\n: b\n", "a.yaml:1:3: a key must be a word"),
        ("a: &x [*x]\n", "a.yaml:1:4: a[0]: an alias stands inside what it repeats"),
        ("a: &x {<<: *x}\n", "a.yaml:1:4: a: an alias stands inside what it repeats"),
        ("a: {<<: 5}\n", "a.yaml:1:9: a: << merges mappings only"),
        ("a: ok\nb: \x01\n", "a.yaml:2:4: a control character stands here"),
        (b"a: ok\nb: \xe9\n", "a.yaml:2:4: the file is not UTF-8"),
        ("a: b".encode("utf-16"), "a.yaml:1:1: the file is not UTF-8"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_told_with_its_line(folder: Path, text: str | bytes, line: str) -> None:
    """Mistakes in the YAML itself are problems like all others."""
    assert mistakes(folder, text) == [line]


def test_all_mistakes_of_a_file_are_told_at_once(folder: Path) -> None:
    """One run shows every duplicate and every tag."""
    assert len(mistakes(folder, "a: 1\na: 2\nb: !x 3\n")) == 2


def test_a_missing_file_is_named(folder: Path) -> None:
    """There is no line to give."""
    with pytest.raises(ConfigurationError, match=r"^a\.yaml: no such file$"):
        read_document(folder / "a.yaml")


def test_a_directory_is_not_a_file(folder: Path) -> None:
    """A folder's name in place of a file's."""
    (folder / "sub").mkdir()
    with pytest.raises(ConfigurationError, match=r"sub: a file is expected, not a directory$"):
        read_document(folder / "sub")


def test_a_device_is_not_read(folder: Path) -> None:
    """/dev/zero would never end."""
    with pytest.raises(ConfigurationError, match="a plain file is expected"):
        read_document(Path("/dev/zero"))


@pytest.mark.parametrize(("extra", "fits"), [(-1, True), (0, True), (1, False)])
def test_the_size_of_a_file_is_bounded(folder: Path, monkeypatch: pytest.MonkeyPatch, extra: int, fits: bool) -> None:
    """A file of the limit is read, one octet more isn't."""
    monkeypatch.setattr(document, "MAX_FILE_BYTES", 20)
    text = "a: " + "b" * (17 + extra)
    if fits:
        assert read(folder, text).data
    else:
        assert mistakes(folder, text) == ["a.yaml: is larger than 20 bytes"]


@pytest.mark.parametrize(("extra", "fits"), [(-1, True), (0, True), (1, False)])
def test_nesting_is_bounded(folder: Path, extra: int, fits: bool) -> None:
    """The limit's depth is read, and one level more isn't."""
    depth = document.MAX_DEPTH + extra
    text = "[" * depth + "]" * depth
    if fits:
        assert read(folder, text).data is not None
    else:
        assert "nested more than 50 levels deep" in mistakes(folder, text)[0]


def test_nesting_beyond_the_parser_is_a_problem_too(folder: Path) -> None:
    """The parser itself (libyaml) stops at 1,000 levels, or at the end of the text."""
    assert ": not YAML: " in mistakes(folder, "[" * 5000)[0]


@pytest.mark.parametrize(("extra", "fits"), [(-1, True), (0, True), (1, False)])
def test_the_number_of_values_is_bounded(folder: Path, monkeypatch: pytest.MonkeyPatch, extra: int, fits: bool) -> None:
    """The list itself counts as a value."""
    monkeypatch.setattr(document, "MAX_VALUES", 10)
    text = f"[{', '.join('x' * (9 + extra))}]"
    if fits:
        assert read(folder, text).data
    else:
        assert "more than 10 values" in mistakes(folder, text)[0]


@pytest.mark.parametrize("bomb", ["[*a{0}, *a{0}]", "{{<<: [*a{0}, *a{0}]}}"])
def test_an_alias_bomb_is_a_problem(folder: Path, monkeypatch: pytest.MonkeyPatch, bomb: str) -> None:
    """Forty doublings end at the limit, by aliases and by merges."""
    monkeypatch.setattr(document, "MAX_VALUES", 5_000)
    lines = ["a0: &a0 {x: 1}"] + [f"a{i}: &a{i} {bomb.format(i - 1)}" for i in range(1, 40)]
    assert any("more than 5000 values" in line for line in mistakes(folder, "\n".join(lines)))


@given(st.binary(max_size=200) | st.text("a:[]{}&*-<>!'\" \n\t#1,?|%@", max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Whatever stands in a file, nothing but ConfigurationError comes of it."""
    file = tmp_path_factory.getbasetemp() / "any.yaml"
    file.write_bytes(content)
    with suppress(ConfigurationError):
        read_document(file)
