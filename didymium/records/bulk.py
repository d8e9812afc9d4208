"""Many rows by one statement, and many rows read: columns without an object per row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection, Insert, Update
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

_DIALECTS: Final[dict[str, Any]] = {
    "sqlite": SQLiteDialect_pysqlite(paramstyle="qmark"),
    "postgresql": PGDialect_psycopg(paramstyle="format"),  # type: ignore[no-untyped-call]
}


def run(connection: Connection, statement: Insert | Update, columns: Mapping[str, Any]) -> int:
    """Run the statement once for each row of the columns, which are its parameters; the number of rows touched."""
    sql, order = _compiled(connection.dialect.name, statement, tuple(columns))
    rows = list(zip(*(listed(columns[name]) for name in order), strict=True))
    if not rows:
        return 0
    return connection.exec_driver_sql(sql, rows).rowcount


@lru_cache(maxsize=32)
def _compiled(dialect: str, statement: Insert | Update, names: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    keys = names if isinstance(statement, Insert) else None
    compiled = statement.compile(dialect=_DIALECTS[dialect], column_keys=keys)
    return str(compiled), tuple(compiled.positiontup or ())


def columns(names: Sequence[str], found: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """The rows that were found as a list by column."""
    read = zip(*found, strict=True) if found else ([] for _ in names)
    return {name: list(values) for name, values in zip(names, read, strict=True)}


def listed(column: Any) -> list[Any]:
    """A column as a list of Python's own values, which is what databases take; NaN is nothing."""
    values = column.tolist() if hasattr(column, "tolist") else list(column)
    if getattr(getattr(column, "dtype", None), "kind", "") == "f":
        return [None if value != value else value for value in values]
    return values
