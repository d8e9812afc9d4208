"""The flood's own arithmetic: which transitions are missing, which are there too often, which are not compared."""

from __future__ import annotations

import numpy as np
import pytest
from alarm_desk import SOON, Desk

from bench.alarm_flood import KEY, compared, left_out_of
from didymium.alarms.definitions import Definitions

MINUTE = (0, 60_000_000)


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> Definitions:
    return Desk.of(tmp_path_factory.mktemp("flood"), SOON).definitions


def rows(definitions: Definitions, count: int) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    made = np.zeros(count, KEY)
    made["alarm"] = definitions.row_of["S01.PR1.PRECIP001.TEMP/H"]
    made["number"] = 1 + np.arange(count)
    made["time_us"] = 1_000_000 * np.arange(count)
    return made


def found(made: np.ndarray, journal: np.ndarray, definitions: Definitions) -> tuple[int, int]:  # type: ignore[type-arg]
    figures = compared(made, journal, definitions, MINUTE)
    return figures["flood_lost"], figures["flood_twice"]


def test_the_same_transitions_in_any_order_are_all_there_once(definitions: Definitions) -> None:
    made = rows(definitions, 9)
    assert found(made, made[::-1], definitions) == (0, 0)
    assert compared(made, made, definitions, MINUTE)["flood_rows_a_minute"] == 9


def test_what_is_missing_and_what_is_there_twice_do_not_cancel(definitions: Definitions) -> None:
    made = rows(definitions, 9)
    assert found(made, np.concatenate([made[2:], made[4:7]]), definitions) == (2, 3)


def test_the_same_transition_at_another_time_is_missing_and_too_many(definitions: Definitions) -> None:
    made = rows(definitions, 9)
    journal = made.copy()
    journal["time_us"][3] += 1
    assert found(made, journal, definitions) == (1, 1)


def test_what_follows_our_clock_or_comes_after_the_end_is_not_compared(definitions: Definitions) -> None:
    made = rows(definitions, 70)
    assert found(made, made[:60], definitions) == (0, 0)
    silent = made[:1].copy()
    silent["alarm"] = definitions.row_of["S01/OFFLINE"]
    assert left_out_of(definitions)[silent["alarm"]].all()
    assert found(made, np.concatenate([made, silent]), definitions) == (0, 0)
    assert found(made[:0], made[:0], definitions) == (0, 0)
