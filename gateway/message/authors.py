"""The addresses of `From:`, read only where no other program can read others.

A field that is not plain has no authors at all. Groups, source routes, domain literals, bare words that look like
addresses and anything unbalanced are not plain (RFC 5322 3.4, 4.4): mail programs disagree about them, and a forger
picks the one that is fooled.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from gateway.message.header.addresses import address_key, ascii_domain
from gateway.message.header.field import Header

#: Characters of one field that are read, and addresses in all. Real mail has one address, seldom two.
MAX_CHARACTERS = 8192
MAX_AUTHORS = 20

_TOKEN = re.compile(r'(?P<quoted>"(?:[^"\\]|\\.)*+")|(?P<blank>\s++)|(?P<atom>[^\s"()<>,;:\\\[\]]++)|(?P<mark>.)', re.S)
_ADDRESS = re.compile(r'(?P<local>[^\s"@]++|"(?:[^"\\]|\\.)*+")@(?P<domain>[^\s"@]++)', re.S)

#: Characters that some programs take for the end of a local part. The local part is searched in NFKC, so their width
#: doesn't matter.
_MISLEADING = re.compile(r"[@\x00-\x1f\x7f]")


class _NotPlain(ValueError):
    """The field can be read in more than one way, or in none."""


def authors(fields: Iterable[Header]) -> tuple[str, ...]:
    """Return every address of these From fields, each once; () where a field is not plain, or where there is none."""
    try:
        found = [address for field in fields for address in _addresses(field.text)]
    except _NotPlain:
        return ()
    unique = tuple({address_key(address): address for address in found}.values())
    return unique if len(unique) <= MAX_AUTHORS else ()


def domain_of(address: str) -> str:
    """Return an address's domain, in ASCII and lower case."""
    return ascii_domain(address.rpartition("@")[2])


def _addresses(text: str) -> Iterator[str]:
    if len(text) > MAX_CHARACTERS:
        raise _NotPlain
    mailbox: list[tuple[str, str]] = []
    for kind, token in [*_without_comments(text), ("mark", ",")]:
        if (kind, token) != ("mark", ","):
            mailbox.append((kind, token))
            continue
        if any(one != "blank" for one, _ in mailbox):
            yield _address(mailbox)
        mailbox = []


def _without_comments(text: str) -> Iterator[tuple[str, str]]:
    """Yield the tokens outside comments, which nest (RFC 5322 3.2.2); a comment separates as a blank does."""
    depth = 0
    for match in _TOKEN.finditer(text):
        kind, piece = str(match.lastgroup), match[0]
        if piece in ("(", ")"):
            depth += 1 if piece == "(" else -1
            if depth < 0:
                raise _NotPlain
            yield "blank", " "
        elif piece == "\\" or (depth and kind == "quoted"):
            raise _NotPlain  # programs disagree about the comment's end
        elif not depth:
            yield kind, piece
    if depth:
        raise _NotPlain


def _address(mailbox: Sequence[tuple[str, str]]) -> str:
    """Return the address of a mailbox: `local@domain`, or words before `<local@domain>`.

    Raises _NotPlain for any other mailbox.
    """
    marks = [token for kind, token in mailbox if kind == "mark"]
    if marks not in ([], ["<", ">"]):
        raise _NotPlain
    kinds = [kind for kind, _ in mailbox]
    tokens = [token for _, token in mailbox]
    if marks:
        start, end = tokens.index("<"), tokens.index(">")
        words = zip(kinds[:start], tokens[:start], strict=True)
        if any(kind == "atom" and "@" in token for kind, token in words) or "".join(tokens[end + 1 :]).strip():
            raise _NotPlain
        tokens = tokens[start + 1 : end]
    match = _ADDRESS.fullmatch("".join(tokens).strip())
    domain = ascii_domain(match["domain"]) if match else ""
    if match is None or not domain or _MISLEADING.search(unicodedata.normalize("NFKC", match["local"]).strip('"')):
        raise _NotPlain
    return f"{match['local']}@{match['domain']}"
