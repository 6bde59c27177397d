"""Questions to addresses outside whether they agree to get confidential mail unencrypted.

A question has nothing of any mail. Its answer comes by a reply to the control address, with a token in it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

from gateway.act.notices.notice_templates import NoticeTemplates
from gateway.act.notices.notices import Wording
from gateway.act.notices.own_messages import own_text
from gateway.act.notices.quoting import moment
from gateway.act.records import own_item
from gateway.act.rules.control_address import ControlAddress
from gateway.contract import Agreement, Clock, Directory, Recipient, Refused
from gateway.message.header.addresses import address_key
from gateway.remember.agreements import MEMORY, StoreAgreements
from gateway.settings.chain.entries import AGREEMENT_NOTICE
from gateway.settings.yaml.problems import nearest
from gateway.settings.yaml.values import mail_address
from gateway.smtp.path import split_address

#: Time in which a reply is taken.
TIME_TO_ANSWER = timedelta(days=14)


class AgreementRequests:
    """Sender of the questions. `listener` is the one whose next hop takes mail to outside; `sign` signs such mail."""

    def __init__(
        self,
        control: ControlAddress,
        agreements: StoreAgreements,
        wording: Wording,
        sign: Callable[[str, bytes], Awaitable[bytes]],
        directory: Directory,
        listener: str,
        goes_by_tls: Callable[[str], bool],
        clock: Clock,
        new_id: Callable[[], str],
    ) -> None:
        self._control = control
        self._agreements = agreements
        self._wording = wording
        self._templates = NoticeTemplates(wording.templates)
        self._sign = sign
        self._directory = directory
        self._listener = listener
        self._goes_by_tls = goes_by_tls
        self._clock = clock
        self._new_id = new_id

    async def ask(self, address: str, *, actor: str, reason: str, needs_tls: bool, sender: str = "") -> datetime:
        """Send a question, on record; return the end of the time to answer. Raises Refused.

        `sender` is our person who wants to write, whom the question names. It is from our own address, so that somebody
        hears of it where it can't be delivered.
        """
        to = self._checked(address)
        if needs_tls and not self._goes_by_tls(to):
            raise Refused(f"no next hop on the way to {to} requires TLS: no agreement counts there (agreed_tls)")
        self._check_sender(sender)
        now, id = self._clock.now(), str(uuid4())
        await self._check_new(to, now)
        asked = Agreement(to, "asked", now, actor, now + TIME_TO_ANSWER)
        content = await self._sign(id, self._compose(asked, id, sender))
        item = own_item(self._new_id(), "notice", to, id, self._listener, now)
        item = replace(item, mail_from=self._wording.notices_from, recipients=(Recipient(to, "outbound"),))
        await self._agreements.ask(asked, id, item, content, f"{reason} (for {sender})" if sender else reason)
        return asked.until

    def _checked(self, address: str) -> str:
        try:
            checked = mail_address(address)
        except ValueError as error:
            raise Refused(str(error)) from error
        if any(sign in checked for sign in "*?"):
            raise Refused(f"{checked}: one address is asked, not a pattern")
        if self._control.holds(checked):
            raise Refused(f"{checked} is the control address, where replies come in: only people outside are asked")
        if self._directory.is_ours(checked):
            raise Refused(f"{checked} is one of your own: only people outside are asked")
        return checked

    def _check_sender(self, sender: str) -> None:
        """Raise Refused for a sender outside our domains, or one who is in no directory of people and is no list.

        An empty sender stands for the organisation.
        """
        directory = self._directory
        if not sender:
            return
        if not directory.is_ours(sender):
            raise Refused(f"{sender} is none of your own")
        if directory.people and not directory.person(sender) and not directory.list_at(sender):
            known = {split_address(one)[0]: one for person in directory.people for one in person.addresses}
            meant = nearest(split_address(sender)[0], known)
            hint = f" (did you mean {known[meant]}?)" if meant else ""
            raise Refused(f"the directory has nobody at {sender}{hint}")

    async def _check_new(self, address: str, now: datetime) -> None:
        key = address_key(address)
        known = next((one for one in await self._agreements.list() if one.address == key), None)
        if known and known.state == "agreed":
            raise Refused(f"{key} has agreed already")
        if known and known.state == "asked" and now < known.until:
            asked, until = (moment(one, self._wording.timezone) for one in (known.asked_at, known.until))
            raise Refused(f"{key} has been asked on {asked}, and can answer until {until}: revoke it to ask again")

    def _compose(self, asked: Agreement, id: str, sender: str) -> bytes:
        w = self._wording
        facts = w.facts | {
            "to": asked.address,
            "sender": sender,
            "until": moment(asked.until, w.timezone),
            "question_days": MEMORY.days,
            "contact": w.contact or w.notices_from,
        }
        return own_text(
            self._templates.fill(AGREEMENT_NOTICE, facts),
            organisation=w.organisation,
            address=w.notices_from,
            to=asked.address,
            now=asked.asked_at,
            hostname=w.hostname,
            reply_to=self._control.reply_to(id, asked.address, asked.until),
        )
