"""The report as one HTML page with SVG plots (pygal): no script, nothing fetched, every text escaped.

The import of pygal takes an eighth of a second and some memory. A command loads this module when it makes a page; the
gateway runs it as a program that reads the figures and writes the page.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pygal
from jinja2 import Environment, StrictUndefined
from pygal.style import Style

from gateway.act.reports.page_template import TEMPLATE
from gateway.act.reports.summary import Figures, minute, sentences, span, title
from gateway.smtp.reply import printable

#: Pixels of the plots; the page shrinks them to a narrow window.
WIDTH = 960
#: Pixels of a row in a plot with a bar for each code, and of its frame.
ROW, FRAME = 26, 90
#: Days that are named below a plot of more than two weeks.
DAYS_NAMED = 8
#: Codes in a plot; the table has them all.
PLOTTED = 15
#: The most characters of a reply or an address in a table.
CHARACTERS = 200

_COLOURS = ("#2f6fab", "#e08a1e", "#5a9e4b", "#8c6bb1")
_STYLE = Style(
    background="transparent",
    plot_background="transparent",
    foreground="#333",
    foreground_strong="#111",
    foreground_subtle="#777",
    font_family="system-ui, sans-serif",
    label_font_size=13,
    major_label_font_size=13,
    legend_font_size=14,
    value_font_size=13,
    colors=_COLOURS,
    opacity=".85",
)


def page(figures: Figures) -> str:
    """Return the whole page."""
    shown = _printable(figures)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"span": span, "minute": minute, "number": _number, "short": _short}
    return environment.from_string(TEMPLATE).render(
        f=shown,
        title=title(shown),
        sentences=sentences(shown),
        plots={"volume": _volume(shown), "of_day": _of_day(shown), "held": _held(shown), "monitor": _monitor(shown)},
    )


def _printable(value: Any) -> Any:
    """Return the figures without control characters: senders and next hops may write what they like."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {printable(key): _printable(one) for key, one in value.items()}
    return [_printable(one) for one in value] if isinstance(value, list | tuple) else value


def _number(value: int) -> str:
    return f"{value:,}"


def _short(text: str) -> str:
    return text if len(text) <= CHARACTERS else f"{text[:CHARACTERS]}…"


# --- plots -----------------------------------------------------------------------------------------------------------


def _volume(figures: Figures) -> str:
    """Return the messages of each hour or day by direction, one area above the other."""
    volume = figures["volume"]
    by_hour = volume["step"] == "hour"
    times = [datetime.fromisoformat(step[0]) for step in volume["steps"]]
    labels = [f"{at:%a %d %b}" if not by_hour or at.hour == 0 else "" for at in times]
    chart = pygal.StackedLine(
        **_options(height=320, series=len(volume["directions"])),
        fill=True,
        show_dots=False,
        show_minor_x_labels=False,
        truncate_label=-1,
    )
    chart.x_labels = labels
    if by_hour:
        chart.x_labels_major = sorted({*labels} - {""})
    else:
        chart.x_labels_major_count = DAYS_NAMED
    for place, direction in enumerate(volume["directions"], 1):
        chart.add(direction, [step[place] for step in volume["steps"]])
    return _svg(chart)


def _of_day(figures: Figures) -> str:
    """Return the messages of the time by hour of the day."""
    chart = pygal.StackedBar(**_options(height=260, series=len(figures["volume"]["of_day"])))
    chart.x_labels = [f"{hour:02}" for hour in range(24)]
    for direction, hours in figures["volume"]["of_day"].items():
        chart.add(direction, hours)
    return _svg(chart)


def _held(figures: Figures) -> str | None:
    """Return what became of the messages that each code held."""
    rows = figures["held"]["by_code"][:PLOTTED]
    parts = {state: [row[state] for row in rows] for state in ("waiting", "released", "deleted", "refused")}
    return _bars([row["code"] for row in rows], parts)


def _monitor(figures: Figures) -> str | None:
    """Return the messages that filters in monitor would have kept, by code and direction."""
    ways = figures["volume"]["directions"]
    rows = figures["monitor"][:PLOTTED]
    return _bars([row["code"] for row in rows], {way: [row[way] for row in rows] for way in ways})


def _bars(labels: Sequence[str], parts: Mapping[str, Sequence[int]]) -> str | None:
    """Return a bar for each label, made of its parts; None without any."""
    if not labels:
        return None
    chart = pygal.HorizontalStackedBar(
        **_options(height=FRAME + ROW * len(labels), series=len(parts)), truncate_label=40
    )
    chart.x_labels = [*reversed(labels)]  # pygal draws the first at the bottom
    for name, numbers in parts.items():
        chart.add(name, [*reversed(numbers)])
    return _svg(chart)


def _options(*, height: int, series: int) -> dict[str, Any]:
    """Return a plot's options. Its legend has a place for each series: pygal makes no room for half a line of them."""
    return {
        "style": _STYLE,
        "width": WIDTH,
        "height": height,
        "js": (),
        "legend_at_bottom": True,
        "legend_at_bottom_columns": series,
        "disable_xml_declaration": True,
        "value_formatter": lambda value: f"{value:,.0f}",
        "min_scale": 1,
        "max_scale": 6,
        "margin": 8,
    }


def _svg(chart: pygal.Graph) -> str:
    """Return the plot as SVG for the page; pygal has escaped its texts."""
    chart.add_xml_filter(_bare)
    svg: str = chart.render(is_unicode=True)
    return svg


def _bare(root: Any) -> Any:
    """Return the plot without scripts, and without what only pygal's script reads: descriptions, tool tips.

    Elements are listed first: where lxml is installed pygal uses it, and its iterator ends at a removed element.
    """
    for parent in [*root.iter()]:
        for child in [*parent]:
            if not isinstance(child.tag, str) or child.tag in ("script", "desc") or _is_for_script(child):
                parent.remove(child)
    return root


def _is_for_script(element: Any) -> bool:
    return "tooltip-overlay" in element.get("class", "") or (element.tag == "title" and element.text == "Pygal")


def main() -> None:
    """Read figures as JSON from standard input, and write the page."""
    sys.stdout.buffer.write(page(json.load(sys.stdin)).encode())


if __name__ == "__main__":
    main()
