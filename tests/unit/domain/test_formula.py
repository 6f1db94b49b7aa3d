import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.expressions import expressions
from upbit_auto_trading.domain.expression import (
    Comparator,
    Comparison,
    Constant,
    Expression,
    Group,
    GroupKind,
    all_of,
    any_of,
    comparisons,
    none_of,
    variable,
    walk,
    with_ids,
)
from upbit_auto_trading.domain.formula import formula_text, letter, letters, parse_formula
from upbit_auto_trading.domain.formula_tokens import FormulaError
from upbit_auto_trading.domain.formula_tokens import FormulaProblem as Problem

A, B, C, D = (
    Comparison(variable("rsi", "1m"), Comparator.LESS, Constant(level)) for level in range(4)
)


@given(expressions(max_conditions=40))
def test_a_printed_formula_reads_back_as_the_same_tree(expression: Expression) -> None:
    assert parse_formula(formula_text(expression), comparisons(expression)) == expression


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("A and (B or C) and not D", all_of(A, any_of(B, C), none_of(D))),
        ("a AND (b Or c) aNd NOT d", all_of(A, any_of(B, C), none_of(D))),
        ("A & (B | C) & !D", all_of(A, any_of(B, C), none_of(D))),
        ("A 그리고 (B 또는 C) 그리고 아님 D", all_of(A, any_of(B, C), none_of(D))),
        ("D or C or B or A", any_of(D, C, B, A)),
        ("not (A and B) or not not (C or D)", None),
        ("((A)) and ((B and ((C and D))))", all_of(A, all_of(B, all_of(C, D)))),
        ("2 of (A, B, C and D)", Group(GroupKind.AT_LEAST, (A, B, all_of(C, D)), 2)),
        ("any (A) and all (B) or any (C, D)", None),
    ],
)
def test_a_typed_formula_brackets_the_conditions(text: str, tree: Expression | None) -> None:
    if tree is None and "any" in text:
        assert problem(text) == (Problem.MIXED_AND_OR, text.index("or any"))
    elif tree is None:
        expected = any_of(none_of(all_of(A, B)), none_of(none_of(any_of(C, D))))
        assert parse_formula(text, (A, B, C, D)) == expected
    else:
        assert parse_formula(text, (A, B, C, D)) == tree


def problem(text: str) -> tuple[Problem, int]:
    with pytest.raises(FormulaError) as caught:
        parse_formula(text, (A, B, C, D))
    return caught.value.problem, caught.value.start


@pytest.mark.parametrize(
    ("text", "expected", "place"),
    [
        ("A and B or C and D", Problem.MIXED_AND_OR, 8),
        ("A and (B or C and D)", Problem.MIXED_AND_OR, 14),
        ("A and (B or C", Problem.EXPECTED_BRACKET, 13),
        ("A and B)", Problem.EXPECTED_END, 7),
        ("A and E", Problem.UNKNOWN_LETTER, 6),
        ("A and and B", Problem.EXPECTED_CONDITION, 6),
        ("A and", Problem.EXPECTED_CONDITION, 5),
        ("A B", Problem.EXPECTED_END, 2),
        ("A @ B", Problem.UNKNOWN_SIGN, 2),
        ("", Problem.EMPTY, 0),
        ("   ", Problem.EMPTY, 0),
        ("A and B", Problem.UNUSED_LETTERS, 7),
        ("5 of (A, B, C, D)", Problem.OUT_OF_RANGE, 0),
        ("0 of (A, B, C, D)", Problem.OUT_OF_RANGE, 0),
        ("1.5 of (A, B, C, D)", Problem.OUT_OF_RANGE, 0),
        ("not not not not not not A and B and C and D", Problem.TOO_DEEP, 0),
        ("(" * 900 + "A" + ")" * 900, Problem.TOO_DEEP, 51),
        ("A " * 1200, Problem.TOO_LONG, 2000),
        (" or ".join(["A"] * 60), Problem.TOO_MANY_CONDITIONS, 0),
    ],
)
def test_a_wrong_formula_says_where(text: str, expected: Problem, place: int) -> None:
    assert problem(text) == (expected, place)


def test_a_letter_named_twice_is_a_copy_with_an_id_of_its_own() -> None:
    known = comparisons(with_ids(all_of(A, B)))
    tree = parse_formula("A and B and A", known)
    assert tree == all_of(A, B, A)
    nodes = [node.id for node in walk(tree)]
    assert len(set(nodes)) == 4
    assert nodes[1:3] == [known[0].id, known[1].id]


def test_letters_go_on_after_z() -> None:
    assert [letter(place) for place in (0, 25, 26, 49, 701, 702)] == [
        "A",
        "Z",
        "AA",
        "AX",
        "ZZ",
        "AAA",
    ]
    tree = with_ids(any_of(all_of(A, B), C))
    assert letters(tree) == {"n3": "A", "n4": "B", "n5": "C"}


@given(st.text(st.sampled_from("ABCD()!&| notandor,2of한글*<"), max_size=30))
def test_any_text_is_a_tree_of_every_condition_or_a_formula_error(text: str) -> None:
    try:
        tree = parse_formula(text, (A, B, C, D))
    except FormulaError as error:
        inside = 0 <= error.start <= error.end <= len(text)
        assert inside
    else:
        assert set(comparisons(tree)) == {A, B, C, D}
