"""``didymium twin day``: a whole day of the simulated complex without its protocols, and what it proves."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from didymium.kpi.amounts import amount_entries, counter_entry
from didymium.kpi.building import built
from didymium.kpi.entries import Entry
from didymium.kpi.parts import MINUTE_US, Parts
from didymium.kpi.values import reckoned
from didymium.model.mistakes import Mistakes
from didymium.model.plant import Complex
from didymium.model.readings import Readings
from didymium.model.search import matching_rows
from didymium.model.toml_table import TomlFile
from didymium.twin.claims import NEEDED, Verdict, verdicts
from didymium.twin.history import Block, generate
from didymium.twin.ledger import MASS, Balance, Ledger
from didymium.twin.particulars import USUAL, Particulars
from didymium.twin.plant import TwinPlant

DAY_S: Final = 86_400
US_PER_S: Final = 1_000_000
AMOUNT_OF: Final = {
    "agv_t": ("headline.s01_reo",),
    "agv_loads": ("headline.s01_loads",),
    "carbonate_t": ("headline.s02_carbonate",),
    "kiln_oxide_t": ("headline.s02_oxide",),
    "s03_metal_t": ("headline.s03_metal",),
    "pieces": ("headline.s04_pieces",),
    "s04_metal_t": ("flow.metal_s04",),
    "flakes_t": ("headline.s05_flakes",),
    "water_t": ("headline.s08_water",),
    "reuse_t": ("flow.reuse_water",),
    "shipped_t": ("headline.s09_shipped",),
    "contracts": ("headline.s09_contracts",),
    "s10_metal_t": ("headline.s10_metal",),
    "bought_oxide_t": ("flow.bought_oxide_s04", "flow.bought_oxide_s10"),
    "ab5_t": ("flow.ab5",),
    "motors_t": ("flow.motors",),
}
"""The amounts of the claims by the headlines and flows that they are."""
COUNTED: Final = {
    "saggers": ("S02.KILN.KILN70.SAG_IN", 1.0),
    "kiln_gas_nm3": ("S02.KILN.KILN70.GAS_TOT", 1.0),
    "s03_mwh": ("S03.*.*.KWH", 0.001),
    "s10_mwh": ("S10.*.*.KWH", 0.001),
}
"""Those that are a counter's growth, by its tags and the factor."""
BOOKED: Final = {"kiln_co2_t": ("S02", "AIR", "carbon dioxide"), "kiln_steam_t": ("S02", "AIR", "water vapour")}
"""Those that no meter shows: masses of the ledger, by source, target and goods."""
OUTFALL: Final = "outfall_t"
USED: Final = ("S01", "S09", "AIR", "RESIDUE")
"""Where S08 may send what it was sent: water to be used again, salts, vapour, purge and sludge."""


@dataclass(frozen=True, slots=True)
class DayOf:
    """A simulated day: what it shows of the published figures, which balances close, and a digest of every value."""

    seed: int
    seconds: int
    claims: tuple[Verdict, ...]
    balances: tuple[Balance, ...]
    digest: str
    wall_s: float

    @property
    def ok(self) -> bool:
        """Whether every claim is within its limits and every balance closes."""
        return all(one.ok for one in self.claims) and all(one.ok for one in self.balances)

    def as_json(self) -> dict[str, Any]:
        """What ``--json`` writes."""
        claims = [
            {
                "id": one.claim.id,
                "words": one.claim.words,
                "unit": one.claim.unit,
                "value": one.value,
                "low": one.claim.low,
                "high": one.claim.high,
                "assumption": one.claim.assumption,
                "ok": one.ok,
            }
            for one in self.claims
        ]
        balances = [
            {
                "id": one.id,
                "came": one.came,
                "went": one.went,
                "kept": one.kept,
                "residual": one.residual,
                "tolerance": one.tolerance,
                "ok": one.ok,
            }
            for one in self.balances
        ]
        return {
            "seed": self.seed,
            "seconds": self.seconds,
            "claims": claims,
            "balances": balances,
            "digest": self.digest,
            "wall_s": round(self.wall_s, 2),
        }


def midnight_us(plant: Complex, day: date) -> int:
    """When the day begins in the plant's zone."""
    return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(plant.zone)).timestamp()) * US_PER_S


def simulate(
    plant: Complex,
    start_us: int,
    seed: int,
    *,
    seconds: int,
    speed: float | None,
    told: Callable[[int], None],
    particulars: Particulars = USUAL,
) -> DayOf:
    """Run the plant from ``start_us`` and add up. ``speed`` is plant seconds a second, None as fast as it goes.

    ``told`` hears the seconds that are done. What is digested does not depend on the speed.
    """
    began_s = time.monotonic()
    twin = TwinPlant(plant, seed, start_us, particulars)
    twin.ledger.open()
    added = _Added(plant, start_us, seconds)
    added.take(twin.second, twin.values[None, :], twin.status[None, :])
    digest = blake2b(digest_size=32)
    with ThreadPoolExecutor(1, "adding up") as worker:
        folding: Future[None] | None = None
        done = 0
        for block in generate(twin, seconds):
            if folding is not None:
                folding.result()
            folding = worker.submit(_add, added, digest, block)
            done += len(block)
            told(done)
            if speed is not None:
                time.sleep(max(0.0, began_s + done / speed - time.monotonic()))
        if folding is not None:
            folding.result()
    end_us = start_us + seconds * US_PER_S
    found = added.amounts(end_us)
    return DayOf(
        seed,
        seconds,
        tuple(verdicts(_needed(plant, found | booked(twin.ledger), seconds))) if _claimed(found) else (),
        tuple(twin.ledger.balances()),
        digest.hexdigest(),
        time.monotonic() - began_s,
    )


def _add(added: _Added, digest: Any, block: Block) -> None:
    added.take(block.start_s, block.values, block.status)
    digest.update(block.values.data)
    digest.update(block.status.data)


class _Added:
    """What the headlines, flows and counters of a day come to, from its seconds as the key figures fold them."""

    def __init__(self, plant: Complex, start_us: int, seconds: int) -> None:
        mistakes = Mistakes()
        said = TomlFile("", "", {}, mistakes)
        entries = [*amount_entries(plant, lambda _: said), *_counted(plant, said)]
        self._kpis, self._start_us = built(entries, plant), start_us
        self._parts = Parts(self._kpis.slots, start_us // MINUTE_US, -(-seconds // 60) + 2)

    def take(self, start_s: int, values: Any, status: Any) -> None:
        """Fold consecutive seconds of all tags."""
        seconds, rows = len(values), self._kpis.slots.rows
        time_us = np.repeat((start_s + np.arange(seconds, dtype=np.int64)) * US_PER_S, len(rows))
        tag = np.tile(np.arange(len(rows), dtype=np.int32), seconds)
        readings = Readings.of(tag.astype(np.uint32), time_us, values[:, rows].ravel(), status[:, rows].ravel())
        self._parts.take(readings, tag)

    def amounts(self, end_us: int) -> dict[str, float]:
        """The amounts until ``end_us`` by their ids."""
        none, to_us = np.zeros(0), end_us + 1  # the last second is one of the day's
        values = reckoned(
            self._kpis, self._kpis.kpis, self._parts, self._start_us, to_us, lambda *_: (none, none), now_us=end_us
        )
        return {id_: float(np.nan_to_num(value.value[0])) for id_, value in values.items()}


def _counted(plant: Complex, toml: TomlFile) -> list[Entry]:
    """The counters that no headline is, as far as the complex has them."""
    found = [each for each in COUNTED.items() if matching_rows(each[1][0], plant.tags, plant.sites)]
    return [counter_entry(plant, id_, pattern, factor, toml) for id_, (pattern, factor) in found]


def booked(ledger: Ledger) -> dict[str, float]:
    """The amounts of the claims that the ledger alone knows, t. Raises ``KeyError`` for a stream that nobody books."""
    moved = {(s.source, s.target, s.goods): amount for s, amount in ledger.moved() if s.kind == MASS}
    lost = [t for (source, target, _), t in moved.items() if source == "S08" and target not in USED]
    return {name: moved[stream] for name, stream in BOOKED.items()} | {OUTFALL: sum(lost)}


def _claimed(found: dict[str, float]) -> bool:
    """Whether the plant is one of which these figures were published."""
    return all(name in found for names in AMOUNT_OF.values() for name in names)


def _needed(plant: Complex, found: dict[str, float], seconds: int) -> dict[str, float]:
    day = {name: sum(found[each] for each in names) for name, names in AMOUNT_OF.items()}
    day |= {name: found[name] for name in (*COUNTED, *BOOKED, OUTFALL)}
    scale = DAY_S / seconds
    day = {name: amount * scale for name, amount in day.items()}
    day |= {"points": float(len(plant.tags)) * DAY_S, "sites": float(len(plant.sites))}
    return {name: day[name] for name in NEEDED}


def run(
    plant: Complex,
    particulars: Particulars,
    day: date,
    seed: int,
    *,
    speed: float | None,
    hours: float,
    json_path: Path | None,
) -> int:
    """Simulate, print the tables, and return 1 when a claim or a balance fails."""
    console = Console(highlight=False)
    seconds = round(hours * 3600)
    bar = Progress(
        TextColumn("Simulating"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), console=Console(stderr=True)
    )
    with bar:
        task = bar.add_task("", total=seconds)
        start_us = midnight_us(plant, day)
        found = simulate(
            plant,
            start_us,
            seed,
            seconds=seconds,
            speed=speed,
            told=lambda done: bar.update(task, completed=done),
            particulars=particulars,
        )
    console.print(_claims(found))
    console.print(_balances(found))
    console.print(f"{seconds / 3600:g} h in {found.wall_s:.1f} s; digest {found.digest}", soft_wrap=True)
    if json_path is not None:
        json_path.write_text(json.dumps(found.as_json(), indent=2) + "\n", encoding="utf-8")
    return 0 if found.ok else 1


def _claims(found: DayOf) -> Table:
    shown = Table("Claim", "", "value", "low", "high", "", "carried by")
    for one in found.claims:
        claim = one.claim
        verdict = "ok" if one.ok else "NO"
        name = f"{claim.words}, {claim.unit}" if claim.unit else claim.words
        shown.add_row(
            claim.id, name, f"{one.value:,.4g}", f"{claim.low:g}", f"{claim.high:g}", verdict, claim.assumption
        )
    return shown


def _balances(found: DayOf) -> Table:
    shown = Table("Balance", "in", "out", "held more", "missing", "tolerance", "")
    for one in found.balances:
        cells = (one.came, one.went, one.kept, one.residual, one.tolerance)
        shown.add_row(one.id, *(f"{each:,.4g}" for each in cells), "ok" if one.ok else "NO")
    return shown
