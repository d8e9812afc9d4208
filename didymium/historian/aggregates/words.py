"""A result's StatusCode in the standard's words, for people."""

from __future__ import annotations

from typing import Final

from didymium.historian.aggregates.stamps import (
    CALCULATED,
    EXTRA_DATA,
    INFO_DATA_VALUE,
    INTERPOLATED,
    MULTIPLE_VALUES,
    PARTIAL,
)

_NAMES: Final = {
    0x0000: "Good",
    0x4000: "Uncertain",
    0x40A4: "Uncertain_DataSubNormal",
    0x8000: "Bad",
    0x809B: "Bad_NoData",
    0x80D6: "Bad_AggregateInvalidInputs",
}
_SEVERITIES: Final = ("Good", "Uncertain", "Bad", "Bad")
_BITS: Final = (
    (CALCULATED, "Calculated"),
    (INTERPOLATED, "Interpolated"),
    (PARTIAL, "Partial"),
    (EXTRA_DATA, "ExtraData"),
    (MULTIPLE_VALUES, "MultipleValues"),
)


def words_of(status: int) -> str:
    """``Uncertain_DataSubNormal, Calculated, Partial`` for 0x40A40405; an unknown code keeps its number."""
    top = status >> 16
    name = _NAMES.get(top, f"{_SEVERITIES[top >> 14]} 0x{top:04X}0000")
    bits = [word for bit, word in _BITS if status & bit] if status & INFO_DATA_VALUE else []
    return ", ".join([name, *bits])
