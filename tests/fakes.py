"""Hand-written fakes of the application's ports, keeping their promises without a network."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from upbit_auto_trading.application.ports import MarketListener, MarketValue
from upbit_auto_trading.domain.answer import Answer, Answers
from upbit_auto_trading.domain.candle import Candle
from upbit_auto_trading.domain.failure import MarketDataError, NoDataInTimeError, UnknownMarketError
from upbit_auto_trading.domain.feed_sample import FeedSample, StreamAge, StreamCounts, StreamRow
from upbit_auto_trading.domain.instrument import Instrument
from upbit_auto_trading.domain.market import MarketInfo, quote_of
from upbit_auto_trading.domain.market_value import stream_of
from upbit_auto_trading.domain.orderbook import Orderbook
from upbit_auto_trading.domain.stream import Source, Stream
from upbit_auto_trading.domain.subscription import (
    ConnectionState,
    StreamHealth,
    StreamState,
    SwapKind,
    SwapRecord,
)
from upbit_auto_trading.domain.ticker import Ticker
from upbit_auto_trading.domain.timeframe import parse_timeframe, to_epoch_ms
from upbit_auto_trading.domain.trade import Trade

R = TypeVar("R")


@dataclass(eq=False)
class FakeFeedSubscription:
    """One holder of the fake feed."""

    feed: "FakeMarketDataFeed"
    streams: frozenset[Stream]
    listener: MarketListener
    holder: str
    closed: bool = False

    async def replace(self, streams: Iterable[Stream]) -> SwapRecord:
        if self.feed.replace_error is not None:
            raise self.feed.replace_error
        before = self.feed.held
        wanted = frozenset(streams)
        if self.feed.refuses_at_once:
            self.feed.refuse_unknown(stream.market for stream in wanted)
        old, self.streams = self.streams, wanted
        added, removed = wanted - old, old - wanted
        if added <= before:
            kind, took = SwapKind.NONE, 0.0
        else:
            same = {s.channel for s in wanted} == {s.channel for s in old}
            kind, took = (SwapKind.SMART if same else SwapKind.FULL), self.feed.swap_ms
        record = SwapRecord(kind, added, removed, self.feed.now, took, took)
        if not self.feed.refuses_at_once and self.feed.unknown(s.market for s in added):
            record = replace(record, first_ms=None, complete_ms=None, silent=added)
        self.feed.swaps.append(record)
        return record

    def close(self) -> None:
        self.closed = True
        if self in self.feed.subscriptions:
            self.feed.subscriptions.remove(self)


@dataclass
class FakeMarketDataFeed:
    """A MarketDataFeed whose values come from the test: `emit` them or preset them as answers.

    What wasn't preset fails with the error the real feed would raise; nothing is made up.
    """

    listed: Sequence[MarketInfo] = ()
    history: dict[tuple[str, str], list[Candle]] = field(default_factory=dict)
    latest: dict[Stream, MarketValue] = field(default_factory=dict)
    past_trades: dict[str, list[Trade]] = field(default_factory=dict)
    instruments: dict[str, Instrument] = field(default_factory=dict)
    health: dict[Stream, StreamHealth] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    connection_state: ConnectionState = ConnectionState.CONNECTED
    swap_ms: float = 21.0
    now: float = 0.0
    refuses_at_once: bool = True
    """Whether the list of markets was known before anything was asked."""
    replace_error: MarketDataError | None = None
    request_error: MarketDataError | None = None
    subscriptions: list[FakeFeedSubscription] = field(default_factory=list)
    swaps: list[SwapRecord] = field(default_factory=list)
    candle_requests: list[tuple[str, str, int, datetime | None]] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)
    screens: list[str] = field(default_factory=list)
    measured: FeedSample | None = None
    """What `sample` gives; made of what is held while it is None."""
    rows: list[StreamRow] | None = None
    ways: dict[Stream, tuple[str, str]] = field(default_factory=dict)
    asked_again: int = 0
    renewed: int = 0

    @property
    def held(self) -> frozenset[Stream]:
        """Everything anybody holds."""
        return frozenset(
            stream for subscription in self.subscriptions for stream in subscription.streams
        )

    def emit(self, *values: MarketValue) -> None:
        """Deliver `values` to everybody who holds their streams, as the socket would."""
        for value in values:
            stream = stream_of(value)
            self.latest[stream] = value
            for subscription in tuple(self.subscriptions):
                if stream in subscription.streams:
                    subscription.listener(value)

    def unknown(self, markets: Iterable[str]) -> set[str]:
        return set(markets) - {info.market for info in self.listed} if self.listed else set()

    def refuse_unknown(self, markets: Iterable[str]) -> None:
        unknown = self.unknown(markets)
        if unknown:
            raise UnknownMarketError(unknown)

    def subscribe(
        self, streams: Iterable[Stream], listener: MarketListener, *, holder: str = "caller"
    ) -> FakeFeedSubscription:
        wanted = frozenset(streams)
        self.refuse_unknown(stream.market for stream in wanted)
        subscription = FakeFeedSubscription(self, wanted, listener, holder)
        self.subscriptions.append(subscription)
        return subscription

    def hint(self, market: str) -> None:
        self.hints.append(market)

    def went_to(self, screen: str) -> None:
        self.screens.append(screen)

    def stream_health(self, stream: Stream) -> StreamHealth:
        if stream not in self.held:
            raise KeyError(stream)
        if stream in self.health:
            return self.health[stream]
        if self.connection_state is not ConnectionState.CONNECTED:
            return StreamHealth(StreamState.DOWN, None, complete=True)
        value = self.latest.get(stream)
        if value is None:
            return StreamHealth(StreamState.SENT, None, complete=True)
        return StreamHealth(StreamState.LIVE, self.now - value.origin.received_at, complete=True)

    async def markets(self) -> Answers[MarketInfo]:
        self._fail_if_told()
        return Answers(self.listed, Source.REST, "only_rest_has_it", 0.0)

    async def ticker(self, market: str) -> Answer[Ticker]:
        value = self._latest(Stream("ticker", market))
        assert isinstance(value, Ticker)
        return Answer(value, Source.WEBSOCKET, "live", 0.0)

    async def tickers(self, quote: str) -> Answers[Ticker]:
        self._fail_if_told()
        values = [
            value
            for value in self.latest.values()
            if isinstance(value, Ticker) and quote_of(value.market) == quote
        ]
        return Answers(values, Source.REST, "only_rest_has_it", 0.0)

    async def orderbook(self, market: str, level: float = 0.0) -> Answer[Orderbook]:
        value = self._latest(Stream("orderbook", market, level))
        assert isinstance(value, Orderbook)
        return Answer(value, Source.WEBSOCKET, "live", 0.0)

    async def instrument(self, market: str) -> Answer[Instrument]:
        self._fail_if_told()
        self.refuse_unknown([market])
        try:
            return Answer(self.instruments[market], Source.REST, "only_rest_has_it", 0.0)
        except KeyError:
            raise NoDataInTimeError(f"instrument {market}", 1.0) from None

    async def trades(self, market: str, count: int = 1) -> Answers[Trade]:
        self._fail_if_told()
        self.refuse_unknown([market])
        values = self.past_trades.get(market, [])[-count:]
        return Answers(values, Source.REST, "only_rest_has_it", 0.0)

    async def candles(
        self, market: str, timeframe: str, count: int, to: datetime | None = None
    ) -> Answers[Candle]:
        self.candle_requests.append((market, timeframe, count, to))
        self._fail_if_told()
        self.refuse_unknown([market])
        parse_timeframe(timeframe)
        rows = self.history.get((market, timeframe), [])
        if to is not None:
            end_ms = to_epoch_ms(to)
            rows = [row for row in rows if row.start_ms < end_ms]
        return Answers(rows[-count:], Source.REST, "only_rest_has_it", 0.0)

    def ask_again(self) -> None:
        self.asked_again += 1

    @property
    def connection_epoch(self) -> int:
        return self.sample().epoch

    def renew_connection(self) -> None:
        self.renewed += 1

    def sample(self) -> FeedSample:
        if self.measured is not None:
            return self.measured
        count = len(self.held)
        return FeedSample(
            at=self.now,
            connection=self.connection_state,
            streams=StreamCounts(count, count, count, count, fresh=count, judged=count),
            received=int(self.metrics.get("streams", {}).get("messages_received", 0)),
        )

    def stream_rows(self) -> list[StreamRow]:
        if self.rows is not None:
            return self.rows
        found = []
        for stream in sorted(self.held):
            health = self.stream_health(stream)
            holders = [one.holder for one in self.subscriptions if stream in one.streams]
            age = StreamAge(stream, health.state, health.age_s)
            is_live = health.state is StreamState.LIVE
            found.append(
                StreamRow(stream, tuple(holders), True, True, is_live, age, 0, is_complete=True)
            )
        return found

    def way_of(self, stream: Stream) -> tuple[str, str]:
        return self.ways.get(stream, ("live", "live"))

    def get_performance_metrics(self) -> dict[str, Any]:
        return dict(self.metrics)

    def _latest(self, stream: Stream) -> MarketValue:
        self._fail_if_told()
        self.refuse_unknown([stream.market])
        try:
            return self.latest[stream]
        except KeyError:
            raise NoDataInTimeError(str(stream), 1.0) from None

    def _fail_if_told(self) -> None:
        if self.request_error is not None:
            raise self.request_error


class FakeWorker:
    """Calculates at once, on the loop; `asked` names what was calculated."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def run(
        self,
        work: Callable[..., R],
        *arguments: Any,
        on_progress: Callable[[float], None] = lambda _fraction: None,
    ) -> R:
        self.asked.append(work.__name__)
        await asyncio.sleep(0)
        return work(on_progress, *arguments)
