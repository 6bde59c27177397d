"""`python -m tests.generated.leaves --count 10000 [--first 0]`: the figures, and the numbers of mails that pass.

`--show NUMBER` prints one mail.
"""

from __future__ import annotations

import argparse
import math
import sys

from tests.generated.leaves.judged import judged
from tests.generated.leaves.mails import mail
from tests.support.servers.clamd import Clamd

#: Numbers that are printed of each kind.
PRINTED = 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=math.inf, help="stop after so long, whatever the count")
    parser.add_argument("--show", type=int)
    arguments = parser.parse_args()
    if arguments.show is not None:
        sys.stdout.buffer.write(mail(arguments.show))
        return
    with Clamd(anchored=True) as clamd:
        figures = judged(range(arguments.first, arguments.first + arguments.count), clamd.address, arguments.seconds)
    print(figures.sentence())
    print("missed by the scanner:", figures.unseen[:PRINTED])
    print("passed:", figures.passed[:PRINTED])
    sys.exit(1 if figures.passed else 0)


main()
