"""Live rules: one print through fifty rules, alone, beside another run, and beside a live feed.

    python -m benchmarks.live_rules [--json] [--prints N] [--rest-url U --ws-url U]

The fifty are the seven rules and 43 more on nine timeframes' indicators, windows, the position
and the account. `alone` is the engine as a paper run moves it; `beside_a_run` the same while a
second run takes as many prints of another market between them; `beside_a_feed` on the loop that
takes in 2,000 messages a second of 50 markets, a print every 2 ms. The floor is
the seven rules on the same prints.
"""

import argparse
import asyncio
import random
import statistics
import time
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from benchmarks.result import Result, show, versions_of
from benchmarks.simulator_child import simulator
from upbit_auto_trading.application.recorded_run import RecordedRun
from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.domain.decision import Outcome
from upbit_auto_trading.domain.expression import (
    Bar,
    Comparator,
    Comparison,
    Constant,
    Group,
    GroupKind,
    VariableOperand,
    variable,
)
from upbit_auto_trading.domain.indicator import CandleRow
from upbit_auto_trading.domain.order import Fill, OrderSide
from upbit_auto_trading.domain.own_indicators import OwnIndicators
from upbit_auto_trading.domain.recording import (
    OrderEnd,
    OrderEnded,
    OrderFilled,
    Segment,
    Terms,
    TickTaken,
)
from upbit_auto_trading.domain.rule import Action, BuyAmount, Notify, Role, Rule, Sell
from upbit_auto_trading.domain.strategy import Strategy
from upbit_auto_trading.domain.strategy_json import strategy_to_json
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.domain.tick import Tick
from upbit_auto_trading.domain.timeframe import parse_timeframe
from upbit_auto_trading.domain.variable import Words
from upbit_auto_trading.infrastructure.indicators import TaLibIndicators
from upbit_auto_trading.infrastructure.market_data_backbone import MarketDataBackbone, Policy

RULES = 50
MARKETS = 50
RATE = 2000
PAUSE_S = 0.002
LIMIT_MS = 0.5
START_MS = 1_750_000_000_000
TERMS = Terms(Decimal(10**9), Decimal("0.0005"), Decimal(5000))
TIMEFRAMES = ("1m", "3m", "5m", "10m", "15m", "30m", "1h", "4h", "1d")
INDICATORS: tuple[tuple[str, dict[str, Any], float], ...] = (
    ("rsi", {"period": 14}, 30.0),
    ("stochastic_k", {}, 20.0),
    ("macd_histogram", {}, 0.0),
    ("cci", {}, -100.0),
    ("adx", {}, 25.0),
    ("bollinger_percent_b", {}, 0.0),
    ("natr", {}, 1.0),
)
STATES = (("profit_percent", 3.0), ("drawdown_from_peak", -2.0), ("exposure_percent", 50.0))


def _below(operand: VariableOperand, limit: float, identity: str) -> Comparison:
    return Comparison(operand, Comparator.LESS_EQUAL, Constant(limit), id=identity)


def fifty_rules() -> Strategy:
    """The seven rules, and 43 conditions of two or three parts."""
    rules = list(shipped_template(SEVEN_RULES).strategy.rules)
    for number in range(len(rules), RULES):
        name, parameters, limit = INDICATORS[number % len(INDICATORS)]
        timeframe = TIMEFRAMES[number % len(TIMEFRAMES)]
        bar = Bar.FORMING if number % 5 == 0 else Bar.CLOSED
        indicator = variable(name, timeframe, bar=bar, **parameters)
        state, level = STATES[number % len(STATES)]
        window = variable("change", window=float(10 + number), origin="high")
        parts = (
            _below(indicator, limit, "n2"),
            _below(window, -1.0, "n3"),
            _below(variable(state), level, "n4"),
        )
        role = (Role.ENTRY, Role.SCALE_IN, Role.EXIT, Role.MANAGEMENT)[number % 4]
        actions: dict[Role, Action] = {Role.EXIT: Sell(), Role.MANAGEMENT: Notify("benchmark")}
        action = actions.get(role, BuyAmount(Decimal(5000)))
        own = parts[:2] if role is Role.ENTRY else parts
        rules.append(
            Rule(
                f"rule{number}",
                number + 1,
                Words("규칙", "rule"),
                role,
                Group(GroupKind.ALL, own, len(own), id="n1"),
                action,
            )
        )
    return Strategy("fifty", Words("오십", "fifty"), tuple(rules))


def prints(count: int, seed: int) -> list[Tick]:
    """A seeded walk, a print every 50 ms to 3 s."""
    rng = random.Random(seed)
    ms, price, made = START_MS, 1e8, []
    for _ in range(count):
        ms += rng.choice((50, 200, 1000, 3000))
        price *= 1 + rng.gauss(0, 0.0005)
        made.append(Tick(ms, round(price / 1000) * 1000.0, 0.01))
    return made


def anchors() -> dict[str, tuple[CandleRow, ...]]:
    """Six hundred closed candles of each timeframe, a seeded walk up to the first print."""
    found = {}
    for code in TIMEFRAMES:
        rng, length = random.Random(code), parse_timeframe(code)
        end_ms = length.start_of_ms(START_MS)
        price, rows = 1e8, []
        for place in range(600, 0, -1):
            close = price * (1 + rng.gauss(0, 0.002))
            high, low = max(price, close) * 1.0005, min(price, close) * 0.9995
            start_ms = end_ms - place * length.seconds * 1000
            rows.append(CandleRow(start_ms, price, high, low, close, 3.0, 3.0 * close))
            price = close
        found[code] = tuple(rows)
    return found


def run_of(strategy: Strategy) -> RecordedRun:
    """A recorded run that has just begun, warmed up."""
    segment = Segment(strategy_to_json(strategy), TERMS, anchors(), None, START_MS)
    return RecordedRun(segment, OwnIndicators(TaLibIndicators()))


def fill(run: RecordedRun, tick: Tick) -> float:
    """Judge a print, fill what it ordered; return the seconds the judgement took."""
    began = time.perf_counter()
    said = run.apply(TickTaken(tick))
    took = time.perf_counter() - began
    for decision in said:
        order = decision.order
        if order is None or decision.outcome is not Outcome.ORDERED:
            continue
        price = Decimal(repr(order.price))
        account = run.live.engine.state.account
        done: Fill = (
            account.fill_buy(order.id, order.ms, order.amount, price)
            if order.side is OrderSide.BUY
            else account.fill_sell(order.id, order.ms, order.quantity, price)
        )
        run.apply(OrderFilled(done, 0))
        run.apply(OrderEnded(order.id, OrderEnd.FILLED))
    return took


def judged(strategy: Strategy, ticks: list[Tick], beside: Sequence[Tick] = ()) -> list[float]:
    """Return how long each print took, in seconds; `beside` is another market's."""
    run = run_of(strategy)
    other = run_of(strategy)
    took = []
    for place, tick in enumerate(ticks):
        if beside:
            fill(other, beside[place])
        took.append(fill(run, tick))
    return took


async def beside_a_feed(
    strategy: Strategy, ticks: list[Tick], rest_url: str, ws_url: str
) -> tuple[list[float], float]:
    """Judge a print every 2 ms on a live feed's loop; return the durations and messages/s."""
    run, took = run_of(strategy), list[float]()
    async with MarketDataBackbone(rest_url, ws_url, policy=Policy(predict=False)) as feed:
        listed = [info.market for info in (await feed.markets()).values]
        markets = [market for market in listed if market.startswith("KRW-")][:MARKETS]
        kinds = ("ticker", "trade", "orderbook")
        streams = [Stream(kind, market) for market in markets for kind in kinds]
        held = feed.subscribe(streams, lambda _: None)
        began = time.perf_counter()
        for tick in ticks:
            await asyncio.sleep(PAUSE_S)
            took.append(fill(run, tick))
        seconds = time.perf_counter() - began
        received = feed.get_performance_metrics()["streams"]["messages_received"]
        held.close()
    return took, received / seconds


def percentiles(name: str, seconds: list[float]) -> dict[str, float]:
    """Return p50, p99 and maximum in ms, the first tenth left out (caches fill)."""
    ordered = sorted(seconds[len(seconds) // 10 :])
    return {
        f"{name}_p50_ms": statistics.median(ordered) * 1000,
        f"{name}_p99_ms": ordered[int(len(ordered) * 0.99)] * 1000,
        f"{name}_max_ms": ordered[-1] * 1000,
    }


def measure(count: int, rest_url: str, ws_url: str) -> Result:
    """Run everything in turn."""
    strategy, ticks = fifty_rules(), prints(count, 7)
    figures: dict[str, Any] = {"rules": len(strategy.rules), "prints": count}
    figures |= percentiles("alone", judged(strategy, ticks))
    figures |= percentiles("beside_a_run", judged(strategy, ticks, prints(count, 8)))
    took, rate = asyncio.run(beside_a_feed(strategy, ticks, rest_url, ws_url))
    figures |= percentiles("beside_a_feed", took)
    figures["messages_per_s"] = rate
    floor = percentiles("seven_rules", judged(shipped_template(SEVEN_RULES).strategy, ticks))
    ratio = {
        "p99_of_limit": figures["alone_p99_ms"] / LIMIT_MS,
        "p99_of_limit_beside_a_feed": figures["beside_a_feed_p99_ms"] / LIMIT_MS,
        "p50_of_seven_rules": figures["alone_p50_ms"] / floor["seven_rules_p50_ms"],
    }
    return Result("live_rules", figures, floor, ratio, versions_of("numpy", "TA-Lib"))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    parser.add_argument("--prints", type=int, default=10_000)
    parser.add_argument("--rest-url", metavar="U", help="another exchange's (with --ws-url)")
    parser.add_argument("--ws-url", metavar="U")
    given = parser.parse_args()
    if given.rest_url and given.ws_url:
        show(measure(given.prints, given.rest_url, given.ws_url), as_json=given.json)
        return
    with simulator("--markets", str(MARKETS), "--rate", str(RATE), "--seed", "7") as addresses:
        show(measure(given.prints, *addresses), as_json=given.json)


if __name__ == "__main__":
    main()
