"""The typed settings of the gateway: each key of its YAML files but the filters', its default and its meaning.

The descriptions are the reference of the configuration (docs/configuration.md). `loading` reads the files.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, InstanceOf, PrivateAttr

from gateway.contract import Role
from gateway.message.labels import PERSONAL_WORDS
from gateway.settings.alerts import AlertSettings
from gateway.settings.auth.auth_settings import AuthSettings
from gateway.settings.authentication import AuthenticationSettings
from gateway.settings.chain.entries import FilterEntry
from gateway.settings.directory.people import DirectorySettings
from gateway.settings.files import FolderPath, NamedFile, TemplateFile
from gateway.settings.hops import NextHops
from gateway.settings.journal import JournalSettings
from gateway.settings.limits import Limits
from gateway.settings.listener import Listener
from gateway.settings.network import HttpListen, ListenAddress
from gateway.settings.places import DATA_DIR
from gateway.settings.senders import SenderRule
from gateway.settings.signing import ArcSettings, SigningKeys
from gateway.settings.store_url import checked_store
from gateway.settings.unpacking import Sandbox, Unfold
from gateway.settings.yaml.values import (
    Bytes,
    ControlAddress,
    Count,
    Days,
    Domain,
    DomainPattern,
    Duration,
    Holidays,
    HostName,
    Hour,
    Line,
    MailAddress,
    Name,
    TimeZone,
    Words,
)
from gateway.settings.yaml.yaml_model import RESTART, YamlModel

_GIB = 2**30

#: Reasons as shipped, in the order in which they are offered.
REASONS = (
    "The recipient expects it",
    "Verified with the sender",
    "Harmless: a false alarm",
    "Harmful or fraudulent",
    "Unwanted mail",
)


class Organisation(YamlModel):
    """The organisation whose mail it is. Notices and the disclaimer name these particulars."""

    name: Line = Field(description="The organisation's name.")
    registered_name: Line = Field(default="", description="Its registered name, if it differs.")
    company_number: Line = Field(default="", description="Its registration number, in quotes: a leading zero counts.")
    registered_office: Line = Field(default="", description="The address of its registered office.")
    place_of_registration: Line = Field(
        default="", description="The country of its registration, such as England and Wales."
    )
    domains: Annotated[tuple[DomainPattern, ...], Field(min_length=1)] = Field(
        description="Our own domains. A name is that domain alone; `.example.com` means all its subdomains."
    )
    contact: Line = Field(
        default="",
        description="The desk to ask; every notice names it. Notices to `reviewers` go to its first address. "
        "Default: `notices_from`.",
    )
    timezone: TimeZone = Field(default="UTC", description="Time zone of notices and reports.")
    holidays: Holidays | None = Field(default=None, description="Country of the public holidays.")


class Labels(YamlModel):
    """The words that make a label before a subject: `Personal: …`, `[personal] …`."""

    personal: Annotated[tuple[Line, ...], Field(min_length=1)] = Field(
        default=PERSONAL_WORDS,
        description='Words for private mail, in every language of our people. A word in brackets, `"[personnel]"`, '
        "counts in brackets only. Letter case and accents make no difference.",
    )


class Retention(YamlModel):
    """Retention of the store's records; `purge` runs daily."""

    quarantine_days: Days = Field(default=30, description="Held messages with their content.")
    bin_days: Days = Field(default=7, description="Deleted messages, which can be restored until then.")
    audit_days: Days = Field(default=180, description="The audit trail: envelope, codes and actions, never content.")
    correspondents_days: Days = Field(
        default=400,
        description="Pairs of our people and outside correspondents, as keyed hashes; from the last message.",
    )
    ledger_days: Days = Field(
        default=800,
        description="Pairs of counterparty and account, as keyed hashes; from the last mail, import or "
        "verification. Blocked accounts and senders stay until they are unblocked.",
    )


class DigestSettings(YamlModel):
    """Digests: lists of held mail by mail, and the most notices a day."""

    recipients: tuple[Hour, ...] = Field(
        default=(),
        description="Hours (0 to 23) at which each recipient gets a list of what is held for them since the last one, "
        "in their own time zone (see *directory*) or the organisation's. Default: no digests.",
    )
    reviewers: tuple[Hour, ...] = Field(
        default=(),
        description="Hours at which those with the role `reviewer` or `approver` get a list of what is held, and of "
        "the requests and approvals that wait. They get it at *reviewer_addresses*. Default: no digests.",
    )
    notices_a_day: Count = Field(
        default=20,
        description="The most notices about held mail that a person gets within 24 hours, digests included; what is "
        "left over is in the next digest, or goes later. Not for questions, answers, and mail to reviewers.",
    )


class Log(YamlModel):
    """The log on standard output: one line for each message."""

    format: Literal["json", "human"] = Field(
        default="human", description="One JSON object a line, or a line for people."
    )
    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least important level that is logged."
    )


class PolicySettings(YamlModel):
    """The policy itself, as notices cite it."""

    title: Line = Field(default="IT and Communications Policy", description="The name of the policy.")
    responsible: Line = Field(default="", description="The role that is responsible for the policy.")
    tell: Line = Field(default="your line manager or the HR department", description="The people to inform.")
    where: Line = Field(default="", description="The place of the policy, such as an address on the intranet.")


#: The name in `needing_restart` for listeners' addresses: a running gateway takes over their other keys.
LISTENER_ADDRESS = "listeners.address"


class Settings(YamlModel):
    """All settings of the gateway, checked."""

    organisation: Organisation = Field(description="The organisation whose mail it is.")
    hostname: HostName = Field(
        default="",
        description="Our name in EHLO, `Received:` and `Authentication-Results:`. Default: the machine's name.",
        json_schema_extra=RESTART,
    )
    notices_from: MailAddress = Field(
        default="", description="Sender of notices. Default: postmaster at the first domain."
    )
    control_address: ControlAddress = Field(
        default="",
        description="Address for our people's replies to notices, on a domain that your mail server routes to us "
        "(docs/confirm.md). With it, a reply to a notice asks for the release; `release: sender` and `recipient` need "
        "it, and so do questions to people outside (`mailwarden confidential ask`).",
    )
    confirm_limit: Duration = Field(
        default=timedelta(days=3),
        description="How long a sender can confirm a held message; reviewers can release it later too.",
    )
    held_notice: TemplateFile | None = Field(
        default=None,
        description="Template (Jinja2, text) of the notice about held messages. Default: notices/held.txt, beside "
        "gateway.yaml or as shipped.",
    )
    held_notices: Mapping[Name, TemplateFile] = Field(
        default_factory=dict,
        description="Templates of special notices: those of a filter, by its name (`payment_change`); to a sender who "
        "can confirm (`confirm`); the answer to a request (`answer`); to somebody outside who is asked to agree "
        "(`agreement`); of a release by two people (`approval`); to a sender's manager (`manager`); digests (`digest`, "
        "`digest_reviewers`). Default: notices/<name>.txt, beside gateway.yaml or as shipped.",
    )
    listeners: Annotated[tuple[Listener, ...], Field(min_length=1)] = Field(
        description="The addresses at which mail comes in."
    )
    routes: Mapping[Domain, NextHops] = Field(
        default_factory=dict,
        description="Next hops by recipient domain; they precede those of the listeners, for notices and releases too.",
    )
    data_dir: FolderPath = Field(
        default=DATA_DIR,
        description="Folder for store, maildir, control socket and `secret.key`, which keys hashes: back it up.",
        json_schema_extra=RESTART,
    )
    store: Annotated[str, AfterValidator(checked_store), Words("a URL")] = Field(
        default="sqlite:///mailwarden.db",
        description="URL of the store: `sqlite:///` and a path, a relative one under `data_dir`; or "
        "`postgresql://USER@HOST/DATABASE`, which several gateways may share.",
        json_schema_extra=RESTART,
    )
    store_password_file: NamedFile | None = Field(
        default=None,
        description="File whose first line is the password of the store's user. Default: as in `PGPASSFILE`.",
        json_schema_extra=RESTART,
    )
    workers: Count | None = Field(
        default=None, description="Worker processes. Default: one for each core.", json_schema_extra=RESTART
    )
    reviewers: Mapping[Line, Annotated[tuple[Role, ...], Field(min_length=1)]] = Field(
        default_factory=dict,
        description="Users of this machine who may work on the quarantine, with their roles: `reviewer`, `approver` "
        "(the second of two people), `investigator` (reads whole messages), `administrator`, `auditor` (reads the "
        "records, no message).",
    )
    sender_rules_file: FolderPath | None = Field(
        default=None,
        description="File with the senders that reviewers block and allow, read as if `include` named it. The gateway "
        "writes it, so its folder must be there, and the gateway may write in it. Default: reviewers can block and "
        "allow nobody.",
    )
    senders: tuple[SenderRule, ...] = Field(
        default=(), description="The blocked and allowed senders; reviewers make them (docs/quarantine.md)."
    )
    reviewer_addresses: Mapping[Line, MailAddress] = Field(
        default_factory=dict,
        description="Addresses of users in `reviewers`, for notices and digests. Default: the address in "
        "`organisation.contact`.",
    )
    reasons: tuple[Line, ...] = Field(
        default=REASONS,
        description="Reasons that a reviewer can choose from for a release or a deletion, besides words of their own.",
    )
    limits: Limits = Field(default=Limits(), description="Limits of the gateway's load.")
    unfold: Unfold = Field(default=Unfold(), description="The budget for opening one message's attachments.")
    sandbox: Sandbox = Field(
        default=Sandbox(), description="The processes that open attachments.", json_schema_extra=RESTART
    )
    models: Literal["on", "off"] = Field(
        default="on",
        description="The small language model that adds its weight to the words of filters about text "
        "(docs/language-model.md). `off` switches it off everywhere: the words decide alone then, and its processes "
        "end.",
    )
    authentication: AuthenticationSettings = Field(
        default=AuthenticationSettings(), description="Verification of the origin of inbound mail."
    )
    auth: AuthSettings | None = Field(
        default=None, description="Logins of clients, which listeners with `auth` offer. Default: none."
    )
    dkim: SigningKeys = Field(default=(), description="Keys for signatures on mail to outside.")
    arc: ArcSettings | None = Field(default=None, description="Seals inbound mail that we amended. Default: off.")
    defer_limit: Duration = Field(
        default=timedelta(hours=4), description="A message that the same filter has deferred for longer is quarantined."
    )
    approval_limit: Duration = Field(
        default=timedelta(days=3),
        description="Time for the approval of a release by two people; after it the release must be made anew.",
    )
    retention: Retention = Field(default=Retention(), description="How long the store keeps its records.")
    quarantine_max_bytes: Bytes = Field(
        default=10 * _GIB,
        description="All held messages, compressed; beyond it a message that must be held gets 452 4.3.1.",
    )
    journal: JournalSettings | None = Field(
        default=None, description="Keeps every relayed message, encrypted, to find lost ones. Default: off."
    )
    log: Log = Field(default=Log(), description="The log.")
    http: HttpListen = Field(
        default=ListenAddress("127.0.0.1", 8025),
        description="Address for monitoring (docs/monitoring.md): /metrics for Prometheus, /healthz and /readyz. There "
        "is no login: another address than this machine's own is for a closed network. `off` listens nowhere.",
    )
    alerts_to: AlertSettings | None = Field(
        default=None,
        description="Webhook that is told when a trouble begins and ends, and of held payment changes. Default: none.",
    )
    reports_to: tuple[MailAddress, ...] = Field(
        default=(),
        description="Addresses of ours that get the weekly report (docs/report.md). Default: nobody.",
    )
    report_day: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] = Field(
        default="monday", description="Day of the weekly report; it is about the seven days before that day."
    )
    report_hour: Annotated[int, Field(ge=0, le=23), Words("an hour from 0 to 23")] = Field(
        default=7, description="Hour of the weekly report, in the time zone of the organisation."
    )
    digest: DigestSettings = Field(default=DigestSettings(), description="Digests of held mail.")
    labels: Labels = Field(default=Labels(), description="Words that label a message.")
    policy: PolicySettings = Field(default=PolicySettings(), description="The policy, as notices cite it.")
    clauses: Mapping[Name, Line] = Field(
        default_factory=dict, description="The policy's clauses by id: they reword the shipped ones or add to them."
    )
    directory: DirectorySettings = Field(default=DirectorySettings(), description="Our people and their groups.")
    filters: tuple[InstanceOf[FilterEntry], ...] = Field(default=(), description="The chain, in this order.")

    #: The main file, as absolute path; None for settings that no file holds.
    _main: Path | None = PrivateAttr(None)
    #: The files that settings name or default to: the place of the setting, the file.
    _files: tuple[tuple[str, Path], ...] = PrivateAttr(())

    @property
    def main(self) -> Path | None:
        return self._main

    @property
    def files(self) -> tuple[tuple[str, Path], ...]:
        return self._files

    def is_ours(self, domain: str) -> bool:
        """Return whether a domain, in lower case, is one of the organisation's."""
        return any(domain == own or (own[0] == "." and domain.endswith(own)) for own in self.organisation.domains)

    def restart_keys(self, other: Settings) -> tuple[str, ...]:
        """Return the keys that differ in the other settings and that only a restart takes over."""
        changed = [
            name
            for name in type(self).model_fields
            if name in self.needing_restart() and getattr(self, name) != getattr(other, name)
        ]
        if self._addresses != other._addresses:
            changed.append(LISTENER_ADDRESS)
        return tuple(changed)

    def taking_over(self, other: Settings) -> Settings:
        """Return the other settings for a gateway that runs on these: keys that need a restart keep their values."""
        kept = {name: getattr(self, name) for name in self.needing_restart() if name != LISTENER_ADDRESS}
        named = {listener.name: listener for listener in other.listeners}
        listeners = tuple(named.get(x.name, x).model_copy(update={"address": x.address}) for x in self.listeners)
        return other.model_copy(update={**kept, "listeners": listeners})

    @classmethod
    def needing_restart(cls) -> tuple[str, ...]:
        """Return the keys that a running gateway can't take over."""
        marked = (name for name, field in cls.model_fields.items() if field.json_schema_extra == RESTART)
        return (*marked, LISTENER_ADDRESS)

    @property
    def _addresses(self) -> frozenset[tuple[str, str]]:
        return frozenset((listener.name, str(listener.address)) for listener in self.listeners)
