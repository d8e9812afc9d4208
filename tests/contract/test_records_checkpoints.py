"""States of the alarm engine that are kept: one an hour, and the newest."""

from __future__ import annotations

from didymium.records.checkpoints import Checkpoint
from didymium.records.store import Records

HOUR_US = 3_600_000_000


def test_the_newest_state_before_a_time_is_found(records: Records) -> None:
    states = records.checkpoints
    assert states.before(HOUR_US) is None
    assert states.first() is None
    made = [Checkpoint(at, at, "d", bytes([at, 0, 255])) for at in (10, 20, 30)]
    for one in made:
        states.keep(one, after_us=one.at_us, not_before_us=0)
    assert states.before(29) == made[1]
    assert states.before(30) == made[2]
    assert states.before(9) is None
    assert states.first() == made[0]


def test_within_an_hour_a_state_takes_the_place_of_the_one_before(records: Records) -> None:
    states = records.checkpoints
    for at_us in (100, 200, 300):
        states.keep(Checkpoint(at_us, 0, "d", b"s"), after_us=100, not_before_us=0)
    assert [state.at_us for at in (150, 250, 350) if (state := states.before(at))] == [100, 100, 300]


def test_what_is_too_old_goes(records: Records) -> None:
    states = records.checkpoints
    states.keep(Checkpoint(100, 0, "d", b"s"), after_us=100, not_before_us=0)
    states.keep(Checkpoint(900, 0, "d", b"s"), after_us=900, not_before_us=500)
    assert states.before(800) is None
