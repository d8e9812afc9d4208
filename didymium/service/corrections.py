"""``didymium correct`` and ``didymium annotate``: through the running centre, or in the historian itself."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
from rich.console import Console
from rich.table import Table

from didymium.historian.errors import RefusedCorrection
from didymium.model.folder import read_complex
from didymium.model.plant import Complex
from didymium.model.readings import Readings
from didymium.model.search import unknown_path_hint
from didymium.model.status import BAD, GOOD, UNCERTAIN
from didymium.service.answers import Centre
from didymium.service.ask import BadRequest, moment_us, own_historian
from didymium.service.instance import Instance

STATUS: Final = {"good": GOOD, "uncertain": UNCERTAIN, "bad": BAD}
_CODE: Final = re.compile(r"0x[0-9a-fA-F]{1,8}")

console = Console(highlight=False)


def correct(
    instance: Instance, tag: str, at: str, value: float | None, kind: str, status: str, who: str, why: str
) -> int:
    """Correct one value. Raises ``BadRequest`` and what the historian refuses."""
    plant = read_complex(instance.complex_folder)
    row = _row(plant, tag)
    if kind != "delete" and value is None and status == "good":
        raise BadRequest(f"a value is missing: didymium correct {tag} {at} VALUE, or --delete")
    if kind == "delete" and value is not None:
        raise BadRequest(f"--delete takes a value away, so leave out {value:g}")
    at_us, code = moment_us(at, time.time_ns() // 1_000), _status(status)
    historian = own_historian(instance)
    if historian is None:
        one = {"tag": tag, "time_us": at_us, "value": value, "status": code}
        Centre(instance.wall).posted("/api/corrections", {"kind": kind, "who": who, "why": why, "values": [one]})
    else:
        columns = (np.array([historian.ids.ids[row]], np.uint32), np.array([at_us], np.int64))
        given = np.array([np.nan if value is None else value])
        try:
            historian.correct(Readings.of(*columns, given, np.array([code], np.uint32)), kind, who, why)
        except RefusedCorrection as error:
            raise BadRequest(error.told(tag)) from error
        finally:
            historian.close()
    console.print(f"{tag} at {_said(at_us)}: {'deleted' if kind == 'delete' else f'{value} {status}'}, by {who}")
    return 0


def annotate(instance: Instance, tag: str, at: str, text: str, who: str, annotation_id: str | None) -> int:
    """Pin words to a moment of a tag, or change those of ``annotation_id``."""
    plant = read_complex(instance.complex_folder)
    row = _row(plant, tag)
    at_us = moment_us(at, time.time_ns() // 1_000)
    if annotation_id is not None and not annotation_id.isdecimal():
        raise BadRequest(f"{annotation_id!r} is no annotation's id: didymium annotate prints it, it is a number")
    historian = own_historian(instance)
    if historian is None:
        content: dict[str, Any] = {"tag": tag, "time_us": at_us, "text": text, "who": who, "id": annotation_id}
        noted = str(Centre(instance.wall).posted("/api/annotations", content)["id"])
    else:
        try:
            chosen = None if annotation_id is None else int(annotation_id)
            noted = str(historian.annotate(int(historian.ids.ids[row]), at_us, text, who, chosen))
        finally:
            historian.close()
    console.print(f"{tag} at {_said(at_us)}: annotation {noted}, by {who}")
    return 0


def corrections(instance: Instance, tag: str, start: str, end: str) -> int:
    """Print every correction of a tag's values in a range."""
    plant = read_complex(instance.complex_folder)
    row = _row(plant, tag)
    now_us = time.time_ns() // 1_000
    from_us, to_us = moment_us(start, now_us), moment_us(end, now_us)
    if to_us <= from_us:
        raise BadRequest(f"the range ends at {end!r}, which is not after {start!r} where it begins")
    historian = own_historian(instance)
    if historian is None:
        made = Centre(instance.wall).corrections(tag, from_us, to_us)
    else:
        try:
            made = [each._asdict() for each in historian.corrections([int(historian.ids.ids[row])], from_us, to_us)]
        finally:
            historian.close()
    shown = Table("time", "kind", "before", "after", "made at", "who", "why")
    for each in made:
        values = (_value(each["old_value"], each["old_status"]), _value(each["value"], each["status"]))
        shown.add_row(_said(each["time_us"]), each["kind"], *values, _said(each["at_us"]), each["who"], each["why"])
    console.print(shown)
    return 0


def _row(plant: Complex, tag: str) -> int:
    row = plant.tags.row_of.get(tag)
    if row is None:
        raise BadRequest(f"no tag has the path {tag!r}: {unknown_path_hint(tag, plant.tags.path)}")
    return row


def _status(said: str) -> int:
    if said in STATUS:
        return STATUS[said]
    if _CODE.fullmatch(said):
        return int(said, 16)
    raise BadRequest(f"{said!r} is no status: say {', '.join(STATUS)}, or an OPC UA status code like 0x808C0000")


def _said(at_us: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us)).isoformat()


def _value(value: float | None, status: int | None) -> str:
    if status is None:
        return "–"
    return f"{value:g}" if status == GOOD and value is not None else f"{value} (0x{status:08X})"
