"""Which moments of which tags have an annotation, for AnnotationCount."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from didymium.historian.annotations import annotations_of
from didymium.historian.engine import Engine


def annotated(
    engine: Engine, tags: Sequence[int], from_us: int, to_us: int, known_at_us: int | None
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """The tag and time of each annotation in ``[from_us, to_us)`` that was not taken away, by tag and time."""
    found = annotations_of(engine, tags, from_us, to_us, known_at_us=known_at_us)
    return np.array([each.tag for each in found], np.uint32), np.array([each.time_us for each in found], np.int64)
