"""Operator commands, through the control socket or directly on the store: quarantine, trace, status, reload, purge.

The reading of held messages is in a module of its own, and filters contribute operations (`contributed`). Where no
gateway runs, the same functions work on the store directly. Each is told who asks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from typing import Any

from gateway.act.keeper import Keeper
from gateway.act.release.account_choice import AmbiguousAccount, OfferedAccount
from gateway.act.release.held_mail import ReleaseStopped
from gateway.act.release.payment_accounts import NoUsableAccount
from gateway.act.release.release import Release
from gateway.app import Components, operation_classes
from gateway.contract import Actor, Refused, Role, moment, operation, operations_of, says_something
from gateway.control.arguments import ID_CHARACTERS, LEAST_ID_CHARACTERS, may_be_id
from gateway.message.labels import PERSONAL, PERSONAL_SUBJECT, Labeller
from gateway.monitoring.health import Health
from gateway.monitoring.summary import memory, messages, services
from gateway.operations.arguments import as_stored, check_arguments, texts
from gateway.operations.as_json import details, listed, past, requested
from gateway.operations.audit import AuditOperations
from gateway.operations.contributed import contributed
from gateway.operations.desk import DeskOperations
from gateway.operations.ids import whole_id
from gateway.operations.journal import JournalOperations
from gateway.operations.read_held import ReadingOperations
from gateway.operations.reports import ReportOperations
from gateway.operations.senders import SenderOperations
from gateway.operations.supervisor_channel import Channel, ChannelClosed
from gateway.operations.tracing import TraceOperations
from gateway.remember.database.errors import NotHeld, StoreUnavailable
from gateway.remember.records import HeldMessage, Verification
from gateway.remember.rows.held import ORDERS, Choice
from gateway.settings.chain.unchecked import switched_off

#: The time without internal mail after which `status` says so. A mail server seldom hands internal mail to a gateway.
INTERNAL_SILENCE = timedelta(days=7)

#: Operations that show what stands in a message: they need a reason.
SHOWING = frozenset({"quarantine.show", "quarantine.explain", "quarantine.export", "quarantine.evidence"})

#: Most characters of a reason: some sentences. The trail keeps the reason for half a year, and each list shows it.
REASON_CHARACTERS = 500
#: Most characters of any other text in a question: the longest that the store keeps, a Message-ID, has 998.
TEXT_CHARACTERS = 1000

#: Most rows of one answer, and the most that the command line asks for; an answer is made in memory.
MAX_ROWS = 100_000
#: Most ids by which entries are chosen: databases limit the parameters of a statement.
MOST_IDS = 10_000


class Operations:
    def __init__(
        self,
        parts: Components,
        release: Release,
        keeper: Keeper,
        supervisor: Channel | None = None,
        health: Health | None = None,
    ) -> None:
        self._parts = parts
        self._store = parts.store
        self._release = release
        self._keeper = keeper
        self._labeller = Labeller(parts.settings.labels.personal)
        self._supervisor = supervisor  # None: no gateway is running
        self._health = health or Health(parts)
        self._reading = ReadingOperations(parts)
        self._journal = JournalOperations(parts, keeper)
        own = (
            *(DeskOperations(parts), SenderOperations(parts, supervisor), self._reading, self._journal),
            *(AuditOperations(parts), TraceOperations(parts), ReportOperations(parts), self),
        )
        self._carried_out = {
            one.name: getattr(owner, one.method)
            for owner in (*contributed(parts), *own)
            for one in operations_of(type(owner))
        }

    async def do(self, name: str, actor: Actor, arguments: dict[str, Any]) -> Any:
        """Carry out an operation and return its result. Raises Refused with a sentence for the person."""
        if name not in self._carried_out:
            raise Refused(f"no such operation: {name}")
        carry_out = self._carried_out[name]
        arguments = as_stored(arguments)
        _check_texts(name, arguments)
        check_arguments(name, carry_out, arguments)
        _check_limit(arguments.get("limit", 1))
        try:
            start = arguments.get("id") if name.startswith(("quarantine.", "senders.")) else None
            if isinstance(start, str) and len(start) < ID_CHARACTERS:
                arguments = {**arguments, "id": await self._whole(start)}
            return await carry_out(actor, **arguments)
        except (NotHeld, StoreUnavailable, ChannelClosed, NoUsableAccount, AmbiguousAccount) as error:
            raise Refused(str(error)) from error
        except ReleaseStopped as error:
            raise Refused(str(error), error.codes) from error

    async def _whole(self, start: str) -> str:
        """Return the one id that begins so. Raises Refused where there is none, or more than one."""
        if len(start) < LEAST_ID_CHARACTERS:
            raise Refused(f"{start!r} is too short: an id needs at least {LEAST_ID_CHARACTERS} of its characters")
        found = await whole_id(start, self._store.quarantine.ids)
        if found is None:
            raise Refused(f"no message is held under {start}")
        return found

    # --- the quarantine ----------------------------------------------------------------------------------------------

    @operation("quarantine.list", "reviewer", "approver", "investigator")
    async def _list(
        self,
        actor: Actor,
        limit: int = 100,
        offset: int = 0,
        order: str = "newest",
        behind: Sequence[str] | None = None,
        **choice: str | Sequence[str] | None,
    ) -> list[dict[str, Any]]:
        """Return entries; `choice` has the fields of `Choice`, times in ISO 8601."""
        if order not in ORDERS:
            raise Refused(f"the quarantine isn't sorted by {order}: there are {', '.join(ORDERS)}")
        if type(offset) is not int or not 0 <= offset < 2**31:
            raise Refused("an offset is a number from 0 to 2,147,483,647")
        wanted = _chosen(choice, actor)
        place = _place(behind) if behind else None
        entries = await self._store.quarantine.list(limit=limit, offset=offset, order=order, behind=place, **wanted)
        return [self._unread(entry) for entry in entries]

    @operation("quarantine.count", "reviewer", "approver", "investigator")
    async def _count(self, actor: Actor, **choice: str | Sequence[str] | None) -> int:
        return await self._store.quarantine.count(**_chosen(choice, actor))

    @operation("quarantine.read", "reviewer", "approver")
    async def _read(self, actor: Actor, id: str, reason: str = "") -> dict[str, Any]:
        """Return the entry and what a reviewer reads of its message, which is put on record first (law 7)."""
        entry = await self._entry(id)
        read = await self._reading.read(entry, actor, reason)
        zone = self._parts.settings.organisation.timezone
        return {**read, "entry": self._listed(entry), "timezone": zone, "history": await self._trail(id)}

    async def _trail(self, id: str) -> list[dict[str, Any]]:
        """Return the history of this id alone: `trace` would also find mail whose Message-ID is the id."""
        return [past(one) for one in reversed(await self._store.trail.acts(id=id, limit=MAX_ROWS))]

    @operation("quarantine.show", "reviewer", "approver")
    async def _show(self, actor: Actor, id: str, reason: str) -> dict[str, Any]:
        """Return the whole entry with its evidence. The reading is put on record first (law 7)."""
        entry = await self._entry(id)
        at = self._parts.clock.now()
        await self._store.quarantine.accessed(id, actor=actor.name, operation="show", reason=reason, at=at)
        trail = await self._trail(id)
        accounts = [_offered(one) for one in await self._release.offers(entry)]
        return {**self._listed(entry), **details(entry), "accounts": accounts, "history": trail}

    @operation("held", "reviewer", "approver")
    async def _held(self, _: Actor, id: str) -> dict[str, Any] | None:
        """Return the record of an entry, without the content and without the evidence, which quotes it (law 7).

        The beginning of an id stands for it; nothing is returned where no message is held under it.
        """
        whole = await whole_id(id, self._store.quarantine.ids) if may_be_id(id) else id
        entry = await self._store.quarantine.get(whole or id)
        if entry is None:
            return None
        bare = [{**finding, "evidence": []} for finding in entry.findings]
        return {**self._unread(entry), **details(entry), "findings": bare}

    @operation("quarantine.release", "reviewer")
    async def _release_one(
        self,
        actor: Actor,
        id: str,
        reason: str,
        infected: bool = False,
        recipients: Sequence[str] = (),
        asked: bool = False,
        verification: Mapping[str, str] | None = None,
        accounts: Sequence[str] = (),
    ) -> dict[str, Any]:
        if not asked or recipients:  # a request is a reason, for the copies that it asks for
            _check_reason(reason)
        done = await self._release.release(
            id,
            actor=actor.name,
            uid=actor.uid,
            reason=reason,
            infected=infected,
            recipients=recipients,
            asked=asked,
            verification=_verification(verification, accounts) if verification else None,
        )
        return asdict(done)

    @operation("quarantine.approve", "approver")
    async def _approve(self, actor: Actor, id: str, reason: str, recipients: Sequence[str] = ()) -> dict[str, Any]:
        done = await self._release.approve(id, actor=actor.name, uid=actor.uid, reason=reason, recipients=recipients)
        return asdict(done)

    @operation("quarantine.delete", "reviewer")
    async def _delete(
        self, actor: Actor, id: str, reason: str, fraud: bool = False, accounts: Sequence[str] = ()
    ) -> dict[str, Any]:
        _check_reason(reason)
        bin_days = self._parts.settings.retention.bin_days
        if not fraud:
            await self._release.delete(id, actor=actor.name, reason=reason)
            return {"id": id, "bin_days": bin_days}
        done = await self._release.report_fraud(id, actor=actor.name, reason=reason, accounts=accounts)
        blocked = [{"what": one.what, "kind": one.kind} for one in done.blocked]
        return {
            "id": id,
            "bin_days": bin_days,
            "blocked": blocked,
            "not_blocked": [asdict(one) for one in done.not_blocked],
        }

    def _unread(self, entry: HeldMessage) -> dict[str, Any]:
        """Return an entry as shown without a reason: a subject that is labelled personal is hidden."""
        listed = self._listed(entry)
        is_personal = PERSONAL in entry.labels or self._labeller.is_personal(entry.subject)
        return {**listed, "subject": PERSONAL_SUBJECT} if is_personal else listed

    def _listed(self, entry: HeldMessage) -> dict[str, Any]:
        """Return an entry with the keys of `quarantine list --json`, which the design fixes.

        An entry that waits for the second of two people has `waiting` besides; one that waits for its sender has
        `waits_for_sender`; one whose release somebody has asked for has `requests`.
        """
        now, rules = self._parts.clock.now(), self._release.rules
        waiting = [
            {
                "address": copy.address,
                "released_by": first.actor,
                "until": (first.at + rules.limit).isoformat(),
                "approvers": [name for name in rules.approvers if name != first.actor],
            }
            for copy in entry.copies
            if (first := rules.live(copy, now))
        ]
        requests = list(map(requested, entry.requests))
        more = {"waiting": waiting, "waits_for_sender": self._asked(entry, now), "requests": requests}
        return listed(entry) | {key: value for key, value in more.items() if value}

    def _asked(self, entry: HeldMessage, now: datetime) -> dict[str, Any]:
        """Return the addresses of the copies that wait for their sender's reply, and the end of the wait."""
        confirming = self._parts.confirming
        if confirming is None or now >= confirming.until(entry.received_at):
            return {}
        addresses, until = confirming.waiting(entry), confirming.until(entry.received_at)
        return {"addresses": list(addresses), "until": until.isoformat()} if addresses else {}

    async def _entry(self, id: str) -> HeldMessage:
        entry = await self._store.quarantine.get(id)
        if entry is None:
            raise NotHeld(f"no message is held under {id}")
        return entry

    # --- the gateway -------------------------------------------------------------------------------------------------

    @operation("status", "reviewer", "approver", "investigator", "administrator")
    async def _status(self, _: Actor) -> dict[str, Any]:
        """Return the state of processes and services, the store's figures, what needs an administrator, and notes.

        Where the store is away, the answer says that and still has the state of the processes.
        """
        running = await self._supervisor.ask("status") if self._supervisor else None
        measured = await self._supervisor.ask("measures") if self._supervisor else None
        for process in running["processes"] if running else ():
            process["memory_bytes"] = memory(measured).get(process["name"])
        figures, notes, journal = await self._health.figures_now(), [], None
        if not isinstance(figures, str):
            try:
                notes, journal = await self._notes(), await self._journal.figures()
            except StoreUnavailable as error:
                figures = str(error)
        found = self._health.conditions(figures, running, measured)
        store = {"away": figures} if isinstance(figures, str) else figures
        return {
            "running": running,
            "conditions": [asdict(one) for one in found],
            "services": services(
                measured,
                self._health.hop_troubles(),
                self._health.hops(),
                running,
                models=self._parts.settings.models == "on",
            ),
            "messages": messages(measured),
            "store": {k: v.isoformat() if isinstance(v, datetime) else v for k, v in store.items()},
            "journal": journal,
            "notes": notes,
        }

    async def _notes(self) -> list[str]:
        """Return sentences that are worth knowing, though they are no trouble."""
        off = [f"{sentence}." for _, sentence in switched_off(self._parts.settings.filters)]
        return [*off, *await self._approvals(), *await self._requests(), *await self._silence(), *self._journal.notes()]

    async def _requests(self) -> list[str]:
        asked = await self._store.quarantine.count(request="open")
        sentence = f"{asked} asked for and waiting for an answer: see `quarantine list --request open`."
        return [sentence] if asked else []

    async def _approvals(self) -> list[str]:
        since = self._release.rules.since(self._parts.clock.now())
        waiting = await self._store.quarantine.waiting(since)
        return [f"{waiting} released and waiting for an approver: see `quarantine list`."] if waiting else []

    async def _silence(self) -> list[str]:
        oldest, internal = await self._store.audit.span("internal")
        edge = self._parts.clock.now() - INTERNAL_SILENCE
        if oldest is None or oldest > edge or (internal is not None and internal > edge):
            return []
        return ["No internal mail was seen for 7 days: rules for internal mail alone have nothing to do."]

    @operation("reload", "administrator")
    async def _reload(self, _: Actor) -> list[str]:
        if self._supervisor is None:
            raise Refused("no gateway is running: the configuration is read when it starts")
        return list(await self._supervisor.ask("reload", seconds=60))

    @operation("purge", "administrator")
    async def _purge(self, actor: Actor) -> dict[str, int]:
        return await self._keeper.purge(actor.name)


#: The classes of the gateway's own operations.
OWN_CLASSES = (
    *(DeskOperations, SenderOperations, ReadingOperations, JournalOperations),
    *(AuditOperations, TraceOperations, ReportOperations, Operations),
)

#: Operation -> the roles of which it needs one. Whoever approves a release must be able to look at it first. The
#: gateway's own come last: no filter takes their names.
ROLES: Mapping[str, tuple[Role, ...]] = {
    one.name: one.roles for one in operations_of(*operation_classes(), *OWN_CLASSES)
}


def needed(name: str) -> tuple[Role, ...]:
    """Return the roles of which an operation needs one: an unknown one the administrator's."""
    return ROLES.get(name, ("administrator",))


def may(actor: Actor, name: str) -> bool:
    """Return whether one of the actor's roles allows the operation."""
    return not actor.roles.isdisjoint(needed(name))


def _chosen(choice: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """Return the choice with its times read, and the actor's name for `assigned_to: me`.

    Raises Refused for a field that doesn't exist, or no time.
    """
    unknown = choice.keys() - {one.name for one in fields(Choice)}
    if unknown:
        raise Refused(f"the quarantine isn't searched by {', '.join(sorted(unknown))}")
    for name, value in choice.items():
        each = [value] if name != "ids" else value if isinstance(value, list | tuple) else [None]
        if value is not None and (len(each) > MOST_IDS or not all(isinstance(one, str) for one in each)):
            raise Refused(f"{name} is a text, or for `ids` a list of {MOST_IDS} at most")
    read = {**choice, "assigned_to": actor.name} if choice.get("assigned_to") == "me" else dict(choice)
    times = {name: moment(read[name]) for name in ("since", "until") if read.get(name) is not None}
    return read | times


def _place(behind: Sequence[str]) -> tuple[datetime, str]:
    """Return the time and id of an entry. Raises Refused for anything else."""
    if len(behind) != len(("received_at", "id")):
        raise Refused("a place in the list is a time and an id")
    return moment(behind[0]), behind[1]


def _check_texts(name: str, arguments: Mapping[str, Any]) -> None:
    """Refuse texts that are too long for the record, and a missing reason where one is needed. Raises Refused."""
    reason = arguments.get("reason", "")
    if isinstance(reason, str) and len(reason) > REASON_CHARACTERS:
        raise Refused(f"--reason has {len(reason)} characters: {REASON_CHARACTERS} at most go on record")
    if name in SHOWING and isinstance(reason, str) and not says_something(reason):
        raise Refused("--reason must say why: without a reason nobody sees the content of a message")
    if any(len(text) > TEXT_CHARACTERS for text in texts(arguments)):
        raise Refused(f"a text in the question has more than {TEXT_CHARACTERS} characters")


def _check_reason(reason: str) -> None:
    """Refuse a decision without a reason. Raises Refused."""
    if not says_something(reason):
        raise Refused("--reason must say why")


def _check_limit(limit: object) -> None:
    """Refuse a limit that is no number from 1 to MAX_ROWS. Raises Refused."""
    if type(limit) is not int or not 0 < limit <= MAX_ROWS:
        raise Refused(f"--limit is a number from 1 to {MAX_ROWS}")


def _offered(one: OfferedAccount) -> dict[str, Any]:
    """Return an account that is offered, with its number: the person who chooses must know which account it is.

    The record says that the person has seen it.
    """
    account = one.account
    return {
        "handle": one.handle,
        "kind": account.kind,
        "number": account.number,
        "known": one.known,
        "blocked": one.blocked,
    }


def _verification(given: Mapping[str, str], accounts: Sequence[str]) -> Verification:
    """Return the verification of a payment. Raises ReleaseStopped where a part of it is missing."""
    said = {key: given.get(key, "").strip() for key in ("by", "how", "contact")}
    if not all(map(says_something, said.values())) or said["how"] not in ("in-person", "telephone"):
        raise ReleaseStopped("--verified-by, --how in-person or telephone, and --contact belong together")
    return Verification(said["by"], said["how"], said["contact"], tuple(accounts))  # type: ignore[arg-type]
