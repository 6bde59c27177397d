"""`python benchmarks/language_model.py`: the cost of the language model: messages read, start, memory, time for one.

The shipped filters judge an accounts office's ordinary mail and real ham, as if it came in, or as if our people sent it
to one person or to twenty outside. For each it prints the share about which the model is asked, by rule, and what a
message that is read costs: its windows, sentences for a reviewer and sentences read alone. The time is of a processor,
so that other work on the machine disturbs it little. Run by hand: a figure is never a test.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean, median, quantiles

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from gateway.assemble.judge import build_filter
from gateway.assemble.services import build_services
from gateway.contract import Direction, Filter
from gateway.language_model.gate import FILE, Gate, read_gate
from gateway.language_model.process_model import OF_A_COMMAND, WEIGHTS, ProcessModel
from gateway.language_model.written import written
from gateway.message.mime.newlines import normalise_newlines
from gateway.message.mime.parse import parse
from gateway.services.clock import SystemClock
from tests.corpus import ham
from tests.evaluation.broadcasts import OUTSIDE
from tests.evaluation.evaluate import RULES
from tests.evaluation.examples import examples
from tests.evaluation.judging import mail, shipped

ORDINARY = Path(__file__).resolve().parent.parent / "tests/evaluation/payment_change/ordinary.jsonl"
#: Messages of each kind.
MESSAGES = 1000
OURS = "ann@example.co.uk"
#: The ways of a message: its direction, its sender and its recipients.
WAYS: dict[str, tuple[Direction, str, Sequence[str]]] = {
    "inbound": ("inbound", OUTSIDE[0], [OURS]),
    "to one outside": ("outbound", OURS, OUTSIDE[:1]),
    "to twenty outside": ("outbound", OURS, OUTSIDE),
}


async def measure(model: ProcessModel, kinds: dict[str, Sequence[bytes]]) -> None:
    began = time.monotonic()
    await model.start()
    if model.trouble or model.pid is None:
        raise SystemExit(f"the language model: {model.trouble}")
    tell("start", f"{time.monotonic() - began:.2f} s, {processor_seconds(model.pid):.2f} s of a processor")
    tell("memory", f"{resident(model.pid, 'VmRSS')} MiB")
    services = replace(build_services(shipped(), SystemClock()), language_model=model)
    entries = [one for one in shipped().filters if one.kind in RULES]
    for kind, messages in kinds.items():
        for way, (direction, *ends) in WAYS.items():
            filters = [build_filter(one, services) for one in entries if direction in one.directions]
            await judge(f"{kind} {way}", messages, (direction, *ends), filters, model)
    tell("most memory", f"{resident(model.pid, 'VmHWM')} MiB")


async def judge(
    name: str,
    messages: Sequence[bytes],
    way: tuple[Direction, str, Sequence[str]],
    filters: Sequence[Filter],
    model: ProcessModel,
) -> None:
    """Print the share of messages about which the filters ask, and what reading one costs."""
    direction, sender, recipients = way
    rules, costs = Counter[str](), list[float]()
    assert model.pid is not None
    for number, raw in enumerate(messages):
        about = mail(f"{name}-{number}", raw, sender, recipients, direction)
        before = processor_seconds(model.pid)
        for one in filters:
            await one.check(about)
        account = model.account(about.message)
        if account["state"] == "read":
            rules.update(account["weights"].keys())
            costs.append(processor_seconds(model.pid) - before)
    shares = [f"{rule} {count / len(messages):.1%}" for rule, count in rules.most_common()]
    tell(name, ", ".join([f"all {len(costs) / len(messages):.1%}", *shares]))
    if len(costs) > 1:
        tell("", f"a reading {spread(costs)}")


def measure_gate(gate: Gate, messages: Sequence[bytes]) -> None:
    """Print what the gate costs for a message, about which nobody is asked yet."""
    costs = []
    for raw in messages:
        message = parse(normalise_newlines(raw))
        written(message)
        before = time.process_time()
        gate.open_windows(written(message))
        costs.append(time.process_time() - before)
    tell("gate", f"{spread(costs)}; {FILE.stat().st_size / 1e6:.1f} MB")


def spread(seconds: Sequence[float]) -> str:
    return (
        f"median {median(seconds) * 1000:.2f} ms, mean {mean(seconds) * 1000:.2f} ms, "
        f"19 of 20 within {quantiles(seconds, n=20)[-1] * 1000:.1f} ms"
    )


def processor_seconds(pid: int) -> float:
    """Return the processor time of a process (clock_getcpuclockid(3))."""
    return time.clock_gettime((~pid << 3) | 2)


def resident(pid: int, name: str) -> int:
    """Return the process's memory in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith(f"{name}:"))


def tell(name: str, figure: str) -> None:
    sys.stdout.write(f"{f'{name}:' if name else '':32}{figure}\n")
    sys.stdout.flush()


async def run(weights: Path, gate: Gate | None, kinds: dict[str, Sequence[bytes]]) -> None:
    model = ProcessModel(shipped().sandbox.isolation, patience=OF_A_COMMAND, weights=weights, gate=gate)
    try:
        await measure(model, kinds)
    finally:
        await model.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", nargs="?", type=Path, default=WEIGHTS)
    parser.add_argument("--messages", type=int, default=MESSAGES)
    parser.add_argument("--ham", type=Path, help="a folder of messages in place of the public corpus")
    parser.add_argument("--no-gate", action="store_true", help="as if every window were open")
    arguments = parser.parse_args()
    most, gate = arguments.messages, read_gate()
    files = sorted(arguments.ham.iterdir())[:most] if arguments.ham else []
    real = [file.read_bytes() for file in files] or [one.raw for one in ham.sample(most)]
    measure_gate(gate, real)
    ordinary = [one.raw for one in examples(ORDINARY)][:most]
    asyncio.run(run(arguments.weights, None if arguments.no_gate else gate, {"ham": real, "ordinary mail": ordinary}))


if __name__ == "__main__":
    main()
