"""A simulated exchange over a market that a test writes down, with a hand on its clock."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from upbit_auto_trading.domain.timeframe import Timeframe
from upbit_auto_trading.domain.trade import Side
from upbit_auto_trading.simulator.account.account_file import AccountBook, default_accounts
from upbit_auto_trading.simulator.account.accounts import Balance, Pocket
from upbit_auto_trading.simulator.account.exchange import SimulatedExchange
from upbit_auto_trading.simulator.account.order_rules import read_order
from upbit_auto_trading.simulator.account.orders import ExchangeOrder
from upbit_auto_trading.simulator.account.request_parameters import Parameters

if TYPE_CHECKING:
    from upbit_auto_trading.simulator.account.auth import ApiKey

NOW_MS = 1_774_183_328_000
"""2026-03-22 21:42:08 KST."""

Rows = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class FakePrint:
    market: str
    price: float
    volume: float
    side: Side
    trade_ms: int
    sequential_id: int = 0
    prev_closing_price: float = 0.0


@dataclass(frozen=True, slots=True)
class FakeBook:
    ask_prices: Sequence[float]
    ask_sizes: Sequence[float]
    bid_prices: Sequence[float]
    bid_sizes: Sequence[float]
    exchange_ms: int

    @property
    def total_ask_size(self) -> float:
        return sum(self.ask_sizes)

    @property
    def total_bid_size(self) -> float:
        return sum(self.bid_sizes)


@dataclass(frozen=True, slots=True)
class FakeCandle:
    start_ms: int
    close: float
    volume: float = 1.0


@dataclass
class FakeMarket:
    """Prints, books and candles as a test puts them."""

    tape: list[FakePrint] = field(default_factory=list)
    books: dict[str, list[FakeBook]] = field(default_factory=dict)
    candle_rows: list[FakeCandle] = field(default_factory=list)

    def show(
        self, asks: Rows, bids: Rows, market: str = "KRW-BTC", at_ms: int = NOW_MS - 1000
    ) -> None:
        """Make this the market's book from `at_ms` on."""
        book = FakeBook(
            [price for price, _ in asks],
            [size for _, size in asks],
            [price for price, _ in bids],
            [size for _, size in bids],
            at_ms,
        )
        self.books.setdefault(market, []).append(book)

    def trade(
        self, price: float, volume: float, side: Side, at_ms: int, market: str = "KRW-BTC"
    ) -> None:
        """Print a public trade whose taker stood on `side`."""
        self.tape.append(FakePrint(market, price, volume, side, at_ms))

    def prints(self, market: str, since_ms: int, until_ms: int) -> Sequence[FakePrint]:
        return [
            row for row in self.tape if row.market == market and since_ms <= row.trade_ms < until_ms
        ]

    def newest_prints(
        self, market: str, before_ms: int, count: int, since_ms: int = 0
    ) -> Sequence[FakePrint]:
        return self.prints(market, since_ms, before_ms)[::-1][:count]

    def book(self, market: str, at_ms: int) -> FakeBook | None:
        past = [book for book in self.books.get(market, []) if book.exchange_ms <= at_ms]
        return past[-1] if past else None

    def candles(
        self,
        market: str,  # noqa: ARG002 - one list serves every market and timeframe
        timeframe: Timeframe,  # noqa: ARG002
        before_ms: int,
        count: int,
        now_ms: int,
    ) -> Sequence[FakeCandle]:
        assert before_ms <= now_ms
        rows = [row for row in self.candle_rows if row.start_ms < before_ms]
        return rows[::-1][:count]


class ExchangeAtHand:
    """The exchange, its first key, the events its pocket was sent, and the time."""

    def __init__(
        self,
        *,
        market: FakeMarket | None = None,
        accounts: AccountBook | None = None,
        **holdings: str,
    ) -> None:
        self.market = market or FakeMarket()
        self.accounts = accounts or default_accounts(NOW_MS)
        numbers = itertools.count(1)
        self.exchange = SimulatedExchange(
            self.market,
            frozenset({"KRW-BTC", "KRW-ETH", "BTC-ETH", "USDT-BTC"}),
            self.accounts,
            new_id=lambda: f"00000000-0000-4000-8000-{next(numbers):012d}",
        )
        self.key: ApiKey = self.accounts.keys[0]
        self.pocket: Pocket = self.accounts.pockets[self.key.pocket_uuid]
        for currency, amount in holdings.items():
            self.pocket.balances[currency] = Balance(currency, Decimal(amount))
        self.events: list[dict[str, Any]] = []
        self.unsubscribe: Callable[[], None] = self.exchange.events.subscribe(
            self.key.access_key, self.events.append
        )
        self.now_ms = NOW_MS

    def place(
        self, *, settle: bool = True, pocket: Pocket | None = None, **fields: str
    ) -> ExchangeOrder:
        """Place an order on KRW-BTC and, unless told not to, let it be matched."""
        parameters = Parameters(tuple({"market": "KRW-BTC", **fields}.items()))
        request = read_order(parameters, self.exchange.markets, self.exchange.self_match)
        order = self.exchange.place(pocket or self.pocket, request, self.now_ms)
        if settle:
            self.run()
        return order

    def run(self, ms: int = 50) -> None:
        """Let time pass."""
        self.now_ms += ms
        self.exchange.advance(self.now_ms)

    def order_states(self) -> list[str]:
        """The states told by `myOrder`, in order."""
        return [event["state"] for event in self.events if event["type"] == "myOrder"]

    def free(self, currency: str) -> Decimal:
        return self.pocket.balance(currency).free

    def locked(self, currency: str) -> Decimal:
        return self.pocket.balance(currency).locked
