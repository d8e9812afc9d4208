"""The client's words for time and tags, and that it brings nothing of the centre along."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import pytest

from didymium.client import BadMoment, CentreNotReached, ClientError, RefusedByCentre, connect
from didymium.client.complex import LONGEST_QUERY, _parts
from didymium.client.moments import length_us, moment, moment_us

NOON_US = 1_777_636_800_000_000  # 2026-05-01T12:00:00Z


@pytest.mark.parametrize(
    "said",
    [
        NOON_US,
        datetime(2026, 5, 1, 12, tzinfo=UTC),
        datetime(2026, 5, 1, 20, tzinfo=timezone(timedelta(hours=8))),
        "2026-05-01T12:00:00Z",
        "2026-05-01 20:00:00+08:00",
        "-2h",
    ],
)
def test_a_moment_may_be_said_in_several_ways(said: datetime | int | str) -> None:
    assert moment_us(said, NOON_US + 2 * 3_600_000_000) == NOON_US


def test_a_moment_is_exact_to_the_microsecond_and_back() -> None:
    exact = datetime(2026, 5, 1, 12, 0, 0, 123_457, tzinfo=UTC)
    assert moment_us(exact) == NOON_US + 123_457
    assert moment(NOON_US + 123_457) == exact


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        (datetime(2026, 5, 1, 12), "has no zone"),  # noqa: DTZ001 - that is the mistake
        ("2026-05-01T12:00:00", "2026-05-01T12:00:00Z"),
        ("yesterday", "is no time"),
        (True, "is no time"),
    ],
)
def test_what_is_no_moment_is_refused_with_what_would_be(said: datetime | str, hint: str) -> None:
    with pytest.raises(BadMoment, match=hint):
        moment_us(said)


def test_lengths_of_time() -> None:
    assert length_us("1h") == length_us(timedelta(hours=1)) == length_us(3_600_000_000) == 3_600_000_000
    for said in ("hour", 0, timedelta(0), "-1h"):
        with pytest.raises(BadMoment, match="length of time"):
            length_us(said)


def test_a_long_list_of_tags_is_asked_for_in_parts() -> None:
    paths = [f"S01.PL1.CELL{i:03}.VOLT_PV" for i in range(1000)]
    parts = _parts(paths)
    assert len(parts) > 2 and max(map(len, parts)) <= LONGEST_QUERY
    assert ",".join(parts).split(",") == paths
    assert _parts("S01.*, S02.*") == ["S01.*, S02.*"]


def test_an_address_that_is_none_is_refused_and_a_silent_one_is_named() -> None:
    with pytest.raises(ValueError, match="http://host:port"):
        connect("ftp://centre")
    with pytest.raises(CentreNotReached, match=r"127\.0\.0\.1:9 cannot be reached"):
        connect("127.0.0.1:9").sql("SELECT 1")
    assert issubclass(CentreNotReached, ClientError) and issubclass(RefusedByCentre, ClientError)


def test_importing_the_client_brings_nothing_of_the_server() -> None:
    looked = (
        "import sys; import didymium.client; "
        "print(*sorted({name.split('.')[0] for name in sys.modules} | "
        "{name for name in sys.modules if name.startswith('didymium.')}))"
    )
    said = subprocess.run([sys.executable, "-c", looked], capture_output=True, text=True, timeout=60, check=True)
    loaded = set(said.stdout.split())
    assert {name for name in loaded if name.startswith("didymium.") and not name.startswith("didymium.client")} == set()
    foreign = {"litestar", "chdb", "numba", "uvicorn", "msgspec", "asyncua", "nats", "clickhouse_connect", "cyclopts"}
    assert loaded & foreign == set()
    assert {"pyarrow", "didymium.client.complex"} <= loaded
