"""Each .smtp file beside this one is a test: a conversation with the gateway, and what must have arrived in the end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import uvloop

from gateway.act.release import confirmations, requests
from gateway.receive.listener import Listener, Logins, Offers
from gateway.receive.transaction import Received
from gateway.smtp import path, replies
from gateway.smtp.reply import Reply, parse_reply
from tests.dialogs.transcript import Actions, Dialog, Player, fits, read_dialog
from tests.support.servers.gateway import Gateway
from tests.support.servers.ports import free_port
from tests.support.servers.receiver import (
    CAPACITY,
    LIMITS,
    STRANGER,
    RunningServer,
    ScriptedHandler,
    ScriptedLogins,
    Talk,
    make_listener,
    may_send_as,
    self_signed,
)
from tests.support.servers.sink import OFFERS, Sink

FOLDER = Path(__file__).parent
DIALOGS = [read_dialog(file) for file in sorted(FOLDER.glob("*.smtp"))]
IN_PROCESS = [d for d in DIALOGS if not d.setting.get("gateway")]
ON_THE_GATEWAY = [d for d in DIALOGS if d.setting.get("gateway")]


def of(dialogs: list[Dialog]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("dialog", dialogs, ids=[d.path.stem for d in dialogs])


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    return self_signed(tmp_path_factory.mktemp("tls"))


# --- sessions in this process ----------------------------------------------------------------------------------------


@of(IN_PROCESS)
def test_dialog(dialog: Dialog, certificate: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    """The session says what the file says, and hands on what it says."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(play(dialog, certificate))


async def play(dialog: Dialog, certificate: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    setting = dialog.setting
    capacity = replace(CAPACITY, **setting.get("capacity", {}))
    async with RunningServer(
        listener_of(setting, certificate[0]), site_of(setting.get("site", {})), capacity
    ) as receiving:
        draining: list[asyncio.Future[int]] = []

        async def drain(_: Talk, __: str) -> None:
            draining.append(asyncio.ensure_future(receiving.server.drain(60)))
            await receiving.until(lambda: receiving.server.draining)

        async def go_on(_: Talk, __: str) -> None:
            receiving.site.held = False

        actions = {
            "tls": lambda talk, _: talk.start_tls(certificate[1]),
            "half-close": done(lambda talk: talk.half_close()),
            "disconnect": done(lambda talk: talk.disconnect()),
            "reset": done(lambda talk: talk.reset()),
            "judging": lambda _, __: receiving.until(lambda: receiving.site.waiting > 0),
            "go-on": go_on,
            "drain": drain,
            "gone": lambda _, __: receiving.until(lambda: receiving.server.figures["sessions"] == 0),
        }
        addresses = setting.get("from", STRANGER)

        async def connect(number: int) -> Talk:
            return await receiving.client(addresses if isinstance(addresses, str) else addresses[number - 1])

        await Player(dialog, connect, actions).play()
        assert all([await future == 0 for future in draining])
        compare(dialog, [described(received) for received in receiving.site.got])


def done(act: Callable[[Talk], object]) -> Any:
    async def action(talk: Talk, _: str) -> None:
        act(talk)

    return action


def listener_of(setting: dict[str, Any], tls: ssl.SSLContext) -> Listener:
    return make_listener(
        setting.get("listener", "inbound"),
        replace(LIMITS, **setting.get("limits", {})),
        foreign_senders=setting.get("foreign_senders", False),
        control=setting.get("control", ""),
        refuse_bare_newline=setting.get("bare_newline") == "refuse",
        tls=tls if setting.get("tls") else None,
        implicit_tls=setting.get("tls") == "implicit",
        logins=Logins(setting["auth"], ScriptedLogins(), may_send_as) if "auth" in setting else None,
    )


def site_of(setting: dict[str, Any]) -> ScriptedHandler:
    return ScriptedHandler(
        reply=reply_of(setting["reply"]) if "reply" in setting else None,
        refused={address: reply_of(reply) for address, reply in setting.get("refused", {}).items()},
        behind=Offers(setting.get("size"), setting.get("smtputf8", False)),
        held=setting.get("held", False),
    )


def reply_of(line: str) -> Reply | Exception:
    return RuntimeError(line) if line.startswith("exception") else parse_reply(line.encode() + b"\r\n")


def described(received: Received) -> dict[str, Any]:
    """All that an `A:` line may tell of a message."""
    client, envelope = received.client, received.envelope
    return {
        "from": envelope.mail_from,
        "to": [r.address for r in envelope.recipients],
        "directions": [r.direction for r in envelope.recipients],
        "notify": [r.notify for r in envelope.recipients],
        "orcpt": [r.orcpt for r in envelope.recipients],
        **{name: getattr(envelope, name) for name in ("body", "smtputf8", "ret", "envid", "auth")},
        **{name: getattr(client, name) for name in ("address", "name", "helo", "port", "proxy", "trusted", "login")},
        "protocol": received.protocol,
        "newlines_made_crlf": received.newlines_made_crlf,
        "content": received.content.decode("latin-1"),
    }


def compare(dialog: Dialog, got: list[dict[str, Any]]) -> None:
    assert len(got) == len(dialog.accepted), f"{dialog.path.name}: {len(got)} messages: {got}"
    for expected, arrived in zip(dialog.accepted, got, strict=True):
        assert {"from", "to", "content"} <= expected.keys(), "an A: line tells at least from, to and content"
        assert {key: arrived[key] for key in expected} == expected, dialog.path.name


# --- the gateway's process -------------------------------------------------------------------------------------------

#: One chain for all of these: a scanner that is away for outbound mail, one that never answers for internal mail. The
#: latter stands last: a filter behind it would be out of time too.
FILTERS = """filters:
  - virus: {{name: away, clamd: '127.0.0.1:{away}', directions: [outbound], on_error: defer}}
  - attachments:
      block: [executables, disk_images]
      actions: {{attachment.executable: reject, attachment.disk_image: quarantine}}
  - virus: {{name: silent, clamd: '127.0.0.1:{silent}', directions: [internal], on_error: accept}}
"""
#: The relay is not begun with under 20 s left of `reply_seconds`: mail that waits for `judge_seconds` is too late.
MORE = "limits: {judge_seconds: 4, reply_seconds: 24}\nquarantine_max_bytes: 1\n"
MORE += "control_address: mailwarden@gw.example.co.uk\n"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Gateway, int]]:
    """The gateway, and the port of its next hop, at which nothing listens yet."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as silent:
        hop = free_port()
        filters = FILTERS.format(away=free_port(), silent=silent.getsockname()[1])
        folder = tmp_path_factory.mktemp("gateway")
        with Gateway(folder, f"smtp://127.0.0.1:{hop}", filters, workers=1, more=MORE) as running:
            yield running, hop


@of(ON_THE_GATEWAY)
def test_dialog_on_the_gateway(dialog: Dialog, gateway: tuple[Gateway, int]) -> None:
    """The whole gateway says what the file says, and the next hop has what it says."""
    asyncio.run(play_on_the_gateway(dialog, *gateway))


async def play_on_the_gateway(dialog: Dialog, gateway: Gateway, hop: int) -> None:
    setting = dialog.setting
    port = gateway.outbound if setting.get("listener") == "outbound" else gateway.inbound

    async def connect(_: int) -> Talk:
        return Talk(*await asyncio.open_connection("127.0.0.1", port))

    says = setting.get("hop", {})
    sink = Sink(
        rcpt_reply=lambda address: encoded(says.get("rcpt", {}).get(address)),
        data_reply=lambda _: encoded(says.get("data")),
        offers=tuple(offer.encode() for offer in says["offers"]) if "offers" in says else OFFERS,
        starttls_reply=encoded(says.get("starttls")),
        port=hop,
    )
    async with sink if says.get("up", True) else contextlib.nullcontext():
        player = Player(dialog, connect, actions_on(gateway))
        try:
            await player.play()
        finally:
            for talk in player.talks.values():
                talk.disconnect()
    compare(
        dialog,
        [
            {"from": g.mail_from, "to": list(g.recipients), "content": without_trace(g.content).decode("latin-1")}
            for g in sink.got
        ],
    )


def actions_on(gateway: Gateway) -> Actions:
    """Attachments take as long to open as the dialogue says: the sandbox's processes are stopped in the middle."""

    def sandbox(number: signal.Signals) -> Any:
        async def action(_: Talk, __: str) -> None:
            for pid in gateway.cells():
                os.kill(pid, number)

        return action

    return {"sandbox-stops": sandbox(signal.SIGSTOP), "sandbox-goes-on": sandbox(signal.SIGCONT)}


def encoded(reply: str | None) -> bytes | None:
    return None if reply is None else reply.encode()


def without_trace(content: bytes) -> bytes:
    """Return the content without our Received field, which stands in front of all that was received."""
    assert content.startswith(b"Received: from ")
    return re.sub(rb"\AReceived: .*\r\n(?:[ \t].*\r\n)*", b"", content)


# --- nothing is left out ---------------------------------------------------------------------------------------------

EXPECTED = {line for dialog in DIALOGS for line in dialog.expected}
CONSTANTS = {name: reply for name, reply in vars(replies).items() if isinstance(reply, Reply)}
WITH_AN_ID = {
    "accepted": replies.accepted("*"),
    "internal": replies.internal("*"),
    "busy": replies.busy("*"),
    "deferred": replies.deferred("*"),
    "out_of_time": replies.out_of_time("*"),
    "store_full": replies.store_full("*"),
    "rejected": replies.rejected("*", "An attachment is a program or an installer: its name ends in .exe."),
    "confirmed": replies.confirmed("*", "*"),
    "taken": replies.taken("*", requests.ASKED.format(held="*")),
    "unconfirmed": replies.unconfirmed("*", confirmations.WRONG),
    "tenant_unproven": replies.tenant_unproven("*", "Microsoft 365", later=False),
    "not_your_address": replies.not_your_address("b@example.com", "ann@example.com"),
    "passed_on": replies.passed_on("*", Reply(554, "5.6.0", "Not wanted here")),
}


@pytest.mark.parametrize("name", CONSTANTS)
def test_every_reply_occurs_in_a_dialogue(name: str) -> None:
    """Every constant reply of the session is shown in a dialogue file, word for word."""
    assert any(fits(CONSTANTS[name].lines().decode().strip(), line) for line in EXPECTED)


def test_every_reply_that_is_made_is_known_here() -> None:
    """A function of `replies` that is added needs a line in this test."""
    made = {name for name, value in vars(replies).items() if callable(value) and not name.startswith("_")}
    assert made - {"Reply"} == WITH_AN_ID.keys()


@pytest.mark.parametrize("name", WITH_AN_ID)
def test_every_reply_to_a_message_occurs_in_a_dialogue(name: str) -> None:
    """Every reply to a message is shown in a dialogue file as well."""
    assert WITH_AN_ID[name].lines().decode().strip() in EXPECTED


@pytest.mark.parametrize("file", ["smtp/path.py", "receive/client.py", "receive/session.py"])
def test_every_sentence_on_syntax_occurs_in_a_dialogue(file: str) -> None:
    """Each error that the reader of paths, parameters and XFORWARD raises is answered in a file."""
    source = (Path(path.__file__).parent.parent / file).read_text()
    sentences = re.findall(r"(?:Error|Reply)\((?:\d+, \"[0-9.]+\", )?f?\"([^\"]+)\"\)", source)
    sentences += re.findall(r"^            return \"([^\"]+)\"$", source, re.M)
    for sentence in sentences:
        words = re.sub(r"\{.*?\}", "*", sentence)
        assert any(re.search(".*".join(map(re.escape, words.split("*"))), line) for line in EXPECTED), sentence


@pytest.mark.parametrize("row", [f"s{n:02}" for n in range(1, 25)])
def test_every_attack_has_a_dialogue(row: str) -> None:
    """S01 to S24."""
    assert any(dialog.path.stem.startswith(f"{row}-") for dialog in DIALOGS)


def test_every_dialogue_says_what_it_shows() -> None:
    """One sentence in each file."""
    assert all(dialog.setting["about"].endswith(".") for dialog in DIALOGS)
