"""What is missing after a connection was lost. Sans-I/O.

Only trades and candles can have gaps: a ticker or a book is a whole state, and the snapshot
after the reconnect is all there is to know.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from upbit_auto_trading.domain.candle import Candle
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.trade import Trade
from upbit_auto_trading.infrastructure.market_data_backbone.store import LiveStore, LiveStream


@dataclass(frozen=True, slots=True)
class Gap:
    """A stream's missing range: everything after `since_ms` (epoch ms, exchange time).

    `last_id` is the last trade known; `since_ms` of a candle stream is the start of the last
    candle known, which may have been cut short.
    """

    stream: Stream
    since_ms: int
    last_id: int | None = None


class GapDetector:
    """Notes at a loss where every stream stood, and gives the gaps out once it can be asked."""

    def __init__(self) -> None:
        self._open: dict[Stream, Gap] = {}
        self._noted_of = 0
        self.found = 0
        self.suspicions = 0
        """How often something was lost that may be anybody's."""

    @property
    def open(self) -> frozenset[Stream]:
        """Streams with a gap that isn't closed."""
        return frozenset(self._open)

    def lost(self, streams: Iterable[LiveStream]) -> None:
        """Note where `streams` stood when their connection went.

        A gap that is still open keeps its older beginning.
        """
        for live in streams:
            match live.value:
                case Trade() as trade:
                    gap = Gap(live.stream, trade.trade_ms, trade.sequential_id)
                case Candle() as candle:
                    gap = Gap(live.stream, candle.start_ms)
                case _:
                    continue
            self.found += live.stream not in self._open
            # A new object either way: whoever fills the older one sees that there is more.
            self._open[live.stream] = replace(self._open.get(live.stream, gap))
            live.complete = False

    def missing_since(self, live: LiveStream, since_ms: int) -> None:
        """Note that `live` misses something after `since_ms`, long before its newest value."""
        known = self._open.get(live.stream)
        self.found += known is None
        if known is None or known.since_ms > since_ms:
            known = Gap(live.stream, since_ms)
        self._open[live.stream] = replace(known)
        live.complete = False

    def lost_by_anybody(self, streams: LiveStore) -> None:
        """Note that one of `streams`, nobody knows which, lost something.

        Cheap while the gaps noted before are all open: they reach up to now.
        """
        self.suspicions += 1
        if self._noted_of != len(streams):
            self._noted_of = len(streams)
            self.lost(streams)

    def of(self, stream: Stream) -> Gap | None:
        """Return the open gap of `stream`."""
        return self._open.get(stream)

    def closed(self, stream: Stream) -> None:
        """Note that the gap of `stream` is filled."""
        self._open.pop(stream, None)
        self._noted_of = -1

    def forget(self, stream: Stream) -> None:
        """Note that nobody holds `stream` any more."""
        self._open.pop(stream, None)
