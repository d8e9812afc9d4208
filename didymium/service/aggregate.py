"""``didymium aggregate``: Part 13 aggregates through the running centre, or of the historian itself."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.csv
from rich.console import Console
from rich.table import Table

from didymium.client import connect
from didymium.client.moments import UNIT_US
from didymium.historian.aggregates.configuration import AggregateConfiguration
from didymium.historian.aggregates.definitions import Aggregate, aggregate_of
from didymium.historian.aggregates.intervals import intervals
from didymium.historian.aggregates.words import words_of
from didymium.model.folder import read_complex
from didymium.service.ask import SHOWN_ROWS, BadRequest, matching, moment_us, own_historian
from didymium.service.instance import Instance
from didymium.web.aggregates import table

LENGTH: Final = re.compile(r"(\d+(?:\.\d+)?)([smhd])")

console = Console(highlight=False)


def aggregate(
    instance: Instance,
    name: str,
    tags: str,
    start: str,
    end: str,
    interval: str,
    configuration: AggregateConfiguration,
    file: Path | None,
    known_at: str | None,
) -> int:
    """Print the results, or write them to a CSV file. Raises ``BadRequest`` and ``AggregateError``."""
    function = aggregate_of(name)
    if file is not None and file.suffix.lower() != ".csv":
        raise BadRequest(f"{file}: results are written as CSV; name a file that ends in .csv")
    now_us = time.time_ns() // 1_000
    span = moment_us(start, now_us), moment_us(end, now_us)
    interval_us = length_us(interval)
    plant = read_complex(instance.complex_folder)
    paths = matching(plant, tags)
    intervals(*span, interval_us, len(paths))  # refused here, before a store is opened
    known_at_us = None if known_at is None else moment_us(known_at, now_us)
    historian = own_historian(instance)
    if historian is not None:
        rows = [plant.tags.row_of[path] for path in paths]
        ids = historian.ids.ids[rows].tolist()
        found = historian.aggregate(
            ids, *span, interval_us, function, configuration, plant.tags.stepped[rows], known_at_us=known_at_us
        )
        answer = table(paths, found)
    else:
        answer = connect(instance.wall).aggregate(
            function.name,
            paths,
            *span,
            interval_us or abs(span[1] - span[0]),
            known_at=known_at_us,
            treat_uncertain_as_bad=configuration.treat_uncertain_as_bad,
            percent_data_bad=configuration.percent_data_bad,
            percent_data_good=configuration.percent_data_good,
            use_sloped_extrapolation=configuration.use_sloped_extrapolation,
        )
    if file is None:
        _print(function, answer)
    else:
        _write(answer, file)
        console.print(f"{answer.num_rows:,} results of {len(paths):,} tags in {file}")
    return 0


def length_us(said: str) -> int:
    """µs of a length like 30s, 15m, 1h or 1d, or of 0. Raises ``BadRequest``."""
    if said == "0":
        return 0
    found = LENGTH.fullmatch(said)
    if found is None or float(found[1]) == 0:
        raise BadRequest(f"{said!r} is no length of time; say 30s, 15m, 1h or 1d, or 0 for one interval")
    return round(float(found[1]) * UNIT_US[found[2]])


def _meaning(status: Sequence[int]) -> list[str]:
    words = {code: words_of(code) for code in set(status)}
    return [words[code] for code in status]


def _print(function: Aggregate, answer: pa.Table) -> None:
    shown = Table("tag", "time", f"{function.name}, {function.result}", "status")
    first = answer.slice(0, SHOWN_ROWS)
    status = first["status"].to_pylist()
    for row, meaning in zip(first.to_pylist(), _meaning(status), strict=True):
        value = "" if np.isnan(row["value"]) else f"{row['value']:.10g}"
        shown.add_row(row["path"], row["time"].isoformat(), value, meaning)
    console.print(shown)
    if answer.num_rows > SHOWN_ROWS:
        console.print(f"{SHOWN_ROWS} of {answer.num_rows:,} results; write all of them with --csv FILE")


def _write(answer: pa.Table, file: Path) -> None:
    """Columns path, time, value (empty where bad), status, meaning."""
    value = answer["value"].to_numpy()
    columns = {
        "path": answer["path"].cast(pa.string()),
        "time": answer["time"],
        "value": pa.array(value, mask=np.isnan(value)),
        "status": answer["status"],
        "meaning": pa.array(_meaning(answer["status"].to_pylist())),
    }
    pyarrow.csv.write_csv(pa.table(columns), file)
