"""How far a trigger is from firing, as one number by which markets can be put in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upbit_auto_trading.domain.evaluation_record import ComparisonRecord, GroupRecord
from upbit_auto_trading.domain.expression import CHANGES, Comparison, Group, GroupKind
from upbit_auto_trading.domain.truth import Truth
from upbit_auto_trading.domain.variable import Unit

if TYPE_CHECKING:
    from upbit_auto_trading.domain.evaluation_record import Record
    from upbit_auto_trading.domain.expression import Expression
    from upbit_auto_trading.domain.variable import VariableRegistry

_OF_ITSELF = frozenset({Unit.PRICE, Unit.MONEY, Unit.QUANTITY})


def firing_distance(
    trigger: Expression, record: Record, registry: VariableRegistry
) -> float | None:
    """Return how far the trigger is from being true; 0 where it is true, None where unknown.

    In percent: of the value itself where it is a price or an amount, of the scale where it is
    bounded, of a whole where it is a percentage. Of conditions that must all hold the farthest
    counts, of alternatives the nearest.
    """
    if record.truth is Truth.TRUE:
        return 0.0
    return _distance(trigger, record, registry)


def _distance(node: Expression, record: Record, registry: VariableRegistry) -> float | None:
    if isinstance(node, Comparison):
        return _of_comparison(node, record, registry)
    if not isinstance(record, GroupRecord):
        return None
    return _of_group(node, record, registry)


def _of_group(node: Group, record: GroupRecord, registry: VariableRegistry) -> float | None:
    if record.truth is Truth.TRUE:
        return 0.0
    found = [
        _distance(child, told, registry)
        for child, told in zip(node.children, record.children, strict=True)
    ]
    known = sorted(each for each in found if each is not None)
    if node.kind is GroupKind.NOT:
        # Its child holds: how far that is from its end isn't how far it is from beginning.
        return None if not record.children else _margin(node.children[0], record.children[0])
    if node.kind is GroupKind.ALL:
        return None if len(known) < len(found) or not known else known[-1]
    needed = max(1, record.needed) if node.kind is GroupKind.AT_LEAST else 1
    return known[needed - 1] if len(known) >= needed else None


def _margin(node: Expression, record: Record) -> float | None:
    """Return by how much a lone comparison holds, in its own unit."""
    if isinstance(node, Comparison) and isinstance(record, ComparisonRecord):
        return None if record.distance is None else abs(record.distance)
    return None


def _of_comparison(node: Comparison, record: Record, registry: VariableRegistry) -> float | None:
    if not isinstance(record, ComparisonRecord) or record.truth is Truth.UNKNOWN:
        return None
    if record.truth is Truth.TRUE:
        return 0.0
    if record.distance is None:
        return None
    distance = abs(record.distance)
    variable = registry[node.left.variable]
    if node.comparator in CHANGES or variable.unit is Unit.PERCENT:
        return distance
    if variable.unit in _OF_ITSELF:
        return distance / abs(record.left) * 100 if record.left else None
    if variable.maximum is not None and variable.minimum is not None:
        return distance / (variable.maximum - variable.minimum) * 100
    return distance
