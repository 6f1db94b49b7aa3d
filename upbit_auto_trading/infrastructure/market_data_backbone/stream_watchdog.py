"""Tells streams that stopped from markets that are quiet. Sans-I/O.

Age alone proves nothing: the median market of Upbit trades every other minute. A stream is
*active* while its usual gap is short; an active one that stays silent for eight gaps is
suspicious at once, and so is every other when nothing arrives at all. Of the quiet ones one REST
request for all markets says, every now and then, whether something happened that the socket
didn't tell.
"""

from collections.abc import Iterable
from typing import Final

from upbit_auto_trading.domain.market_value import stream_of
from upbit_auto_trading.domain.orderbook import Orderbook
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.ticker import Ticker
from upbit_auto_trading.domain.trade import Trade
from upbit_auto_trading.infrastructure.market_data_backbone.store import LiveStream
from upbit_auto_trading.infrastructure.upbit.timings import Timings

_GAPS: Final = 8.0
_LEARNT_FROM: Final = 8


class StreamWatchdog:
    """Watches arrivals; asked regularly with the streams that are live."""

    def __init__(self, timings: Timings) -> None:
        self._timings = timings
        self._last_sweep = float("-inf")
        self._proven: dict[Stream, tuple[float, float]] = {}

    @property
    def longest_limit(self) -> float:
        """Seconds of silence after which no active stream is left alone."""
        return self._timings.stall_highest

    def limit_of(self, live: LiveStream) -> float | None:
        """Return after how many seconds of silence `live` is suspicious; None for quiet ones."""
        gap = live.gap_s
        if gap is None or live.arrivals < _LEARNT_FROM or gap >= self._timings.active_gap:
            return None
        return min(max(_GAPS * gap, self._timings.stall_lowest), self._timings.stall_highest)

    def suspicious(self, streams: Iterable[LiveStream], now: float) -> frozenset[Stream]:
        """Return the active streams that come near their limit and weren't proven quiet lately.

        They are looked into `stall_grace` before it, so that with the limit there is evidence.

        When nothing else has arrived either, it is the connection that is mute, and no stream
        of it can be trusted, quiet or not.
        """
        known = [live for live in streams if live.last_at is not None]
        late = [live for live in known if self._is_late(live, now)]
        newest = max((live.last_at or 0.0 for live in known), default=now)
        if late and now - newest > self._timings.stall_lowest - self._timings.stall_grace:
            late = known
        return frozenset(live.stream for live in late if self._may_be_asked(live.stream, now))

    def _is_late(self, live: LiveStream, now: float) -> bool:
        limit = self.limit_of(live)
        if limit is None or live.last_at is None:
            return False
        return now - live.last_at > limit - self._timings.stall_grace

    def _may_be_asked(self, stream: Stream, now: float) -> bool:
        proven = self._proven.get(stream)
        return proven is None or now >= proven[0]

    def proven_quiet(self, streams: Iterable[Stream], now: float) -> None:
        """Note that REST knows nothing newer either; every repeat is believed twice as long."""
        for stream in streams:
            _, wait = self._proven.get(stream, (0.0, self._timings.stall_lowest / 2))
            wait = min(2 * wait, self._timings.quiet_probe_interval)
            self._proven[stream] = (now + wait, wait)

    def delivered(self, stream: Stream) -> None:
        """Note that `stream` sends again."""
        self._proven.pop(stream, None)

    def sweep_due(self, now: float) -> bool:
        """Whether REST is to be asked about all held markets now; notes that it is."""
        if now - self._last_sweep < self._timings.quiet_probe_interval:
            return False
        self._last_sweep = now
        return True

    @staticmethod
    def behind(
        streams: Iterable[LiveStream],
        truth: Iterable[Ticker],
        margin_ms: float,
        books: Iterable[Orderbook] = (),
    ) -> frozenset[Stream]:
        """Return the streams that miss something: REST knows a trade newer by `margin_ms`.

        A book changes with every trade, so its own time must not be older than the newest;
        nor older than that of the market's book in `books`.
        """
        newest = {ticker.market: ticker.trade_ms for ticker in truth}
        changed = {stream_of(book): book.exchange_ms for book in books}
        missing = set()
        for live in streams:
            known_ms = newest.get(live.stream.market)
            if known_ms is None:
                continue
            match live.value:
                case Ticker() as ticker:
                    told_ms = ticker.trade_ms
                case Trade() as trade:
                    told_ms = trade.trade_ms
                case Orderbook() as book:
                    told_ms = book.exchange_ms
                    known_ms = max(known_ms, changed.get(live.stream, known_ms))
                case None:
                    told_ms = 0
                case candle:
                    told_ms = candle.exchange_ms
            if known_ms - told_ms > margin_ms:
                missing.add(live.stream)
        return frozenset(missing)
