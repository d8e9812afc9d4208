"""Words that people pin to a moment of a tag. A change is a new version; nothing is overwritten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from didymium.historian import schema
from didymium.historian.corrections import MOST_WORDS
from didymium.historian.engine import Engine, column
from didymium.historian.errors import RefusedAnnotation
from didymium.historian.native import Column, encode
from didymium.historian.versions import Versions

_TYPES: Final = {
    "id": "UInt64",
    "tag": "UInt32",
    "ts": "DateTime64(6, 'UTC')",
    "text": "String",
    "who": "String",
    "at": "DateTime64(6, 'UTC')",
    "version": "UInt64",
}


class Annotation(NamedTuple):
    """One version of an annotation; an empty ``text`` took it away. Times are µs since 1970 UTC."""

    id: int
    tag: int
    time_us: int
    text: str
    who: str
    at_us: int


def annotate(
    engine: Engine,
    versions: Versions,
    tag: int,
    time_us: int,
    text: str,
    who: str,
    now_us: int,
    annotation_id: int | None = None,
) -> int:
    """Store an annotation, or a new version of the one with ``annotation_id``; its id.

    A new version with no text takes it away. Raises ``RefusedAnnotation``.
    """
    if not who.strip():
        raise RefusedAnnotation("an annotation says who: who is empty")
    if not text.strip() and annotation_id is None:
        raise RefusedAnnotation("the annotation has no text")
    if max(len(text), len(who)) > MOST_WORDS:
        raise RefusedAnnotation(f"the annotation is longer than {MOST_WORDS:,} characters")
    if annotation_id is not None:
        there = [each for each in annotations_of(engine, [tag], time_us, time_us + 1) if each.id == annotation_id]
        if not there:
            raise RefusedAnnotation(f"there is no annotation {annotation_id} at that moment of the tag")
    version = versions.next()
    chosen = version if annotation_id is None else annotation_id
    columns: list[Column] = [
        np.array([chosen], np.uint64),
        np.array([tag], np.uint32),
        np.array([time_us], np.int64),
        [text.strip()],
        [who.strip()],
        np.array([now_us], np.int64),
        np.array([version], np.uint64),
    ]
    with engine.writing():
        engine.insert("annotations", encode(_TYPES, columns), {})
    return chosen


def annotations_of(
    engine: Engine,
    tags: Sequence[int],
    from_us: int,
    to_us: int,
    *,
    known_at_us: int | None = None,
    every_version: bool = False,
) -> list[Annotation]:
    """The annotations of ``[from_us, to_us)`` by tag and time, as known now or at ``known_at_us``.

    With ``every_version`` all that they ever said, those taken away too, in the order in which it was said.
    """
    if not tags:
        return []
    found = engine.read(
        f"SELECT id, tag, ts, text, who, at FROM {engine.database}.annotations"
        f" WHERE tag IN ({', '.join(str(int(tag)) for tag in tags)})"
        f" AND ts >= {schema.time(from_us)} AND ts < {schema.time(to_us)} ORDER BY tag, ts, id, version"
        " LIMIT 1 BY id, version",  # one whose first try broke off is in a cluster's shard twice
        tags,
    )
    numbers = (column(found, name, np.int64).tolist() for name in ("id", "tag", "ts"))
    words = (column(found, name, np.object_).tolist() for name in ("text", "who"))
    rows = [Annotation(*row) for row in zip(*numbers, *words, column(found, "at", np.int64).tolist(), strict=True)]
    if known_at_us is not None:
        rows = [row for row in rows if row.at_us <= known_at_us]
    if every_version:
        return rows
    return [row for row in {each.id: each for each in rows}.values() if row.text]
