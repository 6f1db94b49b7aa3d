"""Rows 23–32 of the fault matrix: values doubled, shuffled, late, missing, broken or too many."""

import asyncio
import contextlib
import time
from dataclasses import replace
from itertools import pairwise
from typing import Any

import psutil
import pytest

from tests.faults.harness import (
    NEVER,
    USUAL,
    Exchange,
    Scene,
    beside,
    exchange,
    history_of,
    passes,
    reordered,
    scene,
    squeezed,
    told,
    until,
)
from tests.long_runs import LongRun
from upbit_auto_trading.application.candles import ChartSession
from upbit_auto_trading.domain.candle import Candle
from upbit_auto_trading.domain.candle_series import CandleSeries
from upbit_auto_trading.domain.orderbook import Orderbook
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import StreamState
from upbit_auto_trading.domain.trade import Trade
from upbit_auto_trading.infrastructure.clock import Clock
from upbit_auto_trading.infrastructure.market_data_backbone import frame_intake
from upbit_auto_trading.infrastructure.market_data_backbone.candle_pages import CandlePages
from upbit_auto_trading.infrastructure.market_data_backbone.gap_repair import GapRepair
from upbit_auto_trading.infrastructure.market_data_backbone.store import (
    CandleStream,
    TradeStream,
    Verdict,
)
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
        await passes(2.0)
        await upbit.clear("duplicate")
        history = await history_of(one)
        return one.metrics("streams")["duplicates"], history.doubled, history.holds


async def test_row_23_duplicates() -> None:
    counted, doubled, holds = await _tripled()
    told(23, "duplicates counted, told twice", (counted, doubled), "counted, 0")
    assert counted > 20
    assert holds


def _takes_everything(stream: Any, value: Any) -> Verdict:
    stream.value = value
    return Verdict.NEW


async def test_row_23_without_its_defence_fails(monkeypatch: Patch) -> None:
    monkeypatch.setattr(TradeStream, "accept", _takes_everything)
    _, doubled, _ = await _tripled()
    assert doubled > 0


# 24: shuffled within fifty


async def _shuffled() -> tuple[int, int, int, bool]:
    async with exchange(*FAST) as upbit, scene(upbit, (TRADES, BOOK), beside(20)) as one:
        await upbit.fault("reorder", window=50)
        await passes(3.0)
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
    from upbit_auto_trading.infrastructure.market_data_backbone import store

    monkeypatch.setattr(store._LatestStream, "accept", _takes_everything)
    monkeypatch.setattr(TradeStream, "newest", lambda s, count: list(s.recent)[-count:])
    books, _, _, is_sorted = await _shuffled()
    assert books > 0
    assert not is_sorted


# 25: realtime before its snapshot, snapshots of the previous candle


async def _odd_snapshots() -> tuple[bool, bool]:
    """Return whether the chart's candles never went back, and whether the closed ones are right."""
    async with exchange("--speed", "30") as upbit:
        await upbit.fault("realtime_first")
        await upbit.fault("stale_snapshot")
        async with scene(upbit, (), beside(30)) as one:
            forward = True
            newest = 0

            def look() -> None:
                nonlocal forward, newest
                if session.series is None or not len(session.series):
                    return
                starts = session.series.columns.start_ms
                forward = forward and bool((starts[1:] > starts[:-1]).all())
                forward = forward and int(starts[-1]) >= newest
                newest = int(starts[-1])

            session = ChartSession(one.feed, look)
            await session.show("KRW-XRP", "1m")
            for _ in range(3):
                await passes(0.5)
                await session.show("KRW-ETH", "1m")
                newest = 0
                await session.show("KRW-XRP", "1m")
            for _ in range(2):  # the same snapshots once more, into a chart that has its history
                await passes(0.7)
                await upbit.fault("close", code=1006, connection=(await upbit.carrying())[0])
            await passes(2.0)
            assert session.series is not None
            columns = session.series.columns
            seen = dict(
                zip(columns.start_ms.tolist()[-8:-1], columns.close.tolist()[-8:-1], strict=True)
            )
            await session.close()
            page = await upbit.rest("candles/minutes/1?market=KRW-XRP&count=30")
            truth = {_start_ms(row): row["trade_price"] for row in page}
            return forward, all(truth.get(start) == close for start, close in seen.items())


def _start_ms(row: dict[str, Any]) -> int:
    from datetime import UTC, datetime

    moment = datetime.fromisoformat(row["candle_date_time_utc"]).replace(tzinfo=UTC)
    return int(moment.timestamp() * 1000)


async def test_row_25_snapshots_out_of_turn() -> None:
    forward, right = await _odd_snapshots()
    told(25, "candles only go forward, closed ones right", (forward, right), "yes, yes")
    assert forward
    assert right


async def test_row_25_without_its_defence_fails(monkeypatch: Patch) -> None:
    """A chart that takes whatever comes last for its newest candle."""

    def overwrite(series: CandleSeries, candle: Candle) -> bool:
        if not len(series):
            return False
        place = len(series) - 1
        series._start[place] = candle.start_ms
        return series._write(place, candle)

    monkeypatch.setattr(CandleSeries, "apply", overwrite)
    monkeypatch.setattr(CandleStream, "accept", _takes_everything)
    forward, right = await _odd_snapshots()
    assert not (forward and right)


# 26: gaps


GAPS = {1: ("1", 1.0, 1.0), 60: ("30", 2.0, 3.0), 1800: ("600", 3.0, 30.0)}
"""Gap in exchange seconds: speed of the exchange, length in real seconds, allowed real seconds."""


async def _gap(length: int) -> tuple[float, bool, Any]:
    speed, real_s, allowed = GAPS[length]
    streams = (TRADES, MINUTES)
    async with (
        exchange("--speed", speed) as upbit,
        scene(upbit, streams, beside(float(speed))) as one,
    ):
        await one.standing_by()
        await passes(0.5)
        await upbit.fault("outage", target="ws", seconds=real_s)
        await until(lambda: not _connected(one), 2)
        incomplete = False

        def back() -> bool:
            nonlocal incomplete
            complete = all(one.feed.stream_health(s).complete for s in streams)
            incomplete = incomplete or not complete
            live = one.feed.stream_health(TRADES).state is StreamState.LIVE
            return _connected(one) and live

        assert await until(back, real_s + 20) < NEVER
        filled = await until(
            lambda: all(one.feed.stream_health(s).complete for s in streams), allowed + 1
        )
        return filled, incomplete, await history_of(one)


def _connected(one: Scene) -> bool:
    return bool(one.metrics("streams")["connection"] == "connected")


@pytest.mark.parametrize("length", GAPS)
async def test_row_26_gaps(length: int) -> None:
    filled, incomplete, history = await _gap(length)
    told(26, f"gap of {length} s refilled in s", filled, f"≤ {GAPS[length][2]}")
    assert filled <= GAPS[length][2]
    assert incomplete
    assert history.holds, history


async def test_row_26_without_its_defence_fails(monkeypatch: Patch) -> None:
    monkeypatch.setattr(GapRepair, "begin", lambda *_, **__: None)
    filled, _, history = await _gap(60)
    assert filled > 3.0
    assert history.lost > 0


# 27: pages of history


async def _pages(upbit: Exchange, market: str, count: int, before: str) -> list[int]:
    """Return candle starts asked for in pages of another size, past the product."""
    starts: list[int] = []
    to = before
    while len(starts) < count:
        page = await upbit.rest(f"candles/minutes/1?market={market}&count=97&to={to}")
        starts += [_start_ms(row) for row in page]
        if len(page) < 97:
            break
        to = page[-1]["candle_date_time_utc"] + "Z"
    return sorted(starts)[-count:]


async def _history(upbit: Exchange, one: Scene, market: str) -> tuple[list[int], list[int]]:
    from datetime import UTC, datetime, timedelta

    before = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=5)
    answers = await one.feed.candles(market, "1m", 650, before)
    truth = await _pages(upbit, market, 650, before.strftime("%Y-%m-%dT%H:%M:%SZ"))
    return [candle.start_ms for candle in answers.values], truth


async def test_row_27_pages_without_gap_or_overlap() -> None:
    async with exchange() as upbit, scene(upbit, ()) as one:
        quiet = [r["market"] for r in await upbit.rest("market/all") if "KRW-" in r["market"]][-1]
        for market in ("KRW-XRP", quiet):
            starts, truth = await _history(upbit, one, market)
            missing = (starts[-1] - starts[0]) // 60_000 + 1 - len(starts)
            told(27, f"{market}: candles, minutes without trades", (len(starts), missing), "equal")
            assert starts == truth
            assert len(set(starts)) == 650
        assert missing > 0  # a quiet market has minutes that nobody may invent


async def test_row_27_without_its_defence_fails(monkeypatch: Patch) -> None:
    """Paging by counting slots instead of going on from the oldest candle had."""

    def took(pages: CandlePages, page: list[Candle]) -> None:
        asked = min(200, pages.count - pages._taken)
        pages._pages.append(page)
        pages._taken += asked
        assert pages.before_ms is not None
        pages.before_ms -= asked * 60_000

    monkeypatch.setattr(CandlePages, "took", took)
    async with exchange() as upbit, scene(upbit, ()) as one:
        quiet = [r["market"] for r in await upbit.rest("market/all") if "KRW-" in r["market"]][-1]
        starts, truth = await _history(upbit, one, quiet)
        assert starts != truth


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


async def _broken(kinds: tuple[str, ...], each_s: float) -> tuple[dict[str, int], int, bool]:
    # A channel that stays unreadable would be put aside, and the kinds after it never come.
    policy = replace(beside(10), timings=replace(USUAL.timings, quarantine_window=1e-4))
    async with exchange("--speed", "10") as upbit, scene(upbit, (*BOOKS, TRADES), policy) as one:
        for kind in kinds:
            await upbit.fault("malformed", kind=kind, every=2)
            await passes(each_s)
        await upbit.clear("malformed")
        flows = await one.next_data(5) < NEVER
        await until(lambda: one.feed.stream_health(TRADES).complete, 6)
        history = await history_of(one)
        whole = flows and history.lost == history.doubled == 0
        assert whole, (flows, history, one.timeline[-6:])
        return one.metrics("streams")["malformed"], one.reconnects, whole


async def test_row_28_malformed_frames(monkeypatch: Patch) -> None:
    cost = _Cost(monkeypatch)
    malformed, reconnects, holds = await _broken(KINDS, 0.35)
    told(28, "dropped by reason, reconnects", (malformed, reconnects), "counted, 0")
    told(28, "slowest refusal in ms", max(cost.refused_ms), "≤ 1")
    assert sum(malformed.values()) >= len(KINDS)
    assert "defect" not in malformed
    assert reconnects == 0
    assert holds
    assert sorted(cost.refused_ms)[int(0.99 * len(cost.refused_ms))] <= 1.0
    _, reconnects, holds = await _broken(("huge_frame",), 1.0)
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
        await _broken(("truncated",), 0.5)
    assert any(socket.connects > 1 for socket in sockets)


# 29: wrong times


async def _shifted(shift_ms: int) -> dict[str, Any]:
    """Shift every time of one market's trades; another market's stay right."""
    streams = (TRADES, MINUTES, BOOK, TICKER, *BOOKS)
    async with exchange() as upbit, scene(upbit, streams) as one:
        session = ChartSession(one.feed, lambda: None)
        await session.show("KRW-XRP", "1m")
        await passes(3.0)
        assert session.series is not None
        before = one.metrics("streams")["latency_ms"]
        last = int(session.series.columns.start_ms[-1])
        await upbit.fault("wrong_time", shift_ms=shift_ms, market="KRW-XRP")
        await passes(3.0)
        marked = {
            str(stream)
            for stream in (TRADES, BOOK, TICKER)
            if one.feed.stream_health(stream).state is StreamState.STALLED
            or one.happened("stream_mistimed")
        }
        latency = one.metrics("streams")["latency_ms"]
        newest = int(session.series.columns.start_ms[-1])
        misplaced = abs(newest - last) > 120_000
        await upbit.clear("wrong_time")
        recovers = await until(lambda: not one.metrics("streams")["incomplete"], 8) < NEVER
        lost = (await history_of(one)).lost
        await session.close()
        return {
            "marked": bool(marked),
            "misplaced": misplaced,
            "p99_ms": (before["p99"], latency["p99"]),
            "whole": recovers and lost == 0,
        }


@pytest.mark.parametrize("shift_ms", [3_600_000, -3_600_000])
async def test_row_29_wrong_times(shift_ms: int) -> None:
    seen = await _shifted(shift_ms)
    told(29, f"times off by {shift_ms} ms", seen, "marked, not misplaced, latency as before")
    assert seen["marked"]
    assert not seen["misplaced"]
    assert seen["whole"]
    assert abs(seen["p99_ms"][1]) < 60_000


async def test_row_29_without_its_defence_fails(monkeypatch: Patch) -> None:
    from upbit_auto_trading.infrastructure.market_data_backbone import exchange_time

    monkeypatch.setattr(exchange_time, "_LIMIT_MS", 1e12)
    seen = await _shifted(3_600_000)
    assert not seen["marked"] or seen["misplaced"]
    assert seen["misplaced"] or abs(seen["p99_ms"][1]) > 60_000


# 30: the computer's clock is wrong


async def _clocks(clock: Clock, step: Any) -> tuple[list[Any], list[Any], int, float]:
    """Return what a run with the right clock and one with `clock` were told of the same time.

    The last figures are what the second did about it, and the age it gave its newest value.
    """
    wrong = replace(USUAL, clock=clock)
    streams = (TRADES, MINUTES, *BOOKS, *(Stream("trade", m) for m in ("KRW-BTC", "KRW-ETH")))
    async with (
        exchange() as upbit,
        scene(upbit, streams) as right,
        scene(upbit, streams, wrong) as other,
    ):
        await passes(1.0)

        def acted() -> int:
            kinds: dict[str, int] = other.metrics("degradations")["by_kind"]
            return other.reconnects + sum(kinds.values())

        before = acted()
        step()
        age = other.feed.stream_health(BOOK).age_s
        assert age is not None
        await passes(2.0)
        return _trades(right), _trades(other), acted() - before, age


def _trades(one: Scene) -> list[Any]:
    return [
        (value.sequential_id, value.price, value.trade_ms)
        for value in one.values
        if isinstance(value, Trade)
    ]


@pytest.mark.parametrize("offset_s", [-600.0, 600.0])
async def test_row_30_wrong_clock(offset_s: float) -> None:
    offset = [offset_s]
    clock = Clock(time.perf_counter, lambda: time.time() + offset[0])
    right, other, actions, age = await _clocks(clock, lambda: None)
    common = set(right) & set(other)
    told(30, f"clock {offset_s:+.0f} s: trades, actions", (len(common), actions), "equal, 0")
    assert len(common) >= min(len(right), len(other)) - 1 > 2
    assert actions == 0
    assert 0 <= age < 5


async def test_row_30_clock_set_back_while_running() -> None:
    offset = [0.0]
    clock = Clock(time.perf_counter, lambda: time.time() + offset[0])
    right, other, actions, age = await _clocks(clock, lambda: offset.__setitem__(0, -600.0))
    assert len(set(right) & set(other)) >= min(len(right), len(other)) - 1
    assert actions == 0
    assert 0 <= age < 5


async def test_row_30_without_its_defence_fails() -> None:
    """Durations taken from the wall clock see values ten minutes old."""
    offset = [0.0]
    clock = Clock(lambda: time.time() + offset[0], lambda: time.time() + offset[0])
    _, _, _, age = await _clocks(clock, lambda: offset.__setitem__(0, 600.0))
    assert age > 5


# 31: cautions and halts


async def _flags(policy: Any, factor: float, within: float) -> tuple[float, int, int]:
    options = ("--speed", str(factor), "--limits-speed", str(factor))
    async with exchange(*options) as upbit, scene(upbit, (BOOK, TRADES), policy) as one:
        await one.feed.markets()
        await upbit.fault("caution", market="KRW-XRP", flag="PRICE_FLUCTUATIONS")
        started = time.perf_counter()
        seen = NEVER
        while seen == NEVER and (time.perf_counter() - started) * factor < within:
            infos = {info.market: info for info in (await one.feed.markets()).values}
            if "PRICE_FLUCTUATIONS" in infos["KRW-XRP"].cautions:
                seen = (time.perf_counter() - started) * factor
            await asyncio.sleep(0.01)
        await upbit.fault("halt", market="KRW-XRP")
        await passes(1.5)
        refused = sum(g["limited"] for g in one.metrics("budgets")["rest"].values())
        return seen, one.reconnects, refused


async def test_row_31_cautions_and_halts() -> None:
    seen, reconnects, refused = await _flags(squeezed(20), 20, 65)
    told(31, "caution seen after (exchange s), reconnects at a halt", (seen, reconnects), "≤ 60")
    assert seen <= 60
    assert refused == 0


async def test_row_31_without_its_defence_fails() -> None:
    seen, _, _ = await _flags(squeezed(20, market_list_ttl=3600.0), 20, 61)
    assert seen > 60


# 32: ten times the traffic


async def _flood(long_run_s: float, burn_s: float = 0.0) -> dict[str, float]:
    process = psutil.Process()
    async with exchange() as upbit:
        listed = [row["market"] for row in await upbit.rest("market/all")]
        markets = [market for market in listed if market.startswith("KRW-")][:100]
        streams = [Stream(c, m) for m in markets for c in ("ticker", "trade", "orderbook")]
        async with scene(upbit, streams) as one:
            one.values.clear()
            _keep_none(one, burn_s)
            seen = one.metrics("streams")["messages_received"]
            before = process.memory_info().rss
            await upbit.fault("burst", rate=20_000, seconds=long_run_s)
            started, worst, peak = time.perf_counter(), 0.0, before
            while time.perf_counter() - started < long_run_s:
                turn = time.perf_counter()
                await asyncio.sleep(0.005)
                worst = max(worst, time.perf_counter() - turn - 0.005)
                peak = max(peak, process.memory_info().rss)
            got = one.metrics("streams")["messages_received"] - seen
            assert one.reconnects == 0
            await passes(0.5)
            return {
                "per_s": got / long_run_s,
                "worst_lag_ms": worst * 1000,
                "grown_mb": (peak - before) / 2**20,
                "kept_mb": (process.memory_info().rss - before) / 2**20,
            }


def _keep_none(one: Scene, burn_s: float) -> None:
    """Let the listener spend `burn_s` on a value and keep none."""

    def take(value: object) -> None:
        del value
        _burn(burn_s)

    one.take = take  # type: ignore[method-assign]


def _burn(seconds: float) -> None:
    until_s = time.perf_counter() + seconds
    while time.perf_counter() < until_s:
        pass


@pytest.mark.long("faults")
async def test_row_32_flood(long_run: LongRun) -> None:
    figures = await _flood(max(2, long_run.count(30)))
    long_run.record(**figures)
    told(32, "flood", figures, "a frame every 33 ms, ≤ 50 MB more")
    assert figures["per_s"] > 3000
    assert figures["worst_lag_ms"] <= 100
    assert figures["grown_mb"] <= 50


async def test_row_32_without_its_defence_fails() -> None:
    """Work per frame instead of per painted picture keeps the loop from everything else."""
    figures = await _flood(1.5, burn_s=0.003)
    assert figures["worst_lag_ms"] > 100
