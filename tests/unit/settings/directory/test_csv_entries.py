"""People and lists from CSV files: how they may be written, and what is said of mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.settings.directory import csv_entries
from gateway.settings.directory.csv_entries import groups_in, read_lists, read_people
from gateway.settings.yaml.problems import ConfigurationError

HEADER = "name,addresses,groups,manager\n"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "some.csv"


def people_of(file: Path, content: str | bytes) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return [(one.entry.name, one.entry.addresses, one.entry.groups) for one in read_people(file)]


def wrong(file: Path, content: str | bytes) -> list[str]:
    """Return the error lines."""
    with pytest.raises(ConfigurationError) as caught:
        people_of(file, content)
    return str(caught.value).splitlines()


ANN = ("Ann Archer", ("ann@example.com", "a@example.com"), ("finance", "it"))
COMMAS = "name,addresses,groups\nAnn Archer,ann@example.com; a@example.com,finance;it\n"
WRITTEN = {
    "commas": COMMAS,
    "semicolons": 'name;addresses;groups\n"Ann Archer";"ann@example.com;a@example.com";"finance; it"\n',
    "tabs": "name\taddresses\tgroups\nAnn Archer\tann@example.com;a@example.com\tfinance;it\n",
    "sep=": 'sep=;\nname;addresses;groups\nAnn Archer;"ann@example.com;a@example.com";"finance;it"\n',
    "CRLF": COMMAS.replace("\n", "\r\n"),
    "BOM": "\ufeff" + COMMAS,
    "other order": "Groups, Addresses ,NAME\nfinance;it,ann@example.com;a@example.com,Ann Archer\n",
    "blank lines": COMMAS.replace("\nAnn", "\n\n,,\nAnn"),
    "short row": "name,addresses,groups,title,phone\nAnn Archer,ann@example.com;a@example.com,finance;it\n",
    "column without a name": COMMAS.replace("groups\n", "groups,\n").replace("it\n", "it,whatever\n"),
    "no last line end": COMMAS.rstrip("\n"),
}


@pytest.mark.parametrize("content", WRITTEN.values(), ids=WRITTEN)
def test_exports_are_read_as_they_are(file: Path, content: str) -> None:
    """Programs separate by commas, semicolons or tabs, with or without a byte order mark."""
    assert people_of(file, content) == [ANN]


def test_every_column_is_taken(file: Path) -> None:
    """The columns are the keys of the YAML."""
    file.write_text(
        "name,addresses,title,department,phone,groups,manager,delegates,private_addresses,timezone,holidays\n"
        "Zo\u00eb,z@example.com,Chair,Board,+44 1,a,b@example.com,c@example.com;d@example.com,z@mail.example,"
        "Europe/Paris,GB-SCT\n",
        "utf-8",
    )
    (one,) = read_people(file)
    person = one.entry.person
    assert (person.name, person.title, person.department, person.phone) == ("Zo\u00eb", "Chair", "Board", "+44 1")
    assert (person.manager, person.delegates) == ("b@example.com", ("c@example.com", "d@example.com"))
    assert (person.private_addresses, person.timezone, person.holidays) == (
        ("z@mail.example",),
        "Europe/Paris",
        "GB-SCT",
    )
    assert str(one.place) == "some.csv:2"


MISTAKES = {
    "unknown column": (b"name,adresses,addresses\nA,x,a@x.example\n", "some.csv:1: unknown column adresses"),
    "column twice": (b"name,addresses,name\n", "some.csv:1: the column name stands twice"),
    "no column": (b"name,groups\nA,it\n", "some.csv:1: the header line has no column addresses"),
    "address": (b"name,addresses\n\nA,ann\n", "some.csv:3: addresses: an e-mail address is expected, not ann"),
    "no name": (b"name,addresses\n,a@x.example\n", "some.csv:2: name: is missing"),
    "timezone": (
        b"name,addresses,timezone\nA,a@x.example,Europe/Pari\n",
        "some.csv:2: timezone: unknown time zone Europe/Pari (did you mean Europe/Paris?)",
    ),
    "holidays": (
        b"name,addresses,holidays\nA,a@x.example,XX\n",
        "some.csv:2: holidays: no public holidays are known of XX",
    ),
    "group": (b"name,addresses,groups\nA,a@x.example,it staff\n", "some.csv:2: groups: a name is letters, digits"),
    "too many cells": (
        b"name;addresses\nA;a@x.example;b@x.example\n",
        "some.csv:2: has 3 cells, and the header line 2; several values with ; in a cell need quotes",
    ),
    "quotes": (b'name,addresses\nA,a@x.example\n"B"x,b@x.example\n', "some.csv:3: not CSV: ',' expected after '\"'"),
    "after a cell of two lines": (
        b'name,addresses,title\nA,a@x.example,"Head\nof"\nB,b,x\n',
        "some.csv:4: addresses: an e-mail address is expected, not b",
    ),
    "not UTF-8": (b"name,addresses\nZo\xeb,z@x.example\n", "some.csv:2: not UTF-8: save it as Excel's `CSV UTF-8`"),
    "UTF-16": ("name,addresses\n".encode("utf-16"), "some.csv: the file is UTF-16: Excel's `CSV UTF-8` is expected"),
    "CR alone": (b"name,addresses\rA,a@x.example\r", "some.csv:1: not CSV: new-line character seen in unquoted field"),
    "header alone": (b"name,addresses\n\n", "some.csv:1: no line follows the header: was the export cut short?"),
    "empty": (b"\n \n", "some.csv: the file is empty: a header line is expected"),
    "escape": (b"name,addresses\nA\x1b[2J,a@x.example\n", "some.csv:2: name: must not contain control characters"),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_with_file_line_and_column(file: Path, mistake: tuple[bytes, str]) -> None:
    """Once, and with what was perhaps meant."""
    content, sentence = mistake
    (line,) = wrong(file, content)
    assert line.startswith(sentence)


def test_all_mistakes_are_told_at_once(file: Path) -> None:
    """Up to a number that somebody reads."""
    rows = "".join(f"P{n},nobody\n" for n in range(csv_entries.MAX_PROBLEMS + 3))
    lines = wrong(file, "name,addresses\n" + rows)
    assert len(lines) == csv_entries.MAX_PROBLEMS + 1
    assert "some.csv: 3 more mistakes are not shown" in lines


def test_a_file_that_is_too_large_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the limit it is read."""
    monkeypatch.setattr(csv_entries, "MAX_FILE_BYTES", len(COMMAS))
    assert people_of(file, COMMAS)
    assert wrong(file, COMMAS + "\n") == [f"some.csv: is larger than {len(COMMAS)} bytes"]


def test_a_file_that_is_gone_is_told(file: Path) -> None:
    """The error names the file."""
    with pytest.raises(ConfigurationError, match=r"some\.csv: can't be read: No such file"):
        read_people(file)


# --- lists -----------------------------------------------------------------------------------------------------------


def test_a_list_takes_a_line(file: Path) -> None:
    """A list has its numbers, and an empty `writers` means all."""
    file.write_text(
        "address,name,members,size,owners,writers,reply_all\n"
        "all@x.example,All,a@x.example;b@x.example,400,o@x.example,group:board;o@x.example,10\n"
        "open@x.example,,,3,,,\n"
    )
    first, second = (one.entry.distribution_list for one in read_lists(file))
    assert (first.name, first.members, first.size) == ("All", ("a@x.example", "b@x.example"), 400)
    assert (first.owners, first.writers, first.reply_all) == (("o@x.example",), ("group:board", "o@x.example"), 10)
    assert (second.size, second.writers, second.reply_all) == (3, None, None)


def test_a_list_may_take_a_line_for_each_member(file: Path) -> None:
    """Most exports have such lines; letter case of the list's address makes no difference."""
    file.write_text("address,name,members\nall@x.example,All,a@x.example\nALL@x.example,,b@x.example\n")
    (one,) = read_lists(file)
    assert one.entry.members == ("a@x.example", "b@x.example")


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ("all@x.example,3,\nall@x.example,4,\n", "some.csv:3: size: line 2 has 3 for the same list"),
        ("all@x.example,many,\n", "some.csv:2: size: a whole number is expected, not many"),
        ("all@x.example,-1,\n", "some.csv:2: size: a whole number is expected, not -1"),
        ("all@x.example,,ann\n", "some.csv:2: members: an e-mail address is expected, not ann"),
        (",3,\n", "some.csv:2: address: is missing"),
    ],
)
def test_a_mistake_in_a_list_is_told(file: Path, rows: str, sentence: str) -> None:
    """The mistake has the line where the list begins, or where it contradicts itself."""
    file.write_text(f"address,size,members\n{rows}")
    with pytest.raises(ConfigurationError) as caught:
        read_lists(file)
    assert str(caught.value) == sentence


def test_a_cell_may_have_thirty_thousand_members(file: Path) -> None:
    """More than Python's reader takes by itself."""
    members = [f"person.{n}@example.com" for n in range(30_000)]
    file.write_text(f"address,members\nall@example.com,{';'.join(members)}\n")
    (one,) = read_lists(file)
    assert len(one.entry.members) == 30_000


def test_groups_are_read_without_judging_the_rest(file: Path) -> None:
    """The exemptions name these groups."""
    file.write_text("name,addresses,groups\nA,nonsense,it; finance\nB,,\n")
    assert groups_in(file) == {"it", "finance"}
