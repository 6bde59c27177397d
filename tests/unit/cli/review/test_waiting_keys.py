"""Keys that wait for an action."""

from __future__ import annotations

from textual.events import Key

from gateway.cli.review.waiting_keys import WaitingKeys


def forwarded(key: str) -> Key:
    event = Key(key, None)
    event._set_forwarded()
    return event


def test_keys_keep_their_order() -> None:
    """A widget has had some before the others were typed; they are new keys, which no widget has had."""
    keys, action = WaitingKeys(), object()
    keys.hold(action)
    for key in (Key("c", "c"), forwarded("a"), Key("space", " "), forwarded("b")):
        keys.take(key)
    assert not keys.is_empty
    let_go = keys.let_go(action)
    assert [(one.key, one.character) for one in let_go] == [("a", "a"), ("b", "b"), ("c", "c"), ("space", " ")]
    assert not any(one.is_forwarded for one in let_go)
    assert keys.is_empty
    assert keys.action is None


def test_keys_wait_for_the_last_action() -> None:
    """The end of another one lets none go, nor does that of none."""
    keys, first, second = WaitingKeys(), object(), object()
    keys.hold(first)
    keys.take(Key("a", "a"))
    keys.hold(second)
    assert keys.let_go(first) == keys.let_go(None) == []
    assert [one.key for one in keys.let_go(second)] == ["a"]
    keys.hold(first)
    keys.take(Key("a", "a"))
    keys.forget()
    assert keys.let_go(first) == []
