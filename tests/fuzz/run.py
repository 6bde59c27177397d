"""`make fuzz`: each target under atheris (libFuzzer), for so many seconds. Exits with 1 when an input breaks one.

An input that does lies under `build/fuzz/` afterwards, and its name is printed; `--show FILE TARGET` runs it again.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
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


def fuzz(target: str, seconds: int) -> int:
    """One target in a process of its own; its exit status."""
    command = [sys.executable, __file__, "--child", "--seconds", str(seconds), target]
    done = subprocess.run(command, cwd=PROJECT, check=False, timeout=seconds + START_SECONDS)
    return done.returncode


def child(target: str, seconds: int) -> None:
    """Never returns: libFuzzer ends the process."""
    import atheris  # type: ignore[import-untyped]

    FOUND.mkdir(parents=True, exist_ok=True)
    with atheris.instrument_imports(include=["gateway"]):
        from tests.fuzz import seeds, targets

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
        atheris.Setup([sys.argv[0], *arguments, str(corpus)], targets.TARGETS[target])
        atheris.Fuzz()


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
    if arguments.child:
        child(chosen[0], arguments.seconds)
    failed = [target for target in chosen if fuzz(target, arguments.seconds)]
    if failed:
        print(f"Broken: {', '.join(failed)}; the inputs are in {FOUND}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
