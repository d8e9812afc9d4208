"""The same trials in a running installation: faults through the training page's API, alarms from the journal's.

Faults at different places are tried at a time, those of one batch. Nothing runs beside it without the faults; what
sounds at a fault's site and is not in its group is shown as beside it.
"""

from __future__ import annotations

import io
import json
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pyarrow as pa

from bench.catalogue.drill import Drill
from bench.first_alarms.expected import FIRST, fits, linked, within_s
from bench.first_alarms.trial import Result
from bench.first_alarms.trials import TRIALS
from didymium.model.folder import read_complex
from didymium.model.plant import Complex
from didymium.service.instance import SHIPPED_COMPLEX
from didymium.twin.faults import SITE

WHO: Final = "bench"
HOW: Final = "running system"
LOOK_S: Final = 1.0
CHILDREN_S: Final = 20.0
"""How long a fault stands after its right alarm was told."""
HASTE: Final[Mapping[str, tuple[float, float]]] = {"F10": (0.05, 120.0), "F11": (0.05, 100.0)}
"""Sizes at which what takes days comes within minutes, and how much faster that is."""
HASTE_LAW: Final = "the size is the time constant, 0.05 d"


@dataclass(frozen=True, slots=True)
class Batch:
    """Faults that are tried at a time because none touches another's place.

    They wait up to ``wait_s`` for units in the state that their drills want. Each is cleared ``watch_s`` after it came
    when its alarm has not been told; it has ``heal_s`` to be gone again.
    """

    names: tuple[str, ...]
    wait_s: float = 240.0
    watch_s: float = 100.0
    heal_s: float = 420.0


BATCHES: Final = (
    Batch((
        "F05@S03", "F05@S05", "F05@S06", "F07@S01", "F08@S02", "F09@S08", "F15@S12", "F19@S10", "F20@S09", "F21@S22",
        "F09@S23", "F14@S18",
    )),
    Batch(("F14@S03", "F13@S05", "F04@S08", "F21@S23", "F01@S10", "F15@S20", "F05@S04")),
    Batch(("F23@S23",)),
    Batch(
        ("F02@S10", "F03@S03", "F06@S05", "F10@S08", "F11@S19", "F12@S22", "F16@S14", "F22@S04"),
        1_800.0, 2_700.0, 9_000.0,
    ),
)  # fmt: skip
"""What is told within a minute or two; at last what takes up to three quarters of an hour."""


class Site:
    """A running centre at ``url``."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def get(self, path: str, **query: object) -> Any:
        """The JSON answer to a GET."""
        words = urllib.parse.urlencode({key: str(value) for key, value in query.items()})
        with urllib.request.urlopen(f"{self._url}{path}?{words}", timeout=30) as answer:
            return json.load(answer)

    def post(self, path: str, body: object) -> Any:
        """The JSON answer to a POST."""
        asked = urllib.request.Request(
            f"{self._url}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return json.load(answer)

    def newest(self, patterns: Sequence[str]) -> dict[str, float]:
        """The newest values of the tags that fit, by path."""
        words = urllib.parse.urlencode({"tags": ",".join(patterns)})
        with urllib.request.urlopen(f"{self._url}/api/newest?{words}", timeout=30) as answer:
            table = pa.ipc.open_stream(io.BytesIO(answer.read())).read_all()
        return dict(zip(table.column(0).to_pylist(), table.column("value").to_pylist(), strict=True))

    def journal(self, since_us: int, site: str) -> list[dict[str, Any]]:
        """The journal of a site since then, the oldest first."""
        rows: list[dict[str, Any]] = []
        query: dict[str, object] = {"site": site, "from_us": since_us, "limit": 1000}
        while True:
            page = self.get("/api/journal", **query)
            rows += page["rows"]
            if not page["more"]:
                return rows[::-1]
            query["before"] = rows[-1]["seq"]


@dataclass
class Case:
    """One fault of a batch; times are ours, in seconds of the wall clock."""

    drill: Drill
    result: Result
    began_s: float = 0.0
    right_s: float | None = None
    cleared_s: float | None = None
    group: set[str] = field(default_factory=set)

    @property
    def place(self) -> str:
        return self.result.place


def tried(url: str, wanted: Collection[str]) -> list[Result]:
    """Try all batches at a running centre, or of them what is wanted: ``F05`` or ``F05@S06``."""
    site, plant = Site(url), read_complex(SHIPPED_COMPLEX)
    results = []
    for batch in BATCHES:
        chosen = [name for name in batch.names if not wanted or {name, name.split("@")[0]} & set(wanted)]
        cases = [_case(name, plant) for name in chosen]
        _inject(site, plant, cases, batch)
        _watch(site, cases, batch)
        _heal(site, cases, batch)
        for case in cases:
            print(f"{case.drill.code} {case.place}: {case.result.first or 'nothing'}", file=sys.stderr)
        results += [case.result for case in cases]
    return results


def _case(name: str, plant: Complex) -> Case:
    drill = next(t.drill for t in TRIALS if name == f"{t.drill.code}@{t.drill.site}")
    if drill.code in HASTE:
        size, stretch = HASTE[drill.code]
        drill = replace(drill, size=size, stretch=stretch, note=HASTE_LAW)
    result = Result(drill.code, drill.template, drill.site, stretch=drill.stretch, law=drill.note, how=HOW)
    result.within_s = within_s(drill, plant)
    return Case(drill, result)


def _inject(site: Site, plant: Complex, cases: Sequence[Case], batch: Batch) -> None:
    """Put each fault on the first unit that stands as its drill wants."""
    until_s = time.monotonic() + batch.wait_s
    waiting = list(cases)
    while waiting and time.monotonic() < until_s:
        for case in list(waiting):
            place = _standing(site, plant, case.drill)
            if place is None:
                continue
            case.result.place, case.began_s = place, time.time()
            asked = {"code": case.drill.code, "place": place, "who": WHO, "size": case.drill.size}
            site.post("/api/training/inject", asked)
            waiting.remove(case)
        _look(site, [case for case in cases if case not in waiting], batch)
        time.sleep(LOOK_S)


def _standing(site: Site, plant: Complex, drill: Drill) -> str | None:
    if drill.template == SITE:
        return drill.site
    units = [unit.path for unit in plant.units if (unit.site, unit.template) == (drill.site, drill.template)]
    if not drill.when:
        return units[0]
    stem = f"{drill.site}.*.{drill.template.removeprefix('T_')}*"
    values = site.newest([f"{stem}.{tag}" for tag in drill.when])
    for path in units:
        shown = [values.get(f"{path}.{tag}", float("nan")) for tag in drill.when]
        if all(low <= value <= high for value, (low, high) in zip(shown, drill.when.values(), strict=True)):
            return path
    return None


def _look(site: Site, cases: Sequence[Case], batch: Batch) -> None:
    """Read the journal of each case; clear what has been seen."""
    for case in cases:
        if case.cleared_s is not None:
            continue
        _judge(case, site.journal(round(case.began_s * 1e6), case.drill.site))
        now_s = time.time()
        seen = case.right_s is not None and now_s > case.began_s + case.right_s + CHILDREN_S
        if seen or now_s > case.began_s + batch.watch_s:
            site.post("/api/training/clear", {"code": case.drill.code, "place": case.place, "who": WHO})
            case.cleared_s = now_s


def _judge(case: Case, rows: Sequence[dict[str, Any]]) -> None:
    """What the journal says so far, the oldest row first."""
    result, patterns = case.result, FIRST[case.drill.code, case.drill.template].first
    told = [row for row in rows if row["sounds"]]
    right = [row for row in told if fits(patterns, row["alarm"], case.place)]
    if not told:
        return
    after_s = {row["seq"]: row["at_us"] / 1e6 - case.began_s for row in told}
    first = told[0]
    if right:
        root = right[0]
        case.right_s = after_s[root["seq"]]
        result.right = root["time_us"] <= first["time_us"]
        result.right_alarm, result.right_s = root["alarm"], round(case.right_s)
        result.in_time = result.usual_s(case.right_s) <= result.within_s
        first = root if result.right else first
    result.first, result.first_s = first["alarm"], round(after_s[first["seq"]])
    result.priority = first["priority"]
    group = linked((right or [first])[0]["alarm"], [(row["alarm"], row["group"]) for row in rows])
    sounded = {row["alarm"] for row in told}
    case.group = group
    result.under = sorted(group - {result.right_alarm or result.first})
    result.hidden = len(group - sounded)
    result.elsewhere = sorted(sounded - group)


def _watch(site: Site, cases: Sequence[Case], batch: Batch) -> None:
    """Look on until every fault is cleared."""
    while any(case.cleared_s is None for case in cases if case.place):
        _look(site, [case for case in cases if case.place], batch)
        time.sleep(LOOK_S)


def _heal(site: Site, cases: Sequence[Case], batch: Batch) -> None:
    """Acknowledge and reset, until all alarms of the groups are normal."""
    open_ = [case for case in cases if case.place]
    while open_:
        for case in list(open_):
            assert case.cleared_s is not None
            rows = {row["alarm"]: row for row in site.get("/api/alarms", site=case.drill.site, limit=1000)["rows"]}
            own = [rows[alarm] for alarm in case.group if alarm in rows]
            active = [row for row in own if row["active"]]
            if not active and not [row for row in own if row["state"] in ("rtn_unack", "latched", "unack", "acked")]:
                case.result.healed_s = round(time.time() - case.cleared_s)
                open_.remove(case)
            elif time.time() > case.cleared_s + batch.heal_s:
                case.result.left = [row["alarm"] for row in own]
                open_.remove(case)
            for event, state in (("acknowledge", "rtn_unack"), ("reset", "latched")):
                chosen = [row for row in own if not row["active"] and row["state"] == state]
                if chosen:
                    seen = [{"alarm": row["alarm"], "number": row["number"]} for row in chosen]
                    body = {"event": event, "alarms": seen, "who": WHO, "reason": "tried", "until_us": 0}
                    site.post("/api/alarms/act", body)
        time.sleep(2 * LOOK_S)
