"""DuckDB, inside this process, over Arrow tables."""

from __future__ import annotations

import importlib
import importlib.util
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bench.day import Day, Stretch
from bench.peers.peer import BUCKETS, NotInstalled


class DuckDB:
    """One table in one file."""

    title = "DuckDB"
    note = (
        "Arrow tables of 50 s of all tags, a transaction each; settled by writing the table anew in the order tag, time"
        " into a second file, which is what is counted and asked"
    )
    threads = 2

    def __init__(self, day: Day, folder: Path) -> None:
        if importlib.util.find_spec("duckdb") is None:
            raise NotInstalled("pip install duckdb")
        duckdb: Any = importlib.import_module("duckdb")
        self._day, self._folder, self._version = day, folder, str(duckdb.__version__)
        self._root = duckdb.connect(str(folder / "loaded.duckdb"))
        self._root.execute("SET memory_limit = '2GB'")
        self._root.execute(f"SET temp_directory = '{folder / 'spill'}'")
        self._table = "points"
        self._local = threading.local()
        self._root.execute("CREATE TABLE points (tag UINTEGER, ts TIMESTAMP, value DOUBLE, status UINTEGER)")
        self._sites = pa.table({"tag": np.arange(day.tags, dtype=np.uint32), "site": day.site})

    def version(self) -> str:
        return self._version

    def prepared(self, stretch: Stretch) -> pa.Table:
        seconds, tags = stretch.value.shape
        ts = pa.array(np.repeat(stretch.second_s * 1_000_000, tags)).cast(pa.timestamp("us"))
        tag = np.tile(np.arange(tags, dtype=np.uint32), seconds)
        return pa.table({"tag": tag, "ts": ts, "value": stretch.value.ravel(), "status": stretch.status.ravel()})

    def put(self, prepared: pa.Table) -> None:
        self._cursor().from_arrow(prepared).insert_into(self._table)

    def complete(self) -> None:
        """Nothing: what is written can be asked for."""

    def settle(self) -> None:
        self._root.execute(f"ATTACH '{self._folder / 'sorted.duckdb'}' AS sorted (STORAGE_VERSION 'latest')")
        self._root.execute("CREATE TABLE sorted.points AS SELECT * FROM points ORDER BY tag, ts")
        self._root.execute("CHECKPOINT sorted")
        self._table = "sorted.points"

    def size_bytes(self) -> int:
        return (self._folder / "sorted.duckdb").stat().st_size

    def raw(self, tag: int, from_us: int, to_us: int) -> int:
        return self._rows(
            f"SELECT ts, value, status FROM {self._table} WHERE tag = {tag} AND {_within(from_us, to_us)} ORDER BY ts"
        )

    def buckets(self, tags: list[int], from_us: int, to_us: int) -> int:
        width_us = (to_us - from_us) // BUCKETS
        return self._rows(
            f"SELECT tag, (epoch_us(ts) - {from_us}) // {width_us} AS bucket, min(value), max(value), avg(value)"
            f" FROM {self._table} WHERE tag IN ({','.join(map(str, tags))}) AND {_within(from_us, to_us)}"
            " GROUP BY tag, bucket"
        )

    def newest(self) -> int:
        return self._rows(
            f"SELECT tag, max(ts), arg_max(value, ts), arg_max(status, ts) FROM {self._table} GROUP BY tag"
        )

    def sites(self, from_us: int, to_us: int) -> int:
        tags = self._sites  # noqa: F841 - DuckDB finds it by its name
        return len(
            self._cursor()
            .execute(
                "SELECT site, count(*), min(value), max(value), avg(value)"
                f" FROM {self._table} AS p JOIN tags USING (tag) WHERE {_within(from_us, to_us)} GROUP BY site"
            )
            .fetchnumpy()["site"]
        )

    def tend(self) -> None:
        """Nothing: it looks after itself."""

    def more(self) -> dict[str, object]:
        return {}

    def close(self) -> None:
        self._root.close()

    def _cursor(self) -> Any:
        """This thread's own connection to the same database."""
        if not hasattr(self._local, "cursor"):
            self._local.cursor = self._root.cursor()
        return self._local.cursor

    def _rows(self, sql: str) -> int:
        columns = self._cursor().execute(sql).fetchnumpy()
        return len(next(iter(columns.values())))


def _within(from_us: int, to_us: int) -> str:
    return f"ts >= make_timestamp({from_us}) AND ts < make_timestamp({to_us})"
