"""Books for slow alarms: what comes, goes and is held, over windows; figures by hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from alarm_desk import SOON, Desk, complex_of, new_engine

from didymium.alarms.books import BOOK, BUCKETS, COLUMNS, PLACES, RULE, Says, Side, keep, new_books
from didymium.alarms.building import check
from didymium.alarms.life import State

BOOKS = '[[books]]\nid = "B"\ntemplates = ["T_PRECIP"]\nsays = "amount"\ncame = ["FEED_PV"]\nwindow_h = 120\n'
"""Parts of an hour."""
ABOVE = '[[alarms]]\nid = "MISSING"\ntemplates = ["T_PRECIP"]\nkind = "limit"\ntag = "B"\nhigh = 2.5\n'


class Ledger:
    """One book whose signals are 0 came, 1 went, 2 held, 3 counts; 4 is what it says."""

    def __init__(self, says: Says, *, hours: float = 1.0, held: bool = False, counts: bool = False, **more: float):
        self.rule = np.zeros(1, RULE)
        for name, value in {"says": says, "holds": held, "counts": 3 if counts else -1, "out": 4}.items():
            self.rule[name] = value
        self.rule["part_hours"], self.rule["window"] = hours, BUCKETS
        for name, figure in more.items():
            self.rule[name] = figure
        sides = [Side.CAME, Side.WENT, Side.HELD] if held else [Side.CAME, Side.WENT]
        self.row = np.arange(len(sides), dtype=np.int32)
        self.side = np.array(sides, np.int8)
        self.signal = np.array([0.0, 0.0, 0.0, 1.0, np.nan])
        self.books, self.ring = new_books(1)
        self.second = 0

    def pass_h(self, hours: float, *, step_s: int = 60, **signals: float) -> float:
        """Let hours pass with these signals; return what the book says."""
        for name, value in signals.items():
            self.signal[("came", "went", "held", "counts").index(name)] = value
        ends = self.second + round(hours * 3600)
        while self.second < ends:
            self.second += step_s
            keep(
                self.second, self.rule, np.array([0, len(self.row)]), self.row, self.side, np.zeros(1, np.int64),
                self.signal, self.books, self.ring,
            )  # fmt: skip
        return float(self.signal[4])


def test_the_mean_is_of_what_came_less_what_went_an_hour() -> None:
    ledger = Ledger(Says.MEAN)
    assert math.isnan(ledger.pass_h(60, came=10, went=4)), "less than half of the window is known"
    assert ledger.pass_h(2) == pytest.approx(6.0)
    # from the middle of the first part to that of the last: 61.48 h with 6 and 12.52 h with 4
    assert ledger.pass_h(14, came=8) == pytest.approx((61.48 * 6 + 12.52 * 4) / 74, abs=0.01)


def test_an_amount_is_what_came_and_neither_went_nor_is_held() -> None:
    ledger = Ledger(Says.AMOUNT, held=True)
    ledger.pass_h(20, came=5, went=5, held=100)
    # thirty more are held, and three an hour stay: the middle of the last part is 8.5 h later, then 18.5 h
    assert ledger.pass_h(10, came=5, went=2, held=130) == pytest.approx(8.5 * 3 - 30, abs=0.1)
    assert ledger.pass_h(10) == pytest.approx(18.5 * 3 - 30, abs=0.1)


def test_the_window_forgets_what_lies_before_it() -> None:
    ledger = Ledger(Says.AMOUNT)
    ledger.pass_h(130, came=1)
    assert ledger.pass_h(150, came=0) == pytest.approx(0.0, abs=1e-9)


def test_a_shift_is_the_newest_hours_against_the_window() -> None:
    ledger = Ledger(Says.SHIFT, newest=10)
    ledger.pass_h(121.1, came=50, went=45)
    assert ledger.signal[4] == pytest.approx(0.0, abs=1e-9)
    # for 20 hours three more: the newest ten say 8, the window (100 * 5 + 20 * 8) / 120 = 5.5
    assert ledger.pass_h(20, came=53) == pytest.approx(2.5, abs=0.02)


def test_sigmas_are_what_is_missing_over_what_chance_may_take() -> None:
    ledger = Ledger(Says.SIGMAS, meters_pu=0.005, gauging=2.0)
    said = ledger.pass_h(121.1, came=520 / 24, went=517 / 24)
    # 3 t a day; five days: hypot(2.6 / sqrt 5, sqrt 2 * 2 / 5) = hypot(1.163, 0.566) = 1.293
    assert said == pytest.approx(3.0 / 1.293, rel=0.01)


def test_the_window_that_is_farthest_off_counts() -> None:
    ledger = Ledger(Says.AMOUNT, short=24)
    ledger.pass_h(121.1, came=1, went=0)
    # the middle of the last part is 59.4 h later; 60.6 h before that one an hour came
    assert ledger.pass_h(60, came=0, went=2) == pytest.approx(60.6 - 2 * 59.4, abs=0.2)
    assert ledger.pass_h(40) == pytest.approx(20.6 - 2 * 99.4, abs=0.2)


def test_time_that_does_not_count_is_passed_over() -> None:
    ledger = Ledger(Says.MEAN, counts=True)
    ledger.pass_h(70, came=6)
    ledger.pass_h(50, came=1000, counts=0)
    assert ledger.pass_h(10, came=6, counts=1) == pytest.approx(6.0)


def test_a_missing_reading_is_a_gap_and_a_long_gap_begins_anew_what_is_held() -> None:
    ledger = Ledger(Says.AMOUNT, held=True)
    ledger.pass_h(20, came=6, held=0)
    ledger.pass_h(0.2, came=math.nan)
    assert ledger.pass_h(2, came=6) == pytest.approx(21 * 6, abs=7)
    ledger.pass_h(1, came=math.nan)
    ledger.pass_h(1, came=6)
    assert math.isnan(ledger.signal[4])


def test_an_alarm_looks_at_books_and_goes_on_from_a_state(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, SOON + BOOKS.replace("window_h = 120", "window_h = 0.1") + ABOVE)
    desk.pass_s(60, {"FEED_PV": 100})  # 100 an hour: 2.5 after 90 s
    assert "MISSING ACTIVATE* UNACK" not in desk.pass_s(24)
    other = desk.again()
    assert desk.pass_s(15) == other.pass_s(15)
    assert other.engine.conditions.active[other.row("MISSING")] == 1


def test_books_go_on_where_all_else_begins_anew(tmp_path: Path) -> None:
    desk = Desk.of(tmp_path, SOON + BOOKS.replace("window_h = 120", "window_h = 0.1") + ABOVE)
    desk.pass_s(99, {"FEED_PV": 100})
    assert desk.state("MISSING") is State.UNACK
    other = Desk(desk.plant, desk.definitions, new_engine(desk.plant, desk.definitions), desk.second)
    other.values = dict(desk.values)
    other.engine.resume_books(desk.engine.state())
    assert other.state("MISSING") is State.NORMAL
    assert "MISSING ACTIVATE* UNACK" in other.pass_s(1)


def test_a_family_of_books_is_one_for_each_member(tmp_path: Path) -> None:
    text = BOOKS.replace('"B"', '"P[]"').replace("FEED_PV", "PH[]").replace("amount", "mean").replace("120", "0.1")
    alarm = '[[alarms]]\nid = "OFF"\ntemplates = ["T_PRECIP"]\nkind = "expression"\nwhen = "any(P[] > 7)"\n'
    desk = Desk.of(tmp_path, SOON + text + alarm)
    assert desk.definitions.signals.book_count == 2
    assert "OFF ACTIVATE* UNACK" in desk.pass_s(200, {"PH2": 7.1})


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        (BOOKS.replace("FEED_PV", "FEED_PW"), "books[1]", "FEED_SP"),
        (BOOKS.replace('"amount"', '"amounts"'), "books[1].says", "amount"),
        (BOOKS + "newest_h = 4\n", "books[1].newest_h", "is for books that say shift"),
        (BOOKS.replace("amount", "sigmas"), "books[1].meters_percent", "is missing"),
        (BOOKS.replace("120", "0"), "books[1].window_h", "more than 0"),
        (BOOKS + "short_h = 1\n", "books[1].short_h", "2 h at least"),
        (BOOKS + 'counts_while = "TEMP"\n', "books[1].counts_while", "neither true nor false"),
        (BOOKS.replace('"B"', '"TEMP"'), "books[1].id", "has a tag or books of this name"),
        (BOOKS.replace('"B"', '"B[]"'), "books[1].id", "no family stands"),
        (BOOKS.replace('["T_PRECIP"]', '["T_PRECIPP"]'), "books[1].templates", "T_PRECIP"),
        (BOOKS + 'sites = ["S01", "S07"]\n', "books[1].sites", "there is no such site"),
    ],
)
def test_a_mistake_in_books_is_named(tmp_path: Path, text: str, key: str, words: str) -> None:
    plant = complex_of(tmp_path, text)
    found = [str(each) for each in check(tmp_path, plant)]
    assert any("alarms.toml" in each and key in each and words in each for each in found), found


def test_a_ring_has_a_place_more_than_a_window_has_parts() -> None:
    assert PLACES == BUCKETS + 1
    books, ring = new_books(3)
    assert books.dtype == BOOK
    assert ring.shape == (3 * PLACES * COLUMNS,)
