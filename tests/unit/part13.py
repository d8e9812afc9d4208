"""The source historians of OPC 10000-13, Annex A, and how its result tables are written down here.

A table is a text: rows separated by ``|``; a row is ``value status`` or, for Bad results, ``status`` alone, with
``@seconds`` in front where its timestamp is not the start of its interval. A status is its severity, ``G`` Good, ``U``
Uncertain_DataSubNormal, ``u`` Uncertain, ``B`` Bad, ``N`` Bad_NoData, then ``C`` Calculated, ``I`` Interpolated, ``P``
Partial, ``M`` MultipleValues. Seconds count from 12:00:00.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from didymium.historian.aggregates.calculation import AggregateValues, calculate
from didymium.historian.aggregates.configuration import AggregateConfiguration
from didymium.historian.aggregates.definitions import aggregate_of
from didymium.historian.aggregates.intervals import intervals
from didymium.model.readings import Readings

NOON_US = 1_325_505_600_000_000
"""2012-01-02 12:00 UTC, the day of the annex's annotations."""

CODES = {"G": 0, "U": 0x40A4_0000, "u": 0x4000_0000, "B": 0x8000_0000, "N": 0x809B_0000}
BITS = {"C": 1, "I": 2, "P": 4, "E": 8, "M": 16}


@dataclass(frozen=True)
class Source:
    """A historian of the annex: rows of (second, value, status) and its configuration."""

    rows: tuple[tuple[float, float | None, str], ...]
    configuration: AggregateConfiguration
    stepped: bool

    def readings(self, tag: int = 7) -> Readings:
        """The rows as the store gives them."""
        return Readings.of(
            np.full(len(self.rows), tag, np.uint32),
            np.array([NOON_US + round(at * 1e6) for at, _, _ in self.rows], np.int64),
            np.array([np.nan if v is None else v for _, v, _ in self.rows], np.float64),
            np.array([CODES[s] for _, _, s in self.rows], np.uint32),
        )


_CREATED = (0, None, "N")  # "First archive entry, Point created"
_UNEVEN = (2, 25, 28, 39, 42, 48, 52, 72, 77, 83, 86, 90)
_STATUS = "GGGGBGGGuGGG"


def _uneven(*values: float | None) -> tuple[tuple[float, float | None, str], ...]:
    return (_CREATED, *zip(_UNEVEN, values, _STATUS, strict=True))


def _settings(doubt: bool, percent: int) -> AggregateConfiguration:
    return AggregateConfiguration(
        treat_uncertain_as_bad=doubt,
        percent_data_bad=percent,
        percent_data_good=percent,
        use_sloped_extrapolation=False,
    )


SOURCES = {
    "Historian1": Source(
        (_CREATED, *((10.0 * k, 10.0 * k, {4: "B", 7: "u"}.get(k, "G")) for k in range(1, 10))),
        _settings(False, 100),
        stepped=False,
    ),
    "Historian2": Source(
        _uneven(10, 20, 25, 30, None, 40, 50, 60, 70, 70, 80, 90), _settings(True, 100), stepped=False
    ),
    "Historian3": Source(_uneven(10, 20, 25, 30, None, 40, 50, 60, 70, 70, 80, 90), _settings(True, 50), stepped=True),
    "Historian4": Source(_uneven(1, 0, 1, 1, None, 1, 0, 0, 1, 1, 0, 1), _settings(True, 100), stepped=True),
    # Not of the annex: the OPC Foundation's aggregate tester has it, for its repeated extremes.
    "Historian5": Source(
        _uneven(10, 20, 10, 30, None, 30, 50, 30, 70, 70, 80, 70), _settings(False, 100), stepped=False
    ),
}


def status_of(said: str) -> int:
    """``UIP`` as the StatusCode's severity and aggregate bits."""
    return CODES[said[0]] | sum(BITS[letter] for letter in said[1:])


def ask(source: str, aggregate: str, interval_s: float, from_s: float = 0, to_s: float = 100) -> AggregateValues:
    """The annex's request, 12:00:00 to 12:01:40 if nothing else is said."""
    given = SOURCES[source]
    asked = intervals(NOON_US + round(from_s * 1e6), NOON_US + round(to_s * 1e6), round(interval_s * 1e6))
    stepped = np.array([given.stepped])
    return calculate(given.readings(), [7], asked, aggregate_of(aggregate), given.configuration, stepped)


def assert_table(found: AggregateValues, table: str, interval_s: float, tolerance: float = 1e-3) -> None:
    """The rows are those of the table: timestamp, value and whole status."""
    rows = [row.split() for row in table.split("|")]
    said = [
        f"{(t - NOON_US) / 1e6:g}: {v:g} {s:#x}"
        for t, v, s in zip(found.time_us.tolist(), found.value.tolist(), found.status.tolist(), strict=True)
    ]
    assert len(found) == len(rows), said
    for k, row in enumerate(rows):
        at_s = float(row.pop(0)[1:]) if row[0].startswith("@") else k * interval_s
        *value, status = row
        assert found.time_us[k] - NOON_US == round(at_s * 1e6), (k, row, said)
        # InfoType says that the aggregate bits mean something; a plain bad result has none.
        assert int(found.status[k]) & ~0x0400 == status_of(status), (k, row, said)
        assert bool(found.status[k] & 0x0400) == (status not in ("N", "B")), (k, row, said)
        if value:
            np.testing.assert_allclose(found.value[k], float(value[0]), atol=tolerance, rtol=0, err_msg=str((k, said)))
        else:
            assert np.isnan(found.value[k]), (k, row, said)
