"""Which tests one process runs, when there are several: those of a file, and all that share a running installation."""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

SHARED = ("tests/browser/", "tests/plant/shared/")
LONG = (
    "tests/plant/shared/",
    "tests/browser/",
    "tests/plant/test_keeping.py",
    "tests/plant/test_faults.py",
    "tests/unit/test_twin_plant.py",
    "tests/contract/test_historian_kill.py",
    "tests/contract/test_historian_promises.py",
    "tests/contract/test_connector_contract.py",
    "tests/contract/test_alarming.py",
    "tests/contract/test_records_kill.py",
    "tests/contract/test_historian_cluster.py",
    "tests/contract/test_historian_corrections.py",
)
"""What takes longest begins first, so that no process works alone at the end."""


class Sharing(LoadFileScheduling):
    """By file, and the folders whose tests share a running installation as a whole."""

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in SHARED if nodeid.startswith(folder)), str(super()._split_scope(nodeid)))

    def _assign_work_unit(self, node: Any) -> None:
        first = next((scope for scope in LONG if scope in self.workqueue), None)
        if first is not None:
            self.workqueue.move_to_end(first, last=False)
        super()._assign_work_unit(node)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Sharing:
    return Sharing(config, log)
