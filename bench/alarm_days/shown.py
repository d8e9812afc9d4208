"""What the twin shows, minute by minute, from a process of its own so that both processors work."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection

import numpy as np
from numpy.typing import NDArray

from bench.alarm_days.course import MINUTE_S, Trouble
from bench.catalogue.part import part_of
from bench.day import SEED, START_S
from didymium.model.folder import read_complex
from didymium.service.instance import SHIPPED_COMPLEX
from didymium.twin.particulars import read_particulars
from didymium.twin.plant import TwinPlant

MINUTES_AHEAD = 4


@dataclass(frozen=True, slots=True)
class Minute:
    """(60, n) values and status from unix second ``first_s``; ``heard`` (n,) are the tags whose line is up."""

    first_s: int
    value: NDArray[np.float64]
    status: NDArray[np.uint32]
    heard: NDArray[np.bool_]


def minutes(sites: Sequence[str], troubles: Sequence[Trouble], count: int) -> Iterator[Minute]:
    """The day's first ``count`` minutes; the columns are the tags of ``sites`` in model order."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_simulate, args=(there, tuple(sites), tuple(troubles), count), name="twin")
    process.start()
    there.close()
    try:
        with ThreadPoolExecutor(1, "from the twin") as reader:
            coming = [reader.submit(here.recv) for _ in range(min(count, MINUTES_AHEAD))]
            for left in range(count, 0, -1):
                minute: Minute = coming.pop(0).result()
                if left > MINUTES_AHEAD:
                    coming.append(reader.submit(here.recv))
                yield minute
    finally:
        here.close()
        process.join()


def _simulate(to: Connection, sites: tuple[str, ...], troubles: tuple[Trouble, ...], count: int) -> None:
    whole = read_complex(SHIPPED_COMPLEX)
    plant = part_of(whole, sites)
    twin = TwinPlant(plant, SEED, (START_S - 1) * 1_000_000, read_particulars(SHIPPED_COMPLEX, whole))
    for minute in range(count):
        for trouble in troubles:
            place = next(place for place in twin.faults.places(trouble.code) if place.split(".")[0] == trouble.site)
            if minute * MINUTE_S == trouble.from_s:
                twin.faults.inject(trouble.code, place, trouble.size, twin.second)
            if minute * MINUTE_S == trouble.from_s + trouble.lasts_s:
                twin.faults.clear(trouble.code, place)
        heard = ~twin.faults.lines_down[plant.tags.site]
        first_s = twin.second + 1
        try:
            to.send(Minute(first_s, *twin.read(twin.record(MINUTE_S)), heard))
        except BrokenPipeError:  # who measures has ended
            return
