"""The filter `payment_change`.

`filter` asks `wording`, `book` and `who` and decides by `decision`; `accounts` finds numbers, `settings` is its YAML.
"""

from __future__ import annotations

from filters.payment_change.filter import PaymentChange

__all__ = ["PaymentChange"]
