"""What hangs on the data at this moment: strategies, positions, orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from upbit_auto_trading.application.order_tickets import BY_HAND
from upbit_auto_trading.application.paper_views import RunCondition
from upbit_auto_trading.domain.tick import Quality

if TYPE_CHECKING:
    from collections.abc import Iterable

    from upbit_auto_trading.application.paper_views import RunView

_JUDGING = frozenset({RunCondition.RUNNING, RunCondition.HELD})


@dataclass(frozen=True, slots=True)
class Stakes:
    """Strategies that may order: how many hold back, and how many go on by values from REST."""

    strategies: int = 0
    held_back: int = 0
    on_rest: int = 0
    positions: int = 0
    orders: int = 0


def stakes_of(runs: Iterable[RunView]) -> Stakes:
    """Count what `runs` are doing; orders by hand have no rules that could hold back."""
    known = tuple(runs)
    judging = [run for run in known if run.condition in _JUDGING and run.strategy.id != BY_HAND.id]
    qualities = [run.quality for run in judging if run.quality is not None]
    return Stakes(
        len(judging),
        sum(not quality.is_print for quality in qualities),
        sum(quality is Quality.REST for quality in qualities),
        sum(run.position is not None for run in known),
        sum(run.open_order is not None for run in known),
    )
