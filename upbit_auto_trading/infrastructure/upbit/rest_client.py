"""Upbit's quotation API: requests within its limits, and truthful reasons for failures."""

import asyncio
import urllib.parse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from upbit_auto_trading.domain.candle import Candle
from upbit_auto_trading.domain.failure import (
    BadDataError,
    BannedError,
    MarketDataError,
    NoDataInTimeError,
    NotConnectedError,
    RateLimitedError,
    ServerFailedError,
)
from upbit_auto_trading.domain.instrument import Instrument
from upbit_auto_trading.domain.market import MarketInfo
from upbit_auto_trading.domain.orderbook import Orderbook
from upbit_auto_trading.domain.stream import Delivery, Origin
from upbit_auto_trading.domain.ticker import Ticker
from upbit_auto_trading.domain.timeframe import Timeframe, TimeframeUnit, from_epoch_ms
from upbit_auto_trading.domain.trade import Trade
from upbit_auto_trading.infrastructure.clock import SYSTEM_CLOCK, Clock
from upbit_auto_trading.infrastructure.upbit import constants, decode_rest
from upbit_auto_trading.infrastructure.upbit.ban_record import BanRecord
from upbit_auto_trading.infrastructure.upbit.constants import RateGroup
from upbit_auto_trading.infrastructure.upbit.decode_rest import rest_origin
from upbit_auto_trading.infrastructure.upbit.rate_limit import (
    GroupBudget,
    GroupLimits,
    parse_remaining_req,
)
from upbit_auto_trading.infrastructure.upbit.request_gate import RequestGate
from upbit_auto_trading.infrastructure.upbit.rest_failures import (
    BLOCKED,
    CERTIFICATE,
    TOO_MANY,
    ban_seconds,
    failure_of,
)
from upbit_auto_trading.infrastructure.upbit.rest_transport import RestAnswer, RestTransport
from upbit_auto_trading.infrastructure.upbit.timings import Timings

T = TypeVar("T")
_RETRIES: Final = 2
URGENT: Final = 0
USUAL: Final = 5
BACKGROUND: Final = 9
_PATHS: Final = {
    TimeframeUnit.SECOND: "candles/seconds",
    TimeframeUnit.DAY: "candles/days",
    TimeframeUnit.WEEK: "candles/weeks",
    TimeframeUnit.MONTH: "candles/months",
    TimeframeUnit.YEAR: "candles/years",
}


@dataclass(slots=True)
class RestCounters:
    """What was asked over REST, for the metrics."""

    sent: int = 0
    answered: int = 0
    retried: int = 0
    failures: dict[str, int] = field(default_factory=dict)
    last_ms: float | None = None
    total_ms: float = 0.0


class UpbitRestClient:
    """Asks Upbit, within its limits, and says truthfully why an answer is missing.

    Every method raises a `MarketDataError`: `NotConnectedError`, `NoDataInTimeError`,
    `RateLimitedError`, `BannedError`, `BadDataError`, `NotUpbitError`, `UnknownMarketError`,
    `ServerFailedError`, `RequestRefusedError`.
    """

    def __init__(
        self,
        base_url: str,
        *,
        timings: Timings | None = None,
        limits: GroupLimits | None = None,
        clock: Clock = SYSTEM_CLOCK,
        data_dir: Path | None = None,
        ca_file: Path | None = None,
    ) -> None:
        self._base = base_url.rstrip("/")
        self._timings = timings or Timings()
        self._clock = clock
        self._bans = BanRecord(data_dir / "upbit_block.json" if data_dir else None)
        self._gates = {
            group.header: RequestGate(GroupBudget(group.header, group.per_second, limits), clock)
            for group in constants.QUOTATION_GROUPS
        }
        self._transport = RestTransport(self._base, self._timings, clock, ca_file)
        self._closed = False
        self.counters = RestCounters()
        self.on_date: Callable[[float, float, float], None] = lambda *_: None
        """Told every answer's date (epoch s) and when it was asked and had (monotonic s)."""
        self._note_ban()

    @property
    def budgets(self) -> dict[str, GroupBudget]:
        """The budget of every group, by its name in `Remaining-Req`."""
        return {name: gate.budget for name, gate in self._gates.items()}

    @property
    def banned_for_s(self) -> float:
        """Seconds until Upbit's block ends; 0.0 without one."""
        return max(0.0, self._bans.until - self._clock.wall())

    async def markets(self) -> list[MarketInfo]:
        """Return every market with its caution flags."""
        return await self._get(
            constants.MARKET, "market/all", {"is_details": "true"}, decode_rest.markets_of
        )

    async def tickers(self, markets: Sequence[str], priority: int = USUAL) -> list[Ticker]:
        """Return the tickers of `markets`; one unknown market fails the whole request."""
        return await self._get(
            constants.TICKER,
            "ticker",
            {"markets": ",".join(markets)},
            lambda body, where: decode_rest.tickers_of(body, where, self._origin()),
            priority=priority,
            markets=tuple(markets),
        )

    async def tickers_of_quotes(self, quotes: Sequence[str], priority: int = USUAL) -> list[Ticker]:
        """Return the tickers of every market of the quote currencies."""
        return await self._get(
            constants.TICKER,
            "ticker/all",
            {"quote_currencies": ",".join(quotes)},
            lambda body, where: decode_rest.tickers_of(body, where, self._origin()),
            priority=priority,
        )

    async def orderbooks(
        self, markets: Sequence[str], priority: int = USUAL, *, level: float = 0.0
    ) -> list[Orderbook]:
        """Return the books of `markets`, 30 rows each, grouped by `level` won (0 for not at all).

        A market whose book can't be grouped so is missing from the answer.
        """
        query = {"markets": ",".join(markets)}
        if level:
            query["level"] = f"{level:.8f}".rstrip("0").rstrip(".")
        return await self._get(
            constants.ORDERBOOK,
            "orderbook",
            query,
            lambda body, where: decode_rest.orderbooks_of(body, where, self._origin()),
            priority=priority,
            markets=tuple(markets),
        )

    async def instruments(self, markets: Sequence[str], priority: int = USUAL) -> list[Instrument]:
        """Return price steps and levels of `markets`, as they are at the present prices."""
        return await self._get(
            constants.ORDERBOOK,
            "orderbook/instruments",
            {"markets": ",".join(markets)},
            decode_rest.instruments_of,
            priority=priority,
            markets=tuple(markets),
        )

    async def trades(
        self,
        market: str,
        count: int,
        *,
        before_id: int | None = None,
        days_ago: int = 0,
        delivery: Delivery = Delivery.SNAPSHOT,
        priority: int = USUAL,
    ) -> list[Trade]:
        """Return up to 500 trades of one UTC day, older than `before_id`, oldest first."""
        query = {"market": market, "count": str(min(count, constants.TRADE_PAGE))}
        if before_id is not None:
            query["cursor"] = str(before_id)
        if days_ago:
            query["days_ago"] = str(days_ago)
        return await self._get(
            constants.TRADES,
            "trades/ticks",
            query,
            lambda body, where: decode_rest.trades_of(body, where, self._origin(delivery)),
            priority=priority,
            markets=(market,),
        )

    async def candles(
        self,
        market: str,
        timeframe: Timeframe,
        count: int,
        *,
        before_ms: int | None = None,
        delivery: Delivery = Delivery.SNAPSHOT,
        priority: int = USUAL,
    ) -> list[Candle]:
        """Return up to 200 candles that start before `before_ms` (epoch ms), oldest first."""
        query = {"market": market, "count": str(min(count, constants.CANDLE_PAGE))}
        if before_ms is not None:
            query["to"] = from_epoch_ms(before_ms).strftime("%Y-%m-%dT%H:%M:%SZ")
        path = _PATHS.get(timeframe.unit, f"candles/minutes/{timeframe.count}")
        return await self._get(
            constants.CANDLES,
            path,
            query,
            lambda body, where: decode_rest.candles_of(
                body, where, timeframe, self._origin(delivery)
            ),
            priority=priority,
            markets=(market,),
        )

    async def close(self) -> None:
        """Let nobody in any more and end the workers. Harmless when repeated."""
        self._closed = True
        for gate in self._gates.values():
            gate.close()
        await self._transport.close()

    async def _get(
        self,
        group: RateGroup,
        path: str,
        query: dict[str, str],
        read: Callable[[bytes, str], T],
        *,
        priority: int = USUAL,
        markets: tuple[str, ...] = (),
    ) -> T:
        deadline = self._clock.monotonic() + self._timings.rest_deadline
        attempt = 0
        while True:
            try:
                answer = await self._attempt(group, path, query, priority, deadline)
                failure = failure_of(path, answer.status, answer.content_type, answer.body, markets)
                if failure is not None:
                    raise failure
                values = read(answer.body, path)
            except MarketDataError as error:
                self.counters.failures[error.cause] = self.counters.failures.get(error.cause, 0) + 1
                delay = self._retry_delay(error, attempt)
                if delay is None or self._clock.monotonic() + delay >= deadline:
                    raise
            else:
                self.counters.answered += 1
                return values
            attempt += 1
            self.counters.retried += 1
            await asyncio.sleep(delay)

    def _retry_delay(self, error: MarketDataError, attempt: int) -> float | None:
        """Return how long to wait before the next try; None when there is to be none."""
        if attempt >= _RETRIES or self._closed or isinstance(error, BannedError):
            return None
        if isinstance(error, RateLimitedError):
            return 0.0 if attempt == 0 else None  # the gate itself waits
        if isinstance(error, NotConnectedError) and error.detail in (*CERTIFICATE, "dns"):
            return None
        if isinstance(error, ServerFailedError):
            delays = self._timings.rest_outage_delays  # most outages pass within seconds
        elif isinstance(error, NotConnectedError | NoDataInTimeError | BadDataError):
            delays = self._timings.rest_retry_delays
        else:
            return None
        return delays[min(attempt, len(delays) - 1)]

    async def _attempt(
        self, group: RateGroup, path: str, query: dict[str, str], priority: int, deadline: float
    ) -> RestAnswer:
        gate = self._gates[group.header]
        await gate.enter(priority, max(0.0, deadline - self._clock.monotonic()))
        self.counters.sent += 1
        started = self._clock.monotonic()
        url = f"{self._base}/v1/{path}?{urllib.parse.urlencode(query, safe=',')}"
        answer = await self._transport.get(path, url, deadline)
        now = self._clock.monotonic()
        self.counters.last_ms = (now - started) * 1000
        self.counters.total_ms += self.counters.last_ms
        if answer.date is not None:
            self.on_date(answer.date, started, now)
        remaining = parse_remaining_req(answer.remaining)
        if remaining is not None and remaining.group == group.header:
            gate.budget.answered(remaining, now)
        if answer.status == TOO_MANY:
            gate.budget.refused(now)
            raise RateLimitedError(group.header, gate.budget.ready_at(now) - now)
        if answer.status == BLOCKED:
            seconds = ban_seconds(answer.retry_after, answer.body, self._timings.ban_default)
            self._bans.extend(self._clock.wall() + seconds)
            self._note_ban()
            raise BannedError(group.header, seconds)
        return answer

    def _origin(self, delivery: Delivery = Delivery.SNAPSHOT) -> Origin:
        return rest_origin(self._clock.wall(), delivery)

    def _note_ban(self) -> None:
        """A block of the public API is one of the address: every group keeps it."""
        until = self._clock.monotonic() + self.banned_for_s
        if self.banned_for_s > 0:
            for gate in self._gates.values():
                gate.budget.banned(until)
