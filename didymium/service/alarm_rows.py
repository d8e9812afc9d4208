"""Between the engine's numbers and the records' words: rows of the journal, states, and an engine's state anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from didymium.alarms.board import Board, Change
from didymium.alarms.definitions import Definitions, Priority
from didymium.alarms.engine import Engine, Touch
from didymium.alarms.frames import SECOND_US
from didymium.alarms.life import STATE_OF, Event, State
from didymium.alarms.transitions import Transitions
from didymium.model.plant import Complex
from didymium.records.journal import Transitions as Rows
from didymium.records.states import Kept, LastValues, States

STATE: Final = tuple(state.name for state in State)
EVENT: Final = tuple(event.name for event in Event)
PRIORITY: Final = tuple(priority.name for priority in Priority)


def named(names: Sequence[str], numbers: NDArray[np.generic]) -> list[str]:
    """The name of each number, "" for -1."""
    return [names[number] if number >= 0 else "" for number in numbers.tolist()]


def places(plant: Complex, definitions: Definitions) -> tuple[list[str], list[str]]:
    """Site and unit of each alarm, "" where it has no unit."""
    sites = [site.id for site in plant.sites]
    units = [unit.path for unit in plant.units]
    return named(sites, definitions.site), named(units, definitions.unit)


def rows_of(made: Transitions, definitions: Definitions, at_us: int) -> Rows:
    """Transitions that we knew at ``at_us`` as rows of the journal."""
    n, ids = len(made), definitions.id
    return Rows(
        alarm=named(ids, made.alarm),
        transition=made.number.astype(np.int64),
        from_state=named(STATE, made.before),
        to_state=named(STATE, made.after),
        event=named(EVENT, made.event),
        time_us=made.time_us,
        since_us=made.since_us,
        at_us=np.full(n, at_us, np.int64),
        sounds=made.sounds,
        priority=named(PRIORITY, made.priority),
        actor=[made.actor] * n,
        reason=[made.reason] * n,
        value=made.value,
        limit_value=made.limit,
        hidden_by=named(ids, made.by),
        first_out=named(ids, made.group),
        position=named([position.id for position in definitions.positions], made.position),
    )


def joined(parts: Sequence[Rows]) -> Rows:
    """All rows of all parts, in order."""
    columns: dict[str, Any] = {}
    for name in Rows.__dataclass_fields__:
        values = [getattr(part, name) for part in parts]
        arrays = bool(values) and isinstance(values[0], np.ndarray)
        columns[name] = np.concatenate(values) if arrays else [each for value in values for each in value]
    return Rows(**columns)


def states_of(engine: Engine, rows: NDArray[np.intp]) -> States:
    """What the engine knows of some alarms, to be written with the rows that made it so."""
    ids, columns = engine.definitions.id, engine.columns(rows)
    touches = [engine.touch(row) for row in rows.tolist()]
    return States(
        alarm=named(ids, rows),
        transition=columns["number"].astype(np.int64),
        state=named(STATE, STATE_OF[columns["place"]]),
        place=columns["place"].astype(np.int64),
        active=columns["active"] == 1,
        pending_us=columns["pending_us"],
        since_us=columns["since_us"],
        told_us=columns["told_us"],
        until_us=columns["until_us"],
        design_us=columns["design_us"],
        cause_us=columns["cause_us"],
        hidden_by=named(ids, columns["by"]),
        first_out=named(ids, columns["group"]),
        actor=[touch.actor if touch else "" for touch in touches],
        act=[touch.event.name if touch else "" for touch in touches],
        act_us=np.array([touch.at_us if touch else 0 for touch in touches], np.int64),
    )


def restore(engine: Engine, kept: Kept, last: LastValues, done_us: Mapping[str, int]) -> None:
    """Let a new engine go on from what the records keep: all but the signals, which come with the next frames.

    An alarm that is not defined any more is left out. ``done_us`` is by site up to which time it is done: the end of
    its last second.
    """
    definitions, stored = engine.definitions, kept.states
    row_of = definitions.row_of
    mine = [at for at, alarm in enumerate(stored.alarm) if alarm in row_of]
    rows = np.array([row_of[stored.alarm[at]] for at in mine], np.intp)
    state = engine.state()
    alarms = dict(state.alarms)
    same = ("place", "pending_us", "since_us", "told_us", "until_us", "design_us", "cause_us")
    for name in same:
        alarms[name][rows] = getattr(stored, name)[mine]
    alarms["number"][rows] = stored.transition[mine]
    alarms["active"][rows] = stored.active[mine]
    alarms["by"][rows] = [row_of.get(stored.hidden_by[at], -1) for at in mine]
    alarms["group"][rows] = [row_of.get(stored.first_out[at], row) for at, row in zip(mine, rows.tolist(), strict=True)]
    for alarm, value, limit in zip(last.alarm, last.value.tolist(), last.limit_value.tolist(), strict=True):
        if alarm in row_of:
            alarms["seen"][row_of[alarm]], alarms["against"][row_of[alarm]] = value, limit
    signals = dict(state.signals)
    active = np.flatnonzero((alarms["active"] == 1) & (definitions.first_out >= 0))
    signals["first"][definitions.first_out[active]] = alarms["group"][active]
    touches = {
        stored.alarm[at]: Touch(stored.actor[at], Event[stored.act[at]], int(stored.act_us[at]))
        for at in mine
        if stored.actor[at]
    }
    done = {site: up_to_us // SECOND_US - 1 for site, up_to_us in done_us.items()}
    engine.restore(replace(state, done=done, alarms=alarms, signals=signals, touches=touches))


def show(board: Board, engine: Engine, kept: Kept, seq: int) -> None:
    """Put what was restored on the board."""
    row_of = engine.definitions.row_of
    rows = np.arange(len(engine.definitions))
    mine = [row_of[alarm] for alarm in kept.states.alarm if alarm in row_of]
    touches = {row: touch for row in mine if (touch := engine.touch(row)) is not None}
    board.take(Change(seq, rows, engine.columns(rows), touches))
    for alarm, assignee, notes in zip(kept.states.alarm, kept.assignee, kept.notes.tolist(), strict=True):
        row = row_of.get(alarm)
        if row is None:
            continue
        if assignee:
            board.assignee[row] = assignee
        if notes:
            board.notes[row] = notes
