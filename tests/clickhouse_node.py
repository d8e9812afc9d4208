"""Real ClickHouse servers on loopback, from the shared library that npm ships; for tests and measurements.

``install()`` fetches the library of ``tests/clickhouse/package-lock.json`` once. ``Node`` is one server process with a
folder of its own; ``Cluster`` is a few of them that know each other as the shards of the cluster ``didymium``. A node
is killed as a power cut would kill it, and started again on the same ports and files.

Such a node has neither users nor Keeper, and so no ReplicatedMergeTree: it proves sharding, not replication.
Run as a program, this file is the node.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import hashlib
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final

FOLDER: Final = Path(__file__).resolve().parent / "clickhouse"
LIBRARY: Final = FOLDER / "node_modules" / "@chdb" / "lib-linux-x64-gnu" / "libchdb.so"
WITH_NODE: Final = FOLDER.parents[1] / "tools" / "with-node"
INSTALL_LIMIT_S: Final = 300
START_LIMIT_S: Final = 60
CLUSTER: Final = "didymium"


class LibraryMissing(RuntimeError):
    """The package of ``package-lock.json`` could not be installed."""


def install() -> None:
    """Run ``npm ci`` once per lock file; a second process waits for the first. Raises ``LibraryMissing``."""
    wanted = hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()
    mark = FOLDER / "node_modules" / ".installed"
    with (FOLDER / ".install.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if mark.exists() and mark.read_text() == wanted:
            return
        command = [WITH_NODE, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        needs = f"`npm ci` in {FOLDER} needs Node.js 20, x86-64 Linux with glibc and, the first time, a network"
        try:
            made = subprocess.run(
                command, cwd=FOLDER, capture_output=True, text=True, timeout=INSTALL_LIMIT_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise LibraryMissing(f"{error}: {needs}") from error
        if made.returncode or not LIBRARY.exists():
            raise LibraryMissing(f"{needs}: {made.stderr}")
        mark.write_text(wanted)


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on now, all different."""
    with contextlib.ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


class Node:
    """One server. ``config`` is a server configuration's text; its files lie in ``folder``."""

    def __init__(self, folder: Path, config: str, http_port: int, tcp_port: int) -> None:
        self.folder = folder
        self.http_port = http_port
        self.tcp_port = tcp_port
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.xml").write_text(config, encoding="utf-8")

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the server and wait until it answers. Raises ``TimeoutError`` or ``RuntimeError``."""
        command = [sys.executable, __file__, str(self.folder), str(self.http_port), str(self.tcp_port)]
        with (self.folder / "node.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        limit = time.monotonic() + START_LIMIT_S
        while not self.answers():
            if self._process.poll() is not None:
                raise RuntimeError(f"the node ended with {self._process.returncode}: {self.said()}")
            if time.monotonic() > limit:
                raise TimeoutError(f"no answer within {START_LIMIT_S} s: {self.said()}")
            time.sleep(0.02)

    def answers(self) -> bool:
        """Whether it says that it is there."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}/ping", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def ask(self, sql: str) -> str:
        """What it answers to a statement, as tab-separated text. Raises ``HTTPError``."""
        address = f"http://127.0.0.1:{self.http_port}/"
        with urllib.request.urlopen(address, data=sql.encode(), timeout=60) as answer:
            return str(answer.read().decode())

    def said(self) -> str:
        """The end of its log."""
        return (self.folder / "node.log").read_text(encoding="utf-8", errors="replace")[-2000:]

    def kill(self) -> None:
        """``kill -9``; returns when it is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(30)
            self._process = None


class Cluster:
    """Nodes that are each one shard of the cluster ``didymium``."""

    def __init__(self, folder: Path, shards: int = 2) -> None:
        ports = free_ports(2 * shards)
        tcp = ports[shards:]
        config = CONFIG.format(
            cluster=CLUSTER,
            shards="".join(
                f"<shard><replica><host>127.0.0.1</host><port>{port}</port></replica></shard>" for port in tcp
            ),
        )
        self.nodes = [Node(folder / f"node{i + 1}", config, ports[i], tcp[i]) for i in range(shards)]

    @property
    def addresses(self) -> str:
        """The shards' HTTP addresses as the historian's URL lists them."""
        return ",".join(f"127.0.0.1:{node.http_port}" for node in self.nodes)

    def start(self) -> None:
        for node in self.nodes:
            if node.pid is None:
                node.start()

    def stop(self) -> None:
        for node in self.nodes:
            node.kill()

    def __enter__(self) -> Cluster:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


CONFIG: Final = """<clickhouse>
  <logger><level>none</level></logger>
  <mark_cache_size>67108864</mark_cache_size>
  <max_server_memory_usage>2000000000</max_server_memory_usage>
  <background_pool_size>2</background_pool_size>
  <background_schedule_pool_size>4</background_schedule_pool_size>
  <background_common_pool_size>2</background_common_pool_size>
  <background_distributed_schedule_pool_size>4</background_distributed_schedule_pool_size>
  <merge_tree>
    <number_of_free_entries_in_pool_to_execute_mutation>1</number_of_free_entries_in_pool_to_execute_mutation>
    <number_of_free_entries_in_pool_to_lower_max_size_of_merge>1</number_of_free_entries_in_pool_to_lower_max_size_of_merge>
    <number_of_free_entries_in_pool_to_execute_optimize_entire_partition>1</number_of_free_entries_in_pool_to_execute_optimize_entire_partition>
  </merge_tree>
  <remote_servers><{cluster}>{shards}</{cluster}></remote_servers>
</clickhouse>
"""


def serve(arguments: Sequence[str]) -> int:
    """Be a server in this process until it is killed."""
    folder, http_port, tcp_port = arguments
    library = ctypes.CDLL(str(LIBRARY))
    queries = (
        "SYSTEM START LISTEN TCP; SYSTEM START LISTEN HTTP; "
        "SELECT sleepEachRow(3) FROM numbers(1000000000) SETTINGS max_block_size = 1, max_threads = 1 FORMAT Null"
    )
    words = [
        "clickhouse",
        f"--config-file={folder}/config.xml",
        f"--path={folder}/data",
        "--listen_host=127.0.0.1",
        f"--tcp_port={tcp_port}",
        f"--http_port={http_port}",
        f"--query={queries}",
    ]
    given = (ctypes.c_char_p * len(words))(*(os.fsencode(word) for word in words))
    library.chdb_query_cmdline.restype = ctypes.c_void_p
    library.chdb_query_cmdline(len(words), given)
    return 1


if __name__ == "__main__":
    sys.exit(serve(sys.argv[1:]))
