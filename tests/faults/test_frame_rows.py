"""Rows 23, 24, 28 and 29 of the fault matrix: frames doubled, shuffled, broken or mistimed."""

import contextlib
import time
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import Any

import pytest

from tests.faults.harness import (
    NEVER,
    USUAL,
    beside,
    exchange,
    scene,
    takes_everything,
    told,
    until,
)
from tests.faults.history import history_of, reordered
from tests.long_runs import LongRun
from upbit_auto_trading.application.candles import ChartSession
from upbit_auto_trading.domain.orderbook import Orderbook
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import StreamState
from upbit_auto_trading.infrastructure.market_data_backbone import (
    exchange_time,
    frame_intake,
    store,
)
from upbit_auto_trading.infrastructure.market_data_backbone.store import TradeStream
from upbit_auto_trading.infrastructure.market_data_backbone.untrusted_frames import UntrustedFrames
from upbit_auto_trading.infrastructure.upbit.decode import BadFrameError
from upbit_auto_trading.infrastructure.upbit.decode import decode as frame_decode
from upbit_auto_trading.infrastructure.upbit.reconnect import LossCause
from upbit_auto_trading.infrastructure.upbit.websocket_client import WebSocketClient

Patch = pytest.MonkeyPatch
BOOK = Stream("orderbook", "KRW-XRP")
TRADES = Stream("trade", "KRW-XRP")
TICKER = Stream("ticker", "KRW-XRP")
MINUTES = Stream("candle.1m", "KRW-XRP")
BOOKS = tuple(Stream("orderbook", market) for market in ("KRW-XRP", "KRW-BTC", "KRW-ETH"))
FAST = ("--speed", "20")


# 23: every message three times


async def _tripled() -> tuple[int, int, bool]:
    async with exchange(*FAST) as upbit, scene(upbit, (TRADES, BOOK, TICKER), beside(20)) as one:
        await upbit.fault("duplicate", copies=3)
        assert await until(lambda: len(one.values) >= 200, 30) < NEVER
        await upbit.clear("duplicate")
        history = await history_of(one)
        return one.metrics("streams")["duplicates"], history.doubled, history.holds


async def test_row_23_duplicates() -> None:
    counted, doubled, holds = await _tripled()
    told(23, "duplicates counted, told twice", (counted, doubled), "counted, 0")
    assert counted > 20
    assert holds


async def test_row_23_without_its_defence_fails(monkeypatch: Patch) -> None:
    monkeypatch.setattr(TradeStream, "accept", takes_everything)
    _, doubled, _ = await _tripled()
    assert doubled > 0


# 24: shuffled within fifty


async def _shuffled() -> tuple[int, int, int, bool]:
    async with exchange(*FAST) as upbit, scene(upbit, (TRADES, BOOK), beside(20)) as one:
        await upbit.fault("reorder", window=50)
        trades = one.feed._feed.store.open(TRADES)
        assert await until(lambda: trades.arrivals >= 120, 30) < NEVER
        newest = (await one.feed.trades("KRW-XRP", 30)).values
        await upbit.clear("reorder")
        keys = [(trade.trade_ms, trade.sequential_id) for trade in newest]
        history = await history_of(one)
        books = reordered(value for value in one.values if isinstance(value, Orderbook))
        is_sorted = all(a < b for a, b in pairwise(keys)) and len(keys) == 30
        return books, history.lost, history.doubled, is_sorted


async def test_row_24_reordered() -> None:
    books, lost, doubled, is_sorted = await _shuffled()
    told(24, "books back in time, trades lost, doubled", (books, lost, doubled), "0, 0, 0")
    assert (books, lost, doubled) == (0, 0, 0)
    assert is_sorted


async def test_row_24_without_its_defence_fails(monkeypatch: Patch) -> None:
    monkeypatch.setattr(store._LatestStream, "accept", takes_everything)
    monkeypatch.setattr(TradeStream, "newest", lambda s, count: list(s.recent)[-count:])
    books, _, _, is_sorted = await _shuffled()
    assert books > 0
    assert not is_sorted


# 28: frames that can't be read


KINDS = (
    *("truncated", "nan", "huge_number", "nested", "invalid_utf8", "null_fields"),
    *("missing_fields", "html", "empty", "text_frame"),
)


class _Cost:
    """The time refused frames took to be refused, in milliseconds of this thread's processor."""

    def __init__(self, patch: Patch) -> None:
        self.refused_ms: list[float] = []
        decode = frame_decode

        def timed(data: bytes, origins: Any) -> Any:
            started = time.thread_time()
            try:
                return decode(data, origins)
            except BadFrameError:
                self.refused_ms.append((time.thread_time() - started) * 1000)
                raise

        patch.setattr(frame_intake, "decode", timed)


async def _broken(kinds: tuple[str, ...]) -> tuple[dict[str, int], int, bool]:
    """Let frames of every kind come, one kind after the other; see what it leaves behind."""
    # A channel that stays unreadable would be put aside, and the kinds after it never come.
    policy = replace(beside(10), timings=replace(USUAL.timings, quarantine_window=1e-4))
    async with exchange("--speed", "10") as upbit, scene(upbit, (*BOOKS, TRADES), policy) as one:
        for kind in kinds:
            received, dropped = one.intake.received, sum(one.intake.malformed.values())
            reconnects = one.reconnects
            await upbit.fault("malformed", kind=kind, every=2)
            # A text frame is read as any other; all the rest is dropped, or ends the connection.
            least = dropped + (kind != "text_frame")
            assert (
                await until(
                    lambda n=least, r=received, c=reconnects: (  # type: ignore[misc]
                        one.reconnects > c
                        or (
                            one.intake.received > r + 20 and sum(one.intake.malformed.values()) >= n
                        )
                    ),
                    30,
                )
                < NEVER
            ), kind
        await upbit.clear("malformed")
        flows = await one.next_data(20) < NEVER
        await until(lambda: one.feed.stream_health(TRADES).complete, 20)
        history = await history_of(one, settle_s=10)
        whole = flows and history.lost == history.doubled == 0
        assert whole, (flows, history, one.timeline[-6:])
        return one.metrics("streams")["malformed"], one.reconnects, whole


@pytest.mark.long("fault_rows")
async def test_row_28_malformed_frames(monkeypatch: Patch, long_run: LongRun) -> None:
    cost = _Cost(monkeypatch)
    malformed, reconnects, holds = await _broken(KINDS)
    told(28, "dropped by reason, reconnects", (malformed, reconnects), "counted, 0")
    told(28, "slowest refusal in ms", max(cost.refused_ms), "≤ 1")
    assert sum(malformed.values()) >= len(KINDS)
    assert "defect" not in malformed
    assert reconnects == 0
    assert holds
    long_run.record(slowest_refusal_ms=max(cost.refused_ms))
    assert median(cost.refused_ms) <= 1.0
    if long_run.full:
        assert sorted(cost.refused_ms)[int(0.99 * len(cost.refused_ms))] <= 1.0
    _, reconnects, holds = await _broken(("huge_frame",))
    told(28, "reconnects for frames of 5 MB", reconnects, "≥ 1, then whole again")
    assert reconnects >= 1
    assert holds


async def test_row_28_without_its_defence_fails(monkeypatch: Patch) -> None:
    def gives_up(frames: UntrustedFrames, data: bytes) -> None:
        del frames, data
        for socket in sockets:
            socket.drop(LossCause.RESET)

    sockets: list[WebSocketClient] = []
    start = WebSocketClient.start

    def noted(socket: WebSocketClient) -> None:
        sockets.append(socket)
        start(socket)

    monkeypatch.setattr(WebSocketClient, "start", noted)
    monkeypatch.setattr(UntrustedFrames, "unreadable", gives_up)
    with contextlib.suppress(AssertionError):  # what is lost meanwhile may be lost for good
        await _broken(("truncated",))
    assert any(socket.connects > 1 for socket in sockets)


# 29: wrong times


@dataclass
class _Shifted:
    is_marked: bool
    is_misplaced: bool
    p99_ms: float
    is_whole: bool


async def _shifted(shift_ms: int) -> _Shifted:
    """Shift every time of one market's trades; other markets' stay right."""
    streams = (TRADES, MINUTES, BOOK, TICKER, *BOOKS)
    async with exchange("--speed", "5") as upbit, scene(upbit, streams, beside(5)) as one:
        session = ChartSession(one.feed, lambda: None)
        await session.show("KRW-XRP", "1m")
        delivered = one.intake.delivered
        assert await until(lambda: one.intake.delivered >= delivered + 40, 30) < NEVER
        series = session.series
        assert series is not None
        assert await until(lambda: len(series), 30) < NEVER
        last = int(series.columns.start_ms[-1])
        await upbit.fault("wrong_time", shift_ms=shift_ms, market="KRW-XRP")
        touched = (TRADES, BOOK, TICKER)
        before = sum(one.feed._feed.store.open(stream).arrivals for stream in touched)

        def arrived() -> int:
            return sum(one.feed._feed.store.open(stream).arrivals for stream in touched) - before

        assert await until(lambda: arrived() >= 20, 60) < NEVER
        is_marked = one.happened("stream_mistimed") or StreamState.STALLED in one.states(touched)
        latency = one.metrics("streams")["latency_ms"]
        newest = int(series.columns.start_ms[-1])
        await upbit.clear("wrong_time")
        recovers = await until(lambda: not one.metrics("streams")["incomplete"], 30) < NEVER
        lost = (await history_of(one, settle_s=5)).lost
        await session.close()
        is_misplaced = abs(newest - last) > 600_000
        return _Shifted(is_marked, is_misplaced, latency["p99"], recovers and lost == 0)


@pytest.mark.parametrize("shift_ms", [3_600_000, -3_600_000])
async def test_row_29_wrong_times(shift_ms: int) -> None:
    seen = await _shifted(shift_ms)
    told(29, f"times off by {shift_ms} ms", seen, "marked, not misplaced, latency as before")
    assert seen.is_marked
    assert not seen.is_misplaced
    assert seen.is_whole
    assert abs(seen.p99_ms) < 60_000


async def test_row_29_without_its_defence_fails(monkeypatch: Patch) -> None:
    monkeypatch.setattr(exchange_time, "_LIMIT_MS", 1e12)
    seen = await _shifted(3_600_000)
    assert not seen.is_marked
    assert seen.is_misplaced or abs(seen.p99_ms) > 60_000
