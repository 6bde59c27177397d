"""`mailwarden check`: the command to run before the gateway."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.assemble.judge import language_model_doubts, scanner_doubts
from gateway.assemble.routes import next_hop
from gateway.assemble.store import compare_key
from gateway.cli.local.configured import looked_over
from gateway.cli.local.deviations import exemptions, for_whom, overrides
from gateway.cli.local.live import Answer, ask_servers
from gateway.cli.options import REFUSED, ConfigOption, JsonOption, fail
from gateway.cli.output import console, facts, heading, json_lines, safe, size, table
from gateway.contract import DIRECTIONS, Direction
from gateway.remember.database.errors import ForeignStore
from gateway.settings.chain.consequences import notified
from gateway.settings.chain.entries import ActionSpec, FilterEntry
from gateway.settings.models import Settings
from gateway.settings.yaml.file_search import SHIPPED
from gateway.settings.yaml.problems import shown_path


def check(
    config: ConfigOption = None,
    live: Annotated[
        bool,
        typer.Option("--live", help="Ask DNS, clamd, next hops, store and LDAP too: one line each, OK or what to do."),
    ] = False,
    brief: Annotated[
        bool, typer.Option("--brief", help="Print a line for each direction, without findings, files and records.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Check the configuration and print the chain as it will run, direction by direction. Exit code 1 on mistakes.

    Settings that are no mistake but can never work are shown under "Worth a look", in JSON as an object with
    `warnings`. With --live the exit code is 1 too where a server fails; no mail is sent.
    """
    settings, found = looked_over(config)
    remarks = [*map(str, found), *asyncio.run(_doubts(settings)), *_key_remarks(settings)]
    if json:
        departs = {"exemptions": exemptions(settings), "overrides": overrides(settings)}
        warnings = [{"warnings": remarks}] if remarks else []
        answers = _asked(settings) if live else []
        asked = [{"live": list(map(asdict, answers))}] if live else []
        json_lines([*_as_json(settings), departs, {"files": _files(settings)}, *warnings, *asked])
        _exit_on_trouble(answers)
        return
    _print_listeners(settings)
    if brief:
        _print_filters(settings)
    else:
        _print_all(settings)
    _print_remarks(remarks)
    restart = ", ".join(Settings.needing_restart())
    console.print(f"\nThe configuration is fine. A change of these keys needs a restart: {restart}.", markup=False)
    if live:
        _print_live(settings)


def _print_filters(settings: Settings) -> None:
    """Print the filters that are on, a line for each direction."""
    passed = {
        f"{direction} mail passes": ", ".join(
            f"{entry.name} ({entry.mode})"
            for entry in settings.filters
            if direction in entry.directions and entry.mode != "off"
        )
        for direction in DIRECTIONS
    }
    facts({direction: names or "no filter" for direction, names in passed.items()})


def _print_all(settings: Settings) -> None:
    for direction in DIRECTIONS:
        _print_chain(settings, direction)
    _print_internal_only(settings)
    _print_deviations(settings)
    _print_files(settings)
    _print_people(settings)


def _print_live(settings: Settings) -> None:
    """Ask the servers and print a line for each. Exits where one fails."""
    heading("Servers")
    answers = _asked(settings)
    for one in answers:
        console.print(safe(f"{'OK' if one.ok else 'FAILS':<6}{one.server}: {one.said}"), soft_wrap=True)
    _exit_on_trouble(answers)


def _asked(settings: Settings) -> list[Answer]:
    return asyncio.run(ask_servers(settings))


def _exit_on_trouble(answers: Sequence[Answer]) -> None:
    if not all(one.ok for one in answers):
        raise typer.Exit(REFUSED)


async def _doubts(settings: Settings) -> list[str]:
    """Return remarks on what the filters would ask, and what gives no answer."""
    return [*await scanner_doubts(settings), *await language_model_doubts(settings)]


def _key_remarks(settings: Settings) -> list[str]:
    """Return a remark where the store can't be looked into; exit where `secret.key` isn't the store's."""
    try:
        remark = asyncio.run(compare_key(settings))
    except ForeignStore as error:
        fail(f"store: {error}")
    return [remark] if remark else []


def _print_listeners(settings: Settings) -> None:
    heading("Listeners")
    rows = [
        (x.name, x.address, x.direction, ", then ".join(str(next_hop(hop)) for hop in x.next_hop))
        for x in settings.listeners
    ]
    table(("Name", "Address", "Direction", "Next hop"), rows, whole={"Name", "Address", "Direction"})
    facts(
        {
            "our domains": ", ".join(settings.organisation.domains),
            "proof demanded": ", ".join(f"{x.name}: {x.tenant.service}" for x in settings.listeners if x.tenant),
            "store": settings.store,
            "senders confirm at": _confirming(settings),
        }
    )


def _confirming(settings: Settings) -> str:
    days = settings.confirm_limit / timedelta(days=1)
    return f"{settings.control_address}, within {days:g} days" if settings.control_address else ""


def _print_chain(settings: Settings, direction: Direction) -> None:
    heading(f"{direction} mail passes")
    passed = [entry for entry in settings.filters if direction in entry.directions and entry.mode != "off"]
    for number, entry in enumerate(passed, 1):
        console.print(safe(f"{number}. {entry.name}: {entry.mode}, at {entry.shown}"))
        specs = _specs(entry, direction)
        specs["(filter failed)"] = entry.failure[direction]
        rows = [
            (
                f"   {code}",
                s.do,
                ", ".join(notified(entry.cls, code, direction, s)),
                "" if s.where == entry.shown else f"line {s.where.rpartition(':')[2]}",
            )
            for code, s in specs.items()
        ]
        table(("   Finding", "Action", "Notice to", "Set"), rows, whole={"   Finding", "Action", "Notice to"})
        for sentence in _releases(entry, direction):
            console.print(safe(f"   {sentence}"))
    if not passed:
        console.print("no filter")
    for entry in settings.filters:
        if direction in entry.directions and entry.mode == "off":
            console.print(safe(f"-  {entry.name}: off, at {entry.shown}"))


def _specs(entry: FilterEntry, direction: Direction) -> dict[str, ActionSpec]:
    """Return the actions of the codes that the filter may find in mail of this direction."""
    return {code: entry.action_for(code, direction) for code in entry.cls.codes if entry.finds(code, direction)}


_RELEASES = {
    "one": "one person releases",
    "two_people": "two people release",
    "sender": "one person or its sender releases",
    "recipient": "one person or its recipient releases",
}


def _releases(entry: FilterEntry, direction: Direction) -> list[str]:
    """Return a sentence for each kind of release other than by any one reviewer."""
    said: dict[str, list[str]] = {}
    for code, spec in _specs(entry, direction).items():
        verified = entry.needs_verification(code)
        if spec.do == "quarantine" and (verified or spec.release != "one"):
            people = _RELEASES[spec.release]
            said.setdefault(f"{people}{', once it is verified' if verified else ''}", []).append(code)
    return [f"{how}: {', '.join(codes)}" for how, codes in said.items()]


def _print_internal_only(settings: Settings) -> None:
    names = [entry.name for entry in settings.filters if entry.mode != "off" and entry.directions == ("internal",)]
    if names:
        sentence = f"\nOnly for internal mail, which a mail server seldom hands to a gateway: {', '.join(names)}."
        console.print(safe(sentence))


def _print_deviations(settings: Settings) -> None:
    """Print where the chain departs from the shipped one: findings that are waived, and other actions."""
    heading("Exemptions")
    rows = [(one["filter"], ", ".join(one["codes"]), for_whom(one), one["config"]) for one in exemptions(settings)]
    if rows:
        table(("Filter", "Waived", "For", "Set at"), rows, whole={"Filter"})
    else:
        console.print("none")
    heading("Actions and notices other than the shipped ones")
    changed = [
        (
            one["code"],
            one["do"] if one["do"] == one["shipped"] else f"{one['do']}, not {one['shipped']}",
            ", ".join(one["notify"]),
            ", ".join(one["directions"]),
            one["config"],
        )
        for one in overrides(settings)
    ]
    if changed:
        table(("Finding", "Action", "Notice to", "Directions", "Set at"), changed, whole={"Finding"})
    else:
        console.print("none")


def _print_files(settings: Settings) -> None:
    """Print where each file was found that a setting names or uses by default."""
    heading("Files")
    rows = [(one["setting"], one["shipped"] or shown_path(Path(one["file"]))) for one in _files(settings)]
    table(("Setting", "File"), rows, whole={"Setting"})
    console.print(safe(f"Shipped files are in {SHIPPED}; a copy of one beside gateway.yaml takes its place."))


def _files(settings: Settings) -> list[dict[str, str]]:
    return [
        {
            "setting": at,
            "file": str(file),
            "shipped": f"shipped {file.relative_to(SHIPPED)}" if file.is_relative_to(SHIPPED) else "",
        }
        for at, file in settings.files
    ]


def _print_people(settings: Settings) -> None:
    """Print who works on the quarantine, who gets mail about it and when, and what is kept."""
    heading("Reviewers and records")
    reviewers = [f"{name} ({', '.join(roles)})" for name, roles in settings.reviewers.items()]
    facts(
        {
            "reviewers": "; ".join(reviewers) or "nobody: root and the gateway's own user work on the quarantine",
            "senders blocked and allowed": _sender_rules(settings),
            "weekly report": _report(settings),
            "digests": _digests(settings),
            "journal": _journal(settings),
            "logins": _logins(settings),
        }
    )


def _sender_rules(settings: Settings) -> str:
    if settings.sender_rules_file is None:
        return "by nobody (sender_rules_file)"
    count = len(settings.senders)
    return f"{count} rule{'s' if count != 1 else ''} in {settings.sender_rules_file} (sender_rules_file)"


def _report(settings: Settings) -> str:
    if not settings.reports_to:
        return "nobody gets it (reports_to)"
    zone = settings.organisation.timezone
    return f"{settings.report_day} {settings.report_hour}:00 ({zone}) to {', '.join(settings.reports_to)}"


def _digests(settings: Settings) -> str:
    digest, zone = settings.digest, settings.organisation.timezone
    told = []
    if digest.recipients:
        told.append(f"recipients {_hours(digest.recipients)} (their own time zone, else {zone})")
    if digest.reviewers:
        told.append(f"reviewers {_hours(digest.reviewers)} ({zone})")
    return "; ".join(told) or "off (digest)"


def _hours(hours: Sequence[int]) -> str:
    return "at " + ", ".join(f"{hour}:00" for hour in sorted(hours))


def _journal(settings: Settings) -> str:
    kept = settings.journal
    return f"on: {kept.days} days, at most {size(kept.max_bytes)}" if kept else "off: relayed mail is not kept"


def _logins(settings: Settings) -> str:
    """Return where logins are checked, and the listeners that ask for them; "" where none does."""
    asking = ", ".join(f"{one.name} ({one.auth})" for one in settings.listeners if one.auth != "off")
    auth = settings.auth
    if auth is None or not asking:
        return ""
    return f"at {asking}, by {auth.logins or auth.dovecot or 'the LDAP server of the directory'}"


def _print_remarks(remarks: Sequence[str]) -> None:
    if remarks:
        heading("Worth a look")
    for remark in remarks:
        console.print(safe(remark))


def _as_json(settings: Settings) -> list[dict[str, Any]]:
    return [
        _entry_json(entry, direction)
        for direction in DIRECTIONS
        for entry in settings.filters
        if direction in entry.directions
    ]


def _entry_json(entry: FilterEntry, direction: Direction) -> dict[str, Any]:
    return {
        "direction": direction,
        "filter": entry.name,
        "kind": entry.kind,
        "mode": entry.mode,
        "on_error": entry.on_error,
        "config": entry.shown,
        "actions": {
            code: {
                "do": s.do,
                "config": s.where,
                "release": s.release,
                "verified": entry.needs_verification(code),
                "notify": notified(entry.cls, code, direction, s),
            }
            for code, s in _specs(entry, direction).items()
        },
    }
