"""The engine's files: which folders of parts count."""

from __future__ import annotations

import pytest

from didymium.historian.parts.errors import Unreadable
from didymium.historian.parts.names import active


def test_merged_part_takes_the_place_of_its_sources() -> None:
    assert active(["20251009_1_1_0", "20251009_3_3_0", "20251009_1_2_1", "20251009_2_2_0"]) == [
        "20251009_1_2_1",
        "20251009_3_3_0",
    ]


def test_merge_of_merges_covers_every_level_below() -> None:
    names = ["a_1_1_0", "a_2_2_0", "a_1_2_1", "a_3_3_0", "a_4_9_1", "a_1_9_2"]
    assert active(names) == active(reversed(names)) == ["a_1_9_2"]


def test_latest_mutation_of_the_same_blocks_counts() -> None:
    assert active(["a_1_3_1", "a_1_3_1_4", "a_1_3_1_12", "a_5_5_0", "a_5_5_0_12"]) == ["a_1_3_1_12", "a_5_5_0_12"]


def test_merge_after_a_mutation_counts_before_it() -> None:
    assert active(["a_1_1_0", "a_2_2_0", "a_1_1_0_3", "a_2_2_0_3", "a_1_2_1_3", "a_1_2_2_3"]) == ["a_1_2_2_3"]


def test_empty_part_of_a_dropped_partition_covers_what_was_there() -> None:
    names = ["20251009_1_1_0", "20251009_2_5_1", "20251009_1_5_2", "20251010_6_6_0"]
    assert active(names) == ["20251009_1_5_2", "20251010_6_6_0"]


@pytest.mark.parametrize(
    "name",
    [
        "tmp_insert_20251009_2_2_0",
        "tmp_merge_20251009_1_2_1",
        "tmp-fetch_20251009_1_2_1",
        "delete_tmp_20251009_1_1_0",
        "broken-on-start_20251009_1_2_1",
        "detached",
        "deduplication_logs",
        "format_version.txt",
        "mutation_7.txt",
        "20251009_1_2",
        "20251009_1_2_1_4_5",
        "20251009_1_2_1.proj",
        "20251009_x_2_1",
        "20251009_-1_2_1",
        "_1_2_1",
        "",
    ],
)
def test_folder_of_another_name_is_no_part(name: str) -> None:
    assert active([name, "20251009_1_1_0"]) == ["20251009_1_1_0"]


@pytest.mark.parametrize("names", [["a_1_3_1", "a_2_4_1"], ["a_1_1_0", "a_1_2_1", "a_2_3_1"]])
def test_parts_that_overlap_and_do_not_cover_are_refused(names: list[str]) -> None:
    with pytest.raises(Unreadable, match="overlaps another"):
        active(names)


def test_part_with_changes_of_other_parts_rows_is_refused() -> None:
    with pytest.raises(Unreadable, match="changes rows of other parts"):
        active(["20251009_1_1_0", "patch-0c6bea3bff03db457030e4053ee6fa27-20251009_2_2_0_1"])


def test_partitions_do_not_cover_each_other() -> None:
    assert active(["b_1_9_1", "a_2_2_0", "a_11_11_0", "b_3_3_0"]) == ["a_2_2_0", "a_11_11_0", "b_1_9_1"]
