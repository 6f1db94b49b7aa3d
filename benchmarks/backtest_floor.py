"""The floor: a loop written by hand for the seven rules and nothing else.

One evaluation a bar, at its close, in floats; no records, no decimals, no reasons.
"""

from collections import deque

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def oversold(closes: Floats, period: int, level: float) -> list[bool]:
    """Return per bar whether Wilder's RSI is at most `level`."""
    changes = np.diff(closes)
    gains = np.where(changes > 0, changes, 0.0).tolist()
    losses = np.where(changes < 0, -changes, 0.0).tolist()
    gain, loss = sum(gains[:period]) / period, sum(losses[:period]) / period
    result = [False] * period + [gain + loss > 0 and 100 * gain <= level * (gain + loss)]
    for up, down in zip(gains[period:], losses[period:], strict=True):
        gain = ((period - 1) * gain + up) / period
        loss = ((period - 1) * loss + down) / period
        result.append(gain + loss > 0 and 100 * gain <= level * (gain + loss))
    return result


class PlainLoop:
    """The seven rules with their defaults, bar by bar."""

    def __init__(self, cash: float, amount: float = 100_000.0, fee: float = 0.0005) -> None:
        self.cash, self.amount, self.fee = cash, amount, fee
        self.quantity = self.cost = self.peak = 0.0
        self.ups = self.downs = self.orders = 0
        self.armed = self.surge = False
        self.was_up = self.was_down = False

    def buy(self, price: float) -> None:
        """Spend the amount."""
        quantity = self.amount / price
        self.cash -= self.amount * (1 + self.fee)
        self.cost += self.amount
        self.quantity += quantity
        self.orders += 1

    def sell(self, price: float) -> None:
        """Sell everything and forget the position."""
        self.cash += self.quantity * price * (1 - self.fee)
        self.quantity = self.cost = self.peak = 0.0
        self.ups = self.downs = 0
        self.armed = self.surge = self.was_up = self.was_down = False
        self.orders += 1

    def hold(self, price: float, *, crash: bool, surge: bool) -> None:
        """One bar while holding."""
        profit = (price / (self.cost / self.quantity) - 1) * 100
        up, down = profit >= 5.0, profit <= -5.0
        self.armed = self.armed or up
        if self.armed:
            self.peak = max(self.peak, price)
        if crash or (self.armed and price <= self.peak * 0.97):
            self.sell(price)
            return
        if up and self.ups == 3 and not self.surge:
            self.sell(price)
            return
        self.surge = self.surge or surge
        if down and not self.was_down and self.downs < 2:
            self.downs += 1
            self.buy(price)
        elif up and not self.was_up and self.ups < 3 and not self.surge:
            self.ups += 1
            self.buy(price)
        self.was_up, self.was_down = up, down

    def run(self, closes: Floats, level: float) -> int:
        """Run all bars; return the number of orders."""
        was_low, last_crash = False, -(10**9)
        window: deque[float] = deque(maxlen=2)
        for bar, (price, low) in enumerate(
            zip(closes.tolist(), oversold(closes, 14, level), strict=True)
        ):
            window.append(price)
            crash, surge = price <= max(window) * 0.95, price >= min(window) * 1.05
            if crash:
                last_crash = bar
            if self.quantity:
                self.hold(price, crash=crash, surge=surge)
            elif low and not was_low and bar - last_crash >= 30:
                self.buy(price)
            was_low = low
        return self.orders
