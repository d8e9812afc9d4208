"""The records of an installation, opened by their URL."""

from __future__ import annotations

from typing import Self

from didymium.records.alarms import Alarms
from didymium.records.checkpoints import Checkpoints
from didymium.records.definitions import Definitions
from didymium.records.engine import Store
from didymium.records.journal import Journal
from didymium.records.kpis import KpiValues
from didymium.records.migrating import migrate
from didymium.records.notes import Notes
from didymium.records.outbox import Outbox
from didymium.records.people import People
from didymium.records.states import AlarmStates
from didymium.records.steps import Steps


class Records:
    """All repositories over one store. Every call blocks until the disk has it; threads may share an instance."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.where = store.where
        self.alarms = Alarms(store)
        self.journal = Journal(store)
        self.states = AlarmStates(store)
        self.steps = Steps(store, self.alarms)
        self.checkpoints = Checkpoints(store)
        self.notes = Notes(store)
        self.people = People(store)
        self.definitions = Definitions(store)
        self.outbox = Outbox(store)
        self.kpis = KpiValues(store)

    @classmethod
    def open(cls, url: str) -> Self:
        """Open a store, making or upgrading its tables.

        Raises ``BadUrl``, ``StoreGone``, ``StoreBusy``, ``StoreDamaged``, ``StoreForeign`` and ``StoreTooNew``.
        """
        store = Store(url)
        try:
            migrate(store)
        except BaseException:
            store.close()
            raise
        return cls(store)

    def close(self) -> None:
        """Close it; SQLite then folds its log into the file."""
        self._store.close()
