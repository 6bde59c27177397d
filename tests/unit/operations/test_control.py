"""The control socket: who may ask is known by the kernel, and what is asked can't hurt the gateway."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import pwd
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, get_args

import pytest
from structlog.testing import capture_logs

from gateway.contract import Actor, Refused, Role
from gateway.control.async_client import ask
from gateway.control.client import SOCKET_NAME, NotRunning
from gateway.control.users import user_name
from gateway.operations import control
from gateway.operations.control import EVERY_ROLE, Control, open_socket
from gateway.operations.dispatch import ROLES, Operations

PROJECT = Path(__file__).resolve().parents[3]
#: An account of every Debian system, which is nobody's.
OTHER = pwd.getpwnam("nobody")

#: What whoever may approve a release can look at before.
DESK = {f"quarantine.{one}" for one in ("count", "read", "note", "assign", "extend", "restore", "reasons", "codes")}
LOOKING = (
    *(
        "quarantine.list",
        "quarantine.show",
        "quarantine.explain",
        "held",
        "trace",
        "status",
        "report.personal",
        "report.conduct",
    ),
    *(
        "payments.list",
        "payments.blocked",
        "payments.history",
        "audience.pauses",
        "audience.history",
        "confidential.agreements",
        "confidential.history",
        "senders.list",
    ),
)

#: Asks one question as another user: uid, gid, folder, operation.
CHILD = """
import asyncio, os, sys
uid, gid, folder, do = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
from pathlib import Path
from gateway.control.async_client import ask
from gateway.contract import Refused
os.setgroups([]); os.setgid(gid); os.setuid(uid)
try:
    print(asyncio.run(ask(Path(folder), do, {})))
except Refused as refusal:
    print(f"refused: {refusal}")
except PermissionError:
    print("no way in")
"""


class Asked(Operations):
    """Answers everything with who asked what."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Actor, dict[str, Any]]] = []

    async def do(self, name: str, actor: Actor, arguments: dict[str, Any]) -> Any:
        self.calls.append((name, actor, arguments))
        if name not in ROLES:
            raise Refused(f"no such operation: {name}")
        if arguments.get("id") == "broken":
            raise ZeroDivisionError("inside")
        if arguments.get("id") == "infected":
            raise Refused("stopped by virus.found", ("virus.found",))
        return [actor.name, arguments]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Yield a folder as `serve` makes it: the group may enter. pytest's own folders are closed to other users."""
    made = Path(tempfile.mkdtemp(prefix="mailwarden-"))
    made.chmod(0o750)
    yield made
    shutil.rmtree(made)


@asynccontextmanager
async def listening(folder: Path, reviewers: Mapping[str, Sequence[str]] | None = None) -> AsyncIterator[Asked]:
    control, operations = Control(), Asked()
    control.configure(operations, reviewers or {})
    server = await control.listen(open_socket(folder))
    try:
        yield operations
    finally:
        server.close()


# --- the socket ------------------------------------------------------------------------------------------------------


def test_the_socket_is_for_its_owner_and_group(folder: Path) -> None:
    """0660, whatever the umask is, and that is left as it was."""
    for umask in (0o000, 0o077):
        previous = os.umask(umask)
        try:
            open_socket(folder).close()
            assert os.umask(umask) == umask
        finally:
            os.umask(previous)
        mode = (folder / SOCKET_NAME).stat().st_mode
        assert stat.S_ISSOCK(mode)
        assert stat.S_IMODE(mode) == 0o660


async def test_a_socket_that_was_left_behind_is_replaced(folder: Path) -> None:
    """A killed gateway left the socket behind."""
    open_socket(folder).close()
    with pytest.raises(NotRunning):
        await ask(folder, "status", {})
    async with listening(folder):
        assert await ask(folder, "status", {})


async def test_without_a_socket_no_gateway_runs(folder: Path) -> None:
    """The command line then works on the store itself."""
    with pytest.raises(NotRunning, match="no gateway answers"):
        await ask(folder, "status", {})


# --- who asks --------------------------------------------------------------------------------------------------------


async def test_the_gateways_own_user_may_do_everything(folder: Path) -> None:
    """Known by SO_PEERCRED; root too."""
    async with listening(folder) as operations:
        for name in ROLES:
            assert await ask(folder, name, {"id": "x"}) == [user_name(os.geteuid()), {"id": "x"}]
        assert {(actor.roles, actor.uid) for _, actor, _ in operations.calls} == {
            (frozenset({"reviewer", "approver", "investigator", "administrator", "auditor"}), 0)
        }


@pytest.mark.parametrize(
    ("roles", "allowed"),
    [
        ([], set()),
        (["reviewer"], {name for name, roles in ROLES.items() if "reviewer" in roles}),
        (["approver"], {*LOOKING, *DESK, "quarantine.approve", "report"}),
        (
            ["administrator"],
            {
                "reload",
                "purge",
                "status",
                "audit.verify",
                "audit.key",
                *("report", "report.mail"),
                *(name for name in ROLES if name.startswith(("payments.", "audience.", "confidential.", "senders."))),
            },
        ),
        (["investigator"], {name for name, roles in ROLES.items() if "investigator" in roles}),
        (["auditor"], {"audit.list", "audit.verify", "audit.key", "trace", "report"}),
        (
            ["reviewer", "administrator"],
            set(ROLES)
            - {*(f"quarantine.{one}" for one in ("approve", "export", "evidence", "try")), "audit.list"}
            - {name for name in ROLES if name.startswith("journal.")},
        ),
        (["reviewer", "approver", "investigator", "administrator", "auditor"], set(ROLES)),
    ],
)
async def test_others_may_do_what_reviewers_gives_them(roles: list[str], allowed: set[str]) -> None:
    """The account's name gives the roles; the refusal names the role."""
    control, operations = Control(), Asked()
    control.configure(operations, {OTHER.pw_name: roles})
    for name in ROLES:
        answer = await control._do(OTHER.pw_uid, name, {})
        assert ("result" in answer) is (name in allowed)
        if name not in allowed:
            roles = " or ".join(ROLES[name])
            assert answer["refused"] == f"{OTHER.pw_name} may not do this: it needs the role {roles}"
    assert {name for name, _, _ in operations.calls} == allowed
    assert {actor.uid for _, actor, _ in operations.calls} <= {OTHER.pw_uid}


async def test_another_user_is_known_by_the_kernel(folder: Path) -> None:
    """A process with another uid: what it may do is its account's, whatever it says. Needs root to become another."""
    if os.geteuid() != 0:
        assert user_name(OTHER.pw_uid) == OTHER.pw_name
        return
    os.chown(folder, 0, OTHER.pw_gid)
    async with listening(folder, {OTHER.pw_name: ["reviewer"]}):
        os.chown(folder / SOCKET_NAME, 0, OTHER.pw_gid)
        assert await as_other(folder, "status") == f"['{OTHER.pw_name}', {{}}]"
        assert await as_other(folder, "purge") == (
            f"refused: {OTHER.pw_name} may not do this: it needs the role administrator"
        )
        os.chown(folder / SOCKET_NAME, 0, 0)
        assert await as_other(folder, "status") == "no way in"


async def as_other(folder: Path, do: str) -> str:
    command = [sys.executable, "-c", CHILD, str(OTHER.pw_uid), str(OTHER.pw_gid), str(folder), do]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=subprocess.PIPE, cwd=PROJECT, env=os.environ | {"PYTHONPATH": str(PROJECT)}
    )
    out, _ = await process.communicate()
    return out.decode().strip()


def test_a_uid_without_an_account_has_a_name_all_the_same() -> None:
    """It is on record as what it is, and gets no role by it."""
    assert user_name(4_000_000_000) == "uid 4000000000"


# --- what is asked ---------------------------------------------------------------------------------------------------


async def test_an_unknown_operation_is_refused(folder: Path) -> None:
    """The refusal names the operation."""
    async with listening(folder):
        with pytest.raises(Refused, match="no such operation: format"):
            await ask(folder, "format", {})


async def test_a_refusal_names_its_codes(folder: Path) -> None:
    """Programs may want more than the sentence."""
    async with listening(folder):
        with pytest.raises(Refused) as refused:
            await ask(folder, "quarantine.release", {"id": "infected"})
        assert refused.value.codes == ("virus.found",)


async def test_an_error_inside_is_told_and_the_gateway_goes_on(folder: Path) -> None:
    """The person is root or a reviewer: the class of the error helps."""
    async with listening(folder):
        with pytest.raises(Refused, match="ZeroDivisionError: inside"):
            await ask(folder, "held", {"id": "broken"})
        assert await ask(folder, "held", {"id": "well"})


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"GET / HTTP/1.0\r\n\r\n",
        b"[]\n",
        b"7\n",
        b'{"do": "status"}\n',
        b'{"do": [], "with": 7}\n',
        b'{"do": [], "with": {}}\n',
        b'{"do": {}, "with": {}}\n',
        b'{"do": "status", "with": 7}\n',
        b"\xff\n",
        b"x" * 2_000_000 + b"\n",
        b"[" * 100_000 + b"\n",
    ],
    ids=range(13),
)
async def test_what_is_no_question_is_refused(folder: Path, line: bytes) -> None:
    """The refusal is a sentence, unless the question never ends.

    The next question is served, and nobody else hears of the refused one.
    """
    unseen: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unseen.append(context))
    async with listening(folder):
        reader, writer = await asyncio.open_unix_connection(str(folder / SOCKET_NAME))
        try:
            writer.write(line)
            writer.write_eof()
            answer = await reader.read()
        except ConnectionError:
            answer = b""
        finally:
            writer.close()
        assert (answer == b"" and len(line) > 1_000_000) or "refused" in json.loads(answer)
        assert await ask(folder, "status", {})
    assert not unseen


@pytest.mark.parametrize("part", [b"", b'{"do": "status", '])
async def test_who_asks_nothing_is_let_go(folder: Path, monkeypatch: pytest.MonkeyPatch, part: bytes) -> None:
    """Connections that only wait would use up the keeper's file descriptors; so would half a question."""
    monkeypatch.setattr(control, "QUESTION_SECONDS", 0.01)
    async with listening(folder):
        reader, writer = await asyncio.open_unix_connection(str(folder / SOCKET_NAME))
        writer.write(part)
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()


async def test_who_reads_no_answer_is_let_go(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is left of a large answer."""
    monkeypatch.setattr(control, "ANSWER_SECONDS", 0.05)
    async with listening(folder) as operations:

        async def do(*_: Any) -> Any:
            return "x" * 5_000_000

        operations.do = do  # type: ignore[method-assign]
        with socket.socket(socket.AF_UNIX) as sock:
            sock.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(sock, str(folder / SOCKET_NAME))
            await loop.sock_sendall(sock, b'{"do": "status", "with": {}}\n')
            await asyncio.sleep(0.5)
            got = 0
            while octets := await loop.sock_recv(sock, 1 << 20):
                got += len(octets)
            assert got < 5_000_000


async def test_clients_that_hang_fill_no_log(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line a minute, with the number of those that were not told; by whom, too."""
    monkeypatch.setattr(control, "QUESTION_SECONDS", 0.01)
    async with listening(folder):
        with capture_logs() as logs:
            for part in (b"", b'{"do"', b"nonsense\n", b"[]\n") * 5:
                reader, writer = await asyncio.open_unix_connection(str(folder / SOCKET_NAME))
                writer.write(part)
                with contextlib.suppress(ConnectionError):
                    await reader.read()
                writer.close()
            assert [one["event"] for one in logs] == ["control.unreadable"]
            assert logs[0]["user"] == user_name(os.geteuid())
            monkeypatch.setattr(control, "COMPLAINT_SECONDS", 0)
            later = time.monotonic() + 3600
            monkeypatch.setattr(time, "monotonic", lambda: later)
            reader, writer = await asyncio.open_unix_connection(str(folder / SOCKET_NAME))
            writer.write(b"nonsense\n")
            await reader.read()
            writer.close()
        assert logs[1]["untold"] == 19


@pytest.mark.parametrize(("further", "answered"), [(-1, True), (0, True), (1, False)])
async def test_a_user_has_so_many_connections(
    folder: Path, monkeypatch: pytest.MonkeyPatch, further: int, answered: bool
) -> None:
    """A further one is closed; root's and the gateway's own are not counted."""
    monkeypatch.setattr(control, "CONNECTIONS_OF_A_USER", 3)
    monkeypatch.setattr(control, "_is_own", lambda _: False)
    async with listening(folder, {user_name(os.geteuid()): ["administrator"]}):
        path = str(folder / SOCKET_NAME)
        held = [await asyncio.open_unix_connection(path) for _ in range(2 + further)]
        await asyncio.sleep(0.05)
        if answered:
            assert await ask(folder, "status", {})
        else:
            with pytest.raises(NotRunning):
                await ask(folder, "status", {})
        for _, writer in held:
            writer.close()
        await asyncio.sleep(0.05)
        assert await ask(folder, "status", {})


async def test_the_gateways_own_user_has_any_number_of_connections(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It could end the gateway: nothing is gained by a limit."""
    monkeypatch.setattr(control, "CONNECTIONS_OF_A_USER", 1)
    async with listening(folder):
        held = [await asyncio.open_unix_connection(str(folder / SOCKET_NAME)) for _ in range(5)]
        assert await ask(folder, "status", {})
        for _, writer in held:
            writer.close()


async def test_a_gateway_that_goes_without_an_answer_is_not_running(folder: Path) -> None:
    """Killed in the middle."""
    sock = open_socket(folder)
    server = await asyncio.start_unix_server(lambda _, writer: writer.close(), sock=sock)
    with pytest.raises(NotRunning, match="gave no answer"):
        await ask(folder, "status", {})
    server.close()


async def test_an_answer_may_be_large(folder: Path) -> None:
    """A held message of 50 MiB travels in one line; here a tenth of it."""
    big = "x" * 5_000_000
    async with listening(folder) as operations:

        async def do(*_: Any) -> Any:
            return big

        operations.do = do  # type: ignore[method-assign]
        assert await ask(folder, "quarantine.read", {}) == big


def test_every_operation_has_its_role() -> None:
    """An operation without a role is an administrator's."""
    assert {role for roles in ROLES.values() for role in roles} == EVERY_ROLE == set(get_args(Role))


def test_the_peer_is_asked_of_the_kernel() -> None:
    """SO_PEERCRED of a socket pair is this very process."""
    from gateway.operations.control import _peer

    ours, theirs = socket.socketpair(socket.AF_UNIX)

    class Writer:
        def get_extra_info(self, _: str) -> socket.socket:
            return ours

    assert _peer(Writer()) == os.geteuid()  # type: ignore[arg-type]
    ours.close()
    theirs.close()
