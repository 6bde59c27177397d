"""The filter `audience`: storms of replies to all, and their pauses."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.contract import DistributionList, Mail
from gateway.remember.store import Store
from tests.support.builders.audiences import MEMBERS, AudienceBench

ANSWER = "The figures are in the plan on page 4, below the table."


def storm(bench: AudienceBench, replies: int, **more: object) -> list[Mail]:
    """So many replies to all by different people, a second apart."""
    found = []
    for number in range(replies):
        bench.later(seconds=1)
        found.append(bench.reply(ANSWER, sender=MEMBERS[number], **more))
    return found


async def found_in(bench: AudienceBench, mails: list[Mail]) -> list[str]:
    return [code for one in mails for code in await bench.codes(one)]


async def test_the_tenth_reply_within_half_an_hour_is_a_storm() -> None:
    """Whatever the replies say: nine may be a discussion."""
    bench = AudienceBench()
    assert await found_in(bench, storm(bench, 9)) == []
    (finding,) = await bench.filter.check(storm(bench, 1)[0])
    assert finding.code == "audience.storm"
    assert "paused until 13:30 on 2 March 2026" in finding.summary
    assert len(await bench.pauses.list(bench.at)) == 1


async def test_a_paused_thread_is_over_when_its_time_is() -> None:
    """The pause ends to the second; then the count begins anew."""
    bench = AudienceBench()
    await found_in(bench, storm(bench, 10))
    (pause,) = await bench.pauses.list(bench.at)
    bench.later(hours=4, seconds=-1)
    assert await bench.codes(bench.reply(ANSWER)) == ["storm"]
    bench.at = pause.until
    assert await bench.codes(bench.reply(ANSWER)) == []


async def test_a_lifted_thread_begins_at_nought() -> None:
    """Else the next reply would pause it again."""
    bench = AudienceBench()
    await found_in(bench, storm(bench, 10))
    (pause,) = await bench.pauses.list(bench.at)
    await bench.pauses.lift(pause.key)
    assert await found_in(bench, storm(bench, 9)) == []
    assert await found_in(bench, storm(bench, 1)) == ["storm"]


async def test_who_answers_one_person_is_not_stopped() -> None:
    """The pause is for replies to the crowd."""
    bench = AudienceBench()
    await found_in(bench, storm(bench, 10))
    assert await bench.codes(bench.reply(ANSWER, to=["tom@example.co.uk"])) == []


async def test_other_threads_go_on() -> None:
    """Each is counted for itself."""
    bench = AudienceBench()
    await found_in(bench, storm(bench, 10))
    assert await found_in(bench, storm(bench, 9, References="<other@example.co.uk>", subject="Re: Lunch")) == []


@pytest.mark.parametrize(("gap", "found"), [(200, ["storm"]), (201, [])])
async def test_the_window_slides(gap: int, found: list[str]) -> None:
    """Ten replies in thirty minutes, not ten in all."""
    bench = AudienceBench()
    seen = []
    for number in range(10):
        seen += await bench.codes(bench.reply(ANSWER, sender=MEMBERS[number]))
        bench.later(seconds=gap)
    assert seen == found


async def test_one_mail_in_many_transactions_counts_once() -> None:
    """So do a client's retries; all of the tenth are stopped."""
    bench = AudienceBench()
    for _ in range(9):
        about = bench.reply(ANSWER)
        assert await found_in(bench, [about, about, about]) == []
    about = bench.reply(ANSWER, rcpt=MEMBERS[:10])
    assert await found_in(bench, [about, about]) == ["storm", "storm"]


@pytest.mark.parametrize(("size", "replies"), [(24, 0), (25, 10), (999, 10), (1000, 5), (30_000, 5)])
async def test_the_defaults_fit_thirty_people_and_thirty_thousand(size: int, replies: int) -> None:
    """The more people, the fewer replies are a storm."""
    bench = AudienceBench([DistributionList("all@example.co.uk", "All", size=size)])
    codes = [await bench.codes(one) for one in storm(bench, 12)]
    first = next((number for number, found in enumerate(codes, 1) if found), 0)
    assert first == replies


async def test_a_storm_from_outside_is_held() -> None:
    """Our 5xx to a stranger's server would come back as a bounce to all."""
    bench = AudienceBench()
    found = await found_in(bench, storm(bench, 10, way="in"))
    assert found == ["storm"]
    code = bench.filter.codes["audience.storm"]
    assert code[:2] == ("email.congestion", {"inbound": "quarantine", "outbound": "reject", "internal": "reject"})


async def test_strangers_silence_nobody_of_ours() -> None:
    """Mail from outside can name any thread and any people: it pauses the thread for such mail alone."""
    bench = AudienceBench()
    assert await found_in(bench, storm(bench, 12, way="in")) == ["storm"] * 3
    assert await found_in(bench, storm(bench, 9)) == []
    assert await found_in(bench, storm(bench, 1)) == ["storm"]


async def test_a_storm_of_ours_holds_what_comes_from_outside() -> None:
    """A thread that is paused is paused for everybody."""
    bench = AudienceBench()
    await found_in(bench, storm(bench, 10))
    assert await found_in(bench, storm(bench, 1, way="in")) == ["storm"]


async def test_a_trivial_reply_in_a_storm_is_both() -> None:
    """The two rules know nothing of each other."""
    bench = AudienceBench()
    await found_in(bench, storm(bench, 10))
    assert await bench.codes(bench.reply("Please remove me from this list")) == ["reply_all", "storm"]


async def test_the_store_sees_no_subject_and_no_id() -> None:
    """Keys are marks."""
    bench = AudienceBench()
    await found_in(bench, storm(bench, 10))
    kept = repr((bench.counters, bench.pauses))
    assert "root@" not in kept
    assert "lans" not in kept


async def test_no_storms_by_setting() -> None:
    """An empty list turns them off."""
    bench = AudienceBench(settings={"storms": ()})
    assert await found_in(bench, storm(bench, 20)) == []
    assert bench.counters.rows == {}


async def test_a_storm_over_two_gateways_is_caught_at_the_same_count(tmp_path: Path) -> None:
    """Both count in one store, and both keep to the pause; it survives a restart."""
    url = f"sqlite:///{tmp_path}/store.db"
    stores = [await Store.open(url, create=True, key=bytes(32)), await Store.open(url, create=False, key=bytes(32))]
    halls = [AudienceBench(counters=store.counters, pauses=store.pauses) for store in stores]  # type: ignore[arg-type]
    seen = []
    for number in range(12):
        bench = halls[number % 2]
        bench.number = number
        seen.append(await bench.codes(bench.reply(ANSWER, sender=MEMBERS[number])))
    assert seen == [[]] * 9 + [["storm"]] * 3
    for store in stores:
        await store.close()
    again = await Store.open(url, create=False, key=bytes(32))
    bench = AudienceBench(counters=again.counters, pauses=again.pauses)  # type: ignore[arg-type]
    assert await bench.codes(bench.reply(ANSWER)) == ["storm"]
    await again.close()
