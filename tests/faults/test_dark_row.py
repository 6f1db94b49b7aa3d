"""Row 37 of the fault matrix: neither socket nor REST, on a chart and for a strategy."""

from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.faults.harness import NEVER, Scene, beside, exchange, passes, scene, told, until
from tests.faults.history import history_of
from tests.paper_strategies import PRICE, QUANTITY, always, rule
from upbit_auto_trading.application import strategy_runner
from upbit_auto_trading.application.candles import ChartSession, ChartState
from upbit_auto_trading.application.paper_trading import Desk, paper_run
from upbit_auto_trading.application.tick_intake import TickIntake
from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.domain.own_indicators import OwnIndicators
from upbit_auto_trading.domain.recording import Terms, TickTaken
from upbit_auto_trading.domain.risk import RiskLimits
from upbit_auto_trading.domain.rule import BuyAmount, Role, Sell
from upbit_auto_trading.domain.strategy import Strategy
from upbit_auto_trading.domain.stream import Delivery, Source, Stream
from upbit_auto_trading.domain.subscription import ConnectionState
from upbit_auto_trading.domain.tick import Quality
from upbit_auto_trading.domain.trade import Trade
from upbit_auto_trading.domain.variable import Words
from upbit_auto_trading.infrastructure.market_data_backbone import MarketDataBackbone
from upbit_auto_trading.infrastructure.paper_broker import PaperBroker
from upbit_auto_trading.infrastructure.trading_ledger import TradingLedger

Patch = pytest.MonkeyPatch
MARKET = "KRW-XRP"
STREAMS = [Stream(channel, MARKET) for channel in ("orderbook", "ticker", "trade")]
TERMS = Terms(Decimal(10_000_000), Decimal("0.0005"), Decimal(5000))
_EAGER = Strategy(
    "eager",
    Words("열심", "Eager"),
    (
        rule("leave", 1, Role.EXIT, always(QUANTITY), Sell(percent=1.0)),
        rule("enter", 2, Role.ENTRY, always(PRICE), BuyAmount(Decimal(9_000_000))),
    ),
)
"""Buys once and sells a little on every print it may order on."""
_DARK_S = 2.0
"""How long there is nothing, at five times the usual pace of the market."""


@dataclass
class _Nothing:
    """What was shown and decided while nothing came.

    `missed` are the prints made in the dark, `fired` the orders meant then or on any of them,
    `before` and `after` those while all was well.
    """

    grey_s: float
    age_s: float | None
    answer: Any
    missed: int
    fired: int
    before: int
    after: int


async def _outcome(one: Scene) -> Any:
    try:
        return await one.feed.ticker(MARKET)
    except MarketDataError as error:
        return error


def _print_ms(one: Scene) -> int:
    return max(value.trade_ms for value in one.values if isinstance(value, Trade))


async def _nothing(folder: Path) -> _Nothing:
    """End socket and REST beside a chart and a strategy that orders on every print it may."""
    said: list[dict[str, Any]] = []

    def ordered(since: int = 0, until_ms: float = NEVER) -> int:
        orders = [one for one in said if one.get("state") == "intended"]
        return sum(since < order["t"] <= until_ms for order in orders)

    policy = beside(5)
    limits = RiskLimits(orders_a_minute=1_000_000)
    async with (
        exchange("--speed", "5") as upbit,
        scene(upbit, STREAMS, policy) as one,
        TradingLedger(folder) as ledger,
    ):
        session = ChartSession(one.feed, lambda: None)
        await session.show(MARKET, "1m")
        wall = policy.clock.wall
        desk = Desk(one.feed, ledger, PaperBroker(), OwnIndicators(), wall, limits, carry_s=0.2)
        async with paper_run(desk, _EAGER, MARKET, TERMS, said.append) as run:
            assert await until(lambda: session.status().state is ChartState.LIVE, 20) < NEVER
            assert await until(lambda: ordered() >= 2, 30) < NEVER
            counts = run.journal.counts
            await upbit.fault("outage")
            assert await until(lambda: not one.feed._feed.usable, 20) < NEVER
            grey = await until(lambda: session.status().state is ChartState.OFFLINE, 2.0)
            status, newest_ms = session.status(), _print_ms(one)
            count, made = len(one.values), counts["orders"]
            answer = await _outcome(one)
            await passes(_DARK_S)
            assert len(one.values) == count
            fired = counts["orders"] - made
            await session.close()
            await upbit.clear("outage")
            (last,) = await upbit.rest(f"trades/ticks?market={MARKET}&count=1")
            one.feed.reconnect_now()
            assert await one.next_data(20) < NEVER
            assert (await history_of(one)).refused == 0
            ended_ms = last["timestamp"]
            await until(lambda: ordered(ended_ms) >= 2, 30)
    missed = {
        value.sequential_id
        for value in one.values
        if isinstance(value, Trade) and newest_ms < value.trade_ms <= ended_ms
    }
    return _Nothing(
        grey,
        status.age_s,
        answer,
        len(missed),
        fired + ordered(newest_ms, ended_ms),
        made,
        ordered(ended_ms),
    )


async def test_row_37_neither_socket_nor_rest(tmp_path: Path) -> None:
    seen = await _nothing(tmp_path)
    told(37, "grey after s, age shown", (seen.grey_s, seen.age_s), "≤ 1")
    told(37, f"orders, {seen.missed} prints being missed", seen.fired, "0")
    assert seen.grey_s <= 1.0
    assert seen.age_s is not None
    assert isinstance(seen.answer, MarketDataError) or seen.answer.channel is Source.CACHE
    assert seen.missed > 0
    assert seen.fired == 0
    assert min(seen.before, seen.after) >= 2


async def test_row_37_without_its_defence_fails(tmp_path: Path, monkeypatch: Patch) -> None:
    monkeypatch.setattr(
        MarketDataBackbone, "connection_state", property(lambda _: ConnectionState.CONNECTED)
    )
    assert (await _nothing(tmp_path)).grey_s > 1.0


async def test_row_37_rules_that_take_missed_prints_for_live_ones_fire(
    tmp_path: Path, monkeypatch: Patch
) -> None:
    """The twin of the rules' part: health that claims to be live, prints that claim to be new."""
    take = TickIntake.take

    def as_live(intake: TickIntake, trade: Trade, quality: Quality) -> list[TickTaken]:
        realtime = replace(trade.origin, delivery=Delivery.REALTIME)
        return take(intake, replace(trade, origin=realtime), quality)

    monkeypatch.setattr(strategy_runner, "quality_of", lambda *_: Quality.LIVE)
    monkeypatch.setattr(TickIntake, "take", as_live)
    assert (await _nothing(tmp_path)).fired > 0
