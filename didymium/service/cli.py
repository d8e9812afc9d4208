"""``didymium``: the command line. Heavy imports wait inside the commands, so that help and refusals are quick."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from didymium.service import cli_claims, cli_drill, cli_history, cli_keeping, cli_shift, cli_twin
from didymium.service.cli_app import HERE, Where, app, console
from didymium.service.errors import ServiceError
from didymium.service.instance import read_instance

__all__ = ["app", "cli_claims", "cli_drill", "cli_history", "cli_keeping", "cli_shift", "cli_twin", "main"]


@app.command
def up(
    *,
    where: Where = HERE,
    twin: Annotated[bool, Parameter(negative="--no-twin")] = True,
    history_hours: float = 2.0,
) -> int:
    """Start everything: spine, centre, edge and the twin; restart what dies; stop cleanly on Ctrl-C.

    The first start loads a stretch of the twin's history, so that no trend is empty.

    Parameters
    ----------
    twin
        Simulate the complex. Use --no-twin when the connections lead to a real plant.
    history_hours
        Hours of the twin's history to load at the first start.
    """
    from didymium.service.up import run

    return run(where.instance(), twin=twin, history_hours=history_hours)


@app.command
def centre(*, where: Where = HERE) -> int:
    """Run the centre alone: writer, live state, API and screens. It is the only process that opens the historian."""
    from didymium.service.centre import run

    return run(where.instance())


@app.command
def edge(*, where: Where = HERE, site: tuple[str, ...] = ()) -> int:
    """Run the edge agent alone: every connector, and the publisher to the spine.

    Parameters
    ----------
    site
        Only these sites; those of instance.toml if left out, else all of the complex.
    """
    from didymium.service.edge import run

    return run(where.instance(), site)


@app.command
def check(folder: Path) -> int:
    """Check a complex folder; print every mistake with file, row, column, what was read and what would be right."""
    from didymium.alarms.building import check as mistakes_of_alarms
    from didymium.alarms.notice_rules import check as mistakes_of_notices
    from didymium.balance.building import check as mistakes_of_balances
    from didymium.kpi.building import check as mistakes_of_kpis
    from didymium.model.folder import check as mistakes_of
    from didymium.model.folder import read_complex
    from didymium.model.mistakes import counted
    from didymium.service.claims import check as mistakes_of_claims
    from didymium.service.energy import check as mistakes_of_energy
    from didymium.twin.particulars import check as mistakes_of_particulars
    from didymium.twin.scenario import check as mistakes_of_scenarios

    mistakes = mistakes_of(folder)
    plant = None if mistakes else read_complex(folder)
    of_alarms, of_twin = (mistakes_of_alarms, mistakes_of_notices), (mistakes_of_scenarios, mistakes_of_particulars)
    of_figures = (mistakes_of_kpis, mistakes_of_balances, mistakes_of_claims, mistakes_of_energy)
    for more in (*of_twin, *of_alarms, *of_figures):
        mistakes += more(folder, plant)
    mistakes.sort()
    for mistake in mistakes:
        print(mistake)  # noqa: T201 - the command's answer
    if plant is None or mistakes:
        console.print(f"{counted(mistakes)} in {folder}")
        return 1
    console.print(
        f"{folder}: {len(plant.sites)} sites, {len(plant.templates)} templates, {len(plant.units)} units, "
        f"{len(plant.tags):,} tags, no mistakes"
    )
    return 0


@app.command
def init(folder: Path) -> int:
    """Write a small complex that runs, to start your own from."""
    from didymium.model.starter import write

    write(folder)
    console.print(f"Wrote {folder}. Look around, then: didymium up --complex {folder} --data {folder}-data")
    return 0


@app.command
def browse(
    url: str,
    *,
    out: Path = Path("browsed"),
    data: Path = Path("didymium-data"),
    site: str = "S01",
    user: str = "",
    password_env: str = "DIDYMIUM_PASSWORD",
    security: str = "",
    group: str = "",
    wait_s: float = 10.0,
) -> int:
    """Read the points of a real server and write them as a complex folder, to be edited.

    Parameters
    ----------
    url
        opc.tcp://host:port for an OPC UA server, mqtt://host:port or mqtts:// for the Sparkplug nodes of a broker.
    out
        Folder to write into, new or empty.
    data
        Folder of the installation's data, where our OPC UA certificate and the trusted servers' are kept.
    site
        Id of the site that an OPC UA server becomes. Each Sparkplug node becomes a site of its own name.
    user
        User name at the server.
    password_env
        Environment variable that holds the password.
    security
        OPC UA security policy; Basic256Sha256 with a user name and None without, if left out.
    group
        Sparkplug group to listen to; every group if left out.
    wait_s
        How long to wait for Sparkplug births.
    """
    from didymium.service.browse import run

    folder = read_instance(data).edge_folder
    password = os.environ.get(password_env, "")
    return run(url, out, folder, site, user, password, security, group, wait_s)


@app.command
def status(*, where: Where = HERE) -> int:
    """Say how the installation is: processes, pace, completeness, and what is wrong."""
    from didymium.service.ask import status as run

    return run(where.instance())


@app.command(name="edge-config")
def edge_config(site: str, *, where: Where = HERE, hub: str = "nats-leaf://centre.example:8613") -> int:
    """Print the leaf-node configuration of a remote site's spine.

    Parameters
    ----------
    site
        Site id, as in the complex folder.
    hub
        Address of the centre's leaf-node listener.
    """
    from didymium.model.folder import read_complex
    from didymium.spine.config import edge_config as text_of

    print(text_of(read_complex(where.instance().complex_folder), site, hub))  # noqa: T201 - the command's answer
    return 0


def main() -> None:
    """Run the command line; an expected refusal is one line and exit code 1."""
    from didymium.acquire.errors import AcquireError
    from didymium.client.errors import ClientError
    from didymium.historian.errors import HistorianError
    from didymium.model.mistakes import BadComplex
    from didymium.records.errors import RecordsError
    from didymium.service.lifeline import follow_parent
    from didymium.spine.errors import SpineError
    from didymium.twin.orders import DeskError

    follow_parent()
    try:
        code = app(sys.argv[1:], result_action="return_value")
    except (
        ServiceError, BadComplex, AcquireError, ClientError, HistorianError, RecordsError, SpineError, DeskError
    ) as error:  # fmt: skip
        console.print(Text.assemble(("didymium:", "red"), f" {error}"))
        code = 1
    except KeyboardInterrupt:
        code = 130
    sys.exit(code if isinstance(code, int) else 0)
