"""The whole tree of a message, built from its map and the results of opening it. Pure; it judges nothing.

The results come from a process in which hostile content ran: nothing in them can keep this module busy without end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from gateway.message.mime.parse import parse
from gateway.message.model import Message
from gateway.message.part import Part
from gateway.understand.inspected_part import InspectedPart, InvalidReply

#: The type of a file whose container doesn't declare one (RFC 2046 4.5.1).
UNDECLARED = "application/octet-stream"

#: Containers inside one another: far more than a budget allows.
MAX_DEPTH = 100

#: Parts of nested messages beyond those that were reported: a few messages whose parts the budget did not reach.
UNSEEN_PARTS = 20_000


class _Growth:
    def __init__(self, inspected: Iterable[InspectedPart], rest: Callable[[], None]) -> None:
        self._rest = rest
        self._facts: dict[str, InspectedPart] = {}
        self._inside: dict[str, list[InspectedPart]] = defaultdict(list)
        for one in inspected:
            rest()
            before = self._facts.get(one.path)
            self._facts[one.path] = replace(before, defects=(*before.defects, *one.defects)) if before else one
            if one.container and before is None:
                self._inside[one.container].append(one)
        self._parts_left = len(self._facts) + UNSEEN_PARTS
        self._depth = 0

    def entity(self, message: Message) -> Part:
        """Return the root of a message or entity, with everything below it.

        A message's parts list children behind their parents.
        """
        grown: dict[str, Part] = {}
        for part in reversed(message.parts):
            grown[part.path] = self._grown(part, [grown[child.path] for child in part.children])
        return grown[message.root.path]

    def _grown(self, part: Part, children: Sequence[Part]) -> Part:
        seen = self._facts.get(part.path)
        unpacked = tuple(map(self._unpacked, self._inside.get(part.path, ())))
        return part.seen(
            true_type=seen.true_type if seen else "",
            defects=tuple(replace(one, offset=part.header_start) for one in seen.defects) if seen else (),
            children=tuple(children),
            unpacked=unpacked,
            passages=seen.passages if seen else (),  # a part that the walk did not reach is unread, and never read here
        )

    def _unpacked(self, one: InspectedPart) -> Part:
        if self._depth >= MAX_DEPTH:
            raise InvalidReply(f"containers are reported more than {MAX_DEPTH} deep")
        self._depth += 1
        self._rest()
        if one.is_entity:
            inside: tuple[Part, ...] = (self._nested(one),)
        else:
            inside = tuple(map(self._unpacked, self._inside.get(one.path, ())))
        self._depth -= 1
        return Part(
            raw=one.content,
            path=one.path,
            headers=(),
            header_start=0,
            body_start=0,
            end=len(one.content),
            content_type=one.media_type or UNDECLARED,
            encoding="binary",
            structure_defects=one.defects,
            unpacked=inside,
            given_names=one.names,
            true_type=one.true_type,
            passages=one.passages,
        )

    def _nested(self, one: InspectedPart) -> Part:
        message = parse(one.content, f"{one.path}/1")
        self._parts_left -= len(message.parts)
        if self._parts_left < 0:
            raise InvalidReply("more parts of messages are reported than were examined")
        return self.entity(message)


def grown(message: Message, inspected: Iterable[InspectedPart], rest: Callable[[], None] = lambda: None) -> Message:
    """Return the message with the results of opening it; `rest` is called after each part.

    Raises InvalidReply where no walk can have given such results.
    """
    root = _Growth(inspected, rest).entity(message)
    return Message(message.raw, root, tuple(_in_order(root)))


def _in_order(root: Part) -> Iterable[Part]:
    waiting = [root]
    while waiting:
        part = waiting.pop()
        yield part
        waiting += reversed((*part.children, *part.unpacked))
