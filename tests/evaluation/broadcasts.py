"""`make evaluate-broadcast`: how well `broadcast` tells mail that is no business from announcements and other business.

Labelled mails go through the filter as shipped, by words alone, with the addresses of lists in a directory: 150 people
where a list is everybody's, else 15. Mail from outside is judged too, though the shipped directions leave it out. With
`--ham FOLDER` real messages are counted as if one of our people had sent each to twenty people outside.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from filters.broadcast.filter import Broadcast
from filters.broadcast.settings import BroadcastSettings
from filters.registry import FILTERS
from gateway.contract import Client, Direction, DistributionList, Envelope, Mail, Recipient
from gateway.directory.lookup import ConfiguredDirectory
from gateway.message.labels import labels_of
from gateway.message.mime.parse import parse
from gateway.services.no_model import NoModel
from gateway.settings.loading import load
from tests.evaluation.evaluate import CONFIGURATION, DIFFICULTIES, Figures
from tests.evaluation.examples import BadExample, Example, examples
from tests.support.builders.judgement import NOW

SETS = {"tuning set": Path(__file__).resolve().parent / "broadcast/tuning.jsonl"}
OURS = ("example.co.uk", "example.com")
#: Hosts outside whose addresses are lists of ours, such as newsletters.
LIST_HOSTS = frozenset({f"{one}.example" for one in ("lists", "listes", "newsletter", "googlegroups", "example-lists")})
#: Words in an address with a full stop that make it a list and no person.
LIST_WORDS = frozenset("all team staff office everybody line leads depot europe pakowanie managers desk".split())  # noqa: SIM905 - readable
EVERYBODY = frozenset({"all", "everybody", "everyone", "staff"})
MANY, SOME = 150, 15
OUTSIDE = tuple(f"reader{number}@outside.example" for number in range(20))


@dataclass(frozen=True, slots=True)
class Judged:
    example: Example
    found: str  # the first code; "" = nothing


def list_at(address: str) -> DistributionList | None:
    """Return the list that an address of the labelled mails is; None where it is a person's."""
    local, _, host = address.partition("@")
    words = set(local.replace("-", ".").split("."))
    if host in LIST_HOSTS:
        return DistributionList(address, size=MANY)
    if host in OURS and ("." not in local or words & LIST_WORDS):
        return DistributionList(address, size=MANY if words & EVERYBODY else SOME)
    return None


def made(addresses: Sequence[str] = ()) -> Broadcast:
    """Return the filter as shipped, with a directory of the lists among these addresses."""
    (entry,) = (one for one in load(CONFIGURATION, FILTERS).filters if one.kind == Broadcast.name)
    assert isinstance(entry.settings, BroadcastSettings)
    lists = [one for address in dict.fromkeys(addresses) if (one := list_at(address))]
    return Broadcast(entry.settings, ConfiguredDirectory([], {}, OURS, lists), NoModel())


def mail_of(id: str, raw: bytes, recipients: Sequence[str], direction: Direction, sender: str) -> Mail:
    message = parse(raw)
    envelope = Envelope(sender, tuple(Recipient(address, direction) for address in recipients))
    client = Client("192.0.2.7", trusted=direction != "inbound")
    return Mail(id, NOW, "outbound", client, envelope, message, labels=labels_of(message))


async def judge(several: Sequence[Example]) -> list[Judged]:
    broadcast = made([address for one in several for address in one.recipients])
    judged = []
    for one in several:
        found = await broadcast.check(mail_of(one.id, one.raw, one.recipients, one.direction, one.sender))
        judged.append(Judged(one, found[0].code if found else ""))
    return judged


async def alarms(folder: Path) -> tuple[list[str], int]:
    """Return the names of the messages of a folder in which something is found, and the number of all."""
    broadcast = made()
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    mails = (mail_of(one.name, one.read_bytes(), OUTSIDE, "outbound", "ann@example.co.uk") for one in files)
    return [mail.id for mail in mails if await broadcast.check(mail)], len(files)


def figures(judged: Sequence[Judged]) -> Figures:
    def count(label: bool, found: bool) -> int:
        return sum(one.example.label is label and bool(one.found) is found for one in judged)

    return Figures(count(True, True), count(True, False), count(False, True), count(False, False))


def report(name: str, judged: Sequence[Judged], *, mistakes: bool) -> Iterator[str]:
    yield f"{name}: {len(judged)} mails"
    for difficulty in DIFFICULTIES:
        if those := [one for one in judged if one.example.difficulty == difficulty]:
            yield f"  {difficulty:<8}{figures(those)}"
    yield f"  {'all':<8}{figures(judged)}"
    for one in judged if mistakes else ():
        if bool(one.found) is not one.example.label:
            record = one.example.record
            what = f"false alarm ({one.found})" if one.found else "miss"
            yield f"  {what}: {one.example.id} {record['subject']!r} ({record['note']})"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ham", type=Path, help="a folder of real messages")
    parser.add_argument("files", nargs="*", type=Path, help="other labelled files (JSONL), instead of the tuning set")
    arguments = parser.parse_args()
    for name, path in ({str(path): path for path in arguments.files} or SETS).items():
        try:
            mails = list(examples(path))
        except BadExample as error:
            sys.stderr.write(f"{error}\n")
            return 2
        judged = asyncio.run(judge(mails))
        sys.stdout.write("\n".join(report(name, judged, mistakes=not path.name.startswith("unread"))) + "\n\n")
    if arguments.ham:
        found, count = asyncio.run(alarms(arguments.ham))
        sys.stdout.write("\n".join([f"{arguments.ham}: {len(found)} of {count} found", *found]) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
