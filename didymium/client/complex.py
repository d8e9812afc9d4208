"""One running centre, as a program sees it: tags, history and the present, as Arrow tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Final, TypeAlias

import pyarrow as pa

from didymium.client.following import MOST_TAGS, Following
from didymium.client.line import Line
from didymium.client.moments import Length, Moment, length_us, moment_us

Tags: TypeAlias = str | Sequence[str]
"""A tag path, a pattern over paths (``S03.PL1.*.VOLT_PV``), several separated by commas, or a list of any of these."""

LONGEST_QUERY: Final = 8_000
"""Characters of tag paths in one request; longer lists are asked for in parts."""
SERIES_TAGS: Final = 64
"""Tags of one bucketed question; more are asked for in parts."""


class Complex:
    """A complex behind the address of its centre.

    Every answer is a ``pyarrow.Table``: ``table.to_pandas()`` makes a pandas frame of it, ``polars.from_arrow(table)``
    a polars one. Times are ``timestamp[us, UTC]``; values are in the tag's own unit, which ``tags()`` names; a status
    is the whole OPC UA StatusCode, 0 to 0x3FFFFFFF Good, from 0x80000000 Bad. Rows of several tags come tag after tag,
    each in the order of time. A range is ``[start, end)``.

    Every method may raise ``CentreNotReached`` and ``RefusedByCentre``, whose text is the centre's own: an unknown tag
    with the nearest one that there is, a range that runs backwards, a question that takes too long.
    """

    def __init__(self, address: str) -> None:
        """Raises ``ValueError`` for what is no address. Nothing is asked yet."""
        self._line = Line(address)

    def __repr__(self) -> str:
        return f"connect({self._line.address!r})"

    def tags(self, pattern: str = "*") -> pa.Table:
        """The tags whose path matches, one row each; no row where none does.

        Columns: path, unit_path, name, kind (analog, discrete, counter, …), unit (of the values), low and high (of the
        range), ll, l, h, hh (limits; null where there is none), en and zh (descriptions), id.
        """
        columns: Mapping[str, list[object]] = self._line.json("/api/tags")
        patterns = pattern.split(",")
        rows = [
            row
            for row, path in enumerate(columns["path"])
            if any(fnmatchcase(str(path), one.strip()) for one in patterns)
        ]
        return pa.table({name: pa.array([columns[name][row] for row in rows], kind) for name, kind in _TAG_COLUMNS})

    def raw(self, tags: Tags, start: Moment, end: Moment = "now", *, known_at: Moment | None = None) -> pa.Table:
        """Every reading of the tags in the range, however many that are.

        Columns: path (dictionary), time, value (float64), status (uint32), flags (uint8: 1 late, 2 historical, 4 clock
        ahead). ``known_at`` asks for what was known at that moment: without readings that came later and without
        corrections that were made later.
        """
        found = list(self.batches(tags, start, end, known_at=known_at))
        return pa.Table.from_batches(found).unify_dictionaries() if found else _POINTS.empty_table()

    def batches(
        self, tags: Tags, start: Moment, end: Moment = "now", *, known_at: Moment | None = None
    ) -> Iterator[pa.RecordBatch]:
        """The rows of ``raw`` batch by batch, for more than fits into memory; the first is asked for at once."""
        span = _span(start, end, known_at)
        for part in _parts(tags):
            yield from self._line.batches("/api/rows", {**span, "tags": part})

    def buckets(
        self, tags: Tags, start: Moment, end: Moment = "now", buckets: int = 1_000, *, known_at: Moment | None = None
    ) -> pa.Table:
        """The range in at most ``buckets`` equal stretches, at most 4,000; stretches without readings are left out.

        Columns: path (dictionary), time (the stretch's start), min, max and mean (of good values; NaN without any),
        last and last_status (the latest reading, whatever its quality), count (of all readings), good (of those behind
        the mean). The metadata ``width_us`` is the stretch's length; over long ranges it is whole minutes.
        """
        span = _span(start, end, known_at) | {"buckets": buckets}
        found = [self._line.table("/api/series", {**span, "tags": part}) for part in self._counted(tags, SERIES_TAGS)]
        return _joined(found)

    def aggregate(
        self,
        name: str,
        tags: Tags,
        start: Moment,
        end: Moment = "now",
        interval: Length | None = None,
        *,
        treat_uncertain_as_bad: bool = True,
        percent_data_bad: int = 100,
        percent_data_good: int = 100,
        use_sloped_extrapolation: bool = False,
        stepped: bool | None = None,
        known_at: Moment | None = None,
    ) -> pa.Table:
        """One of OPC UA Part 13's aggregates, per tag and interval; without ``interval`` the range is one.

        ``name`` is the standard's, like ``TimeAverage``, or its NodeId, like ``i=2343``. Columns: path (dictionary),
        time (as the standard stamps the result), value (in the tag's unit, or in the aggregate's: a count, s, percent;
        NaN where it is Bad) and status (with the information bits). The next four settings are the standard's, with its
        defaults; ``stepped`` holds values between readings or slopes, by the tag's kind if left out. With ``end``
        before ``start`` time flows backwards, as the standard has it.
        """
        asked = {
            **_span(start, end, known_at),
            "name": name,
            "interval_us": 0 if interval is None else length_us(interval),
            "treat_uncertain_as_bad": _yes_or_no(treat_uncertain_as_bad),
            "percent_data_bad": percent_data_bad,
            "percent_data_good": percent_data_good,
            "use_sloped_extrapolation": _yes_or_no(use_sloped_extrapolation),
            "stepped": None if stepped is None else _yes_or_no(stepped),
        }
        return _joined([self._line.table("/api/aggregate", {**asked, "tags": part}) for part in _parts(tags)])

    def newest(self, tags: Tags) -> pa.Table:
        """The newest reading of each tag.

        Columns: path (dictionary), time (null before the first reading), value, status.
        """
        found = [self._line.table("/api/newest", {"tags": part}) for part in _parts(tags)]
        return _joined(found)

    def sql(self, statement: str) -> pa.Table:
        """The answer to read-only SQL in ClickHouse's dialect; ``points`` and ``tags`` are the tables to begin with.

        This reads what is stored, row by row: corrections and repetitions are the asker's to deal with.
        """
        return self._line.posted("/api/query", {"sql": statement})

    def follow(self, tags: Tags) -> Following:
        """What changes from now on, beginning with every tag as it is: at most 2,000 tags in one subscription.

        ``for told in complex.follow(…)`` blocks; ``async for`` does not. Raises ``ValueError`` for more tags.
        """
        paths = self.newest(tags)["path"].to_pylist()
        if len(paths) > MOST_TAGS:
            raise ValueError(f"{len(paths):,} tags are more than the {MOST_TAGS:,} that one subscription follows")
        return Following(self._line, paths, self._paths)

    def _paths(self) -> Mapping[int, str]:
        return dict(enumerate(self._line.json("/api/tags")["path"]))

    def _counted(self, tags: Tags, most: int) -> list[str]:
        """Parts of at most ``most`` tags each."""
        paths = self.newest(tags)["path"].to_pylist()
        return [",".join(paths[at : at + most]) for at in range(0, len(paths), most)]


_FLOATS: Final = ("low", "high", "ll", "l", "h", "hh")
_TAG_COLUMNS: Final = (
    *((name, pa.string()) for name in ("path", "unit_path", "name", "kind", "unit")),
    *((name, pa.float64()) for name in _FLOATS),
    *((name, pa.string()) for name in ("en", "zh")),
    ("id", pa.uint32()),
)
_POINTS: Final = pa.schema(
    [
        pa.field("path", pa.dictionary(pa.int32(), pa.string()), nullable=False),
        pa.field("time", pa.timestamp("us", "UTC"), nullable=False),
        pa.field("value", pa.float64(), nullable=False),
        pa.field("status", pa.uint32(), nullable=False),
        pa.field("flags", pa.uint8(), nullable=False),
    ]
)


def _span(start: Moment, end: Moment, known_at: Moment | None) -> dict[str, int | str | None]:
    known_us = None if known_at is None else moment_us(known_at)
    return {"from_us": moment_us(start), "to_us": moment_us(end), "known_at_us": known_us}


def _yes_or_no(said: bool) -> str:
    return "true" if said else "false"


def _joined(tables: Sequence[pa.Table]) -> pa.Table:
    """All rows under one dictionary of paths."""
    return tables[0] if len(tables) == 1 else pa.concat_tables(tables).unify_dictionaries()


def _parts(tags: Tags) -> list[str]:
    """The tags as one or more queries that fit a request."""
    words = [word for one in ([tags] if isinstance(tags, str) else tags) for word in one.split(",") if word.strip()]
    parts: list[str] = []
    length = LONGEST_QUERY
    for word in words:
        if length + len(word) >= LONGEST_QUERY:
            parts.append(word)
            length = len(word)
        else:
            parts[-1] += f",{word}"
            length += 1 + len(word)
    return parts or [""]
