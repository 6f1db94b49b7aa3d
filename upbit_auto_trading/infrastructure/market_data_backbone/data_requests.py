"""What callers can ask for, one method each, over the router."""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

from upbit_auto_trading.domain.answer import Answer, Answers
from upbit_auto_trading.domain.candle import Candle
from upbit_auto_trading.domain.failure import (
    BadDataError,
    ImpossibleCountError,
    UnknownLevelError,
)
from upbit_auto_trading.domain.instrument import Instrument
from upbit_auto_trading.domain.market import MarketInfo, parse_market
from upbit_auto_trading.domain.market_value import MarketValue
from upbit_auto_trading.domain.orderbook import Orderbook
from upbit_auto_trading.domain.stream import Source, Stream
from upbit_auto_trading.domain.ticker import Ticker
from upbit_auto_trading.domain.timeframe import parse_timeframe, to_epoch_ms
from upbit_auto_trading.domain.trade import Trade
from upbit_auto_trading.infrastructure.market_data_backbone.cache import Level
from upbit_auto_trading.infrastructure.market_data_backbone.history import CandleHistory
from upbit_auto_trading.infrastructure.market_data_backbone.live_feed import LiveFeed
from upbit_auto_trading.infrastructure.market_data_backbone.policy import Policy
from upbit_auto_trading.infrastructure.market_data_backbone.smart_router import SmartRouter
from upbit_auto_trading.infrastructure.market_data_backbone.store import TradeStream
from upbit_auto_trading.infrastructure.upbit.constants import TRADE_DAYS, TRADE_PAGE
from upbit_auto_trading.infrastructure.upbit.rest_client import URGENT, UpbitRestClient

V = TypeVar("V", Ticker, Orderbook)
ONLY_REST = "only_rest_has_it"
_MOST_TRADES = TRADE_PAGE * (TRADE_DAYS + 1)


class DataRequests:
    """Requests for values now. Every method raises a `MarketDataError` where it has none."""

    def __init__(
        self,
        feed: LiveFeed,
        router: SmartRouter,
        history: CandleHistory,
        client: UpbitRestClient,
        policy: Policy,
    ) -> None:
        self._history = history
        self._feed = feed
        self._router = router
        self._client = client
        self._policy = policy

    async def markets(self) -> Answers[MarketInfo]:
        """Return the market list, the fresh one known or Upbit's."""
        listing, now = self._feed.listing, self._policy.clock.monotonic()
        ttl = self._policy.timings.market_list_ttl
        if listing.taken_at is not None and now - listing.taken_at <= ttl:
            age_ms = (now - listing.taken_at) * 1000
            return Answers(listing.infos, Source.CACHE, ONLY_REST, age_ms)
        infos = await self._router.single_flight("markets", self._client.markets)
        self._feed.listings.take(infos)
        return Answers(infos, Source.REST, ONLY_REST, 0.0)

    async def ticker(self, market: str) -> Answer[Ticker]:
        """Return the market's ticker."""
        code = self._known(market)

        async def ask() -> MarketValue:
            return _one_of(await self._client.tickers([code], URGENT), code, "ticker")

        answer = await self._router.newest(Stream("ticker", code), ask)
        return _typed(answer, Ticker)

    async def orderbook(self, market: str, level: float) -> Answer[Orderbook]:
        """Return the market's book, grouped by `level` won; answers are kept by level."""
        stream = Stream("orderbook", self._known(market), level)
        self._feed.instruments.check([stream])

        async def ask() -> MarketValue:
            books = await self._client.orderbooks([stream.market], URGENT, level=level)
            if level and not books:
                raise UnknownLevelError([stream])
            return _one_of(books, stream.market, "orderbook")

        answer = await self._router.newest(stream, ask)
        return _typed(answer, Orderbook)

    async def instrument(self, market: str) -> Answer[Instrument]:
        """Return what the market's prices and books are made of at its present price."""
        code = self._known(market)
        if (known := self._feed.instruments.of(code)) is not None:
            return Answer(known[0], Source.CACHE, ONLY_REST, known[1] * 1000)
        found = await self._router.single_flight(
            ("instrument", code), lambda: self._feed.instruments.ask([code])
        )
        for one in found:
            if one.market == code:
                return Answer(one, Source.REST, ONLY_REST, 0.0)
        raise BadDataError("orderbook/instruments", "market_missing")

    async def tickers(self, quote: str) -> Answers[Ticker]:
        """Return the tickers of every market of a quote currency."""
        values = await self._router.single_flight(
            ("tickers", quote), lambda: self._client.tickers_of_quotes([quote], URGENT)
        )
        return Answers(values, Source.REST, ONLY_REST, 0.0)

    async def trades(self, market: str, count: int = 1) -> Answers[Trade]:
        """Return the newest `count` trades, oldest first."""
        code = self._known(market)
        if not 1 <= count <= _MOST_TRADES:
            raise ImpossibleCountError(count, _MOST_TRADES)
        stream = Stream("trade", code)
        live = self._feed.store.get(stream)
        if isinstance(live, TradeStream) and live.complete and self._feed.flowing([stream]):
            newest = live.newest(count)
            if len(newest) == count:
                return Answers(newest, Source.WEBSOCKET, "live", 0.0)
        values = await self._router.single_flight(
            (stream, count), lambda: self._trades_over_rest(code, count)
        )
        return Answers(values, Source.REST, ONLY_REST, 0.0)

    async def candles(
        self, market: str, timeframe: str, count: int, to: datetime | None = None
    ) -> Answers[Candle]:
        """Return the `count` newest candles that start before `to`, oldest first."""
        code = self._known(market)
        frame = parse_timeframe(timeframe)
        if not 1 <= count <= self._policy.longest_history:
            raise ImpossibleCountError(count, self._policy.longest_history)
        before_ms = None if to is None else to_epoch_ms(to)
        past = await self._router.single_flight(
            ("candles", code, timeframe, count, before_ms),
            lambda: self._history.candles(code, frame, count, before_ms),
        )
        self._router.caches.count(Level.DISK if past.from_disk else Level.MISS)
        if past.from_disk == len(past.candles) and past.candles:
            return Answers(past.candles, Source.CACHE, "known_on_disk", 0.0)
        return Answers(past.candles, Source.REST, ONLY_REST, 0.0)

    async def _trades_over_rest(self, market: str, count: int) -> list[Trade]:
        values: list[Trade] = []
        days_ago = 0
        before_id: int | None = None
        while len(values) < count and days_ago <= TRADE_DAYS:
            asked = min(TRADE_PAGE, count - len(values))
            page = await self._client.trades(
                market, asked, before_id=before_id, days_ago=days_ago, priority=URGENT
            )
            values = page + values
            if len(page) < asked:
                days_ago += 1
            if page:
                before_id = page[0].sequential_id
        return values

    def _known(self, market: str) -> str:
        code = parse_market(market)
        self._feed.listing.check([code])
        return code


def _one_of(values: Iterable[Ticker | Orderbook], market: str, where: str) -> MarketValue:
    for value in values:
        if value.market == market:
            return value
    raise BadDataError(where, "market_missing")


def _typed(answer: Answer[MarketValue], kind: type[V]) -> Answer[V]:
    if not isinstance(answer.value, kind):
        raise TypeError(type(answer.value))
    return Answer(answer.value, answer.channel, answer.reason, answer.age_ms)
