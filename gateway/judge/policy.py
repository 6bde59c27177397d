"""The policy: findings and the administrators' settings make a decision for each recipient. Pure: no I/O, no clock.

`log`, `tag` and `amend` add up; of `reject`, `quarantine` and `discard` the strictest wins. `defer` holds for the whole
message, since DATA has one reply: it beats quarantine and loses to a reject of every recipient.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Literal

from gateway.contract import ON_ERROR, Mail, Recipient
from gateway.control.vocabulary import SEVERITY
from gateway.judge.chain import Found
from gateway.judge.codes import CLAUSE, CLAUSES, GATEWAY_CODES, VIRUS
from gateway.message.edits import AddHeader, Edit, SetSubject
from gateway.message.header.addresses import address_key
from gateway.settings.chain.entries import ActionSpec, Exemption

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Disposition = Literal["relay", "discard", "quarantine", "reject"]

TAG_HEADER = "X-Mailwarden-Tag"


@dataclass(frozen=True, slots=True)
class Excuse:
    """The reason why nothing is done about a finding for a recipient."""

    why: Literal["exempt", "waived"]
    where: str = ""  # the line of the exemption


@dataclass(frozen=True, slots=True)
class Judged:
    """A finding with the configured action for each recipient that it covers, whatever the mode."""

    found: Found
    clause: str
    specs: dict[str, ActionSpec]  # address -> action
    excused: dict[str, Excuse]  # address -> why no action is taken

    @property
    def enforced(self) -> bool:
        return self.found.entry is None or self.found.entry.mode == "enforce"

    @property
    def code(self) -> str:
        return self.found.finding.code

    @property
    def action(self) -> str:
        excuse = next((e.why for e in self.excused.values()), "none")
        return max((s.do for s in self.specs.values()), key=SEVERITY.index, default=excuse)

    @property
    def defers(self) -> bool:
        """Return whether the finding asks for a retry, be it for one recipient."""
        return self.enforced and any(s.do == "defer" for s in self.specs.values())

    @property
    def where(self) -> str:
        """`file:line` of the configuration that chose the action; of the exemption, where that holds for everybody."""
        excuse = next((e.where for e in self.excused.values()), "")
        return next((s.where for s in self.specs.values() if s.do == self.action), excuse)

    def does(self, address: str) -> str:
        """Return the action on this recipient's copy for this finding."""
        return self.specs[address].do if self.enforced and address in self.specs else "none"

    def does_with_label(self, address: str) -> tuple[str, str | None]:
        spec = self.specs.get(address)
        return self.does(address), spec.label if spec else None


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision on one recipient's copy."""

    recipient: Recipient
    disposition: Disposition
    edits: tuple[Edit, ...] = ()
    holding: tuple[Judged, ...] = ()  # the findings that chose the disposition, the first of each kind, in order


@dataclass(frozen=True, slots=True)
class Verdict:
    """The policy's answer for a whole message."""

    decisions: tuple[Decision, ...]
    judged: tuple[Judged, ...]
    deferred_by: tuple[str, ...] = ()  # names of the filters that ask for a retry; empty: no 4xx


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a decision, besides the findings."""

    groups_of: Callable[[str], frozenset[str]]
    after_queue: bool = False  # the listener's upstream would bounce our 5xx to a forged sender
    waived: Mapping[str, Collection[str]] = field(default_factory=dict)  # address -> codes that a reviewer overrides


def decide(mail: Mail, found: Sequence[Found], terms: Terms) -> Verdict:
    """Map each finding to an action for each recipient, and these to one decision for each recipient."""
    judged, kinds = _judge_all(mail, found, terms)
    decisions = tuple(_decide_all(mail, judged, kinds))
    deferring = tuple(dict.fromkeys(j.found.filter_name for j in judged if j.defers))
    if decisions and all(d.disposition == "reject" for d in decisions):
        deferring = ()
    return Verdict(decisions, judged, deferring)


def _judge_all(mail: Mail, found: Sequence[Found], terms: Terms) -> tuple[tuple[Judged, ...], tuple[Judged, ...]]:
    """Return all judged findings, and the first of each kind.

    Thousands of a kind may cover hundreds of recipients: they share their specs.
    """
    kinds: dict[object, Judged] = {}
    judged: list[Judged] = []
    for one in found:
        kind = (id(one.entry), one.finding.code, one.finding.recipients, one.finding.temporary)
        known = kinds.get(kind)
        judged.append(replace(known, found=one) if known else kinds.setdefault(kind, _judge(mail, one, terms)))
    return tuple(judged), tuple(kinds.values())


def _decide_all(mail: Mail, judged: Sequence[Judged], kinds: Sequence[Judged]) -> Iterator[Decision]:
    """Yield the decisions; recipients with the same actions share one."""
    made: dict[object, Decision] = {}
    for recipient in mail.envelope.recipients:
        alike = (recipient.direction, *(j.does_with_label(recipient.address) for j in kinds))
        known = made.get(alike)
        if known is None:
            known = made[alike] = _decision(mail, recipient, judged, kinds)
        yield replace(known, recipient=recipient)


def _judge(mail: Mail, found: Found, terms: Terms) -> Judged:
    code = found.finding.code
    own = CLAUSES.get(code, CLAUSE)
    clause = found.entry.cls.codes[code].clause if found.entry and code not in GATEWAY_CODES else own
    covered = [r for r in mail.envelope.recipients if _covers(found, r)]
    excused = {r.address: e for r in covered if (e := _excuse(mail, found, r, terms))}
    specs = {r.address: _spec(found, r, terms) for r in covered if r.address not in excused}
    return Judged(found, clause, specs, excused)


def _covers(found: Found, recipient: Recipient) -> bool:
    chosen = found.finding.recipients
    if chosen is not None and recipient.address not in chosen:
        return False
    return found.entry is None or recipient.direction in found.entry.directions


def _excuse(mail: Mail, found: Found, recipient: Recipient, terms: Terms) -> Excuse | None:
    code, entry = found.finding.code, found.entry
    if code in terms.waived.get(recipient.address, ()):
        return Excuse("waived")
    exemptions = entry.exempt if entry else ()
    return next((Excuse("exempt", e.where) for e in exemptions if _exempts(e, code, mail, recipient, terms)), None)


def _spec(found: Found, recipient: Recipient, terms: Terms) -> ActionSpec:
    code, entry = found.finding.code, found.entry
    if code not in GATEWAY_CODES:
        assert entry is not None  # the gateway makes only its own codes
        spec = entry.action_for(code, recipient.direction)
    elif entry and GATEWAY_CODES[code] == ON_ERROR:
        spec = entry.failure[recipient.direction]
    else:
        spec = ActionSpec(do=GATEWAY_CODES[code], where=entry.shown if entry else "")  # type: ignore[arg-type]
    if spec.do == "accept":
        spec = replace(spec, do="log")
    if spec.do in ("reject", "discard") and found.finding.temporary:
        spec = replace(spec, do="defer")  # the client asks again when the look-up may have an answer
    if spec.do == "reject" and terms.after_queue and recipient.direction == "inbound":
        spec = replace(spec, do="quarantine")
    return spec


def _exempts(exemption: Exemption, code: str, mail: Mail, recipient: Recipient, terms: Terms) -> bool:
    """Return whether an exemption holds: keys are ANDed, values in a list ORed."""
    e, to = exemption, address_key(recipient.address)
    if code == VIRUS or not _matches(code, e.codes):
        return False
    senders = _known_senders(e, mail, recipient)
    groups = terms.groups_of(to).union(*map(terms.groups_of, senders))
    return (
        (not e.senders or any(_matches(sender, e.senders) for sender in senders))
        and (not e.recipients or _matches(to, e.recipients))
        and (not e.groups or not groups.isdisjoint(e.groups))
        and (not e.networks or _within(mail.client.address, e.networks))
    )


def _known_senders(exemption: Exemption, mail: Mail, recipient: Recipient) -> frozenset[str]:
    """Return the senders that count. Anyone can write any MAIL FROM: from outside it must be proven, or by network."""
    if recipient.direction != "inbound" or exemption.networks:
        return mail.proven_senders | {address_key(mail.envelope.mail_from)}
    return mail.proven_senders


def _matches(text: str, globs: Sequence[str]) -> bool:
    return any(fnmatchcase(text, g.lower()) for g in globs)


def _within(address: str, networks: Sequence[Network]) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return any(ip.version == n.version and ip in n for n in networks)


def _decision(mail: Mail, recipient: Recipient, judged: Sequence[Judged], kinds: Sequence[Judged]) -> Decision:
    for disposition in ("reject", "quarantine", "discard"):
        holding = tuple(j for j in kinds if j.does(recipient.address) == disposition)
        if holding:
            return Decision(recipient, disposition, _edits(mail, recipient, judged), holding)
    return Decision(recipient, "relay", _edits(mail, recipient, judged))


def _edits(mail: Mail, recipient: Recipient, judged: Sequence[Judged]) -> tuple[Edit, ...]:
    """Return the amendments of this copy, in the chain's order. A tag never leaves with copies for the outside."""
    edits: list[Edit] = []
    labels: list[str] = []
    for j in judged:
        does = j.does(recipient.address)
        if does == "amend":
            edits += j.found.finding.edits
        elif does == "tag" and recipient.direction != "outbound":
            edits.append(AddHeader(TAG_HEADER, f"{j.code}; clause={j.clause}"))
            label = j.specs[recipient.address].label
            if label and label not in labels and not mail.message.subject.startswith(label):
                labels.append(label)
    if labels:
        edits.append(SetSubject(" ".join([*labels, mail.message.subject]).strip()))
    return tuple(dict.fromkeys(edits))
