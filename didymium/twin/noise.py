"""Randomness by counter: the draw for (seed, second, index) is the same however the time was cut into steps.

Hash: the finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014). A normal draw is the sum of four
16-bit uniforms of one hash, which ends at ±3.46 standard deviations: no sensor jumps out of its band by chance.
"""

from __future__ import annotations

from numba import njit, uint64

_GOLDEN = uint64(0x9E3779B97F4A7C15)
_SECOND = uint64(0xD1342543DE82EF95)
_INDEX = uint64(0x2545F4914F6CDD1D)
_MIX_A = uint64(0xBF58476D1CE4E5B9)
_MIX_B = uint64(0x94D049BB133111EB)
_HALF_WORD = uint64(0xFFFF)
_NORMAL_SCALE = 1.0 / (65536.0 * (4.0 / 12.0) ** 0.5)
_UNIFORM_SCALE = 1.0 / 9007199254740992.0


@njit(cache=True, inline="always")
def bits(seed, second, index):  # type: ignore[no-untyped-def]
    """64 random bits for three integers."""
    z = uint64(seed) * _GOLDEN + uint64(second) * _SECOND + uint64(index) * _INDEX + _GOLDEN
    z = (z ^ (z >> uint64(30))) * _MIX_A
    z = (z ^ (z >> uint64(27))) * _MIX_B
    return z ^ (z >> uint64(31))


@njit(cache=True, inline="always")
def normal_of(word):  # type: ignore[no-untyped-def]
    """Standard normal draw, within ±3.46, from 64 random bits."""
    total = (
        float(word & _HALF_WORD)
        + float((word >> uint64(16)) & _HALF_WORD)
        + float((word >> uint64(32)) & _HALF_WORD)
        + float(word >> uint64(48))
    )
    return (total - 131070.0) * _NORMAL_SCALE


@njit(cache=True)
def uniform(seed: int, second: int, index: int) -> float:
    """Uniform draw in [0, 1) for three integers."""
    return float(bits(seed, second, index) >> uint64(11)) * _UNIFORM_SCALE


@njit(cache=True)
def normal(seed: int, second: int, index: int) -> float:
    """Standard normal draw, within ±3.46, for three integers."""
    return normal_of(bits(seed, second, index))
