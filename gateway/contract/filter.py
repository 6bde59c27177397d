"""What a filter is: what every filter has, and the abilities that a filter may have besides.

An ability is a small Protocol. A filter has it by declaring its attributes and methods; nothing is registered. The
gateway asks `isinstance(filter, Learns)` of the instance, or `isinstance(cls, Reminds)` of the class.
"""

from __future__ import annotations

from collections.abc import Awaitable, Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar, Literal, Protocol, TypeVar, runtime_checkable

from gateway.contract.findings import Codes, Finding, Mode, Outcome
from gateway.contract.mail import Direction, Mail
from gateway.contract.services import Payee
from gateway.contract.settings import Remark, Settings

#: Value of `ReadsText.reads_text`: the text of attachments is wanted where another attachment is encrypted.
BESIDE_ENCRYPTED: Literal["beside encrypted"] = "beside encrypted"


class Away(str):
    """A warning of `Starts.start`: what the filter stands on gives no answer. Other warnings are doubts."""

    __slots__ = ()


@runtime_checkable
class Filter(Protocol):
    """A filter: one file or folder under `filters/`, listed by hand in `filters.FILTERS`.

    `__init__(self, settings, …)` takes the settings first, then services by the names of `app.Services`.
    """

    name: ClassVar[str]  # as in the YAML list
    Settings: ClassVar[type[Settings]]
    codes: ClassVar[Codes]
    shipped_mode: ClassVar[Mode]
    shipped_directions: ClassVar[tuple[Direction, ...]]

    def check(self, mail: Mail) -> Awaitable[Sequence[Finding]]:
        """Return what the filter finds in a message."""


# --- abilities -------------------------------------------------------------------------------------------------------


@runtime_checkable
class Starts(Protocol):
    """A filter that proves what it stands on."""

    def start(self) -> Awaitable[str | None]:
        """Return a warning for the log and `status` (`Away`: nobody answers), or None when all is well.

        Called in each process before its first message, and again every half a minute.
        """


@runtime_checkable
class Learns(Protocol):
    """A filter that keeps history."""

    def learn(self, mail: Mail, outcome: Outcome) -> Awaitable[None]:
        """Remember a message: called after the reply, never after a 4xx reply, never by `explain`."""


@runtime_checkable
class Remarks(Protocol):
    """A filter that finds settings of its own odd that are no mistake. `check` shows the remarks."""

    @staticmethod
    def remarks(settings: Any, domains: Sequence[str], today: date, /) -> Iterable[Remark]:
        """Return remarks about these settings. `domains` are the organisation's. It reads nothing else."""


@runtime_checkable
class ReadsText(Protocol):
    """A filter that wants the text of attachments: it is read for such filters alone.

    True: of all attachments. `BESIDE_ENCRYPTED`: in messages in which something is encrypted, if no other filter asks
    for more. The message's own text is in `mail.message.view` for every filter.
    """

    reads_text: ClassVar[bool | Literal["beside encrypted"]]


@runtime_checkable
class BreaksSignatures(Protocol):
    """A filter whose edits of inbound mail break the senders' DKIM signatures.

    To amend inbound mail for one of these codes is a mistake in the configuration, unless the next hop trusts us.
    """

    amend_breaks_signatures: ClassVar[Collection[str]]


@runtime_checkable
class NamesPayees(Protocol):
    """A filter that holds messages about payments.

    What one of the codes holds is released only by a person who says who has verified it and how; by two people once
    two approvers are configured.
    """

    release_needs_verification: ClassVar[Collection[str]]

    def payee(self, mail: Mail) -> Awaitable[Payee]:
        """Return whom the message wants to be paid, and where."""


@runtime_checkable
class AsksSender(Protocol):
    """A filter whose held mail its sender may release, once there is a `control_address`.

    `release_by_sender` names the codes for which that is so unless configured otherwise.
    """

    release_by_sender: ClassVar[Collection[str]]

    def confirmations(self, mail: Mail) -> Awaitable[Collection[str]]:
        """Return keys of the filter's own for what the sender answers for by confirming: this thread, this pair.

        The gateway remembers the keys with the release (`Confirmed.add`). The filter asks `Confirmed.known` in its
        `check`, and finds nothing there again. It is asked only about mail of our own senders that one of its codes
        has held with `release: sender`.
        """


@runtime_checkable
class Notices(Protocol):
    """A filter with notices of its own about held mail: code -> name of the template (`config/notices/<name>.txt`).

    Such a notice tells our own recipient, masks long numbers, and leaves the evidence out as every notice does.
    """

    notices: ClassVar[Mapping[str, str]]


@runtime_checkable
class Reminds(Protocol):
    """A filter that reminds our own senders about mail that went its way: code -> name of the template.

    A reminder is sent where `notify` asks for it, once a week at most, with nothing of the mail in it.
    """

    reminders: ClassVar[Mapping[str, str]]


@runtime_checkable
class AsksGroups(Protocol):
    """A filter that asks the directory about groups that its settings don't name."""

    groups: ClassVar[Collection[str]]


@runtime_checkable
class Guards(Protocol):
    """A filter that no chain should be without: `check`, `reload` and `status` say so where it is missing or off."""

    unguarded: ClassVar[str]  # what nothing does then: "nothing looks for viruses"


@runtime_checkable
class Keeps(Protocol):
    """A filter that remembers facts by which other filters go: "correspondents"."""

    keeps: ClassVar[Collection[str]]


@runtime_checkable
class Needs(Protocol):
    """A filter that goes by facts that another filter keeps: fact -> what is lost where none does."""

    needs: ClassVar[Mapping[str, str]]


@runtime_checkable
class NamesFreeMail(Protocol):
    """A filter whose settings name domains where anybody can have an address."""

    @staticmethod
    def free_mail(settings: Any, /) -> Iterable[str]:
        """Return these domains, or whole families of them (`hotmail.*`)."""


Ability = TypeVar("Ability")


def able(classes: Iterable[type[Filter]], ability: type[Ability]) -> list[Ability]:
    """Return the classes that have an ability."""
    return [cls for cls in classes if isinstance(cls, ability)]


#: All that a filter may be able to do besides.
ABILITIES: tuple[type, ...] = (
    Starts,
    Learns,
    Remarks,
    ReadsText,
    BreaksSignatures,
    NamesPayees,
    AsksSender,
    Notices,
    Reminds,
    AsksGroups,
    Guards,
    Keeps,
    Needs,
    NamesFreeMail,
)
