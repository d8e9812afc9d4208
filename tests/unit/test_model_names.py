"""Index ranges, numbers and rows: the small things that a folder is written in."""

import math
import tomllib

import pytest

from didymium.model.mistakes import did_you_mean, nearest
from didymium.model.quantity import NotANumber, Resolution, number, resolution
from didymium.model.ranges import described, expand
from didymium.model.toml_rows import rows


def test_range_expands_to_its_numbers() -> None:
    assert expand("Z[1..3]_T1", {}) == ("Z1_T1", "Z2_T1", "Z3_T1")
    assert expand("VOLT_PV", {}) == ("VOLT_PV",)


def test_range_with_a_word_ends_where_the_unit_says_and_keeps_leading_zeros() -> None:
    assert expand("AUX[001..n]", {"n": 2}) == ("AUX001", "AUX002")


def test_description_takes_its_index_or_the_word_at_its_place() -> None:
    assert described("Zone {n} temperature", "Z[1..8]_T", "Z7_T") == "Zone 7 temperature"
    assert described("{x/y/z} position", "TCP[4..6]", "TCP5") == "y position"
    assert described("Feed flow", "FEED_PV", "FEED_PV") == "Feed flow"


def test_resolution_is_a_step_or_significant_digits() -> None:
    assert resolution("0.005") == Resolution(0.005, 0)
    assert resolution("3 sig") == Resolution(0.0, 3)


@pytest.mark.parametrize(
    ("cell", "scale", "decimals"),
    [("0.005", 200.0, 3), ("0.02", 50.0, 2), ("1", 1.0, 0), ("20", 0.05, 0), ("0.0001", 1e4, 4)],
)
def test_scale_and_decimals_follow_from_the_resolution(cell: str, scale: float, decimals: int) -> None:
    assert resolution(cell).scale == scale
    assert resolution(cell).decimals == decimals


def test_quantised_values_stay_on_the_weighbridge_grid() -> None:
    scale = resolution("20").scale
    assert all(round(20.0 * k * scale) / scale == 20.0 * k for k in range(3001))


def test_significant_digits_count_below_zero_decimals() -> None:
    assert resolution("3 sig").decimals == -3
    assert resolution("3 sig").scale == 0.0


@pytest.mark.parametrize("cell", ["0.3", "0", "-1", "2 signs", "1.5", "nan"])
def test_resolution_that_is_no_even_step_is_refused(cell: str) -> None:
    with pytest.raises(NotANumber):
        resolution(cell)


def test_number_says_what_is_wrong_with_a_cell() -> None:
    assert math.isnan(number(""))
    assert number("1e-3") == 0.001
    with pytest.raises(NotANumber, match="after a point"):
        number("0,05")
    with pytest.raises(NotANumber, match="write the minus"):
        number("−5")
    with pytest.raises(NotANumber, match="finite"):
        number("inf")


def test_nearest_word_ignores_case_and_is_none_for_something_else() -> None:
    assert nearest("Sparkplugg", ["opcua", "sparkplug"]) == "sparkplug"
    assert nearest("qqq", ["opcua", "sparkplug"]) is None
    assert did_you_mean("qqq", ["opcua", "s7"], "unknown") == "unknown; valid are opcua, s7"


TOML = '''# a comment with [brackets] and "quotes"
name = { en = "A # no comment", zh = "乙" }

[[areas]]
id = "PL1"
units = [
  { template = "T_CELL", first = 1 }, # ten cells
  { template = "T_RECT", first = 3 },
]
[areas.more]
"quoted key" = """two
lines"""
[[areas]]
id = "PL2"
[defaults.opcua]
a.b = [1, [2,
  3]]
'''


def test_rows_are_found_for_keys_in_every_kind_of_table() -> None:
    tomllib.loads(TOML)
    found = rows(TOML)
    assert found["name", "zh"] == 2
    assert found["areas", 0] == 4
    assert found["areas", 0, "units", 0, "first"] == 7
    assert found["areas", 0, "units", 1, "template"] == 8
    assert found["areas", 0, "units", 1, "first"] == 8
    assert found["areas", 0, "more", "quoted key"] == 11
    assert found["areas", 1, "id"] == 14
    assert found["defaults", "opcua", "a", "b"] == 16
    assert found["defaults", "opcua", "a", "b", 1, 1] == 17
