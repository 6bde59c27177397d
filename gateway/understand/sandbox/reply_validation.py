"""Validation of a sandbox process's answers about one message: hostile content may answer in its place."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Any

from gateway.message.passage import Passage
from gateway.understand.budget import Allowance
from gateway.understand.inspected_part import InspectedPart, InvalidReply, of_header
from gateway.understand.sandbox.passage_frames import MAX_TEXT_BYTES, PASSAGE_BYTES, of_frame


class ReplyValidator:
    """The answers about one message; their parts are added to `seen`."""

    def __init__(self, seen: list[InspectedPart], allowance: Allowance, message_bytes: int) -> None:
        self._seen = seen
        self._octets_left = allowance.bytes + message_bytes * 2
        self._text_left = MAX_TEXT_BYTES
        self._entries_left = allowance.entries * 2 + 10_000
        self._paths: set[str] = set()
        self._read: defaultdict[str, list[Passage]] = defaultdict(list)  # of parts whose own answer comes later

    @property
    def most_bytes(self) -> int:
        """Most octets that the content of the next answer may have."""
        return max(self._octets_left, self._text_left, 0)

    def enter(self, header: dict[str, Any], content: bytes) -> None:
        """Check one answer and add it. Raises InvalidReply."""
        if "passage" in header:
            self._enter_passage(header, content)
            return
        one = of_header(header, content)
        self._octets_left -= len(content) + sum(map(len, one.names))
        self._entries_left -= 1
        if self._entries_left < 0 or self._octets_left < 0:
            raise InvalidReply("the sandbox reports more than its budget allows")
        if one.path in self._paths:
            raise InvalidReply("the sandbox reports two parts with one path")
        self._paths.add(one.path)
        passages = self._read.pop(one.path, None)
        self._seen.append(replace(one, passages=tuple(passages)) if passages else one)

    def _enter_passage(self, header: dict[str, Any], content: bytes) -> None:
        self._text_left -= len(content) + PASSAGE_BYTES
        if self._text_left < 0:
            raise InvalidReply("the sandbox reports more text than its budget allows")
        passage = of_frame(header, content)
        self._read[passage.part].append(passage)
