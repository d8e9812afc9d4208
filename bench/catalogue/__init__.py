"""The fault catalogue tried on the twin: what is tried where, what is watched, what is judged."""
