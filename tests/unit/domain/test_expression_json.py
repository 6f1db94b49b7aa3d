import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.expressions import REGISTRY, expressions
from upbit_auto_trading.domain.document import DocumentProblem as Problem
from upbit_auto_trading.domain.document import InvalidDocumentError
from upbit_auto_trading.domain.expression import (
    MAX_CONDITIONS,
    Comparator,
    Comparison,
    Constant,
    Expression,
    all_of,
    any_of,
    none_of,
    variable,
    walk,
    with_ids,
)
from upbit_auto_trading.domain.expression_json import (
    expression_data,
    expression_from_json,
    expression_to_json,
)

CONDITION: dict[str, Any] = {
    "left": {
        "variable": "rsi",
        "parameters": {"period": 14},
        "timeframe": "1m",
        "bar": "closed",
    },
    "is": "<=",
    "right": {"constant": 20},
}


def read(expression: object, **more: object) -> Expression:
    return expression_from_json(
        json.dumps({"version": 1, "expression": expression} | more), REGISTRY
    )


def refusal(expression: object, **more: object) -> tuple[str, Problem]:
    with pytest.raises(InvalidDocumentError) as caught:
        read(expression, **more)
    return caught.value.path, caught.value.problem


@given(expressions())
def test_what_is_written_is_read_back_ids_included(expression: Expression) -> None:
    text = expression_to_json(expression)
    back = expression_from_json(text, REGISTRY)
    assert back == expression
    assert [node.id for node in walk(back)] == [node.id for node in walk(expression)]
    assert expression_to_json(back) == text
    assert expression_from_json(text.encode(), REGISTRY) == expression


def test_a_condition_reads_as_it_is_said() -> None:
    expected = Comparison(variable("rsi", "1m", period=14), Comparator.LESS_EQUAL, Constant(20))
    assert read(CONDITION) == expected
    assert expression_data(expected) == CONDITION


def test_a_comparison_of_different_units_can_be_stored_as_a_draft() -> None:
    close = {"variable": "close", "timeframe": "1m"}
    assert isinstance(read(CONDITION | {"right": close}), Comparison)


def with_left(**changes: object) -> dict[str, Any]:
    return CONDITION | {"left": CONDITION["left"] | changes}


@pytest.mark.parametrize(
    ("expression", "path", "problem"),
    [
        ([], "expression", Problem.WRONG_TYPE),
        ({}, "expression.left", Problem.MISSING),
        (CONDITION | {"is": "=>"}, "expression.is", Problem.UNKNOWN_NAME),
        (CONDITION | {"left": {"constant": 1}}, "expression.left", Problem.WRONG_TYPE),
        (with_left(variable="rsj"), "expression.left.variable", Problem.UNKNOWN_NAME),
        (with_left(parameters={"period": 1}), "expression.left.parameters.period", None),
        (with_left(parameters={"length": 9}), "expression.left.parameters.length", None),
        (with_left(parameters={"period": None}), "expression.left.parameters.period", None),
        (with_left(parameters=[14]), "expression.left.parameters", Problem.WRONG_TYPE),
        (with_left(timeframe="2m"), "expression.left.timeframe", Problem.OUT_OF_RANGE),
        (with_left(bar="open"), "expression.left.bar", Problem.UNKNOWN_NAME),
        (with_left(offset=-1), "expression.left.offset", Problem.OUT_OF_RANGE),
        (with_left(offset=1.5), "expression.left.offset", Problem.WRONG_TYPE),
        (with_left(offset=True), "expression.left.offset", Problem.WRONG_TYPE),
        (with_left(multiplier="2"), "expression.left.multiplier", Problem.WRONG_TYPE),
        (with_left(colour="red"), "expression.left.colour", Problem.UNKNOWN_FIELD),
        (CONDITION | {"right": {"constant": 1e300}}, "expression.right.constant", None),
        (CONDITION | {"right": {"constant": "20"}}, "expression.right.constant", None),
        (CONDITION | {"upper": {"constant": 5}}, "expression.upper", Problem.UNKNOWN_FIELD),
        (CONDITION | {"is": "inside"}, "expression.upper", Problem.MISSING),
        (CONDITION | {"is": "rising"}, "expression.right", Problem.UNKNOWN_FIELD),
        (CONDITION | {"for_bars": 0}, "expression.for_bars", Problem.OUT_OF_RANGE),
        (CONDITION | {"for_bars": 10**9}, "expression.for_bars", Problem.OUT_OF_RANGE),
        (CONDITION | {"id": "a b"}, "expression.id", Problem.OUT_OF_RANGE),
        ({"group": "all", "children": []}, "expression.children", Problem.OUT_OF_RANGE),
        ({"group": "xor", "children": [CONDITION]}, "expression.group", Problem.UNKNOWN_NAME),
        ({"group": "not", "children": [CONDITION] * 2}, "expression.children", None),
        ({"group": "at_least", "children": [CONDITION]}, "expression.needed", Problem.MISSING),
        (
            {"group": "at_least", "needed": 2, "children": [CONDITION]},
            "expression.needed",
            Problem.OUT_OF_RANGE,
        ),
        (
            {"group": "all", "children": [CONDITION, {"group": "any", "children": [3]}]},
            "expression.children[1].children[0]",
            Problem.WRONG_TYPE,
        ),
        (
            {"group": "all", "children": [CONDITION | {"id": "a"}, CONDITION | {"id": "a"}]},
            "expression.children[1].id",
            Problem.DUPLICATE,
        ),
        (
            {"group": "all", "children": [CONDITION] * (MAX_CONDITIONS + 1)},
            "expression",
            Problem.TOO_MANY,
        ),
        ({"group": "all", "children": [CONDITION] * 501}, None, Problem.TOO_MANY),
    ],
)
def test_a_wrong_field_is_named_by_its_path(
    expression: object, path: str | None, problem: Problem | None
) -> None:
    found_path, found_problem = refusal(expression)
    assert path is None or found_path == path
    assert problem is None or found_problem is problem


def test_the_document_itself_is_checked() -> None:
    assert refusal(CONDITION, version=2) == ("version", Problem.UNKNOWN_VERSION)
    assert refusal(CONDITION, version=True) == ("version", Problem.UNKNOWN_VERSION)
    assert refusal(CONDITION, extra=1) == ("extra", Problem.UNKNOWN_FIELD)
    with pytest.raises(InvalidDocumentError):
        expression_from_json("{}", REGISTRY)


def test_six_levels_of_groups_are_refused_at_the_sixth() -> None:
    nested: dict[str, Any] = CONDITION
    for _ in range(6):
        nested = {"group": "all", "children": [nested]}
    path, problem = refusal(nested)
    assert problem is Problem.TOO_DEEP
    assert path == "expression" + ".children[0]" * 5


def test_the_largest_document_allowed_is_read_quickly() -> None:
    row = any_of(
        *[Comparison(variable("rsi", "1m"), Comparator.LESS, Constant(i)) for i in range(25)]
    )
    largest = with_ids(all_of(row, none_of(row)))
    text = expression_to_json(largest)
    begun = time.process_time()
    assert expression_from_json(text, REGISTRY) == largest
    assert time.process_time() - begun < 0.1


@given(st.data())
def test_no_damage_to_a_document_is_more_than_a_refusal(data: st.DataObject) -> None:
    text = expression_to_json(data.draw(expressions(max_conditions=4)))
    place = data.draw(st.integers(0, len(text) - 1))
    damaged = (
        text[:place] + data.draw(st.text(max_size=3)) + text[place + data.draw(st.integers(0, 9)) :]
    )
    try:
        read_back = expression_from_json(damaged, REGISTRY)
    except InvalidDocumentError:
        return
    assert expression_from_json(expression_to_json(read_back), REGISTRY) == read_back
