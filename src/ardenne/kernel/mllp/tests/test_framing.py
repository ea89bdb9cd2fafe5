"""Frames: whatever way they are cut, the same contents come out; what is no frame is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardenne.kernel.mllp.framing import FrameError, Frames, framed

_CONTENTS = st.lists(
    st.binary(max_size=40).map(lambda one: one.replace(b"\x0b", b"").replace(b"\x1c", b"")), max_size=5
)


@given(_CONTENTS, st.integers(1, 9))
def test_contents_come_out_as_they_went_in_however_the_bytes_are_cut(
    contents: list[bytes], size: int
) -> None:
    stream = b"".join(framed(one) for one in contents)
    frames, found = Frames(100), []
    for begin in range(0, len(stream), size):
        found += frames.take(stream[begin : begin + size])
    assert found == contents and frames.is_empty


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"MSH|^~\\&|", "begins with the byte 0B"),
        (b"\x0b" + b"x" * 200, "at most 100"),
        (b"\x0bA\x0bB\x1c\r", "did not end"),
    ],
)
def test_what_is_no_frame_is_refused(data: bytes, told: str) -> None:
    with pytest.raises(FrameError, match=told):
        Frames(100).take(data)
