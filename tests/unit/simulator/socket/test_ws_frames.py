"""Frames, deflate, number spelling, the log of what was sent, one direction of a path."""

import asyncio
import io
import json
import random
import zlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_auto_trading.simulator.socket.link import Link, PathQuality
from upbit_auto_trading.simulator.socket.sent_log import SentLog
from upbit_auto_trading.simulator.socket.ws_frame import (
    Deflater,
    Frame,
    close_frame,
    frame_header,
    pong_frame,
)
from upbit_auto_trading.simulator.wire.number_spelling import fixed, java_double, plain

TRADE = ("trade", "KRW-BTC", "17954112204840002", "REALTIME")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (116539000.0, "1.16539E8"),
        (1e7, "1.0E7"),
        (9999999.0, "9999999.0"),
        (127.0, "127.0"),
        (0.001, "0.001"),
        (0.00079276, "7.9276E-4"),
        (6.89e-06, "6.89E-6"),
        (7e-06, "7.0E-6"),
        (59726546304.62442, "5.972654630462442E10"),
        (-0.00024553, "-2.4553E-4"),
        (0.0, "0.0"),
    ],
)
def test_doubles_are_spelled_as_java_does(value: float, text: str) -> None:
    assert java_double(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(116606000.0, "116606000"), (6.89e-06, "0.00000689"), (0.5, "0.5"), (0.0, "0")],
)
def test_plain_numbers_have_no_exponent_and_no_trailing_zeros(value: float, text: str) -> None:
    assert plain(value) == text


@given(st.floats(1e-12, 1e15))
def test_every_spelling_reads_back_as_the_same_number(value: float) -> None:
    assert float(java_double(value)) == value
    assert float(plain(value)) == value
    assert float(fixed(value)) == value
    assert "e" not in (plain(value) + fixed(value)).lower()


@given(st.integers(0, 10**14))
def test_fixed_spells_eight_decimals_exactly(units: int) -> None:
    value = units / 10**8
    assert Decimal(fixed(value)) == Decimal(units).scaleb(-8)
    assert len(fixed(value).partition(".")[2]) == 8


@pytest.mark.parametrize(
    ("length", "header"),
    [
        (0, "8200"),
        (125, "827d"),
        (126, "827e007e"),
        (65535, "827effff"),
        (65536, "827f0000000000010000"),
    ],
)
def test_frame_headers_follow_the_length(length: int, header: str) -> None:
    assert frame_header(0x82, length).hex() == header


def test_control_frames_carry_their_payload() -> None:
    assert pong_frame(b"abc") == b"\x8a\x03abc"
    assert close_frame(1000) == b"\x88\x02\x03\xe8"
    assert len(close_frame(1011, "x" * 500)) == 2 + 125


@pytest.mark.parametrize("keeps_context", [True, False])
def test_deflated_frames_inflate_to_what_was_sent(keeps_context: bool) -> None:
    deflater = Deflater(15, keeps_context=keeps_context)
    inflater = zlib.decompressobj(-15)
    for number in range(5):
        payload = json.dumps({"code": "KRW-BTC", "number": number}).encode() * 5
        wire = deflater.wire(Frame(payload, *TRADE))
        assert wire[0] == 0xC2
        if not keeps_context:
            inflater = zlib.decompressobj(-15)
        body = wire[2:] if wire[1] < 126 else wire[4:]
        assert inflater.decompress(body + b"\x00\x00\xff\xff") == payload


def test_a_frame_changes_its_delivery_only_in_its_stream_type() -> None:
    frame = Frame(b'{"code":"KRW-BTC","stream_type":"REALTIME"}', *TRADE)
    snapshot = frame.as_delivery("SNAPSHOT")
    assert snapshot.payload == b'{"code":"KRW-BTC","stream_type":"SNAPSHOT"}'
    assert snapshot.what == (*TRADE[:3], "SNAPSHOT")


def test_the_log_keeps_the_newest_records_and_spills_all_of_them() -> None:
    spill = io.StringIO()
    log = SentLog(capacity=3, spill=spill)
    for sequence in range(1, 6):
        log.add(1 + sequence % 2, sequence, TRADE, 1000 + sequence)
    assert (log.count, log.oldest) == (5, 3)
    assert [record.serial for record in log.since(0)] == [3, 4, 5]
    assert [record.serial for record in log.since(4)] == [5]
    assert [record.sequence for record in log.since(0, connection=2)] == [3, 5]
    assert [record.serial for record in log.since(0, limit=1)] == [3]
    assert [json.loads(line)["serial"] for line in spill.getvalue().splitlines()] == [1, 2, 3, 4, 5]
    log.close()
    log.close()
    assert spill.closed


@pytest.mark.parametrize(
    "key",
    ["17954428800000000", "0", "007", "-5", "", "+1", "1_000", "٣", "9" * 30, "c8f2-uuid", " 1"],
)
def test_a_key_comes_out_of_the_log_as_it_was_spelled(key: str) -> None:
    log = SentLog(capacity=2)
    for sequence in range(1, 4):
        log.add(7, sequence, ("myOrder", "KRW-BTC", key, "REALTIME"), 1_782_864_000_000)
    assert [(record.sequence, record.key) for record in log.since()] == [(2, key), (3, key)]
    log.add(7, 4, ("trade", "", "12", "SNAPSHOT"), 1_782_864_000_001)
    newest = next(log.since(3))
    assert newest == (4, 7, 4, "trade", "", "12", "SNAPSHOT", 1_782_864_000_001)


async def carried(quality: PathQuality, sizes: list[int]) -> tuple[list[int], list[float]]:
    loop = asyncio.get_running_loop()
    arrived: list[int] = []
    times: list[float] = []

    def deliver(item: int) -> None:
        arrived.append(item)
        times.append(loop.time() - start)

    link: Link[int] = Link(deliver, quality, random.Random(1))
    start = loop.time()
    for number, size in enumerate(sizes):
        link.push(number, size)
    await link.emptied()
    return arrived, times


async def test_a_perfect_path_delivers_at_once() -> None:
    arrived, times = await carried(PathQuality(), [1, 1])
    assert arrived == [0, 1]
    assert max(times) < 0.01


async def test_latency_and_jitter_keep_the_order() -> None:
    arrived, times = await carried(PathQuality(0.03, 0.02), [1] * 50)
    assert arrived == list(range(50))
    assert min(times) >= 0.029


async def test_bandwidth_spreads_what_is_sent_at_once() -> None:
    arrived, times = await carried(PathQuality(bytes_per_s=20_000), [400] * 5)
    assert arrived == list(range(5))
    assert times[0] >= 0.019
    assert times[-1] >= 0.099


async def test_a_closed_path_delivers_nothing_more() -> None:
    arrived: list[int] = []
    link: Link[int] = Link(arrived.append, PathQuality(0.01), random.Random(1))
    link.push(1, 10)
    assert link.queued_bytes == 10
    link.close()
    await link.emptied()
    assert arrived == []
    assert link.queued_bytes == 0
