"""The filter `personal`.

`filter` asks `calendar` for working time, `use` for counts, `accounts` whose an outside address is and `cues` what a
text speaks of; `settings` is its YAML.
"""

from __future__ import annotations

from filters.personal.filter import Personal

__all__ = ["Personal"]
