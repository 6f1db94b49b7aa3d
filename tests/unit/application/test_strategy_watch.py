"""A strategy watched live: every rule's truth without a position, an order or a ledger."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal

import pytest

from tests.builders import START_MS, candle, market_info, orderbook, origin, trade
from tests.fakes import FakeMarketDataFeed
from tests.waiting import until
from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.application.strategy_watch import StrategyWatch
from upbit_auto_trading.domain.account import Account
from upbit_auto_trading.domain.evaluation import UnfinishedComparisonError
from upbit_auto_trading.domain.expression import Comparator, Comparison, Constant, variable
from upbit_auto_trading.domain.failure import NotConnectedError
from upbit_auto_trading.domain.own_indicators import OwnIndicators
from upbit_auto_trading.domain.stream import Delivery
from upbit_auto_trading.domain.tick import Quality
from upbit_auto_trading.domain.trade import Trade
from upbit_auto_trading.domain.truth import Truth, UnknownReason
from upbit_auto_trading.infrastructure.indicators import TaLibIndicators

MARKET = "KRW-BTC"
MINUTE = 60_000
STRATEGY = shipped_template(SEVEN_RULES).strategy
ACCOUNT = Account(Decimal(1_000_000), Decimal("0.0005"), Decimal(5000))


@pytest.fixture
def feed() -> FakeMarketDataFeed:
    made = FakeMarketDataFeed(listed=[market_info(MARKET)], now=START_MS / 1000)
    made.history[MARKET, "1m"] = [
        candle(MARKET, "1m", START_MS - (300 - n) * MINUTE, close=1000.0 + n % 7)
        for n in range(300)
    ]
    made.past_trades[MARKET] = [trade(MARKET, 1000.0, trade_ms=START_MS, sequential_id=1)]
    return made


@pytest.fixture
async def watch(feed: FakeMarketDataFeed) -> AsyncIterator[StrategyWatch]:
    made = StrategyWatch(feed, OwnIndicators(TaLibIndicators()), ACCOUNT, lambda: None)
    yield made
    await made.close()


def live(price: float, number: int, after_ms: int) -> Trade:
    return trade(
        MARKET,
        price,
        trade_ms=START_MS + after_ms,
        sequential_id=number,
        origin=origin(START_MS / 1000, delivery=Delivery.REALTIME),
    )


async def started(watch: StrategyWatch, feed: FakeMarketDataFeed) -> None:
    watch.show(STRATEGY, MARKET)
    await until(lambda: bool(watch.rules()))
    feed.emit(live(1000.0, 2, 1))


async def test_rules_are_judged_in_acting_order_with_prices_at_which_they_would_fire(
    watch: StrategyWatch, feed: FakeMarketDataFeed
) -> None:
    await started(watch, feed)
    feed.emit(live(980.0, 3, 2))
    views = watch.rules()
    assert [view.rule.id for view in views] == [rule.id for rule in STRATEGY.rules]
    crash = views[0]
    assert crash.truth is Truth.FALSE
    assert crash.comparisons[0].left == pytest.approx(-2.0)
    assert crash.firing_price is not None
    assert crash.firing_price.price == pytest.approx(950.0)
    assert watch.price == 980.0
    assert watch.quality is Quality.LIVE


async def test_what_needs_a_position_is_unknown_and_says_so(
    watch: StrategyWatch, feed: FakeMarketDataFeed
) -> None:
    await started(watch, feed)
    pyramid = next(view for view in watch.rules() if view.rule.id == "pyramid")
    assert pyramid.truth is Truth.UNKNOWN
    assert {each.reason for each in pyramid.comparisons[0].unknown} == {UnknownReason.NO_POSITION}


async def test_an_entry_fires_again_and_again_but_nothing_is_ever_held(
    watch: StrategyWatch, feed: FakeMarketDataFeed
) -> None:
    rising = Comparison(
        variable("change", window=60.0, origin="low"), Comparator.GREATER, Constant(1.0)
    )
    entry = replace(STRATEGY.rule("oversold_entry"), trigger=rising)
    watch.show(replace(STRATEGY, rules=(entry,)), MARKET)
    await until(lambda: bool(watch.rules()))
    for number, price in enumerate((1000.0, 1020.0, 1000.0, 1030.0), start=2):
        feed.emit(live(price, number, number * 70_000))
        feed.emit(live(price * 1.02, 100 + number, number * 70_000 + 1))
    assert watch.fired == {"oversold_entry": 4}
    (view,) = watch.rules()
    assert view.suppression is None


async def test_another_version_takes_over_without_a_gap(
    watch: StrategyWatch, feed: FakeMarketDataFeed
) -> None:
    await started(watch, feed)
    deeper = replace(
        STRATEGY.rule("crash"),
        trigger=Comparison(variable("change", window=60.0), Comparator.LESS_EQUAL, Constant(-8.0)),
    )
    watch.show(STRATEGY.with_rule(deeper), MARKET)
    feed.emit(live(990.0, 9, 5))
    await until(lambda: watch.rules()[0].comparisons[0].right == -8.0)
    assert watch.price == 990.0


async def test_a_book_is_supplied_to_rules_that_read_it(
    watch: StrategyWatch, feed: FakeMarketDataFeed
) -> None:
    spread = Comparison(variable("spread_percent"), Comparator.LESS, Constant(5.0))
    entry = replace(STRATEGY.rule("oversold_entry"), trigger=spread)
    watch.show(replace(STRATEGY, rules=(entry,)), MARKET)
    await until(lambda: bool(watch.rules()))
    feed.emit(live(1000.0, 2, 1))
    assert watch.rules()[0].truth is Truth.UNKNOWN
    feed.emit(orderbook(MARKET, asks=((1001.0, 1.0),), bids=((999.0, 1.0),)))
    feed.emit(live(1000.0, 3, 2))
    assert watch.rules()[0].truth is Truth.TRUE


async def test_a_trigger_that_cannot_be_compiled_and_history_that_does_not_come_are_told(
    watch: StrategyWatch, feed: FakeMarketDataFeed
) -> None:
    unfinished = replace(
        STRATEGY.rule("crash"), trigger=Comparison(variable("rsi", "1m"), Comparator.LESS)
    )
    watch.show(replace(STRATEGY, rules=(unfinished,)), MARKET)
    await until(lambda: isinstance(watch.problem, UnfinishedComparisonError))
    assert watch.rules() == ()
    feed.request_error = NotConnectedError("trades", "offline")
    watch.show(STRATEGY, MARKET)
    await until(lambda: isinstance(watch.problem, NotConnectedError))


async def test_showing_nothing_forgets_everything(
    watch: StrategyWatch, feed: FakeMarketDataFeed
) -> None:
    await started(watch, feed)
    watch.show(None, MARKET)
    assert (watch.rules(), watch.price) == ((), None)
    await watch.close()
    assert not feed.held
