"""Warming up: closed candles as the indicators' anchor, then what the running candles hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.history import closed_candles
from upbit_auto_trading.domain.indicator import candle_rows
from upbit_auto_trading.domain.recording import TickTaken
from upbit_auto_trading.domain.tick import Quality, Tick
from upbit_auto_trading.domain.tick_columns import ticks_of_candles
from upbit_auto_trading.domain.timeframe import from_epoch_ms, parse_timeframe

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from upbit_auto_trading.application.ports import MarketDataFeed
    from upbit_auto_trading.domain.candle_series import CandleColumns
    from upbit_auto_trading.domain.indicator import CandleRow
    from upbit_auto_trading.domain.timeframe import Timeframe
    from upbit_auto_trading.domain.trade import Trade

CANDLES: Final = 600
"""How many slots before the first tick the indicators are anchored."""

_LONGEST_RUN: Final = 3_000
_PRINTS: Final = (200, 500, 2_000, 4_000)


@dataclass(frozen=True, slots=True)
class WarmUp:
    """`anchors` are closed candles per timeframe; `ticks` the candles running since, as ticks.

    `prints` follow them: the newest trades, oldest first. `is_whole` is false where there were
    more prints in the running minute than can be asked for.
    """

    anchors: Mapping[str, tuple[CandleRow, ...]]
    ticks: tuple[TickTaken, ...]
    prints: tuple[Trade, ...]
    is_whole: bool


async def warm_up(
    feed: MarketDataFeed,
    market: str,
    timeframes: Iterable[str],
    anchored_ms: Mapping[str, int] | None = None,
) -> WarmUp:
    """Ask for what the timeframes need; with `anchored_ms` go on from an earlier anchor.

    Candles that are over seed the indicators. The running candle of a long timeframe is made of
    the short candles in it, four ticks each, and of the newest prints.

    Raises:
        MarketDataError: history can't be had.
    """
    lengths = [parse_timeframe(code) for code in sorted(timeframes)]
    short = parse_timeframe("1s" if "1s" in {length.code for length in lengths} else "1m")
    prints, cut_ms = await _newest_prints(feed, market, short)
    if not prints:
        return WarmUp({}, (), (), is_whole=True)
    since_ms = _common_start(lengths, cut_ms)
    anchors = {}
    for length in lengths:
        start_ms = _anchor_ms(length, since_ms, (anchored_ms or {}).get(length.code))
        span = from_epoch_ms(start_ms), from_epoch_ms(since_ms)
        anchors[length.code] = candle_rows(await closed_candles(feed, market, length.code, *span))
    ticks: list[TickTaken] = []
    if since_ms < cut_ms:
        span = from_epoch_ms(since_ms), from_epoch_ms(cut_ms)
        columns = await closed_candles(feed, market, short.code, *span)
        ticks = _ticks(columns, short.seconds * 1000)
    whole = len(prints) < _PRINTS[-1] or prints[0].trade_ms < cut_ms
    inside = tuple(trade for trade in prints if trade.trade_ms >= cut_ms)
    return WarmUp(anchors, tuple(ticks), inside, whole)


async def _newest_prints(
    feed: MarketDataFeed, market: str, short: Timeframe
) -> tuple[Sequence[Trade], int]:
    """Return the newest prints and the start of the newest one's short candle."""
    prints: Sequence[Trade] = ()
    cut_ms = 0
    for count in _PRINTS:
        prints = (await feed.trades(market, count)).values
        if not prints:
            return (), 0
        cut_ms = short.start_of_ms(prints[-1].trade_ms)
        if len(prints) < count or prints[0].trade_ms < cut_ms:
            break
    return prints, cut_ms


def _common_start(lengths: Sequence[Timeframe], cut_ms: int) -> int:
    """Return the newest moment until `cut_ms` at which a candle of every length starts."""
    since_ms = cut_ms
    while True:
        earliest = min((length.start_of_ms(since_ms) for length in lengths), default=since_ms)
        if earliest >= since_ms:
            return since_ms
        since_ms = earliest


def _anchor_ms(length: Timeframe, since_ms: int, anchored_ms: int | None) -> int:
    step_ms = length.seconds * 1000
    if anchored_ms is not None and 0 <= since_ms - anchored_ms <= _LONGEST_RUN * step_ms:
        return anchored_ms
    return max(0, since_ms - CANDLES * step_ms)


def _ticks(columns: CandleColumns, length_ms: int) -> list[TickTaken]:
    made = ticks_of_candles(columns, length_ms)
    told = zip(made.ms.tolist(), made.price.tolist(), made.volume.tolist(), strict=True)
    return [TickTaken(Tick(ms, price, volume, Quality.BACKFILLED)) for ms, price, volume in told]
