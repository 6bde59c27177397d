"""The filter `disclaimer`: `filter` decides, `body_texts` finds texts, `templates` fills in, `marker` recognises."""

from __future__ import annotations

from filters.disclaimer.filter import Disclaimer

__all__ = ["Disclaimer"]
