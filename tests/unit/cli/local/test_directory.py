"""`mailwarden directory …`: with a configuration, CSV files, and a gateway where one is needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.conftest import Site

PEOPLE = (
    "name,addresses,title,department,groups,manager,delegates,private_addresses,timezone,holidays\n"
    "Ann Archer,ann@example.co.uk;a@example.co.uk,Director,Finance,finance,cleo@example.co.uk,bob@example.co.uk,"
    "ann@mail.example,Europe/Paris,FR\n"
    "Bob Baker,bob@example.co.uk,,Finance,finance,ann@example.co.uk,,,,\n"
)
LISTS = (
    "address,name,members,size,owners,writers,reply_all\n"
    "all@example.co.uk,All,finance@example.co.uk;a@example.co.uk,400,ann@example.co.uk,group:finance,10\n"
    "finance@example.co.uk,,ann@example.co.uk;bob@example.co.uk,,,,\n"
)


@pytest.fixture
def csv_site(site: Site) -> Site:
    folder = site.gateway.folder
    (folder / "people.csv").write_text(PEOPLE)
    (folder / "lists.csv").write_text(LISTS)
    site.gateway.more = (
        "directory:\n  groups: {it: [it@example.co.uk]}\n  csv: {people: people.csv, lists: lists.csv}\n"
    )
    site.gateway.write()
    return site


def test_check_counts_and_says_what_is_worth_a_look(csv_site: Site) -> None:
    """A manager whom nobody knows is no mistake."""
    (said,) = csv_site.rows("directory", "check")
    assert (said["people"], said["lists"], said["groups"], said["left_out"]) == (2, 2, 2, [])
    note = "Ann Archer <ann@example.co.uk>: the directory has nobody at the manager's address cleo@example.co.uk"
    assert said["worth_a_look"] == [note]
    shown = csv_site.run("directory", "check").stdout
    assert "The directory is fine." in shown
    assert "Worth a look" in shown


def test_a_person_at_a_domain_that_is_not_ours_is_worth_a_look(csv_site: Site) -> None:
    """Mostly it is a slip of the pen, and the person's mail would count as a stranger's."""
    (csv_site.gateway.folder / "people.csv").write_text(PEOPLE + "Dan Dee,dan@exmaple.co.uk,,,,,,,,\n")
    (said,) = csv_site.rows("directory", "check")
    assert "Dan Dee <dan@exmaple.co.uk>: no address of this person is at a domain of ours" in said["worth_a_look"]


def test_a_mistake_in_a_csv_file_is_told_by_every_check(csv_site: Site) -> None:
    """`check` of the whole configuration too; exit code 1."""
    (csv_site.gateway.folder / "people.csv").write_text(PEOPLE.replace("Europe/Paris", "Europe/Pari"))
    for command in (("directory", "check"), ("directory", "import"), ("check",)):
        (csv_site.gateway.data_dir).mkdir(exist_ok=True)
        done = csv_site.run(*command, code=1)
        assert "people.csv:2: timezone: unknown time zone Europe/Pari (did you mean Europe/Paris?)" in done.stderr


def test_import_makes_what_show_reads(csv_site: Site) -> None:
    """The change of a file is seen when it is imported."""
    folder = csv_site.gateway.folder
    csv_site.gateway.data_dir.mkdir()
    assert csv_site.run("directory", "import").stdout == "2 people and 2 lists.\n"
    (folder / "people.csv").write_text(PEOPLE + "Dan Dee,dan@example.co.uk,,,,,,,,\n")
    csv_site.run("directory", "show", "dan@example.co.uk", code=1)
    assert csv_site.rows("directory", "import") == [{"people": 3, "lists": 2, "left_out": 0}]
    assert csv_site.rows("directory", "show", "dan@example.co.uk")[0]["name"] == "Dan Dee"


def test_import_without_a_folder_says_who_makes_it(csv_site: Site) -> None:
    """Law of the house: a command makes no data_dir."""
    assert "`mailwarden serve` makes it" in csv_site.run("directory", "import", code=1).stderr


def test_import_of_the_yaml_alone_says_that_it_is_not_needed(site: Site) -> None:
    """`reload` takes it."""
    assert "there is nothing to import" in site.run("directory", "import", code=1).stderr


def test_show_prints_a_person(csv_site: Site) -> None:
    """Any address of the person shows groups, lists and names of others."""
    (said,) = csv_site.rows("directory", "show", "A@example.co.uk")
    assert said == {
        "kind": "person",
        "name": "Ann Archer",
        "addresses": ["ann@example.co.uk", "a@example.co.uk"],
        "title": "Director",
        "department": "Finance",
        "phone": "",
        "groups": ["finance"],
        "lists": ["finance@example.co.uk", "all@example.co.uk"],
        "manager": "cleo@example.co.uk",
        "delegates": ["Bob Baker <bob@example.co.uk>"],
        "private_addresses": ["ann@mail.example"],
        "timezone": "Europe/Paris",
        "holidays": "FR",
        "login": "",
    }
    shown = csv_site.run("directory", "show", "ann@example.co.uk").stdout
    assert "Bob Baker <bob@example.co.uk>" in shown


def test_show_prints_a_list(csv_site: Site) -> None:
    """The list is shown with all people that it reaches, each once, and with the number of unnamed members."""
    (said,) = csv_site.rows("directory", "show", "all@example.co.uk")
    assert said == {
        "kind": "list",
        "address": "all@example.co.uk",
        "name": "All",
        "reaches": 402,
        "of_whom_unnamed": 400,
        "members": ["finance@example.co.uk", "a@example.co.uk"],
        "nested_lists": ["finance@example.co.uk"],
        "lists": [],
        "groups": [],
        "owners": ["Ann Archer <ann@example.co.uk>"],
        "writers": ["group:finance"],
        "reply_all": 10,
    }
    assert "all of ours" in csv_site.run("directory", "show", "finance@example.co.uk").stdout


def test_show_prints_an_address_of_nobody(csv_site: Site) -> None:
    """Or somebody's private account; and says where there is nothing."""
    (said,) = csv_site.rows("directory", "show", "it@example.co.uk")
    empty = {"kind": "address", "private_account_of": "", "groups": [], "lists": []}
    assert said == {**empty, "address": "it@example.co.uk", "groups": ["it"]}
    (said,) = csv_site.rows("directory", "show", "Ann@mail.example")
    assert said == {**empty, "address": "Ann@mail.example", "private_account_of": "Ann Archer <ann@example.co.uk>"}
    assert "nothing at eve@example.org" in csv_site.run("directory", "show", "eve@example.org", code=1).stderr
    csv_site.run("directory", "show", "eve", code=2)


def test_a_running_gateway_takes_the_files_with_reload_and_import(csv_site: Site) -> None:
    """A mistake in them keeps what runs; `status` stays quiet."""
    folder = csv_site.gateway.folder
    with csv_site.gateway:
        assert csv_site.rows("directory", "show", "bob@example.co.uk")[0]["name"] == "Bob Baker"
        (folder / "people.csv").write_text(PEOPLE.replace("Bob Baker", "Bob Butcher"))
        assert csv_site.run("reload").stdout.splitlines()[-1] == "Reloaded."
        assert csv_site.rows("directory", "show", "bob@example.co.uk")[0]["name"] == "Bob Butcher"
        (folder / "people.csv").write_text(PEOPLE.replace("finance", "no group"))
        said = csv_site.run("reload", code=1).stderr
        assert "people.csv:2: groups: a name is letters, digits, dots, - and _ (at most 64), not no group" in said
        assert "The running configuration is kept." in said
        (status,) = csv_site.rows("status")
        assert status["trouble"] == []


def test_a_gateway_does_not_start_with_a_mistake_in_a_file(csv_site: Site, tmp_path: Path) -> None:
    """The log says which."""
    (csv_site.gateway.folder / "lists.csv").write_text("address,size\nall@example.co.uk,many\n")
    with pytest.raises(ChildProcessError, match=r"lists.csv:2: size: a whole number is expected, not many"):
        csv_site.gateway.start()
