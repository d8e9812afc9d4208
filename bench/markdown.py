"""A table in Markdown whose lines may refer to notes below it."""

from __future__ import annotations

from collections.abc import Sequence


class Markdown:
    """``str`` gives the whole."""

    def __init__(self, head: Sequence[str]) -> None:
        self._lines = [_line(head), _line(["---"] * len(head))]
        self._notes: list[str] = []

    def add(self, cells: Sequence[str]) -> None:
        """Add a line."""
        self._lines.append(_line(cells))

    def mark(self, note: str) -> str:
        """What refers to a note, `` (1)``, nothing for none; the same note has the same number."""
        if not note:
            return ""
        if note not in self._notes:
            self._notes.append(note)
        return f" ({self._notes.index(note) + 1})"

    def __str__(self) -> str:
        below = [f"({number}) {note}" for number, note in enumerate(self._notes, 1)]
        return "\n".join([*self._lines, *([""] if below else []), *below])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
