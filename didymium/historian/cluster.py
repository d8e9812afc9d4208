"""A ClickHouse cluster behind one URL: big tables by site over the shards, small ones on every server.

Whoever asks gets the whole answer or ``ShardDown``. Whoever writes is not held up: what a dead shard should have
waits on our disk and is given to it, in order and once, when it is back. Why: docs/adr/014.
"""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Final, TypeVar
from uuid import uuid4

import numpy as np
import pyarrow as pa

from didymium.historian import dialect, homes, schema
from didymium.historian.address import Address
from didymium.historian.embedded import Owner
from didymium.historian.engine import Columns, column
from didymium.historian.errors import EngineError, NoFreeze, ServerGone, ShardDown
from didymium.historian.homes import Homes
from didymium.historian.native import decode, encode, rows_of
from didymium.historian.server import ServerEngine
from didymium.historian.shard import Member, Shard
from didymium.historian.spool import Queue, Room, Waiting

LOG: Final = logging.getLogger(__name__)
PROBE_S: Final = 0.5
SPACE_AGE_S: Final = 1.0
SILENT_S: Final = 60
"""Longer than a read may take, so that the server's own error arrives first. No writer is held up longer."""
_SETTINGS: Final[dict[str, str | int]] = {
    # All rows of a tag lie on one shard, so what is asked of several tables can be asked shard by shard.
    "distributed_product_mode": "local",
    "optimize_skip_unused_shards": 1,
    "optimize_skip_unused_shards_limit": 1_000_000,
}
_AS_LISTED: Final[dict[str, str | int]] = {"load_balancing": "in_order", "prefer_localhost_replica": 0}
"""Of several replicas the first that answers is written to; so it is also the one to read from."""
_BROKEN_OFF: Final = (3, 32, 209, 210, 279, 519)
"""A server of the cluster says of another: UNEXPECTED_END_OF_FILE, ATTEMPT_TO_READ_AFTER_EOF, SOCKET_TIMEOUT,
NETWORK_ERROR, ALL_CONNECTION_TRIES_FAILED, ALL_REPLICAS_LOST."""
_HOMES: Final = {"site": "String", "shard": "UInt16"}
_HERE: Final = ""
"""The row of ``homes`` that says which shard its server is."""
_T = TypeVar("_T")


class WrongShard(EngineError):
    """A server is not the shard that the URL lists it as, or the servers know another cluster."""

    def __init__(self, text: str) -> None:
        super().__init__(0, text)


class ClusterEngine:
    """An ``Engine`` over the servers of an ``Address``. Only one process may write to a cluster at a time."""

    def __init__(self, address: Address) -> None:
        """Raises ``StoreBusy`` for another owner of the spool, ``ShardDown`` when no server answers, ``WrongShard``."""
        assert address.spool is not None
        self._address = address
        room = Room(address.spool)
        self._spool = address.spool
        self._owner = Owner(address.spool)
        self._homes = Homes(np.full(1, homes.NOWHERE, np.int16))
        self._sites: dict[str, int] = {}
        self._paths: dict[int, str] = {}
        self._settling = threading.Lock()
        self._space: tuple[float, tuple[int, int]] | None = None
        self._shards = [self._shard(number, room) for number in range(len(address.shards))]
        self._members = [member for shard in self._shards for member in shard.members]
        self._closing = threading.Event()
        self._drainer = threading.Thread(target=self._drain_for_good, name="historian drainer", daemon=True)
        try:
            self._drain()
            self._see_who_is_there()
            self._load_homes()
        except BaseException:
            self._close()
            raise
        self._drainer.start()

    def _shard(self, number: int, room: Room) -> Shard:
        members = [
            Member(
                ServerEngine(
                    server,
                    points=f"points{dialect.LOCAL}",
                    replicated=self._address.replicated,
                    settings={**_SETTINGS, **(_AS_LISTED if self._address.replicated else {})},
                    limit_s=SILENT_S,
                ),
                number,
                Queue(room, f"server-{server.host.strip('[]')}-{server.port}"),
                self._admit,
            )
            for server in self._address.shards[number]
        ]
        return Shard(number, members, Queue(room, f"shard-{number + 1}"))

    @property
    def database(self) -> str:
        return self._address.database

    @property
    def where(self) -> str:
        return ",".join("|".join(server.name for server in shard) for shard in self._address.shards)

    def _see_who_is_there(self) -> None:
        for member in self._members:
            if isinstance(member.outlet.error, WrongShard):
                raise member.outlet.error
        if not any(member.outlet.well for member in self._members):
            raise self._missing(self._shards[0])

    # Tables

    def command(self, sql: str) -> None:
        """On every server, about its own part. Raises ``ShardDown`` when one is missing, unless it has the table."""
        table = dialect.created(sql)
        statement = dialect.local(sql, self.database, schema.SHARDED)
        if self._address.replicated and table in schema.SHARDED:
            statement = dialect.replicated(statement)
        well = [member for member in self._members if member.outlet.well]
        if len(well) < len(self._members) and not (table and self._exists(well, table)):
            raise self._missing(next(shard for shard in self._shards if not shard.whole))
        for member in well:
            member.engine.command(statement)
            if table in schema.SHARDED:
                self._spread(member, [str(table)])
            elif table == "homes":
                self._sign(member)

    def _exists(self, members: Sequence[Member], table: str) -> bool:
        return any(bool(_tables(member.engine) & {table, f"{table}{dialect.LOCAL}"}) for member in members)

    def _spread(self, member: Member, tables: Sequence[str]) -> None:
        home = self._homes.expression()
        for table in tables:
            member.engine.command(dialect.spread(self.database, table, self._address.cluster, home))

    def _admit(self, member: Member) -> None:
        """Make a server that was away ready: it is who we think, and has every table."""
        engine = member.engine
        engine.make_database()
        found = engine.read(
            f"SELECT uniqExact(shard_num) AS n FROM system.clusters WHERE cluster = '{self._address.cluster}'"
        )
        known = int(found["n"][0])
        if known != len(self._address.shards):
            raise WrongShard(
                f"{engine.where}: its remote_servers has {known} shards in {self._address.cluster!r}, the URL lists"
                f" {len(self._address.shards)}"
            )
        tables = _tables(engine)
        if "homes" not in tables:
            tables = self._equip(member)
        if "homes" in tables:
            self._sign(member)
        self._spread(member, sorted(schema.SHARDED & {name.removesuffix(dialect.LOCAL) for name in tables}))

    def _sign(self, member: Member) -> None:
        """Note on a server which shard it is, or see that it is the one. Raises ``WrongShard``."""
        engine = member.engine
        own = engine.read(f"SELECT shard FROM {self.database}.homes WHERE site = '{_HERE}'")
        shard = column(own, "shard", np.int64)
        if not len(shard):
            engine.insert("homes", encode(_HOMES, [[_HERE], np.array([member.shard])]), {})
        elif int(shard[0]) != member.shard:
            raise WrongShard(
                f"{engine.where} keeps shard {int(shard[0]) + 1}, the URL lists it as shard {member.shard + 1}"
            )

    def _equip(self, member: Member) -> set[str]:
        """Give an empty server the tables of one that has them, with the rows of the small ones."""
        source = next((m.engine for m in self._members if m.outlet.well and "homes" in _tables(m.engine)), None)
        if source is None:
            return _tables(member.engine)
        found = source.read(
            "SELECT name, create_table_query AS made FROM system.tables"
            f" WHERE database = '{self.database}' AND engine != 'Distributed' ORDER BY name"
        )
        for name, made in zip(found["name"], found["made"], strict=True):
            member.engine.command(str(made).replace("CREATE TABLE ", "CREATE TABLE IF NOT EXISTS ", 1))
            if not str(name).endswith(dialect.LOCAL) and name not in schema.PASSING:
                own = f" WHERE site != '{_HERE}'" if name == "homes" else ""
                rows = source.native(f"SELECT * FROM {self.database}.{name}{own}")
                if rows:
                    member.engine.insert(str(name), rows, {})
        LOG.warning("%s was empty: it has the tables and the small ones' rows now", member.engine.where)
        return _tables(member.engine)

    # Writing

    def insert(self, table: str, block: bytes, settings: Mapping[str, str | int]) -> None:
        token = str(settings.get("insert_deduplication_token") or uuid4().hex)
        if table in schema.SHARDED:
            for shard, rows in self._split(block).items():
                self._shards[shard].outlet.put(Waiting(table, token, rows_of(rows), rows))
            return
        if table == "tags":
            self._settle(block)
        for member in self._members:
            member.outlet.put(Waiting(table, token, rows_of(block), block))

    def store(self, block: bytes, token: str | None, *, replay: bool) -> int:
        token = token or uuid4().hex
        return sum(
            self._shards[shard].outlet.put(Waiting("points", token, rows_of(rows), rows, replay))
            for shard, rows in self._split(block).items()
        )

    def _split(self, block: bytes) -> dict[int, bytes]:
        try:
            return homes.split(block, self._homes)
        except LookupError as error:
            raise EngineError(0, str(error)) from error

    def _settle(self, block: bytes) -> None:
        """Find a home for the sites that are new among these tags, before the tags are stored."""
        rows = decode(block)
        with self._settling:
            ids = [int(tag) for tag in rows["id"]]
            given = {tag: str(path) for tag, path in zip(ids, rows["path"], strict=True) if tag not in self._paths}
            load: dict[int, int] = {}
            for path in self._paths.values():
                home = self._sites[homes.site_of(path)]
                load[home] = load.get(home, 0) + 1
            chosen = homes.placed(self._sites, given.values(), len(self._shards), load)
            if chosen:
                kept = encode(_HOMES, [list(chosen), np.array(list(chosen.values()))])
                for member in self._members:
                    member.outlet.put(Waiting("homes", uuid4().hex, len(chosen), kept))
            self._know({**self._sites, **chosen}, {**self._paths, **given})
        for member in self._members:
            if member.outlet.well:
                self._spread(member, sorted(schema.SHARDED))

    def _know(self, sites: dict[str, int], paths: dict[int, str]) -> None:
        strange = {shard for shard in sites.values() if shard >= len(self._shards)}
        if strange:
            raise WrongShard(f"the store has a shard {max(strange) + 1}, the URL lists {len(self._shards)}")
        self._sites, self._paths = sites, paths
        self._homes = Homes.of(sites, np.array(list(paths), np.uint32), paths.values())

    def _load_homes(self) -> None:
        well = [member for member in self._members if member.outlet.well]
        if not self._exists(well, "tags"):
            return
        database = self.database
        found = self.read(f"SELECT site, shard FROM {database}.homes FINAL WHERE site != '{_HERE}'")
        sites = zip(column(found, "site", np.object_), column(found, "shard", np.int64), strict=True)
        tags = self.read(f"SELECT id, path FROM {database}.tags FINAL ORDER BY id")
        paths = zip(column(tags, "id", np.int64), column(tags, "path", np.object_), strict=True)
        self._know({str(site): int(shard) for site, shard in sites}, {int(tag): str(path) for tag, path in paths})
        for member in well:
            self._spread(member, sorted(schema.SHARDED))

    # Reading

    def read(self, sql: str, tags: Sequence[int] | None = None) -> Columns:
        needed = self._needed(tags) if dialect.touched(sql, self.database, schema.SHARDED) else []
        if tags is not None and len(needed) == 1:  # its own servers answer for their part, without a detour
            own = dialect.local(sql, self.database, schema.SHARDED)
            return self._asked(needed, lambda engine: engine.read(own), among=needed[0].members)
        everywhere = dialect.everywhere(sql, self._address.cluster)
        return self._asked(needed, lambda engine: engine.read(everywhere, tags))

    def folder(self, table: str) -> Path | None:
        """The servers' files are their own."""
        return None

    def ask(self, sql: str) -> pa.Table:
        needed = self._shards if dialect.mentioned(sql, schema.SHARDED | {"readings"}) else []
        return self._asked(needed, lambda engine: engine.ask(sql))

    def _needed(self, tags: Sequence[int] | None) -> Sequence[Shard]:
        if tags is None:
            return self._shards
        asked = np.asarray(tags, np.uint32)
        known = asked[asked < len(self._homes.shard_of)]
        return [self._shards[home] for home in np.unique(self._homes.shard_of[known]).tolist() if home >= 0]

    def _asked(
        self, needed: Sequence[Shard], ask: Callable[[ServerEngine], _T], among: Sequence[Member] | None = None
    ) -> _T:
        """One answer from a server that is well, once every shard that it needs is whole."""
        for member in self._members if among is None else among:
            for shard in needed:
                if not shard.whole:
                    raise self._missing(shard)
            if not member.outlet.well:
                continue
            try:
                return ask(member.engine)
            except ServerGone as error:
                member.outlet.lost(error)
            except EngineError as error:
                if error.code not in _BROKEN_OFF or not self._lose_the_silent():
                    raise
        raise self._missing(needed[0] if needed else self._shards[0])

    def _lose_the_silent(self) -> bool:
        """Ask every server that counts as well whether it is there; True when one is not."""
        lost = False
        for member in self._members:
            if member.outlet.well:
                try:
                    member.engine.read("SELECT 1 AS one")
                except ServerGone as error:
                    member.outlet.lost(error)
                    lost = True
        return lost

    def _missing(self, shard: Shard) -> ShardDown:
        sites = sorted(site for site, home in self._sites.items() if home == shard.number)
        return ShardDown(shard.number + 1, shard.where, sites, shard.why)

    # Keeping

    def _drain(self) -> None:
        for member in self._members:
            member.outlet.drain(self._closing)
        for shard in self._shards:
            shard.outlet.drain(self._closing)

    def _drain_for_good(self) -> None:
        while not self._closing.wait(PROBE_S):
            self._drain()

    def trouble(self) -> list[str]:
        told = []
        for shard in self._shards:
            name = f"shard {shard.number + 1} ({shard.where})"
            if not shard.whole:
                told.append(f"{name} {shard.why}")
            else:
                told += [f"{m.outlet.name} of {name} {m.outlet.why}" for m in shard.members if m.outlet.why]
        return told

    def space(self) -> tuple[int, int]:
        """Of the fullest server that answers; of the spool when none does. At most a second old."""
        now = time.monotonic()
        if self._space is None or now - self._space[0] > SPACE_AGE_S:
            found = []
            for member in self._members:
                if member.outlet.well:
                    try:
                        found.append(member.engine.space())
                    except ServerGone as error:
                        member.outlet.lost(error)
            usage = shutil.disk_usage(self._spool)
            self._space = now, min(found, default=(usage.free, usage.total))
        return self._space[1]

    def writing(self) -> AbstractContextManager[None]:
        return nullcontext()

    def alone(self) -> AbstractContextManager[None]:
        return nullcontext()

    def freeze(self, name: str) -> Path:
        """Raises ``NoFreeze``."""
        raise NoFreeze(self.where, self.database)

    def thaw(self, name: str) -> None:
        """Nothing was frozen here."""

    def keep_definitions(self) -> None:
        """The servers keep their own."""

    def close(self) -> None:
        self._closing.set()
        self._drainer.join()
        self._close()

    def _close(self) -> None:
        for member in self._members:
            member.engine.close()
        self._owner.release()


def _tables(engine: ServerEngine) -> set[str]:
    found = engine.read(f"SELECT name FROM system.tables WHERE database = '{engine.database}'")
    return {str(name) for name in column(found, "name", np.object_)}
