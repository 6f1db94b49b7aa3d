import re
import tomllib

import pytest
from hypothesis import given

from tests.expressions import REGISTRY, expressions
from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.domain.expression import (
    Comparator,
    Comparison,
    Constant,
    Expression,
    Group,
    GroupKind,
    all_of,
    comparisons,
    variable,
    with_ids,
)
from upbit_auto_trading.domain.quick_entry import parse_entry
from upbit_auto_trading.domain.variable import Category, Unit
from upbit_auto_trading.presentation.sentence import Sentences
from upbit_auto_trading.resources import resource_path

KOREAN = Sentences("ko", REGISTRY, rules={"pyramid": "수익 시 불타기"})
ENGLISH = Sentences("en", REGISTRY)


def said(text: str) -> tuple[str, str]:
    expression = parse_entry(text, REGISTRY)
    return KOREAN.text(expression), ENGLISH.text(expression)


def test_the_sentence_of_the_builder_reads_as_drawn() -> None:
    korean, english = said(
        "rsi 14 <= 20 and (close crosses up sma 20 or volume > volume_average 20 * 2)"
        " and not change 60s high <= -5%"
    )
    assert korean == (
        "1분 마감봉 RSI(14)가 20 이하이고, (종가가 SMA(20)를 상향 돌파하거나 거래량이 20봉 평균 "
        "거래량의 2배를 넘고), 60초 고점 대비 변화율이 −5% 이하가 아니면 발동해요."
    )
    assert english == (
        "Fires when RSI(14) on closed 1-minute candles is at or below 20, and (the close crosses "
        "above SMA(20) or the volume is above 2 × the 20-candle average volume), and the change "
        "from the 60 s high isn't at or below −5 %."
    )


@pytest.mark.parametrize(
    ("text", "korean", "english"),
    [
        (
            "close < sma 20 1h",
            "1시간 마감봉 종가가 SMA(20)보다 작으면 발동해요.",
            "Fires when the close on closed 1-hour candles is below SMA(20).",
        ),
        (
            "rsi 15m < 30 and rsi 1h < 40 and macd 1h > 0",
            (
                "15분 마감봉 RSI(14)가 30 미만이고, 1시간 마감봉 RSI(14)가 40 미만이고, "
                "MACD(12,26,9)가 0을 넘으면 발동해요."
            ),
            (
                "Fires when RSI(14) on closed 15-minute candles is below 30, and RSI(14) on "
                "closed 1-hour candles is below 40, and MACD(12,26,9) is above 0."
            ),
        ),
        (
            "rsi inside 30 70 for 3",
            "1분 마감봉 RSI(14)가 3봉 연속으로 30과 70 사이에 있으면 발동해요.",
            "Fires when RSI(14) on closed 1-minute candles is between 30 and 70 for 3 candles.",
        ),
        (
            "close[1] forming 15m rises 5% in 10",
            "15분 진행봉 1봉 전 종가가 10봉 전보다 5% 이상 오르면 발동해요.",
            (
                "Fires when the close one candle ago on forming 15-minute candles is 5 % or "
                "more above its value 10 candles ago."
            ),
        ),
        (
            "rsi falling and rsi rising 3",
            "1분 마감봉 RSI(14)가 바로 앞 봉보다 내리고, RSI(14)가 3봉 내리 오르면 발동해요.",
            (
                "Fires when RSI(14) on closed 1-minute candles falls from the candle before, "
                "and RSI(14) rises 3 candles in a row."
            ),
        ),
        (
            "not (profit >= 5 or adds_down = 2)",
            "(수익률이 5% 이상이거나 물타기 횟수가 2회와 같은 경우)가 아니면 발동해요.",
            (
                "Fires when not (the profit is at or above 5 % or the number of adds on loss "
                "equals 2)."
            ),
        ),
        (
            "2 of (rsi < 30, not close > 5, volume > 100)",
            (
                "(1분 마감봉 RSI(14)가 30 미만인 경우, 종가가 5원을 넘지 않는 경우, 거래량이 "
                "100을 넘는 경우) 가운데 2개 이상에 해당하면 발동해요."
            ),
            (
                "Fires when at least 2 of (RSI(14) on closed 1-minute candles is below 30; the "
                "close isn't above 5 KRW; the volume is above 100) hold."
            ),
        ),
        (
            "times_fired pyramid >= 3",
            "‘수익 시 불타기’ 발동 횟수가 3회 이상이면 발동해요.",
            "Fires when the number of times ‘pyramid’ fired is at or above 3.",
        ),
        (
            "price >= bb upper 20 2.5",
            "현재가가 1분 마감봉 볼린저 상단(20,2.5) 이상이면 발동해요.",
            (
                "Fires when the current price is at or above Bollinger upper band(20,2.5) on "
                "closed 1-minute candles."
            ),
        ),
        (
            "close within 1% of sma 20",
            "1분 마감봉 종가가 SMA(20)의 ±1% 안에 있으면 발동해요.",
            "Fires when the close on closed 1-minute candles is within 1 % of SMA(20).",
        ),
        (
            "weekday != 7 and minutes_in_position > 30 and close >= 142009000",
            (
                "요일이 일요일과 다르고, 보유 시간이 30분을 넘고, 1분 마감봉 종가가 "
                "142,009,000원 이상이면 발동해요."
            ),
            (
                "Fires when the day of the week differs from Sunday, and the time in position "
                "is above 30 min, and the close on closed 1-minute candles is at or above "
                "142,009,000 KRW."
            ),
        ),
    ],
)
def test_conditions_are_said_as_people_say_them(text: str, korean: str, english: str) -> None:
    assert said(text) == (korean, english)


def test_the_seven_rules_say_what_they_do() -> None:
    strategy = shipped_template(SEVEN_RULES).strategy
    names = {rule.id: rule.name.korean for rule in strategy.rules}
    sentences = Sentences("ko", REGISTRY, rules=names)
    assert [sentences.text(rule.trigger) for rule in strategy.rules] == [
        "60초 고점 대비 변화율이 −5% 이하이면 발동해요.",
        "고점 대비 하락률이 −3% 이하이면 발동해요.",
        "‘수익 시 불타기’ 남은 횟수가 0회 이하이고, 수익률이 5% 이상이면 발동해요.",
        "60초 저점 대비 변화율이 5% 이상이면 발동해요.",
        "수익률이 −5% 이하이면 발동해요.",
        "수익률이 5% 이상이면 발동해요.",
        "1분 마감봉 RSI(14)가 20 이하이면 발동해요.",
    ]


def test_a_fact_ends_as_a_statement() -> None:
    fact = KOREAN.fact(parse_entry("rsi <= 20 or close > sma 20", REGISTRY))
    text = "".join(span.text for span in fact)
    assert text == "1분 마감봉 RSI(14)가 20 이하이거나, 종가가 SMA(20)를 넘어요."


def test_a_span_knows_its_condition_and_what_is_strong() -> None:
    tree = with_ids(parse_entry("rsi <= 20 and close > sma 20", REGISTRY))
    spans = KOREAN.when(tree)
    first, second = comparisons(tree)
    assert (
        "".join(s.text for s in spans if s.node == first.id) == "1분 마감봉 RSI(14)가 20 이하이고"
    )
    assert [s.text for s in spans if s.strong and s.node == second.id] == ["종가", "SMA(20)"]


def test_labels_and_units_are_those_of_the_cards() -> None:
    words = KOREAN.operands
    rsi = words.label(variable("rsi", "1m", period=14))
    assert (rsi.name, rsi.details) == ("RSI(14)", ("1분", "마감봉"))
    assert rsi.text == "RSI(14)·1분·마감봉"
    doubled = words.label(variable("volume_average", "1m", period=20, offset=2, multiplier=1.5))
    assert doubled.text == "거래량 평균(20)·1분·마감봉·2봉 전·1.5배"
    assert words.label(variable("change", window=300, origin="low")).text == "변화율 5분 저점 대비"
    assert words.label(Constant(-5), Unit.PERCENT).text == "−5%"
    units = [KOREAN.words.unit(REGISTRY[name], "KRW") for name in ("rsi", "close", "cci", "volume")]
    assert units == ["0–100", "원", "0중심", "수량"]
    assert KOREAN.words.unit(REGISTRY["williams_r"], "KRW") == "−100–0"
    assert ENGLISH.words.unit(REGISTRY["close"], "BTC") == "BTC"


def test_an_unfinished_draft_has_a_sentence_too() -> None:
    draft = all_of(
        Comparison(variable("rsi", "1m"), Comparator.INSIDE, Constant(3)), Group(GroupKind.ANY)
    )
    assert "아직 고르지 않은 값" in KOREAN.text(draft)
    assert "a value not chosen yet" in ENGLISH.text(draft)


@given(expressions())
def test_every_expression_has_a_whole_sentence_in_both_languages(expression: Expression) -> None:
    for sentences, end in ((KOREAN, "발동해요."), (ENGLISH, ".")):
        text = sentences.text(expression)
        assert text.endswith(end)
        assert not re.search(r"[{}]|이/가|  | ,|\bNone\b|nan", text), text
        told = {span.node for span in sentences.when(expression)}
        assert {comparison.id for comparison in comparisons(expression)} <= told
    assert not re.search("[가-힣]", ENGLISH.text(expression))


def test_both_languages_have_words_for_everything() -> None:
    tables = {}
    for language in ("ko", "en"):
        path = resource_path("i18n", language, "sentences.toml")
        tables[language] = tomllib.loads(path.read_text(encoding="utf-8"))
    korean, english = tables["ko"], tables["en"]
    assert set(korean) == set(english)
    for name in set(korean) - {"ending"}:
        assert set(korean[name]) == set(english[name]), name
    assert set(korean["predicate"]) == {comparator.value for comparator in Comparator}
    assert set(korean["comparator"]) == {comparator.value for comparator in Comparator}
    assert set(korean["group"]) == {kind.value for kind in GroupKind}
    assert set(korean["category"]) == {category.value for category in Category}
    assert set(korean["unit"]) == {unit.value for unit in Unit}
    forms = {
        f"{denied}{form}" for form in ("fact", "and", "or", "if", "case") for denied in ("", "not_")
    }
    assert all(set(ending) == forms for ending in korean["ending"].values())
    assert all(set(ending) == {"yes", "no"} for ending in english["ending"].values())
