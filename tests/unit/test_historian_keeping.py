"""What keeping decides without a store: what an edge may forget, how a file is cut, what a setting means."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from didymium.historian.gate import Gate
from didymium.historian.parquet import GROUP_ROWS, group_cuts
from didymium.historian.retention import Retention, TagClass, age_days
from didymium.service.backed import may_forget
from didymium.service.errors import BadInstance
from didymium.service.instance import read_instance
from didymium.service.keeping import portable
from didymium.service.retention import read_rules
from didymium.service.tag_classes import retention_of
from didymium.spine.reader import Lag
from tests.two_sites import two_sites

GIB = 2.0**30


@pytest.mark.parametrize(
    ("durable", "backed", "lag", "keep_gib", "may"),
    [
        (1000, 400, Lag(0, 900, 900 * 1000), 1.0, 400),  # all since the backup is far below the bound
        (1000, 400, Lag(0, 900, int(3 * GIB)), 1.0, 700),  # 900 messages are 3 GiB: the last 300 are 1 GiB
        (1000, 400, Lag(200, 900, int(3 * GIB)), 1.0, 900),  # 200 that are not stored yet count too
        (1000, 400, Lag(500, 900, int(3 * GIB)), 1.0, 1000),  # never beyond what is stored
        (1000, 400, None, 1.0, 400),  # the edge does not answer
        (1000, 400, Lag(0, 0, 0), 1.0, 400),
        (300, 400, Lag(0, 900, 900 * 1000), 1.0, 300),  # a backup knows more than was repeated after a restore
        (1000, 400, Lag(0, 900, 900 * 1000), 0.0, 1000),
    ],
)
def test_edge_keeps_what_came_after_the_backup_up_to_a_bound(
    durable: int, backed: int, lag: Lag | None, keep_gib: float, may: int
) -> None:
    assert may_forget(durable, backed, lag, keep_gib * GIB) == may


def test_row_groups_end_between_tags_where_they_can() -> None:
    few = np.repeat(np.arange(5, dtype=np.uint32), GROUP_ROWS // 2)
    half = GROUP_ROWS // 2
    assert group_cuts(few) == [(0, 2 * half), (2 * half, 4 * half), (4 * half, 5 * half)]
    long = np.concatenate([np.zeros(10, np.uint32), np.ones(2 * GROUP_ROWS + 5, np.uint32), np.full(7, 2, np.uint32)])
    assert group_cuts(long) == [
        (0, 10),
        (10, 10 + GROUP_ROWS),
        (10 + GROUP_ROWS, 10 + 2 * GROUP_ROWS),
        (10 + 2 * GROUP_ROWS, len(long)),
    ]
    assert group_cuts(np.empty(0, np.uint32)) == []


def test_freeze_waits_for_writers_and_holds_later_ones() -> None:
    gate = Gate()
    order: list[str] = []
    begun, go = threading.Event(), threading.Event()

    def write() -> None:
        with gate.shared():
            begun.set()
            go.wait(10)
            with gate.shared():  # nests although somebody waits to be alone
                order.append("writer")

    def freeze() -> None:
        with gate.alone():
            with gate.shared():
                order.append("freeze")
            late.start()
            order.append("still alone")

    def write_late() -> None:
        with gate.shared():
            order.append("late writer")

    late = threading.Thread(target=write_late)
    writer, freezer = threading.Thread(target=write), threading.Thread(target=freeze)
    writer.start()
    begun.wait(10)
    freezer.start()
    go.set()
    for each in (writer, freezer):
        each.join(10)
    late.join(10)
    assert order == ["writer", "freeze", "still alone", "late writer"]
    with gate.shared(), pytest.raises(RuntimeError), gate.alone():
        pass


def test_ages_count_from_the_end_of_the_day() -> None:
    air = TagClass("air", np.array([3], np.uint32), archive_days=30, minutes_days=None)
    kept = Retention(store_days=10, classes=(air, TagClass("default", None, None, None)))
    assert age_days(99, 100) == 0
    assert kept.due([100, 90, 89, 88], 100) == [88, 89]
    assert kept.class_of(np.array([1, 3, 4], np.uint32)).tolist() == [1, 0, 1]
    assert kept.kept(air, 70, 100)
    assert not kept.kept(air, 69, 100)
    assert kept.kept(kept.classes[1], 0, 100)


def test_rules_become_classes_of_tags(tmp_path: Path) -> None:
    (tmp_path / "instance.toml").write_text(
        'archive = "old"\n[retention.air]\ntags = ["S02.*"]\narchive_days = 60\nminutes_days = 90\n'
        "[retention.default]\nstore_days = 30\n"
    )
    instance = read_instance(tmp_path)
    assert instance.archive == str(tmp_path / "old")
    assert instance.retention is not None
    plant, ids = two_sites()
    kept = retention_of(instance.retention, plant, ids)
    air, default = kept.classes
    assert (kept.store_days, air.name, air.archive_days, air.minutes_days) == (30, "air", 60, 90)
    assert air.tags is not None
    assert air.tags.tolist() == [14, 15]
    assert default.tags is None
    assert default.archive_days is None


@pytest.mark.parametrize(
    ("text", "key", "hint"),
    [
        ("retention = 5", "retention", "tables like"),
        ('[retention.air]\ntags = ["S02.*"]', "retention", "[retention.default] too"),
        ("[retention.default]\narchive_days = 9", "retention.default", "store"),
        ("[retention.default]\nstore_days = 0", "retention.default.store_days", "at least 1"),
        ("[retention.default]\nstore_days = 30\narchive_days = 7", "retention.default.archive_days", "at least 30"),
        (
            "[retention.default]\nstore_days = 3\narchive_days = 9\nminutes_days = 8",
            "retention.default.minutes_days",
            "at least 9",
        ),
        ("[retention.default]\nstore_days = 3\nminutes_days = 8", "retention.default.minutes_days", "archive_days too"),
        (
            "[retention.default]\nstore_days = 3\n[retention.air]\nstore_days = 4",
            "retention.air.store_days",
            "as a whole",
        ),
        ("[retention.default]\nstore_days = 3\n[retention.air]\narchive_days = 4", "retention.air.tags", "patterns"),
        ('[retention.default]\nstore_days = 3\n[retention."../x"]\ntags = ["S02"]', "retention.../x", "small letters"),
    ],
)
def test_mistake_in_the_rules_names_the_key_and_what_is_right(tmp_path: Path, text: str, key: str, hint: str) -> None:
    (tmp_path / "instance.toml").write_text(text + "\n")
    with pytest.raises(BadInstance) as raised:
        read_instance(tmp_path)
    assert raised.value.key == key
    assert hint in str(raised.value)


def test_pattern_that_no_tag_fits_is_named(tmp_path: Path) -> None:
    said = {"default": {"store_days": 3}, "air": {"tags": ["S03.*"]}}
    rules = read_rules(tmp_path / "instance.toml", said)
    assert rules is not None
    with pytest.raises(BadInstance, match=r"retention\.air\.tags: 'S03\.\*'.*S0"):
        retention_of(rules, *two_sites())


def test_server_keeps_to_its_own_rules(tmp_path: Path) -> None:
    (tmp_path / "instance.toml").write_text(
        'historian = "clickhouse://db:8123/didymium"\n[retention.default]\nstore_days = 3\n'
    )
    with pytest.raises(BadInstance, match="TTL"):
        read_instance(tmp_path)


def test_settings_in_a_backup_name_no_place_on_this_machine() -> None:
    text = 'historian = "chdb:///mnt/x"\nport = 9000\narchive = "/mnt/y"\ncomplex="../z"\n[edges]\nedge1 = "centre"\n'
    assert portable(text) == 'complex = "complex"\nport = 9000\n[edges]\nedge1 = "centre"\n'
    assert portable('archive = "s3://b/p"\n') == 'complex = "complex"\narchive = "s3://b/p"\n'
    assert portable('[edges]\nhistorian = "x"\n') == 'complex = "complex"\n[edges]\nhistorian = "x"\n'
    assert portable('records = "sqlite:////srv/desk.sqlite"\n') == 'complex = "complex"\n'
    assert portable('records = "postgresql://db/r"\n') == 'complex = "complex"\nrecords = "postgresql://db/r"\n'
    assert portable("") == 'complex = "complex"\n'
