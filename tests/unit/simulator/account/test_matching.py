from decimal import Decimal
from typing import Any

import pytest

from tests.fake_exchange import NOW_MS, ExchangeAtHand
from upbit_auto_trading.domain.trade import Side
from upbit_auto_trading.simulator.account.exchange_errors import ExchangeError
from upbit_auto_trading.simulator.account.order_views import order_view
from upbit_auto_trading.simulator.account.orders import OrderState


def at_hand(**holdings: Any) -> ExchangeAtHand:
    """KRW-BTC at 100,000,000, one BTC on each of three levels a side, 1,000 won apart."""
    hand = ExchangeAtHand(**holdings)
    asks = [(100_000_000.0 + n * 1000, 1.0) for n in range(3)]
    bids = [(99_999_000.0 - n * 1000, 1.0) for n in range(3)]
    hand.market.show(asks, bids)
    return hand


def test_recorded_limit_bid_reserves_its_fee_and_locks_both() -> None:
    hand = at_hand()
    order = hand.place(side="bid", ord_type="limit", price="10000000", volume="0.0005")
    assert (order.reserved_fee, order.locked) == (Decimal("2.5"), Decimal("5002.5"))
    assert hand.locked("KRW") == Decimal("5002.5")
    assert hand.free("KRW") == Decimal("99994997.5")
    assert order.state is OrderState.WAIT


def test_recorded_market_buy_leaves_dust_and_ends_cancelled() -> None:
    hand = ExchangeAtHand()
    hand.market.show([(102_945_000.0, 1.0)], [(102_902_000.0, 1.0)])
    order = hand.place(side="bid", ord_type="price", price="10000")
    view = order_view(order, with_trades=True)
    assert view["state"] == "cancel"
    assert view["paid_fee"] == "4.999523925"
    assert view["remaining_fee"] == "0.000476075"
    assert view["locked"] == "0.952626075"
    assert view["executed_volume"] == "0.00009713"
    assert view["trades"][0]["funds"] == "9999.04785"
    assert view["trades"][0]["trend"] == "up"
    assert hand.locked("KRW") == 0
    assert hand.free("KRW") == Decimal(100_000_000) - Decimal("9999.04785") - Decimal("4.999523925")


def test_recorded_market_sell_is_done_and_pays_its_fee_from_the_proceeds() -> None:
    hand = ExchangeAtHand(BTC="0.00009713", KRW="0")
    hand.market.show([(102_945_000.0, 1.0)], [(102_902_000.0, 1.0)])
    order = hand.place(side="ask", ord_type="market", volume="0.00009713")
    view = order_view(order, with_trades=True)
    assert (view["state"], view["locked"], view["paid_fee"]) == ("done", "0", "4.99743563")
    assert view["trades"][0]["funds"] == "9994.87126"
    assert hand.free("KRW") == Decimal("9994.87126") - Decimal("4.99743563")


def test_documented_market_buy_arithmetic_cuts_the_volume() -> None:
    hand = ExchangeAtHand()
    hand.market.show([(30_000.0, 10.0)], [(29_990.0, 10.0)], "KRW-ETH")
    order = hand.place(market="KRW-ETH", side="bid", ord_type="price", price="10000")
    assert order.executed_volume == Decimal("0.33333333")
    assert order.executed_funds == Decimal("9999.9999")


def test_a_crossing_limit_bid_takes_the_cheapest_levels_and_rests_with_the_rest() -> None:
    hand = at_hand(KRW="1000000000")
    order = hand.place(side="bid", ord_type="limit", price="100001000", volume="2.5")
    prices = [(fill.price, fill.volume) for fill in order.fills]
    assert prices == [(Decimal(100_000_000), Decimal(1)), (Decimal(100_001_000), Decimal(1))]
    assert order.state is OrderState.WAIT
    assert order.remaining_volume == Decimal("0.5")
    assert hand.locked("KRW") == order.locked


def test_a_level_is_sold_once_until_the_book_changes() -> None:
    hand = at_hand(KRW="1000000000")
    hand.place(side="bid", ord_type="limit", price="100000000", volume="1", time_in_force="ioc")
    second = hand.place(
        side="bid", ord_type="limit", price="100000000", volume="1", time_in_force="ioc"
    )
    assert second.executed_volume == 0
    hand.market.show([(100_000_000.0, 1.0)], [(99_999_000.0, 1.0)], at_ms=hand.now_ms)
    third = hand.place(
        side="bid", ord_type="limit", price="100000000", volume="1", time_in_force="ioc"
    )
    assert third.state is OrderState.DONE


def test_a_resting_bid_waits_behind_the_volume_shown_before_it() -> None:
    hand = at_hand()
    order = hand.place(side="bid", ord_type="limit", price="99999000", volume="0.5")
    hand.market.trade(99_999_000.0, 0.9, Side.ASK, hand.now_ms + 10)
    hand.run()
    assert order.executed_volume == 0
    hand.market.trade(99_999_000.0, 0.3, Side.ASK, hand.now_ms + 10)
    hand.run()
    assert order.executed_volume == Decimal("0.2")
    hand.market.trade(99_999_000.0, 5.0, Side.ASK, hand.now_ms + 10)
    hand.run()
    assert order.state is OrderState.DONE
    assert all(fill.price == 99_999_000 and fill.is_maker for fill in order.fills)


def test_the_queue_shrinks_when_those_before_us_leave() -> None:
    hand = at_hand()
    order = hand.place(side="bid", ord_type="limit", price="99999000", volume="0.5")
    hand.market.show([(100_000_000.0, 1.0)], [(99_999_000.0, 0.1)], at_ms=hand.now_ms)
    hand.market.trade(99_999_000.0, 0.3, Side.ASK, hand.now_ms + 10)
    hand.run()
    assert order.executed_volume == Decimal("0.2")


def test_a_trade_through_the_limit_fills_what_the_crossing_side_supplies() -> None:
    hand = at_hand(KRW="1000000000")
    order = hand.place(side="bid", ord_type="limit", price="99998000", volume="3")
    later = hand.now_ms + 10
    hand.market.show([(99_997_000.0, 1.5), (99_998_000.0, 0.2)], [(99_990_000.0, 1.0)], at_ms=later)
    hand.market.trade(99_997_000.0, 0.3, Side.ASK, later)
    hand.run()
    assert order.executed_volume == Decimal("2.0")
    assert {fill.price for fill in order.fills} == {Decimal(99_998_000)}


def test_a_resting_ask_fills_when_buyers_pay_more() -> None:
    hand = at_hand(BTC="1")
    order = hand.place(side="ask", ord_type="limit", price="100005000", volume="0.1")
    hand.market.trade(100_006_000.0, 0.4, Side.BID, hand.now_ms + 5)
    hand.run()
    assert order.state is OrderState.DONE
    assert hand.free("KRW") == Decimal(100_000_000) + 10_000_500 * Decimal("0.9995")


def test_orders_of_different_pockets_meet_behind_the_volume_shown_before() -> None:
    hand = at_hand(KRW="1000000000")
    sub = list(hand.accounts.pockets.values())[1]
    sub.receive("BTC", Decimal(1))
    inside = hand.place(pocket=sub, side="ask", ord_type="limit", price="100000000", volume="0.4")
    taker = hand.place(
        side="bid", ord_type="limit", price="100000000", volume="1.2", smp_type="cancel_maker"
    )
    assert [fill.volume for fill in taker.fills] == [Decimal(1), Decimal("0.2")]
    assert inside.executed_volume == Decimal("0.2")
    assert [fill.is_maker for fill in inside.fills] == [True]
    assert sub.balance("KRW").free > 0


def test_at_one_price_the_volume_shown_first_is_taken_first() -> None:
    hand = at_hand()
    sub = list(hand.accounts.pockets.values())[1]
    sub.receive("BTC", Decimal(1))
    ask: dict[str, Any] = {
        "side": "ask",
        "ord_type": "limit",
        "price": "100000000",
        "volume": "0.1",
    }
    first = hand.place(pocket=sub, **ask)
    hand.market.show([(100_000_000.0, 0.5)], [(99_999_000.0, 1.0)], at_ms=hand.now_ms)
    second = hand.place(pocket=sub, **ask)
    bid: dict[str, Any] = {
        "side": "bid",
        "ord_type": "limit",
        "price": "100000000",
        "time_in_force": "ioc",
    }
    hand.place(**bid, volume="0.5")
    assert first.executed_volume == second.executed_volume == 0
    hand.place(**bid, volume="0.15")
    assert first.executed_volume == Decimal("0.1")
    assert second.executed_volume == Decimal("0.05")


def test_a_resting_order_at_a_better_price_goes_before_the_public_book() -> None:
    hand = at_hand()
    sub = list(hand.accounts.pockets.values())[1]
    sub.receive("BTC", Decimal(1))
    hand.market.show([(100_005_000.0, 1.0)], [(99_999_000.0, 1.0)], at_ms=hand.now_ms)
    hand.place(pocket=sub, side="ask", ord_type="limit", price="100001000", volume="0.1")
    taker = hand.place(side="bid", ord_type="price", price="20000000")
    assert [fill.price for fill in taker.fills] == [100_001_000, 100_005_000]


def test_ioc_takes_what_is_there_and_cancels_the_rest() -> None:
    hand = at_hand(KRW="1000000000")
    order = hand.place(
        side="bid", ord_type="limit", price="100000000", volume="3", time_in_force="ioc"
    )
    assert (order.state, order.executed_volume) == (OrderState.CANCEL, Decimal(1))
    assert hand.locked("KRW") == 0


@pytest.mark.parametrize(("volume", "state"), [("3", "done"), ("3.1", "cancel")])
def test_fok_fills_whole_or_not_at_all(volume: str, state: str) -> None:
    hand = at_hand(KRW="1000000000")
    order = hand.place(
        side="bid", ord_type="limit", price="100002000", volume=volume, time_in_force="fok"
    )
    assert order.state == state
    assert order.executed_volume == (3 if state == "done" else 0)


def test_post_only_is_cancelled_instead_of_taking() -> None:
    hand = at_hand()
    order = hand.place(
        side="bid", ord_type="limit", price="100000000", volume="0.1", time_in_force="post_only"
    )
    assert (order.state, order.executed_volume) == (OrderState.CANCEL, Decimal(0))
    assert hand.order_states() == ["cancel"]
    resting = hand.place(
        side="bid", ord_type="limit", price="99999000", volume="0.1", time_in_force="post_only"
    )
    assert resting.is_open
    assert hand.order_states() == ["cancel", "wait"]


def test_best_takes_the_best_price_only() -> None:
    hand = at_hand(KRW="1000000000")
    order = hand.place(side="bid", ord_type="best", price="150000000", time_in_force="ioc")
    assert order.executed_volume == 1
    assert order.state is OrderState.CANCEL
    whole = hand.place(side="bid", ord_type="best", price="150000000", time_in_force="fok")
    assert (whole.state, whole.executed_volume) == (OrderState.CANCEL, Decimal(0))


def test_a_market_order_beyond_the_shown_levels_is_refused() -> None:
    hand = at_hand(BTC="10", KRW="1000000000")
    with pytest.raises(ExchangeError) as refused:
        hand.place(side="ask", ord_type="market", volume="3.00000001")
    assert refused.value.name == "create_ask_error"
    with pytest.raises(ExchangeError) as refused:
        hand.place(side="bid", ord_type="price", price="300100000")
    assert refused.value.name == "create_bid_error"


def test_price_improvement_is_free_at_once_and_its_fee_at_the_end() -> None:
    hand = at_hand(KRW="1000000000")
    order = hand.place(side="bid", ord_type="limit", price="100002000", volume="1")
    assert order.state is OrderState.DONE
    assert hand.locked("KRW") == 0
    assert hand.free("KRW") == Decimal(1_000_000_000) - Decimal(100_000_000) * Decimal("1.0005")


def test_a_cancel_takes_effect_a_moment_after_it_was_accepted() -> None:
    hand = at_hand()
    order = hand.place(side="bid", ord_type="limit", price="90000000", volume="0.1")
    hand.exchange.cancel(order, hand.now_ms)
    assert order.is_open
    hand.run()
    assert order.state is OrderState.CANCEL
    assert order.locked == order.reserved_fee + 9_000_000
    assert hand.locked("KRW") == 0
    with pytest.raises(ExchangeError) as refused:
        hand.exchange.cancel(order, hand.now_ms)
    assert refused.value.name == "bad_request"


@pytest.mark.parametrize(
    ("fault", "state", "executed"),
    [("cancel_loses_race", "done", "0.1"), ("cancel_after_partial_fill", "cancel", "0.05")],
)
def test_a_cancel_can_race_a_fill(fault: str, state: str, executed: str) -> None:
    hand = at_hand()
    hand.exchange.faults.set(fault, {"count": "1"})
    order = hand.place(side="bid", ord_type="limit", price="90000000", volume="0.1")
    hand.exchange.cancel(order, hand.now_ms)
    hand.run()
    assert (order.state, order.executed_volume) == (state, Decimal(executed))
    assert hand.locked("KRW") == 0
    assert hand.exchange.faults.active == ()


def test_fills_do_not_depend_on_how_often_the_exchange_is_asked() -> None:
    def fills(step_ms: int) -> list[tuple[Decimal, Decimal, int]]:
        hand = at_hand()
        order = hand.place(side="bid", ord_type="limit", price="99998000", volume="0.7")
        for n in range(20):
            price = 99_997_000.0 + n % 3 * 1000
            hand.market.trade(price, 0.05, Side.ASK, NOW_MS + 100 + 37 * n)
        while hand.now_ms < NOW_MS + 1050:
            hand.run(step_ms)
        return [(fill.price, fill.volume, fill.at_ms) for fill in order.fills]

    assert fills(1) == fills(1000) == fills(25)
    assert fills(1)
