"""`python benchmarks/language_model.py`: the cost of the language model's process: start, memory, time for a message.

The messages are an accounts office's ordinary mail and real ham, each read alone, as the gateway has them read. The
time is of a processor, so that other work on the machine disturbs it little. Run by hand: a figure is never a test.
Prints a line for each figure.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from gateway.language_model.model_process import start
from gateway.language_model.process_model import WEIGHTS
from gateway.language_model.written import written
from gateway.message.mime.newlines import normalise_newlines
from gateway.message.mime.parse import parse
from tests.corpus import ham
from tests.evaluation.examples import examples

ORDINARY = Path(__file__).resolve().parent.parent / "tests/evaluation/payment_change/ordinary.jsonl"
#: Messages of each kind, and seconds that any may take.
MESSAGES, SECONDS = 300, 60.0


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
    sys.stdout.write(f"{name + ':':24}{figure}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", nargs="?", type=Path, default=WEIGHTS)
    parser.add_argument("--messages", type=int, default=MESSAGES)
    parser.add_argument("--ham", type=Path, help="a folder of messages in place of the public corpus")
    arguments = parser.parse_args()
    most = arguments.messages
    files = sorted(arguments.ham.iterdir())[:most] if arguments.ham else []
    real = [file.read_bytes() for file in files] or [one.raw for one in ham.sample(most)]
    ordinary = [one.raw for one in examples(ORDINARY)][:most]
    asyncio.run(measure(arguments.weights, {"ordinary mail": ordinary, "ham": real}))


if __name__ == "__main__":
    main()
