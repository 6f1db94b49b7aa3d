"""Random expressions over the shipped variables, for property tests."""

from hypothesis import strategies as st

from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.expression import (
    MAX_DEPTH,
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
    with_ids,
)
from upbit_auto_trading.domain.timeframe import TIMEFRAMES
from upbit_auto_trading.domain.variable import Parameter, ParameterKind

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
def operands(draw: st.DrawFn, names: tuple[str, ...]) -> VariableOperand:
    """Operands the registry allows."""
    variable = REGISTRY[draw(st.sampled_from(names))]
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


EVERY_NAME = tuple(variable.id for variable in REGISTRY)


@st.composite
def random_comparisons(draw: st.DrawFn, names: tuple[str, ...] = EVERY_NAME) -> Comparison:
    """Complete comparisons; the sides may count different things."""

    def side() -> Operand:
        return Constant(draw(NUMBERS)) if draw(st.booleans()) else draw(operands(names))

    comparator = draw(st.sampled_from(Comparator))
    return Comparison(
        draw(operands(names)),
        comparator,
        None if comparator in SLOPES else side(),
        side() if comparator in RANGES else None,
        draw(st.integers(1, 4)) if comparator in SPANS else 1,
        draw(st.sampled_from([0.0, 0.5, 2, 100.0])) if comparator in TOLERANCES else 0.0,
        draw(st.sampled_from([1, 1, 1, 2, 3])),
    )


@st.composite
def expressions(
    draw: st.DrawFn, names: tuple[str, ...] = EVERY_NAME, *, max_conditions: int = 12
) -> Expression:
    """Trees within the limits, with ids on every node."""
    left = max_conditions

    def node(level: int) -> Expression:
        nonlocal left
        kind = draw(st.sampled_from([None, None, *GroupKind])) if level < MAX_DEPTH else None
        if kind is None or left <= 1:
            left -= 1
            return draw(random_comparisons(names))
        wanted = 1 if kind is GroupKind.NOT else draw(st.integers(1, 4))
        children: list[Expression] = []
        while len(children) < wanted and (left > 0 or not children):
            children.append(node(level + 1))
        needed = draw(st.integers(1, len(children))) if kind is GroupKind.AT_LEAST else 1
        return Group(kind, tuple(children), needed)

    return with_ids(node(0))
