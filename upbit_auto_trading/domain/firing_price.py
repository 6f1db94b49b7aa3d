"""At which price a rule's trigger would become true, where price alone decides it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.evaluation_record import ComparisonRecord, GroupRecord
from upbit_auto_trading.domain.expression import Comparator, Comparison, Constant, Group, GroupKind
from upbit_auto_trading.domain.truth import Truth

if TYPE_CHECKING:
    from upbit_auto_trading.domain.decision import Evaluation
    from upbit_auto_trading.domain.evaluation_record import Record
    from upbit_auto_trading.domain.expression import Expression

# Percentages of the price against a reference that a single print doesn't move by itself.
_AGAINST_A_REFERENCE: Final = frozenset({"profit_percent", "drawdown_from_peak", "change"})
_FROM_BELOW: Final = frozenset(
    {Comparator.GREATER, Comparator.GREATER_EQUAL, Comparator.CROSSES_UP}
)
_FROM_ABOVE: Final = frozenset({Comparator.LESS, Comparator.LESS_EQUAL, Comparator.CROSSES_DOWN})


@dataclass(frozen=True, slots=True)
class FiringPrice:
    """The trigger becomes true at `price`, coming from below or from above."""

    price: float
    from_below: bool


def firing_price(trigger: Expression, evaluation: Evaluation, price: float) -> FiringPrice | None:
    """Return where the trigger would fire if everything but the price stayed as it is.

    None where it is true already, where something else than the price is missing, or where the
    conditions on the price pull in both directions.
    """
    if evaluation.truth is Truth.TRUE:
        return None
    return _of(trigger, evaluation.record(), price)


def _of(node: Expression, record: Record, price: float) -> FiringPrice | None:
    if isinstance(node, Comparison):
        if not isinstance(record, ComparisonRecord):
            return None
        return _of_comparison(node, record, price)
    if not isinstance(record, GroupRecord):
        return None
    return _of_group(node, record, price)


def _of_group(group: Group, record: GroupRecord, price: float) -> FiringPrice | None:
    if group.kind is not GroupKind.ALL and len(group.children) != 1:
        return None
    if group.kind is GroupKind.NOT:
        return None
    wanted = [
        (child, told)
        for child, told in zip(group.children, record.children, strict=True)
        if told.truth is not Truth.TRUE
    ]
    found = [_of(child, told, price) for child, told in wanted]
    known = [each for each in found if each is not None]
    if not known or len(known) != len(found):
        return None
    if all(each.from_below for each in known):
        return max(known, key=lambda each: each.price)
    if not any(each.from_below for each in known):
        return min(known, key=lambda each: each.price)
    return None


def _of_comparison(
    comparison: Comparison, record: ComparisonRecord, price: float
) -> FiringPrice | None:
    if comparison.for_bars != 1 or not isinstance(comparison.right, Constant):
        return None
    if comparison.comparator not in _FROM_BELOW | _FROM_ABOVE or record.left is None:
        return None
    factor = comparison.left.multiplier
    from_below = (comparison.comparator in _FROM_BELOW) is (factor > 0)
    wanted = comparison.right.value / factor if factor else 0.0
    if comparison.left.variable == "price" and not comparison.left.offset and factor:
        return FiringPrice(wanted, from_below)
    now = record.left / factor if factor else -100.0
    if comparison.left.variable not in _AGAINST_A_REFERENCE or now <= -100.0:
        return None
    return FiringPrice(price * (1 + wanted / 100) / (1 + now / 100), from_below)
