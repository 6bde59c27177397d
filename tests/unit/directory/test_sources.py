"""The way from the sources to the compiled file: joining the sources, reasons to compile anew, and errors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from filters.registry import FILTERS
from gateway.assemble.services import build_directory
from gateway.directory import sources
from gateway.directory.compiled import CompiledDirectory, DirectoryUnavailable, facts_of
from gateway.directory.ldap import Found, LdapUnavailable
from gateway.directory.lookup import ConfiguredDirectory
from gateway.directory.sources import FILE_NAME, refresh, refresh_due, stale_sentence
from gateway.settings.loading import load
from gateway.settings.models import Settings
from gateway.settings.yaml.problems import ConfigurationError

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
MAIN = """\
organisation: {name: Example Ltd, domains: [example.com]}
listeners: [{name: inbound, address: "127.0.0.1:2525", direction: inbound, next_hop: "smtp://127.0.0.1:25"}]
data_dir: var
"""
YAML = """\
directory:
  people: [{name: Ann Archer, addresses: [ann@example.com]}]
  groups: {it: [bob@example.com]}
  lists: [{address: all@example.com, members: [ann@example.com, bob@example.com]}]
"""
CSV = YAML + "  csv: {people: people.csv, lists: lists.csv}\n"
LDAP = YAML + "  ldap: {url: 'ldaps://ldap.example.com', base: dc=example, refresh_seconds: 1h}\n"

Load = Callable[[str], Settings]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "people.csv").write_text("name,addresses,groups\nBob Baker,bob@example.com;b@example.com,finance\n")
    (tmp_path / "lists.csv").write_text("address,members\nfew@example.com,bob@example.com\n")
    (tmp_path / "var").mkdir()
    return tmp_path


@pytest.fixture
def settings(folder: Path) -> Load:
    def settings(directory: str) -> Settings:
        (folder / "gateway.yaml").write_text(MAIN + directory)
        return load(folder / "gateway.yaml", FILTERS)

    return settings


class Server:
    """An LDAP server that is there or not."""

    def __init__(self) -> None:
        self.away = ""
        self.asked = 0
        self.people = [Found("cn=Bob,dc=example", {"cn": ["Bob Baker"], "mail": ["bob@example.com"]})]

    def search(self, *_: Any) -> list[list[Found]]:
        self.asked += 1
        if self.away:
            raise LdapUnavailable(self.away)
        return [self.people]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    server = Server()
    monkeypatch.setattr(sources, "search", server.search)
    return server


def opened(settings: Settings) -> CompiledDirectory:
    return CompiledDirectory(settings.data_dir / FILE_NAME, settings.organisation.domains)


def test_a_small_directory_stays_in_memory(settings: Load) -> None:
    """No file is made of the YAML alone."""
    assert isinstance(build_directory(settings(YAML)), ConfiguredDirectory)


def test_yaml_and_csv_are_one_directory(settings: Load) -> None:
    """Groups of the one name people of the other; lists of both are expanded."""
    loaded = settings(CSV)
    state = refresh(loaded, NOW)
    assert (state.people, state.lists, state.made, state.trouble) == (2, 2, True, "")
    directory = build_directory(loaded)
    assert isinstance(directory, CompiledDirectory)
    assert directory.groups("b@example.com") == {"finance", "it"}
    assert directory.expand(["all@example.com", "few@example.com"]).people == {"ann@example.com", "bob@example.com"}


def test_nothing_is_made_anew_without_a_change(settings: Load, folder: Path) -> None:
    """A change of a CSV file or of the YAML is one; `import` makes it in any case."""
    loaded = settings(CSV)
    assert refresh(loaded, NOW).made
    assert not refresh(loaded, NOW).made
    with (folder / "people.csv").open("a") as file:
        file.write("Cleo Clark,cleo@example.com,\n")
    assert refresh(loaded, NOW).people == 3
    assert not refresh(loaded, NOW).made
    assert refresh(loaded, NOW, force=True).made
    assert refresh(settings(CSV.replace("[ann@example.com]", "[ann@example.com, a@example.com]")), NOW).made


def test_a_mistake_keeps_the_file(settings: Load, folder: Path) -> None:
    """All mistakes of all files are told, and the directory is as it was."""
    loaded = settings(CSV)
    refresh(loaded, NOW)
    (folder / "people.csv").write_text("name,addresses\nBob,bob\n")
    (folder / "lists.csv").write_text("address,members\nfew@example.com,few@example.com\n")
    with pytest.raises(ConfigurationError) as caught:
        refresh(loaded, NOW)
    assert str(caught.value).splitlines() == [
        "people.csv:2: addresses: an e-mail address is expected, not bob",
        "lists.csv:2: members: the list names itself",
    ]
    assert opened(loaded).person("bob@example.com")


def test_an_address_of_two_sources_is_told_with_both_places(settings: Load, folder: Path) -> None:
    """The later is the mistake."""
    (folder / "people.csv").write_text("name,addresses\nA,a@example.com\nB,A@example.com\nC,ann@example.com\n")
    with pytest.raises(ConfigurationError) as caught:
        refresh(settings(CSV), NOW)
    assert str(caught.value).splitlines() == [
        "people.csv:3: addresses: A@example.com is an address of A too (people.csv:2)",
        "people.csv:4: addresses: ann@example.com is an address of Ann Archer too (directory.people[0])",
    ]


def test_writers_are_groups_that_there_are(settings: Load, folder: Path) -> None:
    """The groups may come from any source."""
    (folder / "lists.csv").write_text("address,size,writers\nfew@example.com,4,group:finence;group:it\n")
    with pytest.raises(ConfigurationError, match=r"lists.csv:2: writers: .*did you mean group:finance\?"):
        refresh(settings(CSV), NOW)


def test_csv_files_answer_before_they_are_compiled(settings: Load) -> None:
    """`explain` needs no data_dir."""
    loaded = settings(CSV)
    loaded.data_dir.rmdir()
    directory = build_directory(loaded)
    assert isinstance(directory, ConfiguredDirectory)
    assert directory.person("bob@example.com")


def test_a_folder_that_is_missing_is_told(settings: Load) -> None:
    """The error is one sentence."""
    loaded = settings(CSV)
    loaded.data_dir.rmdir()
    with pytest.raises(DirectoryUnavailable, match=r"data_dir: .*var can't be written to: No such file or directory"):
        refresh(loaded, NOW)


# --- a server --------------------------------------------------------------------------------------------------------


def test_a_servers_people_come_beside_those_of_the_yaml(settings: Load, server: Server) -> None:
    """The YAML's person counts if both have one address, and the other is left out."""
    server.people.append(Found("cn=Ann,dc=example", {"cn": ["Another"], "mail": ["ann@example.com"]}))
    loaded = settings(LDAP)
    state = refresh(loaded, NOW)
    assert (state.people, state.left_out) == (2, 1)
    assert opened(loaded).named(frozenset({"ann", "archer"})) == "Ann Archer"
    assert opened(loaded).groups("bob@example.com") == {"it"}


def test_a_server_is_asked_again_when_its_data_is_old(settings: Load, server: Server) -> None:
    """Not before: a restart costs it nothing."""
    loaded = settings(LDAP)
    assert refresh_due(loaded, NOW) == timedelta()
    refresh(loaded, NOW)
    assert refresh_due(loaded, NOW + timedelta(minutes=59)) == timedelta(minutes=1)
    assert not refresh(loaded, NOW + timedelta(minutes=59)).made
    assert refresh(loaded, NOW + timedelta(minutes=60)).made
    assert server.asked == 2
    assert refresh_due(settings(CSV), NOW) is None


def test_while_the_server_is_away_the_old_data_is_used_and_said_so(settings: Load, server: Server) -> None:
    """The sentence has the age of the data."""
    loaded = settings(LDAP)
    refresh(loaded, NOW)
    server.away = "ldaps://ldap.example.com: Can't contact LDAP server"
    later = NOW + timedelta(hours=3, minutes=5)
    state = refresh(loaded, later)
    assert (state.people, state.at, state.made) == (2, NOW, False)
    assert stale_sentence(state, later) == (
        "the LDAP server can't be asked (ldaps://ldap.example.com: Can't contact LDAP server): people are as of "
        "3 h 5 min ago"
    )
    assert opened(loaded).person("bob@example.com")
    server.away = ""
    assert stale_sentence(refresh(loaded, later), later) == ""


@pytest.mark.parametrize(("hours", "age"), [(0, "0 min"), (47, "47 h 0 min"), (48, "2 days")])
def test_an_age_is_told_as_people_say_it(settings: Load, server: Server, hours: int, age: str) -> None:
    """Minutes, hours, then days."""
    loaded = settings(LDAP)
    refresh(loaded, NOW)
    server.away = "away"
    later = NOW + timedelta(hours=hours)
    assert stale_sentence(refresh(loaded, later, force=True), later).endswith(f"as of {age} ago")


def test_without_old_data_a_server_that_is_away_stops_the_start(settings: Load, server: Server) -> None:
    """Exemptions and groups would be missing in silence."""
    server.away = "away"
    loaded = settings(LDAP)
    with pytest.raises(DirectoryUnavailable, match="none was had before: away"):
        refresh(loaded, NOW)
    with pytest.raises(DirectoryUnavailable, match="mailwarden directory import"):
        build_directory(loaded)


def test_a_server_without_people_is_no_answer(settings: Load, server: Server) -> None:
    """Rights that were taken away must not make an empty directory."""
    loaded = settings(LDAP)
    refresh(loaded, NOW)
    server.people = []
    state = refresh(loaded, NOW, force=True)
    assert "nobody with a name and an address is found below dc=example" in state.trouble
    assert facts_of(loaded.data_dir / FILE_NAME)["people"] == "2"
