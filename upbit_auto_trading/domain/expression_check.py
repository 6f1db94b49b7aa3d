"""What is wrong with a tree that is being built, condition by condition."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from upbit_auto_trading.domain.compatibility import Mismatch, mismatch, reads_forming_bar
from upbit_auto_trading.domain.expression import (
    CHANGES,
    MAX_BARS,
    MAX_CONDITIONS,
    MAX_DEPTH,
    MAX_NUMBER,
    MAX_OFFSET,
    RANGES,
    SLOPES,
    Comparator,
    Comparison,
    Constant,
    Expression,
    Group,
    GroupKind,
    VariableOperand,
    comparisons,
    depth,
    walk,
)
from upbit_auto_trading.domain.truth import Fact
from upbit_auto_trading.domain.variable import (
    InvalidOperandError,
    UnknownVariableError,
    Variable,
    VariableRegistry,
)


class CheckCode(StrEnum):
    """What is wrong. The last four are remarks: such a tree can be evaluated."""

    TOO_MANY_CONDITIONS = "too_many_conditions"
    TOO_DEEP = "too_deep"
    EMPTY_GROUP = "empty_group"
    IMPOSSIBLE_COUNT = "impossible_count"
    UNKNOWN_VARIABLE = "unknown_variable"
    INVALID_OPERAND = "invalid_operand"
    UNFINISHED = "unfinished"
    OUT_OF_RANGE = "out_of_range"
    MISMATCH = "mismatch"
    EMPTY_RANGE = "empty_range"
    ALWAYS_TRUE = "always_true"
    ALWAYS_FALSE = "always_false"
    SAME_SIDES = "same_sides"
    REPAINTS = "repaints"


REMARKS: Final = frozenset(
    {
        CheckCode.ALWAYS_TRUE,
        CheckCode.ALWAYS_FALSE,
        CheckCode.SAME_SIDES,
        CheckCode.REPAINTS,
    }
)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing wrong with one node. `mismatch` is filled for MISMATCH.

    Facts: `most` of the limits, `field` of operands and numbers, `name` of variables.
    """

    node: str
    code: CheckCode
    facts: tuple[Fact, ...] = ()
    mismatch: Mismatch | None = None

    @property
    def is_remark(self) -> bool:
        """Whether the tree can be evaluated and saved all the same."""
        return self.code in REMARKS


def check_expression(expression: Expression, registry: VariableRegistry) -> tuple[Check, ...]:
    """Return everything wrong with the tree, in reading order; nothing if it is sound."""
    return tuple(_checks(expression, registry))


def _checks(expression: Expression, registry: VariableRegistry) -> Iterator[Check]:
    if len(comparisons(expression)) > MAX_CONDITIONS:
        facts: tuple[Fact, ...] = (("most", MAX_CONDITIONS),)
        yield Check(expression.id, CheckCode.TOO_MANY_CONDITIONS, facts)
    if depth(expression) > MAX_DEPTH:
        yield Check(expression.id, CheckCode.TOO_DEEP, (("most", MAX_DEPTH),))
    for node in walk(expression):
        if isinstance(node, Group):
            yield from _group(node)
        else:
            yield from _comparison(node, registry)


def _group(group: Group) -> Iterator[Check]:
    count = len(group.children)
    if not count:
        yield Check(group.id, CheckCode.EMPTY_GROUP)
    elif group.kind is GroupKind.AT_LEAST and not 1 <= group.needed <= count:
        yield Check(group.id, CheckCode.IMPOSSIBLE_COUNT, (("most", count),))


def _comparison(comparison: Comparison, registry: VariableRegistry) -> Iterator[Check]:
    found = list(_operands(comparison, registry)) + list(_numbers(comparison))
    if comparison.right is None and comparison.comparator not in SLOPES:
        found.append(Check(comparison.id, CheckCode.UNFINISHED, (("field", "right"),)))
    elif comparison.upper is None and comparison.comparator in RANGES:
        found.append(Check(comparison.id, CheckCode.UNFINISHED, (("field", "upper"),)))
    yield from found
    if found:
        return
    wrong = mismatch(comparison, registry)
    if wrong is not None:
        yield Check(comparison.id, CheckCode.MISMATCH, mismatch=wrong)
        return
    yield from _remarks(comparison, registry)


def _operands(comparison: Comparison, registry: VariableRegistry) -> Iterator[Check]:
    for operand in comparison.operands:
        if not isinstance(operand, VariableOperand):
            continue
        try:
            registry.check(operand)
        except UnknownVariableError as error:
            yield Check(comparison.id, CheckCode.UNKNOWN_VARIABLE, (("name", error.name),))
        except InvalidOperandError as error:
            facts: tuple[Fact, ...] = (("name", error.name), ("field", error.field))
            yield Check(comparison.id, CheckCode.INVALID_OPERAND, facts)


def _numbers(comparison: Comparison) -> Iterator[Check]:
    sides = comparison.operands
    constants = [abs(side.value) for side in sides if isinstance(side, Constant)]
    variables = [side for side in sides if isinstance(side, VariableOperand)]
    sound = {
        "span": 1 <= comparison.span <= MAX_BARS,
        "for_bars": 1 <= comparison.for_bars <= MAX_BARS,
        "tolerance": 0.0 <= comparison.tolerance <= MAX_NUMBER,
        "constant": all(value <= MAX_NUMBER for value in constants),
        "offset": all(side.offset <= MAX_OFFSET for side in variables),
        "multiplier": all(abs(side.multiplier) <= MAX_NUMBER for side in variables),
    }
    for name, holds in sound.items():
        if not holds:
            yield Check(comparison.id, CheckCode.OUT_OF_RANGE, (("field", name),))


def _remarks(comparison: Comparison, registry: VariableRegistry) -> Iterator[Check]:
    low, high = comparison.right, comparison.upper
    if isinstance(low, Constant) and isinstance(high, Constant) and low.value > high.value:
        yield Check(comparison.id, CheckCode.EMPTY_RANGE)
    elif comparison.right == comparison.left:
        yield Check(comparison.id, CheckCode.SAME_SIDES)
    else:
        code = _foregone(comparison, registry[comparison.left.variable])
        if code is not None:
            yield Check(comparison.id, code)
    if reads_forming_bar(comparison, registry):
        yield Check(comparison.id, CheckCode.REPAINTS)


def _foregone(comparison: Comparison, left: Variable) -> CheckCode | None:
    """Return what a comparison with a constant outside the variable's range always is."""
    if not isinstance(comparison.right, Constant) or comparison.comparator in CHANGES:
        return None
    if left.minimum is None or left.maximum is None:
        return None
    ends = sorted(end * comparison.left.multiplier for end in (left.minimum, left.maximum))
    limit = comparison.right.value
    over, under = limit > ends[1], limit < ends[0]
    at_top, at_bottom = limit >= ends[1], limit <= ends[0]
    always: dict[Comparator, tuple[bool, bool]] = {
        Comparator.LESS: (over, at_bottom),
        Comparator.LESS_EQUAL: (at_top, under),
        Comparator.GREATER: (under, at_top),
        Comparator.GREATER_EQUAL: (at_bottom, over),
        Comparator.EQUAL: (False, over or under),
        Comparator.NOT_EQUAL: (over or under, False),
        Comparator.CROSSES_UP: (False, at_top or under),
        Comparator.CROSSES_DOWN: (False, at_bottom or over),
    }
    true, false = always.get(comparison.comparator, (False, False))
    if true:
        return CheckCode.ALWAYS_TRUE
    return CheckCode.ALWAYS_FALSE if false else None
