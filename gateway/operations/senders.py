"""Operator commands that block or allow the sender of a held message, for good: rules in a file of their own.

A reviewer chooses a message; the gateway makes the rule and writes it. No text of the reviewer's but the reason comes
into the file. The whole configuration is checked with the new rule before the file is written; then it is reloaded.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from gateway import app
from gateway.act.local_time import local_time
from gateway.act.release.held_mail import mail_of
from gateway.app import Components
from gateway.assemble.act import build_release_rules
from gateway.contract import Action, Actor, HistoryRow, Mail, Refused, operation, says_something
from gateway.control.vocabulary import SENDERS
from gateway.judge.codes import POISON, VIRUS
from gateway.matching.counterparties import FREE_MAIL, Counterparties
from gateway.message.header.addresses import address_key
from gateway.operations.supervisor_channel import Channel
from gateway.remember.database.errors import NotHeld
from gateway.remember.records import HeldMessage
from gateway.settings.models import Settings
from gateway.settings.senders import SenderRule, as_yaml, file_of
from gateway.settings.yaml.problems import ConfigurationError
from gateway.smtp.path import split_address
from gateway.understand.authentication.public_suffixes import suffixes
from gateway.understand.examiner import read_message

#: The act that makes each kind of rule.
_MADE: Mapping[str, Action] = {"block": "block_sender", "allow": "allow_sender"}
#: Most rules; all of them are read at each reload, and compared with each message.
MOST_RULES = 5_000
#: Most authors of a message about whom rules are made; a message that names more was made to fill the file.
MOST_AUTHORS = 5
#: Mailbox providers, and services that send for strangers, whatever the chain lists: nobody blocks a whole one.
_FREE_MAIL = Counterparties(FREE_MAIL)

_OFF = (
    "the configuration doesn't let reviewers block or allow senders: an administrator names a file in "
    "`sender_rules_file` of gateway.yaml"
)
_OF_SCANNER = (
    "for {codes} no sender is blocked or allowed: such mail is found whoever sends it, and its sender is often forged"
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A rule that could be made about the sender of a message, and a sentence on its effect."""

    rules: tuple[SenderRule, ...]
    sentence: str


class SenderOperations:
    """Answers to `senders.*`."""

    def __init__(self, parts: Components, supervisor: Channel | None) -> None:
        self._parts = parts
        self._release_rules = build_release_rules(parts.settings)
        self._supervisor = supervisor  # None: no gateway is running

    @operation("senders.propose", "reviewer", "administrator")
    async def _propose(
        self, actor: Actor, id: str, rule: str, domain: bool = False, reason: str = ""
    ) -> dict[str, Any]:
        """Return the rules that would be made about the sender of a message, and what they would do.

        Without a reason the rules lack that line: it isn't given yet.
        """
        proposal = await self._proposal(actor, id, rule, _one_line(reason), domain=domain)
        return {**self._shown(proposal), "id": id}

    @operation("senders.add", "reviewer", "administrator")
    async def _add(self, actor: Actor, id: str, rule: str, reason: str, domain: bool = False) -> dict[str, Any]:
        """Make the rules, on record, and reload the configuration."""
        if not says_something(reason):
            raise Refused("--reason must say why")
        proposal = await self._proposal(actor, id, rule, _one_line(reason), domain=domain)
        senders = ", ".join(one.sender for one in proposal.rules)
        row = HistoryRow(id, self._parts.clock.now(), actor.name, _MADE[rule], f"{senders}: {reason}")
        said = await self._change(lambda rules: [*rules, *proposal.rules], row)
        return {**self._shown(proposal), "id": id, "reload": said}

    @operation("senders.list", "reviewer", "approver", "administrator")
    async def _list(self, _: Actor) -> list[dict[str, Any]]:
        return [rule.model_dump() for rule in self._parts.settings.senders]

    @operation("senders.remove", "reviewer", "administrator")
    async def _remove(self, actor: Actor, sender: str, reason: str) -> dict[str, Any]:
        """Remove every rule about an address or `@domain`, on record, and reload the configuration."""
        if not says_something(reason):
            raise Refused("--reason must say why")
        wanted = address_key(sender)
        gone = [rule for rule in self._parts.settings.senders if address_key(rule.sender) == wanted]
        if not gone:
            raise Refused(f"there is no rule about {sender}: `mailwarden quarantine senders` lists them")
        row = HistoryRow(SENDERS, self._parts.clock.now(), actor.name, "forget_sender", f"{sender}: {reason}")
        said = await self._change(lambda rules: [one for one in rules if address_key(one.sender) != wanted], row)
        return {"removed": [rule.model_dump() for rule in gone], "reload": said}

    # --- the rule ----------------------------------------------------------------------------------------------------

    async def _proposal(self, actor: Actor, id: str, rule: str, reason: str, *, domain: bool) -> Proposal:
        """Return the rules about the sender of a message. Raises Refused where none would be right."""
        if rule not in ("block", "allow"):
            raise Refused(f"a sender is blocked or allowed, not {rule!r}")
        if rule == "allow" and domain:
            raise Refused("one address is allowed, not a domain: anybody there could send such mail")
        if self._parts.settings.sender_rules_file is None:
            raise Refused(_OFF)
        entry = await self._parts.store.quarantine.get(id)
        if entry is None:
            raise NotHeld(f"no message is held under {id}")
        if len(entry.author_addresses) > MOST_AUTHORS:
            raise Refused(f"it names {len(entry.author_addresses)} authors, too many to make rules about them")
        if entry.direction != "inbound":
            raise Refused("rules are about senders outside, and this message came from inside")
        if found := [code for code in entry.codes if code.partition(".")[0] == VIRUS.partition(".")[0]]:
            raise Refused(_OF_SCANNER.format(codes=", ".join(found)))
        made: dict[str, Any] = {
            "by": actor.name,
            "at": local_time(self._parts.clock.now(), ZoneInfo(self._parts.settings.organisation.timezone)),
            "reason": reason,
            "message": id,
        }
        return await (self._allowed(entry, made) if rule == "allow" else self._blocked(entry, made, domain=domain))

    async def _blocked(self, entry: HeldMessage, made: dict[str, Any], *, domain: bool) -> Proposal:
        named = entry.author_addresses or (() if domain else (entry.mail_from,))  # a mailer's domain serves strangers
        authors = [one for one in named if one and not self._is_ours(one)]
        if not authors:
            raise Refused("its author is ours, or it has none: nobody of ours is blocked, and From can be forged")
        senders = dict.fromkeys(self._domain_of(one) if domain else address_key(one) for one in authors)
        new = [one for one in senders if one not in {address_key(r.block) for r in self._parts.settings.senders}]
        if not new:
            raise Refused(f"{', '.join(senders)} is blocked already")
        rules = tuple(SenderRule.model_construct(block=one, **made) for one in new)
        sentence = f"Hold all further mail from {', '.join(new)}, and tell nobody about it."
        chain = self._parts.settings.filters
        if any(one.needs_verification(code) for code in entry.codes for one in chain):
            sentence += " `quarantine delete --fraud` blocks the accounts that the message names, too."
        return Proposal(rules, sentence)

    def _domain_of(self, address: str) -> str:
        """Return `@domain`. Raises Refused for a domain that strangers share."""
        domain = split_address(address_key(address))[1]
        if suffixes().privatesuffix(domain) is None:
            raise Refused(f"{domain} is no organisation's own domain: block this address alone")
        if self._parts.counterparties.is_free(domain) or _FREE_MAIL.is_free(domain):
            raise Refused(f"at {domain} anybody can have an address: block this one alone")
        return f"@{domain}"

    async def _allowed(self, entry: HeldMessage, made: dict[str, Any]) -> Proposal:
        may_pass = app.codes_reviewers_allow()
        if never := [code for code in entry.codes if code not in may_pass]:
            raise Refused(f"{', '.join(never)} is never waived for a sender: decide about each such message")
        if self._release_rules.of(entry.copies).two_people:
            raise Refused("two people release such a message: an administrator writes an exemption (`exempt`)")
        mail = await self._verified(entry)
        # Authors alone: thousands of strangers may share a mailing service's reverse-path.
        proven = sorted(mail.proven_senders & {address_key(a) for a in mail.sender.addresses if not self._is_ours(a)})
        if not proven:
            unproven = "nothing proves who wrote it (SPF or DKIM, if `authentication` verifies them)"
            raise Refused(f"{unproven}: anybody could use the rule")
        known = {(address_key(r.allow), code) for r in self._parts.settings.senders if r.allow for code in r.codes}
        codes = {one: tuple(code for code in entry.codes if (one, code) not in known) for one in proven}
        rules = tuple(SenderRule.model_construct(allow=one, codes=some, **made) for one, some in codes.items() if some)
        if not rules:
            raise Refused(f"{', '.join(proven)} is allowed already")
        return Proposal(
            rules,
            f"Let {', '.join(entry.codes)} pass in all further mail that {', '.join(proven)} is proven to have sent. "
            "Viruses, and everything else, are looked for as before.",
        )

    async def _verified(self, entry: HeldMessage) -> Mail:
        """Return the mail with the proof of its origin, as far as it can be had now."""
        if POISON in entry.codes:
            raise Refused("workers died while they examined this message: nothing looks into it here")
        raw = await self._parts.store.quarantine.content(entry.id)
        mail = mail_of(entry, entry.copies, await read_message(raw))
        return (await self._parts.examiner.examine(mail, verify=True)).mail

    def _is_ours(self, address: str) -> bool:
        return self._parts.settings.is_ours(split_address(address_key(address))[1])

    # --- the file ----------------------------------------------------------------------------------------------------

    def _shown(self, proposal: Proposal) -> dict[str, Any]:
        return {"sentence": proposal.sentence, "snippet": as_yaml(proposal.rules), "file": str(self._file)}

    @property
    def _file(self) -> Path:
        file = self._parts.settings.sender_rules_file
        if file is None:
            raise Refused(_OFF)
        return file

    async def _change(
        self, change: Callable[[Sequence[SenderRule]], Sequence[SenderRule]], row: HistoryRow
    ) -> Sequence[str]:
        """Write the changed rules, if the whole configuration is right with them, on record; then reload it."""
        file = self._file
        with _alone(file.parent) as folder:
            rules = change((await asyncio.to_thread(self._read, None)).senders)
            if len(rules) > MOST_RULES:
                raise Refused(f"there are {MOST_RULES} rules already: remove some")
            new = _written_beside(file, file_of(rules))
            try:
                await asyncio.to_thread(self._read, new)
                await self._parts.store.trail.put_on_record(row)
                new.replace(file)
                os.fsync(folder)
            finally:
                with suppress(FileNotFoundError):
                    new.unlink()
        if self._supervisor is None:
            return ["No gateway is running: the rules count when it starts."]
        return list(await self._supervisor.ask("reload", seconds=60))

    def _read(self, rules: Path | None) -> Settings:
        """Read the whole configuration as it is in the files, perhaps with other rules. Raises Refused."""
        main = self._parts.settings.main
        assert main is not None  # the configuration of a gateway comes from a file
        try:
            return app.read_settings(main, senders=rules)
        except ConfigurationError as error:
            raise Refused(f"nothing was written: the configuration has mistakes\n{error}") from error


def _one_line(reason: str) -> str:
    """Return a reason as it stands in the file. Raises Refused for control characters."""
    line = " ".join(reason.split())
    if not line.isprintable():
        raise Refused("--reason has control characters, which don't go into the configuration")
    return line


def _written_beside(file: Path, content: str) -> Path:
    """Return a new file beside another, on the disk, which its owner and group can read. Raises Refused."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
        with open(descriptor, "w", encoding="utf-8") as new:
            os.fchmod(new.fileno(), 0o640)
            if os.geteuid() == 0:  # a command by root must not lock the gateway out of its own rules
                around = file.parent.stat()
                os.fchown(new.fileno(), around.st_uid, around.st_gid)
            new.write(content)
            new.flush()
            os.fsync(new.fileno())
    except OSError as error:
        raise Refused(
            f"{file} can't be written: {error.strerror}; the gateway's user needs to write in its folder"
        ) from error
    return Path(name)


@contextmanager
def _alone(folder: Path) -> Iterator[int]:
    """Keep other processes from changing the rules meanwhile, and yield the folder's descriptor. Raises Refused."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise Refused(f"`sender_rules_file`: {folder}: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield descriptor
    except BlockingIOError as error:
        raise Refused("somebody else is changing the rules at this moment: try again") from error
    finally:
        os.close(descriptor)
