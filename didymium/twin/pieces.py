"""Weights of pieces, as a scale shows them: no two in a row are the same, so that each can be told from the last."""

from __future__ import annotations

from didymium.twin.noise import normal


def piece_kg(mean_kg: float, sigma_kg: float, steps_per_kg: float, seed: int, count: int, unit: int) -> float:
    """Weight of piece ``count`` of a unit, on the scale's grid; odd and even pieces use every other division."""
    half = 0.5 * steps_per_kg
    divisions = 2.0 * round(half * (mean_kg + sigma_kg * normal(seed, count, unit))) + count % 2
    return divisions / steps_per_kg
