"""Paper runs of many markets and days, whatever happens to them, judged again: the same decisions.

A day is a life of the process: it begins with a restart, on its market's earlier position.
"""

import asyncio
import random
from decimal import Decimal
from pathlib import Path

import pytest

from tests.builders import market_info, origin, trade
from tests.engine_runs import seven_rules
from tests.fakes import FakeMarketDataFeed
from tests.long_runs import LongRun
from tests.market_walks import random_run
from tests.paper_child import Row
from tests.waiting import until
from upbit_auto_trading.application.paper_trading import Desk, PaperRun, paper_run
from upbit_auto_trading.application.parity import check_parity
from upbit_auto_trading.application.run_journal import Told
from upbit_auto_trading.domain.engine import OrderOpenError
from upbit_auto_trading.domain.order import Order, OrderSide
from upbit_auto_trading.domain.orderbook import Orderbook
from upbit_auto_trading.domain.own_indicators import OwnIndicators
from upbit_auto_trading.domain.recording import OrderByHand, Suspended, Terms
from upbit_auto_trading.domain.risk import RiskLimits
from upbit_auto_trading.domain.stream import Delivery, Stream
from upbit_auto_trading.domain.subscription import ConnectionState, StreamHealth, StreamState
from upbit_auto_trading.infrastructure.paper_broker import PaperBroker
from upbit_auto_trading.infrastructure.trading_ledger import TradingLedger

MARKETS = 20
DAYS = 30
DAY_MS = 86_400_000
TERMS = Terms(Decimal(10_000_000), Decimal("0.0005"), Decimal(5000))
LIMITS = RiskLimits(orders_a_minute=1_000_000, band_percent=1_000.0)


class Day:
    """One market on one day: prints, and what goes wrong with them."""

    def __init__(self, seed: int, market: str, number: int) -> None:
        self.rng = random.Random(seed)
        self.market = market
        params, prints = random_run(seed, longest=400)
        self.strategy = seven_rules(params | {"profit_includes_fees": seed % 3 == 0})
        self.prints = [(ms + number * DAY_MS, price) for ms, price in prints]
        self.feed = FakeMarketDataFeed(listed=[market_info(market)])
        self.trades = Stream("trade", market)
        self.count = 0
        first_ms, price = self.prints[0]
        self.feed.past_trades[market] = [trade(market=market, price=price, trade_ms=first_ms - 1)]

    async def go(self, desk: Desk, tell: list[Told]) -> None:
        """Live through the day."""
        async with paper_run(desk, self.strategy, self.market, TERMS, tell.append) as run:
            for ms, price in self.prints:
                self.happen()
                if self.rng.random() < 0.9:
                    self.quote(ms, price)
                self.print_at(ms, price)
                await asyncio.sleep(0)
                if self.rng.random() < 0.01:
                    await self.act(run)
                if self.rng.random() < 0.5:
                    await self.settled(run)
            self.feed.health.clear()
            self.feed.connection_state = ConnectionState.CONNECTED
            await self.settled(run)

    def happen(self) -> None:
        """Break or repair the feed now and then."""
        chance = self.rng.random()
        if chance < 0.01:
            self.feed.connection_state = ConnectionState.RECONNECTING
        elif chance < 0.02:
            state = self.rng.choice([StreamState.STALLED, StreamState.LIVE])
            self.feed.health[self.trades] = StreamHealth(state, 9.0, complete=False)
        elif chance < 0.1:
            self.feed.connection_state = ConnectionState.CONNECTED
            self.feed.health.clear()

    def quote(self, ms: int, price: float) -> None:
        step = price / 1000
        size = 200_000 / price
        rows = tuple(Row(price + step * n, size, price - step * n, size) for n in range(1, 4))
        self.feed.emit(Orderbook(self.market, rows, 0.0, 0.0, 0.0, ms, origin(ms / 1000)))

    def print_at(self, ms: int, price: float) -> None:
        self.count += 1
        is_up = self.feed.connection_state is ConnectionState.CONNECTED
        late = self.rng.random() < 0.02
        delivery = Delivery.BACKFILL if late else Delivery.REALTIME
        printed = trade(
            market=self.market,
            price=price,
            trade_ms=ms,
            sequential_id=ms * 10_000 + self.count,
            origin=origin(ms / 1000, delivery=delivery),
        )
        self.feed.past_trades[self.market].append(printed)
        if is_up:
            self.feed.emit(printed)

    async def act(self, run: PaperRun) -> None:
        """Do what a user may do."""
        engine, market = run.recorded.live.engine, run.recorded.live.market
        if self.rng.random() < 0.5:
            await run.runner.act(Suspended(market.ms, not engine.state.is_suspended))
            return
        position = engine.state.position
        side = OrderSide.BUY if position is None else OrderSide.SELL
        amount = Decimal(50_000) if position is None else Decimal(0)
        quantity = Decimal(0) if position is None else position.quantity
        number = engine.state.next_order_id
        order = Order(number, market.ms, "", side, market.price, amount, quantity)
        try:
            await run.runner.act(OrderByHand(order))
        except OrderOpenError:
            assert engine.open_order is not None

    async def settled(self, run: PaperRun) -> None:
        await until(lambda: run.recorded.live.engine.open_order is None, 60)


@pytest.mark.long("paper-parity")
@pytest.mark.timeout(3600)
async def test_every_decision_of_every_run_is_made_again(tmp_path: Path, long_run: LongRun) -> None:
    days = long_run.count(MARKETS * DAYS)
    told: list[Told] = []
    prints = compared = different = orders = 0
    async with TradingLedger(tmp_path) as ledger:
        for number in range(days):
            market = f"KRW-M{number % MARKETS + 1:02d}"
            day = Day(long_run.seed + number, market, number // MARKETS)
            desk = Desk(
                day.feed, ledger, PaperBroker(), OwnIndicators(), lambda: 0.0, LIMITS,
                carry_s=0.001,
            )  # fmt: skip
            await day.go(desk, told)
            prints += day.count
        for run in range(1, min(days, MARKETS) + 1):
            parity = check_parity(await ledger.recordings(run), OwnIndicators())
            assert parity.differences == (), f"run {run}"
            compared += parity.compared
            different += parity.different
    orders = sum(each["event"] == "order" and each["state"] == "intended" for each in told)
    qualities = {each["quality"] for each in told if each["event"] == "data"}
    long_run.record(prints=prints, decisions=compared, orders=orders, different=different)
    assert {"live", "backfilled", "missing"} <= qualities
    assert orders > days
    assert compared > orders
