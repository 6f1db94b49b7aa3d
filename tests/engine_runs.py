"""Runs of the engine for tests: prepared or print by print, with or without skipping."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np

from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.account import Account
from upbit_auto_trading.domain.decision import Decision, Outcome
from upbit_auto_trading.domain.fill_model import FillModel
from upbit_auto_trading.domain.indicator import IndicatorPort
from upbit_auto_trading.domain.live_engine import LiveEngine
from upbit_auto_trading.domain.order import Fill
from upbit_auto_trading.domain.own_indicators import OwnIndicators
from upbit_auto_trading.domain.prepared_market import PreparedMarket
from upbit_auto_trading.domain.replay import Replay, replay
from upbit_auto_trading.domain.strategy import Strategy
from upbit_auto_trading.domain.tick import Tick
from upbit_auto_trading.domain.tick_columns import TickColumns, ticks_from

Event = tuple[int, int, str | None, float, Decimal]
NOT_OF_THE_STRATEGY = {"cash", "fee", "profit_includes_fees"}


def seven_rules(params: dict[str, Any]) -> Strategy:
    """The template with a run's parameters."""
    given = {name: value for name, value in params.items() if name not in NOT_OF_THE_STRATEGY}
    filled = shipped_template(SEVEN_RULES).filled(given)
    return replace(filled, profit_includes_fees=params.get("profit_includes_fees", False))


def account_of(params: dict[str, Any]) -> Account:
    """The account a run starts with."""
    return Account(Decimal(params["cash"]), Decimal(params["fee"]), Decimal(5000))


def columns_of(prints: Iterable[tuple[int, float]]) -> TickColumns:
    """Prints as columns, without volume."""
    table = list(prints)
    return ticks_from(
        np.array([ms for ms, _ in table], dtype=np.int64),
        np.array([price for _, price in table]),
        np.zeros(len(table)),
    )


def replay_of(
    strategy: Strategy,
    ticks: TickColumns,
    account: Account,
    *,
    skipping: bool = True,
    indicators: IndicatorPort | None = None,
) -> Replay:
    """A prepared run."""
    port = OwnIndicators(indicators)
    market = PreparedMarket(ticks, port)
    return replay(strategy, shipped_variables(), market, account, skipping=skipping)


class LiveRun:
    """The live engine with every order filled at once at its price."""

    def __init__(
        self, strategy: Strategy, account: Account, indicators: IndicatorPort | None = None
    ) -> None:
        self.live = LiveEngine(strategy, shipped_variables(), OwnIndicators(indicators), account)
        self.decisions: list[Decision] = []
        self.fills: dict[int, Fill] = {}

    def take(self, tick: Tick) -> list[Decision]:
        engine = self.live.engine
        said = self.live.take(tick)
        self.decisions.extend(said)
        for decision in said:
            if decision.outcome is Outcome.ORDERED and decision.order is not None:
                fill = FillModel().fill(decision.order, engine.state.account)
                self.fills[fill.order_id] = fill
                engine.filled(fill)
                engine.order_closed(fill.order_id)
        return said


def live_run(
    strategy: Strategy,
    prints: Iterable[tuple[int, float]],
    account: Account,
    indicators: IndicatorPort | None = None,
) -> LiveRun:
    """Feed prints one by one."""
    run = LiveRun(strategy, account, indicators)
    for ms, price in prints:
        run.take(Tick(ms, price))
    return run


def events_of(decisions: Iterable[Decision], fills: dict[int, Fill]) -> list[Event]:
    """Filled orders and modes entered."""
    events: list[Event] = []
    for decision in decisions:
        if decision.outcome is Outcome.ORDERED and decision.order is not None:
            fill = fills[decision.order.id]
            side = decision.order.side.value
            events.append((decision.ms, decision.number, side, float(fill.price), fill.quantity))
        elif decision.outcome is Outcome.ENTERED_MODE:
            events.append((decision.ms, decision.number, None, decision.price, Decimal(0)))
    return events


def events_of_replay(run: Replay) -> list[Event]:
    """Filled orders and modes entered in a prepared run."""
    return events_of(run.decisions, {f.fill.order_id: f.fill for f in run.fills})
