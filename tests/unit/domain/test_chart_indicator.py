import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.expressions import REGISTRY, parameter_values
from upbit_auto_trading.domain.chart_choices import (
    ChartChoices,
    InvalidChoicesError,
    choices_from,
)
from upbit_auto_trading.domain.chart_indicator import (
    MOST_INDICATORS,
    ChartIndicator,
    IndicatorKinds,
    InvalidIndicatorError,
)
from upbit_auto_trading.domain.variable import Placement

KINDS = IndicatorKinds(REGISTRY)
ALL = list(KINDS)


@st.composite
def indicators(draw: st.DrawFn) -> ChartIndicator:
    kind = draw(st.sampled_from(ALL))
    indicator = KINDS.usual(kind.id)
    for parameter in kind.parameters:
        indicator = indicator.with_parameter(parameter.name, draw(parameter_values(parameter)))
    return replace(indicator, is_hidden=draw(st.booleans()))


def test_every_variable_with_a_place_on_a_chart_can_be_added_once() -> None:
    drawn = [variable.id for kind in ALL for variable in kind.variables]
    placed = [one.id for one in REGISTRY if one.placement is not Placement.NONE]
    assert sorted(drawn) == sorted(placed)


def test_a_usual_indicator_has_the_registrys_parameters_and_reads_each_line_with_its_own() -> None:
    macd = KINDS.usual("macd")
    assert dict(macd.parameters) == {"fast": 12, "slow": 26, "signal": 9}
    assert [reading.variable for reading in KINDS.readings(macd)] == [
        "macd_histogram",
        "macd",
        "macd_signal",
    ]
    ichimoku = KINDS.readings(KINDS.usual("ichimoku").with_parameter("base", 30))
    assert [dict(one.parameters).get("base") for one in ichimoku] == [None, 30, 30, 30]


@given(indicators())
def test_an_indicator_comes_back_from_what_is_kept_of_it(indicator: ChartIndicator) -> None:
    plain = json.loads(json.dumps(indicator.plain()))
    assert KINDS.checked(plain) == indicator
    choices = ChartChoices((indicator,), is_log=True, has_volume=False)
    assert choices_from(json.loads(json.dumps(choices.plain()))) == choices


@pytest.mark.parametrize(
    ("plain", "field"),
    [
        ({"kind": "nothing"}, "kind"),
        ({"kind": "sma", "parameters": {"period": 0}}, "parameters.period"),
        ({"kind": "sma", "parameters": {"period": 2.5}}, "parameters.period"),
        ({"kind": "bar_change", "parameters": {"origin": "moon"}}, "parameters.origin"),
    ],
)
def test_an_indicator_that_does_not_exist_is_refused(plain: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidIndicatorError) as refused:
        KINDS.checked(plain)
    assert refused.value.field == field


@pytest.mark.parametrize(
    "plain",
    [
        {"indicators": 3},
        {"indicators": [{}]},
        {"indicators": [{"kind": 5}]},
        {"indicators": [{"kind": "sma", "parameters": {"period": None}}]},
        {"indicators": [{"kind": "sma"}] * (MOST_INDICATORS + 1)},
        {"is_log": "yes"},
        [],
    ],
)
def test_choices_that_cannot_be_are_refused(plain: Any) -> None:
    with pytest.raises(InvalidChoicesError):
        choices_from(plain)


def test_what_is_missing_of_the_choices_is_as_usual() -> None:
    assert choices_from({}) == ChartChoices()
    assert choices_from({"indicators": []}).indicators == ()
