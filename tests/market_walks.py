"""Random runs that go where strategies break: thresholds hit exactly, jumps, stalls, gaps."""

import random
from typing import Any

Params = dict[str, Any]
Prints = list[tuple[int, float]]

START_MS = 1_750_000_000_000


def percent(rng: random.Random) -> float:
    """A threshold in percent, often a round one."""
    return rng.choice([0.3, 0.5, 1.0, 2.0, 3.0, 5.0, round(rng.uniform(0.2, 6.0), 2)])


def random_params(rng: random.Random) -> Params:
    """Parameters of the seven rules, many of them alike, some that disable a rule."""
    up = percent(rng)
    return {
        "rsi_period": rng.choice([2, 3, 5, 14]),
        "rsi_level": rng.choice([20.0, 30.0, 40.0, 50.0, 60.0, 75.0, 100.0]),
        "entry_krw": rng.choice(["100000", "5000", "5100", "7777", "4999", "12345.678"]),
        "up_pct": up,
        "up_max": rng.randint(0, 3),
        "tp_pct": rng.choice([up, percent(rng)]),
        "trail_arm_pct": rng.choice([up, percent(rng)]),
        "trail_drop_pct": percent(rng),
        "down_pct": percent(rng),
        "down_max": rng.randint(0, 3),
        "crash_pct": rng.choice([percent(rng), 20.0]),
        "surge_pct": rng.choice([percent(rng), 40.0]),
        "window_s": rng.choice([60.0, 60.0, 30.0, 15.0, 120.0, 300.0, 1.0]),
        "crash_cooldown_s": rng.choice([0.0, 60.0, 120.0, 1800.0]),
        "timeframe_s": rng.choice([60.0, 60.0, 60.0, 180.0, 300.0]),
        "cash": rng.choice(["1000000", "100050", "100049", "15000", "400050", "5002.5"]),
        "fee": rng.choice(["0.0005", "0.0005", "0", "0.0025"]),
    }


def random_prints(rng: random.Random, thresholds: list[float], count: int) -> Prints:
    """Prints on candle quarters or at any millisecond, some at equal times, some too old."""
    on_quarters = rng.random() < 0.5
    with_late = rng.random() < 0.1
    price = rng.choice([1000.0, 100_000_000.0, 5.0, 0.00123, 999.11])
    digits = rng.choice([0, 2, 4]) if price >= 5 else 8
    ms = START_MS + rng.randint(0, 60_000)
    prints: Prints = []
    history = [price]
    for place in range(count):
        ms += _pause(rng, place, on_quarters=on_quarters, with_late=with_late)
        price = max(round(_next(rng, price, history, thresholds), digits), 10.0**-digits)
        history.append(price)
        prints.append((ms, price))
    return prints


def _pause(rng: random.Random, place: int, *, on_quarters: bool, with_late: bool) -> int:
    if with_late and rng.random() < 0.05:
        return -rng.randint(1, 50_000)
    if on_quarters:
        return 15_000 if place % 4 or rng.random() > 0.1 else 15_000 * rng.randint(1, 60)
    return rng.choice([0, 0, 1, 1000, 15_000, 30_000, 60_000, rng.randint(0, 200_000)])


def _next(rng: random.Random, price: float, history: list[float], thresholds: list[float]) -> float:
    kind = rng.random()
    if kind < 0.2:
        return price
    if kind < 0.5:
        return price * (1 + rng.choice([1, -1]) * percent(rng) / 100)
    if kind < 0.6:
        reference = rng.choice(history[-20:])
        return reference * (1 + rng.choice([1, -1]) * rng.choice(thresholds) / 100)
    return price * (1 + rng.gauss(0, 0.004))


def random_run(seed: int, longest: int = 1200) -> tuple[Params, Prints]:
    """A run of the seven rules: parameters and prints that play on them."""
    rng = random.Random(seed)
    params = random_params(rng)
    names = ("up_pct", "down_pct", "trail_drop_pct", "crash_pct", "surge_pct", "tp_pct")
    thresholds = [params[name] for name in names]
    return params, random_prints(rng, thresholds, rng.randint(40, longest))
