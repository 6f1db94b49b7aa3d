"""Recorded candles played again, as trades that form them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from math import gcd
from typing import Any, Final

import numpy as np

from upbit_auto_trading.domain.market_minutes import MINUTE_MS, heavy
from upbit_auto_trading.domain.market_prints import PrintColumns, joined_prints, numbered
from upbit_auto_trading.domain.price_grid import E8
from upbit_auto_trading.domain.seeded_noise import stream_key, uniforms
from upbit_auto_trading.resources import resource_path

_MOST_TRADES: Final = 80
_USUAL_TRADE_E8: Final = 4_000_000


class UnformableCandleError(ValueError):
    """A recorded candle no trades on its price grid can form."""

    def __init__(self, start_ms: int, reason: str) -> None:
        super().__init__(f"candle at {start_ms}: {reason}")
        self.start_ms = start_ms
        self.reason = reason


@dataclass(frozen=True, slots=True)
class RecordedCandle:
    """A real candle. Prices, volume and turnover are exact, in whole 1e-8 (turnover: 1e-16)."""

    start_ms: int
    length_ms: int
    open_e8: int
    high_e8: int
    low_e8: int
    close_e8: int
    volume_e8: int
    turnover_e16: int
    last_ms: int


def shipped_candles() -> tuple[RecordedCandle, ...]:
    """Return the real one-minute candles the product ships, oldest first."""
    with resource_path("simulator", "recorded_candles.json").open(encoding="utf-8") as file:
        recorded = json.load(file)
    return tuple(_candle(row, recorded["length_ms"]) for row in recorded["candles"])


def price_step_e8(candles: Sequence[RecordedCandle]) -> int:
    """Return the largest step all prices of the candles are multiples of."""
    prices = (
        price
        for candle in candles
        for price in (candle.open_e8, candle.high_e8, candle.low_e8, candle.close_e8)
    )
    return reduce(gcd, prices)


def trades_of(candle: RecordedCandle, step_e8: int, seed: int) -> PrintColumns:
    """Return trades that form the candle exactly, on a grid of `step_e8`; volumes are 1e-8.

    Raises:
        UnformableCandleError: no such trades exist.
    """
    key = stream_key("replay", seed, candle.start_ms)
    marks = _marks(candle)
    volume = candle.volume_e8 - len(marks)
    turnover = candle.turnover_e16 - sum(marks)
    inner = _inner(candle, volume, turnover, step_e8, key) if volume else []
    if not volume and turnover:
        raise UnformableCandleError(candle.start_ms, "turnover without volume")
    first, last = (marks[0], 1), (marks[-1], 1)
    middle = [(price, 1) for price in marks[1:-1]] + inner
    ordered = [first, *_ordered(candle, middle, key), last] if len(marks) > 1 else [*inner, first]
    count = len(ordered)
    # Recorded candles name a time up to 0.1 s after their end where a trade was counted late.
    last_ms = min(candle.last_ms, candle.start_ms + candle.length_ms - 1)
    span = last_ms - candle.start_ms
    moments = np.sort(uniforms(key + 1, np.arange(count, dtype=np.int64))) * span
    trade_ms = candle.start_ms + moments.astype(np.int64)
    trade_ms[-1] = last_ms
    price = np.array([price for price, _ in ordered], dtype=np.int64)
    step = np.diff(price, prepend=price[:1])
    coin = uniforms(key + 2, np.arange(count, dtype=np.int64)) < 0.5
    bid = np.where(step == 0, coin, step > 0)
    sizes = np.array([size for _, size in ordered], dtype=np.int64)
    return numbered(trade_ms, price, sizes, bid)


def _candle(row: Sequence[Any], length_ms: int) -> RecordedCandle:
    start_ms, opening, high, low, closing, volume, turnover, last_ms = row
    return RecordedCandle(
        start_ms,
        length_ms,
        opening * E8,
        high * E8,
        low * E8,
        closing * E8,
        int(Decimal(volume) * E8),
        int(Decimal(turnover) * E8 * E8),
        last_ms,
    )


def _marks(candle: RecordedCandle) -> list[int]:
    """Return the prices that must be traded at, opening first, closing last."""
    if candle.volume_e8 == 1:
        return [candle.open_e8]
    ends = (candle.open_e8, candle.close_e8)
    between = [price for price in (candle.high_e8, candle.low_e8) if price not in ends]
    return [candle.open_e8, *between, candle.close_e8]


def _inner(
    candle: RecordedCandle, volume: int, turnover: int, step_e8: int, key: int
) -> list[tuple[int, int]]:
    """Return trades of this volume and turnover between the candle's low and high.

    All lies on the two prices round the mean; then equal parts are moved outward from both.
    """
    lower = turnover // volume // step_e8 * step_e8
    above, rest = divmod(turnover - lower * volume, step_e8)
    upper = lower + step_e8 if above else lower
    if rest or volume <= 0 or lower < candle.low_e8 or upper > candle.high_e8:
        raise UnformableCandleError(candle.start_ms, "turnover doesn't fit volume and prices")
    held = {lower: volume - above}
    if above:
        held[upper] = above
    trades: list[tuple[int, int]] = []
    room = min(lower - candle.low_e8, candle.high_e8 - upper) // step_e8
    pairs = min(_MOST_TRADES // 2, volume // _USUAL_TRADE_E8)
    if above and room and pairs:
        spare = int(min(held.values()) * 0.8)
        draws = uniforms(key + 3, np.arange(2 * pairs, dtype=np.int64))
        weights = heavy(np.maximum(draws[:pairs], 1e-9)) + 0.02
        for weight, place in zip((weights / weights.sum()).tolist(), draws[pairs:], strict=True):
            size = int(spare * weight)
            away = int(place * (room + 1)) * step_e8
            if size:
                trades += [(lower - away, size), (upper + away, size)]
                held[lower] -= size
                held[upper] -= size
    return trades + [part for price, size in held.items() for part in _split(price, size)]


def _split(price: int, size: int) -> list[tuple[int, int]]:
    parts = max(1, min(_MOST_TRADES // 4, size // _USUAL_TRADE_E8))
    each = size // parts
    sizes = [each] * (parts - 1) + [size - each * (parts - 1)]
    return [(price, part) for part in sizes if part]


def _ordered(
    candle: RecordedCandle, trades: list[tuple[int, int]], key: int
) -> list[tuple[int, int]]:
    """Return trades along a course from the opening to the closing price."""
    count = len(trades)
    places = np.arange(count, dtype=np.int64)
    reach = float(candle.high_e8 - candle.low_e8)
    drift = float(candle.close_e8 - candle.open_e8)
    course = drift * places / max(count, 1)
    course += (reach - 0.85 * abs(drift)) * 0.6 * (uniforms(key + 4, places) - 0.5)
    by_price = sorted(trades)
    ordered = [by_price[0]] * count if count else []
    for place, trade in zip(np.argsort(course, kind="stable").tolist(), by_price, strict=True):
        ordered[place] = trade
    return ordered


def minutes_from(
    candles: Sequence[RecordedCandle], first_minute: int, seed: int
) -> dict[int, PrintColumns]:
    """Return the candles' trades by minute, moved so that they begin in `first_minute`.

    Every minute of the recorded stretch has an entry, empty where nothing was traded.
    """
    step_e8 = price_step_e8(candles)
    begin = candles[0].start_ms // MINUTE_MS
    end = (candles[-1].start_ms + candles[-1].length_ms) // MINUTE_MS
    trades = joined_prints([trades_of(candle, step_e8, seed) for candle in candles])
    moved_ms = trades.trade_ms + (first_minute - begin) * MINUTE_MS
    moved = numbered(moved_ms, trades.price_e8, trades.volume, trades.bid)
    starts = np.arange(first_minute, first_minute + end - begin + 1, dtype=np.int64)
    places = np.searchsorted(moved_ms, starts * MINUTE_MS).tolist()
    return {
        int(minute): moved[start:stop]
        for minute, start, stop in zip(starts[:-1], places[:-1], places[1:], strict=True)
    }
