"""What feeding by hand costs against feeders that weigh, and what cells bear (domain reference §5, §12)."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from didymium.twin.units.cell import SITE_CLASS
from didymium.twin.units.cell_class import GD_FE_8, POURING, PRND_3, PRND_8, PRND_14, CellClass, Cells, cells
from didymium.twin.units.cell_physics import LONGEST_STEP_S, step_cells

HOUR_S = 3600
DAY_S = 24 * HOUR_S
BY_HAND = SITE_CLASS["S03"]
WEIGHED = replace(BY_HAND, hand_fed=False, dose_sigma=0.005, missed=0.0, judgement_wt=0.0)
KINDS = st.sampled_from([PRND_3, PRND_8, PRND_14, GD_FE_8, BY_HAND, SITE_CLASS["S04"], SITE_CLASS["S10"]])


class Day:
    """A day of cells of one kind, after half a day: what they made of what they got, and how their baths stood."""

    def __init__(self, kind: CellClass, n: int, *, dt_s: int = 4, seed: int = 5) -> None:
        some = cells([kind] * n, seed=seed)
        charge_ka_s, before_kwh, before_kg, seen = 0.0, 0.0, 0.0, []
        for second in range(0, DAY_S + DAY_S // 2, dt_s):
            if second == DAY_S // 2:
                before_kwh, before_kg = some.energy_kwh.sum(), self._made_kg(some)
                some.effects[:], charge_ka_s = 0.0, 0.0
            step_cells(some, seed, second, dt_s)
            charge_ka_s += some.current_ka.sum() * dt_s
            if second % 60 == 0:
                seen.append((some.oxide_wt.copy(), some.sludge_kg.copy(), some.bath_c.copy()))
        made_kg = self._made_kg(some) - before_kg
        self.efficiency = made_kg / (charge_ka_s * some.metal_kg_ka_s[0])
        self.kwh_kg = (some.energy_kwh.sum() - before_kwh) / made_kg
        self.effects = float(some.effects.mean())
        oxide, sludge, bath_c = (np.array(column)[len(seen) // 3 :] for column in zip(*seen, strict=True))
        self.swing_wt, self.sludge_kg, self.bath_c = float(oxide.std()), float(sludge.mean()), float(bath_c.mean())

    @staticmethod
    def _made_kg(some: Cells) -> float:
        return float((some.pool_kg + some.tapped_re_kg).sum())


@pytest.fixture(scope="module")
def by_hand() -> Day:
    return Day(BY_HAND, 60)


@pytest.fixture(scope="module")
def weighed() -> Day:
    return Day(WEIGHED, 20)


def test_feeding_by_weight_gains_one_and_a_half_points_of_efficiency(by_hand: Day, weighed: Day):
    assert 100.0 * (weighed.efficiency - by_hand.efficiency) == pytest.approx(1.5, abs=0.4)


def test_feeding_by_weight_saves_a_quarter_of_a_kilowatt_hour_per_kilogram(by_hand: Day, weighed: Day):
    saved_kwh_kg = (by_hand.kwh_kg - weighed.kwh_kg) / 0.94
    assert saved_kwh_kg == pytest.approx(0.25, abs=0.05)


def test_what_falls_in_by_the_dose_swings_the_oxide_and_leaves_sludge(by_hand: Day, weighed: Day):
    assert by_hand.swing_wt > 1.5 * weighed.swing_wt
    assert 2.0 < by_hand.sludge_kg < 5.0 and weighed.sludge_kg < 0.1
    assert by_hand.bath_c == pytest.approx(weighed.bath_c, abs=2.0)


def test_anode_effects_are_five_times_as_many_by_hand(by_hand: Day, weighed: Day):
    assert by_hand.effects == pytest.approx(0.8, abs=0.35)
    assert weighed.effects < 0.15


def test_same_oxide_poured_in_evenly_leaves_no_sludge():
    """The loss is in the doses: the same cell on the same oxide content, fed at its own rate, dissolves it all."""
    cell = cells([WEIGHED], seed=1)
    cell.controlled[:], cell.oxide_wt[:] = 0.0, 2.6
    poured = cells([WEIGHED], seed=1)
    poured.controlled[:], poured.oxide_wt[:] = 0.0, 2.6
    for second in range(4 * HOUR_S):
        poured.feed_factor[:] = POURING if second % 900 < 900 / POURING else 0.0
        step_cells(cell, 1, second)
        step_cells(poured, 1, second)
    assert cell.sludge_kg[0] == 0.0 and poured.sludge_kg[0] > 0.2


def test_cell_fed_by_hand_waits_in_anode_effect_for_somebody_to_come():
    one, other = cells([BY_HAND], seed=1), cells([WEIGHED], seed=1)
    lasted_s = []
    for cell in (one, other):
        cell.oxide_wt[:], cell.to_pour_kg[:], cell.visit_in_s[:] = 1.4, 0.0, 900.0
        lasted_s.append(sum(_stepped(cell, second) for second in range(600)))
    assert lasted_s[0] > lasted_s[1] + 60 and lasted_s[0] < 300


def _stepped(cell: Cells, second: int) -> bool:
    step_cells(cell, 1, second)
    return bool(cell.in_effect[0])


@pytest.mark.parametrize("dt_s", [0, -1, LONGEST_STEP_S + 1, 3600])
def test_time_step_that_a_cell_cannot_take_is_refused(dt_s: int):
    with pytest.raises(ValueError, match="step of"):
        step_cells(cells([PRND_14], seed=1), 1, 0, dt_s)


@settings(max_examples=12, deadline=None)
@given(kind=KINDS, dt_s=st.sampled_from([2, 3, 5, 10]), oxide_wt=st.floats(1.9, 3.5), away_c=st.floats(-25.0, 25.0))
def test_longer_steps_come_to_the_same_bath_and_the_same_metal(
    kind: CellClass, dt_s: int, oxide_wt: float, away_c: float
):
    """Without chance, control and anode effects, so that both runs decide the same."""
    plain = replace(kind, dose_sigma=0.0, missed=0.0, hand_fed=False)
    fine, coarse = cells([plain], seed=2), cells([plain], seed=2)
    for cell in (fine, coarse):
        cell.oxide_wt[:], cell.controlled[:] = oxide_wt, 0.0
        cell.bath_c[:] += away_c
    end = 2 * HOUR_S
    for second in range(1, end + 1):
        step_cells(fine, 3, second)
    for second in range(dt_s, end + 1, dt_s):
        step_cells(coarse, 3, second, dt_s)
    made, expected = (float(c.pool_kg[0] + c.tapped_re_kg[0]) for c in (coarse, fine))
    assert made == pytest.approx(expected, rel=0.02)
    assert coarse.bath_c[0] == pytest.approx(fine.bath_c[0], abs=2.0)
    assert coarse.oxide_wt[0] == pytest.approx(fine.oxide_wt[0], abs=0.15)


@settings(max_examples=20, deadline=None)
@given(
    kind=KINDS,
    dt_s=st.integers(1, LONGEST_STEP_S),
    oxide_wt=st.floats(0.2, 4.5),
    sludge_kg=st.floats(0.0, 60.0),
    bath_c=st.floats(700.0, 1200.0),
    feed_factor=st.floats(0.0, 5.0),
    powered=st.floats(0.0, 1.0),
)
def test_nothing_is_negative_and_oxide_closes_at_every_time_step(
    kind: CellClass, dt_s: int, oxide_wt: float, sludge_kg: float, bath_c: float, feed_factor: float, powered: float
):
    cell = cells([kind], seed=4)
    cell.oxide_wt[:], cell.sludge_kg[:], cell.bath_c[:] = oxide_wt, sludge_kg, bath_c
    cell.feed_factor[:], cell.powered[:] = feed_factor, powered
    before_kg, fed_kg = _oxide_kg(cell), 0.0
    for second in range(0, HOUR_S, dt_s):
        step_cells(cell, 4, second, dt_s)
        fed_kg += float(cell.feed_kg_s[0]) * dt_s
    assert _oxide_kg(cell) - before_kg == pytest.approx(fed_kg, abs=1e-9 * (before_kg + fed_kg))
    for name in ("oxide_wt", "sludge_kg", "pool_kg", "iron_kg", "rod_kg", "to_pour_kg", "feed_kg_s", "tapped_kg"):
        assert getattr(cell, name)[0] >= 0.0, name
    assert np.isfinite(list(cell.records[0].item())).all()
    assert 0.0 < cell.bath_c[0] < 1500.0 and 0.0 < cell.volt_v[0] <= 24.0


def _oxide_kg(cell: Cells) -> float:
    metal_kg = cell.pool_kg[0] + cell.tapped_re_kg[0]
    bath_kg = cell.oxide_wt[0] / 100.0 * cell.bath_kg[0] + cell.sludge_kg[0]
    return float(bath_kg + metal_kg * cell.oxide_kg_kg[0])


@settings(max_examples=6, deadline=None)
@given(kind=KINDS, oxide_wt=st.floats(2.1, 3.2), away_c=st.floats(-15.0, 15.0))
def test_every_kind_of_cell_comes_to_its_steady_state(kind: CellClass, oxide_wt: float, away_c: float):
    some = cells([replace(kind, missed=0.0)] * 8, seed=9)
    some.oxide_wt[:] = oxide_wt
    some.bath_c[:] += away_c
    for second in range(0, 12 * HOUR_S, 5):
        step_cells(some, 9, second, 5)
    assert (np.abs(some.bath_c - kind.bath_c) < 12.0).all()
    assert some.oxide_wt.mean() == pytest.approx(2.6, abs=0.3)
    assert (some.sludge_kg * 520.0 / kind.bath_kg < 9.0).all()
