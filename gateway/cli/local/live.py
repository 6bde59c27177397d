"""`check --live`: asks the servers that a configuration names, and says of each whether it answers, or what to do.

No mail is sent: a next hop is asked about a recipient from the null sender, and clamd is shown the EICAR test file.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import time
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.act.relay.commands import probe
from gateway.act.relay.connection import NextHopTrouble, Timeouts
from gateway.act.relay.handshake import ConnectionOpener
from gateway.act.relay.next_hop import NextHop
from gateway.act.relay.transaction import ask
from gateway.assemble.routes import next_hop
from gateway.assemble.services import build_resolver
from gateway.assemble.store import is_made, open_store, store_at
from gateway.contract import DnsUnavailable, ScannerUnavailable
from gateway.directory.ldap import LdapUnavailable
from gateway.directory.sources import ask_server
from gateway.logins.dovecot import Dovecot
from gateway.logins.trouble import LoginsUnavailable
from gateway.remember.database.errors import SchemaOutdated, StoreUnavailable
from gateway.services.clamd import Clamd, signatures_made_at
from gateway.settings.chain.entries import FilterEntry
from gateway.settings.directory.ldap import LdapSettings
from gateway.settings.models import Settings
from gateway.smtp.reply import Reply

#: Seconds that a server may take.
SECONDS = 10.0

#: The age of signatures from which on they are too old: ClamAV's own come every day.
OLD_DAYS = 7

_DAY = 24 * 60 * 60

#: The EICAR test file, which every scanner reports and which does nothing; in two pieces, so that none reports this.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@dataclass(frozen=True, slots=True)
class Answer:
    """One server, and what it said, or what to do where something is wrong with it."""

    server: str
    ok: bool
    said: str


async def ask_servers(settings: Settings) -> list[Answer]:
    """Ask all servers at once; return one answer for each, in the order in which mail meets them."""
    questions: list[Coroutine[Any, Any, Answer]] = [_dns(settings)]
    questions += [_scanner(entry) for entry in _scanning(settings)]
    questions += [_hop(settings.hostname, hop, recipient) for hop, recipient in _hops(settings).items()]
    questions.append(_store(settings))
    if settings.directory.ldap:
        questions.append(_ldap(settings.directory.ldap))
    if settings.auth and settings.auth.dovecot:
        questions.append(_dovecot(settings.auth.dovecot))
    return await asyncio.gather(*questions)


# --- next hops -------------------------------------------------------------------------------------------------------


def _hops(settings: Settings) -> dict[NextHop, str]:
    """Return each next hop once, with a recipient to ask it about; "" for one that takes mail to outside alone."""
    ours = f"postmaster@{settings.organisation.domains[0].removeprefix('.')}"
    found: dict[NextHop, str] = {}
    for domain, several in settings.routes.items():
        for one in several:
            found.setdefault(next_hop(one), f"postmaster@{domain.removeprefix('.')}")
    for listener in sorted(settings.listeners, key=lambda one: one.direction == "outbound"):
        for one in listener.next_hop:
            found.setdefault(next_hop(one), "" if listener.direction == "outbound" else ours)
    return found


async def _hop(hostname: str, hop: NextHop, recipient: str) -> Answer:
    server = f"next hop {hop}"
    if hop.scheme == "maildir":
        return _maildir(server, Path(hop.path))
    deadline = asyncio.get_running_loop().time() + SECONDS
    try:
        connection = await ConnectionOpener(hostname, Timeouts()).connect(hop, deadline)
        try:
            tls = "no TLS" if not connection.encrypted else "verified TLS" if hop.verified else "TLS"
            if not recipient:
                return Answer(server, True, f"answers, {tls}")
            question = probe("", recipient, connection.capabilities)
            replies = (question,) if isinstance(question, Reply) else await ask(connection, *question)
        finally:
            connection.quit()
    except NextHopTrouble as trouble:
        told = f"meanwhile clients are told {trouble.reply}"
        return Answer(server, False, f"{trouble.detail}: {_remedy(hop, trouble.detail)}; {told}")
    refused = next((reply for reply in replies if reply and not reply.ok), None)
    if refused:
        asked = f"a mail from the null sender to {recipient}"
        return Answer(server, False, f"{tls}; it refuses {asked}: {refused}. Let it take such mail from this machine")
    return Answer(server, True, f"answers, {tls}, takes mail to {recipient}")


def _remedy(hop: NextHop, detail: str) -> str:
    if hop.verified and "CERTIFICATE_VERIFY_FAILED" in detail:
        return f"give the server a certificate of {hop.host} from an authority that this system knows"
    return "start the server or correct `next_hop`"


def _maildir(server: str, folder: Path) -> Answer:
    above = next(place for place in (folder, *folder.parents) if place.exists())
    if above.is_dir() and os.access(above, os.W_OK | os.X_OK):
        return Answer(server, True, "can be written")
    return Answer(server, False, f"you can't write in {above}: the gateway's user must be able to")


# --- the others ------------------------------------------------------------------------------------------------------


def _scanning(settings: Settings) -> Iterator[FilterEntry]:
    """Yield the filters that have a scanner of their own."""
    for entry in settings.filters:
        if entry.mode != "off" and "scanner" in inspect.signature(entry.cls).parameters:
            yield entry


async def _scanner(entry: FilterEntry) -> Answer:
    own: Any = entry.settings
    server = f"clamd {own.clamd}"
    clamd = Clamd(own.clamd, max_stream_bytes=own.max_stream_bytes, timeout_seconds=SECONDS, concurrency=1)
    try:
        scan = await clamd.scan(EICAR)
        version = await clamd.version()
    except ScannerUnavailable as error:
        what = f"start clamd, or correct `clamd` below {entry.shown}; meanwhile mail meets `on_error: {entry.on_error}`"
        return Answer(server, False, f"{error}: {what}")
    finally:
        await clamd.close()
    made_at = signatures_made_at(version)
    if not scan.names:
        return Answer(server, False, f"calls the EICAR test file clean ({version}): run freshclam")
    if made_at is None:
        return Answer(server, False, f"has no signatures of ClamAV's own ({version}): run freshclam")
    days = max(int((time.time() - made_at) / _DAY), 0)
    age = f"signatures are {days} day{'s' if days != 1 else ''} old"
    if days >= OLD_DAYS:
        what = "look why freshclam brings no newer ones"
        return Answer(server, False, f"finds the EICAR test file, but its {age}: {what}")
    return Answer(server, True, f"finds the EICAR test file; its {age}")


async def _dns(settings: Settings) -> Answer:
    resolver = build_resolver(settings)
    server = f"DNS {', '.join(resolver.servers)}"
    name = settings.organisation.domains[0].removeprefix(".")
    try:
        found = await resolver.look_up(name, "MX")
    except DnsUnavailable as error:
        what = "correct /etc/resolv.conf, or name servers in `authentication: {nameservers: […]}`"
        return Answer(server, False, f"no answer ({error}): {what}; meanwhile no sender can be proven")
    return Answer(server, True, f"answers: MX of {name} is {', '.join(found.values) or 'not there'}")


async def _store(settings: Settings) -> Answer:
    server = f"store {settings.store}"
    try:
        if not is_made(store_at(settings)):
            return Answer(server, True, "not made yet: `mailwarden serve` makes it")
        store = await open_store(settings, create=False)
    except (StoreUnavailable, SchemaOutdated) as error:
        return Answer(server, False, str(error))
    await store.close()
    return Answer(server, True, "opens, with this program's tables")


async def _dovecot(socket: Path) -> Answer:
    server = f"Dovecot {socket}"
    try:
        async with asyncio.timeout(SECONDS):
            await Dovecot(socket).check()
    except (LoginsUnavailable, OSError) as error:  # TimeoutError is an OSError without a sentence
        why = getattr(error, "strerror", None) or str(error) or "no answer in time"
        what = "correct `dovecot` below `auth`, or the mode of the socket in Dovecot's `service auth`"
        return Answer(server, False, f"{why}: {what}; meanwhile clients that log in are told 454")
    return Answer(server, True, "answers, and takes logins")


async def _ldap(ldap: LdapSettings) -> Answer:
    server = f"LDAP {ldap.url}"
    try:
        found = await asyncio.to_thread(ask_server, ldap)
    except LdapUnavailable as error:
        what = "correct `ldap` below `directory`; meanwhile people are as they were last had"
        return Answer(server, False, f"{str(error).removeprefix(f'{ldap.url}: ')}: {what}")
    return Answer(server, True, f"answers; people: {len(found.people)}, lists: {len(found.lists)}")
