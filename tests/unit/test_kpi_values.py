"""How KPIs use each other, constants and narrowed windows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from kpi_desk import REACTOR, SITE, TANK, Desk, kpi

FED, LEVEL, STATE, FLOW = (f"{REACTOR}.{name}" for name in ("TOT_FEED", "LEVEL", "STATE", "FEED_PV"))
STRENGTH = '[[kpis.constants]]\nname = "strength"\nvalue = 220\nunit = "g/L"\n'


def test_constants_have_units_and_special_ones_hold_where_they_fit(tmp_path: Path) -> None:
    of = 'per = "unit"\ntemplates = ["T_TANK"]\n'
    more = '[[kpis.constants]]\nname = "k"\nvalue = 2\nunit = "kg/L"\n'
    more += '[[kpis.constants]]\nname = "k"\nvalue = 3\nunit = "kg/L"\nunits = ["*.TANK003"]\n'
    desk = Desk(tmp_path / "c", kpi("k * integral(F_OUT)", "t", of, more))
    for tank in (1, 3):
        desk.feed(f"{TANK}{tank}.F_OUT", {0: 60.0, 60: 0.0})  # 1 m³
    assert desk.value().value.tolist()[0:3:2] == [2.0, 3.0]


def test_a_site_adds_up_what_is_known_of_its_units(tmp_path: Path) -> None:
    of = 'per = "unit"\ntemplates = ["T_TANK"]\n'
    text = kpi("total(own) / hours()", "m³/h", 'per = "site"\nsites = ["S02"]\n')
    text += kpi("integral(F_OUT)", "m³", of, id_="own")
    desk = Desk(tmp_path / "c", text)
    desk.feed(f"{TANK}1.F_OUT", {0: 60.0, 60: 0.0})
    desk.feed(f"{TANK}4.F_OUT", {0: 30.0, 60: 0.0})
    value = desk.value()
    assert value.value[0] == pytest.approx(1.5)
    assert value.readings[0] == 4
    assert value.complete[0] == pytest.approx(4 / (4 * 3600))


def test_from_tap_to_tap_the_first_piece_was_made_before(tmp_path: Path) -> None:
    text = kpi("changes(LEVEL)", "%", more='between = "LEVEL"\n')
    text += kpi("integral(FEED_PV)", "m³", more='between = "LEVEL"\n', id_="fed")
    desk = Desk(tmp_path / "c", text)
    # pieces at 10, 20 and 30 min; 6 m³/h all the time
    desk.feed(LEVEL, {0: 1.0, 600: 10.0, 1200: 11.0, 1800: 12.0, 3000: 12.0})
    desk.feed(FLOW, dict.fromkeys(map(float, range(0, 3600, 60)), 6.0))
    assert desk.worth() == 11.0 + 12.0
    assert desk.worth("fed") == pytest.approx(2.0)  # the 20 min from minute 11 to minute 30
    assert desk.value("fed").expected[0] == 1200.0


def test_without_two_taps_there_is_nothing_between_them(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "c", kpi("changes(LEVEL)", "%", more='between = "LEVEL"\n'))
    desk.feed(LEVEL, {0: 1.0, 600: 10.0})
    assert np.isnan(desk.worth())


def test_only_whole_minutes_in_which_a_condition_held_count(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "c", kpi("mean(TEMP)", "°C", more="while = \"STATE == 'FEED'\"\n"))
    desk.feed(STATE, [float(2 if 90 <= second < 300 else 0) for second in range(400)])
    desk.feed(f"{REACTOR}.TEMP", [50.0 if 120 <= second < 300 else 20.0 for second in range(400)])
    value = desk.value()
    assert value.value[0] == 50.0  # minutes 2, 3 and 4; in minute 1 the state came half-way through
    assert (value.readings[0], value.expected[0]) == (180, 180.0)


def test_a_value_that_lacks_what_it_needs_says_why(tmp_path: Path) -> None:
    more = 'needs = "readings(TEMP)"\nat_least = 3\nwhy = { en = "too few", zh = "太少" }\n'
    desk = Desk(tmp_path / "c", kpi("mean(TEMP)", "°C", more=more))
    desk.feed(f"{REACTOR}.TEMP", [40.0, 41.0])
    value = desk.value()
    assert np.isnan(value.value[0]) and value.why(0).zh == "太少"  # type: ignore[union-attr]
    desk.feed(f"{REACTOR}.TEMP", {2: 42.0})
    assert desk.worth() == 41.0


def test_a_window_that_is_too_short_says_so_and_a_long_one_states_its_error(tmp_path: Path) -> None:
    more = (
        'minimum_h = 2\nerror = "pool / growth(TOT_FEED)"\n[[kpis.constants]]\nname = "pool"\nvalue = 8\nunit = "m³"\n'
    )
    desk = Desk(tmp_path / "c", kpi("growth(TOT_FEED) / growth(TOT_PREC)", "%", more=more))
    for name, end in (("TOT_FEED", 200.0), ("TOT_PREC", 400.0)):
        desk.feed(f"{REACTOR}.{name}", {0: 0.0, 7000: end})
    assert "too short" in desk.value().why(0).en  # type: ignore[union-attr]
    value = desk.value(hours=2.0)
    assert (value.value[0], value.error[0]) == (50.0, 4.0)


def test_windows_that_follow_each_other_share_no_growth(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "c", kpi("growth(TOT_FEED)", "m³"))
    desk.feed(FED, {0: 0.0, 3599: 5.0, 3601: 7.0, 7000: 8.0})
    halves = [float(desk.value(from_hours=a, hours=b).value[0]) for a, b in ((0.0, 1.0), (1.0, 2.0))]
    assert halves == [5.0, 3.0]
    assert desk.worth(hours=2.0) == sum(halves)


def test_a_kpi_that_uses_another_is_in_its_own_unit(tmp_path: Path) -> None:
    text = kpi("fed * strength", "t", SITE, STRENGTH) + kpi("growth('PRECIP*.TOT_FEED')", "L", SITE, id_="fed")
    desk = Desk(tmp_path / "c", text)
    desk.feed(FED, [0.0, 10.0])
    assert desk.worth("fed") == 10_000.0
    assert desk.worth() == pytest.approx(2.2)
