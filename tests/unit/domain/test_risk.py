from decimal import Decimal

import pytest

from upbit_auto_trading.domain.order import Order, OrderSide
from upbit_auto_trading.domain.risk import Guard, RiskGuard, RiskLimits, Surroundings

LIMITS = RiskLimits(
    largest_order=Decimal(200_000),
    largest_position=Decimal(500_000),
    orders_a_minute=2,
    daily_loss=Decimal(50_000),
)
AROUND = Surroundings(Decimal(300_000), 1000.0, 10_000)


def buy(amount: int = 100_000, price: float = 1000.0) -> Order:
    return Order(1, 10_000, "entry", OrderSide.BUY, price, amount=Decimal(amount))


def sell(price: float = 1000.0) -> Order:
    return Order(2, 10_000, "stop", OrderSide.SELL, price, quantity=Decimal(300))


def guard_of(guard: RiskGuard, order: Order, now_ms: int = 10_000) -> Guard | None:
    refused = guard.check(order, now_ms, AROUND)
    return None if refused is None else refused.guard


def test_an_order_within_all_limits_passes() -> None:
    assert guard_of(RiskGuard(LIMITS), buy(200_000)) is None


@pytest.mark.parametrize(
    ("order", "now_ms", "expected"),
    [
        (buy(200_001), 10_000, Guard.ORDER_TOO_LARGE),
        (buy(price=1030.0), 10_000, None),
        (buy(price=1030.1), 10_000, Guard.PRICE_OUT_OF_BAND),
        (sell(price=969.9), 10_000, Guard.PRICE_OUT_OF_BAND),
        (buy(), 12_000, None),
        (buy(), 12_001, Guard.NO_FRESH_PRICE),
        (sell(), 12_001, Guard.NO_FRESH_PRICE),
    ],
)
def test_limits_hold_and_their_ends_are_allowed(
    order: Order, now_ms: int, expected: Guard | None
) -> None:
    assert guard_of(RiskGuard(LIMITS), order, now_ms) is expected


def test_a_position_may_not_grow_beyond_its_limit() -> None:
    guard = RiskGuard(LIMITS)
    held = Surroundings(Decimal(400_001), 1000.0, 10_000)
    refused = guard.check(buy(), 10_000, held)
    assert refused is not None
    assert refused.guard is Guard.POSITION_TOO_LARGE
    assert dict(refused.facts) == {"limit": "500000", "value": "500001"}


def test_orders_of_the_last_minute_count() -> None:
    guard = RiskGuard(LIMITS)
    guard.sent(10_000)
    guard.sent(10_500)
    assert guard_of(guard, buy()) is Guard.TOO_MANY_ORDERS
    assert guard_of(guard, sell()) is None
    later = Surroundings(Decimal(0), 1000.0, 70_000)
    assert guard.check(buy(), 70_000, later) is None


def test_a_days_loss_ends_buying_until_nine_in_korea() -> None:
    guard = RiskGuard(LIMITS)
    guard.closed(10_000, Decimal(20_000))
    guard.closed(11_000, Decimal(-70_000))
    assert guard.lost_today(11_000) == 50_000
    assert guard_of(guard, buy()) is Guard.DAILY_LOSS
    assert guard_of(guard, sell()) is None
    tomorrow_ms = 86_400_000
    fresh = Surroundings(Decimal(0), 1000.0, tomorrow_ms)
    assert guard.check(buy(), tomorrow_ms, fresh) is None
    assert guard.lost_today(tomorrow_ms) == 0


def test_a_stop_keeps_from_buying_and_never_from_selling() -> None:
    guard = RiskGuard(LIMITS)
    guard.stopped = True
    assert guard_of(guard, buy()) is Guard.STOPPED
    assert guard_of(guard, sell()) is None
