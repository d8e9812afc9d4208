"""Windows, verdicts and forecasts of KPIs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from kpi_desk import SITE, Desk, kpi

from didymium.kpi.forecast import FEWEST, forecast
from didymium.kpi.verdict import Verdict, verdict
from didymium.kpi.windows import HOUR_US, Asked, Every, Window, a_day_before, asked, closed, is_kept, long_enough
from didymium.model.shifts import Shifts

SHIFTS = Shifts((), "Asia/Shanghai")
NAN = float("nan")


def us(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1e6)


NOW = us("2026-11-28T03:30:30")
"""Half past eleven in Shanghai, in the day shift."""


def test_windows_that_end_now_and_yesterday() -> None:
    spans = {name: asked(name, SHIFTS, NOW) for name in Asked}
    assert spans[Asked.NOW] == Window(us("2026-11-28T02:30:00"), NOW, HOUR_US)
    assert spans[Asked.SHIFT] == Window(us("2026-11-28T00:00:00"), NOW, 8 * HOUR_US)
    assert spans[Asked.DAY] == Window(us("2026-11-27T16:00:00"), NOW, 24 * HOUR_US)
    assert spans[Asked.YESTERDAY] == Window(us("2026-11-26T16:00:00"), us("2026-11-27T16:00:00"), 24 * HOUR_US)


def test_each_is_compared_with_as_much_of_the_day_before() -> None:
    shift = asked(Asked.SHIFT, SHIFTS, NOW)
    before = a_day_before(Asked.SHIFT, SHIFTS, shift)
    assert (before.from_us, before.to_us) == (us("2026-11-27T00:00:00"), us("2026-11-27T03:30:30"))
    hour = a_day_before(Asked.NOW, SHIFTS, asked(Asked.NOW, SHIFTS, NOW))
    assert (hour.from_us, hour.to_us) == (us("2026-11-27T02:30:00"), us("2026-11-27T03:30:30"))
    yesterday = a_day_before(Asked.YESTERDAY, SHIFTS, asked(Asked.YESTERDAY, SHIFTS, NOW))
    assert yesterday.to_us == us("2026-11-26T16:00:00")


def test_the_same_shift_yesterday_on_a_day_with_an_hour_more() -> None:
    berlin = Shifts((), "Europe/Berlin")
    now = us("2026-10-26T08:00:00")  # nine o'clock on Monday; the clocks went back on Sunday at three
    before = a_day_before(Asked.SHIFT, berlin, asked(Asked.SHIFT, berlin, now))
    assert before.from_us == us("2026-10-25T07:00:00")  # eight o'clock on Sunday


def test_hours_shifts_and_days_that_are_over() -> None:
    after, upto = us("2026-11-27T14:30:00"), us("2026-11-28T02:10:00")
    assert len(list(closed(Every.HOUR, SHIFTS, after, upto))) == 12
    shifts = list(closed(Every.SHIFT, SHIFTS, after, upto))
    assert [(w.from_us, w.to_us) for w in shifts] == [
        (us("2026-11-27T08:00:00"), us("2026-11-27T16:00:00")), (us("2026-11-27T16:00:00"), us("2026-11-28T00:00:00"))
    ]  # fmt: skip
    assert [w.to_us for w in closed(Every.DAY, SHIFTS, after, upto)] == [us("2026-11-27T16:00:00")]


def test_a_window_grows_into_the_past_and_only_some_are_kept(tmp_path: Path) -> None:
    text = kpi("growth('PRECIP*.TOT_FEED')", "m³", SITE, "minimum_h = 8\n")
    text += kpi("mean(TEMP)", "°C", id_="own") + kpi("hours()", "h", SITE, "helper = true\n", id_="h")
    kpis = Desk(tmp_path / "c", text).kpis.of
    hour, shift = (
        Window(NOW // HOUR_US * HOUR_US, NOW // HOUR_US * HOUR_US + n * HOUR_US, n * HOUR_US) for n in (1, 8)
    )
    assert long_enough(hour, kpis["x"]).from_us == hour.to_us - 8 * HOUR_US
    assert long_enough(hour, kpis["own"]) == hour
    kept = [
        (name, every)
        for name in kpis
        for every, window in ((Every.HOUR, hour), (Every.SHIFT, shift))
        if is_kept(every, window, kpis[name])
    ]
    assert kept == [("x", Every.SHIFT), ("own", Every.SHIFT)]


@pytest.mark.parametrize(
    ("value", "low", "high", "due", "complete", "expected"),
    [
        (78.0, 76.0, 90.0, NAN, 1.0, Verdict.OK),
        (73.0, 76.0, 90.0, NAN, 1.0, Verdict.WARN),
        (70.0, 76.0, None, NAN, 1.0, Verdict.BAD),
        (0.01, None, 0.0, NAN, 1.0, Verdict.BAD),
        (31.5, None, None, 32.0, 1.0, Verdict.OK),
        (30.0, None, None, 32.0, 1.0, Verdict.WARN),
        (20.0, None, None, 32.0, 1.0, Verdict.BAD),
        (20.0, None, None, 32.0, 0.8, Verdict.UNKNOWN),
        (20.0, None, None, NAN, 1.0, Verdict.UNKNOWN),
        (NAN, 76.0, 90.0, NAN, 1.0, Verdict.UNKNOWN),
        (78.0, 76.0, 90.0, NAN, 0.4, Verdict.UNKNOWN),
    ],
)
def test_verdicts(
    value: float, low: float | None, high: float | None, due: float, complete: float, expected: Verdict
) -> None:
    assert verdict(value, low, high, due, complete) is expected


def test_the_band_of_a_forecast_worked_by_hand() -> None:
    hours = np.array([[8.0], [10.0], [12.0], [8.0], [10.0], [12.0], [8.0], [10.0], [12.0]])
    found = forecast(np.array([40.0]), hours, 4.0)
    # mean 10, s² = 24/8 = 3; t(0.90, 8) = 1.397; reach = 1.397 * sqrt(3) * sqrt(4 + 16/9) = 5.816
    assert found.value[0] == 80.0
    assert (found.low[0], found.high[0]) == pytest.approx((80.0 - 5.816, 80.0 + 5.816), abs=1e-3)


def test_what_has_come_does_not_go_again_and_few_hours_tell_nothing() -> None:
    rich = np.array([[0.0], [100.0], [0.0], [100.0], [0.0], [100.0]])
    assert forecast(np.array([40.0]), rich, 0.5).low[0] == 40.0
    assert np.isnan(forecast(np.array([40.0]), rich[: FEWEST - 1], 0.5).value[0])


@pytest.mark.parametrize("kind", ["even", "heats", "skewed"])
@pytest.mark.parametrize(("known", "left"), [(6, 3), (24, 1), (24, 16)])
def test_the_band_holds_the_day_s_end_four_times_out_of_five(kind: str, known: int, left: int) -> None:
    rng = np.random.default_rng(5)
    draw = {
        "even": lambda shape: rng.normal(10.0, 2.0, shape),
        "heats": lambda shape: 985.0 * rng.poisson(11.0, shape),
        "skewed": lambda shape: rng.gamma(4.0, 1.0, shape),
    }[kind]
    hours, to_come = draw((known, 4000)), draw((left, 4000)).sum(axis=0)
    found = forecast(np.zeros(4000), hours, float(left))
    assert 0.76 < float(((to_come >= found.low) & (to_come <= found.high)).mean()) < 0.84
