"""From the bodies of Upbit's quotation API to the domain's values. Sans-I/O."""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from types import GenericAlias
from typing import Any, Final, TypeVar

import msgspec

from upbit_auto_trading.domain.candle import Candle
from upbit_auto_trading.domain.failure import BadDataError
from upbit_auto_trading.domain.instrument import Instrument
from upbit_auto_trading.domain.market import MarketInfo
from upbit_auto_trading.domain.orderbook import Orderbook
from upbit_auto_trading.domain.stream import Delivery, Origin, Source
from upbit_auto_trading.domain.ticker import Ticker
from upbit_auto_trading.domain.timeframe import Timeframe
from upbit_auto_trading.domain.trade import Trade
from upbit_auto_trading.infrastructure.upbit.decode import (
    SIDES,
    orderbook_value,
    start_ms_of,
    ticker_value,
)
from upbit_auto_trading.infrastructure.upbit.wire import (
    Long,
    WireOrderbook,
    WireTicker,
    rest_spelling,
)

T = TypeVar("T")


class _RestEvent(msgspec.Struct):
    warning: bool = False
    caution: dict[str, bool] = {}


class _RestMarket(msgspec.Struct):
    market: str
    korean_name: str
    english_name: str
    market_event: _RestEvent | None = None


class _RestTrade(msgspec.Struct, gc=False):
    market: str
    timestamp: Long
    trade_price: float
    trade_volume: float
    ask_bid: str
    sequential_id: Long


class _RestCandle(msgspec.Struct, gc=False):
    market: str
    candle_date_time_utc: str
    opening_price: float
    high_price: float
    low_price: float
    trade_price: float
    timestamp: int
    candle_acc_trade_price: float
    candle_acc_trade_volume: float


class _RestInstrument(msgspec.Struct):
    market: str
    tick_size: str
    supported_levels: tuple[str, ...]


_instruments: Final = msgspec.json.Decoder(list[_RestInstrument]).decode
_markets: Final = msgspec.json.Decoder(list[_RestMarket]).decode
_tickers: Final = msgspec.json.Decoder(GenericAlias(list, (rest_spelling(WireTicker),))).decode
_orderbooks: Final = msgspec.json.Decoder(
    GenericAlias(list, (rest_spelling(WireOrderbook),))
).decode
_trades: Final = msgspec.json.Decoder(list[_RestTrade]).decode
_candles: Final = msgspec.json.Decoder(list[_RestCandle]).decode


def rest_origin(received_at: float, delivery: Delivery = Delivery.SNAPSHOT) -> Origin:
    """Origin of values that came over REST at `received_at` (epoch seconds)."""
    return Origin(Source.REST, delivery, received_at)


def markets_of(body: bytes, where: str) -> list[MarketInfo]:
    """Read `market/all`, with or without details.

    Raises:
        BadDataError: the body isn't that.
    """
    return [
        MarketInfo(
            row.market,
            row.korean_name,
            row.english_name,
            warning=row.market_event is not None and row.market_event.warning,
            cautions=frozenset(name for name, is_set in row.market_event.caution.items() if is_set)
            if row.market_event is not None
            else frozenset(),
        )
        for row in _read(_markets, body, where)
    ]


def instruments_of(body: bytes, where: str) -> list[Instrument]:
    """Read `orderbook/instruments`.

    Raises:
        BadDataError: the body isn't that.
    """
    try:
        return [
            Instrument(row.market, Decimal(row.tick_size), tuple(map(float, row.supported_levels)))
            for row in _read(_instruments, body, where)
        ]
    except (InvalidOperation, ValueError) as error:
        raise BadDataError(where, "wrong_fields") from error


def tickers_of(body: bytes, where: str, origin: Origin) -> list[Ticker]:
    """Read `ticker` or `ticker/all`, in the answer's order.

    Raises:
        BadDataError: the body isn't that.
    """
    return [ticker_value(row, origin) for row in _read(_tickers, body, where)]


def orderbooks_of(body: bytes, where: str, origin: Origin) -> list[Orderbook]:
    """Read `orderbook`.

    Raises:
        BadDataError: the body isn't that.
    """
    return [orderbook_value(row, origin) for row in _read(_orderbooks, body, where)]


def trades_of(body: bytes, where: str, origin: Origin) -> list[Trade]:
    """Read `trades/ticks` and turn it oldest first.

    Raises:
        BadDataError: the body isn't that.
    """
    rows = _read(_trades, body, where)
    try:
        return [
            Trade(
                row.market,
                row.trade_price,
                row.trade_volume,
                SIDES[row.ask_bid],
                row.timestamp,
                row.timestamp,
                row.sequential_id,
                origin,
            )
            for row in reversed(rows)
        ]
    except KeyError as error:
        raise BadDataError(where, "wrong_fields") from error


def candles_of(body: bytes, where: str, timeframe: Timeframe, origin: Origin) -> list[Candle]:
    """Read any of the candle paths and turn it oldest first.

    Raises:
        BadDataError: the body isn't that.
    """
    rows = _read(_candles, body, where)
    try:
        return [
            Candle(
                row.market,
                timeframe,
                start_ms_of(row.candle_date_time_utc),
                row.opening_price,
                row.high_price,
                row.low_price,
                row.trade_price,
                row.candle_acc_trade_volume,
                row.candle_acc_trade_price,
                row.timestamp,
                origin,
            )
            for row in reversed(rows)
        ]
    except ValueError as error:
        raise BadDataError(where, "wrong_fields") from error


def _read(read: Callable[[bytes], list[T]], body: bytes, where: str) -> list[T]:
    try:
        return read(body)
    except msgspec.ValidationError as error:
        raise BadDataError(where, "wrong_fields") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadDataError(where, "not_json") from error


class _ErrorBody(msgspec.Struct):
    name: Any = None
    message: str = ""
    error: "_ErrorBody | None" = None


_error: Final = msgspec.json.Decoder(_ErrorBody).decode


def error_name_of(body: bytes) -> str | None:
    """Return the `name` in Upbit's error body as text; None when the body isn't one."""
    try:
        read = _error(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    inner = read.error or read
    return None if inner.name is None else str(inner.name)
