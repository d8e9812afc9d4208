"""Frames: who gets what, once, and what becomes of the slow."""

from __future__ import annotations

import msgspec

from didymium.live.feed import QUEUE_FRAMES, RESYNC, Feed, Listener
from didymium.live.state import LiveState
from didymium.model.status import BAD_NO_DATA
from tests.two_sites import SECOND_US, at, two_sites

NOW = 1_800_000_000 * SECOND_US


def start() -> tuple[LiveState, Feed]:
    live = LiveState(*two_sites())
    feed = Feed(live)
    feed.tick(NOW)
    return live, feed


async def event(listener: Listener) -> tuple[str, dict[str, object]]:
    data = await listener.next(1.0)
    assert data is not None
    name, body, *rest = data.decode().split("\n")
    assert rest == ["", ""]
    return name.removeprefix("event: "), msgspec.json.decode(body.removeprefix("data: "))


async def nothing(listener: Listener) -> bool:
    return await listener.next(0.001) is None


def joined(feed: Feed, group: str) -> Listener:
    listener = feed.join(group)
    assert listener is not None
    return listener


async def test_the_first_frame_is_whole_and_the_next_has_only_what_changed() -> None:
    live, feed = start()
    live.take(at([11, 14], NOW, [1.5, 7.0]), NOW)
    listener = joined(feed, "site:S01")
    name, whole = await event(listener)
    assert name == "frame"
    assert whole == {
        "t": NOW,
        "rows": [0, 1, 2],
        "v": [1.5, None, None],
        "s": [0, BAD_NO_DATA, BAD_NO_DATA],
        "a": [NOW, None, None],
        "full": True,
    }
    feed.tick(NOW)
    await event(listener)  # changed before the join, told again: harmless
    live.take(at([12, 15], NOW + 1, [2.5, 8.0]), NOW)
    feed.tick(NOW + SECOND_US)
    assert (await event(listener))[1] == {"t": NOW + SECOND_US, "rows": [1], "v": [2.5], "s": [0], "a": [NOW + 1]}
    feed.tick(NOW + 2 * SECOND_US)
    assert await nothing(listener)


async def test_a_value_that_is_not_a_number_is_null() -> None:
    live, feed = start()
    listener = joined(feed, "site:S02")
    await event(listener)
    live.take(at([14, 15], NOW, [float("nan"), float("inf")]), NOW)
    feed.tick(NOW)
    assert (await event(listener))[1]["v"] == [None, None]


async def test_groups_are_sites_units_and_lists_of_tags() -> None:
    _, feed = start()
    assert (await event(joined(feed, "unit:S02.A1.U1")))[1]["rows"] == [3, 4]
    assert (await event(joined(feed, "tags:S02.A1.U1.T1,S01.A1.U1.T0")))[1]["rows"] == [0, 4]
    for unknown in ("site:S99", "unit:S01", "tags:S01.A1.U1.T0,nonsense", "tags:", "everything", ""):
        assert feed.join(unknown) is None
        assert feed.snapshot(unknown) is None


async def test_one_frame_is_encoded_for_all_listeners_of_a_group() -> None:
    live, feed = start()
    listeners = [joined(feed, "site:S01") for _ in range(3)]
    wholes = [await listener.next(1.0) for listener in listeners]
    assert wholes[0] == wholes[1]
    live.take(at([11], NOW), NOW)
    feed.tick(NOW)
    frames = [await listener.next(1.0) for listener in listeners]
    assert frames[0] is frames[1] is frames[2]


async def test_a_whole_frame_is_encoded_once_a_tick() -> None:
    live, feed = start()
    first = feed.snapshot("site:S01")
    assert feed.snapshot("site:S01") is first
    live.take(at([11], NOW, [4.0]), NOW)
    feed.tick(NOW)
    again = feed.snapshot("site:S01")
    assert again is not None
    assert msgspec.json.decode(again)["v"][0] == 4.0


async def test_a_slow_listener_is_told_to_begin_anew_and_holds_up_nobody() -> None:
    live, feed = start()
    slow, quick = joined(feed, "site:S01"), joined(feed, "site:S01")
    for n in range(QUEUE_FRAMES + 3):
        live.take(at([11], NOW + n), NOW)
        feed.tick(NOW)
        while not await nothing(quick):
            pass
    assert feed.dropped == 1
    assert feed.listeners == 1
    assert await slow.next(1.0) == RESYNC
    assert await nothing(slow)
    feed.leave(slow)  # its stream ends as every stream does
    feed.leave(quick)
    assert not feed.wanted("site:S01")


async def test_what_was_told_is_told_again_to_those_who_join_later() -> None:
    _, feed = start()
    early = joined(feed, "wall")
    feed.tell("wall", b'{"t":1}')
    late = joined(feed, "wall")
    assert await event(early) == await event(late) == ("wall", {"t": 1})
    assert feed.snapshot("wall") == b'{"t":1}'
    assert feed.snapshot("health") is None
