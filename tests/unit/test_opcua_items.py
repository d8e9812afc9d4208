"""Data changes become readings; sequence numbers and certificates are kept count of."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from didymium.acquire.errors import AccessRefused, BadConnection
from didymium.acquire.grid import Grid
from didymium.acquire.opcua import library, trust, wire
from didymium.acquire.opcua.items import Monitored
from didymium.acquire.opcua.sequence import LAST, Arrival, arrive
from didymium.acquire.options import Options
from didymium.model import status as codes
from didymium.model.plant import Connection, Origin, Protocol, Site, Text

RECEIVED_US = 1_700_000_000_000_000
DOUBLE, FLOAT, STRING, INT32 = 11, 10, 12, 6


def monitored() -> Monitored:
    grid = Grid(np.array([10.0, 10.0, 0.0]), np.array([0, 0, 3], np.int8))
    return Monitored(np.array([101, 102, 103], np.uint32), grid)


def items(*rows: tuple[int, float, int, int]) -> wire.Items:
    """Items of (handle, value, kind, status), dated 1, 2, .. µs."""
    made = wire.Items.empty(len(rows))
    for k, (handle, value, kind, status) in enumerate(rows):
        made.handle[k], made.value[k], made.kind[k], made.status[k] = handle, value, kind, status
        made.source_us[k], made.server_us[k] = k + 1, wire.MISSING_US
    return made


def test_handles_become_tag_ids_and_floats_their_decimals() -> None:
    heard = float(np.float32(12.3))
    taken = monitored().take(items((1, heard, FLOAT, 0), (0, heard, DOUBLE, 0), (2, heard, FLOAT, 0)), RECEIVED_US)
    assert taken.readings.tag.tolist() == [102, 101, 103]
    assert taken.readings.value.tolist() == [12.3, heard, 12.3]
    assert taken.readings.time_us.tolist() == [1, 2, 3]


def test_an_unknown_handle_is_dropped_and_its_neighbours_kept() -> None:
    heard = float(np.float32(0.7))
    taken = monitored().take(items((9, 1.0, DOUBLE, 0), (1, heard, FLOAT, 0), (77, 2.0, FLOAT, 0)), RECEIVED_US)
    assert taken.readings.tag.tolist() == [102]
    assert taken.readings.value.tolist() == [0.7]
    assert (taken.unknown.count, taken.unknown.first) == (2, 0)


def test_a_string_where_a_number_was_is_kept_as_mismatch() -> None:
    points = monitored()
    points.take(items((0, 1.0, DOUBLE, 0)), RECEIVED_US)
    taken = points.take(items((1, 5.0, DOUBLE, 0), (0, math.nan, STRING, 0)), RECEIVED_US)
    assert taken.readings.status.tolist() == [0, codes.BAD_TYPE_MISMATCH]
    assert math.isnan(taken.readings.value[1])
    assert (taken.not_number.count, taken.not_number.first) == (1, 1)
    assert (taken.retyped.count, taken.retyped.first) == (1, 1)


def test_a_change_between_numeric_types_is_counted_and_the_value_kept() -> None:
    points = monitored()
    points.take(items((0, 1.0, DOUBLE, 0)), RECEIVED_US)
    taken = points.take(items((0, 2.0, INT32, 0)), RECEIVED_US)
    assert (taken.retyped.count, taken.not_number.count) == (1, 0)
    assert taken.readings.value.tolist() == [2.0]


def test_the_whole_status_is_kept_and_a_missing_value_is_bad() -> None:
    overflow = 0x0000_0480
    rows = ((0, 1.0, DOUBLE, overflow), (1, math.nan, wire.NO_VALUE, 0), (2, math.nan, wire.NO_VALUE, 0x80310000))
    taken = monitored().take(items(*rows), RECEIVED_US)
    assert taken.readings.status.tolist() == [overflow, codes.BAD_NO_DATA, 0x80310000]


def test_time_falls_back_from_source_to_server_to_arrival() -> None:
    made = items((0, 1.0, DOUBLE, 0), (1, 1.0, DOUBLE, 0), (2, 1.0, DOUBLE, 0))
    made.source_us[1:] = wire.MISSING_US
    made.server_us[0], made.server_us[1] = 50, 60
    taken = monitored().take(made, RECEIVED_US)
    assert taken.readings.time_us.tolist() == [1, 60, RECEIVED_US]
    assert taken.server_us == 60


@pytest.mark.parametrize(
    ("expected", "number", "keep_alive", "then", "arrival"),
    [
        (5, 5, False, 6, Arrival(True)),
        (5, 5, True, 5, Arrival(False)),
        (5, 8, False, 9, Arrival(True, (5, 6, 7))),
        (5, 7, True, 7, Arrival(False, (5, 6))),
        (5, 4, False, 5, Arrival(False)),
        (LAST, LAST, False, 1, Arrival(True)),
        (LAST, 2, False, 3, Arrival(True, (LAST, 1))),
        (1, LAST, False, 1, Arrival(False)),
        (1, 202, False, 203, Arrival(True, tuple(range(102, 202)), 101)),
    ],
)
def test_sequence_numbers(expected: int, number: int, keep_alive: bool, then: int, arrival: Arrival) -> None:
    assert arrive(expected, number, keep_alive) == (then, arrival)


def test_another_asyncua_is_refused_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    library.check_version()
    monkeypatch.setattr("asyncua.__version__", "2.2.0")
    with pytest.raises(library.UnsupportedLibrary, match=r"asyncua==2\.1\.0"):
        library.check_version()


def test_identity_is_made_once_and_its_key_is_private(tmp_path: Path) -> None:
    made = trust.identity(tmp_path / "pki")
    assert made.key.stat().st_mode & 0o077 == 0
    held = made.certificate.read_bytes()
    assert trust.identity(tmp_path / "pki").certificate.read_bytes() == held
    assert trust.leaf(held + held) == held


def test_a_changed_server_certificate_is_refused(tmp_path: Path) -> None:
    first = trust.identity(tmp_path / "a").certificate.read_bytes()
    second = trust.identity(tmp_path / "b").certificate.read_bytes()
    known = tmp_path / "trusted" / "S10.der"
    trust.trust_on_first_use(first, known)
    trust.trust_on_first_use(first, known)
    with pytest.raises(AccessRefused, match="remove that file"):
        trust.trust_on_first_use(second, known)
    with pytest.raises(AccessRefused, match="pinned"):
        trust.pinned(second, tmp_path / "a" / "didymium.der")


def site(options: dict[str, object]) -> Site:
    text = Text("trial", "试")
    connection = Connection(Protocol.OPCUA, "opc.tcp://127.0.0.1:1", options)
    return Site("S01", text, Origin.ASSUMED, "", text, text, 0.5, 0.5, (), connection, 0, 0)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"sampling": 5}, "do you mean sampling_ms"),
        ({"sampling_ms": "fast"}, "number from 0"),
        ({"sampling_ms": True}, "number from 0"),
        ({"password_env": "DIDYMIUM_NO_SUCH"}, "no such variable"),
        ({"password_file": "nowhere"}, "there is no file"),
    ],
)
def test_wrong_options_are_named(options: dict[str, object], said: str, tmp_path: Path) -> None:
    reader = Options(site(options), tmp_path)
    with pytest.raises(BadConnection, match=said):
        reader.number("sampling_ms", 1000, 0, 5000), reader.password(), reader.finish()


def test_password_from_environment_and_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIDYMIUM_TRIAL", "from environment")
    assert Options(site({"password_env": "DIDYMIUM_TRIAL"}), tmp_path).password() == "from environment"
    (tmp_path / "secret").write_text("from file\n")
    assert Options(site({"password_file": "secret"}), tmp_path).password() == "from file"
