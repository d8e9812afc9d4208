"""How our statements change on a cluster: the big tables lie on the shards as ``<name>_local``.

Every statement of this room writes its tables as ``database.table``, which is what lets a few patterns find them.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

LOCAL: Final = "_local"
_ENGINE: Final = re.compile(r"\bENGINE = (\w*)MergeTree\b(?:\(([^)]*)\))?")
_CREATED: Final = re.compile(r"\s*CREATE TABLE IF NOT EXISTS \w+\.(\w+)", re.IGNORECASE)
_OF_THE_ENGINE: Final = re.compile(r"\bsystem\.(parts|detached_parts)\b")
KEEPER_PATH: Final = "/clickhouse/tables/{shard}/{database}/{table}"


def created(sql: str) -> str | None:
    """The table that a ``CREATE TABLE IF NOT EXISTS database.table`` makes; None for any other statement."""
    found = _CREATED.match(sql)
    return found.group(1) if found else None


def touched(sql: str, database: str, tables: Collection[str]) -> bool:
    """Whether one of our own questions needs rows of these tables, or of the engine's own tables of every server."""
    return bool(_OF_THE_ENGINE.search(sql)) or local(sql, database, tables) != sql


def mentioned(sql: str, tables: Collection[str]) -> bool:
    """Whether somebody else's question may need rows of these tables.

    It may name a table without its database, so the bare word counts: a word in a string costs a question that could
    have been answered while a shard is dead, never a wrong answer.
    """
    return re.search(rf"\b({_any(tables)})(?:{LOCAL})?\b", sql) is not None


def local(sql: str, database: str, tables: Collection[str]) -> str:
    """The statement about the shard's own part of these tables."""
    return re.sub(rf"\b({re.escape(database)})\.({_any(tables)})\b", rf"\1.\2{LOCAL}", sql)


def everywhere(sql: str, cluster: str) -> str:
    """The question with the engine's own tables taken from every server of the cluster, under our tables' names."""

    def of_all(found: re.Match[str]) -> str:
        source = f"clusterAllReplicas('{cluster}', system.{found.group(1)})"
        return f"(SELECT * REPLACE (replaceRegexpOne(table, '{LOCAL}$', '') AS table) FROM {source})"

    return _OF_THE_ENGINE.sub(of_all, sql)


def replicated(sql: str) -> str:
    """A table's definition with its rows kept by every replica of the shard; the servers' macros fill the path."""

    def of_all(found: re.Match[str]) -> str:
        kind, arguments = found.groups()
        keeper = f"'{KEEPER_PATH}', '{{replica}}'"
        return f"ENGINE = Replicated{kind}MergeTree({', '.join([keeper, arguments] if arguments else [keeper])})"

    return _ENGINE.sub(of_all, sql).replace("non_replicated_deduplication_window", "replicated_deduplication_window")


def spread(database: str, table: str, cluster: str, home: str) -> str:
    """The statement that makes the table over all shards; ``home`` is the expression for a row's shard, from 0."""
    return (
        f"CREATE OR REPLACE TABLE {database}.{table} AS {database}.{table}{LOCAL}"
        f" ENGINE = Distributed('{cluster}', '{database}', '{table}{LOCAL}', {home})"
    )


def _any(tables: Collection[str]) -> str:
    return "|".join(sorted(map(re.escape, tables)))
