"""Requests for data now: which way each takes, and what is said about the answer."""

from datetime import datetime

from upbit_auto_trading.domain.answer import Answer, Answers
from upbit_auto_trading.domain.candle import Candle
from upbit_auto_trading.domain.failure import ImpossibleCountError
from upbit_auto_trading.domain.market import MarketInfo, parse_market
from upbit_auto_trading.domain.market_value import MarketValue
from upbit_auto_trading.domain.orderbook import Orderbook
from upbit_auto_trading.domain.stream import Source, Stream
from upbit_auto_trading.domain.ticker import Ticker
from upbit_auto_trading.domain.timeframe import parse_timeframe, to_epoch_ms
from upbit_auto_trading.domain.trade import Trade
from upbit_auto_trading.infrastructure.market_data_backbone.candle_pages import CandlePages
from upbit_auto_trading.infrastructure.market_data_backbone.live_feed import LiveFeed
from upbit_auto_trading.infrastructure.market_data_backbone.policy import Policy
from upbit_auto_trading.infrastructure.upbit.constants import TRADE_DAYS, TRADE_PAGE
from upbit_auto_trading.infrastructure.upbit.rest_client import URGENT, UpbitRestClient

ONLY_REST = "only_rest_has_it"
LIVE = "live"
NOT_LIVE = "not_live"


class SmartRouter:
    """Answers requests over the socket's live values where it can, over REST where it must."""

    def __init__(self, feed: LiveFeed, client: UpbitRestClient, policy: Policy) -> None:
        self._feed = feed
        self._client = client
        self._policy = policy

    async def markets(self) -> Answers[MarketInfo]:
        """Return the market list, the fresh one known or Upbit's."""
        listing, now = self._feed.listing, self._policy.clock.monotonic()
        ttl = self._policy.timings.market_list_ttl
        if listing.taken_at is not None and now - listing.taken_at <= ttl:
            age_ms = (now - listing.taken_at) * 1000
            return Answers(listing.infos, Source.CACHE, ONLY_REST, age_ms)
        infos = await self._client.markets()
        self._feed.take_listing(infos)
        return Answers(infos, Source.REST, ONLY_REST, 0.0)

    async def ticker(self, market: str) -> Answer[Ticker]:
        """Return the market's ticker."""
        code = self._known(market)
        live = self._live(Stream("ticker", code))
        if isinstance(live, Ticker):
            return Answer(live, Source.WEBSOCKET, LIVE, self._age_ms(live))
        (ticker,) = await self._client.tickers([code], URGENT)
        return Answer(ticker, Source.REST, NOT_LIVE, 0.0)

    async def orderbook(self, market: str) -> Answer[Orderbook]:
        """Return the market's book."""
        code = self._known(market)
        live = self._live(Stream("orderbook", code))
        if isinstance(live, Orderbook):
            return Answer(live, Source.WEBSOCKET, LIVE, self._age_ms(live))
        (book,) = await self._client.orderbooks([code], URGENT)
        return Answer(book, Source.REST, NOT_LIVE, 0.0)

    async def tickers(self, quote: str) -> Answers[Ticker]:
        """Return the tickers of every market of a quote currency."""
        return Answers(
            await self._client.tickers_of_quotes([quote], URGENT), Source.REST, ONLY_REST, 0.0
        )

    async def trades(self, market: str, count: int = 1) -> Answers[Trade]:
        """Return the newest `count` trades, oldest first."""
        code = self._known(market)
        highest = TRADE_PAGE * (TRADE_DAYS + 1)
        if not 1 <= count <= highest:
            raise ImpossibleCountError(count, highest)
        values: list[Trade] = []
        days_ago = 0
        before_id: int | None = None
        while len(values) < count and days_ago <= TRADE_DAYS:
            asked = min(TRADE_PAGE, count - len(values))
            page = await self._client.trades(
                code, asked, before_id=before_id, days_ago=days_ago, priority=URGENT
            )
            values = page + values
            if len(page) < asked:
                days_ago += 1
            if page:
                before_id = page[0].sequential_id
        return Answers(values, Source.REST, ONLY_REST, 0.0)

    async def candles(
        self, market: str, timeframe: str, count: int, to: datetime | None = None
    ) -> Answers[Candle]:
        """Return the `count` newest candles that start before `to`, oldest first."""
        code = self._known(market)
        frame = parse_timeframe(timeframe)
        if not 1 <= count <= self._policy.longest_history:
            raise ImpossibleCountError(count, self._policy.longest_history)
        pages = CandlePages(count, None if to is None else to_epoch_ms(to))
        while (request := pages.next_request()) is not None:
            asked, before_ms = request
            pages.took(
                await self._client.candles(code, frame, asked, before_ms=before_ms, priority=URGENT)
            )
        return Answers(pages.candles(), Source.REST, ONLY_REST, 0.0)

    def _live(self, stream: Stream) -> MarketValue | None:
        values = self._feed.flowing([stream]) if self._feed.usable else []
        return values[0] if values else None

    def _age_ms(self, value: MarketValue) -> float:
        return max(0.0, (self._policy.clock.wall() - value.origin.received_at) * 1000)

    def _known(self, market: str) -> str:
        code = parse_market(market)
        self._feed.listing.check([code])
        return code
