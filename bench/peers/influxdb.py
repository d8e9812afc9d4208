"""InfluxDB 1.x over its line protocol and InfluxQL."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.day import Day, Stretch
from bench.link import free_port
from bench.peers.peer import BUCKETS, Names, NotInstalled
from bench.peers.server import Http, Server, tree_bytes

REQUEST_S = 10
_CONFIG = """
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
dir = "{folder}/meta"
[data]
dir = "{folder}/data"
wal-dir = "{folder}/wal"
index-version = "inmem"
cache-max-memory-size = "1g"
cache-snapshot-write-cold-duration = "5s"
compact-full-write-cold-duration = "10s"
max-series-per-database = 0
max-values-per-tag = 0
query-log-enabled = false
[coordinator]
query-timeout = "900s"
write-timeout = "300s"
[monitor]
store-enabled = false
[http]
bind-address = "127.0.0.1:{port}"
log-enabled = false
max-row-limit = 0
max-body-size = 0
"""


class InfluxDB:
    """Values only, as for VictoriaMetrics."""

    title = "InfluxDB"
    note = (
        "one series per tag, values without status; line protocol over HTTP, its log synced at every write; size of its"
        " data folder after full compaction; answers are CSV, received and not read"
    )
    threads = 2

    def __init__(self, day: Day, folder: Path) -> None:
        program = shutil.which("influxd")
        if program is None:
            raise NotInstalled("apt install influxdb")
        self._folder, self._program = folder, program
        names = Names(day)
        self._names = names
        heads = [f"p,s={site},t={tag} v=" for tag, site in zip(names.tag, names.site, strict=True)]
        self._head = pa.array(heads)
        port = free_port()
        config = folder / "influxdb.conf"
        config.write_text(_CONFIG.format(folder=folder, port=port, rpc=free_port()), encoding="utf-8")
        self._server = Server([program, "-config", str(config)], folder / "log")
        self._http = Http(port)
        self._server.wait_ready(lambda: self._http.get("/ping") == b"")
        self._http.form("/query", {"q": "CREATE DATABASE d WITH DURATION INF SHARD DURATION 7d"})

    def version(self) -> str:
        words = [str(self._program), "version"]
        return subprocess.run(words, capture_output=True, text=True, timeout=10).stdout.split("(")[0].strip()

    def prepared(self, stretch: Stretch) -> list[bytes]:
        """A request for 10 s of all tags: a second's are stored more slowly, 50 s of them take 3 GB of memory."""
        tags = stretch.value.shape[1]
        bodies = []
        for at in range(0, len(stretch.value), REQUEST_S):
            texts = pa.array(stretch.value[at : at + REQUEST_S].ravel()).cast(pa.string())
            seconds = stretch.second_s[at : at + REQUEST_S]
            head = self._head.take(pa.array(np.tile(np.arange(tags), len(seconds))))
            tails = pa.array([f" {second}\n" for second in seconds.tolist()])
            tail = tails.take(pa.array(np.repeat(np.arange(len(seconds)), tags)))
            lines = pc.binary_join_element_wise(head, texts, tail, "")
            parts = lines.chunks if isinstance(lines, pa.ChunkedArray) else [lines]
            bodies.append(b"".join(part.buffers()[2].to_pybytes() for part in parts))
        return bodies

    def put(self, prepared: list[bytes]) -> None:
        for body in prepared:
            self._http.post("/write?db=d&precision=s", body)

    def complete(self) -> None:
        """Nothing: what is written can be asked for."""

    def settle(self) -> None:
        """Wait until the cache is written and the files stay as they are for longer than a compaction waits."""
        before: tuple[int, int] = (-1, -1)
        quiet = 0
        while quiet < 25:
            time.sleep(1.0)
            files = [file for file in (self._folder / "data" / "d").rglob("*") if file.is_file()]
            waiting = tree_bytes(self._folder / "wal")
            state = (sum(f.stat().st_size for f in files if f.suffix == ".tsm"), waiting)
            busy = any(file.name.endswith(".tmp") for file in files)
            quiet = quiet + 1 if state == before and not busy else 0
            before = state

    def size_bytes(self) -> int:
        shards = self._folder / "data" / "d" / "autogen"
        return sum(file.stat().st_size for file in shards.rglob("*.tsm"))

    def raw(self, tag: int, from_us: int, to_us: int) -> int:
        return self._ask(f"SELECT v FROM p WHERE t = '{self._names.tag[tag]}'{_within(from_us, to_us)}")

    def buckets(self, tags: list[int], from_us: int, to_us: int) -> int:
        wanted = " OR ".join(f"t = '{self._names.tag[tag]}'" for tag in tags)
        step_ms = (to_us - from_us) // BUCKETS // 1000
        return self._ask(
            f"SELECT min(v), max(v), mean(v) FROM p WHERE ({wanted}){_within(from_us, to_us)}"
            f" GROUP BY time({step_ms}ms), t fill(none)"
        )

    def newest(self) -> int:
        return self._ask("SELECT last(v) FROM p GROUP BY t")

    def sites(self, from_us: int, to_us: int) -> int:
        return self._ask(
            f"SELECT count(v), min(v), max(v), mean(v) FROM p WHERE{_within(from_us, to_us)[4:]} GROUP BY s"
        )

    def _ask(self, question: str) -> int:
        answer = self._http.form("/query", {"db": "d", "q": question, "epoch": "ms"}, Accept="application/csv")
        return answer.count(b"\np,")

    def tend(self) -> None:
        """Nothing: it looks after itself."""

    def more(self) -> dict[str, object]:
        return {}

    def close(self) -> None:
        self._server.stop()


def _within(from_us: int, to_us: int) -> str:
    return f" AND time >= {from_us}000 AND time < {to_us}000"
