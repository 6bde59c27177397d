"""The order in which messages are opened: round robin over the clients, and no client has every sandbox process."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from gateway.understand.sandbox.worker_slots import WorkerSlots


@dataclass
class Row:
    """Messages named as `A1`, whose client is their first letter."""

    places: int
    opened: list[str] = field(default_factory=list)  # those that got a place, in their order

    def __post_init__(self) -> None:
        self.slots = WorkerSlots(self.places)
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def come(self, *names: str) -> None:
        for name in names:
            self.tasks[name] = asyncio.create_task(self._message(name))
            await settled()

    async def _message(self, name: str) -> None:
        await self.slots.take(name[:1])
        self.opened.append(name)

    async def go(self, *names: str) -> None:
        for name in names:
            assert name in self.opened, f"{name} has no place"
            self.slots.give_back(name[:1])
            await settled()

    async def give_up(self, name: str) -> None:
        self.tasks[name].cancel()
        with pytest.raises(asyncio.CancelledError):
            await self.tasks[name]

    def is_untouched(self) -> bool:
        return vars(self.slots) == vars(WorkerSlots(self.places))


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_clients_take_turns() -> None:
    """One client's many messages don't stand before another's few."""
    row = Row(1)
    await row.come("A1", "A2", "A3", "A4", "B1", "B2", "C1")
    for name in ("A1", "B1", "C1", "A2", "B2", "A3", "A4"):
        await row.go(name)
    assert row.opened == ["A1", "B1", "C1", "A2", "B2", "A3", "A4"]
    assert row.is_untouched()


async def test_who_comes_anew_waits_for_one_message_of_each() -> None:
    """Whoever waits already is before it once, however many come after."""
    row = Row(1)
    await row.come("A1", "A2", "B1", "B2", "C1", "D1")
    for name in ("A1", "B1"):
        await row.go(name)
    await row.come("E1", "F1")
    await row.go("C1", "D1", "A2", "B2", "E1", "F1")
    assert row.opened == ["A1", "B1", "C1", "D1", "A2", "B2", "E1", "F1"]


@pytest.mark.parametrize(("places", "most"), [(1, 1), (2, 1), (3, 2), (8, 7)])
async def test_one_client_never_has_them_all(places: int, most: int) -> None:
    """A place is left for the others, where there is more than one."""
    row = Row(places)
    await row.come(*(f"A{number}" for number in range(places + 2)))
    assert row.opened == [f"A{number}" for number in range(most)]
    await row.come("B1")
    assert ("B1" in row.opened) == (places > 1)


async def test_a_place_that_its_client_may_not_have_is_the_next_ones() -> None:
    """A client that waits though a place is free holds nobody up."""
    row = Row(2)
    await row.come("A1", "A2", "B1", "B2", "C1")
    assert row.opened == ["A1", "B1"]
    await row.go("B1")
    assert row.opened == ["A1", "B1", "C1"]
    await row.go("A1")
    assert row.opened == ["A1", "B1", "C1", "B2"]
    await row.go("C1", "B2", "A2")
    assert row.is_untouched()


async def test_who_gets_a_place_stands_behind_the_others_at_once() -> None:
    """Not only when it gives it back: of two places that become free one after the other, two clients have one each."""
    row = Row(3)
    await row.come("C1", "C2", "D1", "A1", "A2", "B1")
    await row.go("C1", "D1")
    assert row.opened == ["C1", "C2", "D1", "A1", "B1"]


async def test_the_order_of_a_clients_own_messages_is_kept() -> None:
    """First come, first opened."""
    row = Row(3)
    names = [f"A{number}" for number in range(20)]
    await row.come(*names)
    await row.go(*names)
    assert row.opened == names
    assert row.is_untouched()


async def test_the_unknown_client_is_one() -> None:
    """Mail whose client nobody knows takes its turn like anybody's."""
    slots = WorkerSlots(2)
    await slots.take("")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await slots.take("")
    await slots.take("A")


async def test_who_gives_up_leaves_no_trace() -> None:
    """Those behind it go on as if it had never been there."""
    row = Row(1)
    await row.come("A1", "A2", "B1", "B2")
    await row.give_up("A2")
    await row.give_up("B1")
    await row.go("A1", "B2")
    assert row.opened == ["A1", "B2"]
    assert row.is_untouched()


async def test_who_gives_up_as_it_gets_its_turn_hands_it_on() -> None:
    """Both in one moment: the place is not lost."""
    row = Row(1)
    await row.come("A1", "B1", "C1")
    row.slots.give_back("A")
    await row.give_up("B1")
    await settled()
    assert row.opened == ["A1", "C1"]
    await row.go("C1")
    assert row.is_untouched()


async def test_who_has_given_up_gets_no_turn() -> None:
    """The other way about: its end is under way when a place becomes free."""
    row = Row(1)
    await row.come("A1", "B1", "C1")
    row.tasks["B1"].cancel()
    row.slots.give_back("A")
    await settled()
    assert row.opened == ["A1", "C1"]
    await row.go("C1")
    assert row.is_untouched()
