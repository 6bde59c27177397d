"""Filters: the attributes and the method that each filter has, and the abilities that it may have besides.

An ability is a small Protocol. A filter has it by declaring its attributes and methods; nothing is registered. The
gateway asks `isinstance(filter, Learns)` of the instance, or `isinstance(cls, Reminds)` of the class.
"""

from __future__ import annotations

from collections.abc import Awaitable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, ClassVar, Literal, Protocol, TypeVar, runtime_checkable

from gateway.contract.findings import Codes, Finding, Mode, Outcome
from gateway.contract.mail import Direction, Mail
from gateway.contract.services import Payee
from gateway.contract.settings import Remark, Settings

#: Value of `ReadsText.reads_text`: the text of attachments is wanted where another attachment is encrypted.
BESIDE_ENCRYPTED: Literal["beside encrypted"] = "beside encrypted"


class Unreachable(str):
    """A warning of `Starts.start`: a service that the filter depends on gives no answer. Other warnings are doubts."""

    __slots__ = ()


@runtime_checkable
class Filter(Protocol):
    """A filter: one file or folder under `filters/`, listed by hand in `filters.registry.FILTERS`.

    `__init__(self, settings, …)` takes the settings first, then services by the names in `SERVICES`.
    """

    name: ClassVar[str]  # as in the YAML list
    Settings: ClassVar[type[Settings]]
    codes: ClassVar[Codes]
    shipped_mode: ClassVar[Mode]
    shipped_directions: ClassVar[tuple[Direction, ...]]

    def check(self, mail: Mail) -> Awaitable[Sequence[Finding]]:
        """Return the filter's findings about a message."""


# --- abilities -------------------------------------------------------------------------------------------------------


@runtime_checkable
class Starts(Protocol):
    """A filter that prepares itself, and tests the services that it depends on."""

    def start(self) -> Awaitable[str | None]:
        """Return a warning for the log and `status` (`Unreachable`: a service does not answer), or None if all is well.

        The gateway calls this in each process before its first message, and again every half a minute.
        """


@runtime_checkable
class Learns(Protocol):
    """A filter that keeps history."""

    def learn(self, mail: Mail, outcome: Outcome) -> Awaitable[None]:
        """Remember a message. The gateway calls this after the reply: never after a 4xx reply, never for `explain`."""


@runtime_checkable
class Remarks(Protocol):
    """A filter that remarks on settings of its own that are odd, but no mistake. `check` shows the remarks."""

    @staticmethod
    def remarks(settings: Any, domains: Sequence[str], today: date, /) -> Iterable[Remark]:
        """Return remarks about these settings, from the arguments alone. `domains` are the organisation's."""


@runtime_checkable
class ReadsText(Protocol):
    """A filter that wants the text of attachments. The gateway reads that text for such filters alone.

    True asks for the text of all attachments. `BESIDE_ENCRYPTED` asks for it in messages in which something is
    encrypted, if no other filter asks for more. The message's own text is in `mail.message.view` for every filter.
    """

    reads_text: ClassVar[bool | Literal["beside encrypted"]]


@runtime_checkable
class Amends(Protocol):
    """A filter with edits in its findings. No code but those of `amends` may have the action `amend`."""

    amends: ClassVar[Collection[str]]


@runtime_checkable
class BreaksSignatures(Protocol):
    """A filter whose edits of inbound mail break the senders' DKIM signatures.

    To amend inbound mail for one of these codes is a mistake in the configuration, unless the next hop trusts us.
    """

    amend_breaks_signatures: ClassVar[Collection[str]]


@runtime_checkable
class ReadsByModel(Protocol):
    """A filter that asks a language model: `by_model` has the codes that the model may bring about or tip.

    A person decides about what a model says: to reject or to discard for one of the codes is a mistake in the
    configuration.
    """

    by_model: ClassVar[Collection[str]]


@runtime_checkable
class Suspects(Protocol):
    """A filter with codes for what a language model alone has found, with no word of the rules.

    Their sentences say "may", and no manager is told of them, whatever `notify` says.
    """

    suspected: ClassVar[Collection[str]]


@runtime_checkable
class NamesPayees(Protocol):
    """A filter that holds messages about payments.

    A message that is held for one of the codes is released only by a person who says who has verified it and how. Once
    two approvers are configured, two people must release it.

    A verification answers the codes in `answered_by_verification` too where they were found only after the message was
    held: an account of the sender that was verified meanwhile makes every other account a different one.
    """

    release_needs_verification: ClassVar[Collection[str]]
    answered_by_verification: ClassVar[Collection[str]]

    def payee(self, mail: Mail) -> Awaitable[Payee]:
        """Return the payee that the message names, with its accounts and senders."""


@runtime_checkable
class ReviewersAllow(Protocol):
    """A filter with codes that a reviewer may waive for one proven sender outside, for good (`senders`).

    Codes of a scanner, codes that say that something was not examined, and codes whose release is verified are none.
    """

    reviewers_allow: ClassVar[Collection[str]]


@runtime_checkable
class AsksSender(Protocol):
    """A filter whose held mail its sender may release, once there is a `control_address`.

    `release_by_sender` names the codes for which the sender may do so, unless the configuration says otherwise.
    """

    release_by_sender: ClassVar[Collection[str]]

    def confirmations(self, mail: Mail) -> Awaitable[Collection[str]]:
        """Return the keys that are remembered once the sender has confirmed, such as one for this thread or this pair.

        The keys are the filter's own. The gateway stores them with the release (`Confirmed.add`). The filter asks
        `Confirmed.known` in its `check`, and has no finding again where the keys are known. The gateway asks only about
        mail of our own senders that one of the filter's codes has held with `release: sender`.
        """


@runtime_checkable
class KeepsFromRecipients(Protocol):
    """A filter with codes for mail that no recipient may release, whatever the configuration says.

    `never_by_recipient`: code -> the reason, as a clause that `check` shows. Codes whose release needs a verification
    are never released by a recipient either.
    """

    never_by_recipient: ClassVar[Mapping[str, str]]


@runtime_checkable
class KeepsFromSenders(Protocol):
    """A filter with codes for mail that no sender may release: code -> the reason, as for recipients."""

    never_by_sender: ClassVar[Mapping[str, str]]


@runtime_checkable
class Notices(Protocol):
    """A filter with notices of its own about held mail: code -> name of the template (`config/notices/<name>.txt`).

    Such a notice informs our own recipient and masks long numbers. Like every notice, it leaves the evidence out.
    """

    notices: ClassVar[Mapping[str, str]]


@runtime_checkable
class TellsAtOnce(Protocol):
    """A filter with codes for danger to people: a notice waits a minute for others at most, and no limit holds it back.

    A reply asks for no release: whoever is in danger needs people, and not the message.
    """

    at_once: ClassVar[Collection[str]]


@runtime_checkable
class Reminds(Protocol):
    """A filter that reminds our own senders about mail that was not held: code -> name of the template.

    A reminder is sent where `notify` asks for it, once a week at most. It quotes nothing of the mail. Of a code without
    a reminder no manager is told either.
    """

    reminders: ClassVar[Mapping[str, str]]


@runtime_checkable
class Warns(Protocol):
    """A filter that warns of notices to the wrong people: code -> person -> sentence. `check` shows the sentences.

    A person is one whom `notify` can name, or "contact", who gets the notices to reviewers without an address.
    """

    warns: ClassVar[Mapping[str, Mapping[str, str]]]


@runtime_checkable
class AwaitsReceipts(Protocol):
    """A filter that waits for answers to our people's mail (`Receipts`): code -> name of the reminder's template.

    A reminder is sent once, to the person that the filter named, and only where an entry of the filter is enforced. It
    quotes nothing of the mail.
    """

    receipt_reminders: ClassVar[Mapping[str, str]]

    def released(self, mail: Mail, outcome: Outcome, at: datetime) -> Awaitable[None]:
        """Wait for an answer to held mail, which somebody has released at this time.

        `Receipts` takes it; the other memories are read only at a release. `mail` has the released recipients alone.
        """


@runtime_checkable
class AsksGroups(Protocol):
    """A filter that asks the directory about groups that its settings don't name."""

    groups: ClassVar[Collection[str]]


@runtime_checkable
class Guards(Protocol):
    """A filter that no chain should be without: `check`, `reload` and `status` say so where it is missing or off."""

    unguarded: ClassVar[str]  # the consequence, as a clause: "nothing looks for viruses"


@runtime_checkable
class Keeps(Protocol):
    """A filter that remembers facts that other filters use, such as "correspondents"."""

    keeps: ClassVar[Collection[str]]


@runtime_checkable
class Needs(Protocol):
    """A filter that uses facts that another filter keeps: fact -> sentence on the loss where no filter keeps it."""

    needs: ClassVar[Mapping[str, str]]


@runtime_checkable
class NeedsDirections(Protocol):
    """A filter that fails its purpose without mail of some directions: direction -> sentence on the loss.

    `check` shows the sentence where no entry of the filter has the direction.
    """

    needs_directions: ClassVar[Mapping[Direction, str]]


@runtime_checkable
class FindsIn(Protocol):
    """A filter with codes that it finds in mail of some directions alone.

    `check` shows no action of such a code for other mail, and remarks on one that the configuration sets for it.
    """

    @staticmethod
    def found_in(settings: Any, /) -> Mapping[Direction, Collection[str]]:
        """Return the codes that may be found in mail of each direction with these settings."""


@runtime_checkable
class CountsOnTls(Protocol):
    """A filter whose settings may have an effect only where a next hop to outside requires verified TLS."""

    @staticmethod
    def counts_on_tls(settings: Any, /) -> Remark | None:
        """Return what `check` remarks where no next hop does; None for settings that ask for none."""


@runtime_checkable
class NamesFreeMail(Protocol):
    """A filter whose settings name domains where anybody can have an address."""

    @staticmethod
    def free_mail(settings: Any, /) -> Iterable[str]:
        """Return these domains, or whole families of them (`hotmail.*`)."""


@runtime_checkable
class CountsPeople(Protocol):
    """A filter whose findings tell of our own people: a report shows no number of them that is about a few people."""

    @staticmethod
    def least_people(settings: Any, /) -> int:
        """Return the least number of people that a shown number is about."""


@runtime_checkable
class Operates(Protocol):
    """A filter that contributes operations: what operators may ask of a running gateway or of its store.

    They are methods of the class `operations`, each declared by `@operation(name, *roles)`. Its constructor takes
    services by the names of `gateway.operations.contributed.OperatorServices`, and as `settings` a list with the
    settings of each of the filter's entries in the chain that is not off. The operations exist beside every chain.
    """

    operations: ClassVar[type]


Ability = TypeVar("Ability")


def able(classes: Iterable[type[Filter]], ability: type[Ability]) -> list[Ability]:
    """Return the classes that have an ability."""
    return [cls for cls in classes if isinstance(cls, ability)]


#: Names of the constructor's parameters behind the settings: services (`gateway.assemble.services.Services`), and
#: `amended`, the codes whose edits the configuration uses.
SERVICES: tuple[str, ...] = (
    *("clock", "directory", "counters", "resolver", "correspondents", "ledger", "pauses", "confirmed", "organisation"),
    *("sending_rights", "routes", "receipts", "agreements", "keyed_hash", "language_model", "scanner", "amended"),
)

#: All abilities that a filter may have.
ABILITIES: tuple[type, ...] = (
    Starts,
    Learns,
    Remarks,
    ReadsText,
    Amends,
    BreaksSignatures,
    ReadsByModel,
    Suspects,
    NamesPayees,
    ReviewersAllow,
    AsksSender,
    KeepsFromRecipients,
    KeepsFromSenders,
    Notices,
    TellsAtOnce,
    Reminds,
    Warns,
    AwaitsReceipts,
    AsksGroups,
    Guards,
    Keeps,
    Needs,
    NeedsDirections,
    FindsIn,
    CountsOnTls,
    NamesFreeMail,
    CountsPeople,
    Operates,
)
