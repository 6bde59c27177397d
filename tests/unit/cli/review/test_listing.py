"""The list: selection, rows that go, and pages that meet."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from textual.app import App, ComposeResult

from gateway.cli.review.listing import Listing


def row(id: str, **more: Any) -> dict[str, Any]:
    about: dict[str, Any] = {
        "received_at": datetime.now(UTC).isoformat(),
        "direction": "inbound",
        "from": "eve@x",
        "subject": "S",
    }
    about["recipients"] = [{"address": "bob@example.co.uk", "state": "held"}]
    return {"id": id, **about, "codes": ["a.b"], "bytes": 1, "author": "", "assigned_to": ""} | more


class OneList(App[None]):
    def compose(self) -> ComposeResult:
        yield Listing()


@pytest.mark.parametrize("width", [80, 132])
async def test_selection_and_removal(width: int) -> None:
    """The cursor goes on behind a selected message; a message that is gone isn't selected any more."""
    app = OneList()
    async with app.run_test(size=(width, 24)):
        listing = app.query_one(Listing)
        listing.fill([row("1"), row("2")], anew=True)
        listing.toggle()
        assert [one["id"] for one in listing.chosen] == ["1"]
        assert listing.current is not None
        assert listing.current["id"] == "2"
        listing.take_out("1")
        assert (listing.selected, list(listing.held)) == (set(), ["2"])
        listing.toggle_all()
        assert listing.selected == {"2"}
        listing.toggle_all()
        assert listing.selected == set()


@pytest.mark.parametrize(
    ("width", "columns", "to"),
    [
        (80, " /Age/Author/To/Subject/Why/Size", "bob"),
        (120, " /Age/Way/Author/To/Subject/Why/Size", "bob@example.co.uk"),
    ],
)
async def test_the_recipient_is_shown(width: int, columns: str, to: str) -> None:
    """By the local part at 80 columns; a wide terminal has whole addresses, and the direction."""
    app = OneList()
    async with app.run_test(size=(width, 24)):
        listing = app.query_one(Listing)
        listing.fill([row("1")], anew=True)
        assert "/".join(str(one.value) for one in listing.columns) == columns
        assert sum(one.width for one in listing.columns.values()) == width - 2
        assert listing.get_cell("1", "To").plain == to
        listing.update(row("1", subject="Other"))
        assert listing.get_cell("1", "Subject").plain == "Other"


@pytest.mark.parametrize("width", [80, 120])
async def test_a_scroll_bar_covers_no_column(width: int) -> None:
    """The size is shown as a whole, and nothing moves sideways."""
    app = OneList()
    async with app.run_test(size=(width, 24)) as pilot:
        listing = app.query_one(Listing)
        listing.fill([row(str(number), bytes=1_048_575) for number in range(50)], anew=True)
        await pilot.pause()
        assert listing.show_vertical_scrollbar
        assert listing.max_scroll_x == 0
        assert listing.get_cell("1", "Size").plain == "1024 KiB"


async def test_pages_meet() -> None:
    """A message that was listed already isn't listed twice: new mail moves the pages."""
    app = OneList()
    async with app.run_test(size=(80, 24)):
        listing = app.query_one(Listing)
        listing.fill([row("1"), row("2")], anew=True)
        listing.fill([row("2"), row("3")], anew=False)
        assert list(listing.held) == ["1", "2", "3"]
        assert listing.row_count == 3


async def test_an_empty_list_has_no_message() -> None:
    app = OneList()
    async with app.run_test(size=(80, 24)):
        listing = app.query_one(Listing)
        assert (listing.current, listing.chosen) == (None, [])
        listing.toggle()
