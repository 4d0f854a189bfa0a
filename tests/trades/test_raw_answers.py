"""Answers lie packed: each comes back as it was, in every edition that ever was."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trades.raw_answers import NotReadableError, pack, pack_all, unpack

ANSWER = (
    b'{"trade_id":"0b6a3f6e-7d0f-4a58-8a51-1d2b5d3f9c01","custom_id":"order-77","status":"completed",'
    b'"processed_trade":{"market":"market-vpsbot","status":3,"game_id":730},"selected_bot":null}'
)
# As edition 1 packed it on its first day. It breaks when the samples change: rows would be lost.
PACKED_ONCE = bytes.fromhex(
    "0128b52ffd20b9350200740230623661336636652d376430662d346135382d386135312d3164326235643366"
    "3963303137377d0900d3e40f0048878a4500b9e281c39901f571c0b9e030c1f7e60f0104"
)


@given(st.lists(st.binary(max_size=3000), max_size=8))
def test_every_answer_comes_back_as_it_was(raws: list[bytes]) -> None:
    assert [unpack(packed) for packed in pack_all(raws)] == raws


def test_an_answer_of_the_first_edition_is_read_for_ever() -> None:
    assert unpack(PACKED_ONCE) == ANSWER


def test_an_answer_from_before_the_editions_is_read() -> None:
    assert unpack(zlib.compress(ANSWER, 1)) == ANSWER


def test_a_known_shape_takes_less_than_zlib_leaves() -> None:
    assert len(pack(ANSWER)) < 0.6 * len(zlib.compress(ANSWER))


@pytest.mark.parametrize(
    "packed", [b"", b"\x02later", b"\x01", b"\x01no zstd", b"x no zlib", pack(ANSWER)[:-4]]
)
def test_a_damaged_answer_is_said_to_be(packed: bytes) -> None:
    with pytest.raises(NotReadableError):
        unpack(packed)
