"""Ties a process to the one that started it, so that nothing is left running alone."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import Final

PARENT: Final = "DIDYMIUM_PARENT"
PR_SET_PDEATHSIG: Final = 1


def follow_parent() -> None:
    """Have the kernel send SIGTERM when the process named in ``DIDYMIUM_PARENT`` dies (Linux, prctl(2))."""
    parent = os.environ.pop(PARENT, None)
    if parent is None or not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != int(parent):
        sys.exit(0)
