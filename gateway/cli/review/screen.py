"""The reviewers' screen: the list, a message to read, and the keys that decide. One process, one way to the gateway.

All work is the gateway's operations (`gateway.cli.desk`); the screen holds no rule of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial, wraps
from pathlib import Path
from typing import Any, ClassVar, Concatenate, ParamSpec

from textual.app import App, ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.events import Event, Key, Paste
from textual.widgets import Static
from textual.worker import Worker, get_current_worker

from gateway.cli import desk
from gateway.cli.output import safe
from gateway.cli.reading import NO_HIT, as_read
from gateway.cli.review.dialogues import Answer, Ask, Confirm, Dialogue, Help, KeyHelp, Recipients, Told
from gateway.cli.review.filters import FilterError, as_filters, as_text
from gateway.cli.review.listing import AHEAD, PAGE, Listing
from gateway.cli.review.waiting_keys import KeyHandled, Typed, WaitingKeys, is_key
from gateway.control.refusal import NoAnswer, Refused
from gateway.control.vocabulary import ORDERS, PERSONAL

#: Actions on the list, which do nothing while a message is read.
_OF_THE_LIST = frozenset({"select", "select_all", "filter", "sort", "again", "undo"})

KEYS = (
    KeyHelp("Enter", "read the message; Escape goes back to the list"),
    KeyHelp("Space", "select the message; * selects all that are listed, or none"),
    KeyHelp("r", "release: send it on, after a fresh check"),
    KeyHelp("t", "release to some of its recipients; those who have asked are filled in"),
    KeyHelp("d", "delete: into the bin, for `retention.bin_days`"),
    KeyHelp("u", "undo the last deletion: hold these messages again"),
    KeyHelp("a", "approve what somebody else has released"),
    KeyHelp("f", "refuse what somebody has asked for, with a sentence that they get"),
    KeyHelp("h", "hand over: assign it to a reviewer, with a note"),
    KeyHelp("m", "take it into your own hands"),
    KeyHelp("c", "comment: put a note on record"),
    KeyHelp("x", "extend: keep it longer"),
    KeyHelp("b, l", "block the sender; let mail like this from the sender pass"),
    KeyHelp(
        "/",
        "filter, such as: code:virus.* from:*@acme.example to:ann@x subject words since:7d assigned:me request:open",
    ),
    KeyHelp("s", "sort by the next order: " + ", ".join(ORDERS)),
    KeyHelp("n, p", "next, previous message, also while reading; Home, End: first, last"),
    KeyHelp("g", "ask the gateway again"),
    KeyHelp("q", "quit"),
)

_FILTER = "Show which messages? code:virus.* from:*@acme.example to:ann@x since:7d assigned:me, words of the subject"
_CANT_CALL_BACK = "What was sent can't be called back."


_Given = ParamSpec("_Given")
_Action = Callable[Concatenate["Review", _Given], Awaitable[None]]
#: The group of the workers that fetch a message to read: a new one ends the one before it.
READING = "reading"
#: Keys that end the screen, whatever waits.
_AT_ONCE = ("ctrl+q", "ctrl+c")


def acts(do: _Action[_Given]) -> Callable[Concatenate[Review, _Given], None]:
    """Make an action of a coroutine that may ask the reviewer: keys wait until it does, or until it ends."""

    @wraps(do)
    def begin(screen: Review, /, *given: _Given.args, **more: _Given.kwargs) -> None:
        screen.begin(lambda: do(screen, *given, **more), "deciding")

    return begin


def reads(do: _Action[_Given]) -> Callable[Concatenate[Review, _Given], None]:
    """Make an action of a coroutine that fetches a message to read; Escape, or the next one, ends it."""

    @wraps(do)
    def begin(screen: Review, /, *given: _Given.args, **more: _Given.kwargs) -> None:
        screen.begin(lambda: do(screen, *given, **more), READING)

    return begin


class Review(App[None]):
    """The screen, on one `ask`: the way to the gateway's operations."""

    TITLE = "Quarantine"
    CSS = """
        Listing { height: 1fr; }
        #page { height: 1fr; display: none; padding: 0 1; }
        Review.reading Listing { display: none; }
        Review.reading #page { display: block; }
        #top { height: 1; background: $boost; }
        #status { height: 1; background: $boost; color: $text-muted; }
    """
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back"),
        Binding("space", "select", "Select"),
        Binding("*", "select_all", "All"),
        Binding("r", "release", "Release"),
        Binding("t", "release_some", "To some"),
        Binding("d", "delete", "Delete"),
        Binding("u", "undo", "Undo"),
        Binding("a", "approve", "Approve"),
        Binding("f", "refuse", "Refuse"),
        Binding("h", "hand_over", "Hand over"),
        Binding("m", "mine", "Mine"),
        Binding("c", "comment", "Comment"),
        Binding("x", "extend", "Extend"),
        Binding("b", "sender('block')", "Block"),
        Binding("l", "sender('allow')", "Let pass"),
        Binding("slash", "filter", "Filter"),
        Binding("s", "sort", "Sort"),
        Binding("n", "step(1)", "Next"),
        Binding("p", "step(-1)", "Previous"),
        Binding("g", "again", "Again"),
        Binding("question_mark", "keys", "Keys"),
        Binding("q", "quit", "Quit"),
    ]

    def __init__(self, ask: desk.Ask, filters: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.ask = as_refusals(ask)
        self.listing = Listing()
        self._wanted = filters or {}
        self._order = next(iter(ORDERS))
        self._found = 0  # messages that fit the filters, in the store
        self._reasons: Sequence[str] = ()
        self._deleted: list[str] = []  # ids of the last deletion
        self._refusal = ""  # the last refusal's sentence
        self._shown: dict[str, Any] | None = None  # the row of the message that is open; None: the list is shown
        self._loading = asyncio.Lock()  # a page begins behind the one before it
        self._keys = WaitingKeys()
        self._action: Worker[None] | None = None  # what keys wait for
        self._handled = asyncio.Event()  # set once the key on its way through the widgets has been handled

    def compose(self) -> ComposeResult:
        yield Static(id="top")
        yield self.listing
        with VerticalScroll(id="page"):
            yield Static(id="text")
        yield Static(id="status")

    async def on_mount(self) -> None:
        self.listing.focus()
        self.run_worker(self._hand_on_keys(), group="keys")
        await self._load(anew=True)
        self.status("? shows the keys")

    @property
    def is_reading(self) -> bool:
        return self._shown is not None

    @property
    def about(self) -> list[dict[str, Any]]:
        """The messages that a decision is about: the open one, else the selected ones, else the one at the cursor."""
        return [self._shown] if self._shown else self.listing.chosen

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether a key does something now."""
        return not (self.is_reading and action in _OF_THE_LIST)

    def status(self, text: str) -> None:
        """Show a sentence in the last line."""
        self.query_one("#status", Static).update(safe(text.replace("\n", " ")))

    def tell(self, sentence: str) -> None:
        """Show a sentence that may be longer than the last line, until a key is pressed."""
        self.status("")
        self._keys.forget()  # they were typed before anybody could read it
        self.push_screen(Told(sentence))

    # --- keys --------------------------------------------------------------------------------------------------------

    async def on_event(self, event: Event) -> None:
        """Let each key wait its turn; those that quit don't."""
        if isinstance(event, Key | Paste) and not event.is_forwarded and not is_key(event, *_AT_ONCE):
            self._keys.put(event)
        else:
            await super().on_event(event)

    async def _hand_on_keys(self) -> None:
        """Hand on one key after the other, each once all widgets have handled the one before it."""
        while True:
            await super().on_event(await self._keys.next(self._next_key))
            # A widget's answer to a key, such as the line that Enter sends, comes behind the key itself.
            await self._all_handled()
            await self._all_handled()

    def _next_key(self) -> Typed | None:
        """Return the next key that something takes: the window that asks, else the list or the message shown."""
        if isinstance(self.screen, Dialogue):
            return self._keys.take() if self.screen.takes_keys else None
        if self._action is None:
            return self._keys.take()
        if self._action.group != READING:
            return None
        if is_key(self._keys.first, "n", "p") and self.is_reading:
            return self._keys.take()
        return self._keys.take_from("escape")

    async def _all_handled(self) -> None:
        """Wait until the widgets have handled what came before, from the focused one up to the screen."""
        self._handled = asyncio.Event()
        if (self.focused or self.screen).post_message(KeyHandled(self._handled)):
            await self._handled.wait()

    def on_key_handled(self, event: KeyHandled) -> None:
        event.handled.set()

    def pop_screen(self) -> AwaitComplete:
        """Close the window; what is still on its way through it has done its work, and may be lost."""
        self._handled.set()
        return super().pop_screen()

    def begin(self, action: Callable[[], Awaitable[None]], group: str) -> None:
        """Begin an action beside the screen; keys wait for it."""
        self._action = self.run_worker(partial(self._to_its_end, action), group=group, exclusive=group == READING)

    async def _to_its_end(self, action: Callable[[], Awaitable[None]]) -> None:
        try:
            await action()
        except Refused as refusal:
            self.tell(f"{refusal}.")
        finally:
            if self._action is get_current_worker():
                self._action = None
                self._keys.look_again()

    async def _answer(self, dialogue: Dialogue[Answer]) -> Answer:
        """Return the answer of a window, to which the keys go that wait for the action."""
        dialogue.opened = self._keys.look_again
        return await self.push_screen_wait(dialogue)

    # --- the list ----------------------------------------------------------------------------------------------------

    async def _load(self, *, anew: bool) -> None:
        """Fetch the first page, or the next."""
        async with self._loading:
            try:
                if anew:
                    self._found = await self.ask("quarantine.count", **self._wanted)
                page = {} if anew else self._next_page()
                rows = await self.ask("quarantine.list", limit=PAGE, order=self._order, **page, **self._wanted)
            except Refused as refusal:
                self.status(str(refusal))
                return
            self.listing.fill(rows, anew=anew)
        self._head()
        if anew and not rows:
            self.status(NO_HIT if self._wanted else "Nothing is held.")

    def _next_page(self) -> dict[str, Any]:
        """Return the place of the next page: behind the last message where the order is that of time."""
        last = next(reversed(self.listing.held.values()), None)
        if last is None or self._order not in ("newest", "oldest"):
            return {"offset": len(self.listing.held)}
        return {"behind": [last["received_at"], last["id"]]}

    def _head(self) -> None:
        held = f"{self._found:,} held" if not self._wanted else f"{self._found:,} held: {as_text(self._wanted)}"
        selected = f" · {len(self.listing.selected)} selected" if self.listing.selected else ""
        self.query_one("#top", Static).update(safe(f" {held} · {self._order}{selected}"))

    async def on_data_table_row_highlighted(self) -> None:
        if self.listing.cursor_row >= len(self.listing.held) - AHEAD and len(self.listing.held) < self._found:
            await self._load(anew=False)

    def action_first(self) -> None:
        self.listing.move_cursor(row=0)

    @acts
    async def action_last(self) -> None:
        """Go to the last message, once all that fit the filters are fetched."""
        listed = -1
        while listed < len(self.listing.held) < self._found:
            listed = len(self.listing.held)
            self.status(f"{listed:,} of {self._found:,}…")
            await self._load(anew=False)
        self.listing.move_cursor(row=len(self.listing.held) - 1)
        if listed >= 0:
            self.status("")

    def action_select(self) -> None:
        self.listing.toggle()
        self._head()

    def action_select_all(self) -> None:
        self.listing.toggle_all()
        self._head()

    async def action_again(self) -> None:
        await self._load(anew=True)
        self.status("")

    async def action_sort(self) -> None:
        orders = list(ORDERS)
        self._order = orders[(orders.index(self._order) + 1) % len(orders)]
        await self._load(anew=True)

    @acts
    async def action_filter(self) -> None:
        sentence, said = _FILTER, as_text(self._wanted)
        while (typed := await self._answer(Ask(sentence, said))) is not None:
            try:
                self._wanted = as_filters(typed)
            except FilterError as error:
                self._keys.forget()
                sentence, said = f"{error}. {_FILTER}", typed
                continue
            self.status("")
            await self._load(anew=True)
            return

    def action_keys(self) -> None:
        self.push_screen(Help(KEYS))

    # --- reading -----------------------------------------------------------------------------------------------------

    @reads
    async def action_open(self) -> None:
        await self._read()

    def on_data_table_row_selected(self) -> None:
        self.action_open()  # by the mouse

    async def _read(self, reason: str = "") -> None:
        row = self.listing.current
        if row is None:
            return
        self.status("Reading…")
        try:
            read = await self.ask("quarantine.read", id=row["id"], reason=reason)
        except Refused as refusal:
            if reason or PERSONAL not in refusal.codes:
                self._to_list()
                self.tell(str(refusal))
            elif said := await self._answer(Confirm(f"{refusal}.", ())):
                await self._read(said)
            else:
                self._to_list()
            return
        self._shown = row
        self.query_one("#text", Static).update(as_read(read))
        self.query_one("#page", VerticalScroll).scroll_home(animate=False)
        self.add_class("reading")
        self.query_one("#page", VerticalScroll).focus()
        self.status(
            f"{self.listing.cursor_row + 1} of {self._found:,} · Escape: list · n, p: next, previous · r d h: decide"
        )

    async def action_back(self) -> None:
        """Go back to the list; a message that is just being read isn't shown any more."""
        self.workers.cancel_group(self, READING)
        self._to_list()

    def _to_list(self) -> None:
        self._shown = None
        self.remove_class("reading")
        self.listing.focus()
        self.status("")

    def action_step(self, by: int) -> None:
        self.listing.move_cursor(row=self.listing.cursor_row + by)
        if self.is_reading:
            self.action_open()

    # --- deciding ----------------------------------------------------------------------------------------------------

    @acts
    async def action_release(self) -> None:
        rows = self.about
        held = [c["address"] for row in rows for c in row["recipients"] if c["state"] == "held"]
        to = held[0] if len(held) == 1 else f"{len(held)} recipients"
        sentence = f"Release {_messages(rows)} to {to}, after a fresh check. "
        await self._confirmed(rows, sentence + _CANT_CALL_BACK, "quarantine.release", "released", out=True)

    @acts
    async def action_release_some(self) -> None:
        row = self._shown or self.listing.current
        held = [c["address"] for c in row["recipients"] if c["state"] == "held"] if row else []
        asked = [address for one in _open_requests(row) for address in one["recipients"]] if row else []
        some = await self._answer(Recipients(held, asked)) if row else None
        if row is None or not some:
            return
        sentence = f"Release {_messages([row])} to {', '.join(some)} alone, after a fresh check. {_CANT_CALL_BACK}"
        whole = len(some) == len(held)
        await self._confirmed([row], sentence, "quarantine.release", "released", out=whole, recipients=some)

    @acts
    async def action_approve(self) -> None:
        await self._refresh(*(row["id"] for row in self.about))  # somebody may have released it since it was listed
        rows = [row for about in self.about if (row := self.listing.held.get(about["id"], about)).get("waiting")]
        if not rows:
            self.status("Nobody has released this message yet, or too long ago: r comes first.")
            return
        sentence = f"Approve the release of {_messages(rows)}, after a fresh check. {_CANT_CALL_BACK}"
        await self._confirmed(rows, sentence, "quarantine.approve", "approved", out=True)

    @acts
    async def action_refuse(self) -> None:
        rows = [row for row in self.about if _open_requests(row)]
        if not rows:
            self.status("Nobody has asked for this message and waits for an answer.")
            return
        persons = ", ".join(dict.fromkeys(one["person"] for row in rows for one in _open_requests(row)))
        text = await self._answer(Ask(f"Refuse to release {_messages(rows)}? It stays held. Your answer to {persons}:"))
        if text:
            await self._each(rows, "quarantine.refuse", "refused", answer=text)

    @acts
    async def action_delete(self) -> None:
        rows = self.about
        sentence = f"Delete {_messages(rows)}: into the bin, from which u or `quarantine restore` takes it out again."
        done = await self._confirmed(rows, sentence, "quarantine.delete", "deleted", out=True)
        self._deleted = done or self._deleted

    @acts
    async def action_undo(self) -> None:
        if not self._deleted:
            self.status("Nothing was deleted here. What was released can't be called back once it is sent.")
            return
        ids, self._deleted = self._deleted, []
        done = [id for id in ids if await self._done("quarantine.restore", id, reason="undo") is not None]
        await self._load(anew=True)
        hidden = len([id for id in done if id not in self.listing.held])
        self.status(f"{len(done)} of {len(ids)} held again{f', {hidden} outside this list' if hidden else ''}.")

    @acts
    async def action_extend(self) -> None:
        rows = self.about
        sentence = f"Keep {_messages(rows)} for another 30 days from now."
        await self._confirmed(rows, sentence, "quarantine.extend", "kept longer", days=30)

    @acts
    async def action_sender(self, rule: str) -> None:
        """Block or allow the sender of one message: the rule is shown, as it will stand in the file, and confirmed."""
        row = self._shown or self.listing.current
        if row is None:
            return
        try:
            shown = await self.ask("senders.propose", id=row["id"], rule=rule)
            sentence = f"{shown['sentence']}\n\n{shown['file']}:\n{shown['snippet']}"
            reason = await self._answer(Confirm(sentence, self._reasons or await self._offered()))
            if reason:
                done = await self.ask("senders.add", id=row["id"], rule=rule, reason=reason)
                self.tell(" ".join([shown["sentence"], *done["reload"]]))
        except Refused as refusal:
            self.tell(f"{refusal}.")

    @acts
    async def action_comment(self) -> None:
        rows = self.about
        text = await self._answer(Ask(f"Note about {_messages(rows)}; whoever reads it sees the note:"))
        if text:
            await self._each(rows, "quarantine.note", "noted", text=text)

    @acts
    async def action_mine(self) -> None:
        await self._each(self.about, "quarantine.assign", "yours", to="me")

    @acts
    async def action_hand_over(self) -> None:
        rows = self.about
        said = await self._answer(
            Ask(f"Give {_messages(rows)} to whom? NAME, or NAME: a note. `nobody` takes it out of all hands.")
        )
        if said:
            name, _, text = said.partition(":")
            to = "" if name.strip() == "nobody" else name.strip()
            await self._each(rows, "quarantine.assign", "assigned", to=to, note=text.strip())

    async def _confirmed(
        self, rows: Sequence[dict[str, Any]], sentence: str, do: str, done: str, *, out: bool = False, **more: Any
    ) -> list[str]:
        """Ask for a reason, and carry out an operation on each message. Return the ids for which it was done."""
        if not rows:
            return []
        reason = await self._answer(Confirm(sentence, self._reasons or await self._offered()))
        return await self._each(rows, do, done, out=out, reason=reason, **more) if reason else []

    async def _offered(self) -> Sequence[str]:
        self._reasons = await self.ask("quarantine.reasons")
        return self._reasons

    async def _each(
        self, rows: Sequence[dict[str, Any]], do: str, what: str, *, out: bool = False, **more: Any
    ) -> list[str]:
        """Carry out an operation on each message, and say what became of it; `out` takes the messages off the list."""
        self._refusal = ""
        done: list[str] = []
        for number, row in enumerate(rows, 1):
            self.status(f"{number} of {len(rows)}…")
            answer = await self._done(do, row["id"], **more)
            if answer is None:
                continue
            done.append(row["id"])
            waits = "approvers" in answer
            if out and not waits:
                self.listing.take_out(row["id"])
                self._found -= 1
            else:
                await self._refresh(row["id"])
        self.listing.unselect(done)
        if out and self.is_reading and done:
            self._to_list()
        self._head()
        said = f"{len(done)} of {len(rows)} {what}."
        if self._refusal:
            self.tell(f"{said} Refused: {self._refusal}.")
        self.status(said)
        return done

    async def _done(self, do: str, id: str, **more: Any) -> dict[str, Any] | None:
        """Return the operation's answer; None where it was refused, with the sentence kept for the last line."""
        try:
            answer: dict[str, Any] = await self.ask(do, id=id, **more)
        except Refused as refusal:
            self._refusal = str(refusal)
            return None
        return answer

    async def _refresh(self, *ids: str) -> None:
        """Show the rows of messages as they are now."""
        for start in range(0, len(ids), PAGE):
            for row in await self.ask("quarantine.list", ids=ids[start : start + PAGE], limit=PAGE):
                self.listing.update(row)


def show(config: Path | None, filters: dict[str, Any]) -> None:
    """Show the screen until the reviewer leaves it."""
    desk.with_desk(config, lambda ask: Review(ask, filters).run_async())


def as_refusals(ask: desk.Ask) -> desk.Ask:
    """Return `ask` with every trouble of the gateway or the store as a Refused: the screen tells it and stays."""

    async def asked(do: str, /, **arguments: Any) -> Any:
        try:
            return await ask(do, **arguments)
        except (OSError, NoAnswer) as error:
            raise Refused(str(error)) from error

    return asked


def _open_requests(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the requests for a release that wait for an answer."""
    return [one for one in row.get("requests", ()) if one["state"] == "open"]


def _messages(rows: Sequence[dict[str, Any]]) -> str:
    """Return words for messages; one is named by its subject and author, so that nobody decides about another."""
    if len(rows) != 1:
        return f"{len(rows)} messages"
    row = rows[0]
    return f"\u201c{row['subject'] or 'no subject'}\u201d from {row['author'] or row['from']}"
