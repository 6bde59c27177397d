"""Logging with structlog: JSON for programs or readable lines for people. Configured once a process.

No text in an event can begin a line of the log or move the terminal, the text of an exception included. A log that
can't be written loses lines and causes no other harm: see `LogStream`.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Literal, TextIO, cast

import structlog
from structlog.typing import Processor

from gateway.log.sizes import readable_size
from gateway.smtp.reply import printable

Event = MutableMapping[str, Any]


class LogStream:
    """The stream of a process's log lines. On trouble, such as a full disk, lines are lost and `trouble` says so.

    An exception instead would answer 451 for a message that is relayed already: the client would send it again and
    again. The audit trail records what happened to a message as well.
    """

    def __init__(self, to: TextIO) -> None:
        self.to = to
        self.trouble = ""

    def write(self, text: str) -> None:
        try:
            self.to.write(text)
            self.to.flush()
        except OSError as error:
            self.trouble = f"lines are lost: {error}"
        else:
            self.trouble = ""

    def flush(self) -> None:
        """Do nothing: each line is flushed as it is written."""


_STREAM = LogStream(sys.stdout)  # one for the process: loggers made before a reload keep it


def trouble() -> str:
    """Return why this process's log is being lost; "" means that it is written."""
    return _STREAM.trouble


def configure(format: Literal["json", "human"], level: str, to: TextIO | None = None) -> None:
    """Set the process's log, to standard output unless told otherwise.

    `human` shows one line for each message, in the reader's time zone.
    """
    _STREAM.to = to or sys.stdout
    stream = cast(TextIO, _STREAM)
    human = format == "human"
    processors: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S" if human else "iso", utc=not human),
    ]
    processors.append(structlog.processors.format_exc_info)
    processors.append(_human if human else structlog.processors.JSONRenderer(default=str))
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=False,  # a reload may change format and level; a new look-up costs microseconds
    )
    # aiosmtpd and SQLAlchemy log through the standard library, aiosmtpd two lines for each command.
    logging.basicConfig(level=logging.WARNING, stream=stream, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("mail.debug").setLevel(logging.ERROR)  # a wrong PROXY header has a line of ours


def _human(_: Any, __: str, event: Event) -> str:
    """Format an event.

    `2026-01-31 12:00:01 quarantine [192.0.2.1] <a@x.example> -> b@example.co.uk  4.0 KiB  [virus.found]  250 …`.
    """
    when, level, name = event.pop("timestamp"), event.pop("level"), event.pop("event")
    trace = "".join(f"\n  {printable(line)}" for line in event.pop("exception", "").splitlines())
    if name == "message":
        return f"{when} {_message(event)}"
    detail = "  ".join(f"{key}={_shown(value)}" for key, value in event.items())
    flag = "" if level in ("info", "debug") else f"{level.upper()} "
    return f"{when} {flag}{name}  {detail}".rstrip() + trace


def _message(e: Event) -> str:
    to = ", ".join(e["to"]) + (f" and {e['recipients'] - len(e['to'])} more" if "recipients" in e else "")
    monitored = e.get("monitored", {})
    named = [f"{code} (monitor: {monitored[code]})" if code in monitored else code for code in e["codes"]]
    codes = f"  [{', '.join(named)}]" if named else ""
    total = sum(e["ms"].values())
    login = f" {e['login']}" if "login" in e else ""
    who = f"[{e['client']}{login}] <{e['from']}> -> {to}"
    text = f"{e['action']:<10} {who}  {readable_size(e['bytes'])}{codes}  {e['reply']}  {total:.0f} ms"
    return printable(text)


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{_shown(key)}: {_shown(one)}" for key, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_shown, value))
    return printable(value if isinstance(value, str) else repr(value))
