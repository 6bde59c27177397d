"""More attachments than the sandbox can open: whoever sends them waits, and nobody else."""

from __future__ import annotations

import asyncio
import io
import time
import zipfile
from pathlib import Path

from tests.corpus.payloads import TEXT, encoded, multipart
from tests.faults.traffic import log_of
from tests.support.servers.gateway import Gateway, send
from tests.support.servers.sink import Sink

GREEDY, HARMLESS = "127.0.0.2", "127.0.9.2"
MESSAGES = 8


def archive(files: int) -> bytes:
    """A zip of small HTML files, each of which is looked through."""
    octets = io.BytesIO()
    with zipfile.ZipFile(octets, "w") as file:
        for number in range(files):
            file.writestr(f"{number}.html", f"<html><body><p>page {number}</p></body></html>")
    return multipart(TEXT, encoded(b"pages.zip", octets.getvalue()))


async def replied(gateway: Gateway, client: str, content: bytes) -> tuple[float, str]:
    """When, and what."""
    reply = await send(gateway.inbound, "a@outside.example", ["bob@example.com"], content, client=client)
    return time.monotonic(), reply


async def test_one_greedy_client(tmp_path: Path) -> None:
    """Its messages go one by one, or are put off; another client's is opened at once meanwhile."""
    more = "sandbox: {processes: 2}\nlimits: {judge_seconds: 8, reply_seconds: 28}\nunfold: {seconds: 5}\n"
    slow, quick = archive(3000), archive(2)
    async with Sink() as sink, Gateway(tmp_path, f"smtp://127.0.0.1:{sink.port}", workers=1, more=more) as gateway:
        async with asyncio.TaskGroup() as tasks:
            greedy = [tasks.create_task(replied(gateway, GREEDY, slow)) for _ in range(MESSAGES)]
            await asyncio.sleep(1)  # all of them wait
            at, reply = await replied(gateway, HARMLESS, quick)
        answers = sorted(task.result() for task in greedy)
    assert reply.startswith("250 ")
    assert sum(when < at for when, _ in answers) < MESSAGES / 2
    assert {said.partition(";")[0] for _, said in answers if said[0] != "2"} == {"452 4.3.1 Too much mail at once"}
    log = log_of(gateway)
    assert log.count("message.busy") == sum(said[0] == "4" for _, said in answers)
    assert "message.error" not in log
    assert "filter.timeout" not in log
