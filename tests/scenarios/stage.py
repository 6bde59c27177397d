"""The whole gateway in the test's own process, as a worker and the keeper run it, on a clock that a scenario sets.

Real listeners on free ports, a real store, and two next hops: `home` takes the mail for our people, `world` the rest.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import time
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr
from functools import cache, lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gateway import app
from gateway.assemble.receive import build_listeners, capacity
from gateway.assemble.store import open_store
from gateway.contract import Actor, Refused
from gateway.operations.control import EVERY_ROLE
from gateway.operations.dispatch import Operations
from gateway.receive.server import Server
from gateway.remember.in_flight import InFlight
from gateway.remember.message_log import MessageLog
from gateway.remember.records import AuditRow
from gateway.services.message_ids import new_id
from gateway.settings.models import Settings
from tests.scenarios.scenario import OUR_DOMAINS, Scenario, Step, addresses_of, message_of, time_of
from tests.support.servers.gateway import send
from tests.support.servers.name_server import NameServer
from tests.support.servers.ports import free_port
from tests.support.servers.prompt_store import answers_at_once
from tests.support.servers.sink import ReceivedMessage, Sink

#: Mail from outside comes through a proxy that names the client: nobody is at loopback as far as SPF is concerned.
PROXY, STAFF = "127.0.2.1", "127.0.1.1"
BOSS = Actor("the test", EVERY_ROLE, 0)


@dataclass
class SetClock:
    """The date is the scenario's; what is measured in seconds takes as long as it takes."""

    at: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return time.monotonic()


@dataclass
class Sent:
    """A step's message as sent, with its reply, its audit row and its notices."""

    step: Step  # as it was addressed
    octets: bytes
    message_id: str
    reply: str
    row: AuditRow | None  # None: it was refused before there was a message
    notices: list[ReceivedMessage]


@dataclass
class Stage:
    """`async with Stage(scenario, folder) as stage: await stage.play()`."""

    scenario: Scenario
    folder: Path
    home: Sink = field(default_factory=lambda: Sink(port=_ports()[0]))
    world: Sink = field(default_factory=lambda: Sink(port=_ports()[1]))
    clock: SetClock = field(default_factory=SetClock)
    sent: list[Sent] = field(default_factory=list)

    async def __aenter__(self) -> Stage:
        self._open = AsyncExitStack()
        self._open.enter_context(answers_at_once())
        for sink in (self.home, self.world):
            await self._open.enter_async_context(sink)
        nameserver = self._open.enter_context(NameServer(self.scenario.dns)) if self.scenario.dns else None
        self._configured = json.dumps(self._configuration(nameserver))  # JSON is YAML
        self._now, self._key = None, ""
        await self._start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stop()
        await self._open.aclose()

    def _configuration(self, nameserver: NameServer | None) -> dict[str, Any]:
        home, world = (f"smtp://127.0.0.1:{sink.port}" for sink in (self.home, self.world))
        inbound = {"name": "inbound", "address": "127.0.0.1:2525", "direction": "inbound", "next_hop": home}
        outbound = {"name": "outbound", "address": "127.0.0.1:2587", "direction": "outbound", "next_hop": world}
        outbound |= {"trusted_networks": ["127.0.1.0/24"], "proxies": [PROXY]}  # type: ignore[dict-item]
        return {
            "hostname": "gw.example.co.uk",
            "listeners": [{**inbound, "verify_recipients": False, "proxies": [PROXY]}, outbound],
            "routes": dict.fromkeys(OUR_DOMAINS, home),
            "data_dir": "var",
            "sandbox": {"processes": 1},
            "models": "off",  # a scenario is about the words, unless it says otherwise
            **({"authentication": _verifying(nameserver)} if nameserver else {}),
            **self.scenario.configuration,
        }

    # --- the gateway -------------------------------------------------------------------------------------------------

    async def _start(self) -> None:
        """Start the gateway as `process.Worker` and `process.KeeperProcess` do, but in one process."""
        data_dir = self.folder / "var"
        placed = {"data_dir": data_dir, "store": f"sqlite:///{data_dir}/store.db"}
        settings = _settings(self._configured).model_copy(update=placed)
        self.clock.at = self.clock.at if self._now is None else self._now
        self.store = await open_store(settings, create=True)
        self.parts = app.build(settings, self.store, clock=self.clock)
        self._tasks = await asyncio.TaskGroup().__aenter__()
        self._following: list[asyncio.Task[None]] = []
        self._ids: list[str] = []
        self._server = Server(self.clock, self._new_id)
        journey = app.build_journey(self.parts, MessageLog(self.store.audit), self._spawn, InFlight())
        self._server.configure(journey, build_listeners(settings, self.parts.ours), capacity(settings, 1))
        sockets = {listener.name: socket.create_server(("127.0.0.1", 0)) for listener in settings.listeners}
        self._ports = {name: sock.getsockname()[1] for name, sock in sockets.items()}
        await self._server.listen(sockets, self._tasks)
        await self.parts.judge.chain.start()
        self._keeper = app.build_keeper(self.parts)
        self._operations: Operations | None = None

    async def _stop(self) -> None:
        await self._server.drain(30)
        await self._tasks.__aexit__(None, None, None)
        for part in (self.parts.relay, self.parts.pool, self.parts.language_model):
            await part.close()
        await self.store.audit.flush()
        await self.store.close()

    def _operating(self) -> Operations:
        """Return the keeper's operations; few scenarios need them, and their chain is one more to build."""
        if self._operations is None:
            quiet = app.build(self.parts.settings, self.store, before=self.parts, quiet=True, clock=self.clock)
            self._operations = Operations(quiet, app.build_release(quiet, self._keeper), self._keeper)
        return self._operations

    def _new_id(self) -> str:
        self._ids.append(new_id())
        return self._ids[-1]

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._following.append(self._tasks.create_task(work))

    # --- the play ----------------------------------------------------------------------------------------------------

    async def play(self) -> None:
        """Every step in its order, each held to what it expects."""
        for number, step in enumerate(self.scenario.steps, 1):
            for time_ in range(1, step.times + 1):
                where = f"step {number}" + (f", time {time_}" if step.times > 1 else "")
                self.clock.at = self._now = time_of(step.at, self._now, self.scenario.zone)
                if step.restart:
                    await self._stop()
                    await self._start()
                elif step.do:
                    await self._do(step, where)
                else:
                    self._hold(await self._send(step), step, step.finds.get(time_, ()), where)

    async def _do(self, step: Step, where: str) -> None:
        try:
            done = await self._operating().do(step.do, BOSS, self._filled(dict(step.given)))
        except Refused as refused:
            done = str(refused)
        await self._keeper.work()
        if isinstance(done, list) and done and "key" in done[0]:
            self._key = done[0]["key"]
        if step.result is not None:
            assert _fits(done, step.result), f"{where}: {done!r}"

    async def _send(self, step: Step) -> Sent:
        step, octets, message_id = self._message(step)  # what it expects is held to the step as it was given
        mail_from = parseaddr(step.sender)[1] if step.mail_from is None else step.mail_from
        rcpt = list(step.rcpt) if step.rcpt is not None else addresses_of(step.to + step.cc)
        ours = mail_from.rpartition("@")[2] in OUR_DOMAINS
        listener = step.listener or ("outbound" if ours else "inbound")
        client, named = (STAFF, "") if listener == "outbound" else (PROXY, f"XFORWARD ADDR={step.client}")
        if step.login:
            client, named = PROXY, f"XCLIENT ADDR={STAFF} LOGIN={step.login}\nEHLO client.example"
        before = len(self._ids), len(self.home.got)
        reply = await send(self._ports[listener], mail_from, rcpt, octets, client=client, before=named)
        await asyncio.gather(*self._following)
        self._following.clear()
        row = (await self.store.audit.trace(self._ids[-1]) or [None])[0] if len(self._ids) > before[0] else None
        await self._keeper.work()
        notices = [got for got in self.home.got[before[1] :] if got.mail_from == ""]
        self.sent.append(Sent(step, octets, message_id, reply, row, notices))
        return self.sent[-1]

    def _message(self, step: Step) -> tuple[Step, bytes, str]:
        if step.retry:
            last = self.sent[-1]
            return last.step, last.octets, last.message_id
        message_id = step.id or f"m{len(self.sent) + 1}@example"
        others: dict[str, str] = {}
        if step.answers == "notice":
            notice = next(sent.notices[-1] for sent in reversed(self.sent) if sent.notices)
            return self._reply_to(notice, step, message_id)
        if step.answers == "question":
            question = next(got for got in reversed(self.world.got) if b"\r\nAuto-Submitted:" in got.content)
            return self._reply_to(question, step, message_id)
        if step.answers:
            first = self.sent[int(step.answers) - 1].message_id
            others = {"In-Reply-To": f"<{first}>", "References": f"<{first}>"}
        return step, message_of(step, self.clock.at, message_id, others), message_id

    def _reply_to(self, got: ReceivedMessage, step: Step, message_id: str) -> tuple[Step, bytes, str]:
        """Answer a notice as a mail program does: to its Reply-To, with its subject, its text quoted below."""
        notice = read(got)
        body = notice.get_body(("plain",))
        assert body is not None
        quoted = "".join(f"> {line}\n" for line in body.get_content().splitlines())
        to = parseaddr(str(notice["Reply-To"] or notice["From"]))[1]
        answer = replace(step, to=(to,), subject=f"Re: {notice['Subject']}", text=f"{step.text}\n{quoted}")
        others = {"In-Reply-To": str(notice["Message-ID"]), "References": str(notice["Message-ID"])}
        return answer, message_of(answer, self.clock.at, message_id, others), message_id

    def _filled(self, given: dict[str, Any]) -> dict[str, Any]:
        """`$1` stands for the gateway's id of the first message sent, `$key` for the key last listed."""
        texts = {f"${number}": sent.row.id for number, sent in enumerate(self.sent, 1) if sent.row}
        texts["$key"] = self._key

        def filled(value: Any) -> Any:
            if isinstance(value, list):
                return [filled(one) for one in value]
            return texts.get(value, value) if isinstance(value, str) else value

        return {key: filled(value) for key, value in given.items()}

    def _hold(self, sent: Sent, step: Step, codes: tuple[str, ...], where: str) -> None:
        """Assert that the sent message had the result that the step expects."""
        assert sent.reply.startswith(step.reply), f"{where}: {sent.reply}"
        found = set(sent.row.codes) if sent.row else set()
        assert found == set(codes), f"{where}: found {sorted(found)}, expected {sorted(codes)}"
        if step.actions is not None and sent.row:
            actions = {address: action for address, _, action in sent.row.recipients}
            expected = dict.fromkeys(actions, step.actions) if isinstance(step.actions, str) else step.actions
            assert actions == expected, f"{where}: {actions}"
        told = {got.recipients[0]: text_of(got) for got in sent.notices}
        assert told.keys() == step.notices.keys(), f"{where}: notices to {sorted(told)}"
        for address, words in step.notices.items():
            assert re.search(words, told[address]), f"{where}: {told[address]}"
        if step.gets is not None:
            arrived = [got for got in self.home.got + self.world.got if sent.message_id.encode() in got.content]
            assert arrived, f"{where}: nothing has arrived"
            assert re.search(step.gets, text_of(arrived[-1])), f"{where}: {text_of(arrived[-1])}"


@cache
def _ports() -> tuple[int, int]:
    """Return the ports of the two next hops: the same ones for every stage, so that equal configurations are equal."""
    return free_port(), free_port()


@lru_cache(maxsize=8)  # scenarios of one configuration stand together
def _settings(configured: str) -> Settings:
    """Read a configuration. Its folder is gone then: every stage has a `data_dir` of its own."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "gateway.yaml"
        file.write_text(configured)
        return app.read_settings(file)


def read(got: ReceivedMessage) -> EmailMessage:
    message = message_from_bytes(got.content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(got: ReceivedMessage) -> str:
    """Header and text, as a person may see them; blanks and line ends are one blank."""
    message = read(got)
    body = message.get_body(("plain",))
    header = "\n".join(f"{name}: {value}" for name, value in message.items())
    return " ".join(f"{header}\n{body.get_content() if body else ''}".split())


def _fits(done: Any, expected: Any) -> bool:
    """A mapping fits that has these keys, a list whose elements fit, a text that holds these words."""
    if isinstance(expected, dict):
        return isinstance(done, dict) and all(_fits(done.get(key), value) for key, value in expected.items())
    if isinstance(expected, list):
        return isinstance(done, list) and len(done) == len(expected) and all(map(_fits, done, expected))
    return expected in done if isinstance(expected, str) and isinstance(done, str) else bool(done == expected)


def _verifying(nameserver: NameServer) -> dict[str, Any]:
    return {"verify": True, "nameservers": [f"127.0.0.1:{nameserver.port}"]}
