"""The way of a frame: decoded, put into the store, told to its listeners. Synchronous."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import Final

from upbit_auto_trading.domain.candle import Candle
from upbit_auto_trading.domain.market_value import MarketValue
from upbit_auto_trading.domain.orderbook import Orderbook
from upbit_auto_trading.domain.stream import Delivery, Stream
from upbit_auto_trading.domain.ticker import Ticker
from upbit_auto_trading.domain.timeframe import TIMEFRAMES
from upbit_auto_trading.domain.trade import Trade
from upbit_auto_trading.infrastructure.clock import Clock
from upbit_auto_trading.infrastructure.market_data_backbone import (
    subscription_performance_monitor as performance,
)
from upbit_auto_trading.infrastructure.market_data_backbone.exchange_time import ExchangeTime
from upbit_auto_trading.infrastructure.market_data_backbone.store import (
    Listener,
    LiveStore,
    LiveStream,
    Verdict,
)
from upbit_auto_trading.infrastructure.upbit.decode import (
    ArrivalOrigins,
    BadFrameError,
    Control,
    Message,
    decode,
)

_AS_ASKED: Final = b"type"
"""What frames of the format that is asked for begin with, after the brace and the quote."""
_ANSWERS: Final = frozenset({b"status", b'error"', b"method", b"result"})
_INSTANT_S: Final = 0.001
"""Frames handled within this time share one received time: that of the first of them."""


@dataclass(frozen=True, slots=True)
class IntakeEvents:
    """Who is called for what.

    `on_first(live, now)` is called for every frame of a stream that is awaited,
    `on_control(message)` for what isn't data, `on_unreadable(data)` for what can't be decoded.
    A frame whose time can't be true goes to `on_mistimed(live, off_ms)` and nowhere else; the
    first of a stream whose times are right again is told by `on_timed_again(live)`.
    """

    on_first: Callable[[LiveStream, float], None]
    on_control: Callable[[Control], None]
    on_unreadable: Callable[[bytes], None]
    on_mistimed: Callable[[LiveStream, float], None]
    on_timed_again: Callable[[LiveStream], None]
    on_defect: Callable[[str, Exception], None]


class FrameIntake:
    """Takes frames in, whatever they hold, and never raises."""

    def __init__(
        self,
        store: LiveStore,
        monitor: performance.SubscriptionPerformanceMonitor,
        clock: Clock,
        exchange_time: ExchangeTime,
        events: IntakeEvents,
    ) -> None:
        self._counters = monitor.intake
        self._note_lag = monitor.lags.append
        self._monotonic = clock.monotonic
        self._wall = clock.wall
        self._events = events
        self._time = exchange_time
        self._steady_ms = 0.0
        self._by_kind: dict[type, dict[str, LiveStream]] = {
            Ticker: store.channel("ticker"),
            Trade: store.channel("trade"),
            Orderbook: store.channel("orderbook"),
        }
        self._grouped = partial(store.channel, "orderbook")
        self._candles = {
            code: store.channel(channel)
            for code, timeframe in TIMEFRAMES.items()
            if (channel := timeframe.websocket_channel) is not None
        }
        self._origins = ArrivalOrigins.at(0.0, 0)
        self._epoch = 0
        self._also = 0
        self._instant = float("-inf")
        self.awaited: set[Stream] = set()
        """Streams whose next frame `on_first` wants to know of."""
        self.mistimed: set[Stream] = set()
        """Streams whose last frames had impossible times."""

    def begin_epoch(self, epoch: int, *, keep_others: bool = False) -> None:
        """Take frames of connection `epoch` from now on and drop those of older ones.

        With `keep_others` the connection before it is listened to as well, until called again.
        """
        self._also = self._epoch if keep_others else epoch
        self._epoch = epoch
        self._instant = float("-inf")

    def take(self, data: bytes, epoch: int) -> None:
        """Take one frame that arrived over connection `epoch`."""
        counters = self._counters
        counters.received += 1
        if epoch != self._epoch and epoch != self._also:  # noqa: PLR1714 - no tuple on the hot path
            counters.old_epoch += 1
            return
        now = self._monotonic()
        if now - self._instant > _INSTANT_S or epoch != self._origins.realtime.epoch:
            self._instant = now
            self._steady_ms = self._time.steady_s(now) * 1000
            self._origins = ArrivalOrigins.at(self._wall(), epoch)
        try:
            self._route(decode(data, self._origins), now)
            if data[2:6] != _AS_ASKED and data[2:8] not in _ANSWERS:
                counters.other_format += 1
        except BadFrameError as error:
            counters.malformed[error.reason] += 1
            self._events.on_unreadable(data)
        except Exception as error:  # noqa: BLE001 - a defect here must not cost the connection
            counters.malformed["defect"] += 1
            self._events.on_defect("a frame couldn't be taken in", error)

    def deliver(self, value: MarketValue) -> Verdict | None:
        """Put a value that didn't come by frame (backfill, probe) through the same door."""
        live = self._live(value)
        if live is None:
            return None
        verdict = live.accept(value)
        if verdict is Verdict.NEW:
            for listener in live.listeners:
                self.tell(listener, value)
        return verdict

    def _route(self, message: Message, now: float) -> None:
        kind = type(message)
        markets = self._by_kind.get(kind)
        if markets is None:
            self._route_unusual(message, now)
        elif kind is Orderbook and message.grouping:  # type: ignore[union-attr]
            self._accept(self._live(message), message, now)  # type: ignore[arg-type]
        else:
            value: MarketValue = message  # type: ignore[assignment]
            self._accept(markets.get(value.market), value, now)

    def _route_unusual(self, message: Message, now: float) -> None:
        """Take what comes seldom: candles once a second, lists, and what is no data."""
        if isinstance(message, tuple):
            for part in message:
                self._route(part, now)
        elif isinstance(message, Candle):
            self._accept(self._live(message), message, now)
        else:
            self._events.on_control(message)  # type: ignore[arg-type]

    def _accept(  # noqa: C901 - in one piece: a call costs a frame more than a branch
        self, live: LiveStream | None, value: MarketValue, now: float
    ) -> None:
        counters = self._counters
        if live is None:
            counters.unheld += 1
            return
        live.arrived(now)
        if self.awaited and live.stream in self.awaited:
            self.awaited.discard(live.stream)
            self._events.on_first(live, now)
        time = self._time
        lag = self._steady_ms - value.exchange_ms
        is_realtime = value.origin.delivery is Delivery.REALTIME
        if time.low <= lag <= time.high:
            if is_realtime and lag < time.least:
                time.least = lag
            if self.mistimed and is_realtime and live.stream in self.mistimed:
                self._events.on_timed_again(live)
        elif not self._is_possible(live, value, lag, is_realtime):
            counters.mistimed += 1
            return
        verdict = live.accept(value)
        if verdict is Verdict.NEW:
            if is_realtime and type(value) is not Candle:  # its time is its last trade's
                self._note_lag(lag - time.correction_ms)
            counters.delivered += 1
            for listener in live.listeners:
                try:
                    listener(value)
                except Exception as error:  # noqa: BLE001 - as in `tell`, without its call
                    self._failed(listener, error)
        else:
            counters.duplicates += verdict is Verdict.DUPLICATE
            counters.stale += verdict is Verdict.STALE

    def _is_possible(
        self, live: LiveStream, value: MarketValue, lag: float, is_realtime: bool
    ) -> bool:
        """Whether a frame with a lag beyond the limits may be told.

        A snapshot may be old, but never new; so may what only repeats the state that is known.
        """
        time = self._time
        known = live.value
        if known is not None and known.exchange_ms == value.exchange_ms:
            return True
        if is_realtime:
            off = time.stray(lag)
        elif lag < time.low < inf:
            off = lag - time.low
        else:
            return True
        if off is None:
            return True
        self._events.on_mistimed(live, off)
        return False

    def _live(self, value: MarketValue) -> LiveStream | None:
        """Return the stream of a value of any kind, None when nobody holds it."""
        if isinstance(value, Candle):
            markets = self._candles.get(value.timeframe.code)
        elif isinstance(value, Orderbook) and value.grouping:
            markets = self._grouped(value.grouping)
        else:
            markets = self._by_kind.get(type(value))
        return None if markets is None else markets.get(value.market)

    def tell(self, listener: Listener, value: MarketValue) -> None:
        """Tell one listener; its errors are reported, never raised."""
        try:
            listener(value)
        except Exception as error:  # noqa: BLE001 - one listener's fault is not the feed's
            self._failed(listener, error)

    def _failed(self, listener: Listener, error: Exception) -> None:
        self._counters.listener_errors += 1
        self._events.on_defect(f"listener {listener!r} failed", error)
