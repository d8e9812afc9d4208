"""VictoriaMetrics, single node, over its JSON line import and its Prometheus querying API."""

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

PROGRAMS = ("victoria-metrics", "victoria-metrics-prod")


class VictoriaMetrics:
    """Values only: it keeps no status. Times are whole ms."""

    title = "VictoriaMetrics"
    note = (
        "one series per tag, values without status, times in ms; JSON lines of 50 s per tag over HTTP, acknowledged"
        " before they are on disk; size of its data folder after a forced merge, index of names left out;"
        " result cache off; answers are received and not read"
    )
    threads = 2

    def __init__(self, day: Day, folder: Path) -> None:
        program = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
        if program is None:
            raise NotInstalled("apt install victoria-metrics")
        self._day, self._folder, self._program = day, folder, program
        names = Names(day)
        self._head = pa.array(
            [
                f'{{"metric":{{"__name__":"p","tag":"{tag}","site":"{site}"}},"values":['
                for tag, site in zip(names.tag, names.site, strict=True)
            ]
        )
        self._names = names
        port = free_port()
        self._server = Server(
            [
                program,
                f"-storageDataPath={folder / 'data'}",
                f"-httpListenAddr=127.0.0.1:{port}",
                "-retentionPeriod=100y",
                "-memory.allowedBytes=1GB",
                "-search.maxSamplesPerQuery=4000000000",
                "-search.maxUniqueTimeseries=1000000",
                "-search.maxQueryDuration=900s",
                "-search.maxQueryLen=1MB",
                "-search.latencyOffset=0s",
            ],
            folder / "log",
        )
        self._http = Http(port)
        self._server.wait_ready(lambda: self._http.get("/health") == b"OK")

    def version(self) -> str:
        """Debian's build does not know its own, so the package is asked."""
        words = ["dpkg-query", "--show", "--showformat=${Version}", Path(self._program).name]
        if shutil.which(words[0]) is None:
            return "not told"
        return subprocess.run(words, capture_output=True, text=True, timeout=10).stdout or "not told"

    def prepared(self, stretch: Stretch) -> bytes:
        seconds, tags = stretch.value.shape
        texts = pa.array(np.ascontiguousarray(stretch.value.T).ravel()).cast(pa.string())
        offsets = pa.array(np.arange(0, seconds * tags + 1, seconds, dtype=np.int32))
        values = pc.binary_join(pa.ListArray.from_arrays(offsets, texts), ",")
        times = ",".join(map(str, stretch.second_s * 1000))
        tail = f'],"timestamps":[{times}]}}\n'
        lines = pc.binary_join_element_wise(self._head, values, tail, "")
        return b"".join(part.buffers()[2].to_pybytes() for part in _chunks(lines))

    def put(self, prepared: bytes) -> None:
        self._http.post("/api/v1/import", prepared)

    def complete(self) -> None:
        self._http.get("/internal/force_flush")

    def settle(self) -> None:
        self._http.get("/internal/force_merge")
        quiet = 0
        while quiet < 5:
            time.sleep(1.0)
            quiet = 0 if self._merging() else quiet + 1

    def _merging(self) -> bool:
        lines = self._http.get("/metrics").decode().splitlines()
        active = (line for line in lines if line.startswith(("vm_active_merges", "vm_pending_rows")))
        return any(float(line.rsplit(" ", 1)[1]) > 0 for line in active)

    def size_bytes(self) -> int:
        return tree_bytes(self._folder / "data" / "data")

    def raw(self, tag: int, from_us: int, to_us: int) -> int:
        answer = self._http.get(
            "/api/v1/export/csv",
            **{"match[]": f'p{{tag="{self._names.tag[tag]}"}}', "format": "__timestamp__:unix_ms,__value__"},
            start=f"{from_us / 1e6:.3f}",
            end=f"{to_us / 1e6 - 0.001:.3f}",
        )
        return answer.count(b"\n")

    def buckets(self, tags: list[int], from_us: int, to_us: int) -> int:
        wanted = "|".join(str(self._names.tag[tag]) for tag in tags)
        match = f'tag=~"{wanted}"' if len(tags) > 1 else f'tag="{wanted}"'
        step_ms = (to_us - from_us) // BUCKETS // 1000
        self._http.form(
            "/api/v1/query_range",
            {
                "query": f"rollup(p{{{match}}}[{step_ms}ms])",
                "start": f"{from_us / 1e6 + step_ms / 1e3:.3f}",
                "end": f"{to_us / 1e6:.3f}",
                "step": f"{step_ms}ms",
                "nocache": "1",
            },
        )
        return -1

    def newest(self) -> int:
        at = f"{self._day.to_us / 1e6 - 1:.3f}"
        answer = self._http.get("/api/v1/query", query="last_over_time(p[1m])", time=at, nocache="1")
        return answer.count(b'"metric"')

    def sites(self, from_us: int, to_us: int) -> int:
        span = f"{(to_us - from_us) // 1000}ms"
        rows = 0
        for outer, inner in (("sum", "count"), ("min", "min"), ("max", "max"), ("sum", "sum")):
            answer = self._http.get(
                "/api/v1/query",
                query=f"{outer}({inner}_over_time(p[{span}])) by (site)",
                time=f"{to_us / 1e6 - 0.001:.3f}",
                nocache="1",
            )
            rows = answer.count(b'"metric"')
        return rows

    def tend(self) -> None:
        """Nothing: it looks after itself."""

    def more(self) -> dict[str, object]:
        return {}

    def close(self) -> None:
        self._server.stop()


def _chunks(lines: pa.Array | pa.ChunkedArray) -> list[pa.Array]:
    return lines.chunks if isinstance(lines, pa.ChunkedArray) else [lines]
