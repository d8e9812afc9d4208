"""Joins alarms to the centre: frames and acts in, transitions durable, then shown.

One thread owns the engine and writes its steps; the loop hands it what came. A step is shown when it is on disk. After
a restart, or when the records were away for long, the engine reads the seconds that it missed from the historian.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from didymium.alarms.acts import Act, Done
from didymium.alarms.board import Board, Change
from didymium.alarms.definitions import Definitions
from didymium.alarms.engine import Engine
from didymium.alarms.frames import OPEN, SECOND_US, Frame, Framing
from didymium.alarms.hearing import Hearing
from didymium.alarms.transitions import NOTHING, Transitions
from didymium.historian.errors import HistorianError
from didymium.historian.store import Historian
from didymium.model.plant import Complex
from didymium.model.readings import Readings
from didymium.model.registry import TagIds
from didymium.records.checkpoints import Checkpoint
from didymium.records.errors import Overtaken, PositionBehind, StoreBusy, StoreFull, StoreGone
from didymium.records.notes import Assignment, Note
from didymium.records.outbox import Notification
from didymium.records.people import Person, Role, worded
from didymium.records.steps import Step
from didymium.records.store import Records
from didymium.service.alarm_checkpoint import digest_of, packed, unpacked
from didymium.service.alarm_rows import joined, named, places, restore, rows_of, show, states_of
from didymium.web.alarm_desk import RecordsAway

LOG: Final = logging.getLogger(__name__)

STEP_S: Final = 0.5
TICK_US: Final = SECOND_US
POSITION_US: Final = 5 * SECOND_US
"""How often it is written how far sites are done where nothing else is to be written."""
RETRY_S: Final = 2.0
MOST_FRAMES: Final = 8_192
"""Frames that wait while the records are away, some 100 MB; what is dropped then is read from the historian again."""
KNOWN_US: Final = 60 * SECOND_US
"""How far before the last step the values of all tags are read at a start."""
CATCH_UP_US: Final = 3_600 * SECOND_US
"""What was missed longer ago than this is not judged any more."""
CHUNK_US: Final = 30 * SECOND_US
CHECKPOINT_US: Final = 300 * SECOND_US
HOUR_US: Final = 3_600 * SECOND_US
KEEP_US: Final = 40 * 24 * HOUR_US
Answer = TypeVar("Answer")
Decide = Callable[[Sequence[Transitions], int], Sequence[Notification]]


class Alarming:
    """``prepare`` first, then ``run``; ``take`` and the acts come from the loop that runs it.

    ``decide`` says which notifications go with transitions, in the same step.
    """

    def __init__(
        self,
        plant: Complex,
        ids: TagIds,
        definitions: Definitions,
        records: Records,
        historian: Historian,
        *,
        decide: Decide,
        now_us: Callable[[], int],
    ) -> None:
        self.plant = plant
        self.definitions = definitions
        self.records = records
        self.board = Board(definitions)
        self.trouble = ""
        """Why the records do not take steps now, "" while they do."""
        self._ids = ids
        self._historian = historian
        self._decide = decide
        self._now_us = now_us
        self._engine = Engine(definitions, tuple(site.id for site in plant.sites), now_us())
        self._framing = Framing(plant, ids.row_of_id)
        self._frames: list[Frame] = []
        self._number = np.zeros(len(definitions), np.int32)
        self._people: set[str] = set()
        self._positions: dict[str, int] = {}
        self._thread = ThreadPoolExecutor(1, "alarms")
        self._show: Callable[[Change], object] = self.board.take
        self._ticked_us = self._stored_us = self._checkpoint_us = self._hour_us = 0
        self._hearing = Hearing(now_us())
        self._hears = False
        self._missed = False
        self._stopping = False

    @property
    def late(self) -> tuple[int, int]:
        """Readings that came after their second and changed nothing, and those that were news all the same."""
        return self._framing.late, self._framing.taken_late

    def prepare(self) -> None:
        """Go on from the records, and judge what the historian has that no step has seen. Blocks."""
        titles = [f"{text.en} {text.zh}" for text in self.plant.tags.description]
        words = named(titles, self.definitions.tag)
        self.records.alarms.declare(self.definitions.id, *places(self.plant, self.definitions), words)
        kept = self.records.states.load()
        self._positions = self.records.steps.positions()
        restore(self._engine, kept, self.records.states.last_values(), self._positions)
        checkpoint = self.records.checkpoints.before(self._now_us())
        if checkpoint is not None and checkpoint.definitions == digest_of(self.definitions):
            self._engine.resume_books(unpacked(checkpoint.state, self.definitions.id))
        self._number[:] = self._engine.number
        self._people = {person.name for person in self.records.people.all()}
        show(self.board, self._engine, kept, self.records.journal.last_seq())
        if self._positions:
            self._catch_up(self._framing, self._now_us())

    def take(self, readings: Readings) -> None:
        """Take readings in the order that they come."""
        self._frames += self._framing.take(readings)
        if len(self._frames) > MOST_FRAMES:
            del self._frames[: MOST_FRAMES // 2]
            self._missed = True

    async def run(self) -> None:
        """Judge, store and show until cancelled; what has come by then is stored before this returns."""
        loop = asyncio.get_running_loop()
        # By the thread, in its own order: of two that wait for it the later may be woken first.
        self._show = lambda change: loop.call_soon_threadsafe(self.board.take, change)
        try:
            while True:
                await self._turn()
                await asyncio.sleep(STEP_S)
        finally:
            self._stopping = True
            await self._turn(last=True)
            self._thread.shutdown()

    async def act(self, act: Act) -> Done:
        """Do what a person wants; it is durable and shown when this returns.

        Raises ``BadAct``, ``BadText`` and ``RecordsAway``.
        """
        return await self._in_thread(partial(self._act, act))

    async def assign(self, assignments: Sequence[Assignment]) -> Overtaken | None:
        """Give alarms to people, all or none; what was faster, if anything. Raises ``BadText``, ``RecordsAway``."""
        overtaken = await self._in_thread(partial(self._assign, assignments))
        if overtaken is None:
            for each in assignments:
                self.board.assign([self.definitions.row_of[each.alarm]], each.assignee)
        return overtaken

    async def note(self, note: Note) -> None:
        """Keep a note. Raises ``BadText``, ``UnknownAlarm`` and ``RecordsAway``."""
        await self._in_thread(partial(self._note, note))
        self.board.note(self.definitions.row_of[note.alarm])

    async def _in_thread(self, work: Callable[[], Answer]) -> Answer:
        if self.trouble:
            raise RecordsAway(f"the records do not answer, so nothing could be kept: {self.trouble}")
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _turn(self, last: bool = False) -> None:
        frames, self._frames = self._frames, []
        missed, self._missed = self._missed, False
        work = self._thread.submit(self._step, frames, missed, self._now_us(), last)
        await asyncio.shield(asyncio.wrap_future(work))

    def _step(self, frames: list[Frame], missed: bool, now_us: int, last: bool) -> None:
        """In the thread: judge frames and the clock."""
        if missed:
            self._catch_up(Framing(self.plant, self._ids.row_of_id), _all_there_us(frames))
        frames.sort(key=lambda frame: (frame.second, frame.site))
        parts = [self._engine.take(frame) for frame in frames]
        if frames and not self._hears:
            self._hears = True
            self._engine.begin(now_us)
        for frame in frames[-1:]:
            self._hearing.hear(frame.second, now_us)
        if now_us - self._ticked_us >= TICK_US:
            self._ticked_us = now_us
            parts.append(self._engine.tick(now_us, self._hearing.heard_us(now_us)))
        parts = [part for part in parts if len(part)]
        if parts or last or now_us - self._stored_us >= POSITION_US:
            self._store(parts, now_us)
            if now_us // CHECKPOINT_US != self._checkpoint_us // CHECKPOINT_US:
                self._keep_checkpoint(now_us)

    def _keep_checkpoint(self, now_us: int) -> None:
        """Keep the whole state, so that what follows can be judged again; of an hour that is over only the first."""
        if now_us // HOUR_US != self._hour_us // HOUR_US:
            self._hour_us = now_us
        try:
            seq = self.records.journal.last_seq()
            state = Checkpoint(now_us, seq, digest_of(self.definitions), packed(self._engine.state()))
            self.records.checkpoints.keep(state, after_us=self._hour_us, not_before_us=now_us - KEEP_US)
        except (StoreBusy, StoreFull, StoreGone) as error:
            LOG.warning("no checkpoint of the alarms: %s", error)
        else:
            self._checkpoint_us = now_us

    def _store(self, parts: Sequence[Transitions], now_us: int) -> None:
        """Make durable what was judged, then show it."""
        rows = self._engine.touched()
        columns = self._engine.columns(rows)
        positions = {site: (second + 1) * SECOND_US for site, second in self._engine.done.items()}
        step = Step(
            joined([rows_of(part, self.definitions, now_us) for part in parts or [NOTHING]]),
            states_of(self._engine, rows),
            self._number[rows].astype(np.int64),
            {site: up_to_us for site, up_to_us in positions.items() if up_to_us > self._positions.get(site, 0)},
            self._decide(parts, now_us),
        )
        seq = self._write(step)
        self._stored_us = now_us
        self._positions = positions
        self._number[rows] = columns["number"]
        touches = {row: touch for row in rows.tolist() if (touch := self._engine.touch(row)) is not None}
        sounded = [part.alarm[part.sounds] for part in parts]
        self._show(Change(seq, rows, columns, touches, np.concatenate([np.empty(0, np.int32), *sounded])))

    def _write(self, step: Step) -> int:
        """Write a step, however long it takes; the number of the newest row."""
        doubtful = False
        while True:
            try:
                _, end = self.records.steps.write(step)
            except (StoreBusy, StoreFull, StoreGone) as error:
                LOG.warning("alarms wait: %s", error)
                self.trouble = str(error)
                doubtful |= isinstance(error, StoreGone)
                if self._stopping:
                    raise
                time.sleep(RETRY_S)
            except (Overtaken, PositionBehind):
                if not doubtful:
                    raise
                self.trouble = ""  # it had been written when the answer was lost
                return self.records.journal.last_seq()
            else:
                self.trouble = ""
                return end - 1

    def _act(self, act: Act) -> Done:
        self._known([worded("name", act.actor)], act.at_us)
        worded("reason", act.reason, may_be_empty=True)
        done = self._engine.act(act)
        if len(done.transitions):
            self._store([done.transitions], act.at_us)
        return done

    def _assign(self, assignments: Sequence[Assignment]) -> Overtaken | None:
        for each in assignments:
            self._known([each.actor, each.assignee], each.at_us)
        try:
            self.records.notes.assign(assignments)
        except Overtaken as overtaken:
            return overtaken
        return None

    def _note(self, note: Note) -> None:
        self._known([note.actor], note.at_us)
        self.records.notes.write(note)

    def _known(self, names: Sequence[str], at_us: int) -> None:
        """Put whoever acts for the first time on the desk's list."""
        for name in names:
            if name and name not in self._people:
                self.records.people.put(Person(name, name, Role.DISPATCHER, at_us))
                self._people.add(name)

    def _catch_up(self, framing: Framing, to_us: int) -> None:
        """Judge what the historian has from the last step on; before it, values and rates are only remembered."""
        begin_us = np.maximum(self._done_us(to_us)[self.plant.tags.site], to_us - CATCH_UP_US) - KNOWN_US
        known_us = int(begin_us.min())
        rates = self.definitions.signals.rates
        followed = np.unique(np.concatenate([each.source for each in rates]))
        longest_us = max((int(each.window_s.max(initial=0)) for each in rates), default=0) * SECOND_US
        begin_us[followed] += min(0, KNOWN_US - longest_us - SECOND_US)
        try:
            self._remember(self._historian.newest(), begin_us)
            self._judge(framing, followed, int(begin_us.min()), known_us)
            for at_us in range(known_us, to_us, CHUNK_US):
                end_us = min(at_us + CHUNK_US, to_us)
                tags = np.flatnonzero(begin_us < end_us)  # a site that fell silent does not have all others read again
                parts = self._judge(framing, tags, at_us, end_us)
                if parts:
                    self._store(parts, self._now_us())
        except HistorianError as error:
            LOG.warning("alarms begin without the seconds that they missed: %s", error)

    def _done_us(self, to_us: int) -> NDArray[np.int64]:
        """(sites,) the last second that is done; of a site that was never heard, the oldest of the others."""
        done = self._engine.done
        oldest = min(done.values(), default=to_us // SECOND_US)
        return np.array([done.get(site.id, oldest) * SECOND_US for site in self.plant.sites], np.int64)

    def _judge(self, framing: Framing, rows: NDArray[np.intp], from_us: int, to_us: int) -> list[Transitions]:
        if to_us <= from_us or not len(rows):
            return []
        readings = self._historian.span(self._ids.ids[rows].tolist(), from_us, to_us)
        frames = framing.take(readings.take(np.argsort(readings.time_us, kind="stable")))
        frames.sort(key=lambda frame: (frame.second, frame.site))
        return [part for part in map(self._engine.take, frames) if len(part)]

    def _remember(self, newest: Readings, begin_us: NDArray[np.int64]) -> None:
        """Take up what tags said last that say something more seldom than what is read again reaches back."""
        rows = self._ids.row_of_id[newest.tag]
        before = (rows >= 0) & (newest.time_us < begin_us[rows])
        known, rows = newest.take(before), rows[before]
        value, status = np.full(len(self.plant.tags), np.nan), np.zeros(len(self.plant.tags), np.uint32)
        time_us, fresh = np.zeros(len(self.plant.tags), np.int64), np.zeros(len(self.plant.tags), np.bool_)
        value[rows], status[rows], time_us[rows], fresh[rows] = known.value, known.status, known.time_us, True
        for place, site in enumerate(self.plant.sites):
            of = site.rows
            self._engine.remember(Frame(place, 0, value[of], status[of], time_us[of], fresh[of]))


def _all_there_us(frames: Sequence[Frame]) -> int:
    """Up to which readings close, of every site, all frames before the first that is there."""
    first: dict[int, int] = {}
    for frame in frames:
        first.setdefault(frame.site, frame.second)
    return (max(first.values()) + OPEN) * SECOND_US
