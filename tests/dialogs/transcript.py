"""SMTP transcripts as files: read one, play it, compare. The format is described in README.md beside this module."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tests.support.servers.receiver import Talk

_LINE = re.compile(r"(?P<what>C-raw|C|S|A)(?P<number>\d*):(?: (?P<text>.*))?|!(?P<number2>\d*) (?P<action>.*)")
_REPEAT = re.compile(r"\\\{(\d+):([^}]*)\}")
_ESCAPE = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|([rnt0\\]))")
_ESCAPED = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"0": b"\0", b"\\": b"\\"}
SPLIT = "\\|"
CLOSED = "<closed>"


class Line(NamedTuple):
    """One step of a dialogue."""

    what: str  # C, C-raw, S or !
    connection: int
    text: str
    at: int  # its line in the file


@dataclass(frozen=True)
class Dialog:
    """One file."""

    path: Path
    setting: dict[str, Any]
    lines: tuple[Line, ...]
    accepted: tuple[dict[str, Any], ...]  # what must have arrived in the end, in this order

    @property
    def expected(self) -> list[str]:
        """The lines of replies, as they stand in the file."""
        return [line.text for line in self.lines if line.what == "S"]


def read_dialog(path: Path) -> Dialog:
    """Raises ValueError with the line that can't be read."""
    empty, setting, text = path.read_text().split("---\n", 2)
    assert not empty, "a dialogue begins with ---"
    first = setting.count("\n") + 3
    lines, accepted = [], []
    for at, line in enumerate(text.splitlines(), first):
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueError(f"{path}:{at}: not a step of a dialogue: {line!r}")
        if match["what"] == "A":
            accepted.append(yaml.safe_load(_repeated(match["text"])))
        else:
            number = match["number"] or match["number2"] or 1
            lines.append(Line(match["what"] or "!", int(number), match["text"] or match["action"] or "", at))
    return Dialog(path, yaml.safe_load(setting), tuple(lines), tuple(accepted))


def _repeated(text: str) -> str:
    return _REPEAT.sub(lambda m: m[2] * int(m[1]), text)


def octets(text: str) -> bytes:
    r"""The octets that a line of the file stands for: `\r \n \t \0 \\ \xNN`, and `\{70000:x}` for many of the same."""
    return _ESCAPE.sub(
        lambda m: bytes.fromhex(m[1].decode()) if m[1] else _ESCAPED[m[2]], _repeated(text).encode("utf-8")
    )


def fits(expected: str, line: str) -> bool:
    """Return whether a line of a reply is the expected one; `*` in the expected line stands for anything."""
    return re.fullmatch(".*".join(map(re.escape, expected.split("*"))), line) is not None


#: What a `!` line asks for: name -> action, given the rest of the line.
Actions = dict[str, Callable[[Talk, str], Awaitable[None]]]


@dataclass
class Player:
    """Plays one dialogue against a server. `connect(n)` opens the file's n-th connection."""

    dialog: Dialog
    connect: Callable[[int], Awaitable[Talk]]
    actions: Actions
    talks: dict[int, Talk] = field(default_factory=dict)
    unread: dict[int, list[str]] = field(default_factory=dict)

    async def play(self) -> None:
        """Every step in its order; at the end nothing more may come. Raises AssertionError with the file's line."""
        for line in self.dialog.lines:
            if line.connection not in self.talks:
                self.talks[line.connection] = await self.connect(line.connection)
            await self._step(line, self.talks[line.connection])
        for number, talk in self.talks.items():
            if not talk.writer.is_closing() and not talk.half_closed:
                talk.half_close()
            rest = self.unread.get(number, []) + (await talk.rest()).decode().splitlines()
            assert rest == [], f"{self.dialog.path.name}: connection {number} was told more: {rest}"

    async def _step(self, line: Line, talk: Talk) -> None:
        where = f"{self.dialog.path.name}:{line.at}"
        match line.what:
            case "C":
                await talk.send(octets(line.text) + b"\r\n")
            case "C-raw":
                for piece in line.text.split(SPLIT):
                    await talk.send(octets(piece))
                    for _ in range(4):  # the server reads this piece before the next is sent
                        await asyncio.sleep(0)
            case "S":
                await self._hear(line, talk, where)
            case "!":
                action, _, argument = line.text.partition(" ")
                await self.actions[action](talk, argument)

    async def _hear(self, line: Line, talk: Talk, where: str) -> None:
        if line.text == "250-...":
            await self._hear_all_but_the_last(line.connection, talk, where)
            return
        said = await self._next(line.connection, talk)
        if line.text == CLOSED:
            assert said == "", f"{where}: the connection is still open: {said!r}"
            talk.disconnect()
        else:
            assert fits(line.text, said), f"{where}: expected {line.text!r}, got {said!r}"

    async def _hear_all_but_the_last(self, number: int, talk: Talk, where: str) -> None:
        while (said := await self._next(number, talk)).startswith("250-"):
            continue
        assert said.startswith("250 "), f"{where}: got {said!r}"
        self.unread.setdefault(number, []).append(said)

    async def _next(self, number: int, talk: Talk) -> str:
        waiting = self.unread.get(number)
        return waiting.pop(0) if waiting else await talk.line()
