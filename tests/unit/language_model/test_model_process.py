"""One process of the language model: its start, its questions and its end."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from gateway.language_model.model_process import Away, ModelProcess, start
from tests.support.builders.weights import WORDS
from tests.support.servers.scripted_model import READY, program

QUESTION = {"message": 1, "subject": "Hello", "sentences": ["You idiot."]}


async def ready(weights: Path, *steps: object) -> ModelProcess:
    process = await start(weights, "confined", program(READY, *steps))
    await process.become_ready()
    return process


async def test_a_question(weights: Path) -> None:
    """To the real program, which ends when our end of the socket is closed."""
    process = await start(weights, "confined")
    assert not process.is_ready
    await process.become_ready()
    assert [head["rule"] for head in process.said["heads"]] == list(WORDS)
    assert await process.ask(QUESTION, 5) == {"log_odds": [[5.0, -5.0]]}
    assert not process.has_ended
    assert await process.end() == "status 0"


async def test_a_question_without_the_filter_of_system_calls(weights: Path) -> None:
    process = await start(weights, "limits_only")
    await process.become_ready()
    assert await process.ask(QUESTION, 5) == {"log_odds": [[5.0, -5.0]]}
    await process.end()


@pytest.mark.parametrize("content", [b"", b"no weights", b"\x08\x08" + bytes(1000)])
async def test_a_file_that_is_broken(tmp_path: Path, content: bytes) -> None:
    """The sentence names the file, and what is wrong with it."""
    broken = tmp_path / "weights.onnx"
    broken.write_bytes(content)
    process = await start(broken, "confined")
    with pytest.raises(Away, match=f"its process can't read {broken}: \\w"):
        await process.become_ready()
    assert process.has_ended


async def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Away, match=r"there is no file .*: install the package again, or set `models: off`"):
        await start(tmp_path / "weights.onnx", "confined")


async def test_a_program_that_is_not_there(weights: Path) -> None:
    with pytest.raises(Away, match=r"can't be started: .*No such file"):
        await start(weights, "confined", ("/there/is/none",))


async def test_it_has_large_pages(weights: Path) -> None:
    """glibc reads the setting when a program begins."""
    process = await start(weights, "confined", ("sh", "-c", 'echo "$GLIBC_TUNABLES" >&2'))
    with pytest.raises(Away, match=r"status 0.*: glibc\.malloc\.hugetlb=1"):
        await process.become_ready()


@pytest.mark.parametrize(
    ("step", "how"), [("exit", "status 3"), ("die", "signal 11"), ("nonsense", "signal|status"), ("hang", "")]
)
async def test_a_process_that_does_not_come_up(weights: Path, step: str, how: str) -> None:
    """Its last words are in the sentence; one that is still busy may be waited for again."""
    process = await start(weights, "confined", program(step))
    if step == "hang":
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await process.become_ready()
        assert not process.has_ended
    else:
        with pytest.raises(Away, match=f"did not come up \\(({how}).*: a word of it"):
            await process.become_ready()
    await process.kill()
    assert process.has_ended


@pytest.mark.parametrize(
    ("step", "why"),
    [
        ("hang", "no answer within 0.2 seconds"),
        ("die", "ended with signal 11"),
        ("exit", "ended with status 3"),
        ("nonsense", "makes no sense"),
        ({"failed": "MemoryError: "}, "MemoryError"),
    ],
)
async def test_no_answer(weights: Path, step: object, why: str) -> None:
    """Whatever happens, the process has ended, and the sentence says how."""
    process = await ready(weights, step)
    with pytest.raises(Away, match=why):
        await process.ask(QUESTION, 0.2 if step == "hang" else 5)
    assert process.has_ended


async def test_a_process_that_is_stopped(weights: Path) -> None:
    """As one that hangs."""
    process = await start(weights, "confined")
    await process.become_ready()
    os.kill(process.process.pid, signal.SIGSTOP)
    with pytest.raises(Away, match="no answer"):
        await process.ask(QUESTION, 0.2)
    assert process.has_ended


async def test_a_caller_that_is_cancelled(weights: Path) -> None:
    """Its answer would come to the next question, so the process ends."""
    process = await ready(weights, "hang")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await process.ask(QUESTION, 30)
    assert process.has_ended
