"""Random expressions over the shipped variables, for property tests."""

from hypothesis import strategies as st

from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.expression import (
    RANGES,
    SLOPES,
    SPANS,
    TOLERANCES,
    Comparator,
    Comparison,
    Constant,
    Expression,
    Group,
    GroupKind,
    Operand,
    VariableOperand,
    comparisons,
    with_ids,
)
from upbit_auto_trading.domain.timeframe import TIMEFRAMES
from upbit_auto_trading.domain.variable import Parameter, ParameterKind, Variable

REGISTRY = shipped_variables()

NUMBERS = st.one_of(
    st.integers(-1000, 200_000_000),
    st.floats(-1e12, 1e12, allow_nan=False),
    st.decimals(-1000, 1000, places=3).map(float),
)


def parameter_values(parameter: Parameter) -> st.SearchStrategy[float | str]:
    """Values the parameter accepts."""
    if parameter.kind is ParameterKind.CHOICE:
        return st.sampled_from([choice.value for choice in parameter.choices])
    if parameter.kind is ParameterKind.RULE:
        return st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
    if parameter.kind is ParameterKind.INTEGER:
        return st.integers(int(parameter.minimum), int(parameter.maximum))
    return st.floats(parameter.minimum, parameter.maximum)


@st.composite
def operands(draw: st.DrawFn, variables: tuple[Variable, ...]) -> VariableOperand:
    """Operands the registry allows."""
    variable = draw(st.sampled_from(variables))
    chosen = [
        (parameter.name, draw(parameter_values(parameter)))
        for parameter in variable.parameters
        if parameter.kind is ParameterKind.RULE or draw(st.booleans())
    ]
    multiplier = draw(st.sampled_from([1.0, 1.0, 1.0, 2, 0.5, 1.01, -1.0]))
    if not variable.has_bars:
        return VariableOperand(variable.id, tuple(chosen), multiplier=multiplier)
    return VariableOperand(
        variable.id,
        tuple(chosen),
        draw(st.sampled_from(list(TIMEFRAMES))),
        draw(st.sampled_from(variable.bars)),
        draw(st.sampled_from([0, 0, 0, 1, 2, 17])),
        multiplier,
    )


@st.composite
def random_comparisons(
    draw: st.DrawFn, variables: tuple[Variable, ...] = tuple(REGISTRY)
) -> Comparison:
    """Complete comparisons; the sides may count different things."""
    sides: st.SearchStrategy[Operand] = st.one_of(
        NUMBERS.map(Constant), operands(variables=variables)
    )
    comparator = draw(st.sampled_from(Comparator))
    return Comparison(
        draw(operands(variables=variables)),
        comparator,
        None if comparator in SLOPES else draw(sides),
        draw(sides) if comparator in RANGES else None,
        draw(st.integers(1, 4)) if comparator in SPANS else 1,
        draw(st.sampled_from([0.0, 0.5, 2, 100.0])) if comparator in TOLERANCES else 0.0,
        draw(st.sampled_from([1, 1, 1, 2, 3])),
    )


def _groups(children: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    several = st.lists(children, min_size=1, max_size=4).map(tuple)
    return st.one_of(
        several.map(lambda inner: Group(GroupKind.ALL, inner)),
        several.map(lambda inner: Group(GroupKind.ANY, inner)),
        children.map(lambda inner: Group(GroupKind.NOT, (inner,))),
        several.flatmap(
            lambda inner: st.integers(1, len(inner)).map(
                lambda needed: Group(GroupKind.AT_LEAST, inner, needed)
            )
        ),
    )


def expressions(
    variables: tuple[Variable, ...] = tuple(REGISTRY), *, max_leaves: int = 12
) -> st.SearchStrategy[Expression]:
    """Trees within the limits, with ids on every node."""
    leaves: st.SearchStrategy[Expression] = random_comparisons(variables)
    level = leaves
    for _ in range(4):
        level = st.one_of(leaves, _groups(level))
    return level.filter(lambda e: len(comparisons(e)) <= max_leaves).map(with_ids)
