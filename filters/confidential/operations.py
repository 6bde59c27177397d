"""Operations on agreements by reply: ask somebody outside, list the answers, revoke one. Each is on record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from filters.confidential.leave import ListedAgreements
from filters.confidential.settings import ConfidentialSettings
from gateway.contract import (
    Actor,
    AgreementAdministration,
    AgreementRequests,
    Clock,
    Refused,
    operation,
    says_something,
)


class AgreementOperations:
    """Answers to `confidential.*`."""

    def __init__(
        self,
        settings: Sequence[ConfidentialSettings],
        clock: Clock,
        agreement_administration: AgreementAdministration,
        agreement_requests: AgreementRequests | None,
    ) -> None:
        self._listed = [ListedAgreements(one.agreed, one.ai_services) for one in settings]
        self._needs_tls = all(one.agreed_tls == "required" for one in settings)
        self._clock = clock
        self._administration = agreement_administration
        self._requests = agreement_requests

    @operation("confidential.agreements", "reviewer", "approver", "administrator")
    async def _agreements(self, _: Actor) -> list[dict[str, Any]]:
        return [
            {
                "address": one.address,
                "state": one.state,
                "asked_at": one.asked_at.isoformat(),
                "asked_by": one.asked_by,
                "until": one.until.isoformat(),
                "answered_at": one.answered_at.isoformat() if one.answered_at else None,
                "reply_id": one.reply_id,
            }
            for one in await self._administration.list()
        ]

    @operation("confidential.ask", "reviewer", "administrator")
    async def _ask(self, actor: Actor, address: str, reason: str, sender: str = "") -> str:
        """Send the question, which names the sender; return the end of the time to answer."""
        _check_reason(reason)
        if not _is_address(address):
            raise Refused(f"{address} is no address")
        if not self._listed:
            raise Refused("no filter `confidential` is on: nobody's agreement would count")
        if self._requests is None:
            raise Refused("nobody could answer: set control_address, which takes the replies (docs/confidential.md)")
        if any(one.is_service(address) for one in self._listed):
            raise Refused(f"{address} is at one of ai_services, for which nobody can agree")
        if pattern := self._covering(address):
            raise Refused(f"{address} has agreed already: {_listed_as(pattern)}")
        until = await self._requests.ask(
            address, actor=actor.name, reason=reason, needs_tls=self._needs_tls, sender=sender
        )
        return until.isoformat()

    @operation("confidential.revoke", "reviewer", "administrator")
    async def _revoke(self, actor: Actor, address: str, reason: str) -> dict[str, str]:
        """Return the state until then, and the pattern of the configuration by which the address still agrees."""
        _check_reason(reason)
        now = self._clock.now()
        state = await self._administration.revoke(address, actor=actor.name, reason=reason, at=now)
        pattern = self._covering(address)
        if state is None:
            raise Refused(f"{address}: {_listed_as(pattern)}" if pattern else f"{address} was not asked")
        return {"state": state, "listed": pattern}

    @operation("confidential.history", "reviewer", "approver", "administrator")
    async def _history(self, _: Actor) -> list[dict[str, Any]]:
        return [
            {
                "at": row.at.isoformat(),
                "actor": row.actor,
                "operation": row.operation,
                "address": address,
                "reason": row.reason,
            }
            for row in await self._administration.record()
            for address in row.addresses
        ]

    def _covering(self, address: str) -> str:
        today = self._clock.now().date()
        return next(filter(None, (one.covering(address, today) for one in self._listed)), "")


def _is_address(address: str) -> bool:
    """Return whether a text has a local part and a domain; an @ in the local part must be quoted (RFC 5321 4.1.2)."""
    local, _, domain = address.rpartition("@")
    return bool(local and domain) and ("@" not in local or local[0] == local[-1] == '"')


def _listed_as(pattern: str) -> str:
    return f"`agreed` of the configuration has {pattern}"


def _check_reason(reason: str) -> None:
    if not says_something(reason):
        raise Refused("--reason must say why")
