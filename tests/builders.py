"""Values with sensible defaults, so that a test names only what it is about."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from upbit_auto_trading.domain.candle import Candle
from upbit_auto_trading.domain.market import MarketInfo
from upbit_auto_trading.domain.orderbook import Orderbook
from upbit_auto_trading.domain.stream import Delivery, Origin, Source
from upbit_auto_trading.domain.ticker import Ticker
from upbit_auto_trading.domain.timeframe import parse_timeframe
from upbit_auto_trading.domain.trade import Side, Trade

START_MS = 1_787_731_680_000
"""2026-08-26 08:08:00 UTC, the start of a minute."""


def origin(
    received_at: float = START_MS / 1000,
    *,
    source: Source = Source.WEBSOCKET,
    delivery: Delivery = Delivery.REALTIME,
    epoch: int = 1,
) -> Origin:
    return Origin(source, delivery, received_at, epoch)


def market_info(market: str, korean: str = "", english: str = "") -> MarketInfo:
    return MarketInfo(market, korean or market, english or market)


def ticker(
    market: str = "KRW-BTC",
    price: float = 109_870_000.0,
    *,
    change_rate: float = 0.0064581138,
    exchange_ms: int = START_MS,
    origin: Origin | None = None,
) -> Ticker:
    previous = price / (1 + change_rate)
    return Ticker(
        market=market,
        trade_price=price,
        opening_price=previous,
        high_price=max(price, previous),
        low_price=min(price, previous),
        prev_closing_price=previous,
        change_price=price - previous,
        change_rate=change_rate,
        turnover_day=59_726_820_980.72312,
        volume_day=544.25111806,
        turnover_24h=198_189_163_442.74924,
        volume_24h=1807.38027625,
        trade_ms=exchange_ms - 40,
        exchange_ms=exchange_ms,
        origin=origin or _arrived(exchange_ms),
    )


def trade(
    market: str = "KRW-BTC",
    price: float = 109_870_000.0,
    *,
    sequential_id: int | None = None,
    trade_ms: int = START_MS,
    volume: float = 0.0025,
    side: Side = Side.BID,
    origin: Origin | None = None,
) -> Trade:
    return Trade(
        market=market,
        price=price,
        volume=volume,
        side=side,
        trade_ms=trade_ms,
        exchange_ms=trade_ms + 43,
        sequential_id=trade_ms * 10_000 if sequential_id is None else sequential_id,
        origin=origin or _arrived(trade_ms),
    )


@dataclass(frozen=True, slots=True)
class BookLevel:
    """One row of a book, zeros where a side has ended."""

    ask_price: float
    bid_price: float
    ask_size: float
    bid_size: float


def orderbook(
    market: str = "KRW-BTC",
    asks: Sequence[tuple[float, float]] = ((109_871_000.0, 0.0416), (109_872_000.0, 1.2481)),
    bids: Sequence[tuple[float, float]] = ((109_870_000.0, 0.0176), (109_868_000.0, 0.5)),
    *,
    exchange_ms: int = START_MS,
    origin: Origin | None = None,
) -> Orderbook:
    """A book of (price, size) rows, best first; the shorter side is padded as Upbit pads it."""
    count = max(len(asks), len(bids))
    levels = [
        BookLevel(ask[0], bid[0], ask[1], bid[1])
        for ask, bid in zip(_padded(asks, count), _padded(bids, count), strict=True)
    ]
    return Orderbook(
        market=market,
        levels=levels,
        total_ask_size=sum(size for _, size in asks),
        total_bid_size=sum(size for _, size in bids),
        grouping=0.0,
        exchange_ms=exchange_ms,
        origin=origin or _arrived(exchange_ms),
    )


def candle(
    market: str = "KRW-BTC",
    timeframe: str = "1m",
    start_ms: int = START_MS,
    *,
    close: float = 109_870_000.0,
    open_: float | None = None,
    high: float | None = None,
    low: float | None = None,
    volume: float = 1.5,
) -> Candle:
    opening = close if open_ is None else open_
    return Candle(
        market=market,
        timeframe=parse_timeframe(timeframe),
        start_ms=start_ms,
        open=opening,
        high=max(opening, close) if high is None else high,
        low=min(opening, close) if low is None else low,
        close=close,
        volume=volume,
        turnover=volume * close,
        exchange_ms=start_ms + 500,
        origin=_arrived(start_ms),
    )


def _padded(rows: Iterable[tuple[float, float]], count: int) -> list[tuple[float, float]]:
    given = list(rows)
    return given + [(0.0, 0.0)] * (count - len(given))


def _arrived(exchange_ms: int) -> Origin:
    return origin(exchange_ms / 1000 + 0.05)
