"""Addresses of our own domains in From that nothing proves. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from filters.impersonation.sender_facts import SenderFacts
from gateway.contract import Directory, Evidence
from gateway.matching import domain_of

#: Policies of DMARC by which a domain wants unproven mail to be refused or held.
_STRICT = ("quarantine", "reject")


class OwnDomain:
    """Judgement of mail from outside that claims to be ours."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def claimed(self, addresses: Sequence[str]) -> list[str]:
        """Return the addresses at our domains and below them."""
        return [one for one in addresses if self._directory.is_ours(one) or self._is_below(domain_of(one))]

    def _is_below(self, domain: str) -> bool:
        return any(domain.endswith(f".{ours.removeprefix('.')}") for ours in self._directory.domain_names)

    def evidence(self, facts: SenderFacts) -> list[Evidence]:
        """Return evidence of addresses of ours that neither SPF nor DKIM proves, where mail was verified.

        A list or a forwarder breaks proofs of honest mail: there, the policy of our own DMARC record decides.
        """
        mail = facts.mail
        authentication = mail.authentication
        if not authentication.verified or mail.client.trusted:
            return []
        unproven = [one for one in self.claimed(mail.sender.addresses) if not facts.is_proven(one)]
        strict = authentication.dmarc.result == "fail" and authentication.dmarc.policy in _STRICT
        if not unproven or (facts.is_passed_on and not strict):
            return []
        policy = authentication.dmarc.policy
        result = f"{authentication.dmarc.result}{f', policy {policy}' if policy else ''}"
        return [*(Evidence("From", one) for one in unproven), Evidence("DMARC", result)]
