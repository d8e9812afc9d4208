"""``didymium twin``: the simulated complex behind its protocol servers."""

from __future__ import annotations

import asyncio
import signal
import time
from pathlib import Path

from didymium.model.folder import read_complex
from didymium.model.plant import Complex
from didymium.service.history import write_history
from didymium.service.instance import Instance, moved
from didymium.service.logs import write_logs
from didymium.twin.particulars import read_particulars
from didymium.twin.plant import TwinPlant
from didymium.twin.scenario import read_scenarios
from didymium.twin.servers import serve
from didymium.twin.servers.desk import ControlDesk
from didymium.twin.training import Training


def run(instance: Instance, *, seed: int, history_hours: float, await_import: bool) -> int:
    """Serve until SIGINT or SIGTERM; the exit code."""
    write_logs()
    plant = moved(read_complex(instance.complex_folder), instance.port_offset)
    scenarios = read_scenarios(instance.complex_folder, plant)
    particulars = read_particulars(instance.complex_folder, plant)
    instance.twin_folder.mkdir(parents=True, exist_ok=True)
    if history_hours:
        twin = write_history(instance, plant, particulars, seed, history_hours, await_import=await_import)
    else:
        twin = TwinPlant(plant, seed, int(time.time()) * 1_000_000, particulars)
    training = Training(twin.faults, scenarios, seed=seed, second=twin.second, folder=instance.twin_folder)
    asyncio.run(_serve(plant, twin, instance.twin_folder, ControlDesk(training, instance.desk_port)))
    return 0


async def _serve(plant: Complex, twin: TwinPlant, folder: Path, desk: ControlDesk) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    serving = asyncio.create_task(serve(plant, twin, folder, desk), name="twin servers")
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        await serving
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
