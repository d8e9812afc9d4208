"""What a process says goes to its standard error; its supervisor keeps it."""

from __future__ import annotations

import logging
import time


def write_logs() -> None:
    """Say warnings of everybody, and the news of our own rooms, each line with its UTC time."""
    logging.Formatter.converter = time.gmtime
    logging.basicConfig(level=logging.WARNING, format="%(asctime)sZ %(levelname)s %(name)s: %(message)s")
    logging.getLogger("didymium").setLevel(logging.INFO)
