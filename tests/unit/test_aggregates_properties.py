"""What must hold of aggregates whatever the data: the plain reference agrees, parts add up, extremes compose."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from didymium.historian.aggregates.calculation import AggregateValues, calculate
from didymium.historian.aggregates.configuration import AggregateConfiguration
from didymium.historian.aggregates.definitions import AGGREGATES, Bounds, aggregate_of
from didymium.historian.aggregates.intervals import intervals
from didymium.model.readings import CORRECTED, Readings
from tests.unit.part13_reference import Asked, Reference, Row

MS = 1000
NAMES = [one.name for one in AGGREGATES if one.bounds is not Bounds.ANNOTATIONS]
GOOD, UNCERTAIN, BAD = 0, 0x4000_0000, 0x8000_0000


def readings_of(rows: list[Row], tag: int = 3) -> Readings:
    time, value, status = (list(column) for column in zip(*rows, strict=True))
    return Readings.of(
        np.full(len(rows), tag, np.uint32),
        np.array(time, np.int64),
        np.array(value, float),
        np.array(status, np.uint32),
    )


def ask(
    rows: list[Row],
    name: str,
    span: tuple[int, int],
    interval: int,
    stepped: bool = False,
    configuration: AggregateConfiguration | None = None,
) -> AggregateValues:
    given_ = configuration or AggregateConfiguration()
    return calculate(
        readings_of(rows), [3], intervals(*span, interval), aggregate_of(name), given_, np.array([stepped])
    )


@st.composite
def series(draw: st.DrawFn, codes: tuple[int, ...] = (GOOD, GOOD, GOOD, UNCERTAIN, BAD), most: int = 14) -> list[Row]:
    """Rows at distinct whole ms, on few values so that they repeat; edges of intervals fall on some of them."""
    times = draw(st.lists(st.integers(-20, 120), min_size=1, max_size=most, unique=True))
    values = st.sampled_from([0.0, 1.0, 2.0, -3.5, 10.0])
    return [(at * MS, draw(values), draw(st.sampled_from(codes))) for at in sorted(times)]


configurations = st.tuples(
    st.booleans(), st.sampled_from([(100, 100), (50, 50), (30, 80), (0, 100), (100, 0)]), st.booleans()
)


@settings(max_examples=80, deadline=None)
@given(
    rows=series(),
    configuration=configurations,
    stepped=st.booleans(),
    span=st.tuples(st.integers(-30, 130), st.integers(-30, 130)).filter(lambda s: s[0] != s[1]),
    interval=st.sampled_from([0, 7, 20, 50]),
)
def test_plain_reference_agrees(
    rows: list[Row],
    configuration: tuple[bool, tuple[int, int], bool],
    stepped: bool,
    span: tuple[int, int],
    interval: int,
) -> None:
    doubt, (bad, good), sloped = configuration
    chosen = AggregateConfiguration(doubt, bad, good, sloped)
    reference = Reference(rows, stepped, chosen)
    from_us, to_us = span[0] * MS, span[1] * MS
    asked = intervals(from_us, to_us, interval * MS)
    edges = asked.edges_us.tolist()
    width = interval * MS or abs(to_us - from_us)
    width = min(width, abs(to_us - from_us))
    parts = [Asked(lo, hi, asked.backward, hi - lo < width) for lo, hi in pairwise(edges)]
    for name in NAMES:
        found = ask(rows, name, (from_us, to_us), interval * MS, stepped, chosen)
        for k, part in enumerate(parts[::-1] if asked.backward else parts):
            at, value, code, bits = reference.result(name, part)
            told = f"{name} {part}: {found.value[k]} {int(found.status[k]):#x}, not {value} {code:#x} {bits}"
            assert found.time_us[k] == at, told
            assert int(found.status[k]) & 0xFFFF_0000 == code, told
            assert int(found.status[k]) & 0x1F == bits, told
            np.testing.assert_allclose(found.value[k], np.nan if value is None else value, atol=1e-9, err_msg=told)


@settings(max_examples=40, deadline=None)
@given(rows=series((GOOD, BAD)), cut=st.integers(1, 99))
def test_good_and_bad_cover_an_interval_within_the_data(rows: list[Row], cut: int) -> None:
    whole = [(-30 * MS, 1.0, GOOD), *rows, (130 * MS, 1.0, GOOD)]
    for span in ((0, cut * MS), (cut * MS, 100 * MS)):
        good, bad = (ask(whole, name, span, 0, stepped=True).value[0] for name in ("DurationGood", "DurationBad"))
        assert good + bad == pytest.approx((span[1] - span[0]) / 1e3)
        share = sum(ask(whole, name, span, 0, stepped=True).value[0] for name in ("PercentGood", "PercentBad"))
        assert share == pytest.approx(100)


@settings(max_examples=40, deadline=None)
@given(rows=series((GOOD,)), cut=st.integers(1, 99), stepped=st.booleans())
def test_parts_of_an_interval_add_up(rows: list[Row], cut: int, stepped: bool) -> None:
    whole = [(-30 * MS, 1.0, GOOD), *rows, (130 * MS, 1.0, GOOD)]
    spans = ((0, 100 * MS), (0, cut * MS), (cut * MS, 100 * MS))
    for name in ("Total2", "Total", "Count", "DeltaBounds", *(["DurationInStateZero"] if stepped else [])):
        all_of_it, *parts = (ask(whole, name, span, 0, stepped).value[0] for span in spans)
        assert all_of_it == pytest.approx(sum(parts), abs=1e-9)
    all_of_it, one, other = (ask(whole, "TimeAverage2", span, 0, stepped).value[0] for span in spans)
    assert all_of_it == pytest.approx((one * cut + other * (100 - cut)) / 100, abs=1e-9)
    for name, of in (("Minimum2", min), ("Maximum2", max)):
        all_of_it, *parts = (ask(whole, name, span, 0, stepped).value[0] for span in spans)
        assert all_of_it == of(parts)


@settings(max_examples=40, deadline=None)
@given(parts=st.lists(series(), min_size=2, max_size=5), order=st.randoms(use_true_random=False))
def test_tags_do_not_touch_each_other(parts: list[list[Row]], order: object) -> None:
    """Every tag's results beside others, in any order asked, are bit for bit those it has alone."""
    readings = Readings.concat([readings_of(rows, tag) for tag, rows in enumerate(parts, start=5)])
    tags = list(range(5, 5 + len(parts)))
    order.shuffle(tags)  # type: ignore[attr-defined]
    stepped = np.array([tag % 2 == 0 for tag in tags])
    asked = intervals(0, 100 * MS, 30 * MS)
    for name in ("TimeAverage", "Total2", "StandardDeviationSample", "MaximumActualTime2"):
        found = calculate(readings, tags, asked, aggregate_of(name), AggregateConfiguration(), stepped)
        for k, tag in enumerate(tags):
            alone = ask(parts[tag - 5], name, (0, 100 * MS), 30 * MS, bool(stepped[k]))
            mine = slice(4 * k, 4 * k + 4)
            assert found.value[mine].view(np.uint64).tolist() == alone.value.view(np.uint64).tolist()
            assert found.status[mine].tolist() == alone.status.tolist()
            assert found.time_us[mine].tolist() == alone.time_us.tolist()


@settings(max_examples=40, deadline=None)
@given(rows=series(most=8), at=st.integers(0, 7), number=st.sampled_from([np.nan, np.inf, -np.inf]))
def test_what_is_no_finite_number_counts_as_bad(rows: list[Row], at: int, number: float) -> None:
    at = at % len(rows)
    broken = [(t, number, s) if k == at else (t, v, s) for k, (t, v, s) in enumerate(rows)]
    as_bad = [(t, v, BAD) if k == at else (t, v, s) for k, (t, v, s) in enumerate(rows)]
    for name in NAMES:
        if name.startswith("WorstQuality"):
            continue  # whose value is the stored status
        one, other = (ask(given_rows, name, (-20 * MS, 120 * MS), 30 * MS) for given_rows in (broken, as_bad))
        assert one.status.tolist() == other.status.tolist(), name
        np.testing.assert_array_equal(one.value, other.value, err_msg=name)


def test_result_beyond_what_a_number_holds_is_invalid_input() -> None:
    rows = [(k * MS, 1.7e308, GOOD) for k in range(5)]
    found = ask(rows, "Average", (0, 4 * MS), 0)
    assert found.status.tolist() == [0x80D6_0000], "Bad_AggregateInvalidInputs"
    assert np.isnan(found.value[0])


def test_corrected_raw_value_has_extra_data() -> None:
    """5.3.3.1: it supersedes other data at its time; a calculated value does not say so."""
    rows = [(0, 5.0, GOOD), (10 * MS, 1.0, GOOD), (20 * MS, 5.0, GOOD), (30 * MS, 5.0, GOOD)]
    plain = readings_of(rows)
    flags = np.array([0, CORRECTED, 0, 0], np.uint8)
    readings = Readings(plain.tag, plain.time_us, plain.value, plain.status, flags)
    expected = {
        "MinimumActualTime": 0x408,
        "Start": 0x408,
        "StartBound": 0x408,
        "Interpolative": 0x408,
        "Minimum": 0x408,
    }
    expected |= {"Average": 0x401, "Maximum": 0x411 - 0x10, "End": 0x400, "Count": 0x401}
    for name, status in expected.items():
        asked = intervals(10 * MS, 25 * MS, 0)
        found = calculate(readings, [3], asked, aggregate_of(name), AggregateConfiguration(), np.array([False]))
        assert found.status.tolist() == [status], name


@pytest.mark.parametrize(
    ("span", "interval", "edges", "short"),
    [
        ((0, 100), 0, [0, 100], False),
        ((0, 100), 200, [0, 100], False),
        ((0, 100), 50, [0, 50, 100], False),
        ((0, 100), 40, [0, 40, 80, 100], True),
        ((100, 0), 40, [0, 20, 60, 100], True),
        ((100, 0), 0, [0, 100], False),
    ],
)
def test_intervals_are_those_of_table_49(span: tuple[int, int], interval: int, edges: list[int], short: bool) -> None:
    found = intervals(*span, interval)
    assert (found.edges_us.tolist(), found.backward, found.short) == (edges, span[0] > span[1], short)


def test_names_and_node_ids_are_the_standards() -> None:
    """OPC 10000-13, 4.2.2; the identifiers as asyncua has them from the standard's node set."""
    from asyncua import ua

    known = {
        name.removeprefix("AggregateFunction_"): value
        for name, value in vars(ua.ObjectIds).items()
        if name.startswith("AggregateFunction_")
    }
    assert {one.name: one.node_id for one in AGGREGATES} == known
    assert aggregate_of("timeaverage") is aggregate_of("i=2343") is aggregate_of("ns=0;i=2343")
    assert len({one.code for one in AGGREGATES}) == len(AGGREGATES)
