"""The commands that filters contribute, written by hand; `registry` has the filters themselves.

A command of a filter asks the gateway, and starts quickly because nothing here loads a filter.
"""

from __future__ import annotations

#: Name on the command line -> module with the commands as `group`. It is imported when it is first needed. A name of
#: two words is one command below a group of the gateway's own.
COMMANDS: dict[str, str] = {
    "payments": "filters.payment_change.commands",
    "audience": "filters.audience.commands",
    "confidential": "filters.confidential.commands",
    "report personal": "filters.personal.commands",
    "report conduct": "filters.language.commands",
}
