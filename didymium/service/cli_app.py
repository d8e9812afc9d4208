"""What every command shares: the application, and which installation is meant."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from cyclopts import App, Parameter
from rich.console import Console

from didymium import __version__
from didymium.service.instance import Instance, read_instance

app = App(
    name="didymium",
    version=__version__,
    help="""Production dispatch command centre for multi-site process plants.

    `didymium up` starts a whole demonstration complex with its twin: 24 sites, 18,947 points a second, over OPC UA,
    Sparkplug B, S7 and Modbus TCP. The wall is then at http://127.0.0.1:8600.

    To connect your own plant: `didymium init my-plant`, edit the folder, `didymium check my-plant`,
    `didymium up --complex my-plant --no-twin`.""",
)
console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


@Parameter(name="*")
@dataclass(frozen=True)
class Where:
    """Which installation.

    Parameters
    ----------
    data
        Folder of the installation's data; made if it is not there.
    complex
        Folder of the complex; the shipped demonstration complex if left out.
    port_offset
        Number added to every port, so that several installations fit on one machine.
    """

    data: Path = Path("didymium-data")
    complex: Path | None = None
    port_offset: int | None = None

    def instance(self) -> Instance:
        """The installation that these options mean."""
        instance = read_instance(self.data, complex_folder=self.complex, port_offset=self.port_offset)
        instance.folder.mkdir(parents=True, exist_ok=True)
        os.environ.setdefault("NUMBA_CACHE_DIR", str(instance.numba_folder))
        return instance


HERE = Where()
