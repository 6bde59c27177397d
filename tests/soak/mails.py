"""Mail of the soak: unique messages of several kinds, each with a tag that every place it comes to can be asked for."""

from __future__ import annotations

import base64
import io
import random
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from tests.support.servers.clamd import EICAR

#: Where a tag stands, there is mail of the soak.
TAG = re.compile(rb"soak-[a-z]+-\d+")
PEOPLE = 40
LARGE_BYTES = (200_000, 1_500_000)
PROGRAM = b"MZ" + bytes(58) + b"\x80\0\0\0" + bytes(64) + b"PE\0\0\x4c\x01" + bytes(400)  # headers and no code

_CHANGE = """\
Dear customer,

our bank details have changed. Please send all future payments to our new account:

IBAN: DE89 3704 0044 0532 0130 00
Account holder: Far Example Ltd

The old account is closed. Please update your records before the next invoice is paid.
"""


@dataclass(frozen=True, slots=True)
class Mail:
    """One message: its kind, the listener it is for, its envelope and its content."""

    tag: str
    kind: str
    listener: str
    sender: str
    recipients: tuple[str, ...]
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Kind:
    """Kind of mail: how often it comes, its body, and the place where its copies are to be."""

    weight: int
    body: Callable[[random.Random, str], bytes]
    place: str = "delivered"  # delivered | held | refused | released
    listener: str = "inbound"
    most_recipients: int = 3
    has_a_lost_recipient: bool = False  # whom the next hop doesn't know: the sender gets a report


def mails(seed: int) -> Iterator[Mail]:
    """Yield mail without end, the same for the same seed."""
    random_ = random.Random(f"mail {seed}")
    names, weights = list(KINDS), [kind.weight for kind in KINDS.values()]
    number = 0
    while True:
        number += 1
        yield _mail(random_, random_.choices(names, weights)[0], number)


def kind_of(tag: str) -> str:
    return tag.split("-")[1]


def _mail(random_: random.Random, name: str, number: int) -> Mail:
    kind, tag = KINDS[name], f"soak-{name}-{number}"
    outbound = kind.listener == "outbound"
    ours, theirs = "example.co.uk", "far.example"
    people = random_.sample(range(PEOPLE), random_.randint(1, kind.most_recipients))
    to = [f"p{person}@{theirs if outbound else ours}" for person in people]
    if kind.has_a_lost_recipient:
        to.append(f"gone{random_.randrange(PEOPLE)}@{theirs}")
    sender = f"{tag}@{ours if outbound else theirs}"
    head = f"From: <{sender}>\r\nTo: {', '.join(to)}\r\nSubject: {tag}\r\nMessage-ID: <{tag}@{theirs}>\r\n"
    content = head.encode() + b"MIME-Version: 1.0\r\n" + kind.body(random_, tag)
    return Mail(tag, name, kind.listener, sender, tuple(to), content)


def _text(words: str, content_type: str = "text/plain; charset=utf-8") -> bytes:
    lines = "\r\n".join(words.splitlines())
    return f"Content-Type: {content_type}\r\n\r\n{lines}\r\n".encode()


def _attached(octets: bytes, name: str, text: str = "Please see the attachment.") -> bytes:
    coded = base64.encodebytes(octets).replace(b"\n", b"\r\n")
    head = f'Content-Type: application/octet-stream; name="{name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    parts = _text(text), head.encode() + coded
    body = b"".join(b"--soak\r\n" + part + b"\r\n" for part in parts)
    return b"Content-Type: multipart/mixed; boundary=soak\r\n\r\n" + body + b"--soak--\r\n"


def _plain(random_: random.Random, tag: str) -> bytes:
    lines = "\n".join(f"Line {n} of {tag}: {random_.getrandbits(64):016x}" for n in range(random_.randint(3, 60)))
    return _text(f"Dear Bob,\n\nshall we meet at ten?\n\n{lines}\n")


def _page(random_: random.Random, tag: str) -> bytes:
    rows = "".join(f"<p>Row {n} of <b>{tag}</b></p>\n" for n in range(random_.randint(3, 60)))
    return _text(f"<html><body>{rows}</body></html>", "text/html; charset=utf-8")


def _archive(random_: random.Random, tag: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as files:
        for number in range(random_.randint(1, 6)):
            name = zipfile.ZipInfo(f"notes{number}.txt")  # of 1980, not of the clock: a seed makes the same mail
            files.writestr(name, f"{tag}\n" + f"{random_.getrandbits(256):064x}\n" * 40, zipfile.ZIP_DEFLATED)
    return _attached(packed.getvalue(), "notes.zip")


def _large(random_: random.Random, tag: str) -> bytes:
    return _attached(tag.encode() + random_.randbytes(random_.randint(*LARGE_BYTES)), "scan.tiff")


def _virus(_: random.Random, tag: str) -> bytes:
    return _attached(EICAR + b" " + tag.encode(), "notes.txt")


def _program(_: random.Random, tag: str) -> bytes:
    return _attached(PROGRAM + tag.encode(), "setup.exe")


def _shortcut(_: random.Random, tag: str) -> bytes:
    return _attached(f"[InternetShortcut]\r\nURL=https://far.example/{tag}\r\n".encode(), "offer.url")


def _change(_: random.Random, tag: str) -> bytes:
    return _text(f"{_CHANGE}\n{tag}\n")


KINDS: Mapping[str, Kind] = {
    "plain": Kind(30, _plain),
    "page": Kind(15, _page),
    "archive": Kind(10, _archive),
    "large": Kind(3, _large),
    "virus": Kind(6, _virus, "held"),
    "program": Kind(6, _program, "held"),
    "change": Kind(6, _change, "held"),
    "released": Kind(6, _program, "released", most_recipients=1),
    "refused": Kind(5, _shortcut, "refused"),
    "outbound": Kind(10, _plain, listener="outbound"),
    "lost": Kind(4, _plain, listener="outbound", has_a_lost_recipient=True),
}
