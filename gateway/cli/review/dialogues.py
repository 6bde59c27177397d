"""Small windows over the screen: a question with its reason, recipients to choose from, a line to type in, the keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from rich.text import Text
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from gateway.cli.output import safe
from gateway.control.reasons import says_something

_FRAME = """
    align: center middle;
    & > Vertical {
        width: 76; max-width: 100%; height: auto; max-height: 100%; padding: 0 1;
        border: round $accent; background: $surface;
    }
    .error { color: $error; }
    VerticalScroll { height: auto; max-height: 14; }
"""


Answer = TypeVar("Answer")


class Dialogue(ModalScreen[Answer]):
    """A window with a line to type in; whoever shows it is told when keys can reach it."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: Callable[[], object] = lambda: None
        self.takes_keys = False  # the line has the focus, and there is no answer yet
        self._is_answered = False

    def on_descendant_focus(self) -> None:
        self.takes_keys = not self._is_answered
        self.opened()

    def complain(self, sentence: str) -> None:
        """Show what is wrong with the line; the window stays."""
        hint = self.query_one("#hint", Static)
        hint.add_class("error")
        hint.update(sentence)

    def dismiss(self, result: Answer | None = None) -> AwaitComplete:
        if self._is_answered:
            return AwaitComplete()
        self._is_answered, self.takes_keys = True, False
        return super().dismiss(result)


class Confirm(Dialogue[str | None]):
    """A question that says what will happen, with the reasons to choose from; the result is the reason, or None."""

    DEFAULT_CSS = f"Confirm {{ {_FRAME} }}"
    AUTO_FOCUS = "Input"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Cancel")]

    def __init__(self, sentence: str, reasons: Sequence[str]) -> None:
        super().__init__()
        self._sentence = sentence
        self._reasons = reasons

    def compose(self) -> ComposeResult:
        with Vertical():
            with VerticalScroll():
                yield Static(safe(self._sentence.split("\n")), id="sentence")
            yield Static(safe([f"{number}  {one}" for number, one in enumerate(self._reasons, 1)]), id="reasons")
            yield Input(placeholder="Reason: a number, or your own words", compact=True)
            yield Static(Text("Enter does it, Escape leaves everything as it is.", style="dim"), id="hint")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        said = event.value.strip()
        if said.isdecimal() and 0 < int(said) <= len(self._reasons):
            said = self._reasons[int(said) - 1]
        if says_something(said):
            self.dismiss(said)
        else:
            self.complain("A reason must say why: it is put on record.")

    def action_cancel(self) -> None:
        self.dismiss(None)


class Ask(Dialogue[str | None]):
    """A line to type in; the result is the line, or None."""

    DEFAULT_CSS = f"Ask {{ {_FRAME} }}"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Cancel")]

    def __init__(self, sentence: str, value: str = "") -> None:
        super().__init__()
        self._sentence = sentence
        self._value = value

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(safe(self._sentence))
            yield Input(value=self._value, compact=True)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip())

    def action_cancel(self) -> None:
        self.dismiss(None)


class Recipients(Dialogue[list[str] | None]):
    """The recipients of a message, by number; the result is the chosen ones, or None."""

    DEFAULT_CSS = f"Recipients {{ {_FRAME} }}"
    AUTO_FOCUS = "Input"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Cancel")]

    def __init__(self, addresses: Sequence[str], asked: Sequence[str] = ()) -> None:
        super().__init__()
        self._addresses = addresses
        self._asked = asked  # those for whom somebody has asked: their numbers stand in the line already

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static("Release to which recipients? Their numbers, with blanks between them; Enter goes on.")
            with VerticalScroll():
                yield Static(safe([f"{number:>3}  {one}" for number, one in enumerate(self._addresses, 1)]))
            numbers = [str(number) for number, one in enumerate(self._addresses, 1) if one in self._asked]
            yield Input(value=" ".join(numbers), compact=True)
            yield Static("", id="hint", classes="error")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        words = event.value.replace(",", " ").split()
        if not words or not all(word.isdecimal() and 0 < int(word) <= len(self._addresses) for word in words):
            self.complain(f"Numbers from 1 to {len(self._addresses)} are expected.")
            return
        self.dismiss([self._addresses[number - 1] for number in dict.fromkeys(map(int, words))])

    def action_cancel(self) -> None:
        self.dismiss(None)


class Told(ModalScreen[None]):
    """A sentence of any length; any key closes it."""

    DEFAULT_CSS = f"Told {{ {_FRAME} }}"

    def __init__(self, sentence: str) -> None:
        super().__init__()
        self._sentence = sentence

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(safe(self._sentence))
            yield Static(Text("Any key goes on.", style="dim"))

    def on_key(self, event: Key) -> None:
        event.stop()
        self.dismiss(None)


@dataclass(frozen=True, slots=True)
class KeyHelp:
    """One key and what it does."""

    key: str
    what: str


class Help(ModalScreen[None]):
    """The keys of the screen; any key closes it."""

    DEFAULT_CSS = f"Help {{ {_FRAME} }}"

    def __init__(self, keys: Sequence[KeyHelp]) -> None:
        super().__init__()
        self._keys = keys

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Text("\n").join(Text.assemble((f"{one.key:>7}  ", "bold"), one.what) for one in self._keys))

    def on_key(self, event: Key) -> None:
        event.stop()
        self.dismiss(None)
