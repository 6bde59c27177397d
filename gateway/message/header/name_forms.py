"""The forms that a file name may have on a disk: lower case, without invisible characters, decoded, cut, taken apart.

A rule about names holds if it holds for any of the forms. Pure, linear in the name's length, and never more than
`MAX_FORMS` forms. The module knows no list of extensions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html.entities import html5
from unicodedata import normalize

#: Characters (and octets) of a name that file systems keep: some programs cut longer names there.
MAX_NAME = 255

#: Pieces of one name, counted from both its ends, that are looked at: a name has one colon or NUL, if any.
MAX_PIECES = 8

#: Forms of one name; an ordinary one has a single form.
MAX_FORMS = 64

#: Characters that are normalised at a time: `normalize` is quadratic in a run of combining marks.
_CHUNK = 64

#: Invisible characters: the Default_Ignorable_Code_Points of Unicode (DerivedCoreProperties.txt), marks of direction
#: and tags among them; interlinear annotations; controls except NUL and those that are blanks.
INVISIBLE = re.compile(
    "[\x01-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]++"
)
#: Dots and blanks, which Windows drops from a name's end; `normalised` has made the other blanks of Unicode these.
DROPPED = ". \t\n\x0b\x0c\r\x1c\x1d\x1e\x1f\x85\u1680\u2028\u2029"

#: Replacement for the id of a class in an extension's place (".{ECF03A32-103D-…}"): Windows opens such a file with the
#: program that has registered the class.
CLSID = "{clsid}"
_CLSID = re.compile(r"\{[0-9a-f-]{8,}\}")

#: Names that have one form whatever a program does: a path in printable ASCII without marks that any encoding uses.
PLAIN = re.compile(r"[\w !#$()+,@\[\]^`{}~.\-]{1,255}(?:/[\w !#$()+,@\[\]^`{}~.\-]{1,255})*", re.ASCII)
_DROPPED_INSIDE = re.compile(r"[. ]/")

_ALIKE = str.maketrans(
    {
        "\\": "/",
        "\N{DIVISION SLASH}": "/",
        "\N{FRACTION SLASH}": "/",
        "\N{BIG SOLIDUS}": "/",
        "\N{SET MINUS}": "/",
        "\N{REVERSE SOLIDUS OPERATOR}": "/",
        "\N{BIG REVERSE SOLIDUS}": "/",
        "\N{IDEOGRAPHIC FULL STOP}": ".",  # IDNA's dots; NFKC makes a full stop of the others
        "\N{BRAILLE PATTERN BLANK}": " ",
        "\N{LATIN SMALL LETTER DOTLESS I}": "i",
    }
)
_PERCENT = re.compile(r"(?:%[0-9a-f]{2})+")
_QUOTED = re.compile(r"(?:=[0-9a-f]{2})+")
_ENTITY = re.compile(r"&(?:#x0{0,8}([0-9a-f]{1,6})|#0{0,8}([0-9]{1,7})|([a-z]{2,31}));?")
_COLON = re.compile(r":(?!\s)")
_AROUND = "\"'<>;`\u2018\u2019\u201c\u201d"


def name_forms(name: str) -> tuple[str, ...]:
    """Return every form, normalised, with its folders (by "/"); the name's own form first.

    A name of dots and blanks alone has no form.
    """
    if PLAIN.fullmatch(name) and not _DROPPED_INSIDE.search(name):
        plain = name.lower().rstrip(DROPPED)
        return (plain,) if plain else ()
    forms: dict[str, None] = {}
    for form in _forms(name):
        forms[form] = None
        if len(forms) == MAX_FORMS:
            break
    return tuple(forms)


def normalised(name: str) -> str:
    """Return the name in NFKC and lower case, "/" for every slash, "." for every full stop, nothing invisible."""
    chunks = (name[at : at + _CHUNK] for at in range(0, len(name), _CHUNK))
    composed = "".join(normalize("NFKC", INVISIBLE.sub("", chunk)) for chunk in chunks)
    return composed.translate(_ALIKE).casefold().replace("i\u0307", "i")  # U+0130 folds to two characters


def extension_of(form: str) -> str:
    """Return the end of a form behind its last dot; "" without a dot; CLSID for the id of a class of Windows."""
    last = last_segment(form).rstrip(DROPPED)
    end = last.rpartition(".")[2] if "." in last else ""
    return CLSID if end.startswith("{") and _CLSID.fullmatch(end) else end


def extensions_of(names: Iterable[str]) -> frozenset[str]:
    """Return the extensions of all forms of these names, without the dot; "" stands for a form that has none."""
    return frozenset(extension_of(form) for name in names for form in name_forms(name))


def last_segment(form: str) -> str:
    """Return the file's name in a normalised path."""
    return form.rstrip(DROPPED + "/").rpartition("/")[2]


def _forms(name: str) -> Iterator[str]:
    text = normalised(name)
    for decoded in dict.fromkeys((text, *decoded_forms(text))):
        for whole in _without_nul(decoded):
            folders, file = _path(whole)
            for piece in _cut(_pieces(file)):
                yield f"{folders}/{piece}" if folders else piece


def decoded_forms(text: str) -> Iterator[str]:
    """Yield the text with each encoding undone once: percent signs, character references, quoted-printable."""
    if "%" in text:
        yield normalised(_PERCENT.sub(lambda run: _octets(run[0].replace("%", "")), text))
    if "&" in text:
        yield normalised(_ENTITY.sub(_character, text))
    if "=" in text:
        yield normalised(_QUOTED.sub(lambda run: _octets(run[0].replace("=", "")), text))


def _octets(digits: str) -> str:
    octets = bytes.fromhex(digits)
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def _character(entity: re.Match[str]) -> str:
    if entity[3]:
        return html5.get(f"{entity[3]};", entity[0])
    number = int(entity[1], 16) if entity[1] else int(entity[2])
    return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else entity[0]


def _without_nul(text: str) -> Iterable[str]:
    """Return the readings of a text with NULs: some programs end the name at a NUL, others skip it."""
    if "\0" not in text:
        return (text,)
    return (text.replace("\0", ""), *_ends(text.split("\0")))


def _ends(pieces: list[str]) -> list[str]:
    return pieces if len(pieces) <= 2 * MAX_PIECES else [*pieces[:MAX_PIECES], *pieces[-MAX_PIECES:]]


def _path(text: str) -> tuple[str, str]:
    """Return folders and file, each without the dots and blanks at its end, and without "." and ".."."""
    *folders, file = [kept for one in text.split("/") if (kept := one.rstrip(DROPPED))] or [""]
    return "/".join(folders), file


def _pieces(file: str) -> Iterator[str]:
    """Yield the whole name and each side of a colon (a stream of NTFS, or a drive), with and without quotes around.

    A colon with a blank behind it is punctuation: "Your order at example.com: thank you.eml".
    """
    sides = _ends(_COLON.split(file)) if ":" in file else []
    for piece in (file, *sides):
        yield piece.rstrip(DROPPED)
        yield piece.strip(_AROUND + DROPPED) if piece.strip(DROPPED)[:1] in _AROUND else piece.rstrip(_AROUND + DROPPED)


def _cut(pieces: Iterable[str]) -> Iterator[str]:
    """Yield each piece, and its beginning where a file system takes no longer names."""
    for piece in pieces:
        if piece:
            yield piece
        if len(piece) > MAX_NAME:
            yield piece[:MAX_NAME].rstrip(DROPPED)
        if len(piece) > MAX_NAME // 4 and len(octets := piece.encode("utf-8", "replace")) > MAX_NAME:
            yield octets[:MAX_NAME].decode("utf-8", "ignore").rstrip(DROPPED)
