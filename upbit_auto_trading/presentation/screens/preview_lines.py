"""What a preview's chart draws of a trigger: the lines its conditions read, and their limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.chart_indicator import ChartIndicator, IndicatorKinds
from upbit_auto_trading.domain.expression import Comparison, Constant, comparisons, operands
from upbit_auto_trading.domain.variable import Placement, Unit
from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.screens.indicator_plan import Composition, compose
from upbit_auto_trading.presentation.widgets.chart_levels import ChartLevel
from upbit_auto_trading.presentation.widgets.chart_plan import PRICE_PANE, VOLUME_PANE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upbit_auto_trading.domain.expression import Expression, VariableOperand

_CANDLE_PRICES = frozenset({"price", "open", "high", "low", "close"})


def composed(trigger: Expression, timeframe: str) -> Composition:
    """Return the lines of the trigger's variables that have a value for each shown candle."""
    kinds = IndicatorKinds(shipped_variables())
    indicators = list(_indicators(trigger, timeframe, kinds))
    reads_volume = any(one.kind.startswith("volume") for one in indicators)
    return compose(kinds, indicators, has_volume=reads_volume)


def levels(
    trigger: Expression, timeframe: str, composition: Composition, ink: str
) -> list[ChartLevel]:
    """Return the trigger's constants where what they limit is drawn; each can be dragged.

    A level's key is the condition's id and the side it stands on: `n3.right`.
    """
    found = []
    for comparison in comparisons(trigger):
        pane = _pane(comparison.left, timeframe, composition)
        if pane is None or comparison.left.multiplier != 1.0:
            continue
        for side in ("right", "upper"):
            operand = getattr(comparison, side)
            if isinstance(operand, Constant) and _is_level(comparison):
                key = f"{comparison.id}.{side}"
                found.append(ChartLevel(key, operand.value, "", ink, pane, is_draggable=True))
    return found


def rounded(trigger: Expression, key: str, value: float, market: str) -> float:
    """Return a dragged limit with the decimals a user would type."""
    node = key.rpartition(".")[0]
    for comparison in comparisons(trigger):
        if comparison.id != node:
            continue
        unit = shipped_variables()[comparison.left.variable].unit
        if unit is Unit.PRICE and value > 0:
            return round(value, formatting.decimals_of(market, value))
        if unit in (Unit.INDEX, Unit.COUNT):
            return round(value, 1)
        size = abs(value)
        return round(value, 2 if size < 1000 else 0)
    return value


def _is_level(comparison: Comparison) -> bool:
    """Whether the constant is a value of the left side, and not how much that changes."""
    return comparison.comparator.value not in ("rises_by", "falls_by")


def _pane(operand: VariableOperand, timeframe: str, composition: Composition) -> str | None:
    variable = shipped_variables()[operand.variable]
    if variable.unit is Unit.PRICE and variable.placement is Placement.OVERLAY:
        return PRICE_PANE
    if variable.id == "volume" and operand.timeframe == timeframe:
        return VOLUME_PANE
    for reading, pane in composition.panes.items():
        same = reading.variable == operand.variable and operand.timeframe == timeframe
        given = dict(operand.parameters)
        if same and all(given.get(name, value) == value for name, value in reading.parameters):
            return pane
    return None


def _indicators(
    trigger: Expression, timeframe: str, kinds: IndicatorKinds
) -> Iterator[ChartIndicator]:
    registry = shipped_variables()
    kind_of = {variable.id: kind for kind in kinds for variable in kind.variables}
    wanted: dict[tuple[object, ...], set[str]] = {}
    for operand in operands(trigger):
        kind = kind_of.get(operand.variable)
        if kind is None or operand.variable in _CANDLE_PRICES or not kind.needs_candles:
            continue
        if operand.timeframe != timeframe:
            continue
        usual = dict(kinds.usual(kind.id).parameters) | dict(registry.parameters(operand))
        wanted.setdefault((kind.id, tuple(sorted(usual.items()))), set()).add(operand.variable)
    for (kind_id, parameters), shown in wanted.items():
        hidden = tuple(each.id for each in kinds[str(kind_id)].variables if each.id not in shown)
        yield ChartIndicator(str(kind_id), parameters, hidden_lines=hidden)  # type: ignore[arg-type]
