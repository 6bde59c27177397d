"""Attributes that are computed when first asked for."""

from __future__ import annotations

import threading

from gateway.message.computed_once import computed_once


class Doubled:
    """A number, and its double, which is computed after `wait` is set."""

    def __init__(self, number: int, wait: threading.Event) -> None:
        self.number, self.wait, self.computed = number, wait, 0

    @computed_once
    def double(self) -> int:
        """Twice the number."""
        self.computed += 1
        assert self.wait.wait(10)
        return 2 * self.number


def ready() -> threading.Event:
    event = threading.Event()
    event.set()
    return event


def test_the_value_is_kept() -> None:
    one = Doubled(2, ready())
    assert (one.double, one.double, one.computed) == (4, 4, 1)
    assert Doubled(3, ready()).double == 6


def test_the_attribute_is_described() -> None:
    assert Doubled.double.__doc__ == "Twice the number."


def test_another_object_does_not_wait_for_a_slow_one() -> None:
    """A large part is decoded in a thread while the event loop reads small messages."""
    may_go_on = threading.Event()
    slow = Doubled(1, may_go_on)
    thread = threading.Thread(target=lambda: slow.double)
    thread.start()
    try:
        assert Doubled(4, ready()).double == 8
        assert slow.computed == 1
        assert thread.is_alive()
    finally:
        may_go_on.set()
        thread.join()
    assert slow.double == 2
