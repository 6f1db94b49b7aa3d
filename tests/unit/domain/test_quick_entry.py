from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.expressions import REGISTRY, expressions, random_comparisons
from upbit_auto_trading.domain.expression import (
    Bar,
    Comparator,
    Comparison,
    Constant,
    Expression,
    Group,
    GroupKind,
    Operand,
    VariableOperand,
    all_of,
    any_of,
    none_of,
    variable,
)
from upbit_auto_trading.domain.formula import spelled
from upbit_auto_trading.domain.formula_tokens import FormulaError
from upbit_auto_trading.domain.formula_tokens import FormulaProblem as Problem
from upbit_auto_trading.domain.quick_entry import parse_entry
from upbit_auto_trading.domain.quick_entry_text import entry_text
from upbit_auto_trading.domain.timeframe import TIMEFRAMES
from upbit_auto_trading.domain.variable import Variable


def spelled_out(operand: Operand | None) -> Operand | None:
    if isinstance(operand, VariableOperand):
        return replace(operand, parameters=REGISTRY.parameters(operand))
    return operand


def complete(expression: Expression) -> Expression:
    """The same with every parameter spelled out."""
    if isinstance(expression, Group):
        return replace(expression, children=tuple(map(complete, expression.children)))
    left = spelled_out(expression.left)
    assert isinstance(left, VariableOperand)
    right, upper = spelled_out(expression.right), spelled_out(expression.upper)
    return replace(expression, left=left, right=right, upper=upper)


@given(random_comparisons())
def test_a_printed_condition_reads_back_the_same(comparison: Comparison) -> None:
    assert parse_entry(entry_text(comparison, REGISTRY), REGISTRY) == complete(comparison)


@given(expressions())
def test_a_printed_tree_reads_back_the_same(expression: Expression) -> None:
    text = spelled(expression, lambda comparison: entry_text(comparison, REGISTRY))
    if len(text) <= 2000:
        assert parse_entry(text, REGISTRY) == complete(expression)


RSI = variable("rsi", "15m", period=14)
CLOSE = variable("close", "1m")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rsi 14 15m < 30", Comparison(RSI, Comparator.LESS, Constant(30))),
        ("RSI(14)·15분·마감봉 < 30", Comparison(RSI, Comparator.LESS, Constant(30))),
        ("rsi 14 15분봉 <= 20", Comparison(RSI, Comparator.LESS_EQUAL, Constant(20))),
        (
            "close > sma 20",
            Comparison(CLOSE, Comparator.GREATER, variable("sma", "1m", period=20)),
        ),
        (
            "close 4h > sma 20",
            Comparison(
                variable("close", "4h"), Comparator.GREATER, variable("sma", "4h", period=20)
            ),
        ),
        (
            "close 240m > sma 20 1d",
            Comparison(
                variable("close", "4h"), Comparator.GREATER, variable("sma", "1d", period=20)
            ),
        ),
        (
            "close forming crosses up 볼린저 상단 20 2",
            Comparison(
                variable("close", "1m", bar=Bar.FORMING),
                Comparator.CROSSES_UP,
                variable("bollinger_upper", "1m", bar=Bar.FORMING, period=20, deviations=2),
            ),
        ),
        (
            "macd 12 26 9 > 0",
            Comparison(
                variable("macd", "1m", fast=12, slow=26, signal=9),
                Comparator.GREATER,
                Constant(0),
            ),
        ),
        (
            "종가 상향돌파 sma 20",
            Comparison(CLOSE, Comparator.CROSSES_UP, variable("sma", "1m", period=20)),
        ),
        (
            "change 60s <= -5%",
            Comparison(variable("change", window=60), Comparator.LESS_EQUAL, Constant(-5)),
        ),
        (
            "변화율 5분 고점 ≤ −5 %",
            Comparison(
                variable("change", window=300, origin="high"),
                Comparator.LESS_EQUAL,
                Constant(-5),
            ),
        ),
        (
            "거래량 > 거래량평균 20 2배",
            Comparison(
                variable("volume", "1m"),
                Comparator.GREATER,
                variable("volume_average", "1m", multiplier=2, period=20),
            ),
        ),
        (
            "volume > avg volume 20 *2",
            Comparison(
                variable("volume", "1m"),
                Comparator.GREATER,
                variable("volume_average", "1m", multiplier=2, period=20),
            ),
        ),
        (
            "volume > 2 * avg volume",
            Comparison(
                variable("volume", "1m"),
                Comparator.GREATER,
                variable("volume_average", "1m", multiplier=2),
            ),
        ),
        (
            "1.5× 거래량 > 2배 평균 거래량 20",
            Comparison(
                variable("volume", "1m", multiplier=1.5),
                Comparator.GREATER,
                variable("volume_average", "1m", multiplier=2, period=20),
            ),
        ),
        (
            "volume[2] x1.5 < volume",
            Comparison(
                variable("volume", "1m", offset=2, multiplier=1.5),
                Comparator.LESS,
                variable("volume", "1m"),
            ),
        ),
        (
            "rsi 14 15m inside 30..70 for 3봉",
            Comparison(RSI, Comparator.INSIDE, Constant(30), Constant(70), for_bars=3),
        ),
        (
            "rsi 14 15m outside 30~70",
            Comparison(RSI, Comparator.OUTSIDE, Constant(30), Constant(70)),
        ),
        ("rsi 14 15m rising 3", Comparison(RSI, Comparator.RISING, span=3)),
        ("종가 rises 5% 3봉", Comparison(CLOSE, Comparator.RISES_BY, Constant(5), span=3)),
        (
            "close within 1% of sma 20",
            Comparison(
                CLOSE,
                Comparator.WITHIN_PERCENT,
                variable("sma", "1m", period=20),
                tolerance=1,
            ),
        ),
        (
            "현재가 >= 1.4억",
            Comparison(
                variable("price", "1m", bar=Bar.FORMING),
                Comparator.GREATER_EQUAL,
                Constant(140_000_000),
            ),
        ),
        ("close > 142,009,000", Comparison(CLOSE, Comparator.GREATER, Constant(142_009_000))),
        (
            'fired "불타기" >= 3',
            Comparison(
                variable("times_fired", rule="불타기"), Comparator.GREATER_EQUAL, Constant(3)
            ),
        ),
        (
            "rsi 14 1M < 30",
            Comparison(variable("rsi", "1M", period=14), Comparator.LESS, Constant(30)),
        ),
        (
            "rsi 14 일봉 < 30",
            Comparison(variable("rsi", "1d", period=14), Comparator.LESS, Constant(30)),
        ),
    ],
)
def test_what_traders_type_is_understood(text: str, expected: Comparison) -> None:
    assert parse_entry(text, REGISTRY) == expected


def test_conditions_join_in_one_line() -> None:
    typed = parse_entry("rsi < 30 and (close > 5 or not close < 3)", REGISTRY, "5m")
    close = variable("close", "5m")
    assert typed == all_of(
        Comparison(variable("rsi", "5m"), Comparator.LESS, Constant(30)),
        any_of(
            Comparison(close, Comparator.GREATER, Constant(5)),
            none_of(Comparison(close, Comparator.LESS, Constant(3))),
        ),
    )
    two = parse_entry("2 of (rsi < 30, close > 5, close < 3)", REGISTRY)
    assert isinstance(two, Group)
    assert (two.kind, two.needed) == (GroupKind.AT_LEAST, 2)


@pytest.mark.parametrize("code", list(TIMEFRAMES))
def test_every_timeframe_can_be_typed_by_its_code(code: str) -> None:
    typed = parse_entry(f"rsi 14 {code} < 30", REGISTRY)
    assert isinstance(typed, Comparison)
    assert typed.left.timeframe == code


@pytest.mark.parametrize("entry", list(REGISTRY), ids=lambda entry: entry.id)
def test_every_name_of_a_variable_leads_to_it(entry: Variable) -> None:
    tail = " 규칙 > 1" if [p.name for p in entry.parameters] == ["rule"] else " > 1"
    for name in (entry.id, *entry.aliases):
        typed = parse_entry(name + tail, REGISTRY)
        assert isinstance(typed, Comparison)
        assert typed.left.variable == entry.id, name


@pytest.mark.parametrize(
    ("text", "problem", "part", "suggestion"),
    [
        ("rsj 14 < 30", Problem.UNKNOWN_NAME, "rsj", "rsi"),
        ("rsi < smma 20", Problem.UNKNOWN_NAME, "smma", "sma"),
        ("볼린저상 > 3", Problem.UNKNOWN_NAME, "볼린저상", "bollinger_upper"),
        ("rsi 30 <", Problem.EXPECTED_VALUE, "", None),
        ("rsi 14", Problem.EXPECTED_COMPARATOR, "", "<"),
        ("rsi 14 is 30", Problem.EXPECTED_COMPARATOR, "is", "<"),
        ("rsi 1 < 30", Problem.OUT_OF_RANGE, "1", None),
        ("rsi < 1e400", Problem.OUT_OF_RANGE, "1e400", None),
        (f"rsi < {'9' * 400}", Problem.OUT_OF_RANGE, "9" * 400, None),
        (f"rsi x{'9' * 400} < 3", Problem.OUT_OF_RANGE, f"x{'9' * 400}", None),
        ("rsi 14 30 < 5", Problem.TOO_MANY_NUMBERS, "30", None),
        ("rsi 14 7m < 30", Problem.NO_TIMEFRAME, "7m", "1s"),
        ("rsi 1m 5m < 30", Problem.TOO_MANY_NUMBERS, "5m", None),
        ("profit 1m > 3", Problem.NO_TIMEFRAME, "1m", None),
        ("profit[1] > 3", Problem.NO_BARS, "[1]", None),
        ("price closed > 3", Problem.NO_BARS, "closed", None),
        ("close > 5%", Problem.NOT_A_PERCENTAGE, "%", None),
        ("fired >= 3", Problem.EXPECTED_RULE, "fired", None),
        ("rsi < 30 for", Problem.EXPECTED_NUMBER, "", None),
        ("rsi < 30 for 0", Problem.OUT_OF_RANGE, "0", None),
        ("rsi rising 3h", Problem.EXPECTED_NUMBER, "3h", None),
        ("rsi within of 50", Problem.EXPECTED_NUMBER, "of", None),
        ("rsi(14 < 30", Problem.EXPECTED_BRACKET, "<", ")"),
        ("rsi < 30 close", Problem.EXPECTED_END, "close", "and"),
        ("rsi < 30; close > 3", Problem.UNKNOWN_SIGN, ";", None),
        ("30 < rsi", Problem.EXPECTED_CONDITION, "30", None),
        ("rsi < 1 or close > 1 and close < 3", Problem.MIXED_AND_OR, "and", None),
        ("", Problem.EMPTY, "", None),
    ],
)
def test_what_is_wrong_is_marked_and_helped(
    text: str, problem: Problem, part: str, suggestion: str | None
) -> None:
    with pytest.raises(FormulaError) as caught:
        parse_entry(text, REGISTRY)
    error = caught.value
    assert (error.problem, text[error.start : error.end]) == (problem, part)
    assert suggestion is None or suggestion in error.suggestions


PIECES = """rsi close sma 20 14 15m < <= crosses up and or not ( ) , % 60s change high for 3봉
    × 2배 [1] 종가 -5 within of inside ~ rising 진행봉 1.4억"""


@given(st.lists(st.sampled_from(PIECES.split()), max_size=14).map(" ".join) | st.text(max_size=40))
def test_any_text_is_a_condition_or_an_error_with_its_place(text: str) -> None:
    try:
        typed = parse_entry(text, REGISTRY)
    except FormulaError as error:
        inside = 0 <= error.start <= error.end <= len(text)
        assert inside
    else:
        again = spelled(typed, lambda comparison: entry_text(comparison, REGISTRY))
        assert parse_entry(again, REGISTRY) == complete(typed)
