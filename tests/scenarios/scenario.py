"""Scenario files as frozen facts: reads tests/scenarios/*.yaml and makes each message's octets.

README.md explains the files. It plays none: `stage` does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, getaddresses
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from gateway.settings.yaml.document import read_document

FOLDER = Path(__file__).parent
OUR_DOMAINS = ("example.co.uk", "example.com")
ORGANISATION = {
    "name": "Example Ltd",
    "domains": list(OUR_DOMAINS),
    "contact": "IT Service Desk <it@example.co.uk>",
    "timezone": "Europe/London",
}
#: Where no time is given: a Monday in working time.
START = "2026-03-02 10:00:00"
_SPAN = re.compile(r"\+(?:(\d+)d)? ?(?:(\d+)h)? ?(?:(\d+)m)? ?(?:(\d+)s)?")
_SIZE = re.compile(r"(\d+) ?(KiB|MiB)?")
_UNITS = {None: 1, "KiB": 2**10, "MiB": 2**20}

Expected = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One message, or one thing that a person does; what a file's keys mean is in the README."""

    at: str = "+1m"
    listener: Literal["", "inbound", "outbound"] = ""
    client: str = "192.0.2.7"
    login: str = ""
    mail_from: str | None = None
    rcpt: tuple[str, ...] | None = None
    sender: str = "ann@example.co.uk"
    to: tuple[str, ...] = ("joe@outside.example",)
    cc: tuple[str, ...] = ()
    subject: str = "Hello"
    text: str = "Hello, this is about the order.\n"
    html: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    attach: str = ""
    id: str = ""
    answers: str | int = ""
    report: str = ""
    retry: bool = False
    times: int = 1
    finds: Mapping[int, Expected] = field(default_factory=dict)
    actions: Mapping[str, str] | str | None = None
    reply: str = "250"
    notices: Mapping[str, str] = field(default_factory=dict)
    gets: str | None = None
    restart: bool = False
    do: str = ""
    given: Mapping[str, Any] = field(default_factory=dict)
    result: Any = None


@dataclass(frozen=True, slots=True)
class Scenario:
    file: Path
    title: str
    zone: ZoneInfo
    configuration: Mapping[str, Any]  # of gateway.yaml, besides listeners and data_dir
    dns: tuple[str, ...]
    steps: tuple[Step, ...]

    def __str__(self) -> str:
        return f"{self.file.stem}: {self.title}"


# --- files -----------------------------------------------------------------------------------------------------------

_HEAD = {"about", "zone", "organisation", "directory", "filters", "settings", "dns", "defaults"}


def scenarios(folder: Path = FOLDER) -> list[Scenario]:
    """All of all files, in the files' order."""
    return [one for file in sorted(folder.glob("*.yaml")) for one in read_scenarios(file)]


def read_scenarios(file: Path) -> Iterator[Scenario]:
    """Those of one file. Raises ValueError for a key that there is not: it would be passed over in silence."""
    data = dict(read_document(file).data)
    items = data.pop("scenarios")
    for item in items:
        given = data | item
        title, steps = given.pop("title"), given.pop("steps")
        if unknown := given.keys() - _HEAD:
            raise ValueError(f"{file.name}: {title}: there is no key {', '.join(sorted(unknown))}")
        defaults = {**data.get("defaults", {}), **item.get("defaults", {})}
        organisation = {**ORGANISATION, **given.get("organisation", {})}
        configuration = {
            "organisation": organisation,
            "directory": given.get("directory", {}),
            "filters": given.get("filters", []),
            **given.get("settings", {}),
        }
        zone = ZoneInfo(given.get("zone", organisation["timezone"]))
        read = tuple(_step({**defaults, **step}, f"{file.name}: {title}") for step in steps)
        yield Scenario(file, title, zone, configuration, tuple(given.get("dns", ())), read)


def _step(given: Mapping[str, Any], where: str) -> Step:
    names = {"from": "sender", "with": "given"}
    keys = {names.get(key, key): value for key, value in given.items()}
    if unknown := keys.keys() - {one.name for one in fields(Step)}:
        raise ValueError(f"{where}: a step has no key {', '.join(sorted(unknown))}")
    for name in ("to", "cc", "rcpt"):
        if name in keys:
            keys[name] = _listed(keys[name])
    keys["finds"] = _finds(keys.get("finds") or {}, keys.get("times", 1))
    return Step(**keys)


def _listed(value: str | list[str]) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, list) else tuple(filter(None, re.split(r",\s*", value)))


def _finds(value: Any, times: int) -> Mapping[int, Expected]:
    """`[a, b]` of each of them, or `{3: [a]}`: of the third, and of the others nothing."""
    if isinstance(value, Mapping):
        return {int(number): _listed(codes) for number, codes in value.items()}
    return dict.fromkeys(range(1, times + 1), _listed(value))


# --- times and messages ----------------------------------------------------------------------------------------------


def time_of(text: str, before: datetime | None, zone: ZoneInfo) -> datetime:
    """`2026-03-02 17:30:00` in the zone or with an offset, `17:30:00` of the day before it, `+1d 2h 3m 4s` after it."""
    before = before or datetime.fromisoformat(START).replace(tzinfo=zone)
    if span := _SPAN.fullmatch(text):
        days, hours, minutes, seconds = (int(part or 0) for part in span.groups())
        return before + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if len(text) == len("00:00:00"):
        text = f"{before.astimezone(zone).date()} {text}"
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def message_of(step: Step, at: datetime, message_id: str, others: Mapping[str, str]) -> bytes:
    """Return a step's message as a mail program would send it; `others` are fields that the stage adds."""
    message = EmailMessage(policy=SMTP.clone(utf8=not step.sender.isascii()))
    message["From"] = step.sender
    message["To"] = ", ".join(step.to)
    if step.cc:
        message["Cc"] = ", ".join(step.cc)
    message["Subject"] = step.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{message_id}>"
    for name, value in {**others, **step.headers}.items():
        del message[name]
        message[name] = value
    message.set_content(step.text)
    if step.report:
        return _report(message, step.report, others.get("In-Reply-To", ""))
    if step.html:
        message.add_alternative(step.html, subtype="html")
    if step.attach:
        name, _, size = step.attach.partition(" ")
        message.add_attachment(_octets(size or "100"), maintype="application", subtype="octet-stream", filename=name)
    return bytes(message)


def _report(message: EmailMessage, what: str, about: str) -> bytes:
    """Return the message as a report about another: of delivery (RFC 3464), or for `displayed` a read receipt."""
    header = "".join(f"{k}: {v}\r\n" for k, v in message.items() if not k.lower().startswith(("content-", "mime-")))
    to = f"Final-Recipient: rfc822; {message['From']}\r\n"
    if what == "displayed":
        fields = f"{to}Original-Message-ID: {about}\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n"
        parts = [("message/disposition-notification", fields)]
    else:
        fields = f"Reporting-MTA: dns; mx.example\r\n\r\n{to}Action: {what}\r\n"
        parts = [("message/delivery-status", fields), ("text/rfc822-headers", f"Message-ID: {about}\r\n")]
    body = "".join(f"--report\r\nContent-Type: {kind}\r\n\r\n{text}\r\n" for kind, text in parts)
    return f"{header}Content-Type: multipart/report; boundary=report\r\n\r\n{body}--report--\r\n".encode()


def _octets(size: str) -> bytes:
    found = _SIZE.fullmatch(size)
    if not found:
        raise ValueError(f"{size} is no size")
    return b"x" * (int(found[1]) * _UNITS[found[2]])


def addresses_of(texts: tuple[str, ...]) -> list[str]:
    return [address for _, address in getaddresses(list(texts))]
