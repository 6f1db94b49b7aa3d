"""Previews: where a trigger, or a whole strategy, would have fired on candles at hand."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.backtest import Backtest, Conditions, backtest_candles
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.decision import Decision, Outcome
from upbit_auto_trading.domain.expression import Expression, operands
from upbit_auto_trading.domain.rule import Notify, Role, Rule
from upbit_auto_trading.domain.strategy import Strategy
from upbit_auto_trading.domain.variable import Need, Words

if TYPE_CHECKING:
    from upbit_auto_trading.domain.candle_series import CandleColumns
    from upbit_auto_trading.domain.evaluation_record import Record
    from upbit_auto_trading.domain.indicator import IndicatorPort

_NAMELESS: Final = Words("", "")
_TRIGGER: Final = "trigger"


@dataclass(frozen=True, slots=True)
class Firing:
    """One firing on the chart: exchange time, price, and what kept it from acting if anything."""

    ms: int
    price: float
    rule: str
    suppressed: str
    decision: Decision

    def record(self) -> Record | None:
        """Return every operand's value at that moment."""
        evaluation = self.decision.evaluation
        return None if evaluation is None else evaluation.record()


@dataclass(frozen=True, slots=True)
class Preview:
    """Where it fired and where it was suppressed, in time's order.

    `warm_up` is how many candles of their timeframe the trigger's variables need first;
    `needs_position`: it reads a position, which a trigger alone never has. `backtest` is the run
    it was read from.
    """

    firings: list[Firing]
    warm_up: int
    needs_position: bool
    seconds: float
    backtest: Backtest

    @property
    def fired(self) -> int:
        """How often it fired."""
        return sum(not firing.suppressed for firing in self.firings)


def preview_trigger(
    trigger: Expression,
    candles: CandleColumns,
    length_ms: int,
    indicators: IndicatorPort | None = None,
    *,
    cooldown_ms: int = 0,
) -> Preview:
    """Return where a trigger would have fired, judged as an entry's: on closes or on ticks.

    Raises:
        UnknownVariableError, InvalidOperandError, UnfinishedComparisonError: a trigger that
            can't be compiled.
        NoIndicatorError: nobody computes a variable.
    """
    rule = Rule(_TRIGGER, 1, _NAMELESS, Role.ENTRY, trigger, Notify(), cooldown_ms=cooldown_ms)
    strategy = Strategy("preview", _NAMELESS, (rule,))
    done = backtest_candles(strategy, candles, length_ms, Conditions(Decimal(0)), indicators)
    return _preview(done, trigger)


def preview_strategy(
    strategy: Strategy,
    candles: CandleColumns,
    length_ms: int,
    conditions: Conditions,
    indicators: IndicatorPort | None = None,
) -> dict[str, Preview]:
    """Return where each enabled rule would have fired, had the strategy run from the first candle.

    Raises:
        UnknownVariableError, InvalidOperandError, UnfinishedComparisonError, NoIndicatorError:
            see `preview_trigger`.
    """
    done = backtest_candles(strategy, candles, length_ms, conditions, indicators)
    return {
        rule.id: _preview(done, rule.trigger, rule.id) for rule in strategy.rules if rule.enabled
    }


def _preview(done: Backtest, trigger: Expression, rule: str = _TRIGGER) -> Preview:
    registry = shipped_variables()
    read = operands(trigger)
    return Preview(
        [
            Firing(
                decision.ms,
                decision.price,
                rule,
                decision.reason if decision.outcome in _NOT_ACTED else "",
                decision,
            )
            for decision in done.replay.decisions
            if decision.rule == rule and decision.outcome is not Outcome.ARMED
        ],
        max((registry.warm_up(operand) + operand.offset for operand in read), default=0),
        any(Need.POSITION in registry[operand.variable].needs for operand in read),
        done.seconds,
        done,
    )


_NOT_ACTED: Final = frozenset({Outcome.SUPPRESSED, Outcome.REFUSED, Outcome.OBSERVED})
