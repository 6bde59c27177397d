"""The list of held messages: a table that is filled page by page as the cursor comes near its end."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widgets import DataTable

from gateway.cli.output import safe, size
from gateway.cli.reading import WHY_CELLS, WIDE, in_a_line

#: Rows of one page, and the rows below the cursor at which the next page is asked for.
PAGE = 100
AHEAD = 30

#: Columns and their widths in cells at 80 columns, of which a scroll bar may take two; author, recipient and subject
#: share what a wider terminal has.
_WIDTHS = {" ": 2, "Age": 4, "Author": 16, "To": 11, "Subject": 14, "Why": WHY_CELLS + 1, "Size": 8}
#: The column with the direction, which a wide terminal has besides.
_WAY = {"Way": 4}


class Listing(DataTable[Text]):
    """Rows of `quarantine.list`, one a message, with marks for those that are selected."""

    #: Enter opens the message itself: an event of the table's would come behind the next key.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "app.open", "Read"),
        Binding("home", "app.first", "First"),
        Binding("end", "app.last", "Last"),
    ]

    def __init__(self) -> None:
        super().__init__(cursor_type="row", zebra_stripes=False, cell_padding=0)
        self.held: dict[str, dict[str, Any]] = {}  # id -> row, in the order of the table
        self.selected: set[str] = set()

    def on_mount(self) -> None:
        self._make_columns()

    def _make_columns(self) -> None:
        columns = self.app.size.width
        widths = {" ": 2, "Age": 4, **_WAY, **_WIDTHS} if columns >= WIDE else _WIDTHS
        more = max(0, columns - self.styles.scrollbar_size_vertical - sum(widths.values()))
        wider = {"Author": more // 4, "To": more // 3, "Subject": more - more // 4 - more // 3}
        self._widths = {name: width + wider.get(name, 0) for name, width in widths.items()}
        for name, width in self._widths.items():
            self.add_column(Text(name, style="bold"), width=width, key=name)

    @property
    def current(self) -> dict[str, Any] | None:
        """The row at the cursor; None where the list is empty."""
        if not self.held or not self.is_valid_row_index(self.cursor_row):
            return None
        return self.held.get(self._id_at(self.cursor_row))

    @property
    def chosen(self) -> list[dict[str, Any]]:
        """The selected rows, or else the one at the cursor."""
        if self.selected:
            return [row for id, row in self.held.items() if id in self.selected]
        return [self.current] if self.current else []

    def _id_at(self, place: int) -> str:
        return str(self.coordinate_to_cell_key((place, 0)).row_key.value)  # type: ignore[arg-type]

    def fill(self, rows: Sequence[dict[str, Any]], *, anew: bool) -> None:
        """Add the rows of a page; `anew` begins a new list, and keeps the selection of what is still there."""
        if anew:
            self.clear(columns=True)
            self._make_columns()
            self.held = {}
        now = datetime.now(UTC)
        for row in rows:
            if row["id"] not in self.held:
                self.held[row["id"]] = row
                self.add_row(*self._cells(row, now), key=row["id"])
        if anew:
            self.selected &= self.held.keys()

    def take_out(self, id: str) -> None:
        """Remove a message that is held no more."""
        if self.held.pop(id, None):
            self.selected.discard(id)
            self.remove_row(id)

    def toggle(self) -> None:
        """Select the message at the cursor, or not any more, and go to the next."""
        if self.current:
            self._set_selected([self.current["id"]], self.current["id"] not in self.selected)
            self.action_cursor_down()

    def toggle_all(self) -> None:
        """Select all messages that are listed; where all are selected, none."""
        self._set_selected(list(self.held), self.selected != set(self.held))

    def unselect(self, ids: Collection[str]) -> None:
        """Take messages out of the selection; those that are listed lose their mark."""
        self._set_selected([id for id in ids if id in self.held], selected=False)
        self.selected -= set(ids)

    def _set_selected(self, ids: Sequence[str], selected: bool) -> None:
        for id in ids:
            (self.selected.add if selected else self.selected.discard)(id)
            self.update_cell(id, " ", _mark(selected))

    def update(self, row: dict[str, Any]) -> None:
        """Show a changed row in its place."""
        self.held[row["id"]] = row
        for name, cell in zip(self._widths, self._cells(row, datetime.now(UTC)), strict=True):
            self.update_cell(row["id"], name, cell)

    def _cells(self, row: dict[str, Any], now: datetime) -> list[Text]:
        cells = in_a_line(row, now, to_cells=self._widths["To"] - 1, wide="Way" in self._widths)
        cells["Subject"] = f"→{row['assigned_to']} {cells['Subject']}" if row["assigned_to"] else cells["Subject"]
        texts = [_cell(cells[name], width - 1) for name, width in self._widths.items() if name in cells]
        return [_mark(row["id"] in self.selected), *texts, _cell(size(row["bytes"]), self._widths["Size"])]


def _mark(selected: bool) -> Text:
    return Text("●" if selected else " ", style="bold green")


def _cell(text: str, width: int) -> Text:
    cell = safe(text)
    cell.truncate(width, overflow="ellipsis")
    return cell
