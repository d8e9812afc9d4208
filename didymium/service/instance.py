"""One installation: which complex, which folder holds its data, which ports it uses."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from urllib.parse import unquote

from didymium.model.plant import Complex, Connection
from didymium.records.address import address, placed
from didymium.records.errors import BadUrl
from didymium.service.errors import BadInstance
from didymium.service.retention import Rules, read_rules
from didymium.service.targets import Target, read_targets
from didymium.spine.config import HUB_DOMAIN, SpineConfig

SHIPPED_COMPLEX = Path(__file__).resolve().parents[2] / "complexes" / "northern"
PACKAGE = Path(__file__).resolve().parents[1]
KEYS = (
    *("complex", "historian", "spine", "edge", "sites", "edges", "host", "port", "port_offset"),
    *("archive", "keep_after_backup_gib", "retention", "records", "targets"),
)
RECORDS = "records/records.sqlite"
"""Where the records are in an installation's folder, and in every backup."""
STREAM_GIB = 6.0
"""Of the 8 GiB that an edge's stream may take, 2 stay free for an outage of the centre."""
LOOPBACK_PORT = re.compile(r"(127\.0\.0\.1|localhost|\[::1\]):(\d+)")


@dataclass(frozen=True, slots=True)
class Instance:
    """Where an installation keeps its data and what it listens on.

    ``port_offset`` moves every port of the installation, the twin's included, so that several can run on one
    machine. ``historian`` is the engine's URL, ``spine`` the address of this machine's NATS server. ``edge`` names
    the edge agent that runs here, ``sites`` what it reads (all sites when empty); ``edges`` gives every edge that the
    centre reads with its JetStream domain. ``keep_after_backup_gib`` bounds what an edge keeps of the time since the
    newest backup. ``archive`` is the folder or URL of the days that left the store, as ``retention`` says.
    ``records`` is the URL of the transactional store, ``targets`` are where notifications go.
    """

    folder: Path
    complex_folder: Path
    historian: str
    spine: str
    edge: str
    sites: tuple[str, ...]
    edges: Mapping[str, str]
    host: str
    port: int
    port_offset: int
    archive: str
    records: str
    keep_after_backup_gib: float
    retention: Rules | None
    targets: tuple[Target, ...]

    @property
    def file(self) -> Path:
        """Where the installation says what it is; it need not be there."""
        return self.folder / "instance.toml"

    @property
    def spine_folder(self) -> Path:
        return self.folder / "spine"

    @property
    def store_folder(self) -> Path | None:
        """The embedded historian's folder; None when a server keeps the readings."""
        return Path(unquote(self.historian.removeprefix("chdb://"))) if self.historian.startswith("chdb://") else None

    @property
    def records_file(self) -> Path | None:
        """The records' SQLite file; None when a server keeps them."""
        return address(self.records).file

    @property
    def edge_folder(self) -> Path:
        return self.folder / "edge"

    @property
    def twin_folder(self) -> Path:
        return self.folder / "twin"

    @property
    def log_folder(self) -> Path:
        return self.folder / "logs"

    @property
    def numba_folder(self) -> Path:
        given = os.environ.get("NUMBA_CACHE_DIR")
        return Path(given) if given else self.folder / "numba" / _sources_digest()

    @property
    def processes_file(self) -> Path:
        return self.folder / "processes.json"

    @property
    def web_port(self) -> int:
        return self.port + self.port_offset

    @property
    def wall(self) -> str:
        return f"http://{self.host}:{self.web_port}"

    @property
    def nats_port(self) -> int:
        return 8610 + self.port_offset

    @property
    def nats_monitor_port(self) -> int:
        return 8611 + self.port_offset

    @property
    def mqtt_port(self) -> int:
        return 8612 + self.port_offset

    @property
    def leaf_port(self) -> int:
        return 8613 + self.port_offset

    @property
    def desk_port(self) -> int:
        """The instructor's desk of the twin."""
        return 8650 + self.port_offset

    def spine_config(self) -> SpineConfig:
        """The NATS server of this machine: hub of the leaf nodes, broker of the Sparkplug nodes."""
        return SpineConfig(
            name="hub",
            domain=HUB_DOMAIN,
            store_folder=self.spine_folder,
            log_path=self.log_folder / "nats.log",
            client_port=self.nats_port,
            monitor_port=self.nats_monitor_port,
            mqtt_port=self.mqtt_port,
            leaf_port=self.leaf_port,
        )


def read_instance(
    folder: Path, *, complex_folder: Path | None = None, port: int | None = None, port_offset: int | None = None
) -> Instance:
    """Read ``instance.toml`` of an installation's folder; a missing file or key means the default.

    What is given here goes before what the file says. Raises ``BadInstance`` with the key at fault.
    """
    path = folder / "instance.toml"
    said: dict[str, object] = {}
    if path.exists():
        try:
            said = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadInstance(path, "", str(error), "a TOML file in UTF-8") from error
    for key in said:
        if key not in KEYS:
            raise BadInstance(path, key, "a key that nothing reads", "one of " + ", ".join(KEYS))
    for key, given in (("complex", complex_folder), ("port", port), ("port_offset", port_offset)):
        if given is not None:
            said[key] = given
    chosen = Path(_text(path, said, "complex", str(SHIPPED_COMPLEX)))
    folder = folder.absolute()
    return Instance(
        folder=folder,
        complex_folder=(folder / chosen).resolve() if not chosen.is_absolute() and path.exists() else chosen.absolute(),
        historian=_text(path, said, "historian", f"chdb:///{str(folder / 'historian').lstrip('/')}"),
        spine=_text(path, said, "spine", f"nats://127.0.0.1:{8610 + _port(path, said, 'port_offset', 0)}"),
        edge=_text(path, said, "edge", "edge1"),
        sites=_sites(path, said),
        edges=_edges(path, said),
        host=_text(path, said, "host", "127.0.0.1"),
        port=_port(path, said, "port", 8600),
        port_offset=_port(path, said, "port_offset", 0),
        archive=_archive(path, said, folder),
        records=_records(path, said, folder),
        keep_after_backup_gib=_gib(path, said, "keep_after_backup_gib", 2.0, STREAM_GIB),
        retention=_retention(path, said),
        targets=read_targets(path, said.get("targets", {})),
    )


def _sources_digest() -> str:
    """Names this version of the sources: Numba's cache does not notice that a function called from it changed."""
    digest = blake2b(digest_size=8)
    for path in sorted(PACKAGE.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def moved(plant: Complex, port_offset: int) -> Complex:
    """The same complex with every loopback endpoint's port moved, so that the twin of a second instance fits in."""
    if not port_offset:
        return plant
    sites = tuple(replace(site, connection=_moved_connection(site.connection, port_offset)) for site in plant.sites)
    return replace(plant, sites=sites)


def _moved_connection(connection: Connection, port_offset: int) -> Connection:
    def shift(value: object) -> object:
        if not isinstance(value, str):
            return value
        return LOOPBACK_PORT.sub(lambda found: f"{found[1]}:{int(found[2]) + port_offset}", value)

    options = {key: shift(value) for key, value in connection.options.items()}
    return Connection(connection.protocol, str(shift(connection.endpoint)), options)


def _text(path: Path, said: dict[str, object], key: str, default: str) -> str:
    value = said.get(key, default)
    if not isinstance(value, str | Path):
        raise BadInstance(path, key, repr(value), "text in quotes")
    return str(value)


def _sites(path: Path, said: dict[str, object]) -> tuple[str, ...]:
    sites = said.get("sites", [])
    if not isinstance(sites, list) or not all(isinstance(site, str) for site in sites):
        raise BadInstance(path, "sites", repr(sites), 'a list of site ids like ["S01", "S02"]')
    return tuple(sites)


def _edges(path: Path, said: dict[str, object]) -> dict[str, str]:
    edges = said.get("edges", {_text(path, said, "edge", "edge1"): HUB_DOMAIN})
    if not isinstance(edges, dict) or not all(isinstance(domain, str) for domain in edges.values()):
        raise BadInstance(path, "edges", repr(edges), "a table of edge name = JetStream domain")
    return edges


def _archive(path: Path, said: dict[str, object], folder: Path) -> str:
    chosen = _text(path, said, "archive", "archive")
    return chosen if "://" in chosen else str(folder / chosen)


def _records(path: Path, said: dict[str, object], folder: Path) -> str:
    chosen = _text(path, said, "records", f"sqlite:///{RECORDS}")
    try:
        return placed(chosen, folder)
    except BadUrl as error:
        raise BadInstance(path, "records", repr(error.url), error.reason) from error


def _retention(path: Path, said: dict[str, object]) -> Rules | None:
    rules = read_rules(path, said.get("retention"))
    if rules is not None and not _text(path, said, "historian", "chdb://").startswith("chdb://"):
        hint = "no such table: there old days move by the server's own TTL (docs/how-to/keep-less-or-longer.md)"
        raise BadInstance(path, "retention", "a ClickHouse server keeps the readings", hint)
    return rules


def _gib(path: Path, said: dict[str, object], key: str, default: float, most: float) -> float:
    value = said.get(key, default)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= most:
        raise BadInstance(path, key, repr(value), f"a number of GiB from 0 to {most:g}")
    return float(value)


def _port(path: Path, said: dict[str, object], key: str, default: int) -> int:
    value = said.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 65_536:
        raise BadInstance(path, key, repr(value), "a whole number from 0 to 65535")
    return value
