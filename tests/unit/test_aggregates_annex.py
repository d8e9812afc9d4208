"""The worked examples of OPC 10000-13 (release 1.04), Annex A, each named by its table.

These are the tables whose text could be had in whole from reference.opcfoundation.org; the rows of A.2.2, A.4.2 and
A.5.2 that could not are left out, and say so.
"""

from __future__ import annotations

import numpy as np
import pytest

from didymium.historian.aggregates.calculation import count_annotations
from didymium.historian.aggregates.intervals import intervals
from tests.unit.part13 import NOON_US, ask, assert_table

FIVE = {
    "A.2.2 Interpolative Historian1": (
        "N|N|10 G|15 GI|20 G|25 GI|30 G|35 UI|40 UI|45 UI|50 G|55 GI|60 G|65 UI|70 u|75 UI|80 G|85 GI|90 G|90 UI"
    ),
    "A.2.2 Interpolative Historian2": (  # 12:00:00 to 12:01:30
        "N|11.304 GI|13.478 GI|15.652 GI|17.826 GI|20 G|25.909 GI|28.182 GI|31.111 UI|36.667 UI|45 GI|51.5 GI|54 GI"
        "|56.5 GI|59 GI|62.727 UI|67.273 UI|76.667 GI|90 G"
    ),
    "A.4.2 TimeAverage Historian1": (
        "N|N|12.5 GC|17.5 GC|22.5 GC|27.5 GC|32.5 UC|37.5 UC|42.5 UC|47.5 UC|52.5 GC|57.5 GC|62.5 UC|67.5 UC|72.5 UC"
        "|77.5 UC|82.5 GC|87.5 GC|90 UC|90 UC"
    ),
    "A.5.2 TimeAverage2 Historian1": (
        "N|N|12.5 GC|17.5 GC|22.5 GC|27.5 GC|30 UC|30 UC|N|N|52.5 GC|57.5 GC|62.5 UC|67.5 UC|72.5 UC|77.5 UC|82.5 GC"
        "|87.5 GC|90 UCP|N"
    ),
    "A.5.2 TimeAverage2 Historian2": (  # 12:00:00 to 12:01:10
        "10.652 UCP|12.391 GC|14.565 GC|16.739 GC|18.913 GC|23.682 GC|27.046 GC|29.273 UC|30 UC|42.5 UC|49.45 GC"
        "|52.75 GC|55.25 GC|57.75 GC|59.8 UC"
    ),
}

SIXTEEN = {
    "A.10.2 MinimumActualTime Historian1": "@10 10 GP|@20 20 G|N|@50 50 G|N|@80 80 GP|N",
    "A.10.2 MinimumActualTime Historian2": "@2 10 GP|@25 20 G|@39 30 U|@48 40 G|@72 60 U|@83 70 GP|N",
    "A.10.2 MinimumActualTime Historian3": "@2 10 GP|@25 20 G|@39 30 U|@48 40 G|@72 60 U|@83 70 GP|N",
    "A.11.2 MaximumActualTime Historian1": "@10 10 GP|@30 30 G|N|@60 60 G|N|@90 90 GP|N",
    "A.11.2 MaximumActualTime Historian2": "@2 10 GP|@28 25 G|@39 30 U|@52 50 G|@72 60 U|@90 90 GP|N",
    "A.11.2 MaximumActualTime Historian3": "@2 10 GP|@28 25 G|@39 30 U|@52 50 G|@72 60 U|@90 90 GP|N",
    "A.13.2 Minimum2 Historian1": "10 UCP|16 UI|30 UI|50 UC|64 UI|80 UP|N",
    "A.13.2 Minimum2 Historian2": "10 UCP|16.087 GI|26.818 UI|40 G|56 UI|70 UCP|N",
    "A.13.2 Minimum2 Historian3": "10 GCP|10 GI|25 GI|40 G|50 GI|70 GCP|N",
    "A.14.2 Maximum2 Historian1": "16 UIP|30 UCM|30 UI|64 UI|80 UC|90 UCP|N",
    "A.14.2 Maximum2 Historian2": "16.087 UIP|26.818 GI|40 UC|56 GI|60 UC|90 UCP|N",
    "A.14.2 Maximum2 Historian3": "10 GCP|25 GC|30 GC|50 GC|60 GC|90 GCP|N",
    "A.15.2 MinimumActualTime2 Historian1": "@10 10 UP|16 UI|30 UI|@50 50 U|64 UI|80 UP|N",
    "A.15.2 MinimumActualTime2 Historian2": "@2 10 UP|16.087 GI|26.818 UI|40 G|56 UI|@83 70 UP|N",
    "A.15.2 MinimumActualTime2 Historian3": "@2 10 GP|10 GI|25 GI|40 G|50 GI|@83 70 GP|N",
    "A.16.2 MaximumActualTime2 Historian1": "@15.999 16 UIP|@30 30 UM|30 UI|@63.999 64 UI|@79.999 80 UI|@90 90 UP|N",
    "A.16.2 MaximumActualTime2 Historian2": (
        "@15.999 16.087 UIP|@31.999 26.818 GI|@47.999 40 UI|@63.999 56 GI|@72 60 U|@90 90 UP|N"
    ),
    "A.16.2 MaximumActualTime2 Historian3": "@2 10 GP|@28 25 G|@39 30 G|@52 50 G|@72 60 G|@90 90 GP|N",
    "A.20.2 DurationInStateZero Historian4": "0 UCP|3000 GC|0 UC|12000 GC|13000 UC|4000 UCP|N",
    "A.21.2 DurationInStateNonZero Historian4": "14000 UCP|13000 GC|10000 UC|4000 GC|0 UC|3001 UCP|N",
    "A.25.2 StartBound Historian1": "NP|16 GI|30 UI|N|64 UI|80 GP|N",
    "A.25.2 StartBound Historian2": "NP|16.087 GI|26.818 GI|40 G|56 GI|NP|N",
    "A.25.2 StartBound Historian3": "NP|10 GI|25 GI|40 G|50 GI|NP|N",
    "A.29.2 DurationGood Historian1": "6000 GCP|16000 GC|0 GC|14000 GC|0 GC|10001 GCP|N",
    "A.29.2 DurationGood Historian2": "14000 GCP|16000 GC|10000 GC|16000 GC|13000 GC|7001 GCP|N",
    "A.29.2 DurationGood Historian3": "14000 GCP|16000 GC|10000 GC|16000 GC|13000 GC|7001 GCP|N",
}

TWENTY = {
    "A.36.2 VarianceSample Historian1": "0 GCP|50 GC|0 UC|0 UC|50 GCP",
    "A.36.2 VarianceSample Historian2": "0 GCP|25 GC|50 UC|0 UC|100 GCP",
    "A.36.2 VarianceSample Historian3": "0 GCP|25 GC|50 UC|0 UC|100 GCP",
}

TABLES = [
    pytest.param(name, interval_s, table, id=name)
    for interval_s, tables in ((5, FIVE), (16, SIXTEEN), (20, TWENTY))
    for name, table in tables.items()
]


@pytest.mark.parametrize(("name", "interval_s", "table"), TABLES)
def test_annex_table(name: str, interval_s: int, table: str) -> None:
    _, aggregate, source = name.split()
    shown_s = min(100, interval_s * (table.count("|") + 1))
    assert_table(ask(source, aggregate, interval_s, to_s=shown_s), table, interval_s)


def test_annex_table_a_18_2_annotation_count() -> None:
    """Historian1 has annotations at 12:00:40, twice, 12:00:50 and 12:01:10; Historian2 has none."""
    about = NOON_US + np.array([40, 40, 50, 70]) * 1_000_000
    asked = intervals(NOON_US, NOON_US + 100_000_000, 60_000_000)
    found = count_annotations(np.full(4, 1, np.uint32), about, [1, 2], asked)
    assert found.value.tolist() == [3, 1, 0, 0]
    assert found.status.tolist() == [0x401] * 4
    assert ((found.time_us - NOON_US) // 1_000_000).tolist() == [0, 60] * 2
