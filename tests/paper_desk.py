"""A paper account on a feed from the test, kept in a real ledger."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.builders import START_MS, candle, market_info, origin, trade
from tests.fakes import FakeMarketDataFeed
from tests.paper_child import HIGH, MARKET, MINUTE_MS, book_at
from tests.waiting import until
from upbit_auto_trading.application.ledger_upkeep import LedgerUpkeep
from upbit_auto_trading.application.paper_service import PaperTrading
from upbit_auto_trading.application.paper_trading import Desk
from upbit_auto_trading.application.run_journal import Told
from upbit_auto_trading.domain.own_indicators import OwnIndicators
from upbit_auto_trading.domain.risk import RiskLimits
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.infrastructure.paper_books import PaperBooks
from upbit_auto_trading.infrastructure.paper_broker import PaperBroker
from upbit_auto_trading.infrastructure.trading_ledger import TradingLedger

LOW = HIGH - 1000.0
OTHER = "KRW-ETH"
MARKETS = (MARKET, OTHER)


class SameProcess:
    """A worker that works here."""

    async def run(self, work: Callable[..., Any], *arguments: Any, **_: Any) -> Any:
        return work(lambda _fraction: None, *arguments)


class PaperRoom:
    """A market to print on, and the account that trades it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now_ms = START_MS
        first_ms = START_MS // MINUTE_MS * MINUTE_MS
        starts = [first_ms - MINUTE_MS * n for n in range(60, 0, -1)]
        self.feed = FakeMarketDataFeed(
            listed=[market_info(market) for market in MARKETS],
            history={
                (market, "1m"): [candle(market=market, start_ms=ms, close=LOW) for ms in starts]
                for market in MARKETS
            },
            past_trades={
                market: [trade(market=market, price=LOW, trade_ms=START_MS - 1)]
                for market in MARKETS
            },
        )
        self.told: list[Told] = []
        self.changes = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[PaperTrading]:
        async with TradingLedger(self.folder) as ledger:
            books = PaperBooks(ledger)
            self.ledger, self.books = ledger, books
            desk = Desk(
                self.feed, ledger, PaperBroker(), OwnIndicators(), self.wall,
                RiskLimits(orders_a_minute=1000), carry_s=0.001,
            )  # fmt: skip
            upkeep = LedgerUpkeep(ledger, books, self.wall)
            trading = PaperTrading(desk, books, SameProcess(), upkeep)
            trading.runs.listen(self._changed)
            trading.runs.listen_to_events(self.told.append)
            try:
                await trading.open()
                await trading.recovery()
                yield trading
            finally:
                await trading.close()

    def wall(self) -> float:
        return self.now_ms / 1000

    def quote(self, price: float, market: str = MARKET) -> None:
        book = book_at(price, self.now_ms)
        if market != MARKET:
            book = type(book)(market, book.levels, 0.0, 0.0, 0.0, book.exchange_ms, book.origin)
        self.feed.emit(book)
        self.feed.latest[Stream("orderbook", market)] = book

    def print_at(self, price: float, market: str = MARKET) -> None:
        self.now_ms += 10
        self.feed.emit(
            trade(
                market=market,
                price=price,
                trade_ms=self.now_ms,
                origin=origin(self.now_ms / 1000),
            )
        )

    def of(self, event: str, **wanted: Any) -> list[Told]:
        return [
            told for told in self.told if told["event"] == event and wanted.items() <= told.items()
        ]

    async def until_told(self, event: str, **wanted: Any) -> Told:
        await until(lambda: self.of(event, **wanted))
        return self.of(event, **wanted)[-1]

    def _changed(self) -> None:
        self.changes += 1
