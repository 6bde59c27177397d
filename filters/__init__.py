"""The filters that a chain may name and the commands that filters contribute, both written by hand."""

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

#: Name in the YAML list -> class.
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

#: Name on the command line -> module with the commands as `group`. It is imported when it is first needed. A name of
#: two words is one command below a group of the gateway's own.
COMMANDS: dict[str, str] = {
    "payments": "filters.payment_change.commands",
    "audience": "filters.audience.commands",
    "report personal": "filters.personal.commands",
}
