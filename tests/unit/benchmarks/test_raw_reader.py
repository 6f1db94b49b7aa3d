import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.raw_reader import FrameCounter
from benchmarks.throughput import refuse_slow_server


def _frame(size: int) -> bytes:
    if size < 126:
        return bytes([0x82, size]) + bytes(size)
    if size < 65536:
        return b"\x82\x7e" + size.to_bytes(2, "big") + bytes(size)
    return b"\x82\x7f" + size.to_bytes(8, "big") + bytes(size)


@given(
    st.lists(st.sampled_from([0, 1, 125, 126, 700, 65535, 65536]), max_size=8),
    st.lists(st.integers(0, 1 << 17), max_size=6),
)
def test_every_frame_counts_once_wherever_the_bytes_are_cut(
    sizes: list[int], cuts: list[int]
) -> None:
    data = b"".join(map(_frame, sizes))
    counter = FrameCounter()
    edges = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    for begin, end in itertools.pairwise(edges):
        counter.feed(data[begin:end])
    assert counter.frames == len(sizes)


def test_a_frame_that_is_not_whole_does_not_count_yet() -> None:
    counter = FrameCounter()
    counter.feed(_frame(700)[:-1])
    assert counter.frames == 0
    counter.feed(b"\0")
    assert counter.frames == 1


def test_a_run_is_void_when_the_server_does_not_outrun_the_bare_client() -> None:
    refuse_slow_server(120_000, 100_000)
    with pytest.raises(SystemExit, match="void"):
        refuse_slow_server(119_000, 100_000)
