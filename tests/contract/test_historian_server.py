"""A ClickHouse server or cluster by its URL: what is refused before anything is asked, and who is named."""

from __future__ import annotations

import pytest

from didymium.historian import BadUrl, EngineError
from didymium.historian.address import address
from didymium.historian.store import open_engine


def test_server_that_is_not_there_is_named() -> None:
    with pytest.raises(EngineError, match=r"127\.0\.0\.1"):
        open_engine("clickhouse://127.0.0.1:1/didymium")


def test_one_server_is_no_cluster() -> None:
    where = address("clickhouse://me:p%40ss@[::1]:8124/plant")
    assert where.single is not None
    assert (where.single.host, where.single.port, where.single.user, where.single.password) == (
        "[::1]", 8124, "me", "p@ss",
    )  # fmt: skip
    assert where.database == "plant"
    bare = address("clickhouse://host").single
    assert bare is not None
    assert (bare.port, bare.user, bare.database) == (8123, "default", "didymium")
    safe = address("clickhouse://host/d?secure=1&ca=/etc/ca.crt").single
    assert safe is not None
    assert (safe.port, safe.secure, safe.ca) == (8443, True, "/etc/ca.crt")


def test_shards_and_replicas_are_read_in_order() -> None:
    where = address("clickhouse://u:p@a1|a2:9,b1|b2/d?spool=/s&replicated=1&cluster=plant")
    assert [[server.name for server in shard] for shard in where.shards] == [
        ["a1:8123", "a2:9"],
        ["b1:8123", "b2:8123"],
    ]
    assert (where.single, where.cluster, where.replicated, str(where.spool)) == (None, "plant", True, "/s")
    assert {server.password for shard in where.shards for server in shard} == {"p"}


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("clickhouse://a,b/d", "spool"),
        ("clickhouse://a,b/d?spool=here", "no absolute folder"),
        ("clickhouse://a|b/d?spool=/s", "replicated=1"),
        ("clickhouse://a/d?replicated=1", "spool"),
        ("clickhouse://a,a/d?spool=/s", "a:8123 is listed twice"),
        ("clickhouse://a,/d?spool=/s", "no host:port"),
        ("clickhouse://a:99999/d", "no host:port"),
        ("clickhouse://a/d?secure=yes", "secure is 'yes'"),
        ("clickhouse://a/d?sppol=/s", "'sppol' is none of"),
    ],
)
def test_address_that_cannot_be_says_why(url: str, said: str) -> None:
    with pytest.raises(BadUrl, match=said) as refused:
        address(url)
    assert url in str(refused.value)
