import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.expressions import REGISTRY, random_comparisons
from upbit_auto_trading.domain.compatibility import MismatchCode, RepairCode, mismatch, repairs
from upbit_auto_trading.domain.expression import (
    Comparator,
    Comparison,
    Constant,
    variable,
    with_ids,
)
from upbit_auto_trading.domain.expression_check import Check, CheckCode, check_expression
from upbit_auto_trading.domain.formula_tokens import FormulaError, FormulaProblem
from upbit_auto_trading.domain.quick_entry import parse_entry
from upbit_auto_trading.presentation.condition_notes import ConditionNotes
from upbit_auto_trading.presentation.sentence_operand import OperandWords
from upbit_auto_trading.presentation.sentence_words import sentence_words

NOTES = {
    language: ConditionNotes(OperandWords(sentence_words(language), REGISTRY))
    for language in ("ko", "en")
}
KOREAN, ENGLISH = NOTES["ko"], NOTES["en"]
SENSELESS = Comparison(variable("rsi", "1m", period=14), Comparator.LESS, variable("close", "1m"))


def test_a_mismatch_names_both_units_and_its_repairs_say_what_they_do() -> None:
    found = mismatch(SENSELESS, REGISTRY)
    assert found is not None
    assert KOREAN.mismatch(found) == "RSI는 0–100, 종가는 원이라 크기를 비교할 수 없어요."
    assert ENGLISH.mismatch(found).startswith("RSI counts 0–100, Close counts KRW")
    offered = [KOREAN.repair(repair, SENSELESS) for repair in repairs(SENSELESS, REGISTRY)]
    assert offered == [
        "고정값 30과 비교",
        "RSI 이동평균(14,9)과 비교",
        "종가를 변화율(%)로 바꾸기",
    ]


def test_a_price_on_the_left_is_the_one_that_becomes_a_change() -> None:
    price = Comparison(variable("close", "1m"), Comparator.LESS, variable("profit_percent"))
    changes = [r for r in repairs(price, REGISTRY) if r.code is RepairCode.AS_CHANGE]
    assert [KOREAN.repair(r, price) for r in changes] == ["종가를 변화율(%)로 바꾸기"]


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("rsj < 30", "‘rsj’ 변수는 없어요. 혹시 rsi?"),
        ("rsi < 3 or rsi > 5 and rsi < 9", "and와 or를 섞을 때는 괄호로 묶어 주세요."),
        ("rsi 1 < 30", "2부터 200까지 쓸 수 있어요."),
    ],
)
def test_trouble_with_typed_text_is_said_with_what_was_probably_meant(text: str, note: str) -> None:
    with pytest.raises(FormulaError) as caught:
        parse_entry(text, REGISTRY)
    assert KOREAN.problem(caught.value) == note


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_code_has_its_words(language: str) -> None:
    words = sentence_words(language)
    for table, codes in (
        ("mismatch", MismatchCode),
        ("repair", RepairCode),
        ("check", CheckCode),
        ("problem", FormulaProblem),
    ):
        assert set(words.tables[table]) == {code.value for code in codes}


@given(random_comparisons(), st.sampled_from(["ko", "en"]))
def test_whatever_is_found_is_said_whole(comparison: Comparison, language: str) -> None:
    notes = NOTES[language]
    texts = [notes.check(check) for check in check_expression(with_ids(comparison), REGISTRY)]
    texts += [notes.repair(repair, comparison) for repair in repairs(comparison, REGISTRY)]
    for text in texts:
        assert text
        assert "{" not in text


def test_a_fault_without_variable_is_said_with_its_limit() -> None:
    note = Check("n1", CheckCode.TOO_DEEP, (("most", 5),))
    assert KOREAN.check(note) == "묶음은 5단계까지 겹칠 수 있어요."
    unknown = check_expression(Comparison(variable("rsj"), Comparator.RISING), REGISTRY)
    assert [KOREAN.check(check) for check in unknown] == ["‘rsj’ 변수는 없어요."]
    far = check_expression(
        Comparison(variable("rsi", "1m"), Comparator.LESS, Constant(101)), REGISTRY
    )
    assert [ENGLISH.check(check) for check in far] == ["Always true for every value it can have."]
