"""The seven rules a second time: slow, plain, straight from their text, sharing no engine code.

One tick after the other, one `if` per sentence, exact fractions of numbers where the text says
decimal. What the engine does is compared with this on golden runs and on random walks.
"""

from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Context, Decimal
from typing import Any

EXACT = Context(prec=80)
EIGHT = Decimal("0.00000001")
MINIMUM = Decimal(5000)
TOLERANCE = 1e-9

Event = tuple[int, int, str | None, float, Decimal]


@dataclass
class Reference:
    """State of one run. Amounts are decimals, prices floats, times exchange milliseconds."""

    params: dict[str, Any]
    events: list[Event] = field(default_factory=list)
    dropped: int = 0

    def __post_init__(self) -> None:
        self.cash = Decimal(self.params["cash"])
        self.fee = Decimal(self.params["fee"])
        self.amount = Decimal(self.params["entry_krw"])
        self.slippage = float(self.params.get("slippage_pct", 0.0))
        self.quantity = Decimal(0)
        self.cost = Decimal(0)
        self.last_ms: int | None = None
        self.window: list[tuple[int, float]] = []
        self.closes: list[float] = []
        self.slot: int | None = None
        self.forming_close = 0.0
        self.oversold = False
        self.crash_ms: int | None = None
        self.clear()

    def clear(self) -> None:
        """Forget what belongs to a position (point 4)."""
        self.pyramids = self.averages = 0
        self.armed = self.surge = False
        self.peak = 0.0
        self.was = dict.fromkeys((2, 3, 5, 7), False)
        self.take_profit_refused = False

    def rsi(self) -> float | None:
        """Wilder's RSI of all closed candles from the first, None where it is unknown."""
        period = int(self.params["rsi_period"])
        changes = [b - a for a, b in zip(self.closes, self.closes[1:], strict=False)]
        if len(changes) < period:
            return None
        gain = loss = 0.0
        for change in changes[:period]:
            gain += max(change, 0.0)
            loss += max(-change, 0.0)
        gain, loss = gain / period, loss / period
        for change in changes[period:]:
            gain = ((period - 1) * gain + max(change, 0.0)) / period
            loss = ((period - 1) * loss + max(-change, 0.0)) / period
        if gain + loss == 0:
            return None
        return 100 * gain / (gain + loss)

    def buy(self, ms: int, price: float, rule: int) -> bool:
        """Spend the amount; False when it is refused."""
        total = EXACT.multiply(self.amount, 1 + self.fee)
        if self.amount < MINIMUM or total > self.cash:
            return False
        fill = Decimal(repr(price * (1 + self.slippage / 100)))
        quantity = EXACT.divide(self.amount, fill).quantize(EIGHT, ROUND_DOWN, EXACT)
        self.cash = EXACT.subtract(self.cash, total)
        self.quantity = EXACT.add(self.quantity, quantity)
        self.cost = EXACT.add(self.cost, EXACT.multiply(quantity, fill))
        self.events.append((ms, rule, "buy", float(fill), quantity))
        return True

    def sell(self, ms: int, price: float, rule: int) -> bool:
        """Sell everything; False when it is refused."""
        fill = Decimal(repr(price * (1 - self.slippage / 100)))
        total = EXACT.multiply(self.quantity, Decimal(repr(price)))
        if total < MINIMUM:
            return False
        proceeds = EXACT.multiply(self.quantity, fill)
        self.cash = EXACT.add(self.cash, EXACT.multiply(proceeds, 1 - self.fee))
        self.events.append((ms, rule, "sell", float(fill), self.quantity))
        self.quantity = self.cost = Decimal(0)
        self.clear()
        return True

    def tick(self, ms: int, price: float) -> None:
        """One trade print."""
        params = self.params
        if self.last_ms is not None and ms < self.last_ms:
            self.dropped += 1
            return
        self.last_ms = ms

        slot_ms = round(params["timeframe_s"] * 1000)
        closed = False
        if self.slot is not None and ms // slot_ms != self.slot:
            self.closes.append(self.forming_close)
            closed = True
        self.slot = ms // slot_ms
        self.forming_close = price

        window_ms = round(params["window_s"] * 1000)
        self.window = [(t, p) for t, p in self.window if t >= ms - window_ms]
        self.window.append((ms, price))
        high = max(p for _, p in self.window)
        low = min(p for _, p in self.window)
        crash = (price / high - 1) * 100 <= -params["crash_pct"] + TOLERANCE
        surge = (price / low - 1) * 100 >= params["surge_pct"] - TOLERANCE
        if crash:
            self.crash_ms = ms

        ordered = False
        if self.quantity > 0:
            ordered = self.hold(ms, price, crash=crash, surge=surge)
            flat = False
        else:
            flat = True

        if closed:
            rsi = self.rsi()
            oversold = rsi is not None and rsi <= params["rsi_level"]
            edge = oversold and not self.oversold
            self.oversold = oversold
            cooldown_ms = round(params["crash_cooldown_s"] * 1000)
            blocked = self.crash_ms is not None and ms - self.crash_ms < cooldown_ms
            if edge and flat and not ordered and not blocked:
                self.buy(ms, price, 1)

    def hold(self, ms: int, price: float, *, crash: bool, surge: bool) -> bool:
        """Rules 6, 4, 3, 7, 5, 2 on one tick while holding; whether one of them ordered."""
        trailing, now, edge = self.judge(price, surge=surge)
        in_surge_mode = self.surge
        if crash and self.sell(ms, price, 6):
            return True
        if trailing and self.sell(ms, price, 4):
            return True
        if (edge[3] or (self.take_profit_refused and now[3])) and not in_surge_mode:
            if self.sell(ms, price, 3):
                return True
            self.take_profit_refused = True
        if not now[3]:
            self.take_profit_refused = False
        if edge[7] and not self.surge:
            self.surge = True
            if not self.armed:
                self.armed = True
                self.peak = price
            self.events.append((ms, 7, None, price, Decimal(0)))
        return self.add(ms, price, edge)

    def judge(self, price: float, *, surge: bool) -> tuple[bool, dict[int, bool], dict[int, bool]]:
        """Arm, let the peak run, then evaluate rules 4, 2, 3, 5, 7 and their rising edges."""
        params = self.params
        average = float(EXACT.divide(self.cost, self.quantity))
        fee = float(self.fee) if params.get("profit_includes_fees") else 0.0
        profit = (price / (average * (1 + fee) / (1 - fee)) - 1) * 100
        if not self.armed and profit >= params["trail_arm_pct"] - TOLERANCE:
            self.armed = True
            self.peak = price
        if self.armed:
            self.peak = max(self.peak, price)
        trailing = (
            self.armed and (price / self.peak - 1) * 100 <= -params["trail_drop_pct"] + TOLERANCE
        )
        now = {
            2: profit >= params["up_pct"] - TOLERANCE,
            3: self.pyramids >= params["up_max"] and profit >= params["tp_pct"] - TOLERANCE,
            5: profit <= -params["down_pct"] + TOLERANCE,
            7: surge,
        }
        edge = {rule: now[rule] and not self.was[rule] for rule in now}
        self.was = now
        return trailing, now, edge

    def add(self, ms: int, price: float, edge: dict[int, bool]) -> bool:
        """Rules 5 and 2."""
        params = self.params
        if edge[5] and self.averages < params["down_max"] and self.buy(ms, price, 5):
            self.averages += 1
            return True
        able = not self.surge and self.pyramids < params["up_max"]
        if edge[2] and able and self.buy(ms, price, 2):
            self.pyramids += 1
            return True
        return False


def candle_ticks(
    candles: list[tuple[float, float, float, float, float]], length_s: float
) -> list[tuple[int, float]]:
    """Four ticks a candle at 0, 1/4, 1/2, 3/4 of its length."""
    ticks = []
    quarter = length_s * 1000 / 4
    for start_s, opened, high, low, close in candles:
        path = (opened, low, high, close) if close >= opened else (opened, high, low, close)
        for step, price in enumerate(path):
            ticks.append((round(start_s * 1000 + step * quarter), price))
    return ticks


def run_reference(params: dict[str, Any], ticks: list[tuple[int, float]]) -> Reference:
    """Run every tick and return the finished state."""
    reference = Reference(params)
    for ms, price in ticks:
        reference.tick(ms, price)
    return reference
