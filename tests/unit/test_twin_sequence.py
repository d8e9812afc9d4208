"""Batch sequences keep their timetable and lead their tags."""

import numpy as np
import pytest

from didymium.model.plant import Text, Unit
from didymium.twin.bank import Bank, MissingFamily
from didymium.twin.sequence import Clock, Ramp, Step, Timetable

PERIOD_S = 600.0
STEPS = (
    Step("FILL", 1, 100.0, {"LEVEL": Ramp(80.0, 20.0), "PUMP": 5.0}),
    Step("HOLD", 2, 200.0, {"PUMP": 0.0}, hold=("LEVEL",)),
    Step("EMPTY", 3, 0.0, {"LEVEL": 20.0}),
)


def bank(units: int) -> Bank:
    names = ("LEVEL", "PUMP", "STATE", "STEP_T", "COUNT")
    members = tuple(Unit(f"U{k}", "S01", "A", "T_X", k, Text("", ""), 5 * k, 5) for k in range(units))
    rows = np.arange(5 * units).reshape(units, 5)
    columns = {name: slice(i, i + 1) for i, name in enumerate(names)}
    return Bank("T_X", members, columns, np.zeros((units, 5)), np.zeros((units, 5)), 0, rows)


def timetable(units: int, second: int) -> Timetable:
    of = bank(units)
    of.target[:] = (20.0, 0.0, 0.0, 0.0, 7.0)
    table = Timetable(
        of,
        STEPS,
        lambda unit: PERIOD_S,
        seed=1,
        at=of.target.copy(),
        spread=np.zeros((units, 5)),
        slope=np.zeros((units, 5)),
        noisy=np.ones((units, 5), np.bool_),
        state_tag="STATE",
    )
    table.start(second)
    return table


def run(table: Timetable, first: int, last: int) -> None:
    for second in range(first, last):
        table.advance(second)


def test_units_start_their_cycles_evenly_over_the_period():
    table = timetable(6, 0)
    starts: list[int] = []
    for second in range(1, 601):
        table.advance(second)
        starts += [second] * len(table.entered.get("FILL", ()))
    assert len(starts) == 6
    assert np.diff(starts).tolist() == [100] * 5


def test_where_a_unit_stands_does_not_depend_on_when_the_twin_started():
    early, late = timetable(5, 1_000), timetable(5, 90_000)
    run(early, 1_001, 90_001)
    assert early.step.tolist() == late.step.tolist()
    assert early.cycle.tolist() == late.cycle.tolist()
    assert early.until.tolist() == late.until.tolist()


def test_steps_lead_their_tags_and_leave_others_alone():
    table = timetable(1, 0)
    aim = table.bank.aim
    while "FILL" not in table.entered:
        table.advance(int(table.until[0]) + 1)
    assert aim("PUMP")[0] == 5.0 and aim("LEVEL")[0] == 20.0 and aim("STATE")[0] == 1
    assert table._slope[0, 0] == pytest.approx(60.0 / (table.until[0] - table.since[0]))
    aim("LEVEL")[0] = 77.0
    table.advance(int(table.until[0]) + 1)
    assert aim("LEVEL")[0] == 77.0 and aim("PUMP")[0] == 0.0 and aim("STATE")[0] == 2
    assert table._noisy[0].tolist() == [False, True, True, True, True]
    table.advance(int(table.until[0]) + 1)
    assert aim("LEVEL")[0] == 20.0
    assert aim("COUNT")[0] == 7.0


def test_steps_longer_than_the_period_are_refused():
    of = bank(1)
    zeros = np.zeros((1, 5))
    with pytest.raises(ValueError, match="longer than the period"):
        Timetable(
            of,
            STEPS,
            lambda unit: 250.0,
            seed=1,
            at=zeros,
            spread=zeros,
            slope=zeros,
            noisy=zeros > 0,
            state_tag="STATE",
        )


def test_a_bank_lends_memory_to_a_tag_that_its_template_lacks_but_not_to_a_family():
    of = bank(2)
    of.aim("NOT_THERE")[:] = 5.0
    assert of.aim("NOT_THERE").tolist() == [5.0, 5.0] and not of.target.any()
    with pytest.raises(MissingFamily, match=r"Z\[\]_T"):
        of.aim("Z[]_T")


def test_clock_moves_timetables_as_each_would_move_itself():
    alone, together = ([timetable(units, 500) for units in (3, 5)] for _ in range(2))
    target = np.zeros(100)
    clock = Clock(together, target)
    for second in range(501, 2_000):
        for table in (alone[1], together[1]):
            table.held[2] = 700 <= second < 900
        for table in alone:
            table.advance(second)
        clock.advance(second)
        for one, other in zip(alone, together, strict=True):
            assert one.entered == other.entered
            assert np.array_equal(one.step, other.step) and np.array_equal(one.since, other.since)
            shown = np.delete(one.bank.target, 3, axis=1)
            assert np.array_equal(shown, np.delete(other.bank.target, 3, axis=1))
        assert np.array_equal(target[3 : 3 + 5 * 5 : 5], alone[1].bank.target[:, 3])
