"""Limits no rule can talk its way round: checked on every order before it is sent."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.order import OrderSide
from upbit_auto_trading.domain.variable import PERCENT_TOLERANCE

if TYPE_CHECKING:
    from upbit_auto_trading.domain.order import Order
    from upbit_auto_trading.domain.truth import Fact

_MINUTE_MS: Final = 60_000
_DAY_MS: Final = 86_400_000


class Guard(StrEnum):
    """Which limit an order would break."""

    STOPPED = "stopped"
    ORDER_TOO_LARGE = "order_too_large"
    POSITION_TOO_LARGE = "position_too_large"
    TOO_MANY_ORDERS = "too_many_orders"
    NO_FRESH_PRICE = "no_fresh_price"
    PRICE_OUT_OF_BAND = "price_out_of_band"
    DAILY_LOSS = "daily_loss"
    EXPOSURE_TOO_LARGE = "exposure_too_large"


@dataclass(frozen=True, slots=True)
class RiskLimits:
    """Limits in the quote currency; None is no limit.

    The order's price must lie within `band_percent` of a middle price at most
    `freshest_ms` old. `daily_loss` is of a day from 09:00 in Korea. `largest_exposure` is the
    value of everything held, in all markets.
    """

    largest_order: Decimal | None = None
    largest_position: Decimal | None = None
    orders_a_minute: int = 10
    band_percent: float = 3.0
    freshest_ms: int = 2_000
    daily_loss: Decimal | None = None
    largest_exposure: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an order is checked against: the position's value, the market's middle price.

    `held_elsewhere` is the value of the account's other positions.
    """

    position_value: Decimal
    middle_price: float
    middle_ms: int
    held_elsewhere: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Refused:
    """Why an order must not be sent. Facts: `limit` and `value`, where there are such."""

    guard: Guard
    facts: tuple[Fact, ...] = ()


class RiskGuard:
    """Checks orders against the limits; remembers orders of the last minute and today's loss.

    Sells that close a position pass every limit but the price's freshness and band: a limit
    must never keep anybody in a position. A stop lets sells through as well.
    """

    def __init__(self, limits: RiskLimits) -> None:
        self.limits = limits
        self.stopped = False
        self._sent_ms: deque[int] = deque()
        self._day = 0
        self._result = Decimal(0)

    def check(self, order: Order, now_ms: int, around: Surroundings) -> Refused | None:
        """Return why the order must not be sent now, None when it may."""
        refused = self._price(order, now_ms, around)
        if refused is not None or order.side is OrderSide.SELL:
            return refused
        return self._amounts(order, around) or self._pace(now_ms)

    def sent(self, now_ms: int) -> None:
        """Note that an order was sent."""
        self._sent_ms.append(now_ms)

    def closed(self, now_ms: int, profit: Decimal) -> None:
        """Note what a closed position brought, fees included."""
        self._roll(now_ms)
        self._result += profit

    def forget(self) -> None:
        """Begin with nothing sent and nothing lost: another account."""
        self._sent_ms.clear()
        self._day, self._result = 0, Decimal(0)

    def lost_today(self, now_ms: int) -> Decimal:
        """Return today's loss, 0 on a day that isn't losing."""
        self._roll(now_ms)
        return max(Decimal(0), -self._result)

    def _roll(self, now_ms: int) -> None:
        day = now_ms // _DAY_MS  # Upbit's day starts at 00:00 UTC, 09:00 in Korea.
        if day != self._day:
            self._day, self._result = day, Decimal(0)

    def _price(self, order: Order, now_ms: int, around: Surroundings) -> Refused | None:
        age_ms = now_ms - around.middle_ms
        if age_ms > self.limits.freshest_ms or not around.middle_price > 0:
            facts = (("limit", float(self.limits.freshest_ms)), ("value", float(age_ms)))
            return Refused(Guard.NO_FRESH_PRICE, facts)
        away = (order.price / around.middle_price - 1) * 100
        if abs(away) > self.limits.band_percent + PERCENT_TOLERANCE:
            return Refused(
                Guard.PRICE_OUT_OF_BAND, (("limit", self.limits.band_percent), ("value", away))
            )
        return None

    def _amounts(self, order: Order, around: Surroundings) -> Refused | None:
        limits = self.limits
        if self.stopped:
            return Refused(Guard.STOPPED)
        if limits.largest_order is not None and order.amount > limits.largest_order:
            return _beyond(Guard.ORDER_TOO_LARGE, limits.largest_order, order.amount)
        after = around.position_value + order.amount
        if limits.largest_position is not None and after > limits.largest_position:
            return _beyond(Guard.POSITION_TOO_LARGE, limits.largest_position, after)
        exposure = around.held_elsewhere + after
        if limits.largest_exposure is not None and exposure > limits.largest_exposure:
            return _beyond(Guard.EXPOSURE_TOO_LARGE, limits.largest_exposure, exposure)
        return None

    def _pace(self, now_ms: int) -> Refused | None:
        while self._sent_ms and now_ms - self._sent_ms[0] >= _MINUTE_MS:
            self._sent_ms.popleft()
        if len(self._sent_ms) >= self.limits.orders_a_minute:
            most = Decimal(self.limits.orders_a_minute)
            return _beyond(Guard.TOO_MANY_ORDERS, most, Decimal(len(self._sent_ms)))
        allowed, lost = self.limits.daily_loss, self.lost_today(now_ms)
        if allowed is not None and lost >= allowed:
            return _beyond(Guard.DAILY_LOSS, allowed, lost)
        return None


def _beyond(guard: Guard, limit: Decimal, value: Decimal) -> Refused:
    return Refused(guard, (("limit", str(limit)), ("value", str(value))))
