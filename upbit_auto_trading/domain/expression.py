"""Expressions: operands compared, comparisons grouped. Frozen values, evaluated elsewhere."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

MAX_DEPTH: Final = 5
MAX_CONDITIONS: Final = 50
MAX_BARS: Final = 200
MAX_OFFSET: Final = 500
MAX_NUMBER: Final = 1e18

ParameterValue = float | str
Parameters = tuple[tuple[str, ParameterValue], ...]


class Bar(StrEnum):
    """Which candle an operand reads: the newest closed one, or the one still forming (repaints)."""

    CLOSED = "closed"
    FORMING = "forming"


class Comparator(StrEnum):
    """How the left operand is held against the right one.

    CROSSES_UP: one bar earlier not above, now above. INSIDE and OUTSIDE: from `right` to `upper`,
    ends inside. RISING and FALLING: every one of the last `span` steps. RISES_BY and FALLS_BY:
    at least `right` between `span` bars ago and now, in percent of the older value, or in points
    where the variable's unit has no natural zero. WITHIN: at most `tolerance` from the right;
    WITHIN_PERCENT: at most that percentage of the right.
    """

    LESS = "<"
    LESS_EQUAL = "<="
    GREATER = ">"
    GREATER_EQUAL = ">="
    EQUAL = "="
    NOT_EQUAL = "!="
    CROSSES_UP = "crosses_up"
    CROSSES_DOWN = "crosses_down"
    INSIDE = "inside"
    OUTSIDE = "outside"
    RISING = "rising"
    FALLING = "falling"
    RISES_BY = "rises_by"
    FALLS_BY = "falls_by"
    WITHIN = "within"
    WITHIN_PERCENT = "within_percent"


CROSSINGS: Final = frozenset({Comparator.CROSSES_UP, Comparator.CROSSES_DOWN})
RANGES: Final = frozenset({Comparator.INSIDE, Comparator.OUTSIDE})
SLOPES: Final = frozenset({Comparator.RISING, Comparator.FALLING})
CHANGES: Final = frozenset({Comparator.RISES_BY, Comparator.FALLS_BY})
TOLERANCES: Final = frozenset({Comparator.WITHIN, Comparator.WITHIN_PERCENT})
SPANS: Final = SLOPES | CHANGES


class GroupKind(StrEnum):
    """How a group joins its children. NOT has one child; AT_LEAST needs `needed` of them."""

    ALL = "all"
    ANY = "any"
    NOT = "not"
    AT_LEAST = "at_least"


@dataclass(frozen=True, slots=True)
class Constant:
    """A fixed number in the unit of what it is compared with."""

    value: float


@dataclass(frozen=True, slots=True)
class VariableOperand:
    """A variable as a condition reads it.

    `parameters` are (name, value) pairs in the order of their names; those left out have the
    registry's default. `timeframe` is a code such as `1m`, None where the variable has no
    candles. `offset` counts bars back from `bar`. The value is multiplied by `multiplier`.
    """

    variable: str
    parameters: Parameters = ()
    timeframe: str | None = None
    bar: Bar = Bar.CLOSED
    offset: int = 0
    multiplier: float = 1.0

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.parameters, key=lambda pair: pair[0]))
        if ordered != self.parameters:
            object.__setattr__(self, "parameters", ordered)

    def parameter(self, name: str) -> ParameterValue | None:
        """Return the value given for a parameter, None where the default holds."""
        return next((value for key, value in self.parameters if key == name), None)


Operand = Constant | VariableOperand


def variable(
    name: str,
    timeframe: str | None = None,
    *,
    bar: Bar = Bar.CLOSED,
    offset: int = 0,
    multiplier: float = 1.0,
    **parameters: ParameterValue,
) -> VariableOperand:
    """Return an operand in short: `variable("rsi", "1m", period=14)`."""
    return VariableOperand(name, tuple(parameters.items()), timeframe, bar, offset, multiplier)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One condition. `id` addresses it in its tree and is no part of what it means.

    `right` is missing for slopes, `upper` for all but ranges. `span` is for slopes and changes,
    `tolerance` for WITHIN and WITHIN_PERCENT. `for_bars` asks that the comparison also held on
    each of the preceding `for_bars - 1` bars. Parts that its comparator doesn't use are dropped,
    so that comparisons that mean the same are equal.
    """

    left: VariableOperand
    comparator: Comparator
    right: Operand | None = None
    upper: Operand | None = None
    span: int = 1
    tolerance: float = 0.0
    for_bars: int = 1
    id: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if self.comparator in SLOPES:
            object.__setattr__(self, "right", None)
        if self.comparator not in RANGES:
            object.__setattr__(self, "upper", None)
        if self.comparator not in SPANS:
            object.__setattr__(self, "span", 1)
        if self.comparator not in TOLERANCES:
            object.__setattr__(self, "tolerance", 0.0)

    @property
    def operands(self) -> tuple[Operand, ...]:
        """The operands that are there, left to right."""
        return tuple(o for o in (self.left, self.right, self.upper) if o is not None)


@dataclass(frozen=True, slots=True)
class Group:
    """Expressions joined. `needed` is 1 but for AT_LEAST. An empty group is unknown.

    Several children of a NOT become an ANY inside it: none of them holds.
    """

    kind: GroupKind
    children: tuple["Expression", ...] = ()
    needed: int = 1
    id: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if self.kind is not GroupKind.AT_LEAST:
            object.__setattr__(self, "needed", 1)
        if self.kind is GroupKind.NOT and len(self.children) > 1:
            object.__setattr__(self, "children", (Group(GroupKind.ANY, self.children),))


Expression = Comparison | Group


def all_of(*children: "Expression") -> Group:
    """Every child."""
    return Group(GroupKind.ALL, children)


def any_of(*children: Expression) -> Group:
    """One child or more."""
    return Group(GroupKind.ANY, children)


def none_of(child: Expression) -> Group:
    """The opposite of the child."""
    return Group(GroupKind.NOT, (child,))


def walk(expression: Expression) -> Iterator[Expression]:
    """Every node, parents before children, left to right."""
    waiting = [expression]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, Group):
            waiting.extend(reversed(node.children))


def comparisons(expression: Expression) -> tuple[Comparison, ...]:
    """Every comparison in the order a reader meets them, the order of their letters."""
    return tuple(node for node in walk(expression) if isinstance(node, Comparison))


def depth(expression: Expression) -> int:
    """Count the levels of groups; a lone comparison has none."""
    deepest = 0
    waiting: list[tuple[Expression, int]] = [(expression, 0)]
    while waiting:
        node, above = waiting.pop()
        if isinstance(node, Group):
            deepest = max(deepest, above + 1)
            waiting.extend((child, above + 1) for child in node.children)
    return deepest


def operands(expression: Expression) -> tuple[VariableOperand, ...]:
    """Every variable read, in reading order, repeated where it is repeated."""
    return tuple(
        operand
        for comparison in comparisons(expression)
        for operand in comparison.operands
        if isinstance(operand, VariableOperand)
    )


def with_ids(expression: Expression) -> Expression:
    """Return the same tree with an id on every node; ids that are there and unique stay."""
    taken = {node.id for node in walk(expression) if node.id}
    used: set[str] = set()
    number = 0

    def fresh() -> str:
        nonlocal number
        number += 1
        while f"n{number}" in taken:
            number += 1
        return f"n{number}"

    def named(node: Expression) -> Expression:
        identity = node.id if node.id and node.id not in used else fresh()
        used.add(identity)
        if isinstance(node, Group):
            return replace(node, id=identity, children=tuple(map(named, node.children)))
        return replace(node, id=identity)

    return named(expression)
