"""Records that a kernel fills reach the tags of their bank, and no others."""

import numpy as np
import pytest

from didymium.model.plant import Text, Unit
from didymium.twin.bank import Bank, MissingFamily
from didymium.twin.display import Display

NAMES = ("FLOW", "LEVEL", "Z1_T", "Z2_T", "STATE")


def bank() -> Bank:
    units = tuple(Unit(f"U{k}", "S01", "A", "T_X", k, Text("", ""), 5 * k, 5) for k in range(2))
    columns = {name: slice(NAMES.index(name), NAMES.index(name) + 1) for name in ("FLOW", "LEVEL", "STATE")}
    columns["Z[]_T"] = slice(2, 4)
    target = np.arange(10.0).reshape(2, 5)
    return Bank("T_X", units, columns, target, target.copy(), 0, np.arange(10).reshape(2, 5))


def test_records_begin_with_the_targets_and_put_back_what_was_written():
    of = bank()
    display = Display(of, ("STATE", "Z[2]_T", "FLOW"))
    assert display.tags["FLOW"].tolist() == [0.0, 5.0] and display.tags["Z_T"].tolist() == [[2.0, 3.0], [7.0, 8.0]]
    display.tags["STATE"] = (40.0, 41.0)
    display.tags["Z_T"][1] = (50.0, 51.0)
    of.target[:, 1] = 99.0
    display.show()
    assert of.target.tolist() == [[0.0, 99.0, 2.0, 3.0, 40.0], [5.0, 99.0, 50.0, 51.0, 41.0]]


def test_tag_that_the_template_has_not_is_shown_to_nobody():
    of = bank()
    before = of.target.copy()
    display = Display(of, ("PRESSURE", "FLOW"))
    display.tags["PRESSURE"] = 7.0
    display.show()
    assert np.array_equal(of.target, before)


@pytest.mark.parametrize("name", ["Z[3]_T", "Y[2]_T"])
def test_family_of_another_size_is_missing(name: str):
    with pytest.raises(MissingFamily, match="T_X has no"):
        Display(bank(), (name,))
