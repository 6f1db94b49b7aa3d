"""Random trading: money is neither made nor lost, limits hold, states go one way."""

from contextlib import suppress
from decimal import Context, Decimal, localcontext
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fake_exchange import ExchangeAtHand, FakeMarket
from upbit_auto_trading.domain.trade import Side
from upbit_auto_trading.simulator.account.exchange_errors import ExchangeError
from upbit_auto_trading.simulator.account.orders import (
    ExchangeOrder,
    IllegalTransitionError,
    OrderState,
)

START_KRW = Decimal(100_000_000)
START_BTC = Decimal(2)
LEGAL = {
    "wait": {"trade", "done", "cancel", "prevented"},
    "trade": {"trade", "done", "cancel", "prevented"},
    "prevented": {"trade", "cancel", "prevented", "done"},
    "done": set(),
    "cancel": set(),
}

prices = st.integers(99_990, 100_010).map(lambda thousands: thousands * 1000)
volumes = st.integers(1, 60_000_000).map(lambda units: Decimal(units).scaleb(-8))
limit_orders = st.fixed_dictionaries(
    {
        "side": st.sampled_from(["bid", "ask"]),
        "ord_type": st.just("limit"),
        "price": prices.map(str),
        "volume": volumes.map(lambda volume: format(volume, "f")),
    },
    optional={
        "time_in_force": st.sampled_from(["ioc", "fok"]),
        "smp_type": st.sampled_from(["reduce", "cancel_maker", "cancel_taker"]),
    },
)
market_buys = st.fixed_dictionaries(
    {
        "side": st.just("bid"),
        "ord_type": st.just("price"),
        "price": st.integers(5_000, 30_000_000).map(str),
    },
    optional={"smp_type": st.sampled_from(["reduce", "cancel_maker", "cancel_taker"])},
)
market_sells = st.fixed_dictionaries(
    {
        "side": st.just("ask"),
        "ord_type": st.just("market"),
        "volume": volumes.map(lambda volume: format(volume, "f")),
    }
)
steps = st.one_of(
    st.tuples(st.just("place"), st.one_of(limit_orders, market_buys, market_sells)),
    st.tuples(st.just("print"), st.tuples(prices, volumes, st.sampled_from(list(Side)))),
    st.tuples(st.just("cancel"), st.integers(0, 30)),
    st.tuples(st.just("book"), st.tuples(prices, st.integers(1, 5))),
)


def play(plan: list[tuple[str, Any]]) -> tuple[ExchangeAtHand, list[ExchangeOrder]]:
    hand = ExchangeAtHand(market=FakeMarket(), BTC=str(START_BTC), KRW=str(START_KRW))
    hand.market.show([(100_001_000.0, 0.5)], [(100_000_000.0, 0.5)])
    orders: list[ExchangeOrder] = []
    for kind, detail in plan:
        if kind == "place":
            with suppress(ExchangeError):
                orders.append(hand.place(**detail))
        elif kind == "print":
            price, volume, side = detail
            hand.market.trade(float(price), float(volume), side, hand.now_ms + 1)
        elif kind == "book":
            price, size = detail
            asks = [(price + 1000.0 * n, size / 10) for n in range(1, 4)]
            bids = [(price - 1000.0 * n, size / 10) for n in range(3)]
            hand.market.show(asks, bids, at_ms=hand.now_ms)
        elif detail < len(orders) and orders[detail].is_open:
            hand.exchange.cancel(orders[detail], hand.now_ms)
        hand.run()
    return hand, orders


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(steps, max_size=30))
def test_random_trading_conserves_money_and_keeps_every_limit(plan: list[tuple[str, Any]]) -> None:
    hand, orders = play(plan)
    with localcontext(Context(prec=60)):
        spent = received = fees = Decimal(0)
        bought = sold = Decimal(0)
        for order in orders:
            for fill in order.fills:
                fees += fill.price * fill.volume * Decimal("0.0005")
                if order.request.side is Side.BID:
                    spent, bought = spent + fill.price * fill.volume, bought + fill.volume
                else:
                    received, sold = received + fill.price * fill.volume, sold + fill.volume
                if order.limit_price is not None:
                    assert order.accepts(fill.price)
        krw, btc = hand.pocket.balance("KRW"), hand.pocket.balance("BTC")
        assert krw.free + krw.locked == START_KRW - spent + received - fees
        assert btc.free + btc.locked == START_BTC + bought - sold
        still = [order for order in orders if order.is_open]
        for currency in ("KRW", "BTC"):
            held = sum(order.locked for order in still if order.locked_currency == currency)
            assert hand.locked(currency) == held
        assert min(krw.free, krw.locked, btc.free, btc.locked) >= 0
        for order in orders:
            remaining = order.remaining_volume
            assert remaining is None or remaining >= 0
            assert order.remaining_funds >= 0 or order.request.side is Side.ASK


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(steps, max_size=25))
def test_events_tell_a_legal_life_and_agree_with_the_account(plan: list[tuple[str, Any]]) -> None:
    hand, orders = play(plan)
    last: dict[str, str] = {}
    executed: dict[str, Decimal] = {}
    balances: dict[str, tuple[Decimal, Decimal]] = {}
    for event in hand.events:
        if event["type"] == "myAsset":
            for row in event["assets"]:
                balances[row["currency"]] = (row["balance"], row["locked"])
            continue
        uuid, state = event["uuid"], event["state"]
        if uuid in last:
            assert state in LEGAL[last[uuid]]
        last[uuid] = state
        if state == "trade":
            executed[uuid] = executed.get(uuid, Decimal(0)) + event["volume"]
        assert executed.get(uuid, Decimal(0)) == event["executed_volume"]
    for currency, (free, locked) in balances.items():
        assert (free, locked) == (hand.free(currency), hand.locked(currency))
    for order in orders:
        assert order.is_open or last[order.uuid] == order.state


def test_an_order_that_has_ended_takes_no_more_events() -> None:
    hand, _ = play([])
    order = hand.place(side="bid", ord_type="price", price="5000")
    assert not order.is_open
    for event, facts in (
        (order.finish, (OrderState.CANCEL,)),
        (order.prevent, (Decimal(1), Decimal(1))),
        (order.fill, (order.fills[0],)),
    ):
        with pytest.raises(IllegalTransitionError) as refused:
            event(*facts)
        assert refused.value.state is order.state
