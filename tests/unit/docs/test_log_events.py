"""The catalogue of the log's events (gateway/log/events.py): it has every log call, and nothing that nobody logs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from gateway.log.events import EVENTS, LogEvent
from gateway.log.reference import reference
from gateway.remember.message_log import SHOWN_RECIPIENTS, line_of
from gateway.remember.records import AuditRow
from gateway.remember.store import Store
from tests.unit.docs.conftest import ROOT, documents

CATALOGUE = "gateway/log/events.py"
BY_NAME = {event.name: event for event in EVENTS}
LEVELS = {"debug": "debug", "info": "info", "warning": "warning", "error": "error", "exception": "error"}

NOW = datetime(2025, 3, 1, 12, 30, tzinfo=UTC)
ROW = AuditRow(
    id="m1",
    at=NOW,
    listener="inbound",
    client="192.0.2.1",
    message_id="<m1@outside.example>",
    mail_from="eve@outside.example",
    recipients=(
        ("bob@example.com", "inbound", "quarantine"),
        *((f"p{number}@example.com", "inbound", "relay") for number in range(SHOWN_RECIPIENTS)),
    ),
    bytes=1000,
    codes=("virus.found",),
    reply="250 2.0.0 taken",
    ms={"judge": 1.5},
    monitored={"attachment.macro": "quarantine"},
    login="ann@example.com",
)

#: (file, expression) -> the keys that `**expression` gives, where the call doesn't write them out.
SPREAD = {
    ("gateway/remember/message_log.py", "line_of(row, action)"): set(line_of(ROW, "quarantine")),
    ("gateway/remember/audit.py", "values"): {field.name for field in fields(AuditRow)},
    ("gateway/act/keeper.py", "counts"): set(BY_NAME["purge"].keys),  # see test_the_keys_of_a_purge
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class LogCall:
    place: str  # file:line
    events: frozenset[str]
    levels: frozenset[str]
    keys: frozenset[str]


class Module:
    """One file, and the log calls in it. Raises AssertionError with file and line for one that it can't read."""

    def __init__(self, path: str, source: str) -> None:
        self.path = path
        self.tree = ast.parse(source)
        self.parents = {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}
        self.loggers = {
            node.targets[0].id
            for node in self.tree.body
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and _makes_logger(node.value)
        }

    def log_calls(self) -> Iterator[LogCall]:
        """Find each use of a logger; a logger that is made or used in another way would hide its events."""
        for node in ast.walk(self.tree):
            if _makes_logger(node):
                named = isinstance(self.parents[node], ast.Assign) and self.parents[self.parents[node]] is self.tree
                assert named, f"{self.place(node)}: name the logger at the head of the module"
            elif isinstance(node, ast.ImportFrom) and node.module != "gateway":
                borrowed = {alias.name for alias in node.names} & {"log", "_log", "get_logger", "getLogger"}
                assert not borrowed, f"{self.place(node)}: have a logger of the module's own"
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in self.loggers:
                yield self.log_call(node)

    def log_call(self, logger: ast.Name) -> LogCall:
        method = self.parents[logger]
        called, call = method, self.parents[method]
        if isinstance(call, ast.IfExp) and method is not call.test:  # (log.info if … else log.debug)("event")
            called, call = call, self.parents[call]
        place = self.place(logger)
        assert isinstance(method, ast.Attribute), f"{place}: log at once"
        assert isinstance(call, ast.Call), f"{place}: log at once"
        assert call.func is called, f"{place}: log at once"
        assert method.attr in LEVELS, f"{place}: {method.attr} is no level"
        assert len(call.args) == 1, f"{place}: name the event, and give the rest by key"
        keys = {key for keyword in call.keywords for key in self.keys(keyword, call)}
        if method.attr == "exception":
            keys.add("exception")
        events = frozenset(self.strings(call.args[0]))
        return LogCall(place, events, frozenset([LEVELS[method.attr]]), frozenset(keys))

    def strings(self, node: ast.expr) -> set[str]:
        """Return the names that an expression may be; a parameter has those that the module's own calls give."""
        match node:
            case ast.Constant(value=str(text)):
                return {text}
            case ast.JoinedStr(values=values):
                return {"".join(str(v.value) if isinstance(v, ast.Constant) else "<filter>" for v in values)}
            case ast.IfExp():
                return self.strings(node.body) | self.strings(node.orelse)
            case ast.Name(id=name):
                function = self.function(node)
                names = [argument.arg for argument in function.args.args]
                assert name in names, f"{self.place(node)}: write the event's name out"
                at = names.index(name)
                given = [c.args[at] for c in ast.walk(self.tree) if isinstance(c, ast.Call) and _calls(c, function)]
                return set().union(*map(self.strings, given))
        raise AssertionError(f"{self.place(node)}: write the event's name out")

    def keys(self, keyword: ast.keyword, call: ast.Call) -> set[str]:
        return {keyword.arg} if keyword.arg is not None else self.spread(keyword.value, call)

    def spread(self, node: ast.expr, call: ast.Call) -> set[str]:
        """Return the keys that `**` gives: of a mapping that is written out there or earlier in the function."""
        match node:
            case ast.Dict(keys=keys) if all(isinstance(key, ast.Constant) for key in keys):
                return {str(key.value) for key in keys if isinstance(key, ast.Constant)}
            case ast.IfExp():
                return self.spread(node.body, call) | self.spread(node.orelse, call)
            case ast.Name(id=name) if (self.path, name) not in SPREAD:
                for one in ast.walk(self.function(call)):
                    if isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == name:
                        assert isinstance(one.value, ast.Dict), f"{self.place(call)}: write the keys of {name} out"
                        return self.spread(one.value, call)
        known = SPREAD.get((self.path, ast.unparse(node)))
        assert known is not None, f"{self.place(call)}: write the keys out, or tell those of {ast.unparse(node)} here"
        return known

    def function(self, node: ast.AST) -> Function:
        while not isinstance(node, Function):
            assert node in self.parents, f"{self.path}: log in a function"
            node = self.parents[node]
        return node

    def place(self, node: ast.AST) -> str:
        return f"{self.path}:{getattr(node, 'lineno', 0)}"


def _makes_logger(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "structlog.get_logger"


def _calls(call: ast.Call, function: Function) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == function.name


@cache
def log_calls() -> list[LogCall]:
    paths = sorted(path for room in ("gateway", "filters") for path in (ROOT / room).rglob("*.py"))
    modules = [Module(str(path.relative_to(ROOT)), path.read_text("utf-8")) for path in paths]
    return [call for module in modules for call in module.log_calls()]


def wrong(calls: list[LogCall]) -> list[str]:
    """Return a sentence for each call that the catalogue doesn't describe."""
    found = []
    for call in calls:
        for name in sorted(call.events):
            event = BY_NAME.get(name)
            if event is None:
                found.append(f"{call.place}: {name} is not in {CATALOGUE}")
                continue
            found += [f"{call.place}: {name} isn't {level} in {CATALOGUE}" for level in call.levels - set(event.levels)]
            keys = sorted(call.keys - set(event.keys))
            found += [f"{call.place}: {name} has no key {key} in {CATALOGUE}" for key in keys]
    return found


def unused(calls: list[LogCall]) -> list[str]:
    """Return a sentence for each event, level and key of the catalogue that no call has."""
    found = []
    for event in EVENTS:
        own = [call for call in calls if event.name in call.events]
        levels, keys = (set().union(*(getattr(call, kind) for call in own)) for kind in ("levels", "keys"))
        if not own:
            found.append(f"{line_in_catalogue(event)}: nothing logs {event.name}")
            continue
        found += [f"{line_in_catalogue(event)}: no {event.name} is {one}" for one in event.levels if one not in levels]
        found += [f"{line_in_catalogue(event)}: no {event.name} has {one}" for one in event.keys if one not in keys]
    return found


def line_in_catalogue(event: LogEvent) -> str:
    lines = (ROOT / CATALOGUE).read_text("utf-8").splitlines()
    number = next(n for n, line in enumerate(lines, 1) if f'"{event.name}"' in line)
    return f"{CATALOGUE}:{number}"


def test_every_log_call_is_in_the_catalogue() -> None:
    """The catalogue has each call's level and keys."""
    calls = log_calls()
    assert len(calls) > 50
    assert wrong(calls) == []


def test_every_event_of_the_catalogue_is_logged() -> None:
    """At each of its levels, and with each of its keys."""
    assert unused(log_calls()) == []


def test_the_catalogue_is_in_order() -> None:
    """Events are sorted by level, then by name; each sentence ends with a full stop."""
    graves = ("error", "warning", "info", "debug")
    assert len(BY_NAME) == len(EVENTS)
    assert [e.name for e in EVENTS] == [e.name for e in sorted(EVENTS, key=lambda e: graves.index(e.levels[0]))]
    for grave in graves:
        names = [event.name for event in EVENTS if event.levels[0] == grave]
        assert names == sorted(names)
    assert [e.name for e in EVENTS if not e.happened.endswith(".") or not (e.to_do or ".").endswith(".")] == []


async def test_the_keys_of_a_purge(tmp_path: Path) -> None:
    store = await Store.open(f"sqlite:///{tmp_path}/store.db", create=True, key=bytes(32))
    try:
        assert set(await store.purge(NOW, 30, 90)) == set(BY_NAME["purge"].keys)
    finally:
        await store.close()


def test_the_document_is_what_the_tool_writes() -> None:
    """`python tools/log_reference.py` writes it anew."""
    assert (ROOT / "docs/log.md").read_text("utf-8") == reference()


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_event_that_a_document_names_is_logged(document: Path) -> None:
    """Documents name events behind `log: ` and in the table of deploy.md."""
    text = document.read_text("utf-8")
    rows = text.partition("| event | means |\n")[2].partition("\n\n")[0]
    named = re.findall(r"\blog: `([\w.]+)`", text) + re.findall(r"`([a-z_]+\.[a-z_]+)`", rows)
    shapes = {name.replace("<filter>", "virus") for name in BY_NAME}
    assert set(named) <= shapes


HEAD = "import structlog\nlog = structlog.get_logger('x')\n"


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("log.warning('no.such')", "x.py:4: no.such is not in gateway/log/events.py"),
        ("log.info('stop.now')", "x.py:4: stop.now isn't info in gateway/log/events.py"),
        ("log.warning('stop.now', id=1)", "x.py:4: stop.now has no key id in gateway/log/events.py"),
        ("log.exception('store.full', id=1)", "x.py:4: store.full has no key exception in gateway/log/events.py"),
        ("log.warning('stop.now', **{'id': 1})", "x.py:4: stop.now has no key id in gateway/log/events.py"),
        ("log.warning(f'{name}.gone')", "x.py:4: <filter>.gone is not in gateway/log/events.py"),
        ("(log.info if x else log.debug)('stopped')", "x.py:4: stopped isn't debug in gateway/log/events.py"),
    ],
)
def test_a_call_that_is_not_in_the_catalogue_is_told(code: str, sentence: str) -> None:
    """The tests above would see it."""
    assert wrong(list(Module("x.py", f"{HEAD}def f(name):\n {code}\n").log_calls())) == [sentence]


@pytest.mark.parametrize(
    "code",
    [
        "say = log.warning",
        "say(log)",
        "say(log.warning)",
        "log.warning(name.lower())",
        "log.warning('stop.now', **given())",
        "log.bind(id=1).warning('stop.now')",
        "log.warning('stop.%s', name)",
        "structlog.get_logger('y').warning('stop.now')",
    ],
)
def test_a_call_that_hides_its_event_is_refused(code: str) -> None:
    """It names the line."""
    with pytest.raises(AssertionError, match=r"x\.py:4: "):
        list(Module("x.py", f"{HEAD}def f(name):\n {code}\n").log_calls())


def test_an_event_that_nothing_logs_is_told() -> None:
    """The complaint names the event's line in the catalogue."""
    told = unused([call for call in log_calls() if not call.events & {"stop.now", "purge"}])
    assert f"{line_in_catalogue(BY_NAME['stop.now'])}: nothing logs stop.now" in told
    told = unused([call for call in log_calls() if call.levels != {"debug"}])
    assert f"{line_in_catalogue(BY_NAME['purge'])}: no purge is debug" in told
    told = unused([LogCall("x.py:4", frozenset(["purge"]), frozenset(["info"]), frozenset(["audit"]))])
    assert f"{line_in_catalogue(BY_NAME['purge'])}: no purge has ledger" in told
