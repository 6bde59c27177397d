"""`make search`: the generators of odd mails and files, one after another, each with so many; what passes is printed.

`python -m tests.generated names leaves --count 10000`. Exits with 1 when one of them lets something pass.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

TARGETS = (
    *("leaves", "entities", "names", "authors", "foreign_archives", "default_passwords", "rtf_objects", "pages"),
    *("hidden_words", "html_soup"),
)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}; all as they are")
    arguments.add_argument("--count", type=int, default=1000, help="mails or files of each")
    given = arguments.parse_args()
    if unknown := set(given.targets) - set(TARGETS):
        arguments.error(f"there is no {', '.join(sorted(unknown))}: choose from {', '.join(TARGETS)}")
    failed = [target for target in given.targets or TARGETS if _run(target, given.count)]
    if failed:
        print(f"something passed: {', '.join(failed)}")
    return bool(failed)


def _run(target: str, count: int) -> int:
    print(f"--- {target}", flush=True)
    command = [sys.executable, "-m", f"tests.generated.{target}", "--count", str(count)]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
