"""`load`: a configuration from its main file, checked in itself and against the existing filters.

This module reads files and asks for this machine's name; it changes nothing. All problems are raised together.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gateway.contract import AwaitsReceipts, Filter, Notices, Reminds, able
from gateway.settings.auth.checks import check_auth
from gateway.settings.chain.checks import (
    check_clauses,
    check_listeners,
    check_notices,
    check_reports,
    check_reviewer_addresses,
    check_routes,
    check_store,
)
from gateway.settings.chain.emitted_codes import check_emitted
from gateway.settings.chain.entries import OWN_NOTICES
from gateway.settings.chain.entry_reader import build_chain
from gateway.settings.chain.filter_classes import check_classes, lacking
from gateway.settings.chain.unused_files import HELD_NOTICE, NOTICES, check_unused
from gateway.settings.circles import check_circles
from gateway.settings.directory.checks import check_directory
from gateway.settings.directory.csv_entries import groups_in
from gateway.settings.directory.people import DirectorySettings
from gateway.settings.hops import NextHopSettings
from gateway.settings.known_addresses import AddressReader, unknown_addresses, unused_domains
from gateway.settings.listener import Listener
from gateway.settings.models import Organisation, Settings
from gateway.settings.places import DATA_DIR
from gateway.settings.remarks import remarks
from gateway.settings.senders import KEY, SenderRule, check_senders, with_allowed
from gateway.settings.store_url import store_below
from gateway.settings.tenant import SharedNetworks, check_shared, read_shared_networks
from gateway.settings.yaml.document import read_document
from gateway.settings.yaml.file_search import absolute
from gateway.settings.yaml.problems import ConfigurationError, Problem, nearest, shown_file
from gateway.settings.yaml.yaml_reading import Reading

#: Gives the problems of the templates of notices, under settings without a chain.
TemplateCheck = Callable[[Settings], Iterable[Problem]]


def load(
    path: Path,
    filters: Mapping[str, type[Filter]],
    *,
    without: Collection[str] = (),
    senders: Path | None = None,
    check_templates: TemplateCheck | None = None,
) -> Settings:
    """Read the main file and all files that it names. Raises ConfigurationError with every problem at once.

    `without` names top-level keys to skip: a caller that needs no keys need not be able to read them. `senders` is read
    in place of `sender_rules_file`, to try it.
    """
    return _read(path, filters, without, senders=senders, check_templates=check_templates)[1]


def look_over(
    path: Path,
    filters: Mapping[str, type[Filter]],
    *,
    sources: bool = False,
    check_templates: TemplateCheck | None = None,
    addresses: AddressReader | None = None,
) -> tuple[Settings, tuple[Problem, ...]]:
    """Load like `load`, and return the remarks too: no mistakes, but worth a look.

    `sources` reads the filters' sources for codes that they don't declare. `addresses` reads the directory, with which
    addresses and domains are compared then.
    """
    reading, settings = _read(path, filters, (), sources=sources, check_templates=check_templates)
    found = remarks(reading, settings, filters)
    if addresses and (known := addresses(settings)):
        if problems := list(unknown_addresses(reading, settings, known)):
            raise ConfigurationError(problems)
        found += tuple(unused_domains(reading, settings, known))
    return settings, found


def _read(
    path: Path,
    filters: Mapping[str, type[Filter]],
    without: Collection[str],
    *,
    sources: bool = False,
    senders: Path | None = None,
    check_templates: TemplateCheck | None = None,
) -> tuple[Reading, Settings]:
    reading = Reading(absolute(path))
    reading.read()
    _read_senders(reading, senders)
    for key in without:
        reading.data.pop(key, None)
    if reading.problems and not reading.data:
        raise ConfigurationError(reading.problems)
    _add_shipped_clauses(reading)
    clauses = _clause_ids(reading)
    reading.problems += check_classes(filters, clauses)
    if any(map(lacking, filters.values())):
        raise ConfigurationError(_in_order(reading))
    if sources and clauses is not None:
        reading.problems += check_emitted(filters, clauses)
    sections = _sections(reading)
    check_listeners(reading)
    shared = read_shared_networks(reading, sections.get("listeners", ()))
    check_shared(reading, sections.get("listeners", ()), shared)
    check_routes(reading)
    check_circles(reading, sections)
    check_store(reading)
    if organisation := sections.get("organisation"):
        check_reports(reading, sections.get("reports_to"), organisation.domains)
    check_reviewer_addresses(reading)
    notices = {name for cls in able(filters.values(), Notices) for name in cls.notices.values()}
    reminders = {name for cls in able(filters.values(), Reminds) for name in cls.reminders.values()}
    reminders |= {name for cls in able(filters.values(), AwaitsReceipts) for name in cls.receipt_reminders.values()}
    known_notices = notices | reminders | set(OWN_NOTICES)
    check_notices(reading, known_notices)
    _add_templates(reading, sections, known_notices)
    if check_templates:
        reading.problems += _template_problems(sections, known_notices, check_templates)
    groups = _group_names(reading, directory := sections.get("directory"))
    if directory:
        check_directory(reading, directory, groups, sections.get("control_address") or "")
    check_auth(reading, sections, groups)
    chain = build_chain(reading, filters, groups, _approvers(reading, sections.get("reviewers")))
    rules: Sequence[SenderRule] = sections.get(KEY, ())
    organisation = sections.get("organisation")
    check_senders(reading, rules, filters.values(), organisation.domains if organisation else ())
    chain = with_allowed(chain, rules, reading)
    if not reading.problems and not without:
        check_unused(reading, filters, known_notices)
    if reading.problems:
        raise ConfigurationError(_in_order(reading))
    return reading, _resolved(Settings.model_construct(**sections, filters=chain), reading, shared)


def _read_senders(reading: Reading, instead: Path | None) -> None:
    """Read the file of `sender_rules_file`, or the one instead; where there is none yet, there are no rules.

    Its folder must be there, so that the first rule can be written; `data_dir` is made at the start.
    """
    key = "sender_rules_file"
    named = _path_at(reading, key)
    if named is None:
        return
    folder = named.parent
    if not folder.exists() and folder != _data_dir(reading):
        reading.complain(
            (key,),
            f"no such folder: {shown_file(folder)}; make it, so that the gateway's user can write in it, or name a "
            "file in `data_dir`",
        )
        return
    file = instead or named
    try:
        file.stat()
    except FileNotFoundError:
        return
    except OSError as error:  # rules that are there and can't be read must not be forgotten
        reading.complain((key,), f"can't be read: {error.strerror}")
        return
    reading.read_too(file, frozenset({KEY}))


def _data_dir(reading: Reading) -> Path:
    return _path_at(reading, "data_dir") or reading.main.parent / DATA_DIR


def _path_at(reading: Reading, key: str) -> Path | None:
    """Return the path at a top-level key, below the file that names it; None where there is none, or no text."""
    named = reading.data.get(key)
    return absolute(reading.mark((key,)).file.parent / named) if isinstance(named, str) and named else None


def _add_shipped_clauses(reading: Reading) -> None:
    """Add the shipped clauses below the configuration's own."""
    try:
        document = read_document(reading.search.shipped("policy.yaml", "clauses"))
    except ConfigurationError as error:
        reading.problems += error.problems
        return
    own = reading.data.get("clauses")
    if own is None or isinstance(own, dict):
        check_clauses(reading, own or {}, document.data["clauses"])
        reading.data["clauses"] = document.data["clauses"] | (own or {})
        reading.adopt_below(document, "clauses")


def _clause_ids(reading: Reading) -> list[str] | None:
    """Return the ids of the policy's clauses; None where `clauses` is no mapping, which is told elsewhere."""
    clauses = reading.data.get("clauses")
    return [name for name in clauses if isinstance(name, str)] if isinstance(clauses, dict) else None


def _sections(reading: Reading) -> dict[str, Any]:
    """Return every top-level key but `filters`, each validated on its own; invalid ones are left out."""
    known = Settings.model_fields
    for key in reading.data.keys() - known.keys():
        reading.complain((key,), "unknown key", nearest(key, [*known, "include"]), key=True)
    sections = {}
    for key, field in known.items():
        data = reading.data.get(key)
        if key == "filters":
            continue
        if data is not None:
            sections[key] = reading.validate(field.rebuild_annotation(), data, (key,))
        elif field.is_required():
            reading.complain((key,), "is missing")
    return {key: value for key, value in sections.items() if value is not None}


def _add_templates(reading: Reading, sections: dict[str, Any], known: Collection[str]) -> None:
    """Take over the templates beside the main file for notices whose template no key names."""
    if "held_notice" not in sections and (file := reading.search.own(f"{NOTICES}/{HELD_NOTICE}.txt", "held_notice")):
        sections["held_notice"] = file
    named = dict(sections.get("held_notices", {}))
    for name in sorted(set(known) - named.keys()):
        if file := reading.search.own(f"{NOTICES}/{name}.txt", f"held_notices.{name}"):
            named[name] = file
    sections["held_notices"] = named


def _template_problems(
    sections: Mapping[str, Any], known: Collection[str], check_templates: TemplateCheck
) -> Iterable[Problem]:
    """Return what is wrong with the templates that a notice can have, as far as the other settings are valid."""
    if "organisation" not in sections:
        return ()
    named = {name: file for name, file in sections.get("held_notices", {}).items() if name in known}
    return check_templates(Settings.model_construct(**{**sections, "held_notices": named, "filters": ()}))


def _group_names(reading: Reading, directory: DirectorySettings | None) -> frozenset[str] | None:
    """Return the groups' names; None where they aren't known: the directory has problems, or is partly on a server."""
    if directory is None:
        return frozenset() if reading.data.get("directory") is None else None
    if directory.ldap:
        return None
    names = directory.group_names
    if directory.csv and directory.csv.people:
        try:
            names |= groups_in(directory.csv.people)
        except ConfigurationError as error:
            reading.problems += error.problems
            return None
    return names


def _approvers(reading: Reading, reviewers: Mapping[str, Sequence[str]] | None) -> int | None:
    """Return the number of approvers; None where `reviewers` has problems."""
    if reviewers is None:
        return 0 if reading.data.get("reviewers") is None else None
    return sum("approver" in roles for roles in reviewers.values())


def _in_order(reading: Reading) -> list[Problem]:
    """Return the problems in order: the main file's first, then file by file, from the top."""
    problems = dict.fromkeys(reading.problems)
    return sorted(problems, key=lambda p: (p.file != reading.main, str(p.file), p.line, p.column))


def _resolved(settings: Settings, reading: Reading, shared: SharedNetworks) -> Settings:
    """Return the settings with defaults from other keys or from this machine filled in, and every path absolute."""
    data_dir = reading.main.parent / settings.data_dir
    notices_from = settings.notices_from or f"postmaster@{settings.organisation.domains[0].removeprefix('.')}"
    resolved = settings.model_copy(
        update={
            "data_dir": data_dir,
            "hostname": settings.hostname or _machine_name(),
            "notices_from": notices_from,
            "organisation": _with_contact(settings.organisation, notices_from),
            "store": store_below(settings.store, data_dir),
            "listeners": tuple(
                _with_networks(_with_hops_below(listener, data_dir), shared) for listener in settings.listeners
            ),
            "routes": {domain: _below(hops, data_dir) for domain, hops in settings.routes.items()},
        }
    )
    resolved._main = reading.main
    resolved._files = tuple(reading.search.found)
    return resolved


def _machine_name() -> str:
    """Return the full name, unless the resolver only knows the machine as localhost."""
    name = socket.getfqdn()
    return socket.gethostname() if name.partition(".")[0] in ("localhost", "ip6-localhost") else name


def _with_contact(organisation: Organisation, contact: str) -> Organisation:
    return organisation if organisation.contact else organisation.model_copy(update={"contact": contact})


def _with_hops_below(listener: Listener, data_dir: Path) -> Listener:
    return listener.model_copy(update={"next_hop": _below(listener.next_hop, data_dir)})


def _with_networks(listener: Listener, shared: SharedNetworks) -> Listener:
    """Return an outbound listener for a tenant with the networks of its service, unless it names others."""
    if listener.tenant is None or listener.trusted_networks or listener.direction != "outbound":
        return listener
    return listener.model_copy(update={"trusted_networks": shared.networks.get(listener.tenant.service, ())})


def _below(hops: Sequence[NextHopSettings], data_dir: Path) -> tuple[NextHopSettings, ...]:
    return tuple(hop.below(data_dir) for hop in hops)
