"""What is wrong with a complex folder, said so that the person who wrote it finds the place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher, get_close_matches
from pathlib import Path
from typing import Final

LOOK_ALIKES: Final = str.maketrans("lio", "110")


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One mistake. ``row`` counts lines from 1 (0 means the whole file); ``column`` is the CSV column or TOML key."""

    file: str
    row: int
    column: str
    read: str
    hint: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.row}" if self.row else self.file
        column = f" [{self.column}]" if self.column else ""
        read = f" read {self.read!r}:" if self.read else ""
        return f"{place}{column}{read} {self.hint}"


def counted(mistakes: Sequence[Mistake]) -> str:
    """How many, in words: "1 mistake", "2 mistakes"."""
    return f"{len(mistakes)} mistake{'s' * (len(mistakes) != 1)}"


class BadComplex(ValueError):
    """The folder cannot be used; ``mistakes`` are all that were found, in the order of files and rows."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        self.mistakes = mistakes
        super().__init__(f"{counted(mistakes)}:\n" + "\n".join(map(str, mistakes)))


@dataclass(slots=True)
class Mistakes:
    """Gathers mistakes, so that one reading of the folder finds them all."""

    found: list[Mistake] = field(default_factory=list)

    def add(self, file: str, row: int, column: str, read: object, hint: str) -> None:
        """Note one mistake; what was read is cut to a length that fits a line."""
        text = str(read)
        self.found.append(Mistake(file, row, column, text if len(text) <= 80 else text[:77] + "...", hint))

    def sorted(self) -> list[Mistake]:
        """All mistakes once each, by file and row."""
        return sorted(set(self.found))


def missing_file(folder: Path, file: str, mistakes: Mistakes) -> bool:
    """Say that a file is missing, and which one in the folder may be meant; false when it is there."""
    if (folder / file).is_file():
        return False
    close = nearest(file, [path.name for path in folder.glob("*.toml")], cutoff=0.7)
    mistakes.add(file, 0, "", "", "the file is missing" + (f"; is it {close!r}, misnamed?" if close else ""))
    return True


def nearest(read: str, words: Iterable[str], cutoff: float = 0.5) -> str | None:
    """Return the word most like ``read``, or None when nothing is alike.

    Case and look-alikes (l and 1, O and 0) are the same; among equals the one with the same letters wins (S31: S13).
    """
    meant = read.casefold().translate(LOOK_ALIKES)
    folded = {word.casefold().translate(LOOK_ALIKES): str(word) for word in words}
    close = get_close_matches(meant, folded, n=100, cutoff=cutoff)
    if not close:
        return None
    return folded[max(close, key=lambda word: _likeness(meant, word))]


def _likeness(meant: str, word: str) -> tuple[float, bool, bool]:
    return SequenceMatcher(None, word, meant).ratio(), sorted(word) == sorted(meant), word[:1] == meant[:1]


def did_you_mean(read: str, words: Iterable[str], otherwise: str) -> str:
    """Return a hint that names the nearest valid word, or ``otherwise`` and the valid words."""
    known = [str(word) for word in words]
    close = nearest(read, known)
    if close is not None:
        return f"{otherwise}; the nearest valid word is '{close}'"
    listed = ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")
    return f"{otherwise}; valid are {listed}" if known else otherwise
