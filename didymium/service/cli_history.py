"""``didymium``: commands that ask for history, bring it in or out, and correct it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from didymium.service.cli_app import HERE, Where, app


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
def replay(
    *,
    where: Where = HERE,
    start: Annotated[str, Parameter(name="--from", allow_leading_hyphen=True)] = "-24h",
    end: Annotated[str, Parameter(name="--to", allow_leading_hyphen=True)] = "now",
) -> int:
    """Judge the recorded readings again and compare the alarms with the journal, row by row.

    The centre of the folder must not run. It begins at the newest checkpoint before the start; there is one an hour.

    Parameters
    ----------
    start
        ISO time with zone, or an age: -90s, -2h, -7d.
    end
        ISO time with zone, an age, or "now".
    """
    from didymium.service.replaying import run

    return run(where.instance(), start, end)
