"""Which moments of which tags have an annotation, for AnnotationCount."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from didymium.historian import schema
from didymium.historian.engine import Engine, column


def annotated(
    engine: Engine, tags: Sequence[int], from_us: int, to_us: int, known_at_us: int | None
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """The tag and time of each annotation in ``[from_us, to_us)``: its last version, if that still says something."""
    listed = ", ".join(str(int(tag)) for tag in tags) or "NULL"
    until = "" if known_at_us is None else f" WHERE at <= {schema.time(known_at_us)}"
    found = engine.read(
        "SELECT last_tag, last_ts FROM (SELECT id, argMax(tag, version) AS last_tag, argMax(ts, version) AS last_ts,"
        f" argMax(text, version) AS last_text FROM {engine.database}.annotations{until} GROUP BY id)"
        f" WHERE last_text != '' AND last_tag IN ({listed})"
        f" AND last_ts >= {schema.time(from_us)} AND last_ts < {schema.time(to_us)} ORDER BY last_tag, last_ts"
    )
    return column(found, "last_tag", np.uint32), column(found, "last_ts", np.int64)
