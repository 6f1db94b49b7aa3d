"""The quotation API: a path and its parameters in, the parts of a JSON array out. No sockets.

Answers are lazy, so that the server can make a long one without holding up the streams.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from upbit_auto_trading.domain.market import quote_of
from upbit_auto_trading.domain.timeframe import TIMEFRAMES, Timeframe, TimeframeUnit
from upbit_auto_trading.simulator.market.listing_state import ListingState
from upbit_auto_trading.simulator.market.market_progress import publish_lag_ms
from upbit_auto_trading.simulator.market.market_source import MarketSource, Print
from upbit_auto_trading.simulator.rest.rest_encode import (
    candle_json,
    instrument_json,
    market_json,
    orderbook_json,
    supported_levels_json,
    tick_json,
    ticker_json,
)
from upbit_auto_trading.simulator.rest.rest_parameters import QueryParameters
from upbit_auto_trading.simulator.wire.rest_errors import bad_request, code_not_found

_DAY_MS: Final = 86_400_000
_SECONDS_HISTORY_MS: Final = 90 * _DAY_MS
_MINUTE_UNITS: Final = {
    str(timeframe.count): timeframe
    for timeframe in TIMEFRAMES.values()
    if timeframe.unit is TimeframeUnit.MINUTE
}
_CANDLE_PATHS: Final = {
    "seconds": TIMEFRAMES["1s"],
    "days": TIMEFRAMES["1d"],
    "weeks": TIMEFRAMES["1w"],
    "months": TIMEFRAMES["1M"],
    "years": TIMEFRAMES["1y"],
}

Answer = Iterator[str]


@dataclass(frozen=True, slots=True)
class Route:
    """A path's rate group and what answers it, given parameters and the exchange time."""

    group: str
    answer: Callable[[QueryParameters, int], Answer]


class Quotation:
    """Answers the public REST paths below `/v1/`.

    Every answer raises `QuotationError` for what Upbit refuses, before its first part. A fault can
    make pages of candles overlap by `repeated_candles`.
    """

    def __init__(
        self,
        source: MarketSource,
        listing: ListingState,
        repeated_candles: Callable[[], int] = lambda: 0,
    ) -> None:
        self._source = source
        self._listing = listing
        self._repeated_candles = repeated_candles
        self._routes: Mapping[str, Route] = {
            "market/all": Route("market", self._markets),
            "trades/ticks": Route("crix-trades", self._trades),
            "ticker": Route("ticker", self._tickers),
            "ticker/all": Route("ticker", self._all_tickers),
            "orderbook": Route("orderbook", self._orderbooks),
            "orderbook/instruments": Route("orderbook", self._instruments),
            "orderbook/supported_levels": Route("orderbook", self._supported_levels),
            **{f"candles/{name}": self._candle_route(t) for name, t in _CANDLE_PATHS.items()},
            **{
                f"candles/minutes/{unit}": self._candle_route(t)
                for unit, t in _MINUTE_UNITS.items()
            },
        }
        self._bad_unit = Route("candles", self._refuse_unit)

    def route(self, path: str) -> Route | None:
        """Return what answers a path below `/v1/`, None for an unknown one."""
        known = self._routes.get(path)
        if known is None and path.startswith("candles/minutes/") and path.count("/") == 2:
            return self._bad_unit
        return known

    def _markets(self, parameters: QueryParameters, now_ms: int) -> Answer:
        del now_ms
        details = parameters.flag("is_details", "isDetails")
        return (market_json(row, details=details) for row in self._listing.standings)

    def _tickers(self, parameters: QueryParameters, now_ms: int) -> Answer:
        return self._ticker_rows(self._listed(parameters), now_ms)

    def _all_tickers(self, parameters: QueryParameters, now_ms: int) -> Answer:
        quotes = set(parameters.codes("quote_currencies"))
        markets = [code for code in self._listing.markets if quote_of(code) in quotes]
        return self._ticker_rows(markets, now_ms)

    def _ticker_rows(self, markets: list[str], now_ms: int) -> Answer:
        for market in markets:
            figures = self._source.ticker(market, now_ms)
            if figures is not None:
                yield ticker_json(figures, figures.trade_ms + publish_lag_ms(market))

    def _orderbooks(self, parameters: QueryParameters, now_ms: int) -> Answer:
        markets = self._listed(parameters)
        count = parameters.count(30, 30)
        level = parameters.number("level")
        return self._orderbook_rows(markets, count, level, now_ms)

    def _orderbook_rows(self, markets: list[str], count: int, level: float, now_ms: int) -> Answer:
        for market in markets:
            book = self._source.book(market, now_ms, 30, level)
            if book is not None:
                yield orderbook_json(market, book, count, level)

    def _instruments(self, parameters: QueryParameters, now_ms: int) -> Answer:
        for market in self._listed(parameters):
            instrument = self._source.instruments(market, now_ms)
            yield instrument_json(market, instrument.tick_size, instrument.supported_levels)

    def _supported_levels(self, parameters: QueryParameters, now_ms: int) -> Answer:
        for market in self._listed(parameters):
            levels = self._source.instruments(market, now_ms).supported_levels
            yield supported_levels_json(market, levels)

    def _candle_route(self, timeframe: Timeframe) -> Route:
        def answer(parameters: QueryParameters, now_ms: int) -> Answer:
            return self._candles(timeframe, parameters, now_ms)

        return Route("candles", answer)

    def _refuse_unit(self, parameters: QueryParameters, now_ms: int) -> Answer:
        del parameters, now_ms
        raise bad_request("invalid")

    def _candles(self, timeframe: Timeframe, parameters: QueryParameters, now_ms: int) -> Answer:
        market = self._one(parameters)
        count = parameters.count(1, 200)
        before_ms = parameters.moment_ms("to")
        if before_ms is not None:
            before_ms += self._repeated_candles() * timeframe.seconds * 1000
        before_ms = now_ms if before_ms is None else min(before_ms, now_ms)
        if timeframe.unit is TimeframeUnit.SECOND and before_ms < now_ms - _SECONDS_HISTORY_MS:
            return
        if timeframe.unit is TimeframeUnit.DAY:
            yield from self._days(market, timeframe, count, before_ms, now_ms, parameters)
            return
        for candle in self._source.candles(market, timeframe, before_ms, count, now_ms):
            yield candle_json(market, candle, timeframe)

    def _days(
        self,
        market: str,
        timeframe: Timeframe,
        count: int,
        before_ms: int,
        now_ms: int,
        parameters: QueryParameters,
    ) -> Answer:
        unit = parameters.text("converting_price_unit", "")
        if unit not in ("", "KRW"):
            raise bad_request("invalid")
        candles = self._source.candles(market, timeframe, before_ms, count, now_ms)
        rates = self._won_rates(market, timeframe, count, before_ms, now_ms) if unit else {}
        for candle in candles:
            rate = rates.get(candle.start_ms)
            converted = None if rate is None else round(candle.close * rate, 8)
            yield candle_json(market, candle, timeframe, converted)

    def _won_rates(
        self, market: str, timeframe: Timeframe, count: int, before_ms: int, now_ms: int
    ) -> Mapping[int, float]:
        """Return won per unit of the market's quote currency, by the start of the day."""
        won_market = f"KRW-{quote_of(market)}"
        if won_market == "KRW-KRW":
            candles = self._source.candles(market, timeframe, before_ms, count, now_ms)
            return {candle.start_ms: 1.0 for candle in candles}
        if won_market not in self._listing:
            return {}
        candles = self._source.candles(won_market, timeframe, before_ms, count, now_ms)
        return {candle.start_ms: candle.close for candle in candles}

    def _trades(self, parameters: QueryParameters, now_ms: int) -> Answer:
        market = self._one(parameters)
        count = parameters.count(1, 500)
        days_ago = parameters.whole("days_ago") or 0
        if not 0 <= days_ago <= 7:
            raise bad_request("invalid")
        day_ms = now_ms // _DAY_MS * _DAY_MS - days_ago * _DAY_MS
        time_ms = parameters.time_of_day_ms("to")
        before_ms = min(now_ms, day_ms + (_DAY_MS if time_ms is None else time_ms))
        cursor = parameters.whole("cursor")
        prev = self._source.prev_closing_price(market, day_ms)
        for trade in self._older(market, day_ms, before_ms, cursor, count):
            yield tick_json(trade, prev)

    def _older(
        self, market: str, since_ms: int, before_ms: int, cursor: int | None, count: int
    ) -> list[Print]:
        if cursor is None:
            return list(self._source.newest_prints(market, before_ms, count, since_ms))
        return list(self._source.prints_older_than(market, cursor, before_ms, count, since_ms))

    def _one(self, parameters: QueryParameters) -> str:
        market = parameters.text("market").upper()
        if market not in self._listing:
            raise code_not_found()
        return market

    def _listed(self, parameters: QueryParameters) -> list[str]:
        markets = list(parameters.codes("markets"))
        if any(market not in self._listing for market in markets):
            raise code_not_found()
        return markets
