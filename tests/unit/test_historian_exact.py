"""Values as integers: whatever goes in comes out, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from numpy.typing import NDArray

from didymium.historian.exact import (
    DOUBLE_BITS,
    HALVES,
    MOST_PLACES,
    SINGLE,
    SINGLE_BITS,
    Forms,
    decoded,
    first_forms,
    mantissas,
    of_mantissas,
)

FORMS = (0, 2, HALVES + 1, SINGLE, SINGLE + 3)


def encoded(value: list[float] | NDArray[np.float64], form: int = 0) -> tuple[list[int], list[int]]:
    """Mantissas and forms of one tag's values, seen to come back."""
    array = np.array(value, np.float64)
    low, high, forms = Forms(np.full(2, form, np.uint8)).encoded(np.ones(len(array), np.uint32), array)
    assert decoded(low, high, forms).view(np.uint64).tolist() == array.view(np.uint64).tolist()
    mantissa = mantissas(low, high)
    assert of_mantissas(mantissa, forms).view(np.uint64).tolist() == array.view(np.uint64).tolist()
    return mantissa.tolist(), forms.tolist()


@settings(deadline=None)
@given(npst.arrays(np.uint64, st.integers(1, 40), elements=st.integers(0, 2**64 - 1)), st.sampled_from(FORMS))
def test_every_float64_comes_back_bit_for_bit(bits: NDArray[np.uint64], form: int) -> None:
    encoded(bits.view(np.float64), form)


@settings(deadline=None)
@given(st.lists(st.integers(-(2**56), 2**56), min_size=1, max_size=40), st.integers(0, 12), st.sampled_from(FORMS))
def test_decimals_and_their_neighbours_come_back_bit_for_bit(whole: list[int], places: int, form: int) -> None:
    value = np.array(whole) / 10.0**places
    encoded(
        np.concatenate([value, np.nextafter(value, np.inf), np.float64(np.float32(value)), -value, value / 2]), form
    )


@pytest.mark.parametrize("value", [-0.0, np.inf, -np.inf, np.nan, 5e-324, -5e-324, 2.0**53 + 2, 1e300, np.pi])
def test_what_is_no_decimal_keeps_its_64_bits(value: float) -> None:
    assert encoded([value])[1] == [DOUBLE_BITS]


def test_nan_keeps_its_payload() -> None:
    value = np.array([0x7FF8_0000_0000_BEEF, 0xFFF0_0000_0000_0001], np.uint64).view(np.float64)
    assert encoded(value)[1] == [DOUBLE_BITS, DOUBLE_BITS]


def test_tag_keeps_the_most_places_that_it_has_shown() -> None:
    assert encoded([12.3, 12.34, 12.0, 12.3], form=1) == ([123, 1234, 1200, 1230], [1, 2, 2, 2])


def test_each_tag_learns_for_itself() -> None:
    tag = np.array([1, 2, 1, 2], np.uint32)
    low, high, form = Forms(np.zeros(1, np.uint8)).encoded(tag, np.array([0.5, 7, 1, 8]))
    assert (mantissas(low, high).tolist(), form.tolist()) == ([5, 7, 10, 8], [1, 0, 1, 0])


def test_resolutions_have_their_form_from_the_start() -> None:
    assert first_forms(np.array([1, 10, 200, 2, 1000, 0, 0.05, 50])).tolist() == [0, 1, HALVES + 2, HALVES, 3, 0, 0, 0]
    assert encoded([12.345, 12.35, 0.0], form=HALVES + 2) == ([2469, 2470, 0], [HALVES + 2] * 3)


def test_noise_stays_in_the_low_byte_wherever_it_lies() -> None:
    rng = np.random.default_rng(5)
    for level in (0, 127, 128, 255, 256, -128, 1_000_000):
        value = level + rng.integers(-60, 61, 1000).astype(np.float64)
        high = Forms(np.zeros(2, np.uint8)).encoded(np.ones(1000, np.uint32), value)[1]
        assert np.count_nonzero(np.diff(high)) <= 3, level


def test_decimals_of_single_precision_are_small_too() -> None:
    value = np.array([12.3, 12.4, 12.5], np.float32).astype(np.float64)
    mantissa, form = encoded(value)
    assert (mantissa, form) == ([123, 124, 125], [SINGLE + 1] * 3)


def test_computed_singles_keep_their_32_bits() -> None:
    value = np.float64(np.float32(np.pi))
    assert encoded([value]) == ([int(np.float32(np.pi).view(np.uint32))], [SINGLE_BITS])


def test_a_computed_value_teaches_its_tag_nothing() -> None:
    noise = np.random.default_rng(1).normal(5, 1, 500)
    forms = Forms(np.full(2, 2, np.uint8))
    forms.encoded(np.ones(500, np.uint32), noise)
    assert forms.encoded(np.ones(1, np.uint32), np.array([1.25]))[2].tolist() == [2]
    assert encoded([1.0 + 10.0 ** -(MOST_PLACES + 1)])[1] == [DOUBLE_BITS]
