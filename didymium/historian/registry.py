"""The tag ids as the store keeps them: given once, retired when the path leaves the complex, never given again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from didymium.historian.engine import Engine, column
from didymium.historian.native import Column, encode
from didymium.historian.versions import Versions
from didymium.model.registry import TagIds, assign

_TYPES: Final = {
    "id": "UInt32",
    "path": "String",
    "first_seen": "DateTime64(6, 'UTC')",
    "retired": "DateTime64(6, 'UTC')",
    "version": "UInt64",
}


def settle(engine: Engine, versions: Versions, paths: Sequence[str], now_us: int) -> TagIds:
    """Give every path its id, store what is new, retire what is gone; a path that comes back gets its old id."""
    stored = engine.read(f"SELECT id, path, first_seen, retired FROM {engine.database}.tags FINAL ORDER BY id")
    known_path = [str(path) for path in column(stored, "path", np.object_)]
    known_id = column(stored, "id", np.uint32)
    first_seen = column(stored, "first_seen", np.int64)
    retired = column(stored, "retired", np.int64)
    ids, new = assign(paths, dict(zip(known_path, known_id.tolist(), strict=True)))

    wanted = set(paths)
    present = np.array([path in wanted for path in known_path], np.bool_)
    changed = np.flatnonzero(present != (retired == 0))
    rows_id = [*(int(known_id[i]) for i in changed), *new.values()]
    if rows_id:
        columns: list[Column] = [
            np.array(rows_id, np.uint32),
            [*(known_path[i] for i in changed), *new],
            np.array([*(int(first_seen[i]) for i in changed), *([now_us] * len(new))], np.int64),
            np.array([*(0 if present[i] else now_us for i in changed), *([0] * len(new))], np.int64),
            np.full(len(rows_id), versions.next(), np.uint64),
        ]
        engine.insert("tags", encode(_TYPES, columns), {})
    return ids
