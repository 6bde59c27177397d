"""Dovecot's protocol, with a service that says what it is told; tests/integration/test_dovecot.py has a real one."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.logins.dovecot import HELLO_LINES, LINE_BYTES, Dovecot
from gateway.logins.trouble import LoginsUnavailable

HELLO = "VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nMECH\tLOGIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\tabc\nDONE\n"


@asynccontextmanager
async def auth_service(folder: Path, hello: str, answer: str) -> AsyncIterator[tuple[Dovecot, list[str]]]:
    """Yield the client of a service, and the lines that the service got."""
    got: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        version, _, rest = hello.partition("\n")
        writer.write(f"{version}\n".encode())
        while line := await reader.readline():
            got.append(line.decode().removesuffix("\n"))
            if line.startswith(b"CPID\t"):  # as Dovecot 2.4; 2.3 doesn't wait for it
                writer.write(rest.encode())
            if line.startswith(b"AUTH\t"):
                writer.write(answer.encode())
                break
        await writer.drain()
        writer.close()

    async with await asyncio.start_unix_server(serve, folder / "auth"):
        yield Dovecot(folder / "auth"), got


async def asked(folder: Path, answer: str, hello: str = HELLO) -> str | None:
    async with auth_service(folder, hello, answer) as (dovecot, _):
        return await dovecot.verify("Ann", "secret", "192.0.2.1")


async def test_the_request_has_all_that_dovecot_wants(tmp_path: Path) -> None:
    """The response stands last; no field holds anything that the client wrote as it is."""
    async with auth_service(tmp_path, HELLO, "OK\t1\tuser=ann\n") as (dovecot, got):
        assert await dovecot.verify("Ann\t", "secret", "192.0.2.1") == "ann"
    version, cpid, request = got
    *fields, response = request.split("\t")
    assert version == "VERSION\t1\t2"
    assert int(cpid.removeprefix("CPID\t")) > 0
    assert fields == ["AUTH", "1", "PLAIN", "service=smtp", "secured", "rip=192.0.2.1", "nologin"]
    assert b64decode(response.removeprefix("resp=")) == b"\0Ann\t\0secret"


@pytest.mark.parametrize(
    ("answer", "login"),
    [
        ("OK\t1\tuser=ann@example.com\tfoo=bar\n", "ann@example.com"),
        ("OK\t1\n", "ann"),
        ("OK\t1\tuser=an\x01tn\n", None),
        ("FAIL\t1\tuser=ann\n", None),
        ("FAIL\t1\tuser=ann\tauthz\tuser_disabled\n", None),
    ],
)
async def test_dovecots_answer_counts(tmp_path: Path, answer: str, login: str | None) -> None:
    """The login is the one that Dovecot names."""
    assert await asked(tmp_path, answer) == login


@pytest.mark.parametrize(
    ("hello", "answer", "said"),
    [
        (HELLO, "FAIL\t1\tuser=ann\ttemp\n", "trouble of its own"),
        (HELLO, "FAIL\t1\tuser=ann\tcode=temp_fail\n", "trouble of its own"),
        (HELLO, "CONT\t1\t\n", "an answer that is none: 'CONT'"),
        (HELLO, "OK\t2\tuser=bob\n", "an answer that is none"),
        (HELLO, "", "closed the connection"),
        (HELLO, "OK\t1\tuser=" + "a" * (LINE_BYTES + 1), "a line of more than"),
        (HELLO.replace("VERSION\t1", "VERSION\t2"), "OK\t1\tuser=ann\n", "version 2"),
        (HELLO.replace("MECH\tPLAIN", "MECH\tSCRAM"), "OK\t1\tuser=ann\n", "doesn't offer PLAIN"),
        ("X\n" * (HELLO_LINES + 1), "OK\t1\tuser=ann\n", "no end of its greeting"),
    ],
)
async def test_no_other_answer_lets_anybody_in(tmp_path: Path, hello: str, answer: str, said: str) -> None:
    """It is trouble, and no refusal."""
    with pytest.raises(LoginsUnavailable, match=said):
        await asked(tmp_path, answer, hello)


async def test_a_socket_without_a_service_is_trouble(tmp_path: Path) -> None:
    with pytest.raises(LoginsUnavailable, match="No such file"):
        await Dovecot(tmp_path / "none").verify("ann", "secret", "")
    with pytest.raises(OSError, match="No such file"):
        await Dovecot(tmp_path / "none").check()


async def test_the_greeting_alone_is_checked(tmp_path: Path) -> None:
    """Nobody's password is needed for `check --live`."""
    async with auth_service(tmp_path, HELLO, "") as (dovecot, got):
        await dovecot.check()
        assert not any(line.startswith("AUTH") for line in got)
