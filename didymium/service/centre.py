"""``didymium centre``: writer, live state, API and screens in one process."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
import uvicorn

from didymium.historian.historian import Historian
from didymium.live.feed import Feed
from didymium.live.ledger import Ledger
from didymium.live.rates import Rate
from didymium.live.state import LiveState
from didymium.live.tally import Tally
from didymium.model.device import EdgeState
from didymium.model.folder import read_complex
from didymium.model.readings import Readings
from didymium.service.amounts import amounts_of, backfill
from didymium.service.ingest import Ingest
from didymium.service.instance import Instance, moved
from didymium.service.logs import write_logs
from didymium.service.supervisor import ProcessState, read_states
from didymium.spine import registry, watermark
from didymium.spine.reader import Reader
from didymium.web.app import build
from didymium.web.desk import Desk, SpineState
from didymium.web.frames import Frames

LOG: Final = logging.getLogger(__name__)

TICK_S: Final = 0.25
WALL_TICK_S: Final = 1.0
JOB_S: Final = 5.0
SCREENS: Final = Path(__file__).resolve().parents[2] / "frontend" / "dist"


def run(instance: Instance) -> int:
    """Serve until SIGINT or SIGTERM; the exit code."""
    write_logs()
    plant = moved(read_complex(instance.complex_folder), instance.port_offset)
    historian = Historian.open(instance.historian, complex=plant)
    try:
        asyncio.run(CentreProcess(instance, plant, historian).run())
    finally:
        historian.close()
    return 0
