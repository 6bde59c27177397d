"""`make evaluate-personal`: how well `personal` tells unlabelled private mail from business.

Labelled mails go through the filter as shipped, with `unlabelled` switched on and nobody in the directory. Of the
unread set the figures alone are printed: whoever tunes the rules must not see it.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from filters.personal.codes import UNLABELLED
from filters.personal.filter import Personal
from filters.personal.settings import PersonalSettings
from filters.registry import FILTERS
from gateway.contract import Client, Envelope, Mail, Organisation, Recipient
from gateway.directory.lookup import ConfiguredDirectory
from gateway.message.labels import labels_of
from gateway.message.mime.parse import parse
from gateway.services.clock import SystemClock
from gateway.services.keyed_hash import HmacHash
from gateway.services.read_only import ReadOnlyCorrespondents, ReadOnlyCounters
from gateway.settings.loading import load
from tests.evaluation.evaluate import CONFIGURATION, DIFFICULTIES, PROJECT, Figures
from tests.evaluation.examples import BadExample, Example, examples
from tests.support.builders.judgement import NOW

SETS = Path(__file__).resolve().parent / "personal"
UNREAD = "unread hundred"
#: The development set stands beside the project, where there is one.
DEVELOPMENT = PROJECT.parent / "shared/devset/p6.jsonl"


@dataclass(frozen=True, slots=True)
class Judged:
    example: Example
    found: bool


def sets() -> dict[str, Path]:
    """Those that are there, by what they are called."""
    named = {"development set": DEVELOPMENT, "tuning set": SETS / "tuning.jsonl", UNREAD: SETS / "unread.jsonl"}
    return {name: path for name, path in named.items() if path.exists()}


def made() -> Personal:
    """Return the filter as shipped, except that `unlabelled` is switched on."""
    (entry,) = (one for one in load(CONFIGURATION, FILTERS).filters if one.kind == Personal.name)
    assert isinstance(entry.settings, PersonalSettings)
    directory = ConfiguredDirectory([], {}, ["example.co.uk", "example.com"])
    settings = entry.settings.model_copy(update={"unlabelled": True})
    organisation = Organisation(name="Example Ltd")
    return Personal(
        settings, SystemClock(), directory, ReadOnlyCounters(), ReadOnlyCorrespondents(), organisation, HmacHash(b"k")
    )


def mail_of(example: Example) -> Mail:
    message = parse(example.raw)
    recipients = tuple(Recipient(address, example.direction) for address in example.recipients)
    client = Client("192.0.2.7", trusted=example.direction != "inbound")
    envelope = Envelope(example.sender, recipients)
    return Mail(example.id, NOW, "outbound", client, envelope, message, labels=labels_of(message))


async def judge(several: Sequence[Example]) -> list[Judged]:
    personal = made()
    found = [await personal.check(mail_of(example)) for example in several]
    return [Judged(one, any(f.code == UNLABELLED for f in those)) for one, those in zip(several, found, strict=True)]


def figures(judged: Sequence[Judged]) -> Figures:
    def count(label: bool, found: bool) -> int:
        return sum(one.example.label is label and one.found is found for one in judged)

    return Figures(count(True, True), count(True, False), count(False, True), count(False, False))


def report(name: str, judged: Sequence[Judged], *, mistakes: bool) -> Iterator[str]:
    yield f"{name}: {len(judged)} mails"
    for difficulty in DIFFICULTIES:
        if those := [one for one in judged if one.example.difficulty == difficulty]:
            yield f"  {difficulty:<8}{figures(those)}"
    yield f"  {'all':<8}{figures(judged)}"
    for one in judged if mistakes else ():
        if one.found is not one.example.label:
            record = one.example.record
            what = "false alarm" if one.found else "miss"
            yield f"  {what}: {one.example.id} {record['subject']!r} ({record['note']})"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--show-unread", action="store_true", help="the mistakes in the unread set too")
    parser.add_argument("files", nargs="*", type=Path, help="other labelled files (JSONL), instead of the sets")
    arguments = parser.parse_args()
    for name, path in ({str(path): path for path in arguments.files} or sets()).items():
        shown = path.name != "unread.jsonl" or arguments.show_unread
        try:
            mails = list(examples(path))
        except BadExample as error:
            sys.stderr.write(f"{error}\n")
            return 2
        judged = asyncio.run(judge(mails))
        sys.stdout.write("\n".join(report(name, judged, mistakes=shown)) + "\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
