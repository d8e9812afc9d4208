"""What the meters of a flow sheet said in a window, from the key figures that they are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from didymium.balance.closing import Closing, closing
from didymium.balance.sheets import Sheet
from didymium.kpi.values import Value


def figures(sheet: Sheet) -> frozenset[str]:
    """The ids of the key figures that a sheet goes by."""
    return frozenset(stream.kpi.id for stream in sheet.streams if stream.kpi is not None)


def closed(sheet: Sheet, values: Mapping[str, Value], from_us: int, to_us: int) -> Closing:
    """How the sheet closes by these values of its figures, all of one window."""
    own = [None if stream.kpi is None else values[stream.kpi.id] for stream in sheet.streams]
    reading = np.array([np.nan if value is None else value.value[0] for value in own])
    complete = np.array([0.0 if value is None else np.nan_to_num(value.complete[0]) for value in own])
    return closing(sheet, reading, complete, (from_us, to_us))
