"""Commands of the twin: serve it, and simulate a day of it."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from didymium.service.cli_app import HERE, Where, app
from didymium.service.errors import BadOption

twin_app = App(name="twin", help="The simulated complex: behind its protocols, or a day of it at once.")
app.command(twin_app)


@twin_app.default
def twin(
    *,
    where: Where = HERE,
    seed: int = 1,
    history_hours: float = 0.0,
    await_import: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Run the simulated complex alone, so that any OPC UA, S7, Modbus or Sparkplug client can connect to it.

    Sparkplug needs an MQTT broker at the address of the complex's connections; `didymium up` brings one.

    Parameters
    ----------
    seed
        Same seed, same noise.
    history_hours
        First write this much history as Parquet files into the installation's folder, then go on live from there.
    await_import
        Go live only when somebody has taken the files away, as `didymium up` does.
    """
    from didymium.service.twin import run

    return run(where.instance(), seed=seed, history_hours=history_hours, await_import=await_import)


@twin_app.command
def day(
    *,
    where: Where = HERE,
    date: str = "2026-01-15",
    seed: int = 1,
    speed: str = "max",
    hours: float = 24.0,
    json: Path | None = None,
) -> int:
    """Simulate a whole day without the protocols, hold the published figures against it, and close the balances.

    The exit code is 1 when a figure is outside its limits or a balance does not close. The same complex, date and seed
    give the same digest, whatever the speed.

    Parameters
    ----------
    date
        The day, as 2026-01-15, in the plant's zone.
    seed
        Same seed, same day.
    speed
        "max", or how many seconds of the plant pass in one of ours.
    hours
        Less than a whole day, to try; figures are scaled to a day.
    json
        Write claims, balances and digest to this file.
    """
    from didymium.model.folder import read_complex
    from didymium.service.day import run
    from didymium.twin.particulars import read_particulars

    try:
        chosen = datetime.date.fromisoformat(date)
    except ValueError as error:
        raise BadOption("--date", date, "a day, as 2026-01-15") from error
    if not 0.0 < hours <= 24.0:
        raise BadOption("--hours", f"{hours:g}", "more than 0 and at most 24")
    folder = where.instance().complex_folder
    plant = read_complex(folder)
    particulars = read_particulars(folder, plant)
    return run(plant, particulars, chosen, seed, speed=_pace(speed), hours=hours, json_path=json)


def _pace(speed: str) -> float | None:
    """Plant seconds a second, None for as fast as it goes."""
    if speed == "max":
        return None
    try:
        pace = float(speed)
    except ValueError as error:
        raise BadOption("--speed", speed, '"max" or a number') from error
    if not 1.0 <= pace <= 100_000.0:
        raise BadOption("--speed", speed, 'from 1 to 100,000, or "max"')
    return pace
