"""What is missing after a connection was lost. Sans-I/O.

Only trades and candles can have gaps: a ticker or a book is a whole state, and the snapshot
after the reconnect is all there is to know.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from upbit_auto_trading.domain.candle import Candle
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.trade import Trade
from upbit_auto_trading.infrastructure.market_data_backbone.store import LiveStream


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
            # A new object either way: whoever fills the older one sees that there is more.
            self._open[live.stream] = replace(self._open.get(live.stream, gap))
            live.complete = False

    def of(self, stream: Stream) -> Gap | None:
        """Return the open gap of `stream`."""
        return self._open.get(stream)

    def closed(self, stream: Stream) -> None:
        """Note that the gap of `stream` is filled."""
        self._open.pop(stream, None)

    def forget(self, stream: Stream) -> None:
        """Note that nobody holds `stream` any more."""
        self._open.pop(stream, None)
