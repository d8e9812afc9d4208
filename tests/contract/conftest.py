"""Gives the contract suite its devices."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import device_modbus
import device_opcua
import device_s7
import device_sparkplug
import pytest
from harness import Harness
from rig import Rig

DEVICES: tuple[type[Harness], ...] = (
    device_modbus.Device,
    device_opcua.Device,
    device_s7.Device,
    device_sparkplug.Device,
)


@pytest.fixture(params=DEVICES, ids=lambda device: device.name)
async def rig(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Rig]:
    """A rig on each device in turn. Neither is started."""
    rig = Rig(request.param(), tmp_path)
    yield rig
    await rig.stop()
