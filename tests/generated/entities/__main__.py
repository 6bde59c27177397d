"""Odd mails, the readers that show their payload, and what passes: `python -m tests.generated.entities --count N`."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from tests.generated.entities.judged import Gateway, Judged, judged
from tests.generated.entities.mails import mails

SHOWN_MAILS = 25


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="mails")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="folder for the mails that pass")
    arguments = parser.parse_args()
    readers: Counter[str] = Counter()
    passing: list[Judged] = []
    opened = ambiguous = 0
    for one in judged(mails(arguments.count, arguments.seed), Gateway()):
        opened += bool(one.shown_by)
        readers.update(one.shown_by)
        ambiguous += one.is_ambiguous
        if one.passes:
            passing.append(one)
    for number, one in enumerate(passing):
        if number < SHOWN_MAILS:
            print(f"passes: {', '.join(one.shown_by)}: leaf {one.is_leaf}: {'; '.join(one.mail.recipe)}")
        if arguments.keep:
            arguments.keep.mkdir(parents=True, exist_ok=True)
            (arguments.keep / f"{number:05}.eml").write_bytes(one.mail.raw)
    print(f"{arguments.count} mails, {opened} whose payload a reader shows: " + str(dict(readers)))
    print(f"{ambiguous} held by structure, {len(passing)} pass")
    return bool(passing)


if __name__ == "__main__":
    sys.exit(main())
