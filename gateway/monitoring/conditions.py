"""The conditions that need an administrator: each has a kind, a subject and sentences that say what to do.

The functions are pure: they are given figures, and read no file. `health` gathers the figures.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

#: Age from which the scanner's signatures count as old: ClamAV makes new ones every day.
OLD_SIGNATURES = timedelta(days=7)
#: Time before the end of a certificate from which it is trouble: one that renews itself does so a month ahead.
CERTIFICATE_NOTICE = timedelta(days=14)
#: Age of the oldest row from which the outbox counts as stuck: two rounds of the longest pause between attempts.
STUCK_OUTBOX = timedelta(hours=2)

_MIB = 2**20


@dataclass(frozen=True, slots=True)
class Condition:
    """One trouble; `kind` and `subject` are the same as long as it lasts, whatever the sentence counts."""

    kind: str
    subject: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """The certificate of a listener: the end of the one in use, and of the one in its file by now."""

    file: Path
    in_use_until: datetime
    in_file_until: datetime | None


def of_store(figures: Mapping[str, Any] | str, now: datetime) -> Iterator[Condition]:
    """Yield the conditions of store, quarantine, disk and outbox; a sentence in place of figures: the store is away."""
    if isinstance(figures, str):
        said = f"The store is away: mail that must be held or looked up gets 451. {figures}"
        yield Condition("store", "", said)
        return
    if figures["quarantine_full"]:
        held, limit = figures["held_bytes"], figures["quarantine_max_bytes"]
        yield Condition(
            "quarantine_full",
            "",
            f"The quarantine is full ({_size(held)} of {_size(limit)}): messages that must be held get 452. Release, "
            "delete or purge some, or raise quarantine_max_bytes and reload.",
        )
    if figures["disk_full"]:
        yield _full_disk("the store", figures["disk_free_bytes"], figures["disk_reserve_bytes"])
    oldest = figures["oldest_outbox_at"]
    if oldest is not None and now - oldest > STUCK_OUTBOX:
        yield Condition(
            "outbox",
            "",
            f"The outbox is stuck: {figures['outbox_rows']} messages and notices wait, the oldest since "
            f"{_hours(now - oldest)}. A next hop refuses them for now: `outbox.attempt` in the log has its replies.",
        )


def of_disk(free_bytes: int, reserve_bytes: int) -> Iterator[Condition]:
    """Yield a condition where the disk of data_dir, which isn't that of the store, is full."""
    if free_bytes < reserve_bytes:
        yield _full_disk("data_dir", free_bytes, reserve_bytes)


def _full_disk(what: str, free_bytes: int | None, reserve_bytes: int) -> Condition:
    counted = f" ({_size(free_bytes)} free; less than {_size(reserve_bytes)} counts as full)" if free_bytes else ""
    return Condition(
        "disk_full",
        what,
        f"The disk of {what} is full{counted}: messages that must be held may get 452 or 451. Make room on that disk: "
        "what is released or deleted from the quarantine gives none back to it.",
    )


def of_processes(running: Mapping[str, Any] | None) -> Iterator[Condition]:
    """Yield the warnings of filters and processes, each once with the names of all processes that have it."""
    named: dict[tuple[str, str], list[str]] = {}
    for process in (running or {}).get("processes", []):
        if "trouble" in process:
            named.setdefault(("process", process["trouble"]), []).append(process["name"])
        for name, text in process.get("warnings", {}).items():
            named.setdefault((name, f"{name}: {text}"), []).append(process["name"])
    for (kind, sentence), names in named.items():
        subject = ", ".join(names) if kind == "process" else kind
        yield Condition("process" if kind == "process" else "service", subject, f"{', '.join(names)}: {sentence}")


def of_next_hops(troubles: Mapping[str, str], chains: Mapping[str, Collection[str]]) -> Iterator[Condition]:
    """Yield a condition for each next hop in trouble: `chains` has the next hops of listeners and routes."""
    for hop, detail in troubles.items():
        named = [name for name, hops in chains.items() if hop in hops]
        if not named:
            continue  # a reload has taken it out of the configuration
        alone = any(all(other in troubles for other in chains[name]) for name in named)
        effect = "mail for it gets 451, or waits in the outbox" if alone else "mail goes to the next one of the list"
        yield Condition(
            "next_hop",
            hop,
            f"The next hop {hop} ({', '.join(named)}) gives no service: {detail}; {effect}. Start it, or mend its "
            "address in the configuration and reload.",
        )


def of_signatures(made_at: Mapping[str, float], now: datetime) -> Iterator[Condition]:
    """Yield a condition for each scanner with old signatures; `made_at` has the time of each scanner's own."""
    for scanner, timestamp in made_at.items():
        age = now - datetime.fromtimestamp(timestamp, UTC)
        if age > OLD_SIGNATURES:
            yield Condition(
                "signatures",
                scanner,
                f"The virus signatures of {scanner} are {age.days} days old: new viruses pass. Look at freshclam "
                "(`systemctl status clamav-freshclam`), which fetches them.",
            )


def of_certificates(certificates: Mapping[str, Certificate], now: datetime) -> Iterator[Condition]:
    """Yield a condition for each listener whose certificate ends soon, or has ended."""
    for listener, one in certificates.items():
        left = one.in_use_until - now
        if left > CERTIFICATE_NOTICE:
            continue
        ends = f"ends in {left.days} days" if left > timedelta(0) else f"ended on {one.in_use_until:%Y-%m-%d}"
        renewed = one.in_file_until is not None and one.in_file_until - now > CERTIFICATE_NOTICE
        to_do = "It is renewed already: `mailwarden reload` takes it over." if renewed else "Renew it, and reload."
        yield Condition("certificate", listener, f"The certificate of {listener} ({one.file}) {ends}. {to_do}")


def of_keys(troubles: Mapping[str, str]) -> Iterator[Condition]:
    """Yield a condition for each key in trouble."""
    for key, sentence in troubles.items():
        yield Condition("key", key, f"Key {key}: {sentence}")


def _hours(age: timedelta) -> str:
    return f"{age // timedelta(hours=1)} hours"


def _size(octets: int | None) -> str:
    if octets is None:
        return "no limit"
    return f"{octets / 2**30:.1f} GiB" if octets >= 2**30 else f"{octets / _MIB:.0f} MiB"
