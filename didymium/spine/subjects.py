"""Names on the spine: subjects, streams, headers and message ids."""

from __future__ import annotations

import re
from typing import Final

MSG_ID: Final = "Nats-Msg-Id"
EXPECTED_LAST_SEQ: Final = "Nats-Expected-Last-Sequence"
CHECKSUM: Final = "Didymium-Checksum"
COUNT: Final = "Didymium-Count"
RECEIVED: Final = "Didymium-Received"

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]+")


def token(name: str) -> str:
    """Return ``name`` when it can be one token of a subject. Raises ``ValueError`` otherwise."""
    if not _TOKEN.fullmatch(name):
        raise ValueError(f"{name!r}: a name on the spine has only letters, digits, - and _")
    return name


def stream(edge: str) -> str:
    """Name of the edge's stream."""
    return f"EDGE_{token(edge)}"


def stream_subjects(edge: str) -> list[str]:
    """What the edge's stream keeps."""
    return [f"didymium.{edge}.readings.*", f"didymium.{edge}.state"]


def readings(edge: str, site: str) -> str:
    return f"didymium.{edge}.readings.{token(site)}"


def state(edge: str) -> str:
    return f"didymium.{edge}.state"


def watermark(edge: str) -> str:
    """Core subject, not kept: the centre repeats the newest durable sequence on it."""
    return f"didymium.{token(edge)}.watermark"


def message_id(edge: str, epoch: int, number: int) -> str:
    return f"{edge}-{epoch}-{number}"


def number_of(message_id: str, edge: str, epoch: int) -> int | None:
    """The message's number when this publisher's epoch gave the id, else None."""
    prefix = f"{edge}-{epoch}-"
    rest = message_id.removeprefix(prefix)
    return int(rest) if message_id.startswith(prefix) and rest.isdigit() else None
