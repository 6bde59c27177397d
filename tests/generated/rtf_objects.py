"""RTF files whose objects are spelt in odd ways, and how many of them pass.

    python -m tests.generated.rtf_objects --count 10000 [--rtfobj]

A file counts where one of the readers finds the payload in it; it passes where the opener neither gives the payload
nor says that it could not read the file. `--rtfobj` asks oletools too (BSD; `pip install oletools`; not shipped).
"""

from __future__ import annotations

import argparse
import binascii
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from gateway.message.defect import Defect
from gateway.understand.budget import Allowance, Budget
from gateway.understand.member import Declared
from gateway.understand.openers.office.rtf import RTF
from tests.corpus import office
from tests.generated.rtf_readers import READERS, Reader, package_content

PAYLOAD = b"the harmless content that is to be found"
HELD = frozenset({"container.unreadable", "container.limit"})

Spelling = Callable[[random.Random, bytes, bytes], bytes]  # of the head's digits, and of those that follow


def _parameter(chance: random.Random, head: bytes, rest: bytes) -> bytes:
    sign = chance.choice([b"", b"-"])
    digits = bytes(chance.choices(b"0123456789", k=chance.choice([1, 1, 2, 3, 9, 10, 11, 240, 245, 246, 251, 300])))
    return sign + digits + chance.choice([b"", b" ", b"\r\n", b"{}", b"\\par "]) + head + rest


def _swallowing(chance: random.Random, head: bytes, rest: bytes) -> bytes:
    word = chance.choice([b"foo", b"par", b"b", b"ab", b"objdat", b"insrsid", b"cf"])
    digits = bytes(chance.choices(b"0123456789", k=chance.choice([0, 1, 2, 3, 250])))
    return b" " + head + b"\\" + word + chance.choice([b"", b"-"]) + digits + b" " + rest


def _escape(chance: random.Random, head: bytes, rest: bytes) -> bytes:
    extra = chance.choice([b"", b"a", b"7"])
    escapes = b"".join(b"\\'" + bytes(chance.choices(b"0123456789abcdefxz", k=2)) for _ in range(chance.randint(1, 4)))
    return b" " + head + extra + escapes + rest


def _spelt_by_escapes(chance: random.Random, head: bytes, rest: bytes) -> bytes:
    end = chance.randrange(0, min(len(rest), 60), 2)
    return b" " + head + b"".join(b"\\'" + rest[at : at + 2] for at in range(0, end, 2)) + rest[end:]


def _group(chance: random.Random, head: bytes, rest: bytes) -> bytes:
    digits = bytes(chance.choices(b"0123456789abcdef", k=chance.randint(0, 5)))
    word = chance.choice([b"\\*\\foo ", b"\\pict ", b"\\*\\pict ", b"\\fonttbl ", b"", b"\\*\\objclass ", b"\\par "])
    return b" " + head + b"{" + word + digits + b"}" + rest


def _regrouped(chance: random.Random, head: bytes, rest: bytes) -> bytes:
    word = chance.choice([b"", b"\\ud ", b"\\upr ", b"\\*\\ud ", b"\\foo "])
    return b" " + b"{" * (depth := chance.randint(1, 3)) + head + b"}" * depth + b"{" + word + rest + b"}"


def _binary(chance: random.Random, head: bytes, rest: bytes) -> bytes:
    octets = binascii.unhexlify(rest)
    count = chance.choice([len(octets), chance.randint(1, len(octets))])
    return b" " + head + b"\\bin%d " % count + octets[:count] + binascii.hexlify(octets[count:])


def _no_binary(chance: random.Random, head: bytes, rest: bytes) -> bytes:
    return b" " + head + chance.choice([b"\\bin ", b"\\bin0 ", b"\\bin-4 ", b"\\bin00 "]) + rest


def _again(chance: random.Random, head: bytes, rest: bytes) -> bytes:
    junk = bytes(chance.choices(b"0123456789abcdef", k=chance.randint(0, 9)))
    number = chance.choice([b" ", b"0", b"-1 ", b"17\r\n"])
    return b" " + junk + chance.choice([b"{\\*\\objdata", b"{\\objdata"]) + number + head + rest + b"}"


def _junk(chance: random.Random, head: bytes, rest: bytes) -> bytes:
    return b" " + head + bytes(chance.choices(b"xyzXYZ!?-_~\t\x0b\x0c\0\xa0;,.", k=chance.randint(1, 9))) + rest


def _nibble(chance: random.Random, head: bytes, rest: bytes) -> bytes:
    return chance.choice([b" ", b"\n"]) + head + rest + bytes(chance.choices(b"0123456789abcdef", k=1))


def _symbol(chance: random.Random, head: bytes, rest: bytes) -> bytes:
    return b" " + head + b"\\" + chance.choice([b"~", b"_", b"-", b"*", b"|", b"\n", b"\\", b"{", b"}"]) + rest


def _plain(chance: random.Random, head: bytes, rest: bytes) -> bytes:
    digits, width = head + rest, chance.randint(1, 200)
    lines = (digits[at : at + width] for at in range(0, len(digits), width))
    return chance.choice([b" ", b"\r\n", b"\t"]) + chance.choice([b"\r\n", b"\n", b" "]).join(lines)


SPELLINGS: Mapping[str, Spelling] = {
    "parameter": _parameter,
    "swallowing": _swallowing,
    "escape": _escape,
    "spelt_by_escapes": _spelt_by_escapes,
    "group": _group,
    "regrouped": _regrouped,
    "binary": _binary,
    "no_binary": _no_binary,
    "again": _again,
    "junk": _junk,
    "nibble": _nibble,
    "symbol": _symbol,
    "plain": _plain,
}


def generated(count: int, seed: int = 13) -> Iterator[tuple[str, bytes]]:
    """So many files, each with the names of its oddities; the same ones for a seed."""
    chance = random.Random(seed)
    names = list(SPELLINGS)
    for number in range(count):
        first = names[number % len(names)]
        used = [first, *chance.choices(names, k=chance.choice([0, 0, 1, 2]))]
        yield "+".join(used), _file(chance, used)


def _file(chance: random.Random, used: list[str]) -> bytes:
    name = chance.choice([b"a.txt", b"invoice.exe", b"x"])
    digits = binascii.hexlify(office.ole1(b"Package", office.package(PAYLOAD, name)))
    digits = digits.upper() if chance.random() < 0.3 else digits
    cut = chance.randrange(0, len(digits), chance.choice([1, 2, 2]))
    cut = cut // 2 * 2 if used[0] in {"binary", "spelt_by_escapes", "no_binary"} else cut
    body = SPELLINGS[used[0]](chance, digits[:cut], digits[cut:])
    for more in used[1:]:
        body = _add(chance, more, body)
    mark = chance.choice([b"{\\*\\objdata", b"{\\objdata"])
    around = chance.choice([b"{\\object\\objemb ", b"{\\object\\objocx{\\*\\objclass Package}", b"{"])
    return b"{\\rtf1\\ansi " + around + mark + body + b"}}}"


def _add(chance: random.Random, more: str, body: bytes) -> bytes:
    """Another oddity put somewhere into the digits."""
    places = [
        at for at in range(2, len(body) - 2) if body[at - 2 : at + 2].isalnum() and b"\\" not in body[at - 12 : at]
    ]
    if not places or more in {"parameter", "plain", "binary", "again", "regrouped", "spelt_by_escapes"}:
        return body
    at = chance.choice(places)
    return body[:at] + SPELLINGS[more](chance, b"", b"").strip(b" ") + b" " + body[at:]


def judges(*, rtfobj: bool) -> dict[str, Reader]:
    """The readers, and oletools' own where it is asked for."""
    return {**READERS, **({"rtfobj": _rtfobj()} if rtfobj else {})}


def _rtfobj() -> Reader:
    from oletools.rtfobj import RtfObjParser

    def read(content: bytes) -> Iterator[bytes]:
        parser = RtfObjParser(content)
        try:
            parser.parse()
        except Exception:  # noqa: BLE001 - what it finds before it breaks counts
            return
        yield from (one.rawdata for one in parser.objects if one.rawdata)

    return read


def opened_by(content: bytes, readers: dict[str, Reader]) -> list[str]:
    return [name for name, reader in readers.items() if any(package_content(one) == PAYLOAD for one in reader(content))]


def verdict(content: bytes) -> str:
    """ "found", "held" or "passes"."""
    if not RTF.fits(content, Declared()):
        return "passes"
    seen = list(RTF.open(content, Declared(), Budget(Allowance(), len(content))))
    if any(not isinstance(one, Defect) and one.content == PAYLOAD for one in seen):
        return "found"
    return "held" if any(isinstance(one, Defect) and one.code in HELD for one in seen) else "passes"


def tally(count: int, seed: int = 13, *, rtfobj: bool = False) -> tuple[Counter[str], list[tuple[str, bytes]]]:
    """Count the files that were made, opened by a judge, found, held and passed; return those that passed too."""
    counts: Counter[str] = Counter()
    passed = []
    readers = judges(rtfobj=rtfobj)
    for what, content in generated(count, seed):
        counts["files"] += 1
        by = opened_by(content, readers)
        counts.update(f"opened by {name}" for name in by)
        counts[f"{'opened' if by else 'not opened'}"] += 1
        result = verdict(content)
        counts[f"{'opened' if by else 'not opened'}, {result}"] += 1
        if by and result == "passes":
            passed.append((what, content))
    return counts, passed


def main() -> None:
    """Print the figures, and what passed by its oddities."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--count", type=int, default=10_000)
    arguments.add_argument("--seed", type=int, default=13)
    arguments.add_argument("--rtfobj", action="store_true")
    given = arguments.parse_args()
    counts, passed = tally(given.count, given.seed, rtfobj=given.rtfobj)
    for name, number in sorted(counts.items()):
        print(f"{number:8} {name}")
    for what, number in Counter(what for what, _ in passed).most_common(20):
        print(f"{number:8} passed: {what}")
    for what, content in passed[:3]:
        print(what, content[:400])


if __name__ == "__main__":
    main()
