"""Keys that wait until something takes them."""

from __future__ import annotations

import asyncio

from textual.events import Key, Paste

from gateway.cli.review.waiting_keys import WaitingKeys, is_key


def key(name: str) -> Key:
    return Key(name, name if len(name) == 1 else None)


async def test_keys_keep_their_order() -> None:
    """Keys that edit and pasted text have their place among the letters."""
    keys, typed = WaitingKeys(), [key("c"), key("backspace"), Paste("text"), key("home")]
    for one in typed:
        keys.put(one)
    assert keys.first is typed[0]
    assert [await keys.next(keys.take) for _ in typed] == typed
    assert keys.first is keys.take() is None


async def test_a_key_is_offered_until_it_is_taken() -> None:
    keys, taken = WaitingKeys(), asyncio.Event()
    keys.put(key("a"))
    waits = asyncio.ensure_future(keys.next(lambda: keys.take() if taken.is_set() else None))
    await asyncio.sleep(0)
    assert not waits.done()
    taken.set()
    keys.look_again()
    assert is_key(await waits, "a")


def test_a_key_drops_those_before_it() -> None:
    keys = WaitingKeys()
    for name in ("a", "escape", "b"):
        keys.put(key(name))
    assert keys.take_from("home") is None
    assert is_key(keys.first, "a", "b")
    assert is_key(keys.take_from("escape"), "escape")
    assert is_key(keys.first, "b")
    keys.forget()
    assert keys.first is None
    assert not is_key(None, "a")
