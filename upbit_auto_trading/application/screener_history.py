"""The engine of one screened market: made for a trigger, warmed up with as little as it needs."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.application.warm_up import warm_up
from upbit_auto_trading.domain.account import Account
from upbit_auto_trading.domain.candle_series import CandleSeries
from upbit_auto_trading.domain.expression import operands
from upbit_auto_trading.domain.indicator import candle_rows
from upbit_auto_trading.domain.live_engine import LiveEngine
from upbit_auto_trading.domain.position_variables import STATE_SUPPLIERS
from upbit_auto_trading.domain.rule import Notify, Role, Rule
from upbit_auto_trading.domain.strategy import Strategy
from upbit_auto_trading.domain.tick import Quality, Tick
from upbit_auto_trading.domain.timeframe import parse_timeframe
from upbit_auto_trading.domain.variable import Anchor, Need, Words

if TYPE_CHECKING:
    from upbit_auto_trading.application.ports import MarketDataFeed
    from upbit_auto_trading.domain.expression import Expression
    from upbit_auto_trading.domain.indicator import CandleRow, IndicatorPort

_CANDLES: Final = 200
_MOST_CANDLES: Final = 600
_SETTLING: Final = 4
_RULE: Final = "screened"
_NAMELESS: Final = Words("", "")
_NO_ACCOUNT: Final = Account(Decimal(0), Decimal(0), Decimal(0))


def engine_for(trigger: Expression, indicators: IndicatorPort) -> LiveEngine:
    """Return an engine that judges the trigger on every print or close and orders nothing.

    Raises:
        LookupError, InvalidOperandError, UnfinishedComparisonError: it can't be compiled.
    """
    rule = Rule(_RULE, 1, _NAMELESS, Role.ENTRY, trigger, Notify())
    strategy = Strategy("screener", _NAMELESS, (rule,))
    return LiveEngine(strategy, shipped_variables(), indicators, _NO_ACCOUNT)


def has_value(trigger: Expression) -> bool:
    """Whether a trigger has a value for a market as such: no position, no book, no account."""
    registry = shipped_variables()
    return not any(
        each.variable in STATE_SUPPLIERS or Need.ORDERBOOK in registry[each.variable].needs
        for each in operands(trigger)
    )


async def seed(
    live: LiveEngine, feed: MarketDataFeed, market: str, trigger: Expression, now_ms: int
) -> int:
    """Warm the engine up; return the exchange time up to which prints are in it.

    One request where the trigger reads candles of one length; `now_ms` is the newest exchange
    time known, by which the newest candle is over or not.

    Raises:
        MarketDataError: history can't be had.
    """
    timeframes = sorted(live.market.timeframes)
    if not timeframes:
        return 0
    if len(timeframes) > 1:
        warm = await warm_up(feed, market, timeframes)
        for code, anchor in warm.anchors.items():
            live.seed(code, anchor)
        for taken in warm.ticks:
            live.take(taken.tick)
        for trade in warm.prints:
            live.take(Tick(trade.trade_ms, trade.price, trade.volume, Quality.BACKFILLED))
        return warm.prints[-1].trade_ms if warm.prints else 0
    length = parse_timeframe(timeframes[0])
    count = _candles_needed(trigger)
    answers = await feed.candles(market, length.code, count)
    series = CandleSeries(market, length)
    series.merge(answers.values)
    if not len(series):
        return 0
    columns = series.columns
    closed = series.closed_length(now_ms)
    live.seed(length.code, candle_rows(columns, 0, closed))
    for row in candle_rows(columns, closed, len(columns)):
        for price in _path(row):
            live.take(Tick(row.start_ms, price, 0.0, Quality.BACKFILLED))
    return answers.values[-1].exchange_ms


def _path(row: CandleRow) -> tuple[float, float, float, float]:
    """Return the prices a candle went through, as far as the candle tells."""
    if row.close >= row.open:
        return row.open, row.low, row.high, row.close
    return row.open, row.high, row.low, row.close


def _candles_needed(trigger: Expression) -> int:
    registry = shipped_variables()
    longest = 0
    for operand in operands(trigger):
        bars = registry.warm_up(operand)
        if registry[operand.variable].anchor is Anchor.RUN and bars > 1:
            bars *= _SETTLING
        longest = max(longest, bars + operand.offset + 2)
    return min(max(_CANDLES, longest), _MOST_CANDLES)
