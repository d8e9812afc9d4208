"""Figures of how the plant runs: what they are, from which readings they come, and what they are worth in a window."""
