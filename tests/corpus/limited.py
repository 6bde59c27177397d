"""`python -m tests.corpus.limited`: messages read, opened and judged, each in a fork of its own, inside hard limits.

What the gateway and its sandbox do apart is done here in one go, so that the limits hold for all of it together. Takes
a path a line; answers with a line of JSON: how the fork ended, and the codes that it found.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from filters.registry import FILTERS
from gateway.assemble.judge import build_filter
from gateway.assemble.services import build_services
from gateway.contract import Filter
from gateway.message.mime.decodings import other_decodings
from gateway.message.mime.parse import parse
from gateway.message.mime.readings import each_reading
from gateway.message.model import Message
from gateway.message.part import Part
from gateway.message.reading import Reading
from gateway.services.clock import SystemClock
from gateway.settings.loading import load
from gateway.understand.budget import Allowance, Budget
from gateway.understand.documents.readers import READERS
from gateway.understand.openers.known import OPENERS
from gateway.understand.tree import grown
from gateway.understand.true_type import LibMagic
from gateway.understand.walk import Walk
from tests.support.builders.judgement import mail

CONFIGURATION = Path(__file__).resolve().parents[2] / "config/gateway.yaml"

CPU_SECONDS = 6  # the slowest flood takes two to three; as much again where other tests share the cores
MEMORY_BYTES = 180 * 1024 * 1024  # beyond what the libraries and the compiled rules take


#: Place of the data segment, with the heap and the stack, in /proc/self/statm (proc(5)).
DATA = 5


def confine() -> None:
    """A fork begins with no processor time spent, and with the memory that loading took."""
    loaded = int(Path("/proc/self/statm").read_text().split()[DATA]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_DATA, (loaded + MEMORY_BYTES, loaded + MEMORY_BYTES))


def other_readings(part: Part) -> Iterator[Reading]:
    """Return the other readings of a part, as the sandbox asks for them."""
    return chain(each_reading(part), other_decodings(part))


def understood(raw: bytes, true_types: LibMagic) -> Message:
    """Unfold a message as `Unfolder` would."""
    walk = Walk(OPENERS, other_readings, true_types.of, Budget(Allowance(), len(raw)), READERS)
    message = grown(parse(raw), walk.message(raw))
    assert message.view.passages is not None
    return message


async def codes(message: Message, filters: Sequence[Filter]) -> list[str]:
    about = replace(mail(raw=b""), message=message)
    return [finding.code for one in filters for finding in await one.check(about)]


def answer(path: str, filters: Sequence[Filter], true_types: LibMagic) -> dict[str, object]:
    """Run the filters in a fork; return its wait status (0 = it came to its end), and the codes."""
    ours, theirs = os.pipe()
    process = os.fork()
    if process == 0:
        status = 1
        try:
            confine()
            found = asyncio.run(codes(understood(Path(path).read_bytes(), true_types), filters))
            os.write(theirs, json.dumps(sorted(set(found))).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(theirs)
    with open(ours, "rb") as said:
        written = said.read()
    _, ended = os.waitpid(process, 0)
    return {"ended": ended, "codes": json.loads(written) if written else []}


def main() -> None:
    settings = load(CONFIGURATION, FILTERS)
    given = build_services(settings, SystemClock())
    filters = [build_filter(entry, given) for entry in settings.filters if entry.name != "virus"]
    true_types = LibMagic()
    true_types.of(b"%PDF-1.4")
    for line in sys.stdin:
        print(json.dumps(answer(line.rstrip("\n"), filters, true_types)), flush=True)


if __name__ == "__main__":
    main()
