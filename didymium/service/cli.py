"""``didymium``: the command line. Heavy imports wait inside the commands, so that help and refusals are quick."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console

from didymium import __version__
from didymium.service.errors import ServiceError
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
console = Console(stderr=True, highlight=False)


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


@app.command
def check(folder: Path) -> int:
    """Check a complex folder; print every mistake with file, row, column, what was read and what would be right."""
    from didymium.model.folder import check as mistakes_of

    mistakes = mistakes_of(folder)
    for mistake in mistakes:
        print(mistake)  # noqa: T201 - the command's answer
    if mistakes:
        console.print(f"{len(mistakes)} mistake{'s' * (len(mistakes) > 1)} in {folder}")
        return 1
    from didymium.model.folder import read_complex

    plant = read_complex(folder)
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
def query(sql: str, *, where: Where = HERE) -> int:
    """Ask the historian in SQL (read only) and print a table.

    Example: didymium query "SELECT count() FROM points"
    """
    from didymium.service.ask import query as run

    return run(where.instance(), sql)


@app.command
def export(
    tags: str,
    file: Path,
    *,
    where: Where = HERE,
    start: Annotated[str, Parameter(name="--from", allow_leading_hyphen=True)] = "-1h",
    end: Annotated[str, Parameter(name="--to", allow_leading_hyphen=True)] = "now",
    known_at: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
) -> int:
    """Write raw readings to a file, .csv, .xlsx, .parquet or .arrow by its ending, with a progress bar.

    Parameters
    ----------
    tags
        Tag paths, separated by commas; * and ? match: "S03.PL1.*.VOLT_PV".
    file
        What to write.
    start
        ISO time with zone, or an age: -90s, -2h, -7d.
    end
        ISO time with zone, an age, or "now".
    known_at
        Write what was known at this moment: without readings that came later and later corrections.
    """
    from didymium.service.ask import export as run

    return run(where.instance(), tags, file, start, end, known_at)


@app.command
def aggregate(
    name: str,
    tags: str,
    *,
    where: Where = HERE,
    start: Annotated[str, Parameter(name="--from", allow_leading_hyphen=True)] = "-24h",
    end: Annotated[str, Parameter(name="--to", allow_leading_hyphen=True)] = "now",
    interval: str = "1h",
    csv: Path | None = None,
    treat_uncertain_as_bad: Annotated[bool, Parameter(negative="--use-uncertain")] = True,
    percent_data_bad: int = 100,
    percent_data_good: int = 100,
    use_sloped_extrapolation: Annotated[bool, Parameter(negative="")] = False,
    known_at: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
) -> int:
    """Aggregate history by OPC UA Part 13, exact to the standard, with its status codes.

    Example: didymium aggregate TimeAverage "S03.PL1.*.VOLT_PV" --from -24h --interval 1h

    Parameters
    ----------
    name
        The standard's name, like TimeAverage, Maximum2 or PercentGood, or its NodeId, like i=2343.
    tags
        Tag paths, separated by commas; * and ? match: "S03.PL1.*.VOLT_PV".
    start
        ISO time with zone, or an age: -90s, -2h, -7d. Later than --to, time flows backward.
    end
        ISO time with zone, an age, or "now".
    interval
        Processing interval, 30s, 15m, 1h or 1d; 0 for one over the whole range.
    csv
        Write the results to this file instead of printing them.
    treat_uncertain_as_bad
        The standard's TreatUncertainAsBad.
    percent_data_bad
        From this share of bad data on, in percent, a result is Bad.
    percent_data_good
        From this share of good data on, in percent, a result is Good.
    use_sloped_extrapolation
        After the last reading go on along the line of the last two.
    known_at
        Answer as was known then: ISO time with zone, or an age.
    """
    from didymium.historian.aggregates.configuration import AggregateConfiguration
    from didymium.service.aggregate import aggregate as run

    configuration = AggregateConfiguration(
        treat_uncertain_as_bad, percent_data_bad, percent_data_good, use_sloped_extrapolation
    )
    return run(where.instance(), name, tags, start, end, interval, configuration, csv, known_at)


@app.command
def correct(
    tag: str,
    at: Annotated[str, Parameter(allow_leading_hyphen=True)],
    value: Annotated[float | None, Parameter(allow_leading_hyphen=True)] = None,
    *,
    who: str,
    why: str,
    where: Where = HERE,
    insert: Annotated[bool, Parameter(negative="")] = False,
    delete: Annotated[bool, Parameter(negative="")] = False,
    status: str = "good",
) -> int:
    """Correct one value of the history: a new version with who and why; what the device said is kept.

    Example: didymium correct S03.PL1.CELL01.VOLT_PV 2026-01-31T06:00:00+08:00 4.21 --who "M. Lin" --why "wrong range"

    Parameters
    ----------
    tag
        Tag path.
    at
        The value's own time, to the µs, ISO with zone.
    value
        The right value.
    who
        Who corrects it.
    why
        Why.
    insert
        Give a value where there was none.
    delete
        Say that there was no value.
    status
        good, uncertain, bad, or an OPC UA status code like 0x808C0000.
    """
    from didymium.service.ask import BadRequest
    from didymium.service.corrections import correct as run

    if insert and delete:
        raise BadRequest("say --insert or --delete, not both")
    kind = "insert" if insert else "delete" if delete else "replace"
    return run(where.instance(), tag, at, value, kind, status, who, why)


@app.command
def corrections(
    tag: str,
    *,
    where: Where = HERE,
    start: Annotated[str, Parameter(name="--from", allow_leading_hyphen=True)] = "-24h",
    end: Annotated[str, Parameter(name="--to", allow_leading_hyphen=True)] = "now",
) -> int:
    """Print every correction of a tag's values in a range: who, when, why, and what held before.

    Parameters
    ----------
    tag
        Tag path.
    start
        ISO time with zone, or an age: -90s, -2h, -7d.
    end
        ISO time with zone, an age, or "now".
    """
    from didymium.service.corrections import corrections as run

    return run(where.instance(), tag, start, end)


@app.command
def annotate(
    tag: str,
    at: Annotated[str, Parameter(allow_leading_hyphen=True)],
    text: str,
    *,
    who: str,
    where: Where = HERE,
    change: str | None = None,
) -> int:
    """Pin words to a moment of a tag.

    Parameters
    ----------
    tag
        Tag path.
    at
        ISO time with zone, an age like -10m, or "now".
    text
        What to say; "" with --change takes the annotation away.
    who
        Who says it.
    change
        Id of the annotation that this is a new version of.
    """
    from didymium.service.corrections import annotate as run

    return run(where.instance(), tag, at, text, who, change)


@app.command(name="import")
def import_(files: tuple[Path, ...], *, where: Where = HERE) -> int:
    """Load history from CSV or Parquet files, with a progress bar.

    Rows that cannot be understood are refused and listed with the reason; the others are stored. The exit code is 1
    when any were. A file that is loaded again stores nothing twice.
    """
    from didymium.service.ask import import_files as run

    return run(where.instance(), files)


@app.command
def status(*, where: Where = HERE) -> int:
    """Say how the installation is: processes, pace, completeness, and what is wrong."""
    from didymium.service.ask import status as run

    return run(where.instance())


@app.command
def backup(destination: Path, *, where: Where = HERE, keep: int = 0, verify: bool = False, at: str = "") -> int:
    """Copy the historian, as it is at one instant, into a folder on another disk: only what is new since the last time.

    The installation may run. Every file is read back and kept with its checksum; several backups share their files.

    Parameters
    ----------
    destination
        Folder of the backups, empty or with earlier ones.
    keep
        Afterwards remove all but this many of the newest backups; 0 removes none.
    verify
        Make none; read every byte of a backup and compare it with its checksum.
    at
        Which backup to verify, by its name; the newest if left out.
    """
    from didymium.service import keeping

    return keeping.verify(destination, at) if verify else keeping.backup(where.instance(), destination, keep)


@app.command
def restore(source: Path, *, data: Path, at: str = "") -> int:
    """Put a backup into an empty folder, on this machine or another; nothing is put in place before all is checked.

    Parameters
    ----------
    source
        Folder of the backups.
    data
        Folder of the installation's data: new, or empty.
    at
        Which backup, by its name; the newest if left out.
    """
    from didymium.service.keeping import restore as run

    return run(source, data, at)


historian = App(name="historian", help="Look after the historian.")
app.command(historian)


@historian.command(name="check")
def check_historian(*, where: Where = HERE) -> int:
    """Look for damage: torn parts, checksums, missing days, definitions, the archive; say what to do about each."""
    from didymium.service.examine import check as run

    return run(where.instance())


@historian.command(name="archive")
def archive_historian(*, where: Where = HERE) -> int:
    """Move the days that are due to the archive now. A running centre does this by itself, every hour."""
    from didymium.service.examine import archive as run

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
    from didymium.service.lifeline import follow_parent
    from didymium.spine.errors import SpineError

    follow_parent()
    try:
        code = app(sys.argv[1:], result_action="return_value")
    except (ServiceError, BadComplex, AcquireError, ClientError, HistorianError, SpineError) as error:
        console.print(f"[red]didymium:[/red] {error}")
        code = 1
    except KeyboardInterrupt:
        code = 130
    sys.exit(code if isinstance(code, int) else 0)
