"""``didymium fault`` and ``didymium scenario``: what goes wrong in a running twin, and when."""

from __future__ import annotations

import getpass
from typing import Annotated

from cyclopts import App, Parameter

from didymium.service.cli_app import HERE, Where, app

By = Annotated[str, Parameter(name="--by")]

fault = App(name="fault", help="Let something go wrong in the running twin, and set it right again.")
app.command(fault)
scenario = App(name="scenario", help="Drills: faults at set times, from the complex folder's scenarios.")
app.command(scenario)


@fault.command(name="list")
def list_faults(*, where: Where = HERE, all_: Annotated[bool, Parameter(name="--all", negative="")] = False) -> int:
    """Print the faults in force: where, how much, since when.

    Parameters
    ----------
    all_
        Print the whole catalogue instead, with sizes and how many places of the complex each can be put on.
    """
    from didymium.service.drill import faults

    return faults(where.instance(), all_=all_)


@fault.command
def inject(
    code: str,
    place: str,
    *,
    where: Where = HERE,
    size: Annotated[float | None, Parameter(allow_leading_hyphen=True)] = None,
    by: By = "",
) -> int:
    """Put a fault on a unit, or on a site where its line goes down.

    Example: didymium fault inject F05 S05.H2.SC017

    Parameters
    ----------
    code
        From the catalogue, F01 to F23.
    place
        Path of a unit, or id of a site.
    size
        How much, in the fault's own measure; the usual size if left out.
    by
        Your name, for the log; the name of your account if left out.
    """
    from didymium.service.drill import inject as run

    return run(where.instance(), code, place, size, by or getpass.getuser())


@fault.command
def clear(code: str, place: str, *, where: Where = HERE, by: By = "") -> int:
    """Take a fault away; the unit recovers as the plant would.

    Parameters
    ----------
    code
        As it was injected.
    place
        As it was injected.
    by
        Your name, for the log; the name of your account if left out.
    """
    from didymium.service.drill import clear as run

    return run(where.instance(), code, place, by or getpass.getuser())


@scenario.command(name="list")
def list_scenarios(*, where: Where = HERE) -> int:
    """Print the scenarios that the running twin knows, and which one is on its way."""
    from didymium.service.drill import scenarios

    return scenarios(where.instance())


@scenario.command
def start(name: str, *, where: Where = HERE, by: By = "") -> int:
    """Start a scenario. One plays at a time.

    Parameters
    ----------
    name
        Name of its file, without .toml.
    by
        Your name, for the log; the name of your account if left out.
    """
    from didymium.service.drill import start as run

    return run(where.instance(), name, by or getpass.getuser())


@scenario.command
def stop(*, where: Where = HERE, by: By = "") -> int:
    """Stop the scenario that plays and clear what it injected.

    Parameters
    ----------
    by
        Your name, for the log; the name of your account if left out.
    """
    from didymium.service.drill import stop as run

    return run(where.instance(), by or getpass.getuser())
