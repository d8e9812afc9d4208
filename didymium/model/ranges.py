"""Index ranges in tag names: ``Z[1..8]_T1`` stands for ``Z1_T1`` to ``Z8_T1``; in ``AUX[001..n]`` the unit says n."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

RANGE: Final = re.compile(r"\[(\d+)\.\.(\d+|[a-z]+)\]")
MOST_INDICES: Final = 9999
CHOICE: Final = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class NameRange:
    """``head`` and ``tail`` around the index, which runs from ``first`` to ``last`` in ``width`` digits at least.

    ``last`` is a number or the word under which each unit says its own number.
    """

    head: str
    tail: str
    first: int
    last: int | str
    width: int

    def indices(self, counts: Mapping[str, int]) -> range:
        """Return the indices; ``counts`` gives the number for each word."""
        last = counts[self.last] if isinstance(self.last, str) else self.last
        return range(self.first, last + 1)


@lru_cache(maxsize=4096)
def name_range(name: str) -> NameRange | None:
    """Return the range in ``name``, or None where it has none."""
    found = RANGE.search(name)
    if found is None:
        return None
    first, last = found.group(1), found.group(2)
    width = len(first) if first.startswith("0") else 1
    return NameRange(
        name[: found.start()], name[found.end() :], int(first), int(last) if last.isdigit() else last, width
    )


def expand(name: str, counts: Mapping[str, int]) -> tuple[str, ...]:
    """Return the names that ``name`` stands for."""
    found = name_range(name)
    if found is None:
        return (name,)
    return tuple(f"{found.head}{i:0{found.width}d}{found.tail}" for i in found.indices(counts))


def index_of(pattern: str, name: str) -> int | None:
    """Return the index that ``name`` has in ``pattern``, or None where the pattern has no range."""
    found = name_range(pattern)
    if found is None:
        return None
    return int(name[len(found.head) : len(name) - len(found.tail)])


def choices(text: str) -> list[tuple[str, ...]]:
    """Return the lists of words in a description, ``{top/bottom}``; ``{n}`` is the index itself and not listed."""
    return [tuple(inner.split("/")) for inner in CHOICE.findall(text) if inner != "n"]


def described(text: str, pattern: str, name: str) -> str:
    """Return the description of one tag: ``{n}`` becomes its index, ``{a/b/c}`` the word at its place in the range."""
    if "{" not in text:
        return text
    found, index = name_range(pattern), index_of(pattern, name)
    if found is None or index is None:
        return text

    def word(match: re.Match[str]) -> str:
        inner = match.group(1)
        return str(index) if inner == "n" else inner.split("/")[index - found.first]

    return CHOICE.sub(word, text)
