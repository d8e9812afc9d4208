"""Which measurements of an interlock's formula trip it by themselves."""

from __future__ import annotations

import pytest

from didymium.web.interlocks import trip_limits


@pytest.mark.parametrize(
    ("formula", "limits"),
    [
        ("FAN_A <= 130", [("FAN_A", False, 130.0)]),
        ("GAS_P <= 3 or GAS_P >= 18", [("GAS_P", False, 3.0), ("GAS_P", True, 18.0)]),
        ("any(LEL[] >= 25) or any(FLAME_DET[] == 1)", [("LEL[]", True, 25.0)]),
        ("STEP == 'MELT' and all(MOULD_T[] < 5)", [("MOULD_T[]", True, 5.0)]),
        ("DOOR == 1 and (DRUM_T > 60 or CH_P < 40)", [("DRUM_T", True, 60.0), ("CH_P", False, 40.0)]),
        ("CW_LEAK == 1 or (DEW > -40 and rate(CH_P, 15) > 1 and T_MELT > 600)", []),
        ("rate(DIP, 60) > 0", []),
    ],
)
def test_limits_that_trip_by_themselves(formula: str, limits: list[tuple[str, bool, float]]) -> None:
    assert list(trip_limits(formula)) == limits
