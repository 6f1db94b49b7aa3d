"""Replay: a strategy over a whole run of ticks, every order filled on its tick."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.decision import Decision, Outcome
from upbit_auto_trading.domain.engine import Engine
from upbit_auto_trading.domain.fill_model import FillModel
from upbit_auto_trading.domain.order import OrderSide
from upbit_auto_trading.domain.rule_plan import TELL_ALL
from upbit_auto_trading.domain.skipping import Skipper

if TYPE_CHECKING:
    from upbit_auto_trading.domain.account import Account
    from upbit_auto_trading.domain.order import Fill
    from upbit_auto_trading.domain.prepared_market import PreparedMarket
    from upbit_auto_trading.domain.rule_plan import Telling
    from upbit_auto_trading.domain.strategy import Strategy
    from upbit_auto_trading.domain.variable import VariableRegistry

# After these nothing that was read ahead has changed.
_WITHOUT_EFFECT: Final = frozenset({Outcome.SUPPRESSED, Outcome.OBSERVED})
# How often progress is told at most, but for the end.
_REPORTS: Final = 100
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class FilledOrder:
    """An order's only fill, and which rule it was for."""

    fill: Fill
    side: OrderSide
    rule: str
    number: int
    place: int

    @property
    def is_buy(self) -> bool:
        """Whether coins came in."""
        return self.side is OrderSide.BUY


@dataclass(frozen=True, slots=True)
class Replay:
    """A finished run: everything the engine said, every fill, and the engine as it ended.

    `judged` counts the ticks the engine looked at; the others were proven not to matter.
    """

    decisions: list[Decision]
    fills: list[FilledOrder]
    engine: Engine
    market: PreparedMarket
    judged: int


def replay(
    strategy: Strategy,
    registry: VariableRegistry,
    market: PreparedMarket,
    account: Account,
    *,
    fill_model: FillModel | None = None,
    skipping: bool = True,
    telling: Telling = TELL_ALL,
    progress: Progress | None = None,
) -> Replay:
    """Run the strategy over all ticks of the market.

    `progress` is told (ticks done, ticks in all) about a hundred times; what it raises ends the
    run.

    Raises:
        UnknownVariableError, InvalidOperandError, UnfinishedComparisonError: a trigger that
            can't be compiled.
    """
    model = fill_model or FillModel()
    engine = Engine(strategy, registry, market, account, telling)
    skipper = Skipper(engine, market) if skipping else None
    decisions: list[Decision] = []
    fills: list[FilledOrder] = []
    count, place, judged, report_at = len(market.ticks), 0, 0, 0
    while place < count:
        if skipper is not None:
            place = skipper.next_from(place)
            if place >= count:
                break
        market.seek(place)
        said = engine.step()
        judged += 1
        if said:
            decisions.extend(said)
            fills.extend(_execute(engine, model, said, place))
            if skipper is not None and any(d.outcome not in _WITHOUT_EFFECT for d in said):
                skipper.changed()
        if progress is not None and place >= report_at:
            progress(place, count)
            report_at = place + count // _REPORTS
        place += 1
    if progress is not None:
        progress(count, count)
    if count:
        market.seek(count - 1)
    return Replay(decisions, fills, engine, market, judged)


def _execute(
    engine: Engine, model: FillModel, said: list[Decision], place: int
) -> list[FilledOrder]:
    fills = []
    for decision in said:
        order = decision.order
        if order is None or decision.outcome is not Outcome.ORDERED:
            continue
        fill = model.fill(order, engine.state.account)
        engine.filled(fill)
        engine.order_closed(order.id)
        fills.append(FilledOrder(fill, order.side, order.rule, decision.number, place))
    return fills
