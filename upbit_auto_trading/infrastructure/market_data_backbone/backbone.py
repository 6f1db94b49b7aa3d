"""The market data backbone as callers see it."""

import asyncio
import itertools
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from upbit_auto_trading.domain.answer import Answer, Answers
from upbit_auto_trading.domain.candle import Candle
from upbit_auto_trading.domain.failure import UnknownLevelError, UnknownMarketError
from upbit_auto_trading.domain.feed_sample import FeedSample, StreamRow
from upbit_auto_trading.domain.instrument import Instrument
from upbit_auto_trading.domain.market import MarketInfo
from upbit_auto_trading.domain.orderbook import Orderbook
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.subscription import ConnectionState, StreamHealth, SwapRecord
from upbit_auto_trading.domain.ticker import Ticker
from upbit_auto_trading.domain.trade import Trade
from upbit_auto_trading.infrastructure.market_data_backbone import (
    feed_log,
)
from upbit_auto_trading.infrastructure.market_data_backbone import (
    subscription_performance_monitor as performance,
)
from upbit_auto_trading.infrastructure.market_data_backbone.data_requests import DataRequests
from upbit_auto_trading.infrastructure.market_data_backbone.feed_sampler import FeedSampler
from upbit_auto_trading.infrastructure.market_data_backbone.feed_supervisor import (
    FeedSupervisor,
    ListingCheck,
)
from upbit_auto_trading.infrastructure.market_data_backbone.history import CandleHistory
from upbit_auto_trading.infrastructure.market_data_backbone.live_feed import LiveFeed
from upbit_auto_trading.infrastructure.market_data_backbone.market_listing import MarketListing
from upbit_auto_trading.infrastructure.market_data_backbone.metrics_report import report
from upbit_auto_trading.infrastructure.market_data_backbone.policy import Policy
from upbit_auto_trading.infrastructure.market_data_backbone.prediction import Prediction
from upbit_auto_trading.infrastructure.market_data_backbone.smart_router import SmartRouter
from upbit_auto_trading.infrastructure.market_data_backbone.store import Listener
from upbit_auto_trading.infrastructure.market_data_backbone.swap_tracker import Swap
from upbit_auto_trading.infrastructure.upbit.reconnect import LossCause
from upbit_auto_trading.infrastructure.upbit.rest_client import UpbitRestClient

_PRIORITIES = {"chart": 0, "trigger": 1, "watchlist": 4, "prediction": 8}


class Subscription:
    """Streams one caller holds; made by `MarketDataBackbone.subscribe`."""

    def __init__(
        self,
        feed: LiveFeed,
        holder: str,
        priority: int,
        listener: Listener,
        on_change: Callable[[frozenset[Stream]], None] | None = None,
    ) -> None:
        self._on_change = on_change
        self._feed = feed
        self._holder = holder
        self._priority = priority
        self._listener = listener
        self._streams: frozenset[Stream] = frozenset()
        self._closed = False

    @property
    def streams(self) -> frozenset[Stream]:
        """What is held at present."""
        return self._streams

    async def replace(self, streams: Iterable[Stream]) -> SwapRecord:
        """Hold exactly `streams` from now on; return when every added one has delivered.

        Streams that stay silent until the deadline are named in the record and stay held.

        Raises:
            UnknownMarketError: Upbit doesn't list a market; nothing was changed.
            UnknownLevelError: Upbit doesn't group a book so; nothing was changed.
            RuntimeError: the subscription was closed.
        """
        before, wanted = self._streams, frozenset(streams)
        try:
            return await self.change(wanted)
        except (UnknownMarketError, UnknownLevelError):
            if self._streams == wanted != before and not self._closed:
                self.change(before)
            raise

    def change(self, wanted: frozenset[Stream]) -> "asyncio.Future[SwapRecord]":
        """Do what `replace` does at once and return the record's future."""
        if self._closed:
            raise RuntimeError(f"the subscription of {self._holder} is closed")
        feed = self._feed
        feed.check(wanted)
        added, removed = wanted - self._streams, self._streams - wanted
        done: asyncio.Future[SwapRecord] = asyncio.get_running_loop().create_future()
        # Nobody need wait for it, so a refusal nobody asks for is no error of the program.
        done.add_done_callback(lambda future: future.cancelled() or future.exception())
        swap = Swap(
            added=added,
            removed=removed,
            requested_at=feed.now(),
            requested_wall=feed.clock.wall(),
            done=lambda record: None if done.done() else done.set_result(record),
            waiting=set(added),
            refused=lambda gone: None if done.done() else done.set_exception(feed.refusal_of(gone)),
        )
        self._streams = wanted
        feed.store.unlisten(removed, self._listener)
        feed.hold(self._holder, wanted, self._priority)
        feed.store.listen(added, self._listener)
        for value in feed.flowing(added):
            feed.intake.tell(self._listener, value)
        swap.is_counted = bool(added or removed)
        feed.track(swap)
        if self._on_change is not None:
            self._on_change(wanted)
        return done

    def close(self) -> None:
        """Release everything held. Harmless when repeated."""
        if self._closed:
            return
        self._closed = True
        self._feed.store.unlisten(self._streams, self._listener)
        self._streams = frozenset()
        self._feed.release(self._holder)


class MarketDataBackbone:
    """Live and past market data of one exchange endpoint, on the running loop.

    An async context manager; with `data_dir` what must outlive a run is kept there.
    """

    def __init__(
        self,
        rest_url: str,
        ws_url: str,
        *,
        policy: Policy | None = None,
        data_dir: Path | None = None,
    ) -> None:
        policy = policy or Policy()
        self._policy = policy
        self._client = UpbitRestClient(
            rest_url,
            timings=policy.timings,
            limits=policy.group_limits,
            clock=policy.clock,
            data_dir=data_dir,
            ca_file=policy.ca_file,
        )
        self._monitor = performance.SubscriptionPerformanceMonitor(feed_log.log_happening)
        self._feed = LiveFeed(ws_url, self._client, MarketListing(), self._monitor, policy)
        self._router = SmartRouter(self._feed, self._client, policy)
        self._history = CandleHistory(
            self._client,
            policy.clock,
            data_dir,
            lambda detail: self._monitor.happened(
                policy.clock.wall(), "disk_trouble", detail=detail
            ),
        )
        self._prediction = Prediction(self._feed, policy, data_dir)
        self._supervisor = FeedSupervisor(self._feed, self._client, policy)
        self._requests = DataRequests(self._feed, self._router, self._history, self._client, policy)
        self._sampler = FeedSampler(
            self._feed,
            self._router,
            self._client,
            self._prediction.predictor,
            self._supervisor.watchdog,
            policy,
        )
        self._names = itertools.count(1)

    async def __aenter__(self) -> Self:
        self._feed.start()
        self._supervisor.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._prediction.close()
        await self._supervisor.close()
        await self._router.close()
        await self._history.close()
        await self._feed.close()
        await self._client.close()

    @property
    def connection_state(self) -> ConnectionState:
        """What the public socket can do right now."""
        return self._feed.connection_state

    @property
    def connection_epoch(self) -> int:
        """The number of the public connection; another one after each reconnect."""
        return self._feed.socket.epoch

    def reconnect_now(self) -> None:
        """Try to connect at once instead of at the next attempt's time."""
        self._feed.sockets.retry_now()

    def hint(self, market: str) -> None:
        """Say that the user is about to open `market`: the pointer rests on it, say."""
        self._prediction.hinted(market)

    def went_to(self, screen: str) -> None:
        """Say which screen the user changed to."""
        self._prediction.went_to(screen)

    def subscribe(
        self, streams: Iterable[Stream], listener: Listener, *, holder: str = "caller"
    ) -> Subscription:
        """Hold `streams`; `listener` gets each value once, on the loop.

        The newest values of streams that flow already are told at once. `holder` says why
        (`chart`, `trigger`, `watchlist`, `prediction`) and with it how urgent the streams are;
        what follows a colon is a name for people: `trigger:RSI oversold entry`.

        Raises:
            UnknownMarketError: Upbit doesn't list a market.
            UnknownLevelError: Upbit is known not to group a book so.
        """
        name = f"{holder}-{next(self._names)}"
        subscription = Subscription(
            self._feed,
            name,
            _PRIORITIES.get(holder.partition(":")[0], 5),
            listener,
            self._prediction.opened if holder == "chart" else None,
        )
        subscription.change(frozenset(streams))
        return subscription

    def stream_health(self, stream: Stream) -> StreamHealth:
        """State, age and completeness of a stream somebody holds.

        Raises:
            KeyError: nobody holds it.
        """
        return self._feed.health(stream)

    async def markets(self) -> Answers[MarketInfo]:
        """Every market Upbit lists."""
        return await self._requests.markets()

    async def ticker(self, market: str) -> Answer[Ticker]:
        """The market's ticker."""
        return await self._requests.ticker(market)

    async def tickers(self, quote: str) -> Answers[Ticker]:
        """The tickers of every market of one quote currency."""
        return await self._requests.tickers(quote)

    async def orderbook(self, market: str, level: float = 0.0) -> Answer[Orderbook]:
        """The market's book, its levels grouped by `level` won (0 for not at all)."""
        return await self._requests.orderbook(market, level)

    async def instrument(self, market: str) -> Answer[Instrument]:
        """The market's price step and the levels its book can be grouped by, at most 50 s old."""
        return await self._requests.instrument(market)

    async def trades(self, market: str, count: int = 1) -> Answers[Trade]:
        """The newest `count` trades, oldest first."""
        return await self._requests.trades(market, count)

    async def candles(
        self, market: str, timeframe: str, count: int, to: datetime | None = None
    ) -> Answers[Candle]:
        """The `count` newest candles that start before `to` (now when None), oldest first."""
        return await self._requests.candles(market, timeframe, count, to)

    def sample(self) -> FeedSample:
        """What changes from second to second, cheap enough to be taken every second."""
        return self._sampler.sample()

    def stream_rows(self) -> list[StreamRow]:
        """Every stream somebody holds: who, how far it is, how old."""
        return self._sampler.rows()

    def way_of(self, stream: Stream) -> tuple[str, str]:
        """Which way a request for `stream` would take now, and why: the selector's two codes."""
        decision = self._router.preview(stream)
        return decision.way.value, decision.reason

    def ask_again(self) -> None:
        """Ask for the whole subscription once more, over the same connection."""
        self._feed.ask_again()

    def renew_connection(self) -> None:
        """Give the active connection up and take another, at once."""
        self._feed.socket.drop(LossCause.REPLACED)
        self._feed.sockets.retry_now()

    async def check_subscription(self, patience_s: float) -> ListingCheck:
        """Let Upbit list the subscription now; return how it compares with what was sent.

        Raises:
            MarketDataError: it can't be asked, or doesn't answer within `patience_s`.
        """
        return await self._supervisor.check_listing(patience_s)

    def get_performance_metrics(self) -> dict[str, Any]:
        """Everything measured, as plain data."""
        return report(
            self._feed,
            self._router,
            self._client,
            self._prediction.predictor,
            self._supervisor.volumes.figures,
            self._policy.clock,
        )
