"""Next hops' replies about recipients, kept for a while: a bounded cache in memory, one for each process.

The cache only keeps replies; it sends no command.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

from gateway.smtp.reply import Reply

#: Seconds that an acceptance is kept. A mailbox seldom disappears, and a message for one that did is refused or
#: reported later anyway.
ACCEPTED_SECONDS = 3600.0

#: Seconds that a refusal is kept. A new mailbox must work soon; a flood of guesses must not reach the next hop one by
#: one.
REFUSED_SECONDS = 300.0

#: Seconds that a temporary failure is kept: the next hop is asked again soon, yet not for every recipient of every
#: session.
TROUBLE_SECONDS = 5.0

#: The most recipients remembered: some 30 MB at most.
MAX_VERDICTS = 100_000


class RecipientCache:
    """Replies by key, each with its own end. The oldest are dropped when there are too many."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._kept: dict[Hashable, tuple[float, Reply]] = {}

    def get(self, key: Hashable) -> Reply | None:
        until, reply = self._kept.get(key, (0.0, None))
        if reply is not None and until <= self._monotonic():
            del self._kept[key]
            return None
        return reply

    def put(self, key: Hashable, reply: Reply) -> None:
        seconds = ACCEPTED_SECONDS if reply.ok else REFUSED_SECONDS if reply.permanent else TROUBLE_SECONDS
        self._kept.pop(key, None)  # so that the new reply stands last
        self._kept[key] = (self._monotonic() + seconds, reply)
        if len(self._kept) > MAX_VERDICTS:
            del self._kept[next(iter(self._kept))]
