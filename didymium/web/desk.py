"""What the web room is given to show: the complex, its present, its past, and how the centre itself fares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

from didymium.acquire.refusals import ImportReport, Progress
from didymium.energy.definitions import Energy
from didymium.evidence.definitions import Claims
from didymium.historian.disk import DiskState
from didymium.historian.frozen import Frozen
from didymium.historian.store import Historian
from didymium.live.feed import Feed
from didymium.live.ledger import Ledger
from didymium.live.rates import Rate
from didymium.live.state import LiveState
from didymium.model.device import EdgeState
from didymium.model.plant import Complex
from didymium.model.registry import TagIds
from didymium.records.outbox import Standing
from didymium.twin.orders import AnyOrder, Catalogue, State
from didymium.web.alarm_days import Days
from didymium.web.alarm_desk import AlarmDesk
from didymium.web.alarm_table import AlarmTable
from didymium.web.balance_desk import BalanceDesk
from didymium.web.kpi_desk import KpiDesk
from didymium.web.report_facts import Reporter


@dataclass(frozen=True, slots=True)
class SpineState:
    """How far the centre is behind the edges' streams."""

    lag_messages: int
    lag_s: float
    stream_messages: int
    stream_bytes: int
    corrupt_batches: int
    corrupt_example: str


@dataclass(frozen=True)
class Desk:
    """Everything that a request or a frame may read.

    ``readers`` runs blocking reads of the historian. ``processes`` gives each process of the installation with its
    state, ``edges`` the newest word of each edge, ``store`` and ``trouble`` what the historian last reported.
    ``import_file`` blocks until a history file is stored, tells how far it is, and returns what became of it.
    ``freeze`` holds the store for a backup, ``thaw`` lets go of it by its name and says whether a backup has it now.
    ``twin`` blocks until the instructor's desk answers; it raises ``NoTwin`` and ``OrderRefused``.
    ``notifications`` says how it stands with each target that people are told through.
    """

    plant: Complex
    ids: TagIds
    historian: Historian
    live: LiveState
    ledger: Ledger
    alarms: AlarmDesk
    kpis: KpiDesk
    balances: BalanceDesk
    claims: Claims
    energy: Energy | None
    feed: Feed
    rate: Rate
    write_rate: Rate
    readers: Executor
    screens: Path
    processes: Callable[[], Mapping[str, object]]
    edges: Callable[[], tuple[EdgeState, ...]]
    spine: Callable[[], SpineState]
    store: Callable[[], DiskState]
    trouble: Callable[[], list[str]]
    import_file: Callable[[Path, Callable[[Progress], None]], ImportReport]
    freeze: Callable[[], Frozen]
    thaw: Callable[[str, bool], None]
    twin: Callable[[AnyOrder], State | Catalogue]
    reporter: Reporter
    notifications: Callable[[], list[Standing]]
    now_us: Callable[[], int]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.plant.zone)

    @cached_property
    def alarm_table(self) -> AlarmTable:
        return AlarmTable(self.alarms)

    @cached_property
    def alarm_days(self) -> Days:
        return Days(self.alarms.records.journal, self.alarms.definitions)
