"""Warming up: what was over before the first print, and what the running candles hold."""

import math

import pytest

from tests.builders import candle, trade
from tests.fakes import FakeMarketDataFeed
from upbit_auto_trading.application.warm_up import CANDLES, WarmUp, warm_up
from upbit_auto_trading.domain.candle_builder import CandleBuilder
from upbit_auto_trading.domain.failure import NotConnectedError
from upbit_auto_trading.domain.indicator import CandleRow
from upbit_auto_trading.domain.tick import Quality, Tick
from upbit_auto_trading.domain.timeframe import parse_timeframe
from upbit_auto_trading.domain.trade import Trade

MARKET = "KRW-BTC"
MINUTE_MS = 60_000
DAY_MS = 1440 * MINUTE_MS
MIDNIGHT_MS = 20_690 * DAY_MS
NOW_MIN = 8 * 60 + 37
NOW_MS = MIDNIGHT_MS + NOW_MIN * MINUTE_MS + 30_000


def price_at(minute: int) -> float:
    return 100_000_000.0 + 1000.0 * round(500 * math.sin(minute / 7))


def candles_of(code: str, first_min: int) -> list[CandleRow]:
    """The day's candles of a length, built from the minutes' prints."""
    builder = CandleBuilder(parse_timeframe(code))
    rows = []
    for minute in range(first_min, NOW_MIN + 1):
        start_ms = MIDNIGHT_MS + minute * MINUTE_MS
        for step, price in enumerate((price_at(minute), price_at(minute) + 500.0)):
            row = builder.take(Tick(start_ms + 10_000 * step, price, 1.0))
            rows += [row] if row is not None else []
    return rows


def market(*codes: str, prints: list[Trade] | None = None) -> FakeMarketDataFeed:
    history = {}
    for code in {"1m", *codes}:
        history[MARKET, code] = [
            candle(
                timeframe=code, start_ms=row.start_ms, open_=row.open, high=row.high,
                low=row.low, close=row.close, volume=row.volume,
            )
            for row in candles_of(code, -3000)
        ]  # fmt: skip
    start_ms = NOW_MS - 30_000
    if prints is None:
        prints = [
            trade(price=price_at(NOW_MIN) + 500.0 * n, trade_ms=start_ms + 10_000 * n, volume=1.0)
            for n in (0, 1)
        ]
    return FakeMarketDataFeed(history=history, past_trades={MARKET: prints})


def built(warm: WarmUp, code: str) -> list[CandleRow]:
    """What candles of a length come of the warm-up: closed ones, then the running one."""
    builder = CandleBuilder(parse_timeframe(code))
    rows = list(warm.anchors[code])
    ticks = [taken.tick for taken in warm.ticks]
    ticks += [Tick(one.trade_ms, one.price, one.volume) for one in warm.prints]
    for tick in ticks:
        row = builder.take(tick)
        rows += [row] if row is not None else []
    assert builder.forming is not None
    return [*rows, builder.forming]


@pytest.mark.parametrize("codes", [("1m",), ("1m", "15m"), ("3m", "10m"), ("1m", "4h", "1d")])
async def test_running_candles_are_what_their_minutes_make_them(codes: tuple[str, ...]) -> None:
    warm = await warm_up(market(*codes), MARKET, codes)
    assert warm.is_whole
    assert all(taken.tick.quality is Quality.BACKFILLED for taken in warm.ticks)
    for code in codes:
        rows = built(warm, code)
        whole = candles_of(code, -3000)
        running_ms = parse_timeframe(code).start_of_ms(NOW_MS)
        assert rows[-1].start_ms == running_ms
        told = [(r.start_ms, r.open, r.high, r.low, r.close) for r in rows[-20:-1]]
        closed = [r for r in whole if r.start_ms < running_ms]
        assert told == [(r.start_ms, r.open, r.high, r.low, r.close) for r in closed][-len(told) :]
        inside = range((running_ms - MIDNIGHT_MS) // MINUTE_MS, NOW_MIN + 1)
        assert rows[-1].open == price_at(inside[0])
        assert rows[-1].high == max(price_at(n) + 500.0 for n in inside)
        assert rows[-1].low == min(map(price_at, inside))


async def test_indicators_are_anchored_a_fixed_number_of_candles_ago() -> None:
    warm = await warm_up(market(), MARKET, ["1m"])
    assert len(warm.anchors["1m"]) == CANDLES


async def test_a_run_goes_on_from_its_anchor_unless_that_is_too_long_ago() -> None:
    anchor_ms = MIDNIGHT_MS - 1000 * MINUTE_MS
    warm = await warm_up(market(), MARKET, ["1m"], {"1m": anchor_ms})
    assert warm.anchors["1m"][0].start_ms == anchor_ms
    late = await warm_up(market(), MARKET, ["1m"], {"1m": anchor_ms - 2500 * MINUTE_MS})
    assert len(late.anchors["1m"]) == CANDLES


async def test_a_busy_minute_is_asked_for_until_it_is_whole() -> None:
    start_ms = NOW_MS - 30_000
    prints = [trade(trade_ms=start_ms + n * 20, price=1e8 + 1000.0 * n) for n in range(-50, 1200)]
    warm = await warm_up(market(prints=prints), MARKET, ["1m"])
    assert warm.is_whole
    assert [one.trade_ms for one in warm.prints] == [start_ms + n * 20 for n in range(1200)]


async def test_a_market_that_never_traded_has_nothing_to_warm_up_on() -> None:
    warm = await warm_up(market(prints=[]), MARKET, ["1m"])
    assert (warm.anchors, warm.ticks, warm.prints) == ({}, (), ())


async def test_without_history_there_is_no_warm_up() -> None:
    feed = market()
    feed.request_error = NotConnectedError("nowhere", "refused")
    with pytest.raises(NotConnectedError):
        await warm_up(feed, MARKET, ["1m"])
