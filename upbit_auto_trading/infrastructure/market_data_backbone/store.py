"""The live store: the newest value of every held stream, deduplicated and in order. Sans-I/O.

Upbit repeats and reorders around reconnects and with overlapping sockets. A book or ticker
never goes back in time (of two with the same time the later arrival wins), a trade is unique
by its sequential id, a candle by its start.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from typing import Final

from upbit_auto_trading.domain.candle import Candle
from upbit_auto_trading.domain.market_value import MarketValue
from upbit_auto_trading.domain.orderbook import Orderbook
from upbit_auto_trading.domain.stream import Delivery, Stream
from upbit_auto_trading.domain.ticker import Ticker
from upbit_auto_trading.domain.trade import Trade
from upbit_auto_trading.infrastructure.market_data_backbone.recent_trades import RecentTrades
from upbit_auto_trading.infrastructure.market_data_backbone.trade_memory import TradeMemory

Listener = Callable[[MarketValue], None]
_TRADES_REMEMBERED: Final = 20_000
_TRADES_KEPT: Final = 500
_CANDLES_REMEMBERED: Final = 512
_GAP_WEIGHT: Final = 0.125


class Verdict(Enum):
    """What the store made of a value."""

    NEW = "new"
    DUPLICATE = "duplicate"
    STALE = "stale"


class LiveStream(ABC):
    """What is known of one held stream. `last_at` is the monotonic arrival of its last frame."""

    __slots__ = (
        "arrivals",
        "complete",
        "duplicates",
        "gap_s",
        "last_at",
        "listeners",
        "stale",
        "stream",
        "value",
    )

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.value: MarketValue | None = None
        self.listeners: tuple[Listener, ...] = ()
        self.last_at: float | None = None
        self.gap_s: float | None = None
        self.arrivals = 0
        self.duplicates = 0
        self.stale = 0
        self.complete = True

    def arrived(self, now: float) -> None:
        """Note a frame at `now`, whatever it held: it proves that the stream lives."""
        self.arrivals += 1
        last = self.last_at
        if last is not None:
            gap = now - last
            average = self.gap_s
            self.gap_s = gap if average is None else average + _GAP_WEIGHT * (gap - average)
        self.last_at = now

    @abstractmethod
    def accept(self, value: MarketValue) -> Verdict:
        """Take `value` in if it is news."""


class _LatestStream(LiveStream):
    """Tickers and books: one whole state per frame."""

    __slots__ = ()

    def accept(self, value: MarketValue) -> Verdict:
        known = self.value
        if known is not None:
            if value.exchange_ms < known.exchange_ms:
                self.stale += 1
                return Verdict.STALE
            if value.exchange_ms == known.exchange_ms and _says_the_same(value, known):
                self.value = value
                self.duplicates += 1
                return Verdict.DUPLICATE
        self.value = value
        return Verdict.NEW


def _says_the_same(value: MarketValue, known: MarketValue) -> bool:
    if isinstance(value, Ticker) and isinstance(known, Ticker):
        return (
            value.trade_price == known.trade_price
            and value.volume_day == known.volume_day
            and value.volume_24h == known.volume_24h
            and value.trade_ms == known.trade_ms
            and value.is_halted == known.is_halted
        )
    if isinstance(value, Orderbook) and isinstance(known, Orderbook):
        return value.total_ask_size == known.total_ask_size and value.levels == known.levels
    return False


class TradeStream(LiveStream):
    """Trades: every one counts, each once.

    `seam_ms` is set by a snapshot that is news in the middle of a stream: a request replaces the
    whole subscription, and of the trades in between the exchange sends the newest alone.
    `seam_at` is the monotonic arrival of the newest such snapshot.
    """

    __slots__ = ("_memory", "recent", "seam_at", "seam_ms")

    def __init__(self, stream: Stream) -> None:
        super().__init__(stream)
        self._memory = TradeMemory(_TRADES_REMEMBERED)
        self.recent = RecentTrades(_TRADES_KEPT)
        self.seam_ms: int | None = None
        self.seam_at = 0.0

    def accept(self, value: MarketValue) -> Verdict:
        if not isinstance(value, Trade):
            raise TypeError(type(value))
        key = value.sequential_id
        if not self._memory.add(key):
            self.duplicates += 1
            return Verdict.DUPLICATE
        self.recent.append(value)
        known = self.value
        if value.origin.delivery is Delivery.SNAPSHOT and isinstance(known, Trade):
            self.seam_ms = known.trade_ms if self.seam_ms is None else self.seam_ms
            self.seam_at = self.last_at or 0.0
        if not isinstance(known, Trade) or (value.trade_ms, key) >= (
            known.trade_ms,
            known.sequential_id,
        ):
            self.value = value
        return Verdict.NEW

    def newest(self, count: int) -> list[Trade]:
        """Return the newest `count` trades kept, oldest first."""
        ordered = sorted(self.recent, key=lambda trade: (trade.trade_ms, trade.sequential_id))
        return ordered[-count:]


class CandleStream(LiveStream):
    """Candles of one timeframe: the last state of each start wins."""

    __slots__ = ("_states",)

    def __init__(self, stream: Stream) -> None:
        super().__init__(stream)
        self._states: dict[int, Candle] = {}

    def accept(self, value: MarketValue) -> Verdict:
        if not isinstance(value, Candle):
            raise TypeError(type(value))
        start = value.start_ms
        known = self._states.get(start)
        if known is not None:
            # Over REST the time is that of the last trade, over the socket that of sending:
            # an earlier time with more volume is news all the same.
            if value.volume <= known.volume and value.exchange_ms < known.exchange_ms:
                self.stale += 1
                return Verdict.STALE
            if value.volume == known.volume and value.close == known.close:
                self.duplicates += 1
                return Verdict.DUPLICATE
        elif len(self._states) >= _CANDLES_REMEMBERED:
            del self._states[min(self._states)]
        self._states[start] = value
        latest = self.value
        if not isinstance(latest, Candle) or start >= latest.start_ms:
            self.value = value
        return Verdict.NEW


class LiveStore:
    """The held streams by channel and market."""

    def __init__(self) -> None:
        self._channels: dict[tuple[str, float], dict[str, LiveStream]] = {}
        self._listeners: dict[Stream, list[Listener]] = {}

    def __iter__(self) -> Iterator[LiveStream]:
        for markets in self._channels.values():
            yield from markets.values()

    def __len__(self) -> int:
        return sum(map(len, self._channels.values()))

    def channel(self, channel: str, level: float = 0.0) -> dict[str, LiveStream]:
        """Return the streams of one channel by market, to look values up in while they flow."""
        return self._channels.setdefault((channel, level), {})

    def get(self, stream: Stream) -> LiveStream | None:
        """Return what is known of `stream`, None when nobody holds it."""
        return self.channel(stream.channel, stream.level).get(stream.market)

    def open(self, stream: Stream) -> LiveStream:
        """Return the entry of `stream`, made when it is new."""
        markets = self.channel(stream.channel, stream.level)
        live = markets.get(stream.market)
        if live is None:
            if stream.channel == "trade":
                live = TradeStream(stream)
            elif stream.channel.startswith("candle."):
                live = CandleStream(stream)
            else:
                live = _LatestStream(stream)
            markets[stream.market] = live
            self._tell_listeners_to(live)
        return live

    def drop(self, stream: Stream) -> None:
        """Forget `stream`."""
        self.channel(stream.channel, stream.level).pop(stream.market, None)

    def listen(self, streams: Iterable[Stream], listener: Listener) -> None:
        """Tell `listener` every value of `streams` from now on."""
        for stream in streams:
            self._listeners.setdefault(stream, []).append(listener)
            self._listeners_changed(stream)

    def unlisten(self, streams: Iterable[Stream], listener: Listener) -> None:
        """Tell `listener` nothing of `streams` any more."""
        for stream in streams:
            listeners = self._listeners.get(stream)
            if listeners is None or listener not in listeners:
                continue
            listeners.remove(listener)
            if not listeners:
                del self._listeners[stream]
            self._listeners_changed(stream)

    def _listeners_changed(self, stream: Stream) -> None:
        live = self.get(stream)
        if live is not None:
            self._tell_listeners_to(live)

    def _tell_listeners_to(self, live: LiveStream) -> None:
        live.listeners = tuple(self._listeners.get(live.stream, ()))
