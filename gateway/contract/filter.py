"""What a filter is: what each has, and what a filter may be able to do besides."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import ClassVar, Literal, Protocol, runtime_checkable

from gateway.contract.findings import Codes, Finding, Mode
from gateway.contract.mail import Direction, Mail
from gateway.contract.settings import Settings

#: As `reads_text` of a filter: the text of attachments is wanted where another attachment is encrypted.
BESIDE_ENCRYPTED: Literal["beside encrypted"] = "beside encrypted"


class Away(str):
    """A warning of `Filter.start`: what the filter stands on gives no answer. Any other says that it is doubtful."""

    __slots__ = ()


@runtime_checkable
class Filter(Protocol):
    """One file under `filters/`, listed by hand in `filters.FILTERS`.

    `__init__(self, settings, …)` takes the settings first and then services by the names in `app.py`. A filter may
    have `async def learn(self, mail, outcome)`: called after the reply, never after a 4xx, never in `explain`; and
    `async def start(self)`, called in each process before the first message and again and again; what it returns is a
    warning (`Away`: nobody answers), None = all is well. `amend_breaks_signatures` may name codes whose `amend` of
    inbound mail is a mistake in the configuration unless the next hop trusts us. A static method
    `remarks(settings, domains, today) -> Iterable[Remark]` says what `check` shows as worth a look; it reads nothing.

    `reads_text` is True for a filter that wants to know what attachments say: their text is read for such alone; with
    BESIDE_ENCRYPTED it is read in messages in which something is encrypted, if no other filter asks for more. The
    message's own text is in `mail.message.view` for every filter.

    `release_needs_verification` may name codes: what they hold is released only by a person who says who has verified
    it and how, and by two people once two approvers are configured. A filter that has it has `async def payee(self,
    mail) -> Payee` too. `notices` may name, for codes, another template of the notice about what they hold (`config/
    notices/<name>.txt`); it tells our own recipient, masks long numbers, and leaves the evidence out as every notice.

    `async def confirmations(self, mail: Mail) -> Collection[str]` names, as keys of the filter's own, what the sender
    of held mail answers for by confirming it: this thread, this pair of addresses. The gateway remembers them
    (`Confirmed.add`) with the release, and the filter, which asks `Confirmed.known` in its `check`, finds nothing there
    again. It is asked only about mail of our own senders that one of its codes has held with `release: sender`.
    `release_by_sender` may name codes whose release that is, unless configured otherwise, once there is a
    `control_address`.

    `groups` names the groups of the directory that the filter itself asks about.

    `asides` may name, for codes, the template of a notice to our own sender about mail that went its way: where
    `notify` asks for it, once a week at most, with nothing of the mail in it.
    """

    name: ClassVar[str]  # as in the YAML list
    Settings: ClassVar[type[Settings]]
    codes: ClassVar[Codes]
    shipped_mode: ClassVar[Mode]
    shipped_directions: ClassVar[tuple[Direction, ...]]

    def check(self, mail: Mail) -> Awaitable[Sequence[Finding]]: ...
