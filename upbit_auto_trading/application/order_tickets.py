"""Orders by hand, in two steps: prepared and shown with every number, then confirmed."""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from math import isnan
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.paper_views import TradingRefusedError
from upbit_auto_trading.application.run_terms import FEE_RATE, check_market
from upbit_auto_trading.domain.account import EXACT, Account, cut_exact
from upbit_auto_trading.domain.engine import OrderOpenError
from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.domain.money import exact, minimum_total
from upbit_auto_trading.domain.order import Order, OrderSide, Refusal
from upbit_auto_trading.domain.recording import OrderByHand
from upbit_auto_trading.domain.strategy import Strategy
from upbit_auto_trading.domain.variable import Words

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_auto_trading.application.paper_runs import PaperRuns
    from upbit_auto_trading.application.paper_trading import PaperRun
    from upbit_auto_trading.application.ports import MarketDataFeed
    from upbit_auto_trading.application.trading_ports import Books
    from upbit_auto_trading.domain.orderbook import Orderbook
    from upbit_auto_trading.domain.paper_account import OrderRecord

BY_HAND: Final = Strategy("by-hand", Words("직접 주문", "By hand"), ())
"""What positions of orders by hand belong to: a strategy without a rule."""

VALID_S: Final = 30.0
"""How long a prepared order can be confirmed."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """An order as it was prepared; confirm it with its `token` until `valid_until`.

    `run_id` is the run whose position it changes, None for one of its own. A buy has an
    `amount` (the fee comes on top), a sell a `quantity`. `price`, `quantity_expected`, `funds`
    and `fee` are what the book gives now, level by level; `depth_missing` is the part it can't
    fill: KRW of a buy, coins of a sell. `exchange_ms` is the book's time, `valid_until` a monotonic
    one in seconds.
    """

    token: str
    market: str
    side: OrderSide
    run_id: int | None
    amount: Decimal
    quantity: Decimal
    price: float
    quantity_expected: Decimal
    funds: Decimal
    fee: Decimal
    depth_missing: Decimal
    slippage_percent: float
    exchange_ms: int
    valid_until: float


@dataclass(frozen=True, slots=True)
class _Asked:
    market: str
    side: OrderSide
    run_id: int | None
    amount: Decimal
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class _Taken:
    """What a book gives: coins, KRW, and the part it lacks."""

    quantity: Decimal = Decimal(0)
    funds: Decimal = Decimal(0)
    missing: Decimal = Decimal(0)


class OrderTickets:
    """Prepares and confirms orders by hand.

    `clock` is monotonic, in seconds. Nothing is ordered without a token of `prepare`, and a
    token counts once.
    """

    def __init__(
        self, runs: PaperRuns, feed: MarketDataFeed, books: Books, clock: Callable[[], float]
    ) -> None:
        self._runs, self._feed, self._books, self._clock = runs, feed, books, clock
        self._tickets: dict[str, Ticket] = {}

    async def prepare(
        self,
        market: str,
        side: OrderSide,
        *,
        amount: Decimal | None = None,
        quantity: Decimal | None = None,
        run_id: int | None = None,
    ) -> Ticket:
        """Return an order with what it would cost and bring now; nothing is ordered.

        A buy takes `amount`, a sell `quantity` (None for everything held). With `run_id` it
        changes that run's position, else that of the market's orders by hand.

        Raises:
            TradingRefusedError: with the field and the limit it breaks: `out_of_range`,
                `below_minimum`, `not_enough_cash`, `nothing_held`, `more_than_held`,
                `order_open`, `no_orderbook`, `quote_not_offered`, `market_not_listed`,
                `market_suspended`,
                `not_running`, `unknown_run`.
            MarketDataError: the market's book or the list of markets can't be had.
        """
        await check_market(self._feed, market)
        await self._check_trading(market)
        book = (await self._feed.orderbook(market)).value
        if not any(row.ask_price > 0 and row.bid_price > 0 for row in book.levels):
            raise TradingRefusedError("no_orderbook", "market", market=market)
        if side is OrderSide.BUY:
            ticket = self._buy(market, run_id, amount, book)
        else:
            ticket = self._sell(market, run_id, quantity, book)
        self._drop_old()
        self._tickets[ticket.token] = ticket
        return ticket

    async def _check_trading(self, market: str) -> None:
        """Refuse a market that is said to be halted; where nobody can say so, it trades.

        Raises:
            TradingRefusedError: `market_suspended`.
        """
        with suppress(MarketDataError):
            if (await self._feed.ticker(market)).value.is_halted:
                raise TradingRefusedError("market_suspended", "market", market=market)

    def cancel(self, token: str) -> None:
        """Forget a prepared order. Harmless when repeated."""
        self._tickets.pop(token, None)

    async def confirm(self, token: str) -> OrderRecord:
        """Place a prepared order; return it once it has ended.

        Raises:
            TradingRefusedError: `ticket_unknown`, `ticket_expired`, `everything_stopped`, or
                what has changed since it was prepared, as `prepare` says it.
            MarketDataError: a run of its own couldn't be begun.
            LedgerError: the disk doesn't let it; nothing was ordered.
        """
        ticket = self._tickets.pop(token, None)
        if ticket is None:
            raise TradingRefusedError("ticket_unknown", "token")
        if self._clock() > ticket.valid_until:
            raise TradingRefusedError("ticket_expired", "token", valid_s=VALID_S)
        if self._runs.is_stopped and ticket.side is OrderSide.BUY:
            raise TradingRefusedError("everything_stopped")
        run_id = ticket.run_id
        if run_id is None:
            run_id = (await self._runs.start_by_hand(BY_HAND, ticket.market)).run_id
        run = self._runs.live(run_id)
        if ticket.side is OrderSide.BUY and ticket.run_id is None:
            await self._fund(run, ticket.amount)
        order = self._order(run, ticket)
        try:
            await run.runner.act(OrderByHand(order))
        except OrderOpenError as error:
            raise TradingRefusedError("order_open", order=error.order_id) from error
        if ticket.run_id is None:
            await self._return_cash(run)
        placed = await self._placed(run, order)
        if ticket.run_id is None and run.recorded.live.engine.state.position is None:
            await self._runs.close_run(run.run_id)
        return placed

    def _buy(
        self, market: str, run_id: int | None, amount: Decimal | None, book: Orderbook
    ) -> Ticket:
        if amount is None or not amount.is_finite() or amount <= 0:
            raise TradingRefusedError("out_of_range", "amount", lowest=0, value=amount)
        cash = self._cash(run_id)
        account = Account(cash, FEE_RATE, minimum_total(market))
        refused = account.refuse_buy(amount)
        if refused is Refusal.BELOW_MINIMUM:
            facts = {"minimum": account.minimum, "value": amount}
            raise TradingRefusedError("below_minimum", "amount", **facts)
        if refused is not None:
            needed = account.with_fee(amount)
            raise TradingRefusedError("not_enough_cash", "amount", free=cash, needed=needed)
        taken = _Taken()
        for row in book.levels:
            left = EXACT.subtract(amount, taken.funds)
            if row.ask_price > 0 and left > 0:
                price, size = exact(row.ask_price), exact(row.ask_size)
                spent = min(left, EXACT.multiply(price, size))
                filled = EXACT.add(taken.quantity, cut_exact(EXACT.divide(spent, price)))
                taken = _Taken(filled, EXACT.add(taken.funds, spent), amount - taken.funds - spent)
        order = _Asked(market, OrderSide.BUY, run_id, amount, Decimal(0))
        return self._ticket(order, taken, book)

    def _sell(
        self, market: str, run_id: int | None, quantity: Decimal | None, book: Orderbook
    ) -> Ticket:
        held = self._held(market, run_id)
        if not held:
            raise TradingRefusedError("nothing_held", "quantity", market=market)
        wanted = held if quantity is None else quantity
        if not wanted.is_finite() or wanted <= 0 or wanted != cut_exact(wanted):
            raise TradingRefusedError("out_of_range", "quantity", lowest=0, value=wanted)
        if wanted > held:
            raise TradingRefusedError("more_than_held", "quantity", held=held, value=wanted)
        minimum = minimum_total(market)
        value = EXACT.multiply(wanted, exact(book.levels[0].bid_price))
        if value < minimum:
            raise TradingRefusedError("below_minimum", "quantity", minimum=minimum, value=value)
        taken = _Taken()
        for row in book.levels:
            left = EXACT.subtract(wanted, taken.quantity)
            if row.bid_price > 0 and left > 0:
                sold = min(left, exact(row.bid_size))
                funds = EXACT.add(taken.funds, EXACT.multiply(sold, exact(row.bid_price)))
                taken = _Taken(EXACT.add(taken.quantity, sold), funds, left - sold)
        return self._ticket(_Asked(market, OrderSide.SELL, run_id, Decimal(0), wanted), taken, book)

    def _ticket(self, asked: _Asked, taken: _Taken, book: Orderbook) -> Ticket:
        best = book.levels[0]
        top = best.ask_price if asked.side is OrderSide.BUY else best.bid_price
        price = float(taken.funds / taken.quantity) if taken.quantity else top
        away = (price / top - 1) * 100
        return Ticket(
            secrets.token_hex(8),
            asked.market,
            asked.side,
            asked.run_id,
            asked.amount,
            asked.quantity,
            price,
            taken.quantity,
            taken.funds,
            EXACT.multiply(taken.funds, FEE_RATE),
            taken.missing,
            away if asked.side is OrderSide.BUY else -away,
            book.exchange_ms,
            self._clock() + VALID_S,
        )

    def _cash(self, run_id: int | None) -> Decimal:
        if run_id is None:
            return self._runs.free()
        return self._runs.live(run_id).recorded.live.engine.state.account.cash

    def _held(self, market: str, run_id: int | None) -> Decimal:
        by_hand = self._runs.find(market, BY_HAND.id)
        run = by_hand if run_id is None else self._runs.view(run_id)
        if run is None or run.position is None or run.market != market:
            return Decimal(0)
        return run.position.quantity

    def _order(self, run: PaperRun, ticket: Ticket) -> Order:
        live = run.recorded.live
        price = ticket.price if isnan(live.market.price) else live.market.price
        return Order(
            live.engine.state.next_order_id,
            max(live.market.ms, ticket.exchange_ms),
            "",
            ticket.side,
            price,
            ticket.amount,
            ticket.quantity,
        )

    async def _fund(self, run: PaperRun, amount: Decimal) -> None:
        """Give the run what the order costs beyond the cash it has."""
        account = run.recorded.live.engine.state.account
        lacking = EXACT.subtract(account.with_fee(amount), account.cash)
        if lacking > self._runs.free():
            free = self._runs.free()
            raise TradingRefusedError("not_enough_cash", "amount", free=free, needed=lacking)
        if lacking > 0:
            await self._runs.move_cash(run.run_id, lacking)

    async def _return_cash(self, run: PaperRun) -> None:
        """Give back what the run has left, so that it never lies idle."""
        cash = run.recorded.live.engine.state.account.cash
        if cash:
            await self._runs.move_cash(run.run_id, -cash)

    async def _placed(self, run: PaperRun, order: Order) -> OrderRecord:
        record = await self._books.run(run.run_id)
        for placed in await self._books.orders(record.account, 1_000, market=record.market):
            if (placed.run, placed.number) == (run.run_id, order.id):
                return placed
        raise LookupError(order.id)

    def _drop_old(self) -> None:
        now = self._clock()
        self._tickets = {t: kept for t, kept in self._tickets.items() if kept.valid_until >= now}
