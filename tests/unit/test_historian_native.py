"""Native blocks against bytes written by hand from the format's description."""

import numpy as np
import pytest

from didymium.historian.native import UnknownType, decode, encode


def test_block_is_the_documented_bytes() -> None:
    block = encode({"a": "UInt8", "s": "String"}, [np.array([1, 2], np.uint8), ["x", "é"]])
    assert block == b"\x02\x02" + b"\x01a\x05UInt8\x01\x02" + b"\x01s\x06String\x01x\x02\xc3\xa9"


def test_long_length_takes_two_bytes() -> None:
    block = encode({"a": "UInt8"}, [np.zeros(300, np.uint8)])
    assert block.startswith(b"\x01\xac\x02\x01a\x05UInt8")
    assert len(decode(block)["a"]) == 300


def test_several_blocks_are_joined() -> None:
    types = {"ts": "DateTime64(6, 'UTC')", "name": "String"}
    first = encode(types, [np.array([-1, 2**60]), ["p", ""]])
    second = encode(types, [np.array([7]), ["q" * 200]])
    found = decode(first + second)
    assert found["ts"].tolist() == [-1, 2**60, 7]
    assert found["name"].tolist() == ["p", "", "q" * 200]


def test_no_answer_has_no_columns() -> None:
    assert decode(b"") == {}


def test_strided_columns_of_another_width_are_converted() -> None:
    found = decode(encode({"a": "UInt32"}, [np.arange(10, dtype=np.int64)[::2]]))
    assert found["a"].tolist() == [0, 2, 4, 6, 8]
    assert found["a"].dtype == np.uint32


def test_type_that_we_do_not_use_is_refused() -> None:
    with pytest.raises(UnknownType):
        encode({"a": "Nullable(UInt8)"}, [np.zeros(1, np.uint8)])
