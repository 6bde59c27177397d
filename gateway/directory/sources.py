"""The way from the directory's sources (YAML, CSV files, an LDAP server) to the compiled file that the gateway reads.

The file is made anew where the sources have changed, or where an LDAP server's data is old. While the server is away
the file stays as it is, and a warning says so. The functions block: run them in a thread.
"""

from __future__ import annotations

import fcntl
import hashlib
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from gateway.directory.compiled import FORM, CompiledDirectory, DirectoryUnavailable, facts_of
from gateway.directory.compiler import compile_directory
from gateway.directory.ldap import LdapServer, LdapUnavailable, search
from gateway.directory.lookup import ConfiguredDirectory, KnownDirectory
from gateway.settings.directory.checks import Placed, compared, in_settings
from gateway.settings.directory.csv_entries import read_lists, read_people
from gateway.settings.directory.ldap import LdapSettings
from gateway.settings.directory.ldap_entries import FromLdap, from_ldap, searches
from gateway.settings.directory.people import ListSettings, PersonSettings
from gateway.settings.models import Settings
from gateway.settings.yaml.problems import ConfigurationError, Problem

log = structlog.get_logger("directory")

#: Names of the files in data_dir.
FILE_NAME = "directory.db"
LOCK_NAME = "directory.lock"


@dataclass(slots=True)
class Gathered:
    """All entries of all sources, valid in themselves and together."""

    people: list[Placed[PersonSettings]]
    lists: list[Placed[ListSettings]]
    groups: dict[str, list[str]]
    left_out: list[str] = field(default_factory=list)  # entries of LDAP that didn't fit, a sentence each

    @property
    def group_names(self) -> frozenset[str]:
        return frozenset(self.groups).union(*(one.entry.groups for one in self.people))

    def directory(self, settings: Settings) -> ConfiguredDirectory:
        return ConfiguredDirectory(
            (one.entry.person for one in self.people),
            self.groups,
            settings.organisation.domains,
            (one.entry.distribution_list for one in self.lists),
        )


@dataclass(frozen=True, slots=True)
class Compiled:
    """The state of the compiled file after a refresh."""

    people: int
    lists: int
    at: datetime
    made: bool = False  # in this refresh
    left_out: int = 0
    trouble: str = ""  # reason why the file couldn't be made anew


# --- reading ---------------------------------------------------------------------------------------------------------


def read_files(settings: Settings) -> Gathered:
    """Read the YAML and the CSV files. Raises ConfigurationError with all problems."""
    people, lists = in_settings(settings.directory)
    csv = settings.directory.csv
    problems: list[Problem] = []
    try:
        people += read_people(csv.people) if csv and csv.people else []
    except ConfigurationError as error:
        problems += error.problems
    try:
        lists += read_lists(csv.lists) if csv and csv.lists else []
    except ConfigurationError as error:
        problems += error.problems
    gathered = Gathered(people, lists, {name: [*members] for name, members in settings.directory.groups.items()})
    groups = None if settings.directory.ldap or problems else gathered.group_names
    problems += [problem for _, problem in compared(people, lists, groups, settings.control_address)]
    if problems:
        raise ConfigurationError(problems)
    return gathered


def gather(settings: Settings) -> Gathered:
    """Read all sources. Raises ConfigurationError and LdapUnavailable."""
    gathered = read_files(settings)
    if settings.directory.ldap:
        _add(gathered, ask_server(settings.directory.ldap), settings.control_address)
    return gathered


def ldap_server(s: LdapSettings) -> LdapServer:
    return LdapServer(s.url, s.starttls, s.ca_file, s.bind_dn, s.password_file, s.timeout_seconds, s.page_entries)


def ask_server(s: LdapSettings) -> FromLdap:
    """Ask the server for its people, lists and groups. Raises LdapUnavailable.

    That is raised also where there are no people: the base is then hardly the right one.
    """
    answered = from_ldap(s, search(ldap_server(s), s.base, searches(s)))
    if not answered.people:
        raise LdapUnavailable(f"{s.url}: nobody with a name and an address is found below {s.base} by {s.people}")
    return answered


def _add(gathered: Gathered, answered: FromLdap, control_address: str) -> None:
    """Add the server's entries; those of the files take precedence."""
    for name, members in answered.groups.items():
        gathered.groups.setdefault(name, []).extend(members)
    gathered.left_out += answered.left_out
    people, lists = [*gathered.people, *answered.people], [*gathered.lists, *answered.lists]
    groups = {*answered.groups, *gathered.group_names, *(g for one in answered.people for g in one.entry.groups)}
    wrong = list(compared(people, lists, groups, control_address))
    gathered.left_out += [str(problem) for _, problem in wrong]
    unfit = {id(place) for place, _ in wrong}
    gathered.people += [one for one in answered.people if id(one.place) not in unfit]
    gathered.lists += [one for one in answered.lists if id(one.place) not in unfit]


# --- the compiled file -----------------------------------------------------------------------------------------------


def open_directory(settings: Settings) -> KnownDirectory:
    """Open the directory that the gateway uses. Raises DirectoryUnavailable, and ConfigurationError of CSV files.

    Before the file was made, CSV files are read into memory: `explain` works without a gateway.
    """
    file = settings.data_dir / FILE_NAME
    if settings.directory.ldap or facts_of(file):
        return CompiledDirectory(file, settings.organisation.domains)
    return read_files(settings).directory(settings)


def refresh(settings: Settings, now: datetime, *, force: bool = False) -> Compiled:
    """Make the file anew where something has changed, or in any case with `force`. `data_dir` must exist.

    Raises ConfigurationError of CSV files, and DirectoryUnavailable where there is no file and none can be made.
    """
    file = settings.data_dir / FILE_NAME
    with _alone(settings.data_dir):
        if not force and (state := as_it_is(settings, now)):
            return state
        facts = facts_of(file)
        digest = digest_of(settings)
        try:
            gathered = gather(settings)
            directory = gathered.directory(settings)
            facts = {
                "digest": digest,
                "at": now.isoformat(),
                "people": str(len(directory.people)),
                "lists": str(len(directory.lists)),
                "left_out": str(len(gathered.left_out)),
            }
            compile_directory(directory, file, facts)
        except LdapUnavailable as error:
            if not facts:
                raise DirectoryUnavailable(f"the directory can't be had, and none was had before: {error}") from error
            return _state(facts, trouble=str(error))
        except (OSError, sqlite3.Error) as error:
            raise DirectoryUnavailable(f"the compiled directory {file} can't be written: {error}") from error
    return _state(facts, made=True)


def as_it_is(settings: Settings, now: datetime) -> Compiled | None:
    """Return the state of a file that need not be made anew; None for one that must be. Raises DirectoryUnavailable."""
    facts = facts_of(settings.data_dir / FILE_NAME)
    due = refresh_due(settings, now)
    is_old = due is not None and due <= timedelta()
    return None if is_old or facts.get("digest") != digest_of(settings) else _state(facts)


def digest_of(settings: Settings) -> str:
    """Return the digest of all sources of the file, but for the server's data. Raises DirectoryUnavailable."""
    found = hashlib.sha256(f"{FORM} {settings.directory.model_dump_json()}".encode())
    csv = settings.directory.csv
    for file in filter(None, (csv.people, csv.lists) if csv else ()):
        try:
            with file.open("rb") as stream:
                found.update(hashlib.file_digest(stream, "sha256").digest())
        except OSError as error:
            raise DirectoryUnavailable(f"{file}: {error.strerror}") from error
    return found.hexdigest()


def refresh_due(settings: Settings, now: datetime) -> timedelta | None:
    """Return the time until the server is asked again; None where there is no server."""
    ldap = settings.directory.ldap
    if ldap is None:
        return None
    facts = facts_of(settings.data_dir / FILE_NAME)
    if not facts:
        return timedelta()
    return datetime.fromisoformat(facts["at"]) + timedelta(seconds=ldap.refresh_seconds) - now


def _state(facts: Mapping[str, str], *, made: bool = False, trouble: str = "") -> Compiled:
    at = datetime.fromisoformat(facts["at"])
    return Compiled(int(facts["people"]), int(facts["lists"]), at, made, int(facts["left_out"]), trouble)


def stale_sentence(state: Compiled, now: datetime) -> str:
    """Return the warning for log and `status`; "" where nothing is wrong."""
    if not state.trouble:
        return ""
    return f"the LDAP server can't be asked ({state.trouble}): people are as of {_age(now - state.at)} ago"


def log_refresh(state: Compiled, now: datetime) -> None:
    """Log the outcome of a refresh in one line."""
    if sentence := stale_sentence(state, now):
        log.warning("directory.stale", warning=sentence)
    elif state.made:
        log.info("directory.compiled", people=state.people, lists=state.lists, left_out=state.left_out)


def _age(since: timedelta) -> str:
    minutes = max(int(since.total_seconds() // 60), 0)
    hours = minutes // 60
    if hours >= 48:
        return f"{hours // 24} days"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Lock the folder, so that a command and the keeper take turns. The lock ends with the process.

    Raises DirectoryUnavailable.
    """
    try:
        lock = (folder / LOCK_NAME).open("a")
    except OSError as error:
        raise DirectoryUnavailable(f"data_dir: {folder} can't be written to: {error.strerror}") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
