"""PostgreSQL: one table, loaded by binary COPY, with a covering index by tag and time."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import threading
from pathlib import Path
from typing import Final

import numpy as np

from bench.day import Day, Stretch
from bench.peers.peer import BUCKETS, NotInstalled
from bench.peers.postgresql_wire import Connection, Refused
from bench.peers.server import Server

PORT: Final = 5432
"""Names the socket in the folder; nothing listens on the network."""
EPOCH_US: Final = 946_684_800_000_000
"""PostgreSQL's timestamps count from 2000."""
COPIED: Final = np.dtype(
    [
        ("fields", ">i2"),
        ("tag_bytes", ">i4"), ("tag", ">i4"),
        ("ts_bytes", ">i4"), ("ts", ">i8"),
        ("value_bytes", ">i4"), ("value", ">f8"),
        ("status_bytes", ">i4"), ("status", ">u4"),
    ]
)  # fmt: skip
_SETTINGS: Final = {
    "listen_addresses": "",
    "shared_buffers": "1GB",
    "maintenance_work_mem": "1GB",
    "work_mem": "256MB",
    "max_wal_size": "4GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "checkpoint_timeout": "15min",
    "effective_cache_size": "4GB",
    "random_page_cost": "1.1",
    "jit": "off",
}


class _Sessions(threading.local):
    session: Connection | None = None


class PostgreSQL:
    """A row per reading."""

    title = "PostgreSQL"
    note = (
        "binary COPY of 50 s of all tags, then an index (tag, ts) with value and status in it, whose making is part of"
        " the ingest figure, and VACUUM; with BRIN instead it takes about half the space and reads one tag a hundred"
        " times slower; size of table and index; jit off, 2 parallel workers as by default"
    )
    threads = 2

    def __init__(self, day: Day, folder: Path) -> None:
        programs = _programs()
        if programs is None:
            raise NotInstalled("apt install postgresql")
        self._day, self._folder = day, folder
        self._user = _unprivileged()
        if self._user is not None:
            account = pwd.getpwnam(self._user)
            os.chown(folder, account.pw_uid, account.pw_gid)
        data = folder / "data"
        words = [str(programs / "initdb"), "-D", str(data), "-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C"]
        made = subprocess.run(words, capture_output=True, text=True, user=self._user, cwd=folder, timeout=120)
        if made.returncode:
            raise RuntimeError(f"initdb: {made.stderr}")
        settings = [word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}")]
        words = [str(programs / "postgres"), "-D", str(data), "-k", str(folder), "-p", str(PORT), *settings]
        self._local = _Sessions()
        self._server = Server(words, folder / "log", user=self._user, ends_on=signal.SIGINT)
        self._server.wait_ready(self._ready)
        self._session().ask("CREATE TABLE points (tag int4, ts timestamptz, value float8, status int4)")
        self._session().ask("CREATE TABLE tags (tag int4 PRIMARY KEY, site int4)")
        rows = ",".join(f"({tag},{site})" for tag, site in enumerate(day.site.tolist()))
        self._session().ask(f"INSERT INTO tags VALUES {rows}")
        self._session().ask("ANALYZE tags")

    def version(self) -> str:
        return self._session().ask("SHOW server_version")[0][6:].decode()

    def prepared(self, stretch: Stretch) -> memoryview:
        seconds, tags = stretch.value.shape
        rows = np.empty(len(stretch), COPIED)
        rows["fields"] = 4
        rows["tag_bytes"], rows["ts_bytes"], rows["value_bytes"], rows["status_bytes"] = 4, 8, 8, 4
        rows["tag"] = np.tile(np.arange(tags), seconds)
        rows["ts"] = np.repeat(stretch.second_s * 1_000_000 - EPOCH_US, tags)
        rows["value"] = stretch.value.ravel()
        rows["status"] = stretch.status.ravel()
        return rows.view(np.uint8).data

    def put(self, prepared: memoryview) -> None:
        self._session().copy_in("COPY points FROM STDIN (FORMAT binary)", prepared)

    def complete(self) -> None:
        self._session().ask("CREATE INDEX points_tag_ts ON points (tag, ts) INCLUDE (value, status)")

    def settle(self) -> None:
        self._session().ask("VACUUM (ANALYZE) points")

    def size_bytes(self) -> int:
        return int(self._session().ask("SELECT pg_total_relation_size('points')")[0][6:])

    def raw(self, tag: int, from_us: int, to_us: int) -> int:
        return self._rows(
            f"SELECT ts, value, status FROM points WHERE tag = {tag} AND {_within(from_us, to_us)} ORDER BY ts"
        )

    def buckets(self, tags: list[int], from_us: int, to_us: int) -> int:
        width_us = (to_us - from_us) // BUCKETS
        part = f"div((extract(epoch FROM ts) * 1000000)::int8 - {from_us}, {width_us})"
        if width_us % 1000 == 0:  # floats are exact for whole ms, and four times as fast as numeric
            part = f"floor(date_part('epoch', ts - {_time(from_us)}) * 1000 / {width_us // 1000})"
        return self._rows(
            f"SELECT tag, {part} AS bucket, min(value), max(value), avg(value) FROM points"
            f" WHERE tag IN ({','.join(map(str, tags))}) AND {_within(from_us, to_us)} GROUP BY tag, bucket"
        )

    def newest(self) -> int:
        return self._rows(
            "SELECT tags.tag, p.ts, p.value, p.status FROM tags CROSS JOIN LATERAL"
            " (SELECT ts, value, status FROM points WHERE points.tag = tags.tag ORDER BY ts DESC LIMIT 1) AS p"
        )

    def sites(self, from_us: int, to_us: int) -> int:
        return self._rows(
            "SELECT site, count(*), min(value), max(value), avg(value) FROM points JOIN tags USING (tag)"
            f" WHERE {_within(from_us, to_us)} GROUP BY site"
        )

    def tend(self) -> None:
        """Nothing: it looks after itself."""

    def more(self) -> dict[str, object]:
        return {}

    def close(self) -> None:
        self._server.stop()

    def _rows(self, sql: str) -> int:
        """Binary rows: the copy's head stands before the first, and its end after the last comes alone."""
        return len(self._session().ask(f"COPY ({sql}) TO STDOUT (FORMAT binary)")) - 1

    def _ready(self) -> bool:
        try:
            Connection(self._folder, PORT, "bench", "postgres").close()
        except Refused:  # it is still starting
            return False
        return True

    def _session(self) -> Connection:
        if self._local.session is None:
            self._local.session = Connection(self._folder, PORT, "bench", "postgres")
        return self._local.session


def _programs() -> Path | None:
    """The newest installed server's folder, on the path or where Debian puts it."""
    found = shutil.which("postgres")
    if found is not None and shutil.which("initdb") is not None:
        return Path(found).parent
    folders = Path("/usr/lib/postgresql").glob("*/bin")
    whole = [folder for folder in folders if (folder / "postgres").exists() and (folder / "initdb").exists()]
    return max(whole, key=lambda folder: float(folder.parent.name), default=None)


def _unprivileged() -> str | None:
    """Whom the server runs as: it refuses root."""
    if os.geteuid() != 0:
        return None
    names = {account.pw_name for account in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _time(at_us: int) -> str:
    return f"to_timestamp({at_us // 1_000_000}.{at_us % 1_000_000:06d}::float8)"


def _within(from_us: int, to_us: int) -> str:
    return f"ts >= {_time(from_us)} AND ts < {_time(to_us)}"
