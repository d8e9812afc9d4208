"""How well the alarms serve the people, from the journal alone (EEMUA 191 3rd ed., ISA-18.2-2016 §16).

Every measure takes journal columns and the span that is asked for, and knows nothing of the engine's state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from didymium.alarms.definitions import Priority, Targets
from didymium.alarms.life import Event, State

MINUTE_US: Final = 60_000_000
WINDOW_US: Final = 10 * MINUTE_US
USUAL: Final = Targets()
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Journal:
    """(n,) columns in the order in which they were written; as ``Transitions`` has them."""

    alarm: NDArray[np.int32]
    position: NDArray[np.int16]
    priority: NDArray[np.int8]
    event: NDArray[np.int8]
    after: NDArray[np.int8]
    sounds: NDArray[np.bool_]
    time_us: Ints

    @staticmethod
    def of(columns: Mapping[str, NDArray[np.generic]]) -> Journal:
        """The columns that are needed, of all that a journal has."""
        return Journal(**{name: columns[name] for name in Journal.__dataclass_fields__})  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Flood:
    """More than ten alarms in ten minutes at a position, until there are fewer than five in ten."""

    position: int
    start_us: int
    end_us: int
    alarms: int


@dataclass(frozen=True, slots=True)
class Load:
    """What one position bore: ``per_10_min`` (k,) counts of each whole ten minutes from the start."""

    position: int
    told: int
    per_10_min: NDArray[np.int64]
    mean_per_10_min: float
    most_per_10_min: int
    share_of_time_in_flood: float
    within_target: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """All measures of a span. Times to acknowledge are in seconds, NaN where nobody acknowledged.

    ``chattering``, ``fleeting`` and ``stale`` are alarms with their number of times; ``top`` the alarms told most.
    """

    loads: tuple[Load, ...]
    floods: tuple[Flood, ...]
    chattering: Mapping[int, int]
    fleeting: Mapping[int, int]
    stale: tuple[int, ...]
    top: tuple[tuple[int, int], ...]
    top_share: float
    split: Mapping[Priority, float]
    acknowledge_median_s: float
    acknowledge_p95_s: float


def measured(
    journal: Journal, start_us: int, end_us: int, targets: Targets = USUAL, positions: Sequence[int] = ()
) -> Figures:
    """Return the measures of ``start_us`` to ``end_us``; the journal may begin earlier, so that what stands is known.

    ``loads`` are of ``positions``, those that were left in peace too, and of all others that there are rows of.
    Raises ``ValueError`` where the span is empty.
    """
    if end_us <= start_us:
        raise ValueError(f"the span ends at {end_us}, not after its start {start_us}")
    within = (journal.time_us >= start_us) & (journal.time_us < end_us)
    told = np.flatnonzero(within & journal.sounds)
    floods: list[Flood] = []
    loads: list[Load] = []
    for position in dict.fromkeys([*positions, *np.unique(journal.position[within]).tolist()]):
        times = journal.time_us[told[journal.position[told] == position]]
        own = floods_of(position, times, end_us, targets)
        floods += own
        loads.append(_load(position, times, own, start_us, end_us, targets))
    counts = np.bincount(journal.alarm[told], minlength=1)
    order = np.argsort(-counts, kind="stable")[: targets.top]
    top = tuple((int(alarm), int(counts[alarm])) for alarm in order.tolist() if counts[alarm])
    waits = acknowledge_s(journal, start_us, end_us)
    return Figures(
        loads=tuple(loads),
        floods=tuple(floods),
        chattering=chattering(journal.alarm[told], journal.time_us[told], targets.chattering_per_min),
        fleeting=fleeting(journal, within, targets.fleeting_us),
        stale=stale(journal, end_us, targets.stale_us),
        top=top,
        top_share=sum(count for _, count in top) / len(told) if len(told) else 0.0,
        split={each: float((journal.priority[told] == each).mean()) if len(told) else 0.0 for each in Priority},
        acknowledge_median_s=float(np.median(waits)) if len(waits) else np.nan,
        acknowledge_p95_s=float(np.percentile(waits, 95)) if len(waits) else np.nan,
    )


def missed(figures: Figures, targets: Targets = USUAL) -> tuple[str, ...]:
    """Return which targets a span misses: ``load``, ``flood``, ``chattering``, ``stale``, ``top`` and ``split``."""
    wrong = {
        "load": not all(load.within_target for load in figures.loads),
        "flood": bool(figures.floods),
        "chattering": bool(figures.chattering),
        "stale": bool(figures.stale),
        "top": figures.top_share > targets.top_share,
        "split": any(figures.split[each] > targets.split[each] for each in Priority if each > Priority.LOW),
    }
    return tuple(name for name, is_wrong in wrong.items() if is_wrong)


def _load(position: int, times: Ints, floods: list[Flood], start_us: int, end_us: int, targets: Targets) -> Load:
    whole = max(1, -(-(end_us - start_us) // WINDOW_US))
    per_10_min = np.bincount((times - start_us) // WINDOW_US, minlength=whole).astype(np.int64)
    mean = len(times) * WINDOW_US / (end_us - start_us)
    flooded_us = sum(flood.end_us - flood.start_us for flood in floods)
    return Load(
        position,
        len(times),
        per_10_min,
        mean,
        int(per_10_min.max()),
        flooded_us / (end_us - start_us),
        mean <= targets.per_10_min,
    )


def floods_of(position: int, times: Ints, end_us: int, targets: Targets = USUAL) -> list[Flood]:
    """Return the floods of one position; ``times`` (n,) when its alarms were told.

    A flood begins with the first of the alarms that are more than ten in ten minutes, and ends when the ten minutes
    past hold fewer than five (EEMUA 191 3rd ed., appendix 11).
    """
    times = np.sort(times)
    past = np.arange(len(times)) - np.searchsorted(times, times - WINDOW_US, side="right") + 1
    floods: list[Flood] = []
    at = 0
    while at < len(times):
        begins = np.flatnonzero(past[at:] >= targets.flood_from)
        if not len(begins):
            break
        found = at + int(begins[0])
        first = found - targets.flood_from + 1
        last = found
        # It thins out ten minutes after the alarm that has fewer than `flood_until` followers in them.
        while True:
            thin_us = int(times[max(first, last - targets.flood_until + 2)]) + WINDOW_US
            if last + 1 < len(times) and times[last + 1] < thin_us:
                last += 1
            else:
                break
        floods.append(Flood(position, int(times[first]), min(thin_us, end_us), last - first + 1))
        at = last + 1
    return floods


def chattering(alarm: NDArray[np.int32], time_us: Ints, per_min: int) -> dict[int, int]:
    """Return the alarms that were told ``per_min`` times or more within a minute, with how often that happened."""
    order = np.lexsort((time_us, alarm))
    alarm, time_us = alarm[order], time_us[order]
    if len(alarm) < per_min:
        return {}
    back = per_min - 1
    bursts = (alarm[back:] == alarm[: len(alarm) - back]) & (time_us[back:] - time_us[: len(alarm) - back] <= MINUTE_US)
    found, counts = np.unique(alarm[back:][bursts], return_counts=True)
    return dict(zip(found.tolist(), counts.tolist(), strict=True))


def fleeting(journal: Journal, within: NDArray[np.bool_], within_us: int) -> dict[int, int]:
    """Return the alarms that went by themselves sooner than a person could act, with how often."""
    rows = np.flatnonzero(np.isin(journal.event, (Event.ACTIVATE, Event.CLEAR)))
    rows = rows[np.lexsort((rows, journal.alarm[rows]))]
    first, second = rows[:-1], rows[1:]
    pairs = (
        (journal.alarm[first] == journal.alarm[second])
        & (journal.event[first] == Event.ACTIVATE)
        & (journal.event[second] == Event.CLEAR)
        & journal.sounds[first]
        & within[first]
        & (journal.time_us[second] - journal.time_us[first] < within_us)
    )
    found, counts = np.unique(journal.alarm[first[pairs]], return_counts=True)
    return dict(zip(found.tolist(), counts.tolist(), strict=True))


def stale(journal: Journal, end_us: int, longer_us: int) -> tuple[int, ...]:
    """Return the alarms that stand before people at ``end_us`` and have been active for longer than ``longer_us``."""
    rows = np.flatnonzero(journal.time_us < end_us)
    last = _last_of_each(journal.alarm, rows)
    turned = _last_of_each(journal.alarm, rows[np.isin(journal.event[rows], (Event.ACTIVATE, Event.CLEAR))])
    long_active = turned[(journal.event[turned] == Event.ACTIVATE) & (journal.time_us[turned] < end_us - longer_us)]
    shown = last[np.isin(journal.after[last], (State.UNACK, State.ACKED))]
    both = np.intersect1d(journal.alarm[long_active], journal.alarm[shown])
    return tuple(int(alarm) for alarm in both)


def acknowledge_s(journal: Journal, start_us: int, end_us: int) -> NDArray[np.float64]:
    """Return (k,) seconds from each telling to its acknowledgement, of the acknowledgements in the span."""
    rows = np.flatnonzero(journal.sounds | (journal.event == Event.ACKNOWLEDGE))
    rows = rows[np.lexsort((rows, journal.alarm[rows]))]
    first, second = rows[:-1], rows[1:]
    pairs = (
        (journal.alarm[first] == journal.alarm[second])
        & journal.sounds[first]
        & (journal.event[second] == Event.ACKNOWLEDGE)
        & (journal.time_us[second] >= start_us)
        & (journal.time_us[second] < end_us)
    )
    waits: NDArray[np.float64] = (journal.time_us[second[pairs]] - journal.time_us[first[pairs]]) / 1e6
    return waits


def _last_of_each(alarm: NDArray[np.int32], rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Of ``rows``, in order, the last of each alarm."""
    _, back = np.unique(alarm[rows][::-1], return_index=True)
    return rows[len(rows) - 1 - back]
