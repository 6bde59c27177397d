"""The filters that a chain may name, written by hand."""

from __future__ import annotations

from filters.attachments.filter import Attachments
from filters.audience.filter import Audience
from filters.broadcast.filter import Broadcast
from filters.commitment.filter import Commitment
from filters.confidential.filter import Confidential
from filters.disclaimer.filter import Disclaimer
from filters.external.filter import External
from filters.impersonation.filter import Impersonation
from filters.language.filter import Language
from filters.payment_change.filter import PaymentChange
from filters.personal.filter import Personal
from filters.receipt.filter import Receipt
from filters.structure import Structure
from filters.virus.filter import Virus
from gateway.contract import Filter

#: Name in the YAML list -> class.
FILTERS: dict[str, type[Filter]] = {
    "virus": Virus,
    "attachments": Attachments,
    "structure": Structure,
    "external": External,
    "impersonation": Impersonation,
    "payment_change": PaymentChange,
    "audience": Audience,
    "broadcast": Broadcast,
    "language": Language,
    "commitment": Commitment,
    "confidential": Confidential,
    "receipt": Receipt,
    "personal": Personal,
    "disclaimer": Disclaimer,
}
