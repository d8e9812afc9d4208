"""How well the alarms serve the people, from two journals as the pages read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from didymium.alarms.definitions import Definitions
from didymium.alarms.measures import Journal, measured, missed
from didymium.model.plant import Complex
from didymium.records.journal import Journal as Kept
from didymium.records.journal import Transitions as Rows
from didymium.records.people import Person, Role
from didymium.records.states import States
from didymium.records.steps import Step
from didymium.records.store import Records
from didymium.service.alarm_rows import places
from didymium.web.alarm_days import Days


def written(url: str, live: Records, plant: Complex, definitions: Definitions, rows: Rows) -> Records:
    """New records at ``url`` whose journal has ``rows`` and nothing else."""
    records = Records.open(url)
    records.alarms.declare(definitions.id, *places(plant, definitions))
    for person in live.people.all():
        records.people.put(Person(person.name, person.name, Role.DISPATCHER, 0))
    last = {alarm: at for at, alarm in enumerate(rows.alarm)}
    first: dict[str, int] = {}
    for alarm, number in zip(rows.alarm, rows.transition.tolist(), strict=True):
        first.setdefault(alarm, number)
    at = list(last.values())
    n, number = len(at), rows.transition[at]
    zeros, words = np.zeros(n, np.int64), [""] * n
    states = States(
        list(last), number, [rows.to_state[k] for k in at], zeros, zeros == 1, zeros, zeros, zeros, zeros, zeros, zeros,
        words, words, words, words, zeros,
    )  # fmt: skip
    expected = np.array([first[alarm] - 1 for alarm in last], np.int64)
    records.steps.write(Step(rows, states, expected))
    return records


def measures(
    journals: Sequence[Kept], definitions: Definitions, counted: NDArray[np.bool_], from_us: int, to_us: int
) -> list[dict[str, Any]]:
    """All measures of the span from each journal, of the alarms that are ``counted``, and how many rows they have."""
    found = []
    for kept in journals:
        journal = Days(kept, definitions).read(from_us, to_us, to_us)
        rows = counted[journal.alarm]
        journal = Journal(**{name: getattr(journal, name)[rows] for name in Journal.__dataclass_fields__})
        figures = measured(journal, from_us, to_us, definitions.targets, range(len(definitions.positions)))
        comparable = asdict(figures)
        for load in comparable["loads"]:
            load["per_10_min"] = load["per_10_min"].tolist()
        found.append({**comparable, "missed": missed(figures, definitions.targets), "rows": len(journal.alarm)})
    return found
