"""Tables of people: rows with names beside their pay, dates of birth, health and addresses."""

from __future__ import annotations

from functools import cache

import pytest

from filters.confidential.limits import Limits
from filters.confidential.people import MAX_HEADS, MAX_LINES, PeopleReader
from gateway.matching import Lexicon
from tests.unit.filters.confidential.conftest import passage, shipped


@cache
def reader() -> PeopleReader:
    return PeopleReader(shipped().rules, Lexicon(shipped().rules.lists))


def rows(text: str, subject: str = "") -> list[tuple[str, list[str]]]:
    passages = [passage(subject, "subject")] if subject else []
    return [(one.name, sorted(one.kinds)) for one in reader().read([*passages, passage(text)], Limits()).rows]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "Salaries: Wayne Clegg £34,812, Mick Hardcastle £36,100",
            [("wayne clegg", ["pay"]), ("mick hardcastle", ["pay"])],
        ),
        (f"Salaries {'word ' * 500}, Wayne Clegg £34,812", [("wayne clegg", ["pay"])]),
        ("Doors: Oak Frame £34,812, Pine Frame £36,100", []),
        ("Sinclair R 533401372 b. 12/04/1981", [("sinclair r", ["date of birth"])]),
        ("Sinclair R, order of 12/04/2023", []),
        ("Dean Ball, 03-09-2008, ADHD", [("dean ball", ["date of birth", "health"])]),
        ("Meeting of 12/11/24 with Dean Ball", []),
        ("Staff: Joanne Tattersall, 9 Spring Grove, Halifax", [("joanne tattersall", ["address"])]),
        ("Deliver to Joanne Tattersall, 9 Spring Grove, Halifax", []),
        ("Anja Vogel, Hauptstraße 12, Mitarbeiter: private Adresse", []),
    ],
)
def test_a_name_and_what_stands_behind_it(text: str, found: list[tuple[str, list[str]]]) -> None:
    assert rows(text) == found


def test_the_head_of_a_table_says_what_its_columns_are() -> None:
    table = "Name,Department,Salary,Days off sick\nAmy Cole,Sales,21300,4\nBo Dean,Sales,22400,\nTotal,,,\n"
    assert rows(table) == [("amy cole", ["health", "pay"]), ("bo dean", ["pay"])]


@pytest.mark.parametrize("head", ["name,salary", "Name,Salary (GBP)", "employee,annual salary"])
def test_a_table_of_two_columns(head: str) -> None:
    """Commas without a blank part the cells; a sentence has a blank behind its comma."""
    table = f'{head}\nAmy Cole,21300\n"Dean, Bo",22400\nJo Hill,\n'
    assert rows(table) == [("amy cole", ["pay"]), ("dean, bo", ["pay"])]
    assert rows("Your name, salary and so on.\nAmy Cole, room 213\nBo Dean, room 224\n") == []


def test_a_table_of_goods_has_no_people() -> None:
    assert rows("Article\tPrice\tStock\nOak Door\t1,200\t4\nPine Door\t1,300\t2\n") == []


def test_the_subject_says_that_sums_are_pay() -> None:
    assert rows("Amy Cole £21,300", subject="Salaries") == [("amy cole", ["pay"])]


def test_a_person_counts_once() -> None:
    assert len(rows("Salaries\nAmy Cole £21,300\nAmy Cole £22,300")) == 1


PAY = "Salaries\nAmy Cole £21,300\nBo Dean £22,400"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (f"This is dummy data:\n\n{PAY}", 0),
        (f"{PAY}\n(all fictitious)", 0),
        (f"{PAY}\n\nThe names are made up.", 0),
        (f"Dummy data:\n\n{PAY}", 0),
        (f"Attached is a sample export for your developers.\n\n{PAY}", 0),
        (f"I send you some sample data for the demo.\n\n{PAY}", 0),
        (f"Salaries (fictitious):\n\n{PAY}", 0),
        (f"Die Namen sind frei erfunden.\n\n{PAY}", 0),
        (f"Unlike the sample data, these salaries are correct.\n\n{PAY}", 2),
        (f"For the test system we loaded dummy data in May. Our salaries for 2027:\n\n{PAY}", 2),
        (f"Dummy data? You wish.\n\n{PAY}", 2),
        (f"This is not what you'd call dummy data.\n\n{PAY}", 2),
        (f"The sample data worked.\n\nHere you are.\n\n{PAY}", 2),
        (f"{PAY}\n\nSee you.\n\nPS: the dummy data worked.", 2),
    ],
)
def test_people_near_the_words_are_made_up(text: str, count: int) -> None:
    assert len(rows(text)) == count


@pytest.mark.parametrize(
    "text",
    [
        "Not dummy data, the genuine article.",
        "We have no test data, so I send you the payroll.",
        "The sample data was wrong.",
        "Please replace the dummy data by these.",
        "Last time it was fictitious data, this time it is live.",
        "The dummy data you got last week are replaced by the true ones below.",
        "Kim asked whether it is dummy data. It isn't.",
        "The first list was dummy data. Here are the real names.",
        "Das sind keine Testdaten.",
        "Ce ne sont pas des données de test.",
    ],
)
def test_people_of_whom_a_letter_says_that_they_are_real(text: str) -> None:
    assert len(rows(f"{text}\n\n{PAY}")) == 2
    assert len(reader().read([passage(text), passage(PAY, "attachment")], Limits()).rows) == 2


def test_people_of_a_file_are_made_up_where_the_letter_says_so() -> None:
    letter, file = passage("The file has dummy data."), passage(PAY, "attachment")
    assert reader().read([letter, file], Limits()).rows == ()
    assert len(reader().read([passage("As asked."), file], Limits()).rows) == 2


def test_evidence_counts_and_names_nobody() -> None:
    people = reader().read([passage("Salaries\nAmy Cole £21,300\nBo Dean £22,400")], Limits())
    assert [one.quote for one in people.evidence] == ["2 names beside their pay"]


def test_so_many_lines_may_be_the_head_of_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """In all texts of a message together."""
    heads: list[object] = []
    monkeypatch.setattr(PeopleReader, "_head", lambda _self, cells: heads.append(cells) or {})
    lines = "".join(f"name\tsalary\t{chr(97 + at // 26)}{chr(97 + at % 26)}\n" for at in range(200))
    reader().read([passage(lines)] * 3, Limits())
    assert len(heads) == MAX_HEADS


def test_lines_beyond_the_limit_are_not_read() -> None:
    """A person in the last line that is read is found, one further not."""
    assert rows("salary\n" + "\n" * (MAX_LINES - 2) + "Amy Cole £21,300") != []
    assert rows("salary\n" + "\n" * (MAX_LINES - 1) + "Amy Cole £21,300") == []


@pytest.mark.parametrize(
    "text", ["A" * 60_000, "Aa " * 20_000, "Aa, " * 15_000, "1 " * 30_000, "\t" * 60_000, ";" * 60_000]
)
def test_hostile_text_has_nobody(text: str) -> None:
    assert len(reader().read([passage(f"salary {text}")], Limits()).rows) == 0
