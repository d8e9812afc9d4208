"""Where a ClickHouse is: one server, or the shards of a cluster, out of one URL."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from didymium.historian.errors import BadUrl

HTTP_PORT: Final = 8123
HTTPS_PORT: Final = 8443
DATABASE: Final = "didymium"
CLUSTER: Final = "didymium"
_WORDS: Final = ("cluster", "replicated", "secure", "ca", "spool")


@dataclass(frozen=True, slots=True)
class Server:
    """One server's HTTP door and who we are there. ``ca`` is a file of certificates to trust, None the system's."""

    host: str
    port: int
    user: str
    password: str
    database: str
    secure: bool
    ca: str | None

    @property
    def name(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Address:
    """``shards[i]`` are the replicas of shard i + 1. ``cluster`` is its name in the servers' ``remote_servers``.

    ``replicated`` keeps points in ReplicatedMergeTree tables, which need Keeper; only then may a shard have several
    replicas. ``spool`` is the folder for what a dead shard has to wait for.
    """

    shards: tuple[tuple[Server, ...], ...]
    database: str
    cluster: str
    replicated: bool
    spool: Path | None

    @property
    def single(self) -> Server | None:
        """The server, when there is one and no cluster."""
        return self.shards[0][0] if self.spool is None else None


def address(url: str) -> Address:
    """Read ``clickhouse://user:password@host:port/database`` or the URL of a cluster.

    ``clickhouse://user:password@a1:8123|a2:8123,b1:8123|b2:8123/database?spool=/folder&replicated=1``: a comma between
    shards, a bar between the replicas of one. Several servers need ``spool``. ``cluster=`` names the cluster
    (``didymium``), ``secure=1`` speaks TLS, ``ca=/file`` trusts the certificates in that file.

    Raises ``BadUrl`` with the reason.
    """
    parts = urlsplit(url)
    if parts.scheme != "clickhouse":
        raise BadUrl(url)
    words = dict(parse_qsl(parts.query, keep_blank_values=True))
    strange = sorted(set(words) - set(_WORDS))
    if strange:
        raise BadUrl(url, f"{strange[0]!r} is none of {', '.join(_WORDS)}")
    for word in ("replicated", "secure"):
        if words.get(word, "0") not in ("0", "1"):
            raise BadUrl(url, f"{word} is {words[word]!r}; write 0 or 1")
    secure, replicated = words.get("secure") == "1", words.get("replicated") == "1"
    database = unquote(parts.path.strip("/")) or DATABASE
    login, _, hosts = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")

    def server(place: str) -> Server:
        host, colon, port = place.rpartition(":")
        if not colon or port.endswith("]"):
            host, port = place, str(HTTPS_PORT if secure else HTTP_PORT)
        if not host or not port.isdigit() or not 0 < int(port) < 65536:
            raise BadUrl(url, f"{place!r} is no host:port")
        return Server(
            host, int(port), unquote(user) or "default", unquote(password), database, secure, words.get("ca") or None
        )

    shards = tuple(tuple(server(place) for place in shard.split("|")) for shard in hosts.split(","))
    names = [replica.name for shard in shards for replica in shard]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise BadUrl(url, f"{twice} is listed twice")
    if any(len(shard) > 1 for shard in shards) and not replicated:
        raise BadUrl(url, "a shard with several replicas needs replicated=1")
    spool = words.get("spool")
    if len(names) > 1 and not spool:
        raise BadUrl(url, "a cluster needs spool=/folder, where writes wait for a dead shard")
    if replicated and not spool:
        raise BadUrl(url, "replicated=1 needs spool=/folder")
    if spool and not spool.startswith("/"):
        raise BadUrl(url, f"the spool {spool!r} is no absolute folder")
    return Address(shards, database, words.get("cluster") or CLUSTER, replicated, Path(spool) if spool else None)
