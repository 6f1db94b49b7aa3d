import asyncio
from decimal import Decimal
from typing import Any

import pytest

from tests.fake_exchange import NOW_MS, ExchangeAtHand
from upbit_auto_trading.domain.trade import Side
from upbit_auto_trading.simulator.account.exchange_follower import follow
from upbit_auto_trading.simulator.account.order_faults import ORDER_FAULTS, FaultArgumentError
from upbit_auto_trading.tasks import TaskOwner

BID: dict[str, Any] = {"side": "bid", "ord_type": "limit", "price": "99999000", "volume": "0.001"}


def at_hand() -> ExchangeAtHand:
    hand = ExchangeAtHand(BTC="1")
    hand.market.show([(100_000_000.0, 1.0)], [(99_999_000.0, 0.0005)])
    return hand


def test_a_resting_order_is_told_as_wait_trade_trade_done() -> None:
    hand = at_hand()
    hand.place(**BID)
    for _ in range(3):
        hand.market.trade(99_999_000.0, 0.0005, Side.ASK, hand.now_ms + 1)
        hand.run()
    assert hand.order_states() == ["wait", "trade", "trade", "done"]
    kinds = [event["type"] for event in hand.events]
    assert kinds == ["myOrder", "myAsset", "myOrder", "myAsset", "myOrder", "myAsset", "myOrder"]


def test_market_orders_are_told_by_their_trades_and_their_end() -> None:
    hand = at_hand()
    hand.place(side="bid", ord_type="price", price="10000.5")
    hand.place(side="ask", ord_type="market", volume="0.0001")
    assert hand.order_states() == ["trade", "cancel", "trade", "done"]
    first = next(event for event in hand.events if event["type"] == "myOrder")
    assert (first["volume"], first["remaining_volume"]) == (Decimal("0.0001"), None)


def test_order_times_are_whole_seconds_and_event_times_follow_the_fills() -> None:
    hand = at_hand()
    hand.now_ms += 123
    hand.place(**BID)
    hand.market.trade(99_998_000.0, 1.0, Side.ASK, hand.now_ms + 17)
    expected_ms = hand.now_ms + 17
    hand.run()
    trade = next(event for event in hand.events if event.get("state") == "trade")
    assert trade["order_timestamp"] == NOW_MS
    assert trade["trade_timestamp"] == trade["timestamp"] == expected_ms


def test_other_pockets_hear_nothing_and_nobody_after_unsubscribing() -> None:
    hand = at_hand()
    hand.unsubscribe()
    hand.unsubscribe()
    hand.place(**BID)
    assert hand.events == []


def test_late_events_come_in_order_after_their_delay() -> None:
    hand = at_hand()
    hand.exchange.faults.set("account_events_late", {"ms": "200"})
    hand.place(**BID)
    assert hand.events == []
    hand.exchange.faults.clear("account_events_late")
    hand.place(**BID)
    assert hand.events == []
    hand.run(200)
    stamps = [event["timestamp"] for event in hand.events]
    assert len(stamps) == 4
    assert stamps == sorted(stamps)


def test_duplicated_and_missing_events() -> None:
    hand = at_hand()
    hand.exchange.faults.set("account_events_duplicated", {"copies": "3"})
    hand.place(**BID)
    assert hand.order_states() == ["wait"] * 3
    hand.exchange.faults.clear("account_events_duplicated")
    hand.exchange.faults.set("account_events_missing", {"every": "1"})
    hand.place(**BID)
    assert len(hand.events) == 6


def test_a_slow_cancel_takes_its_time() -> None:
    hand = at_hand()
    hand.exchange.faults.set("slow_cancel", {"ms": "5000"})
    order = hand.place(**BID)
    hand.exchange.cancel(order, hand.now_ms)
    hand.run(4000)
    assert order.is_open
    hand.run(1000)
    assert order.state == "cancel"


def test_maintenance_fills_nothing_and_cancels_the_wrong_side_when_it_ends() -> None:
    hand = at_hand()
    crossed = hand.place(**BID)
    kept = hand.place(**(BID | {"price": "90000000"}))
    ask = hand.place(**(BID | {"side": "ask", "price": "100001000"}))
    hand.exchange.faults.set("market_offline", {})
    hand.market.trade(95_000_000.0, 5.0, Side.ASK, hand.now_ms + 5)
    hand.run()
    assert crossed.executed_volume == 0
    hand.exchange.faults.clear("market_offline")
    hand.run()
    assert (crossed.state, kept.state, ask.state) == ("cancel", "wait", "wait")


def test_announcements_are_published_on_demand() -> None:
    hand = at_hand()
    told: list[dict[str, Any]] = []
    hand.exchange.announcements.subscribe(told.append)
    fields = {"category": "maintenance", "title": "점검", "body": "x" * 20_001}
    hand.exchange.faults.set("announcement", fields)
    assert hand.exchange.faults.active == ()
    assert (told[0]["category"], told[0]["title"], told[0]["body"]) == ("maintenance", "점검", None)
    hand.exchange.faults.set("announcement", {"edits": told[0]["uuid"]})
    assert told[1]["event_type"] == "UPDATED"


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("no_such_fault", {}),
        ("slow_cancel", {"ms": "soon"}),
        ("slow_cancel", {"ms": "-1"}),
        ("slow_cancel", {"minutes": "1"}),
        ("order_answer_lost", {"how": "softly"}),
        ("order_answer_lost", {"target": "deposit"}),
        ("order_refused", {"name": "no_such_error"}),
        ("announcement", {"category": "gossip"}),
        ("announcement", {"colour": "red"}),
    ],
)
def test_a_fault_with_an_argument_it_cannot_use_is_refused(
    name: str, arguments: dict[str, str]
) -> None:
    hand = at_hand()
    with pytest.raises(FaultArgumentError):
        hand.exchange.faults.set(name, arguments)
    assert hand.exchange.faults.active == ()


def test_every_fault_can_be_set_without_arguments_and_cleared() -> None:
    faults = at_hand().exchange.faults
    for name in ORDER_FAULTS:
        faults.set(name, {})
        faults.clear(name)
    assert faults.active == ()


class HandClock:
    """Exchange time that passes a millisecond each time it is read."""

    def __init__(self, hand: ExchangeAtHand) -> None:
        self._hand = hand

    def now_ms(self) -> int:
        self._hand.now_ms += 1
        return self._hand.now_ms

    def seconds_until(self, exchange_ms: int) -> float:
        return max(0, exchange_ms - self._hand.now_ms) / 1_000_000


async def test_the_follower_settles_what_is_scheduled_while_it_sleeps() -> None:
    hand = at_hand()
    owner = TaskOwner("exchange")
    owner.start(follow(hand.exchange, HandClock(hand)), "matching")
    await asyncio.sleep(0)
    order = hand.place(settle=False, side="bid", ord_type="price", price="10000")
    ended = asyncio.Event()
    hand.exchange.events.subscribe(
        hand.key.access_key, lambda event: ended.set() if event.get("state") == "done" else None
    )
    async with asyncio.timeout(5):
        await ended.wait()
    assert order.executed_volume == Decimal("0.0001")
    await owner.close()
    assert hand.exchange.agenda.on_added is None
