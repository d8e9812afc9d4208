"""A recorded stretch judged again: the same readings must give the same alarms, row by row of the journal.

It begins at a checkpoint of the engine, takes the readings from the historian and people's acts from the journal.
What depends on more than the record is told apart: silence is judged by our clock. When a reading came that was late
is known from its flag as far as its order within its tag.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from didymium.alarms.acts import Act
from didymium.alarms.definitions import Definitions, Kind
from didymium.alarms.engine import Engine
from didymium.alarms.frames import OPEN, SECOND_US, Frame, Framing
from didymium.alarms.life import ACTS, Event
from didymium.alarms.transitions import NOTHING, Transitions
from didymium.historian.store import Historian
from didymium.model.plant import Complex
from didymium.model.readings import LATE, Readings
from didymium.model.registry import TagIds
from didymium.records.bulk import listed
from didymium.records.checkpoints import Checkpoint
from didymium.records.journal import Journal, Question
from didymium.records.journal import Transitions as Rows
from didymium.service.alarm_checkpoint import digest_of, unpacked
from didymium.service.alarm_rows import joined, rows_of
from didymium.service.errors import ServiceError

CHUNK_US: Final = 60 * SECOND_US
BEFORE_US: Final = 4 * SECOND_US
"""What was not framed yet at the checkpoint lies at most so far before it."""
PAGE_ROWS: Final = 50_000
EXAMPLES: Final = 20
ACT_NAMES: Final = frozenset(event.name for event in ACTS)
COMPARED: Final = (
    "transition", "from_state", "to_state", "event", "time_us", "since_us", "sounds", "actor", "value", "limit_value",
    "hidden_by", "first_out",
)  # fmt: skip
TIME: Final = COMPARED.index("time_us")
Key = tuple[str, int]
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a stretch of the journal and its replay say of each other.

    ``same`` rows are equal in all of ``COMPARED``; ``silent`` are those of alarms that follow our clock, which are
    not compared; ``different`` are examples: the alarm, the row of the journal, and that of the replay, None where one
    has none. ``made`` are all rows of the replay; when we knew them it does not know. Times are µs UTC.
    """

    from_us: int
    to_us: int
    readings: int
    same: int
    silent: int
    differing: int
    different: tuple[tuple[str, Row | None, Row | None], ...]
    made: Rows


class NoCheckpoint(ServiceError):
    """There is no state of the engine to begin from; the text says since when there is."""


def replay(
    plant: Complex,
    ids: TagIds,
    definitions: Definitions,
    historian: Historian,
    journal: Journal,
    checkpoint: Checkpoint,
    to_us: int,
    *,
    told: Callable[[int], None],
) -> Replayed:
    """Judge the readings from a checkpoint to ``to_us`` again; ``told`` hears how far it is, µs UTC.

    Raises ``NoCheckpoint`` where the alarms were defined otherwise then.
    """
    if checkpoint.definitions != digest_of(definitions):
        raise NoCheckpoint("the alarms were defined otherwise at the checkpoint: replay with the definitions of then")
    state = unpacked(checkpoint.state, definitions.id)
    engine = Engine(definitions, tuple(site.id for site in plant.sites), state.started_us)
    engine.restore(state)
    recorded = _recorded(journal, checkpoint.seq)
    acts = _Acts(recorded, definitions)
    readings = 0
    parts: list[Transitions] = []
    waiting = Readings.empty()
    clock_us = 0
    framing = Framing(plant, ids.row_of_id)
    last_us = dict(state.done)
    begin_us = min((second * SECOND_US for second in state.done.values()), default=checkpoint.at_us) - BEFORE_US
    for at_us, chunk in _chunks(historian, ids, begin_us, to_us):
        readings += len(chunk)
        came, waiting = as_they_came(Readings.concat([waiting, chunk]))
        frames = framing.take(came)
        for second, together in _by_second(frames):
            # What a site said last before its line went down is framed when it is back: the clock does not follow.
            clock_us = max(clock_us, (second + 1 + OPEN) * SECOND_US)
            for frame in together:
                parts += acts.due(engine, frame.site, second)
                parts.append(engine.take(frame))
                last_us[plant.sites[frame.site].id] = second
            parts.append(engine.tick(clock_us))
        told(at_us)
    made = joined([rows_of(part, definitions, 0) for part in [NOTHING, *filter(len, parts)]])
    live, again = _keyed(recorded), _keyed(made)
    same, silent, differing = _compared(plant, definitions, live, again, last_us)
    examples = tuple((key[0], live.get(key), again.get(key)) for key in differing[:EXAMPLES])
    return Replayed(checkpoint.at_us, to_us, readings, same, silent, len(differing), examples, made)


def as_they_came(readings: Readings) -> tuple[Readings, Readings]:
    """Readings in the order in which they came, and those of which that is not known yet, by tag and time.

    One that is marked late came when a newer one of its tag had been taken in: it follows the next that is not.
    """
    known = readings.take(np.lexsort((readings.time_us, readings.tag)))
    late = known.flags & LATE != 0
    next_in_time = np.minimum.accumulate(np.where(late, len(known), np.arange(len(known)))[::-1])[::-1]
    after = np.minimum(next_in_time, len(known) - 1)
    waits = late & ((next_in_time == len(known)) | (known.tag[after] != known.tag))
    came_us = np.where(late, known.time_us[after], known.time_us)
    order = np.lexsort((known.time_us, late, came_us))
    return known.take(order[~waits[order]]), known.take(waits)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An act, the number of its transition, and up to which time its site had been judged."""

    number: int
    judged_us: int
    act: Act


class _Acts:
    """People's acts as the journal has them, given to the engine again when their alarm is where it was."""

    def __init__(self, rows: Rows, definitions: Definitions) -> None:
        row_of = definitions.row_of
        columns = zip(
            rows.alarm,
            rows.transition.tolist(),
            rows.event,
            rows.time_us.tolist(),
            rows.since_us.tolist(),
            rows.actor,
            rows.reason,
            strict=True,
        )
        shelved: dict[int, int] = {}
        acts: list[_Waiting] = []
        for alarm, number, event, time_us, judged_us, actor, reason in columns:
            row = row_of.get(alarm)
            if row is None:
                continue
            if event == Event.EXPIRE.name and row in shelved:
                at = shelved.pop(row)
                acts[at] = replace(acts[at], act=replace(acts[at].act, until_us=time_us))
            if event in ACT_NAMES:
                if event == Event.SHELVE.name:
                    shelved[row] = len(acts)
                until_us = time_us + definitions.shelve_most_us
                act = Act(Event[event], (row,), actor, time_us, reason, until_us)
                acts.append(_Waiting(number, judged_us, act))
        self._of_site: dict[int, deque[_Waiting]] = defaultdict(deque)
        for each in acts:
            self._of_site[int(definitions.site[each.act.alarms[0]])].append(each)

    def due(self, engine: Engine, site: int, second: int) -> Iterator[Transitions]:
        """What the acts bring that were done when a site had been judged up to a second, that one not included."""
        waiting = self._of_site[site]
        while waiting and waiting[0].judged_us <= second * SECOND_US:
            each = waiting.popleft()
            if engine.number[each.act.alarms[0]] == each.number - 1:
                yield engine.act(each.act).transitions


def _chunks(historian: Historian, ids: TagIds, from_us: int, to_us: int) -> Iterator[tuple[int, Readings]]:
    """What was read, with the time that each part begins at; the next part is read while one is judged."""
    tags = ids.ids.tolist()
    with ThreadPoolExecutor(1, "replay") as reader:
        before: tuple[int, Future[Readings]] | None = None
        for at_us in range(from_us, to_us, CHUNK_US):
            coming = reader.submit(historian.span, tags, at_us, min(at_us + CHUNK_US, to_us))
            if before is not None:
                yield before[0], before[1].result()
            before = at_us, coming
        if before is not None:
            yield before[0], before[1].result()


def _by_second(frames: list[Frame]) -> Iterator[tuple[int, list[Frame]]]:
    grouped: dict[int, list[Frame]] = defaultdict(list)
    for frame in frames:
        grouped[frame.second].append(frame)
    for second in sorted(grouped):
        yield second, sorted(grouped[second], key=lambda frame: frame.site)


def _recorded(journal: Journal, seq: int) -> Rows:
    pages = []
    while True:
        page = journal.after(Question(), limit=PAGE_ROWS, seq=seq)
        if not len(page.seq):
            break
        pages.append(page.rows)
        seq = int(page.seq[-1])
    return joined(pages) if pages else joined([])


def _keyed(rows: Rows) -> dict[Key, Row]:
    """Each row by alarm and number, as ``COMPARED``; what is no number is None."""
    columns = [listed(getattr(rows, name)) for name in COMPARED]
    return {
        (alarm, number): row
        for alarm, number, row in zip(
            rows.alarm, rows.transition.tolist(), zip(*columns, strict=True), strict=True
        )
    }  # fmt: skip


def _compared(
    plant: Complex,
    definitions: Definitions,
    live: Mapping[Key, Row],
    again: Mapping[Key, Row],
    last_second: Mapping[str, int],
) -> tuple[int, int, list[Key]]:
    """How many rows are the same, how many follow our clock, and which differ.

    Rows of a site count up to the last second that the replay has judged.
    """
    row_of = definitions.row_of
    end_us = [(last_second.get(site.id, -1) + 1) * SECOND_US for site in plant.sites]
    same = silent = 0
    differing = []
    for key in sorted(live.keys() | again.keys()):
        row = row_of.get(key[0])
        first, second = live.get(key), again.get(key)
        if row is None:
            continue
        if definitions.kind[row] >= Kind.STALE:
            silent += first is not None
        elif first == second:
            same += 1
        elif min(each[TIME] for each in (first, second) if each is not None) < end_us[definitions.site[row]]:
            differing.append(key)
    return same, silent, differing
