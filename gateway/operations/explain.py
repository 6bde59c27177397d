"""The command `mailwarden explain`: the real chain and policy on a stored message.

This module reads the files, and makes the envelope that a message without one would have had. It sends, changes,
counts, learns and defers nothing.
"""

from __future__ import annotations

import inspect
import mailbox
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from email.utils import getaddresses
from functools import partial
from pathlib import Path
from typing import Any

from gateway.act.records import direction_of
from gateway.assemble.judge import asks_language_model, build_judge
from gateway.assemble.services import build_language_model, build_ledger_keys, build_services, build_services_on
from gateway.assemble.understand import build_examiner, build_pool
from gateway.contract import Client, Clock, Direction, Envelope, Filter, Mail, Recipient
from gateway.directory.lookup import KnownDirectory
from gateway.judge.describe import action_of, action_of_message, describe_finding
from gateway.judge.judgement import Judge, Judgement
from gateway.language_model.process_model import ProcessModel
from gateway.message.edits import describe
from gateway.message.mime.newlines import normalise_newlines
from gateway.message.model import Message
from gateway.message.part import Part
from gateway.remember.store import Store
from gateway.services.clock import SystemClock
from gateway.services.message_ids import new_id
from gateway.settings.models import Settings
from gateway.smtp.path import split_address
from gateway.understand.examiner import Examiner, read_message


class Unusable(ValueError):
    """A path that can't be read as mail."""


@dataclass(frozen=True, slots=True)
class Source:
    """One message and the name that it is shown by. It is read when its turn comes: a folder may hold thousands."""

    name: str
    read: Callable[[], bytes]

    def content(self) -> bytes:
        """Read the message and return its octets with CRLF line ends. Raises Unusable."""
        try:
            return normalise_newlines(self.read())
        except OSError as error:
            raise Unusable(f"{self.name}: {error.strerror}") from error


@dataclass(frozen=True, slots=True)
class Assumed:
    """The parts of the envelope that the person states. The others are taken from the header."""

    mail_from: str | None = None
    recipients: tuple[str, ...] = ()
    direction: Direction | None = None


@dataclass(frozen=True, slots=True)
class Explained:
    """One message explained: the JSON object, and each version that would be relayed, with its recipients."""

    report: dict[str, Any]
    rendered: Mapping[bytes, tuple[str, ...]]


def sources(path: str) -> Iterator[Source]:
    """Yield the messages at a path: a file, an mbox, a folder (`*.eml`, recursively) or `-`. Raises Unusable."""
    if path == "-":
        yield Source("-", sys.stdin.buffer.read)
        return
    place = Path(path)
    if place.is_dir():
        yield from (Source(str(file), file.read_bytes) for file in sorted(place.rglob("*.eml")) if file.is_file())
    elif _is_mbox(place):
        yield from _mbox(path)
    else:
        yield Source(path, place.read_bytes)


def _is_mbox(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(5) == b"From "
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror}") from error


def _mbox(path: str) -> Iterator[Source]:
    box = mailbox.mbox(path, create=False)
    keys = box.keys()
    for number, key in enumerate(keys, 1):
        name = path if len(keys) == 1 else f"{path}#{number}"
        yield Source(name, partial(box.get_bytes, key))


class Explainer:
    """The judgement of stored messages under one configuration."""

    def __init__(
        self,
        settings: Settings,
        examiner: Examiner,
        judge: Judge,
        ours: KnownDirectory,
        clock: Clock,
        *,
        remembers: bool = False,
        model: ProcessModel | None = None,
    ) -> None:
        """Set up the explainer. `remembers`: the judge's filters have the gateway's memory of correspondents.

        `model` is the language model that they may ask.
        """
        self._settings = settings
        self._examiner = examiner
        self._judge = judge
        self._ours = ours
        self._clock = clock
        self._remembers = remembers
        self._model = model if asks_language_model(settings) else None

    async def explain(self, source: Source, assumed: Assumed, mail: Mail | None = None) -> Explained:
        """Judge a message and explain the result.

        `mail` has the facts of a held message. Without it the facts are made up from the header and `assumed`.
        """
        began = self._clock.monotonic()
        mail, judgement = await self.judged(mail or await self.assumed_mail(source.content(), assumed))
        ms = (self._clock.monotonic() - began) * 1000
        report = self._report(source.name, mail, judgement, list(map(_part, mail.message.parts)), ms)
        report["notes"] = [*self._about_envelope(mail, assumed), *self._not_asked(mail)]
        copies = () if judgement.verdict.deferred_by else judgement.copies
        rendered: dict[bytes, tuple[str, ...]] = {}
        for copy in copies:
            rendered[copy.content] = (*rendered.get(copy.content, ()), *(r.address for r in copy.recipients))
        return Explained(report, rendered)

    async def judged(self, mail: Mail) -> tuple[Mail, Judgement]:
        """Examine and judge a message; return it as examined."""
        examined = await self._examiner.examine(mail, verify=False)
        judgement = await self._judge.judge(
            examined.mail,
            on_entry=examined.on_entry,
            after_queue=any(x.after_queue for x in self._settings.listeners if x.name == mail.listener),
        )
        return examined.mail, judgement

    # --- the facts ---------------------------------------------------------------------------------------------------

    async def assumed_mail(self, content: bytes, assumed: Assumed) -> Mail:
        """Return a stored message with the facts that its header and `assumed` give."""
        return self._mail(await read_message(content), assumed)

    def _mail(self, message: Message, assumed: Assumed) -> Mail:
        sender = assumed.mail_from if assumed.mail_from is not None else _sender(message)
        recipients = self._recipients(message, sender, assumed)
        listener = self._listener(recipients[0].direction)
        client = Client(address="", trusted=recipients[0].direction != "inbound")
        return Mail(new_id(), self._clock.now(), listener, client, Envelope(sender, recipients), message)

    def _recipients(self, message: Message, sender: str, assumed: Assumed) -> tuple[Recipient, ...]:
        addresses = assumed.recipients or tuple(dict.fromkeys(_addresses(message, "to") + _addresses(message, "cc")))
        addresses = addresses or (f"postmaster@{self._settings.organisation.domains[0].removeprefix('.')}",)
        if assumed.direction:
            return tuple(Recipient(a, assumed.direction) for a in addresses)
        if self._ours.is_ours(sender):
            return tuple(Recipient(a, "internal" if self._ours.is_ours(a) else "outbound") for a in addresses)
        inbound = tuple(a for a in addresses if self._ours.is_ours(a)) or addresses
        return tuple(Recipient(a, "inbound") for a in inbound)

    def _not_asked(self, mail: Mail) -> Iterator[str]:
        """Yield a sentence on each look-up that the gateway would have made for inbound mail and this report lacks.

        A look-up counts where the configuration uses it.
        """
        if all(r.direction != "inbound" for r in mail.envelope.recipients):
            return
        if self._settings.authentication.verify:
            yield (
                "The DNS was not asked: nothing is proven about the sender in this report, so findings and exemptions "
                "that rest on SPF, DKIM and DMARC may differ from the gateway's. `mailwarden dkim verify FILE` asks it."
            )
        chain = [one for one in self._settings.filters if one.mode != "off" and "inbound" in one.directions]
        asking = ", ".join(one.name for one in chain if _asks_memory(one.cls))
        if asking and not self._remembers:
            yield f"The memory of correspondents was not asked ({asking}): in this report every sender is a stranger."

    def _about_envelope(self, mail: Mail, assumed: Assumed) -> list[str]:
        """Return sentences on what a person may have overlooked about the envelope."""
        addresses = (mail.envelope.mail_from, *(r.address for r in mail.envelope.recipients))
        if assumed.direction or any(map(self._ours.is_ours, addresses)):
            return []
        domains = ", ".join(self._settings.organisation.domains)
        return [
            f"No address in it is at a domain of yours ({domains}): it is judged as inbound mail. --from, --to and "
            "--direction say otherwise."
        ]

    def _listener(self, direction: Direction) -> str:
        wanted = "inbound" if direction == "inbound" else "outbound"
        listeners = self._settings.listeners
        return next((x.name for x in listeners if x.direction in (wanted, "auto")), listeners[0].name)

    # --- the report --------------------------------------------------------------------------------------------------

    def _report(
        self, path: str, mail: Mail, judgement: Judgement, parts: Sequence[dict[str, Any]], ms: float
    ) -> dict[str, Any]:
        verdict = judgement.verdict
        edits = dict.fromkeys(e for copy in judgement.copies for e in copy.edits)
        return {
            "path": path,
            "id": mail.id,
            "direction": direction_of(mail.envelope.recipients),
            "from": mail.envelope.mail_from,
            "recipients": [
                {"address": d.recipient.address, "direction": d.recipient.direction, "action": action_of(d, verdict)}
                for d in verdict.decisions
            ],
            "action": action_of_message(verdict),
            "findings": [describe_finding(j) for j in verdict.judged],
            "parts": list(parts),
            "edits": [describe(e) for e in edits],
            "language_model": self._model.account(mail.message) if self._model else None,
            "ms": round(ms, 1),
        }


def _asks_memory(filter_class: type[Filter]) -> bool:
    """Return whether a filter uses the memory of correspondents: whether its constructor has that parameter."""
    return "correspondents" in inspect.signature(filter_class).parameters


def _part(part: Part) -> dict[str, Any]:
    return {
        "path": part.path,
        "type": part.content_type,
        "true_type": part.true_type or None,
        "names": list(part.names),
        "bytes": len(part.decoded) if part.is_leaf else len(part.body),
        "defects": [{"code": d.code, "what": d.what, "offset": d.offset} for d in part.defects],
    }


@asynccontextmanager
async def explaining(
    settings: Settings,
    store: Store | None = None,
    directory: KnownDirectory | None = None,
    shared: ProcessModel | None = None,
) -> AsyncIterator[Explainer]:
    """Yield an explainer with a sandbox and a language model of its own; it needs neither data_dir nor store.

    With a store the filters ask its memories, and write nothing. `directory` replaces the one of `data_dir`, and
    `shared`, which the caller closes, the language model.
    """
    clock = SystemClock()
    pool = build_pool(settings, processes=1)
    model = shared or build_language_model(settings, quiet=True)
    if store is None:
        given = build_services(settings, clock, language_model=model)
    else:
        keys = build_ledger_keys(settings, quiet=True)
        given = build_services_on(store, settings, clock, keys, quiet=True, language_model=model)
    given = replace(given, directory=directory or given.directory)
    try:
        examiner = build_examiner(settings, pool, resolver=None)
        judge, remembers = build_judge(settings, given), store is not None
        yield Explainer(settings, examiner, judge, given.directory, clock, remembers=remembers, model=model)
    finally:
        await pool.close()
        if shared is None:
            await model.close()


def _sender(message: Message) -> str:
    """Return the address in Return-Path, which may be null, else the first in From."""
    path = message.header("return-path")
    if path is not None:
        return path.strip().removeprefix("<").removesuffix(">")
    return next(iter(_addresses(message, "from")), "")


def _addresses(message: Message, name: str) -> tuple[str, ...]:
    found = (address for _, address in getaddresses(list(message.all(name))))
    return tuple(a for a in found if split_address(a)[1] and a.isprintable())
