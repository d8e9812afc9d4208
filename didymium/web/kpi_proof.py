"""The proof of a KPI's value: its formula, and what each of its parts came to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from didymium.kpi.definitions import Kpi, Kpis
from didymium.kpi.formula import Input
from didymium.kpi.values import Answer, Value
from didymium.kpi.windows import HOUR_US
from didymium.model.dimension import scale
from didymium.model.plant import Complex
from didymium.web.alarm_table import said


def proof_of(plant: Complex, kpis: Kpis, values: Mapping[str, Value], kpi: Kpi, row: int) -> dict[str, Any]:
    """The proof of one scope of a KPI, as JSON; inputs are functions of tags, other KPIs, and constants."""
    value = values[kpi.id]
    return {
        "id": kpi.id,
        "name": said(kpi.name),
        "scope": kpi.scopes[row].id,
        "unit": kpi.unit,
        "formula": kpi.value.formula.text,
        "description": said(kpi.description),
        "from_us": value.from_us,
        "to_us": value.to_us,
        "value": float(value.value[row]),
        "bits": bits(float(value.value[row])),
        "error": float(value.error[row]),
        "inputs": [
            *_tags(plant, value, row),
            *_used(plant, kpis, values, kpi, row),
            *_window(value, row),
            *_constants(kpi, row),
        ],
    }


def bits(value: float) -> str:
    """A value to its last bit, as C writes it in hexadecimal: the same text is the same number."""
    return value.hex()


def _tags(plant: Complex, value: Value, row: int) -> Iterator[dict[str, Any]]:
    for each, answer in zip(value.kpi.value.formula.inputs, value.inputs, strict=True):
        yield {
            "name": each.function,
            "text": each.text,
            "tags": [plant.tags.path[tag] for tag in each.tags.of(row)],
            "value": _shown(each, answer, row),
            "unit": each.unit,
            "readings": int(answer.readings[row]),
            "complete": _complete(answer.readings[row], answer.expected[row]),
        }


def _used(plant: Complex, kpis: Kpis, values: Mapping[str, Value], kpi: Kpi, row: int) -> Iterator[dict[str, Any]]:
    for use, link in zip(kpi.value.formula.uses, kpi.value.links, strict=True):
        places, used = link.of(row), values[use.kpi]
        own = used.value[places]
        total = float(np.where(np.isnan(own), 0.0, own).sum()) if not np.isnan(own).all() else float("nan")
        readings, expected = int(used.readings[places].sum()), float(used.expected[places].sum())
        yield {
            "name": use.kpi,
            "text": f"total({use.kpi})" if use.total else use.kpi,
            "tags": [plant.tags.path[tag] for tag in _rows_of(kpis, used.kpi, places)],
            "value": total,
            "unit": used.kpi.unit,
            "readings": readings,
            "complete": _complete(readings, expected),
        }


def _window(value: Value, row: int) -> Iterator[dict[str, Any]]:
    """What the ledger of readings says of the window, and how long that is."""
    of = {
        "received": (float(value.readings[row]), ""),
        "expected": (float(value.expected[row]), ""),
        "hours": ((value.to_us - value.from_us) / HOUR_US, "h"),
    }
    for name in value.kpi.value.formula.window:
        yield _without_tags(name, f"{name}()", *of[name])


def _rows_of(kpis: Kpis, kpi: Kpi, places: list[int]) -> list[int]:
    """Table rows of all tags that some scopes of a KPI come from, each once, those of the KPIs that it uses too."""
    rows: dict[int, None] = {}
    for place in places:
        for each in kpi.value.formula.inputs:
            rows.update(dict.fromkeys(each.tags.of(place)))
        for link in kpi.value.links:
            rows.update(dict.fromkeys(_rows_of(kpis, kpis.of[link.kpi], link.of(place))))
    return list(rows)


def _constants(kpi: Kpi, row: int) -> Iterator[dict[str, Any]]:
    """Those that its formulas name: the streams of a flow sheet share the constants of the sheet."""
    formulas = [part.formula.text for part in (kpi.value, kpi.error, kpi.needs) if part is not None]
    named = set(re.findall(r"[a-z_][a-z0-9_]*", " ".join(formulas)))
    for name, (each, unit) in kpi.constants.items():
        if name not in named:
            continue
        yield _without_tags(name, name, float(each[row]), unit)


def _without_tags(name: str, text: str, value: float, unit: str) -> dict[str, Any]:
    return {"name": name, "text": text, "tags": [], "value": value, "unit": unit, "readings": 0, "complete": None}


def _shown(each: Input, answer: Answer, row: int) -> float:
    return float(answer.value[row]) / scale(each.unit)


def _complete(readings: float, expected: float) -> float:
    return min(1.0, float(readings) / float(expected)) if expected > 0.0 else float("nan")
