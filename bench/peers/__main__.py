"""``python -m bench.peers NAME ...``: one store measured in a process of its own, figures as JSON into a file."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bench.day import Day, day_of
from bench.peers.duckdb import DuckDB
from bench.peers.influxdb import InfluxDB
from bench.peers.measure import measure
from bench.peers.ours import Ours
from bench.peers.peer import NotInstalled, Peer
from bench.peers.postgresql import PostgreSQL
from bench.peers.victoria_metrics import VictoriaMetrics
from didymium.model.folder import read_complex
from didymium.service.instance import SHIPPED_COMPLEX
from didymium.service.lifeline import follow_parent

OTHERS: Final[dict[str, Callable[[Day, Path], Peer]]] = {
    "victoria_metrics": VictoriaMetrics,
    "influxdb": InfluxDB,
    "postgresql": PostgreSQL,
    "duckdb": DuckDB,
}
OURS: Final = "didymium"
NOT_INSTALLED: Final = 3
"""Exit code; the file then holds how to install it."""


def main() -> int:
    """Measure and end."""
    follow_parent()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    options = argparse.ArgumentParser(prog="python -m bench.peers")
    options.add_argument("name", choices=[OURS, *OTHERS])
    options.add_argument("--day", type=Path, required=True)
    options.add_argument("--seconds", type=int, required=True)
    options.add_argument("--load-s", type=float, required=True)
    options.add_argument("--jitter-us", type=float, default=0.0)
    options.add_argument("--folder", type=Path, required=True)
    options.add_argument("--out", type=Path, required=True)
    chosen = options.parse_args()
    plant = read_complex(SHIPPED_COMPLEX)
    day = day_of(plant, chosen.day, chosen.seconds)
    try:
        if chosen.name == OURS:
            peer: Peer = Ours(plant, day, chosen.folder, jitter_us=chosen.jitter_us)
        else:
            peer = OTHERS[chosen.name](day, chosen.folder)
    except NotInstalled as missing:
        chosen.out.write_text(json.dumps({"install": missing.how}), encoding="utf-8")
        return NOT_INSTALLED
    try:
        figures = measure(peer, day, chosen.load_s)
    finally:
        peer.close()
    chosen.out.write_text(json.dumps(figures), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
