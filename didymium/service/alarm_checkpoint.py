"""An engine's whole state as bytes, and back."""

from __future__ import annotations

import io
import json
from hashlib import blake2b
from typing import Final

import numpy as np

from didymium.alarms.definitions import CONSTANTS, Definitions
from didymium.alarms.engine import EngineState, Touch
from didymium.alarms.life import Event

HEAD: Final = "head"


def digest_of(definitions: Definitions) -> str:
    """A digest of all by which alarms are judged."""
    digest = blake2b("\n".join(definitions.id).encode(), digest_size=16)
    for name in (*CONSTANTS, "re_alarm_us", "cause_first", "causes"):
        digest.update(np.ascontiguousarray(getattr(definitions, name)).tobytes())
    for site in definitions.signals.calculations:
        for each in site:
            digest.update(each.formula.text.encode())
    for books in definitions.signals.books:
        for name in ("rule", "first", "row", "side"):
            digest.update(getattr(books, name).tobytes())
    return digest.hexdigest()


def packed(state: EngineState) -> bytes:
    """The state as a compressed NumPy archive."""
    touches = {id_: [touch.actor, touch.event.name, touch.at_us] for id_, touch in state.touches.items()}
    head = {"started_us": state.started_us, "done": dict(state.done), "touches": touches}
    columns = {f"alarms.{name}": column for name, column in state.alarms.items()}
    columns |= {f"signals.{name}": column for name, column in state.signals.items()}
    columns[HEAD] = np.frombuffer(json.dumps(head).encode(), np.uint8)
    out = io.BytesIO()
    np.savez_compressed(out, **columns)  # type: ignore[arg-type]
    return out.getvalue()


def unpacked(state: bytes, ids: tuple[str, ...]) -> EngineState:
    """The state again; ``ids`` are the alarms of the definitions that it was made with."""
    with np.load(io.BytesIO(state), allow_pickle=False) as read:
        head = json.loads(read[HEAD].tobytes())
        alarms = {name.removeprefix("alarms."): read[name] for name in read.files if name.startswith("alarms.")}
        signals = {name.removeprefix("signals."): read[name] for name in read.files if name.startswith("signals.")}
    touches = {id_: Touch(actor, Event[event], at_us) for id_, (actor, event, at_us) in head["touches"].items()}
    return EngineState(head["started_us"], head["done"], ids, alarms, signals, touches)
