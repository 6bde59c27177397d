"""`make fuzz`: each target under atheris (libFuzzer), for so many seconds. Exits with 1 when an input breaks one.

An input that does lies under `build/fuzz/` afterwards, and its name is printed; `--show FILE TARGET` runs it again.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT))

TARGETS = ("parser", "names", "unpacker")
FOUND = PROJECT / "build/fuzz"

#: One input that takes longer is an error: nothing of this size may.
INPUT_SECONDS = 10
MEMORY_MIB = 1024
#: Beyond the fuzzing itself: imports, instrumentation and one last input.
START_SECONDS = 120


def fuzz(chosen: Sequence[str], seconds: int) -> int:
    """Fuzz targets in a process that imports what is instrumented; return its exit status."""
    command = [sys.executable, __file__, "--child", "--seconds", str(seconds), *chosen]
    done = subprocess.run(command, cwd=PROJECT, check=False, timeout=len(chosen) * (seconds + START_SECONDS))
    return done.returncode


def child(chosen: Sequence[str], seconds: int) -> list[str]:
    """Fuzz each target in a copy of this process; return those that an input breaks."""
    import atheris  # type: ignore[import-untyped]

    with atheris.instrument_imports(include=["gateway"]):
        from tests.fuzz import targets

    return [target for target in chosen if _status(target, targets.TARGETS[target], seconds)]


def _status(target: str, function: Callable[[bytes], None], seconds: int) -> int:
    """Return the exit status of a copy of this process that fuzzes a target: libFuzzer ends its process."""
    import atheris

    from tests.fuzz import seeds

    FOUND.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mailwarden-fuzz-") as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        options = {
            "dict": seeds.write(target, corpus),
            "max_total_time": seconds,
            "max_len": seeds.MAX_BYTES,
            "timeout": INPUT_SECONDS,
            "rss_limit_mb": MEMORY_MIB,
            "artifact_prefix": f"{FOUND}/{target}-",
            "print_final_stats": 1,
            "verbosity": 0,
        }
        arguments = [f"-{name}={value}" for name, value in options.items()]
        sys.stdout.flush()
        if not (pid := os.fork()):
            atheris.Setup([sys.argv[0], *arguments, str(corpus)], function)
            atheris.Fuzz()
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--show", type=Path, metavar="FILE", help="run this input once, without fuzzing")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    arguments = parser.parse_args()
    chosen = arguments.targets or TARGETS
    if unknown := set(chosen) - set(TARGETS):
        parser.error(f"no target {', '.join(unknown)}; there are {', '.join(TARGETS)}")
    if arguments.show:
        from tests.fuzz import targets

        targets.TARGETS[chosen[0]](arguments.show.read_bytes())
        return 0
    if not arguments.child:
        return fuzz(chosen, arguments.seconds)
    if failed := child(chosen, arguments.seconds):
        print(f"Broken: {', '.join(failed)}; the inputs are in {FOUND}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
