"""A held message as the terminal shows it, for `quarantine read` and for the screen: what the operation returns.

Every text from the message is plain text here: no markup, no terminal escape (`output.safe`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from gateway.act.local_time import local_time
from gateway.characters.disclosed import disclosed
from gateway.cli.output import console, safe, size

#: Titles of stretches of text that are not the message's own new text.
_TITLES = {
    "hidden": "HIDDEN: mail programs don't show it",
    "widths": "Shown on small screens alone, or on wide ones",
    "doubtful": "Shown or hidden, depending on the mail program",
    "links": "Links lead to",
    "beside": "Beside the text or in its place: words for pictures, tips, frames, other character sets",
    "quoted": "Quoted",
    "signature": "Signature",
    "footer": "Footer",
}
_STYLES = {
    "hidden": "magenta",
    "doubtful": "magenta",
    "widths": "dim",
    "beside": "dim",
    "quoted": "dim",
    "signature": "dim",
    "footer": "dim",
}
#: Characters of a short id: the milliseconds of a UUIDv7, with its first dash.
SHORT_ID = 13
_WAYS = {"inbound": "in", "outbound": "out", "internal": "int"}
#: Cells of the column with the codes at 80 columns: the longest usual code, `payment_change.wording`, stays whole.
WHY_CELLS = 22
#: The answer of a list to filters that find nothing.
NO_HIT = "No message fits these filters."
#: Answers after which a message can still be held: state of the request -> words.
_ANSWERED = {"refused": "refused", "deleted": "told deleted"}
#: Columns of a terminal from which on a list has the direction besides, and whole addresses.
WIDE = 100
_MARK = "bold reverse"
#: The shortest quotation of evidence that is marked in the text: shorter ones stand everywhere.
_LEAST_MARKED = 3


def as_read(read: dict[str, Any]) -> RenderableType:
    """Return all of a message as a reviewer reads it: why it is held, from whom it is, its text, its parts."""
    entry, zone = read["entry"], ZoneInfo(read["timezone"])
    return Group(
        *_requests(entry.get("requests", ()), zone),
        *_findings(read["held_by"], "bold red"),
        Rule(style="dim"),
        _facts(_about(read, entry, zone)),
        Rule(style="dim"),
        *_text(read),
        Rule(style="dim"),
        _parts(read),
        *([Rule("Also found", style="dim", align="left")] if read["other_findings"] else []),
        *_findings(read["other_findings"], "bold"),
        *_history(read["history"], zone),
    )


def one_line_each(rows: Sequence[dict[str, Any]], empty: str) -> None:
    """Print a line for each row of `quarantine.list`, cut to the terminal's width; a sentence where there is none."""
    if not rows:
        console.print(empty, markup=False)
        return
    now, ids = datetime.now(UTC), short_ids([row["id"] for row in rows])
    widths = _widths(console.width, len(ids[0]))
    grid = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 1, 0, 0))
    for name, width in widths.items():
        grid.add_column(name, no_wrap=True, overflow="ellipsis", width=width)
    for row, id in zip(rows, ids, strict=True):
        cells = {"Id": id, **in_a_line(row, now, to_cells=widths["To"], wide="Way" in widths)}
        grid.add_row(*(safe(cells[name]) for name in widths))
    console.print(grid)


def _widths(columns: int, id_cells: int) -> dict[str, int]:
    """Return the columns of the list and their cells, in a terminal of so many columns."""
    fixed = {"Id": id_cells, "Age": 4, **({"Way": 3} if columns >= WIDE else {})}
    why = max(WHY_CELLS, columns // 4)
    rest = max(15, columns - sum(fixed.values()) - len(fixed) - why - 3)  # a blank behind each but the last
    author, to = rest // 3, rest // 4
    return {**fixed, "Author": author, "To": to, "Subject": rest - author - to, "Why": why}


def in_a_line(row: dict[str, Any], now: datetime, *, to_cells: int, wide: bool) -> dict[str, str]:
    """Return age, direction, author, recipient, subject and codes of a row by column, each a short text."""
    author, subject = disclosed(row["author"] or f"<{row['from']}>"), disclosed(row["subject"])
    codes = [
        *_request_state(row.get("requests", ())),
        *row["codes"],
        *(["waits for approval"] if "waiting" in row else []),
    ]
    return {
        "Age": age(row["received_at"], now),
        "Way": _WAYS.get(row["direction"], "*"),
        "Author": _name(author),
        "To": _recipient(row, to_cells, wide=wide),
        "Subject": subject or "(no subject)",
        "Why": ", ".join(codes),
    }


def _recipient(row: dict[str, Any], cells: int, *, wide: bool) -> str:
    """Return the first recipient whose copy is held, and how many others there are of these: `bob +2`.

    Where none is held, those in the bin count, or else all. One of ours is named by the local part alone where the
    whole address has no room.
    """
    by_state = ([c for c in row["recipients"] if c["state"] == state] for state in ("held", "deleted"))
    copies = next(filter(None, by_state), row["recipients"])
    first = disclosed(copies[0]["address"]) if copies else ""
    others = f" +{len(copies) - 1}" if len(copies) > 1 else ""
    room = max(1, cells - len(others))
    is_ours = row["direction"] in ("inbound", "internal")
    name = first if not is_ours or (wide and cell_len(first) <= room) else first.rpartition("@")[0] or first
    shown = safe(name)
    shown.truncate(room, overflow="ellipsis")
    return shown.plain + others


def _request_state(requests: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield words about requests for a release: that one waits, or else how the last one was answered, and by whom."""
    if any(one["state"] == "open" for one in requests):
        yield "asked for"
    elif answered := [one for one in requests if one["state"] in _ANSWERED]:
        last = max(answered, key=lambda one: one["answered_at"])
        yield f"{_ANSWERED[last['state']]} by {last['answered_by'].partition(' (')[0]}"


def short_ids(ids: Sequence[str]) -> list[str]:
    """Return the beginnings of ids, as short as they can be and still differ: at least the time of a UUIDv7."""
    length = SHORT_ID
    while length < 36 and len({id[:length] for id in ids}) < len(set(ids)):
        length += 1
    return [id[:length] for id in ids]


def age(iso: str, now: datetime) -> str:
    """Return how long ago a time was, in its largest unit: 5m, 3h, 12d."""
    minutes = max(0, int((now - datetime.fromisoformat(iso)).total_seconds() // 60))
    return f"{minutes}m" if minutes < 60 else f"{minutes // 60}h" if minutes < 2880 else f"{minutes // 1440}d"


def _name(author: str) -> str:
    """Return the author's field without the angle brackets of a lone address."""
    return author[1:-1] if author.startswith("<") and author.endswith(">") and author.count("<") == 1 else author


def _findings(found: Iterable[dict[str, Any]], style: str) -> Iterator[RenderableType]:
    for one in found:
        clause = f"  ({safe(one['clause'])})" if one.get("clause") else ""
        yield Text.assemble((one["code"], style), (clause, "dim"))
        yield Padding(safe(one["summary"]), (0, 0, 0, 2), expand=False)
        for evidence in one.get("evidence", ()):
            place = f" (part {safe(evidence['part'])})" if evidence.get("part") else ""
            line = Text.assemble((f"{safe(evidence['what'])}: ", "dim"), safe(evidence["quote"]), (place, "dim"))
            yield Padding(line, (0, 0, 0, 2), expand=False)
        if one.get("evidence_left_out"):
            yield Padding(Text(f"and {one['evidence_left_out']} more pieces of evidence", "dim"), (0, 0, 0, 2))


def _requests(requests: Iterable[dict[str, Any]], zone: ZoneInfo) -> Iterator[RenderableType]:
    """Yield the requests for a release with the persons' own words and the answers, above the reasons of the hold."""
    for one in requests:
        yield Text.assemble(("Asked for", "bold"), safe(f" by {one['person']}, {local_time(one['at'], zone)}"))
        yield from (Padding(safe(said), (0, 0, 0, 2), expand=False) for said in one["text"].split("\n") if said)
        if one["answered_by"]:
            by = safe(f" by {one['answered_by']}, {local_time(one['answered_at'], zone)}")
            yield Text.assemble((_ANSWERED.get(one["state"], one["state"]).capitalize(), "bold"), by)
        if one["answer"]:
            yield Padding(safe(one["answer"]), (0, 0, 0, 2), expand=False)


def _about(read: dict[str, Any], entry: dict[str, Any], zone: ZoneInfo) -> Iterator[tuple[str, object]]:
    path = entry["from"]
    differs = path.lower() not in [address.lower() for address in read["author_addresses"]]
    yield "From", read["author"] or "(no author)"
    yield "Addresses", [one for one in read["author_addresses"] if one not in read["author"]]
    if differs:
        yield "Envelope", f"<{path}>  (the reverse-path: bounces go there)"
    yield "Reply-To", read["reply_to"]
    yield "To", [f"{c['address']}{_state(c)}" for c in entry["recipients"]]
    yield "Subject", read["subject"] or "(no subject)"
    yield "Verified", read["authentication"].split("; ") if read["authentication"] else "nobody verified its origin"
    yield "Received", local_time(entry["received_at"], zone)
    yield "Written", read["date"]
    yield "Size", size(entry["bytes"])
    yield "Labels", ", ".join(read["labels"])
    yield "Assigned", entry["assigned_to"]
    yield "Kept until", read["keep_until"] and local_time(read["keep_until"], zone)
    yield "Id", entry["id"]


def _state(copy: dict[str, Any]) -> str:
    return "" if copy["state"] == "held" else f"  ({copy['state']})"


def _facts(values: Iterable[tuple[str, object]]) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    for name, value in values:
        if value not in ("", [], None):
            grid.add_row(name, safe(value))
    return grid


def _text(read: dict[str, Any]) -> Iterator[RenderableType]:
    quotes = [e["quote"] for one in read["held_by"] for e in one.get("evidence", ())]
    names = {part["path"]: part["names"] for part in read["parts"]}
    if not read["text"]:
        yield Text("(no text)", style="dim")
    for number, one in enumerate(read["text"]):
        if number:
            yield Text()
        title = _TITLES.get(one["kind"], "")
        if one["kind"] == "attachment":
            title = " ".join([f"Text of part {one['part']}", *names.get(one["part"], ())[:1]])
        if title:
            yield Text(safe(title).plain, style=f"bold {_STYLES.get(one['kind'], '')}")
        yield marked(one["text"], quotes, _STYLES.get(one["kind"], ""))
        if one["left_out"]:
            yield Text(f"({one['left_out']} more characters are not shown)", style="dim")
    if not read["text_is_complete"]:
        yield Text("Not all of the text could be read or is shown: see the parts.", style="yellow")


def marked(text: str, quotes: Sequence[str], style: str = "") -> Text:
    """Return the text with every quotation of evidence in it marked; blanks and letter case make no difference."""
    shown = Text("\n".join(safe(line).plain for line in text.split("\n")), style=style)
    for quote in dict.fromkeys(quotes):
        words = [re.escape(word) for word in safe(quote.strip("…. ")).plain.split()]
        if sum(map(len, words)) >= _LEAST_MARKED:
            shown.highlight_regex(re.compile(r"\s+".join(words), re.IGNORECASE), style=_MARK)
    return shown


def _parts(read: dict[str, Any]) -> RenderableType:
    grid = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("Part", "Type", "Name", "Size", "Defects"):
        grid.add_column(name, overflow="fold", no_wrap=name in ("Part", "Size"))
    for part in read["parts"]:
        true = "" if part["true_type"] in (None, part["type"]) else f"in truth {part['true_type']}"
        cells = (part["path"], [part["type"], true], part["names"], size(part["bytes"]), part["defects"])
        grid.add_row(*map(safe, cells))
    left = read["parts_left_out"]
    return Group(grid, Text(f"and {left} more parts", style="dim")) if left else grid


def _history(history: Sequence[dict[str, Any]], zone: ZoneInfo) -> Iterator[RenderableType]:
    if history:
        yield Rule("History", style="dim", align="left")
    for one in history:
        yield safe(f"{local_time(one['at'], zone)}  {one['operation']} by {one['actor']}: {one['reason']}")
