"""The four kinds of live value, and the stream each belongs to."""

from upbit_auto_trading.domain.candle import Candle
from upbit_auto_trading.domain.orderbook import Orderbook
from upbit_auto_trading.domain.stream import InvalidStreamError, Stream
from upbit_auto_trading.domain.ticker import Ticker
from upbit_auto_trading.domain.trade import Trade

MarketValue = Ticker | Trade | Orderbook | Candle


def stream_of(value: MarketValue) -> Stream:
    """Return the stream that carries such values.

    Raises:
        InvalidStreamError: a candle of a timeframe that only REST has.
    """
    match value:
        case Ticker():
            return Stream("ticker", value.market)
        case Trade():
            return Stream("trade", value.market)
        case Orderbook():
            return Stream("orderbook", value.market, value.grouping)
        case Candle():
            channel = value.timeframe.websocket_channel
            if channel is None:
                raise InvalidStreamError(f"candle.{value.timeframe}")
            return Stream(channel, value.market)
