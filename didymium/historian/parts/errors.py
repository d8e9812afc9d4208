"""Why the engine's files are not read here; the engine is asked instead, and says what is wrong where it is."""

from __future__ import annotations


class Unreadable(Exception):
    """A part has another layout than is known here, is damaged, or went away."""


class BetterAsked(Unreadable):
    """Nothing is wrong: the engine is quicker."""
