"""What a sensor shows: lag, noise, resolution and range."""

import numpy as np

from didymium.twin.noise import normal, uniform
from didymium.twin.sensors import sense


def shown(
    truth: float, *, scale: float, low: float = -1e9, high: float = 1e9, noise: float = 0.0, counter: bool = False
):
    one = np.ones(1)
    zero, out = np.zeros(1), np.zeros((1, 1))
    sense(
        1,
        100,
        np.array([[truth]]),
        np.array([[noise > 0]]),
        zero.copy(),
        0.9,
        zero,
        zero,
        noise * one,
        zero,
        np.array([counter]),
        scale * one,
        low * one,
        high * one,
        np.zeros(1, np.intp),
        out,
    )
    return float(out[0, 0])


def test_values_lie_on_the_grid_of_their_resolution():
    assert shown(12.3449, scale=200) == 12.345
    assert shown(-7.26, scale=10) == -7.3


def test_nought_has_no_minus_before_it():
    assert str(shown(-0.04, scale=10)) == "0.0"


def test_three_significant_digits_over_the_decades():
    assert shown(0.0123456, scale=0) == 0.0123
    assert shown(1.6049, scale=0) == 1.6
    assert shown(98_765.0, scale=0) == 98_800.0


def test_values_stay_within_range_and_a_counter_starts_again():
    assert shown(130.0, scale=10, low=0.0, high=100.0) == 100.0
    assert shown(-1.0, scale=10, low=0.0, high=100.0) == 0.0
    assert shown(65_536.0 + 3.0, scale=1, low=0.0, high=65_535.0, counter=True) == 3.0


def test_noise_is_drawn_by_seed_second_and_index():
    assert normal(1, 100, 5) == normal(1, 100, 5)
    assert normal(1, 100, 5) != normal(2, 100, 5) != normal(2, 101, 5)
    draws = np.array([normal(9, second, 3) for second in range(20_000)])
    assert abs(draws.mean()) < 0.03 and abs(draws.std() - 1.0) < 0.03 and np.abs(draws).max() < 3.47
    flat = np.array([uniform(9, second, 3) for second in range(20_000)])
    assert flat.min() >= 0.0 and flat.max() < 1.0 and abs(flat.mean() - 0.5) < 0.01
