"""The log: one event a line, whatever an event holds."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any, Literal

import pytest
import structlog

from gateway.log.output import configure
from gateway.remember.message_log import SHOWN_RECIPIENTS, line_of
from tests.unit.remember.conftest import Make

HOSTILE = "a\r\nFAKE 250\x1b[2J\u202e\x85\u2028"


@pytest.fixture
def lines() -> Iterator[Any]:
    """Return the lines that events write in a format."""

    def write(format: Literal["json", "human"], level: str, *events: Any) -> list[str]:
        stream = io.StringIO()
        configure(format, level, to=stream)
        structlog.configure(cache_logger_on_first_use=False)
        log = structlog.get_logger("test")
        for event in events:
            event(log)
        return stream.getvalue().removesuffix("\n").split("\n")

    yield write
    structlog.reset_defaults()


def row(make: Make, **parts: Any) -> dict[str, Any]:
    action = parts.pop("action", "relay")
    return line_of(make.audit("m1", *parts.pop("to", ()), **parts), action)


def test_one_object_a_line(lines: Any) -> None:
    """JSON, seven-bit, with level and time."""
    (line,) = lines("json", "info", lambda log: log.info("x", text=HOSTILE, number=7))
    event = json.loads(line)
    assert line.isascii()
    assert (event["event"], event["level"], event["text"], event["number"]) == ("x", "info", HOSTILE, 7)
    assert event["timestamp"].endswith("Z")


def test_an_exception_is_in_its_object(lines: Any) -> None:
    """No line of its own."""
    (line,) = lines("json", "info", _raises)
    assert "ZeroDivisionError" in json.loads(line)["exception"]


def _raises(log: Any) -> None:
    try:
        raise ZeroDivisionError(HOSTILE)
    except ZeroDivisionError:
        log.exception("broke")


def test_people_read_one_line_for_each_message(lines: Any) -> None:
    """Date, action, client, ends, size, codes, reply, time."""
    make = Make()
    event = row(make, codes=("a.b", "c.d"), bytes=4100, ms={"judge": 1.5, "act": 2.0}, action="quarantine")
    (line,) = lines("human", "info", lambda log: log.info("message", **event))
    assert line[19:] == (
        " quarantine [192.0.2.1] <eve@outside.example> -> bob@example.com  4.0 KiB  [a.b, c.d]  250 2.0.0 taken  4 ms"
    )


def test_people_see_what_monitor_mode_would_have_done(lines: Any) -> None:
    """Else it looks like a finding that is only logged."""
    event = row(Make(), codes=("a.b", "c.d")) | {"monitored": {"a.b": "quarantine"}}
    (line,) = lines("human", "info", lambda log: log.info("message", **event))
    assert "[a.b (monitor: quarantine), c.d]" in line


@pytest.mark.parametrize("field", ["mail_from", "reply"])
def test_no_text_from_mail_begins_a_line(lines: Any, field: str) -> None:
    """Nor moves the terminal."""
    event = row(Make(), **{field: HOSTILE})
    (line,) = lines("human", "info", lambda log: log.info("message", **event))
    assert line.isprintable()
    (other,) = lines("human", "info", lambda log: log.info("x", text=HOSTILE, things=[HOSTILE]))
    assert other.isprintable()


def test_the_text_of_an_exception_is_neutralised_too(lines: Any) -> None:
    """Its lines stand behind the event's, set in."""
    shown = lines("human", "info", _raises)
    assert shown[0].endswith("ERROR broke")
    assert all(line.startswith("  ") and line.isprintable() for line in shown[1:])
    assert "ZeroDivisionError" in shown[-1] or any("ZeroDivisionError" in line for line in shown)


def test_the_level_counts(lines: Any) -> None:
    """Below it nothing is written."""
    shown = lines("human", "warning", lambda log: log.info("no"), lambda log: log.warning("yes", a=1))
    assert [line[20:] for line in shown] == ["WARNING yes  a=1"]


# --- a message's line ----------------------------------------------------------------------------------------------


def test_the_line_of_a_message() -> None:
    """Codes only: no subject, no text; times rounded."""
    line = row(Make(), ms={"judge": 1.23456})
    assert line == {
        "id": "m1",
        "action": "relay",
        "listener": "inbound",
        "client": "192.0.2.1",
        "from": "eve@outside.example",
        "to": ["bob@example.com"],
        "directions": ["inbound"],
        "message_id": "<m1@outside.example>",
        "bytes": 1000,
        "codes": ["virus.found"],
        "reply": "250 2.0.0 taken",
        "ms": {"judge": 1.2},
    }


@pytest.mark.parametrize("count", [SHOWN_RECIPIENTS - 1, SHOWN_RECIPIENTS, SHOWN_RECIPIENTS + 1])
def test_of_many_recipients_the_first_are_named(count: int) -> None:
    """The line has the number of recipients; the audit row has them all."""
    line = row(Make(), to=[f"p{n}@x.example" for n in range(count)])
    assert len(line["to"]) == min(count, SHOWN_RECIPIENTS)
    assert line.get("recipients") == (count if count > SHOWN_RECIPIENTS else None)


def test_recipients_with_another_action_are_named() -> None:
    """The message's action is the gravest."""
    recipients = (("a@x", "inbound", "quarantine"), ("b@x", "inbound", "relay"))
    line = line_of(Make().audit(recipients=recipients), "quarantine")
    assert line["actions"] == {"b@x": "relay"}
