"""The template of the page."""

from __future__ import annotations

import re

from gateway.act.reports.page_template import TEMPLATE


def test_only_the_plots_are_put_in_unescaped() -> None:
    """All other values are escaped by Jinja2."""
    assert re.findall(r"{{ *([^}|]+?) *\|[^}]*\bsafe\b", TEMPLATE) == [
        *("plots.volume", "plots.of_day", "plots.held", "plots.monitor"),
    ]
    assert "autoescape" not in TEMPLATE
