"""`make bench-commands`: processor time of each frequent command against a running gateway. Writes COMMANDS.md.

Whole processes are measured, user and system time together. BEFORE=FOLDER, a checkout of an older version with its
`.venv`, is measured in the same rounds. Run by hand: a figure is never a test.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import resource
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.support.servers.gateway import Gateway, send

PROJECT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).with_name("COMMANDS.md")
ROUNDS = 10
#: Messages that are held when the commands are run.
HELD = 20
#: Highest processor seconds of `status` and `quarantine list`.
BAR = 0.15
WITH_BAR = ("status", "quarantine list")
PROGRAM = (
    b"From: Eve <eve@outside.example>\r\nTo: bob@example.co.uk\r\nSubject: Tools %d\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: application/octet-stream; name="tool.exe"\r\nContent-Transfer-Encoding: base64\r\n\r\nTVqQAAM=\r\n'
)


def commands(id: str) -> Mapping[str, Sequence[str]]:
    """Return the commands by the names that the table has; `id` is that of a held message."""
    lines = (
        *("--version", "--help", "status", "status --json", "reload", "check"),
        *("quarantine list", "quarantine list --code attachment.*", "quarantine list --json"),
        *("quarantine show ID", "quarantine read ID", "quarantine note ID --text seen", "quarantine senders"),
        *("audit list", "trace --since 1h", "report", "report --json", "payments list"),
    )
    return {line: line.replace("ID", id).split() for line in lines}


def seconds(project: Path, words: Sequence[str], config: Path, caches: Path) -> float:
    """Return the processor time of one command, whose bytecode is cached as that of an installed package is."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"PYTHONPYCACHEPREFIX": str(caches / project.name), "MAILWARDEN_CONFIG": str(config)}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [str(project / ".venv/bin/python"), "-m", "gateway", *words],
        capture_output=True,
        cwd=project,
        env=environment,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise ChildProcessError(f"mailwarden {' '.join(words)}: {done.stderr.decode(errors='replace')}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(projects: Sequence[Path], folder: Path) -> dict[str, list[float]]:
    """Return for each command the median of every version, in the order of the versions."""
    with Gateway(folder / "site", workers=1) as gateway:
        for number in range(HELD):
            asyncio.run(send(gateway.inbound, "eve@outside.example", ["bob@example.co.uk"], PROGRAM % number))
        lines = commands(gateway.held()[0]["id"])
        spent = {(name, project): list[float]() for name in lines for project in projects}
        for number in range(ROUNDS + 1):  # the first round fills the caches, and doesn't count
            for name, words in lines.items():
                for project in projects:
                    took = seconds(project, words, gateway.config, folder)
                    if number:
                        spent[name, project].append(took)
            print(f"round {number} of {ROUNDS}", file=sys.stderr)
    return {name: [median(spent[name, project]) for project in projects] for name in lines}


def written(found: Mapping[str, Sequence[float]], load: float, *, compared: bool) -> str:
    head = (
        "| command | before | now | bar |\n|---|---|---|---|" if compared else "| command | now | bar |\n|---|---|---|"
    )
    rows = [
        f"| `{name}` | {' | '.join(f'{one:.3f}' for one in medians)} | {_verdict(name, medians[-1])} |"
        for name, medians in found.items()
    ]
    return f"""# Processor time of commands

Written by `make bench-commands` on {datetime.now(UTC):%Y-%m-%d}: {os.cpu_count()} cores, Python \
{platform.python_version()}, {platform.machine()}.

Seconds of processor time, user and system, of a whole process with its interpreter (which needs 0.03 alone): the median
of {ROUNDS}, against a running gateway with {HELD} held messages, with bytecode cached as pip caches it. The load of the
machine before it began was {load:.0f}: other work on the cores makes all figures larger. The bar for the two most \
frequent
commands is {BAR} seconds. `check` and `--help` load the whole gateway, all others only ask the running one.

{head}
{chr(10).join(rows)}
"""


def _verdict(name: str, took: float) -> str:
    if name not in WITH_BAR:
        return ""
    return "held" if took <= BAR else "missed"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", type=Path, help="a checkout of an older version, with its .venv")
    before: Path | None = parser.parse_args().before
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        found = measure([*([before.resolve()] if before else []), PROJECT], Path(folder))
    RESULTS.write_text(written(found, load, compared=before is not None), "utf-8")
    print(RESULTS.read_text("utf-8"))


if __name__ == "__main__":
    main()
