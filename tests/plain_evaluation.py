"""The meaning of expressions once more, slowly and straight from the definitions."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from math import isnan

from tests.expressions import REGISTRY
from upbit_auto_trading.domain.compatibility import mismatch
from upbit_auto_trading.domain.evaluation import Input
from upbit_auto_trading.domain.expression import (
    Comparator,
    Comparison,
    Constant,
    Expression,
    Group,
    GroupKind,
    Operand,
    VariableOperand,
)
from upbit_auto_trading.domain.truth import Truth

T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN


def plain_truth(expression: Expression, values: dict[Input, float]) -> Truth:
    """Every comparison on every bar, then Kleene's tables."""
    if isinstance(expression, Group):
        truths = [plain_truth(child, values) for child in expression.children]
        if expression.kind is GroupKind.NOT:
            return opposite(truths[0])
        needed = {GroupKind.ALL: len(truths), GroupKind.ANY: 1}.get(
            expression.kind, expression.needed
        )
        return kleene(needed, truths)
    if mismatch(expression, REGISTRY) is not None:
        return U
    bars = [Bar(expression, values, back).truth() for back in range(expression.for_bars)]
    return kleene(len(bars), bars)


def kleene(needed: int, truths: list[Truth]) -> Truth:
    if truths.count(T) >= needed:
        return T
    return U if truths.count(T) + truths.count(U) >= needed else F


def opposite(truth: Truth) -> Truth:
    return {T: F, F: T, U: U}[truth]


def decided(holds: Callable[..., bool], *numbers: float) -> Truth:
    if any(map(isnan, numbers)):
        return U
    return T if holds(*numbers) else F


@dataclass
class Bar:
    comparison: Comparison
    values: dict[Input, float]
    back: int

    def number(self, operand: Operand | None, earlier: int = 0) -> float:
        if isinstance(operand, Constant):
            return operand.value
        assert operand is not None
        key = Input(REGISTRY.reading(operand), operand.offset + self.back + earlier)
        return self.values[key] * operand.multiplier

    @property
    def tolerance(self) -> float:
        variables = [o for o in self.comparison.operands if isinstance(o, VariableOperand)]
        return max(REGISTRY[operand.variable].tolerance for operand in variables)

    def truth(self) -> Truth:
        comparator = self.comparison.comparator
        if comparator in (Comparator.RISING, Comparator.FALLING):
            return self.slope(rising=comparator is Comparator.RISING)
        if comparator in (Comparator.CROSSES_UP, Comparator.CROSSES_DOWN):
            return kleene(2, [self.beyond(0), opposite(self.beyond(1))])
        if comparator in (Comparator.RISES_BY, Comparator.FALLS_BY):
            return self.change(rising=comparator is Comparator.RISES_BY)
        if comparator in (Comparator.INSIDE, Comparator.OUTSIDE):
            return self.range(inside=comparator is Comparator.INSIDE)
        now, right = self.number(self.comparison.left), self.number(self.comparison.right)
        if comparator is Comparator.WITHIN_PERCENT and right == 0:
            return U
        slack, allowance = self.tolerance, self.comparison.tolerance
        holds: dict[Comparator, Callable[[float, float], bool]] = {
            Comparator.LESS: lambda a, b: a < b + slack,
            Comparator.LESS_EQUAL: lambda a, b: a <= b + slack,
            Comparator.GREATER: lambda a, b: a > b - slack,
            Comparator.GREATER_EQUAL: lambda a, b: a >= b - slack,
            Comparator.EQUAL: lambda a, b: abs(a - b) <= slack,
            Comparator.NOT_EQUAL: lambda a, b: abs(a - b) > slack,
            Comparator.WITHIN: lambda a, b: abs(a - b) - allowance <= slack,
            Comparator.WITHIN_PERCENT: lambda a, b: abs((a / b - 1) * 100) - allowance <= 1e-9,
        }
        return decided(holds[comparator], now, right)

    def beyond(self, earlier: int) -> Truth:
        slack = self.tolerance
        upward = self.comparison.comparator is Comparator.CROSSES_UP
        return decided(
            lambda a, b: a > b - slack if upward else a < b + slack,
            self.number(self.comparison.left, earlier),
            self.number(self.comparison.right, earlier),
        )

    def slope(self, *, rising: bool) -> Truth:
        span = self.comparison.span
        line = [self.number(self.comparison.left, step) for step in range(span + 1)]
        steps = [decided(lambda a, b: a > b if rising else a < b, *two) for two in pairwise(line)]
        return kleene(span, steps)

    def change(self, *, rising: bool) -> Truth:
        now = self.number(self.comparison.left)
        old = self.number(self.comparison.left, self.comparison.span)
        least = self.number(self.comparison.right)
        slack = self.tolerance
        change = now - old
        if REGISTRY[self.comparison.left.variable].is_proportional:
            if old == 0:
                return U
            change, slack = (now / old - 1) * 100, 1e-9
        if rising:
            return decided(lambda a, b: a >= b - slack, change, least)
        return decided(lambda a, b: a <= -b + slack, change, least)

    def range(self, *, inside: bool) -> Truth:
        now, slack = self.number(self.comparison.left), self.tolerance
        low, high = self.number(self.comparison.right), self.number(self.comparison.upper)
        outward = slack if inside else -slack
        out = kleene(
            1,
            [
                decided(lambda a, b: a < b - outward, now, low),
                decided(lambda a, b: a > b + outward, now, high),
            ],
        )
        return opposite(out) if inside else out
