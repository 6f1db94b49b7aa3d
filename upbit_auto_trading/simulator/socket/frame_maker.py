"""Turns the market's state at an exchange time into frames of one stream."""

from collections.abc import Callable, Sequence
from typing import Final

from upbit_auto_trading.simulator.market.listing_state import ListingState
from upbit_auto_trading.simulator.market.market_progress import publish_lag_ms
from upbit_auto_trading.simulator.market.market_source import MarketSource, Print
from upbit_auto_trading.simulator.socket.moved_states import TURNOVER_STEP, moved_book
from upbit_auto_trading.simulator.socket.ws_frame import Frame
from upbit_auto_trading.simulator.wire.ws_encode import (
    candle_text,
    envelope,
    orderbook_text,
    ticker_text,
    trade_text,
)
from upbit_auto_trading.simulator.wire.ws_stream import CANDLE_TIMEFRAMES, Format, PublicStream

SNAPSHOT: Final = "SNAPSHOT"
REALTIME: Final = "REALTIME"
_FAR_FUTURE_MS: Final = 1 << 52

Encoded = dict[Format, Frame]
Spell = Callable[[bool], str]


class FrameMaker:
    """Makes frames; times are exchange milliseconds.

    `seen_ms` is the last moment whose events count. A frame's own time is that of its last event
    plus the market's lag, so that the same market always sends the same bytes. Each is encoded
    once per spelling, however many formats it is wanted in.
    """

    def __init__(self, source: MarketSource, listing: ListingState) -> None:
        self._source = source
        self._listing = listing

    def state(
        self,
        stream: PublicStream,
        seen_ms: int,
        delivery: str,
        formats: Sequence[Format],
        turn: int = 0,
    ) -> Encoded:
        """Return the stream's current value, empty when it has none.

        It has none before the first trade or candle, at an unsupported level and for markets
        that aren't listed. With a `turn`, books and tickers are moved by so much (`moved_states`).
        """
        if stream.market not in self._listing:
            return {}
        if stream.channel == "ticker":
            return self._ticker(stream, seen_ms, delivery, formats, turn)
        if stream.channel == "orderbook":
            return self._orderbook(stream, seen_ms, delivery, formats, turn)
        if stream.channel == "trade":
            prints = self._source.newest_prints(stream.market, seen_ms + 1, 1)
            return self.trade(prints[0], delivery, formats) if prints else {}
        return self.candle(stream, None, seen_ms, delivery, formats)

    def is_listed(self, market: str) -> bool:
        """Whether the market is listed now."""
        return market in self._listing

    def previous_candle(
        self, stream: PublicStream, seen_ms: int, formats: Sequence[Format]
    ) -> Encoded:
        """Return the candle before the newest one as a snapshot."""
        timeframe = CANDLE_TIMEFRAMES[stream.channel]
        candles = self._source.candles(stream.market, timeframe, seen_ms + 1, 2, seen_ms + 1)
        if len(candles) < 2:
            return {}
        return self.candle(stream, candles[1].start_ms, seen_ms, SNAPSHOT, formats)

    def trade(self, trade: Print, delivery: str, formats: Sequence[Format]) -> Encoded:
        """Return one trade's frame with the best levels at its time."""
        best = self._source.book(trade.market, trade.trade_ms, 1)
        prev = self._source.prev_closing_price(trade.market, trade.trade_ms)
        send_ms = trade.trade_ms + publish_lag_ms(trade.market)

        def spell(simple: bool) -> str:
            return trade_text(trade, prev, best, send_ms, delivery, simple=simple)

        key = str(trade.sequential_id)
        return _encoded("trade", trade.market, key, delivery, spell, formats)

    def _orderbook(
        self,
        stream: PublicStream,
        seen_ms: int,
        delivery: str,
        formats: Sequence[Format],
        turn: int,
    ) -> Encoded:
        """Return the whole book, empty when the level isn't one of the market's."""
        found = self._source.book(stream.market, seen_ms, 30, stream.level)
        if found is None:
            return {}
        book = moved_book(found, turn) if turn else found

        def spell(simple: bool) -> str:
            return orderbook_text(book, stream, delivery, simple=simple)

        key = str(book.exchange_ms)
        return _encoded("orderbook", stream.market, key, delivery, spell, formats)

    def candle(
        self,
        stream: PublicStream,
        start_ms: int | None,
        seen_ms: int,
        delivery: str,
        formats: Sequence[Format],
    ) -> Encoded:
        """Return the candle that starts at `start_ms`, or the newest one there is."""
        timeframe = CANDLE_TIMEFRAMES[stream.channel]
        before_ms = _FAR_FUTURE_MS if start_ms is None else start_ms + 1
        candles = self._source.candles(
            stream.market, timeframe, min(before_ms, seen_ms + 1), 1, seen_ms + 1
        )
        if not candles or (start_ms is not None and candles[0].start_ms != start_ms):
            return {}
        candle = candles[0]

        def spell(simple: bool) -> str:
            return candle_text(candle, stream, delivery, simple=simple)

        key = str(candle.start_ms)
        return _encoded(stream.channel, stream.market, key, delivery, spell, formats)

    def _ticker(
        self,
        stream: PublicStream,
        seen_ms: int,
        delivery: str,
        formats: Sequence[Format],
        turn: int,
    ) -> Encoded:
        figures = self._source.ticker(stream.market, seen_ms)
        if figures is None:
            return {}
        more = turn * TURNOVER_STEP
        standing = self._listing.of(stream.market)
        send_ms = figures.trade_ms + publish_lag_ms(stream.market)

        def spell(simple: bool) -> str:
            return ticker_text(figures, standing, send_ms, delivery, simple=simple, more=more)

        return _encoded("ticker", stream.market, str(send_ms), delivery, spell, formats)


def _encoded(
    type_: str, code: str, key: str, delivery: str, spell: Spell, formats: Sequence[Format]
) -> Encoded:
    texts: dict[bool, str] = {}
    frames: Encoded = {}
    for wire_format in formats:
        simple = wire_format.is_simple
        if simple not in texts:
            texts[simple] = spell(simple)
        frames[wire_format] = Frame(
            envelope(texts[simple], wire_format), type_, code, key, delivery
        )
    return frames
