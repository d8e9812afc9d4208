"""What every connector must keep, whatever its protocol: order, gaps, lateness, reconnects, clocks, bad status."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import numpy as np
import pytest
from rig import Rig

from didymium.acquire.causes import Cause
from didymium.model.readings import LATE
from didymium.model.status import GOOD

S = 1_000_000


def now_us() -> int:
    return time.time_ns() // 1000


def values(k: float) -> list[float]:
    """Four values that no 32-bit float can hold, and that differ for every k."""
    return [k + 0.3, k + 100.1, k + 200.7, k + 300.9]


@pytest.fixture
async def running(rig: Rig) -> Rig:
    """The rig with its device running and its first values heard."""
    await rig.device.start()
    await rig.device.say(values(1), now_us() - 20 * S)
    await rig.start()
    await rig.heard(values(1)[0])
    return rig


async def test_values_arrive_exactly_and_in_order(running: Rig) -> None:
    rig = running
    for k in range(2, 7):
        await rig.device.say(values(k), now_us())
        await rig.heard(values(k)[0])
    await rig.heard(values(6)[3], tag=3)
    for tag in range(4):
        said = [values(k)[tag] for k in range(1, 7)]
        first = rig.of(tag).value.tolist().index(said[0])  # before it a device may tell what it holds from the start
        readings = rig.of(tag).take(slice(first, None))
        assert list(dict.fromkeys(readings.value.tolist())) == said
        assert np.all(np.diff(readings.value) >= 0)
        assert np.all(np.diff(readings.time_us) > 0)
        assert not readings.status.any() and not readings.flags.any()
    assert rig.line.up and rig.line.points == len(rig.readings)
    assert rig.discarded(Cause.MISSED_POLL) == 0


async def test_gap_is_shown_with_its_cause_and_nothing_is_made_up_for_it(running: Rig) -> None:
    rig = running
    await rig.device.stop()
    await rig.until(lambda: not rig.line.up)
    down_us = now_us()
    assert rig.line.cause and rig.line.since_us <= down_us
    before = len(rig.readings)
    await asyncio.sleep(0.3)
    back_us = now_us()
    await rig.device.start()
    await rig.device.say(values(2), now_us())
    await rig.heard(values(2)[3], tag=3)
    assert rig.line.up and not rig.line.cause and rig.line.reconnects == 1
    after = rig.readings.take(slice(before, None))
    fresh = after.take(np.isin(after.value, values(2)))
    assert np.all(fresh.time_us >= back_us)
    assert not np.any((rig.readings.time_us > down_us) & (rig.readings.time_us < back_us))


async def test_point_sent_again_after_a_reconnect_is_stored_once(running: Rig) -> None:
    rig = running
    time_us = now_us() // 1000 * 1000 - S
    await rig.device.say(values(2), time_us)
    await rig.heard(values(2)[3], tag=3)
    await rig.device.stop()
    await rig.until(lambda: not rig.line.up)
    await rig.device.start()
    await rig.device.say(values(2), time_us)
    await rig.until(lambda: rig.line.up)
    await rig.device.say(values(3), now_us())
    await rig.heard(values(3)[3], tag=3)
    for tag in range(4):
        readings = rig.of(tag)
        assert len(set(readings.time_us.tolist())) == len(readings)


async def test_device_that_comes_late_is_waited_for(rig: Rig) -> None:
    await rig.start()
    await rig.until(lambda: rig.line.cause not in ("", "connecting"))
    assert not rig.line.up
    await rig.device.start()
    await rig.device.say(values(1), now_us())
    await rig.heard(values(1)[0])
    assert rig.line.up and rig.line.reconnects == 0


async def test_late_reading_is_kept_and_flagged(running: Rig) -> None:
    rig = running
    time_us = now_us() // 1000 * 1000
    await rig.device.say(values(2), time_us)
    await rig.heard(values(2)[0])
    await rig.device.say(values(3), time_us - 2 * S)
    await rig.heard(values(3)[0])
    await rig.device.say(values(4), time_us + S)
    await rig.heard(values(4)[0])
    readings = rig.of(0)
    flags = readings.flags[readings.value == values(3)[0]]
    if rig.device.own_clock:
        assert flags.tolist() == [LATE] and rig.discarded(Cause.LATE) == 4
        assert readings.time_us[readings.value == values(3)[0]].tolist() == [time_us - 2 * S]
    else:
        assert not flags.any() and rig.discarded(Cause.LATE) == 0
    assert not readings.flags[readings.value == values(4)[0]].any()


async def test_time_keeps_its_scale(running: Rig) -> None:
    rig = running
    begun_us = now_us()
    time_us = (begun_us - 3 * S) // S * S + 123_457 // rig.device.time_step_us * rig.device.time_step_us
    await rig.device.say(values(2), time_us)
    await rig.heard(values(2)[0])
    readings = rig.of(0)
    heard_us = readings.time_us[readings.value == values(2)[0]]
    if rig.device.own_clock:
        assert heard_us.tolist() == [time_us]
    else:
        assert np.all((heard_us >= begun_us) & (heard_us <= now_us()))


async def test_skew_of_the_device_clock_is_measured(running: Rig) -> None:
    rig = running
    await rig.device.say(values(2), now_us() + 5 * S)
    await rig.heard(values(2)[0])
    if rig.device.own_clock:
        assert rig.line.skew_ms == pytest.approx(5000, abs=1500)
    else:
        assert rig.line.skew_ms is None


async def test_clock_a_day_ahead_is_counted_and_does_not_make_good_points_late(running: Rig) -> None:
    rig = running
    await rig.device.say(values(2), now_us() + 86_400 * S)
    await rig.heard(values(2)[0])
    await rig.device.say(values(3), now_us())
    await rig.heard(values(3)[0])
    readings = rig.of(0)
    assert not readings.flags[readings.value == values(3)[0]].any()
    assert (rig.discarded(Cause.CLOCK_AHEAD) > 0) is rig.device.own_clock


async def test_bad_status_of_one_tag_leaves_the_others_good(running: Rig) -> None:
    rig = running
    await rig.device.fail()
    await rig.device.say(values(2), now_us())
    await rig.until(lambda: bool(np.any(rig.of(3).status != GOOD)))
    await rig.device.say(values(3), now_us())
    await rig.heard(values(3)[0])
    await rig.until(lambda: int(rig.of(3).status[-1]) == rig.device.bad_status)
    for tag in range(3):
        assert not rig.of(tag).status.any()
    assert rig.line.up


async def test_edge_state_is_told_every_second(running: Rig) -> None:
    rig = running
    await rig.until(lambda: len(rig.states) >= 2)
    first, second = (state.time_us for state in rig.states[:2])
    assert second // S - first // S >= 1
    (device,) = rig.states[-1].devices
    assert device.site == "S01" and device.protocol == rig.device.name and device.points > 0


async def test_edge_publishes_what_it_holds_when_it_stops(running: Rig, tmp_path: Path) -> None:
    rig = running
    await rig.device.say(values(2), now_us())
    await rig.until(lambda: rig.agent.tell(now_us()).buffered_points > 0 or bool(np.any(rig.of(0).value > 2)))
    await rig.stop()
    assert rig.agent.tell(now_us()).buffered_points == 0
    assert (tmp_path / "trial.checkpoint").exists()
