"""Measurements of the whole path, each with ``python -m bench NAME --json PATH``."""
