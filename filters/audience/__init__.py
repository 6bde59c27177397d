"""The filter `audience`: how many people a message reaches, whether it must, and who may see whose address.

`filter` asks `crowd` (how many), `wording` (what it says), `storm`, `lists`, `exposure` and `misdirection`; `thread`
says what a message answers, `settings` is its YAML.
"""

from __future__ import annotations

from filters.audience.filter import Audience

__all__ = ["Audience"]
