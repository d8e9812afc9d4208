"""What each function of a KPI formula comes to, worked by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from kpi_desk import BAD, REACTOR, SITE, TANK, Desk, kpi

FED = f"{REACTOR}.TOT_FEED"


def test_growth_adds_up_and_a_device_that_starts_anew_counts_from_there(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "c", kpi("growth(TOT_FEED)", "m³"))
    desk.feed(FED, [10.0, 12.0, 0.0, 3.0])
    assert desk.worth() == 2.0 + 3.0


def test_growth_goes_on_over_the_end_of_the_counter_s_range(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "c", kpi("growth(TOT_FEED)", "m³"))
    desk.feed(FED, [99_999.0, 1.0])
    assert desk.worth() == pytest.approx(0.99 + 1.0)  # up to 99,999.99, then from 0


def test_a_counter_that_reads_nothing_for_a_moment_does_not_grow_twice(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "c", kpi("growth(TOT_FEED)", "m³"))
    desk.feed(FED, {0: 400.0, 59: 401.0, 61: 0.0, 119: 0.0, 121: 403.0, 3000: 404.0})
    assert desk.worth() == 4.0


def test_a_counter_that_comes_back_after_an_hour_has_counted_anew(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "c", kpi("growth(TOT_FEED)", "m³"))
    desk.feed(FED, {0: 4.0, 10: 0.0, 3620: 3.0, 3630: 5.0})
    assert desk.worth(hours=2.0) == 3.0 + 2.0
    again = Desk(tmp_path / "d", kpi("growth(TOT_FEED)", "m³"))
    again.feed(FED, {0: 4.0, 10: 0.0, 3600: 3.0, 3610: 5.0})
    assert again.worth(hours=2.0) == 3.0 + 1.0  # within the hour: from where it stood


def test_growth_in_litres_of_a_counter_in_cubic_metres(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "c", kpi("growth(TOT_FEED)", "L"))
    desk.feed(FED, [1.0, 3.5])
    assert desk.worth() == 2500.0


def test_each_new_value_adds_a_piece_and_a_return_to_nothing_adds_none(tmp_path: Path) -> None:
    text = kpi("changes(LEVEL)", "%") + kpi("count(BATCH_NO)", "batches", id_="n")
    desk = Desk(tmp_path / "c", text)
    desk.feed(f"{REACTOR}.LEVEL", [10.0, 10.0, 12.0, 12.0, 0.0, 9.0])
    desk.feed(f"{REACTOR}.BATCH_NO", [7, 7, 8, 8, 0, 9])
    assert desk.worth() == 12.0 + 9.0
    assert desk.worth("n") == 2.0


def test_an_integral_holds_each_value_until_the_next_one(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "c", kpi("integral(FEED_PV)", "m³"))
    desk.feed(f"{REACTOR}.FEED_PV", {0: 6.0, 60: 12.0, 180: 0.0})
    assert desk.worth() == pytest.approx(6.0 / 60 + 12.0 * 2 / 60)  # m³/h over 1 and 2 minutes


def test_what_is_silent_for_long_is_not_held(tmp_path: Path) -> None:
    text = kpi("integral(FEED_PV)", "m³") + kpi("known(FEED_PV)", "s", id_="k")
    desk = Desk(tmp_path / "c", text)
    desk.feed(f"{REACTOR}.FEED_PV", {0: 6.0, 300: 6.0, 601: 6.0})  # a gap of just five minutes, and one of more
    assert desk.worth() == pytest.approx(0.5)
    assert desk.worth("k") == 300.0


def test_mean_and_deviation_are_of_all_readings_of_all_tags(tmp_path: Path) -> None:
    of = 'per = "site"\nsites = ["S02"]\n'
    text = kpi("mean('TANK*.TEMP')", "°C", of) + kpi("std('TANK*.TEMP')", "°C", of, id_="s")
    desk = Desk(tmp_path / "c", text)
    desk.feed(f"{TANK}1.TEMP", {0: 20.0, 100: 22.0, 200: 24.0})
    desk.feed(f"{TANK}2.TEMP", {0: 34.0})
    assert desk.worth() == pytest.approx(25.0)
    assert desk.worth("s") == pytest.approx(np.std([20.0, 22.0, 24.0, 34.0], ddof=1))


def test_only_readings_that_meet_a_condition_count(tmp_path: Path) -> None:
    text = kpi("mean(TEMP, TEMP > 30)", "°C") + kpi("readings(TEMP, TEMP > 30)", "1", id_="n")
    desk = Desk(tmp_path / "c", text)
    desk.feed(f"{REACTOR}.TEMP", [10.0, 40.0, 44.0, 30.0])
    assert (desk.worth(), desk.worth("n")) == (42.0, 2.0)


def test_extremes_and_ends_over_minutes(tmp_path: Path) -> None:
    names = ("minimum", "maximum", "first", "last")
    desk = Desk(tmp_path / "c", "".join(kpi(f"{name}(TEMP)", "°C", id_=name) for name in names))
    desk.feed(f"{REACTOR}.TEMP", {5: 30.0, 50: 28.0, 70: 35.0, 3599: 31.0, 3600: 99.0})
    assert [desk.worth(name) for name in names] == [28.0, 35.0, 30.0, 31.0]


def test_states_are_timed_and_their_beginnings_counted(tmp_path: Path) -> None:
    text = kpi("seconds(STATE in ('FEED', 'AGE'))", "min") + kpi("starts(STATE == 'FEED')", "1", id_="n")
    text += kpi("seconds(STATE not in ('FEED', 'AGE')) / known(STATE)", "%", id_="share")
    desk = Desk(tmp_path / "c", text)
    desk.feed(f"{REACTOR}.STATE", {0: 0, 60: 2, 120: 3, 240: 0, 300: 2, 360: 2})
    assert desk.worth() == 1.0 + 2.0 + 1.0
    assert desk.worth("n") == 2.0
    assert desk.worth("share") == pytest.approx(100.0 * 2 / 6)


def test_a_switch_needs_no_comparison(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "c", kpi("seconds(BUND)", "s", 'per = "unit"\ntemplates = ["T_TANK"]\n'))
    desk.feed(f"{TANK}2.BUND", {0: 0, 10: 1, 30: 0})
    assert desk.value().value[1] == 20.0


def test_a_family_is_added_up(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "c", kpi("last(PH[])", "pH"))
    desk.feed(f"{REACTOR}.PH1", [6.0])
    desk.feed(f"{REACTOR}.PH2", [6.5])
    assert desk.worth() == 12.5


def test_bad_readings_and_no_numbers_are_passed_over(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "c", kpi("growth(TOT_FEED)", "m³"))
    desk.feed(FED, {0: 10.0})
    desk.feed(FED, {1: 900.0}, status=BAD)
    desk.feed(FED, {2: np.nan, 3: 11.0})
    assert desk.worth() == 1.0
    assert desk.value().readings[0] == 2


def test_the_window_s_length_and_what_a_site_delivered(tmp_path: Path) -> None:
    text = kpi("growth('PRECIP*.TOT_FEED') / hours()", "m³/d", SITE)
    text += kpi("received() / expected()", "%", 'per = "site"\n', id_="came")
    text += kpi("received() / expected()", "%", 'per = "complex"\n', id_="all")
    desk = Desk(tmp_path / "c", text)
    desk.feed(FED, {0: 0.0, 3599: 2.0})
    assert desk.worth() == pytest.approx(48.0)
    assert desk.value("came").value.tolist() == [100.0, 50.0]
    assert desk.worth("all") == pytest.approx(100.0 * 1200 / 1400)


def test_nothing_is_known_without_a_reading(tmp_path: Path) -> None:
    desk = Desk(
        tmp_path / "c", kpi("growth(TOT_FEED)", "m³") + kpi("growth(TOT_FEED) / growth(TOT_PREC)", "1", id_="r")
    )
    value = desk.value()
    assert np.isnan(value.value[0]) and value.why(0) is not None and "no reading" in value.why(0).en  # type: ignore[union-attr]
    desk.feed(FED, [1.0, 2.0])
    desk.feed(f"{REACTOR}.TOT_PREC", [5.0, 5.0])
    assert "divide" in desk.value("r").why(0).en  # type: ignore[union-attr]
