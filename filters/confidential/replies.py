"""Replies and forwarded messages: the prefixes of subjects, and who wrote what a reply quotes. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence

from gateway.message import Message, message_ids, sender_of

#: Lines of a quotation, and characters of each, in which its writer is looked for.
MAX_ABOVE, MAX_LINE_ABOVE = 10, 400
#: Prefixes that are skipped at the beginning of a subject.
MAX_PREFIXES = 20

#: A line such as `From: Kim`, and the end of a sentence such as `On Monday, Kim <kim@…> wrote:`.
_FIELD = re.compile(r"\W{0,10}[^\W\d_][\w -]{0,20}:\s")
_WROTE = re.compile(
    r"(?:[>)\]]|@[\w.-]+|(?<![^\W_])(?:wrote|writes|schrieb|geschrieben|\u00e9crit|escribi\u00f3|scritto|schreef"
    r"|geschreven|napisa\u0142a?|pisze|skrev|skriver|escreveu|kirjoitti|\u00edrta|scris))\s?:$",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[^\s<>()\[\]:;,\"@]{1,64}@[\w.-]{1,255}")


class Prefixes:
    """Prefixes that mail programs put before the subject of a reply and of a forwarded message."""

    def __init__(self, replies: Collection[str], forwards: Collection[str]) -> None:
        self._forwards = frozenset(one.casefold() for one in forwards)
        words = sorted({*(one.casefold() for one in replies), *self._forwards}, key=len, reverse=True)
        self._pattern = re.compile(
            rf"\s*+({'|'.join(map(re.escape, words))})(?:\[\d{{1,3}}\])?\s?[:\uff1a]", re.IGNORECASE
        )

    def read(self, subject: str) -> tuple[str, str]:
        """Return the outermost prefix ("reply", "forward" or ""), and the subject without prefixes."""
        at, kind = 0, ""
        for _ in range(MAX_PREFIXES):
            found = self._pattern.match(subject, at)
            if not found:
                break
            kind = kind or ("forward" if found[1].casefold() in self._forwards else "reply")
            at = found.end()
        return kind, subject[at:].strip()


def answers_outsider(message: Message, is_ours: Callable[[str], bool], names_ours: Callable[[str], bool]) -> bool:
    """Return whether a message answers one from outside, so that what it quotes came from there.

    Its quotation says who wrote it. Where it doesn't, To and the Message-ID of what is answered must be of outside. A
    line that no mail program writes, or that the Message-ID belies, frees nothing; nor does one with a name of ours.
    """
    thread = [one for name in ("references", "in-reply-to") for one in message_ids(" ".join(message.all(name)))]
    if not thread:
        return False
    answers_ours = is_ours(thread[-1])
    if above := next(filter(None, (_above(one.text) for one in message.view.of("quoted"))), None):
        addresses = [address for line in above for address in _ADDRESS.findall(line)]
        is_sentence = above[-1].endswith(":")
        if (is_sentence or not addresses) and names_ours(" ".join(above if is_sentence else above[:1])):
            return False
        if addresses:
            by_hand = is_sentence and not _WROTE.search(above[-1])
            belied = answers_ours and not is_ours(addresses[0])
            return not (by_hand or belied or all(map(is_ours, addresses)))
    to = _to(message)
    return not answers_ours and not (to and all(map(is_ours, to)))


def _above(quotation: str) -> list[str]:
    """Return the lines that say who wrote a quotation, and to whom: a sentence with a colon, or a message's fields."""
    lines = [line[:MAX_LINE_ABOVE] for line in quotation.split("\n\n", 1)[0].split("\n", MAX_ABOVE)[:MAX_ABOVE]]
    said = next((at for at, line in enumerate(lines) if line.endswith(":") and " " in line), None)
    return lines[: said + 1] if said is not None else [line for line in lines if _FIELD.match(line)]


def _to(message: Message) -> Sequence[str]:
    return sender_of(message.root.fields("to")).addresses
