"""A batch comes back bit for bit, or its fault is named."""

from __future__ import annotations

import numpy as np
import pytest

from didymium.model.readings import Readings
from didymium.spine import batch, subjects
from didymium.spine.errors import CorruptBatch


def sample() -> Readings:
    return Readings(
        np.array([1, 2, 4_000_000_000], np.uint32),
        np.array([1, -2, 2**53 + 1], np.int64),
        np.array([12.3, np.nan, -np.inf]),
        np.array([0, 0x8000_0000, 0x4094_0000], np.uint32),
        np.array([0, 1, 3], np.uint8),
    )


def test_a_batch_comes_back_bit_for_bit() -> None:
    data = batch.encode(sample())
    back = batch.decode(data, batch.checksum(data), 3)
    for name in ("tag", "time_us", "value", "status", "flags"):
        assert getattr(back, name).tobytes() == getattr(sample(), name).tobytes()


def test_an_empty_batch_comes_back_empty() -> None:
    data = batch.encode(Readings.empty())
    assert len(batch.decode(data, batch.checksum(data), 0)) == 0


def test_the_checksum_is_the_crc_of_iso_3309() -> None:
    assert batch.checksum(b"123456789") == "cbf43926"  # the check value of the CRC-32 catalogue


@pytest.mark.parametrize("keep", [0, 7, 200, 600])
def test_a_batch_cut_short_is_truncated_even_when_its_checksum_fits(keep: int) -> None:
    data = batch.encode(sample())[:keep]
    with pytest.raises(CorruptBatch) as corrupt:
        batch.decode(data, batch.checksum(data), 3)
    assert corrupt.value.fault in ("truncated", "count")


def test_one_flipped_bit_anywhere_is_found() -> None:
    data = batch.encode(sample())
    right = batch.checksum(data)
    for position in range(0, len(data), 37):
        with pytest.raises(CorruptBatch, match="checksum"):
            batch.decode(data[:position] + bytes([data[position] ^ 0x10]) + data[position + 1 :], right)


def test_a_message_number_is_read_back_only_from_its_own_epoch() -> None:
    own = subjects.message_id("e1", 5, 12)
    assert subjects.number_of(own, "e1", 5) == 12
    assert subjects.number_of(own, "e1", 6) is None
    assert subjects.number_of("", "e1", 5) is None


def test_a_name_that_would_change_the_subject_is_refused() -> None:
    with pytest.raises(ValueError, match=r"only letters"):
        subjects.readings("e1", "S03.>")
