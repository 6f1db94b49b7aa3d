import pytest
from hypothesis import given

from tests.expressions import REGISTRY, expressions
from upbit_auto_trading.domain.evaluation import Inputs, compile_expression
from upbit_auto_trading.domain.expression import (
    Bar,
    Comparator,
    Comparison,
    Constant,
    Expression,
    Group,
    GroupKind,
    VariableOperand,
    all_of,
    any_of,
    none_of,
    variable,
    with_ids,
)
from upbit_auto_trading.domain.expression_check import CheckCode, check_expression

RSI = variable("rsi", "1m", period=14)
SOUND = Comparison(RSI, Comparator.LESS, Constant(30))


def codes(expression: Expression) -> list[CheckCode]:
    return [check.code for check in check_expression(with_ids(expression), REGISTRY)]


def test_a_sound_tree_has_nothing_to_say() -> None:
    assert codes(all_of(SOUND, any_of(SOUND, none_of(SOUND)))) == []


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (Group(GroupKind.ALL), CheckCode.EMPTY_GROUP),
        (Group(GroupKind.AT_LEAST, (SOUND,), 2), CheckCode.IMPOSSIBLE_COUNT),
        (Group(GroupKind.AT_LEAST, (SOUND,), 0), CheckCode.IMPOSSIBLE_COUNT),
        (all_of(*[SOUND] * 51), CheckCode.TOO_MANY_CONDITIONS),
        (all_of(all_of(all_of(all_of(all_of(all_of(SOUND)))))), CheckCode.TOO_DEEP),
        (Comparison(RSI, Comparator.LESS), CheckCode.UNFINISHED),
        (Comparison(RSI, Comparator.INSIDE, Constant(3)), CheckCode.UNFINISHED),
        (Comparison(variable("rsj"), Comparator.RISING), CheckCode.UNKNOWN_VARIABLE),
        (Comparison(variable("rsi"), Comparator.RISING), CheckCode.INVALID_OPERAND),
        (Comparison(RSI, Comparator.RISING, span=0), CheckCode.OUT_OF_RANGE),
        (Comparison(RSI, Comparator.LESS, Constant(1e19)), CheckCode.OUT_OF_RANGE),
        (Comparison(RSI, Comparator.LESS, Constant(float("nan"))), CheckCode.OUT_OF_RANGE),
        (Comparison(RSI, Comparator.LESS, variable("close", "1m")), CheckCode.MISMATCH),
        (Comparison(RSI, Comparator.INSIDE, Constant(7), Constant(3)), CheckCode.EMPTY_RANGE),
        (Comparison(RSI, Comparator.LESS, RSI), CheckCode.SAME_SIDES),
        (Comparison(RSI, Comparator.LESS, Constant(101)), CheckCode.ALWAYS_TRUE),
        (Comparison(RSI, Comparator.LESS_EQUAL, Constant(100)), CheckCode.ALWAYS_TRUE),
        (Comparison(RSI, Comparator.LESS, Constant(0)), CheckCode.ALWAYS_FALSE),
        (Comparison(RSI, Comparator.CROSSES_UP, Constant(100)), CheckCode.ALWAYS_FALSE),
        (Comparison(RSI, Comparator.EQUAL, Constant(-1)), CheckCode.ALWAYS_FALSE),
        (
            Comparison(VariableOperand("rsi", (), "1m", Bar.FORMING), Comparator.RISING),
            CheckCode.REPAINTS,
        ),
    ],
)
def test_each_fault_has_its_code(expression: Expression, expected: CheckCode) -> None:
    assert codes(expression) == [expected]


def test_limits_within_the_range_are_no_foregone_conclusion() -> None:
    for level in (0, 100):
        for comparator in (Comparator.EQUAL, Comparator.NOT_EQUAL):
            assert codes(Comparison(RSI, comparator, Constant(level))) == []
    assert codes(Comparison(RSI, Comparator.LESS, Constant(100))) == []
    doubled = variable("rsi", "1m", multiplier=2)
    assert codes(Comparison(doubled, Comparator.LESS, Constant(150))) == []


def test_faults_name_their_node_and_remarks_do_not_hinder() -> None:
    tree = with_ids(all_of(SOUND, Comparison(RSI, Comparator.LESS, Constant(101))))
    (remark,) = check_expression(tree, REGISTRY)
    assert (remark.node, remark.is_remark) == ("n3", True)


@given(expressions())
def test_a_tree_without_faults_compiles(expression: Expression) -> None:
    faults = [c for c in check_expression(expression, REGISTRY) if not c.is_remark]
    assert all(c.code in (CheckCode.MISMATCH, CheckCode.EMPTY_RANGE) for c in faults)
    compile_expression(expression, REGISTRY, Inputs())
