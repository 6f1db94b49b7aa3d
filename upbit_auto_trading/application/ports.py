"""What the application needs from outside. Adapters fit by shape.

Where a port has no answer it raises `domain.failure.MarketDataError` or a subclass of it.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Protocol

from upbit_auto_trading.domain.answer import Answer, Answers
from upbit_auto_trading.domain.candle import Candle
from upbit_auto_trading.domain.feed_sample import FeedSample, StreamRow
from upbit_auto_trading.domain.instrument import Instrument
from upbit_auto_trading.domain.market import MarketInfo
from upbit_auto_trading.domain.orderbook import Orderbook
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import ConnectionState, StreamHealth, SwapRecord
from upbit_auto_trading.domain.ticker import Ticker
from upbit_auto_trading.domain.trade import Trade

MarketValue = Ticker | Trade | Orderbook | Candle
MarketListener = Callable[[MarketValue], None]


class FeedSubscription(Protocol):
    """Streams one caller holds."""

    @property
    def streams(self) -> frozenset[Stream]: ...

    async def replace(self, streams: Iterable[Stream]) -> SwapRecord:
        """Hold exactly `streams` from now on; return when every added one has delivered.

        The record's `silent` names streams that sent nothing within the deadline: they stay
        held, and the caller is told once they deliver through its listener.
        """
        ...

    def close(self) -> None:
        """Release everything held. Harmless when repeated."""
        ...


class MarketDataFeed(Protocol):
    """Live and past market data, from whichever channel can answer truthfully."""

    @property
    def connection_state(self) -> ConnectionState: ...

    @property
    def connection_epoch(self) -> int:
        """The number of the public connection; another one after each reconnect."""
        ...

    def subscribe(
        self, streams: Iterable[Stream], listener: MarketListener, *, holder: str = "caller"
    ) -> FeedSubscription:
        """Hold `streams`; `listener` gets each value once, on the loop.

        A book grouped by a level, `Stream("orderbook", "KRW-BTC", 10_000)`, is a stream beside
        the plain one; its values say it in `Orderbook.grouping`.
        """
        ...

    def hint(self, market: str) -> None:
        """Say that the user may open `market` next: the pointer rests on it, say."""
        ...

    def went_to(self, screen: str) -> None:
        """Say which screen the user changed to: it may tell what is opened next."""
        ...

    def stream_health(self, stream: Stream) -> StreamHealth:
        """State, age and completeness of a stream somebody holds.

        Raises:
            KeyError: nobody holds it.
        """
        ...

    async def markets(self) -> Answers[MarketInfo]:
        """Every market Upbit lists."""
        ...

    async def ticker(self, market: str) -> Answer[Ticker]: ...

    async def tickers(self, quote: str) -> Answers[Ticker]:
        """The tickers of every market of one quote currency."""
        ...

    async def orderbook(self, market: str, level: float = 0.0) -> Answer[Orderbook]:
        """The market's book, its levels grouped by `level` won (0 for not at all)."""
        ...

    async def instrument(self, market: str) -> Answer[Instrument]:
        """The market's price step and the levels its book can be grouped by, now."""
        ...

    async def trades(self, market: str, count: int = 1) -> Answers[Trade]:
        """The newest `count` trades, oldest first."""
        ...

    async def candles(
        self, market: str, timeframe: str, count: int, to: datetime | None = None
    ) -> Answers[Candle]:
        """The `count` newest candles that start before `to` (now when None), oldest first.

        Slots without trades have no candle and don't count.
        """
        ...

    def ask_again(self) -> None:
        """Ask for the whole subscription once more, over the same connection."""
        ...

    def renew_connection(self) -> None:
        """Give the connection up and take another, at once."""
        ...

    def sample(self) -> FeedSample:
        """What changes from second to second, cheap enough to be taken every second."""
        ...

    def stream_rows(self) -> list[StreamRow]:
        """Every stream somebody holds: who, how far it is, how old."""
        ...

    def way_of(self, stream: Stream) -> tuple[str, str]:
        """Which way a request for `stream` would take now, and why: the selector's two codes."""
        ...

    def get_performance_metrics(self) -> dict[str, Any]:
        """A snapshot of everything measured, plain data.

        Among it: `streams.messages_per_s`, `streams.messages_received` (frames since the
        start), `streams.reconnects`, and `swaps.last`, the newest delivered change of
        subscription (`kind`, `first_ms`, `complete_ms`), None before the first.
        """
        ...
