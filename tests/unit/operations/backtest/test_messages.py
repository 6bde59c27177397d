"""The sources of messages for a trial."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from gateway.operations.backtest import messages
from gateway.operations.backtest.messages import Candidate, Messages, in_files, in_quarantine
from gateway.operations.explain import Unusable

MAIL = b"From: a@b.example\nSubject: x\n\nx\n"


async def each(found: Messages) -> list[Candidate]:
    return [candidate async for candidate in found.each]


async def test_files_folders_and_mboxes(tmp_path: Path) -> None:
    """With CRLF; no facts but those of the header."""
    folder = tmp_path / "mails"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "one.eml").write_bytes(MAIL)
    box = tmp_path / "box"
    box.write_bytes(b"From x\n" + MAIL + b"\nFrom x\n" + MAIL)
    found = in_files([str(folder), str(box)])
    candidates = await each(found)
    assert found.number == len(candidates) == 3
    assert [one.name for one in candidates] == [str(folder / "deep" / "one.eml"), f"{box}#1", f"{box}#2"]
    assert {one.facts for one in candidates} == {None}
    assert candidates[0].content == MAIL.replace(b"\n", b"\r\n")


async def test_a_file_that_goes_away_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "one.eml"
    file.write_bytes(MAIL)
    found = in_files([str(file)])
    file.unlink()
    (candidate,) = await each(found)
    assert (candidate.name, candidate.left_out) == (str(file), "No such file or directory")


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_no_mail_at_all(tmp_path: Path, name: str) -> None:
    """A path that isn't there, a folder without mail."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(Unusable, match=name):
        in_files([str(tmp_path / name)])


async def test_held_mail_comes_in_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each message is asked for by itself, so that each is on record."""
    monkeypatch.setattr(messages, "PAGE", 2)
    held = [{"id": f"m{number}", "received_at": f"2026-01-0{9 - number}"} for number in range(3)]
    asked: list[tuple[str, str]] = []

    async def ask(do: str, /, **arguments: Any) -> Any:
        if do == "quarantine.count":
            assert arguments == {"since": "2026-01-01", "state": None}
            return len(held)
        if do == "quarantine.list":
            behind = arguments["behind"]
            start = next((n + 1 for n, one in enumerate(held) if behind and one["id"] == behind[1]), 0)
            return held[start : start + arguments["limit"]]
        asked.append((arguments["id"], arguments["reason"]))
        if arguments["id"] == "m1":
            return {"left_out": "its content is deleted for good"}
        return {"listener": "inbound", "content": base64.b64encode(MAIL).decode()}

    found = await in_quarantine(ask, "2026-01-01", "a try")
    first, second, third = await each(found)
    assert found.number == 3
    assert asked == [("m0", "a try"), ("m1", "a try"), ("m2", "a try")]
    assert (first.content, first.facts, first.left_out) == (MAIL, {"listener": "inbound"}, "")
    assert (second.left_out, third.name) == ("its content is deleted for good", "m2")
