"""The position: what is held, what it cost, and what rules remember until it closes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from upbit_auto_trading.domain.account import EXACT
from upbit_auto_trading.domain.order import Fill


class OversoldError(ValueError):
    """A fill sells more than is held."""

    def __init__(self, held: Decimal, sold: Decimal) -> None:
        super().__init__(f"a fill sells {sold} of {held} held")
        self.held = held
        self.sold = sold


class Position:
    """One open position. It is gone, with all of this, when the quantity is zero.

    `opened_ms` and `peak` start with the tick of the first fill. `average` is Σ(quantity × price)
    ÷ Σ quantity of the position's buys, fees excluded. `counts` is how often each rule acted.
    `armed` holds the armed rules, each with the highest price since its arming. `suspended` and
    `modes` are what modes entered did. `fee_rate` is the fee that profit counts in, 0 where
    profit leaves fees out; `basis` is the price at which the profit is 0.
    """

    __slots__ = (
        "_bought",
        "_cost",
        "adds_down",
        "adds_up",
        "armed",
        "average",
        "basis",
        "best_profit",
        "counts",
        "fee_rate",
        "modes",
        "opened_ms",
        "peak",
        "quantity",
        "suspended",
    )

    def __init__(self, fill: Fill, tick_price: float, fee_rate: float = 0.0) -> None:
        self.opened_ms = fill.ms
        self.peak = tick_price
        self.quantity = Decimal(0)
        self._bought = Decimal(0)
        self._cost = Decimal(0)
        self.average = self.basis = float("nan")
        self.fee_rate = fee_rate
        self.adds_up = 0
        self.adds_down = 0
        self.counts: dict[str, int] = {}
        self.armed: dict[str, float] = {}
        self.suspended: frozenset[str] = frozenset()
        self.modes: frozenset[str] = frozenset()
        self.add(fill)
        self.best_profit = self.profit(tick_price)

    @property
    def cost(self) -> Decimal:
        """What the held quantity cost at the average price, fees excluded."""
        return EXACT.divide(EXACT.multiply(self._cost, self.quantity), self._bought)

    def data(self) -> dict[str, Any]:
        """Return the position as plain data for JSON; decimals are texts."""
        return {
            "opened_ms": self.opened_ms,
            "quantity": str(self.quantity),
            "bought": str(self._bought),
            "cost": str(self._cost),
            "peak": self.peak,
            "best_profit": self.best_profit,
            "fee_rate": self.fee_rate,
            "adds_up": self.adds_up,
            "adds_down": self.adds_down,
            "counts": dict(self.counts),
            "armed": dict(self.armed),
            "suspended": sorted(self.suspended),
            "modes": sorted(self.modes),
        }

    @classmethod
    def from_data(cls, data: Any) -> Position:
        """Return the position that `data` gave.

        Raises:
            KeyError, TypeError, ValueError, ArithmeticError: it isn't such data.
        """
        bought, cost = Decimal(data["bought"]), Decimal(data["cost"])
        fill = Fill(0, int(data["opened_ms"]), cost / bought, bought, cost, Decimal(0))
        position = cls(fill, float(data["peak"]), float(data.get("fee_rate", 0.0)))
        position.quantity = Decimal(data["quantity"])
        position._cost = cost
        position._set_average()
        position.best_profit = float(data["best_profit"])
        position.adds_up, position.adds_down = int(data["adds_up"]), int(data["adds_down"])
        position.counts = {str(rule): int(count) for rule, count in data["counts"].items()}
        position.armed = {str(rule): float(peak) for rule, peak in data["armed"].items()}
        position.suspended = frozenset(map(str, data["suspended"]))
        position.modes = frozenset(map(str, data["modes"]))
        return position

    def add(self, fill: Fill) -> None:
        """Take in a buy's fill."""
        self.quantity = EXACT.add(self.quantity, fill.quantity)
        self._bought = EXACT.add(self._bought, fill.quantity)
        self._cost = EXACT.add(self._cost, EXACT.multiply(fill.quantity, fill.price))
        self._set_average()

    def _set_average(self) -> None:
        self.average = self.basis = float(EXACT.divide(self._cost, self._bought))
        if self.fee_rate:
            self.basis = self.average * (1 + self.fee_rate) / (1 - self.fee_rate)

    def reduce(self, fill: Fill) -> None:
        """Take in a sell's fill.

        Raises:
            OversoldError: it sells more than is held.
        """
        if fill.quantity > self.quantity:
            raise OversoldError(self.quantity, fill.quantity)
        self.quantity = EXACT.subtract(self.quantity, fill.quantity)

    def note_add(self, price: float) -> None:
        """Note another buy, decided on at `price`: in profit or at a loss."""
        if price > self.basis:
            self.adds_up += 1
        elif price < self.basis:
            self.adds_down += 1

    def count(self, rule: str) -> None:
        """Note that a rule acted."""
        self.counts[rule] = self.counts.get(rule, 0) + 1

    def arm(self, rule: str, price: float) -> bool:
        """Arm a rule at `price`; an armed one keeps its peak. Return whether it was new."""
        if rule in self.armed:
            return False
        self.armed[rule] = price
        return True

    def enter(self, mode: str, suspends: tuple[str, ...]) -> None:
        """Enter a mode until the position closes."""
        self.modes |= {mode}
        self.suspended |= set(suspends)

    def run(self, price: float) -> None:
        """Let the peaks follow a tick."""
        self.peak = max(self.peak, price)
        for rule, peak in self.armed.items():
            if price > peak:
                self.armed[rule] = price
        self.best_profit = max(self.best_profit, self.profit(price))

    def profit(self, price: float) -> float:
        """Return the percentage `price` is above `basis`: the average, or what fees make of it."""
        return (price / self.basis - 1) * 100

    def gain(self, price: float) -> float:
        """Return what selling everything at `price` would bring more than it cost."""
        if not self.fee_rate:
            return (price - self.average) * float(self.quantity)
        received, paid = price * (1 - self.fee_rate), self.average * (1 + self.fee_rate)
        return (received - paid) * float(self.quantity)
