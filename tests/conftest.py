"""Which tests one process runs, when there are several: those of a file, and all that share a running installation."""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

SHARED = ("tests/browser/", "tests/plant/shared/")


class Sharing(LoadFileScheduling):
    """By file, and the folders whose tests share a running installation as a whole."""

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in SHARED if nodeid.startswith(folder)), str(super()._split_scope(nodeid)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Sharing:
    return Sharing(config, log)
