"""The groups that are told rather than read from live values: the wall, the data health and the alarms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from didymium.web.alarm_frames import alarms_frame
from didymium.web.desk import Desk
from didymium.web.figures import data_health
from didymium.web.frames import wall

TOLD: Final[Mapping[str, Callable[[Desk], bytes]]] = {
    "wall": wall,
    "health": lambda desk: msgspec.json.encode(data_health(desk)),
    "alarms": alarms_frame,
}


def tell_listeners(desk: Desk) -> None:
    """Send each told group that somebody listens to its present frame."""
    for group, frame in TOLD.items():
        if desk.feed.wanted(group):
            desk.feed.tell(group, frame(desk))


def refresh(desk: Desk, group: str) -> None:
    """Make the frame that a new listener begins with, where nobody listened until now."""
    frame = TOLD.get(group)
    if frame is not None and not desk.feed.wanted(group):
        desk.feed.tell(group, frame(desk))
