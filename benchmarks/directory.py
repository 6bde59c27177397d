"""The cost of a large directory: reading CSV files, compiling them, opening the file, and each look-up.

`python benchmarks/directory.py [PEOPLE]` (100,000 unless given) prints a table, for docs/directory.md. Times are
processor time, so that other work of the machine counts less. The people are made up: each has two addresses, a manager
and three groups. There is one list for each 50 of them, and one list of all these lists.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from filters.registry import FILTERS
from gateway.directory.compiled import CompiledDirectory
from gateway.directory.sources import FILE_NAME, read_files, refresh
from gateway.matching.lookalike import words_of
from gateway.settings.loading import load

PEOPLE = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
QUESTIONS = 20_000
#: Syllables of names: four of them make half a million different names.
SYLLABLES = ("ann", "bar", "cle", "dor", "eve", "fin", "gil", "hol", "ira", "jon", "kim", "lou", "mar", "nor", "oli")

CONFIGURATION = """\
organisation: {name: Example Ltd, domains: [example.com]}
listeners: [{name: inbound, address: "127.0.0.1:2525", direction: inbound, next_hop: "smtp://127.0.0.1:25"}]
data_dir: var
directory: {csv: {people: people.csv, lists: lists.csv}}
"""


def name(number: int) -> str:
    """Return a name that is different for each number."""
    syllables = []
    for _ in range(4):
        number, which = divmod(number, len(SYLLABLES))
        syllables.append(SYLLABLES[which])
    return f"{syllables[0]}{syllables[1]}".title() + f" {syllables[2]}{syllables[3]}{number or ''}".title()


def people() -> Iterator[str]:
    yield "name,addresses,title,department,groups,manager,timezone,holidays\n"
    for n in range(PEOPLE):
        group = f"staff;floor{n % 100};site{n % 7}"
        yield (
            f"{name(n)},person{n}@example.com;p{n}@example.com,Officer,Department {n % 300},{group},"
            f"person{n // 10}@example.com,Europe/London,GB-ENG\n"
        )


def lists() -> Iterator[str]:
    yield "address,name,members\n"
    for n in range(0, PEOPLE, 50):
        members = ";".join(f"person{one}@example.com" for one in range(n, min(n + 50, PEOPLE)))
        yield f"list{n}@example.com,List {n},{members}\n"
    yield "all@example.com,All," + ";".join(f"list{n}@example.com" for n in range(0, PEOPLE, 50)) + "\n"


def timed(what: str, do: Callable[[], Any], each: int = 1) -> Any:
    """Run `do`, and print a row of the table with the time of each repetition."""
    start = time.process_time()
    done = do()
    seconds = (time.process_time() - start) / each
    shown = (
        f"{seconds:.2f} s" if seconds >= 0.1 else f"{seconds * 1000:.2f} ms" if each == 1 else f"{seconds * 1e6:.0f} µs"
    )
    print(f"| {what} | {shown} |")
    return done


def main() -> None:
    with tempfile.TemporaryDirectory() as made:
        measure(Path(made))


def measure(folder: Path) -> None:
    (folder / "gateway.yaml").write_text(CONFIGURATION)
    (folder / "people.csv").write_text("".join(people()))
    (folder / "lists.csv").write_text("".join(lists()))
    (folder / "var").mkdir()
    print(f"| {PEOPLE:,} people, {PEOPLE // 50 + 1:,} lists | |\n|---|---|")
    settings = timed("reading the YAML, and the names of the groups", lambda: load(folder / "gateway.yaml", FILTERS))
    gathered = timed("reading and judging the CSV files (`directory check`)", lambda: read_files(settings))
    timed("... and making a directory in memory of them", lambda: gathered.directory(settings))
    now = datetime.now(UTC)
    timed("`directory import`: reading, judging, compiling", lambda: refresh(settings, now, force=True))
    timed("start or reload, with nothing changed", lambda: refresh(settings, now))
    file = settings.data_dir / FILE_NAME
    print(f"| the compiled file | {file.stat().st_size / 2**20:.0f} MiB |")
    directory = timed("a worker opens it", lambda: CompiledDirectory(file, ["example.com"]))
    numbers = [n * 7919 % PEOPLE for n in range(QUESTIONS)]
    timed("`person`", lambda: [directory.person(f"p{n}@example.com") for n in numbers], QUESTIONS)
    timed("`groups`", lambda: [directory.groups(f"p{n}@example.com") for n in numbers], QUESTIONS)
    named = [words_of(name(n)) for n in numbers]
    timed("`named`", lambda: [directory.named(words) for words in named], QUESTIONS)
    timed("`expand` of a person and a list of 50", lambda: [expand(directory, n) for n in numbers[:2000]], 2000)
    timed("`expand` of all, the first time", lambda: directory.expand(["all@example.com"]))
    timed("`expand` of all, again", lambda: directory.expand(["all@example.com"]))
    print(f"| largest process, all of the above | {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB |")


def expand(directory: CompiledDirectory, n: int) -> object:
    return directory.expand([f"p{n}@example.com", f"list{n // 50 * 50}@example.com"])


if __name__ == "__main__":
    main()
