"""`python benchmarks/language_model.py`: the cost of the language model: messages read, start, memory, time for one.

First the share of real ham about which the shipped filters ask, coming in and going out. Then the cost of messages that
are read: an accounts office's ordinary mail, and the ham about which a filter asks, each read alone, as the gateway has
them read. The time is of a processor, so that other work on the machine disturbs it little. Run by hand: a figure is
never a test. Prints a line for each figure.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median, quantiles

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from gateway.assemble.judge import build_filter
from gateway.assemble.services import build_services
from gateway.contract import Direction
from gateway.language_model.model_process import start
from gateway.language_model.process_model import WEIGHTS
from gateway.language_model.written import written
from gateway.matching import Reading
from gateway.message.mime.newlines import normalise_newlines
from gateway.message.mime.parse import parse
from gateway.message.model import Message
from gateway.services.clock import SystemClock
from tests.corpus import ham
from tests.evaluation.broadcasts import OUTSIDE
from tests.evaluation.evaluate import RULES
from tests.evaluation.examples import examples
from tests.evaluation.judging import mail, shipped

ORDINARY = Path(__file__).resolve().parent.parent / "tests/evaluation/payment_change/ordinary.jsonl"
#: Messages of each kind that are read, and seconds that any may take; messages that are judged by the filters.
MESSAGES, SECONDS, JUDGED = 300, 60.0, 1000
OURS = "ann@example.co.uk"
#: The ways of a message: its direction, its sender and its recipients.
WAYS: dict[str, tuple[Direction, str, Sequence[str]]] = {
    "inbound": ("inbound", OUTSIDE[0], [OURS]),
    "to one outside": ("outbound", OURS, OUTSIDE[:1]),
    "to twenty outside": ("outbound", OURS, OUTSIDE),
}


@dataclass
class Noted:
    """A model without an opinion, which notes the rules that ask."""

    rules: set[str] = field(default_factory=set)

    async def read(self, rule: str, _message: Message, _needed: float, _alone: object = ()) -> Reading | None:
        self.rules.add(rule)
        return None


async def asked_about(messages: Sequence[bytes]) -> Sequence[bytes]:
    """Print the share of messages about which the filters ask; return those messages."""
    noted, found = Noted(), dict[bytes, None]()
    services = replace(build_services(shipped(), SystemClock()), language_model=noted)
    entries = [(one, build_filter(one, services)) for one in shipped().filters if one.kind in RULES]
    for name, (direction, sender, recipients) in WAYS.items():
        counts = Counter[str]()
        for number, raw in enumerate(messages):
            noted.rules.clear()
            about = mail(f"{name}-{number}", raw, sender, recipients, direction)
            for entry, judge in entries:
                if direction in entry.directions:
                    await judge.check(about)
            counts.update(noted.rules)
            if noted.rules:
                counts["all"] += 1
                found[raw] = None
        shares = [f"{rule} {count / len(messages):.1%}" for rule, count in counts.most_common()]
        tell(f"ham {name}", ", ".join(shares))
    return list(found)


async def measure(weights: Path, kinds: dict[str, Sequence[bytes]]) -> None:
    began = time.monotonic()
    process = await start(weights, "confined")
    await process.become_ready()
    pid = process.process.pid
    tell("start", f"{time.monotonic() - began:.2f} s, {processor_seconds(pid):.2f} s of a processor")
    tell("memory", f"{resident(pid, 'VmRSS')} MiB")
    for kind, messages in kinds.items():
        read, windows, evidence = [], [], []
        for raw in messages:
            text = written(parse(normalise_newlines(raw)))
            question = {"subject": text.subject, "sentences": text.sentences}
            before = processor_seconds(pid)
            answer = await process.ask(question, SECONDS)
            between = processor_seconds(pid)
            await process.ask({**question, "head": 0}, SECONDS)
            read.append(between - before)
            windows.append(len(answer["log_odds"]))
            evidence.append(processor_seconds(pid) - between)
        tell(f"{kind}: read", f"{spread(read)}; {sum(windows) / len(windows):.2f} windows a message")
        tell(f"{kind}: sentences", spread(evidence))
    tell("most memory", f"{resident(pid, 'VmHWM')} MiB")
    await process.end()


async def measure_all(weights: Path, real: Sequence[bytes], most: int) -> None:
    ordinary = [one.raw for one in examples(ORDINARY)][:most]
    read = (await asked_about(real))[:most]
    await measure(weights, {"ordinary mail": ordinary, "ham": read})


def spread(seconds: Sequence[float]) -> str:
    return f"median {median(seconds) * 1000:.1f} ms, 19 of 20 within {quantiles(seconds, n=20)[-1] * 1000:.0f} ms"


def processor_seconds(pid: int) -> float:
    """Return the processor time of a process (clock_getcpuclockid(3))."""
    return time.clock_gettime((~pid << 3) | 2)


def resident(pid: int, name: str) -> int:
    """Return the process's memory in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith(f"{name}:"))


def tell(name: str, figure: str) -> None:
    sys.stdout.write(f"{name + ':':26}{figure}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", nargs="?", type=Path, default=WEIGHTS)
    parser.add_argument("--messages", type=int, default=MESSAGES)
    parser.add_argument("--ham", type=Path, help="a folder of messages in place of the public corpus")
    arguments = parser.parse_args()
    most = arguments.messages
    files = sorted(arguments.ham.iterdir())[:JUDGED] if arguments.ham else []
    real = [file.read_bytes() for file in files] or [one.raw for one in ham.sample(JUDGED)]
    asyncio.run(measure_all(arguments.weights, real, most))


if __name__ == "__main__":
    main()
