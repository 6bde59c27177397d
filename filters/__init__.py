"""The filters that a chain may name: name in the YAML list -> class, written by hand."""

from __future__ import annotations

from filters.attachments import Attachments
from filters.audience import Audience
from filters.disclaimer import Disclaimer
from filters.external import External
from filters.payment_change import PaymentChange
from filters.personal import Personal
from filters.structure import Structure
from filters.virus import Virus
from gateway.contract import Filter

FILTERS: dict[str, type[Filter]] = {
    "virus": Virus,
    "attachments": Attachments,
    "structure": Structure,
    "external": External,
    "payment_change": PaymentChange,
    "audience": Audience,
    "personal": Personal,
    "disclaimer": Disclaimer,
}
