"""Which stretches of a polled device's memory to ask for, so that few requests bring all tags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymium.acquire.image import Fields, Form


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """One tag's place: ``space`` tells the memories of a device apart (unit and register kind, DB number)."""

    space: tuple[int, int]
    start: int
    bit: int
    form: Form
    row: int

    @property
    def end(self) -> int:
        """The byte after it."""
        return self.start + self.form.size


@dataclass(frozen=True, slots=True)
class Block:
    """Bytes ``start`` to ``end`` of ``space``; they hold the points ``first`` to ``last - 1`` of the plan.

    ``at`` is where the first byte goes in the image.
    """

    space: tuple[int, int]
    start: int
    end: int
    first: int
    last: int
    at: int

    @property
    def size(self) -> int:
        return self.end - self.start


@dataclass(frozen=True)
class Plan:
    """All points of a device in the order in which their readings come, and the blocks that bring them."""

    points: tuple[Point, ...]
    blocks: tuple[Block, ...]
    fields: Fields
    image_bytes: int

    @property
    def rows(self) -> NDArray[np.int64]:
        """(n,) the tag table's row of each point."""
        return np.array([p.row for p in self.points], np.int64)

    def halves(self, block: Block) -> tuple[Block, Block]:
        """The block as two, for finding the points that the device refuses. It must hold two points or more."""
        middle = (block.first + block.last) // 2
        end = max(p.end for p in self.points[block.first : middle])
        start = self.points[middle].start
        return (
            Block(block.space, block.start, end, block.first, middle, block.at),
            Block(block.space, start, block.end, middle, block.last, block.at + start - block.start),
        )


def plan(points: Sequence[Point], max_bytes: int, max_gap_bytes: int) -> Plan:
    """Cover all points with blocks of at most ``max_bytes``, reading over gaps of at most ``max_gap_bytes``."""
    ordered = tuple(sorted(points))
    blocks: list[Block] = []
    offset = np.empty(len(ordered), np.int64)
    at = first = end = 0
    for i, point in enumerate(ordered):
        begun = ordered[first]
        if i > first and (
            point.space != begun.space
            or point.start - end > max_gap_bytes
            or max(end, point.end) - begun.start > max_bytes
        ):
            blocks.append(Block(begun.space, begun.start, end, first, i, at))
            at += end - begun.start
            first, begun, end = i, point, 0
        end = max(end, point.end)
        offset[i] = at + point.start - begun.start
    if ordered:
        begun = ordered[first]
        blocks.append(Block(begun.space, begun.start, end, first, len(ordered), at))
        at += end - begun.start
    form = np.array([p.form for p in ordered], np.uint8)
    bit = np.array([p.bit for p in ordered], np.uint8)
    return Plan(ordered, tuple(blocks), Fields(offset, form, bit), at)
