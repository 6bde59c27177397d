"""The filter `external`: mail from outside is marked with what is known of its sender, and replies lose the mark.

`filter` asks and remembers, `sender` reads `From:`, `lookalike` compares, `banner` writes and `removal` finds it again.
"""

from __future__ import annotations

from filters.external.filter import External

__all__ = ["External"]
