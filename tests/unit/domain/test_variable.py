import copy
import tomllib
from collections.abc import Callable
from typing import Any

import pytest

from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.document import InvalidDocumentError
from upbit_auto_trading.domain.expression import Bar, VariableOperand, variable
from upbit_auto_trading.domain.variable import (
    Anchor,
    Category,
    InvalidOperandError,
    Need,
    Placement,
    Unit,
    UnknownVariableError,
)
from upbit_auto_trading.domain.variable_table import registry_from
from upbit_auto_trading.resources import resource_path

REGISTRY = shipped_variables()


def table() -> dict[str, Any]:
    return tomllib.loads(resource_path("variables.toml").read_text(encoding="utf-8"))


def test_every_variable_a_trader_was_promised_is_there() -> None:
    promised = [
        "price",
        "open",
        "high",
        "low",
        "close",
        "typical",
        "sma",
        "ema",
        "wma",
        "vwap",
        "rsi",
        "stochastic_k",
        "stochastic_d",
        "stoch_rsi_k",
        "macd",
        "macd_signal",
        "macd_histogram",
        "cci",
        "williams_r",
        "roc",
        "adx",
        "plus_di",
        "minus_di",
        "atr",
        "natr",
        "bollinger_upper",
        "bollinger_middle",
        "bollinger_lower",
        "bollinger_width",
        "bollinger_percent_b",
        "donchian_upper",
        "donchian_lower",
        "ichimoku_conversion",
        "ichimoku_base",
        "ichimoku_span_a",
        "ichimoku_span_b",
        "parabolic_sar",
        "volume",
        "volume_average",
        "obv",
        "mfi",
        "spread",
        "imbalance",
        "best_bid",
        "best_ask",
        "change",
        "bar_change",
        "profit_percent",
        "profit_krw",
        "average_price",
        "quantity",
        "peak",
        "drawdown_from_peak",
        "max_profit_percent",
        "minutes_in_position",
        "adds_up",
        "adds_down",
        "times_fired",
        "cash",
        "equity",
        "exposure_percent",
        "hour_kst",
        "weekday_kst",
        "minutes_since",
    ]
    assert [name for name in promised if name not in REGISTRY] == []


def test_every_category_has_variables_and_they_come_in_its_order() -> None:
    seen = list(dict.fromkeys(variable.category for variable in REGISTRY))
    assert seen == list(Category)


def test_a_variable_tells_what_a_builder_and_a_chart_need() -> None:
    rsi = REGISTRY["rsi"]
    assert (rsi.unit, rsi.minimum, rsi.maximum) == (Unit.INDEX, 0, 100)
    assert (rsi.placement, rsi.anchor) == (Placement.SUBPLOT, Anchor.RUN)
    assert rsi.levels == (20, 30, 70, 80)
    period = rsi.parameters[0]
    assert (period.default, period.minimum, period.maximum, period.step) == (14, 2, 200, 1)
    assert REGISTRY["sma"].placement is Placement.OVERLAY
    assert REGISTRY["profit_percent"].needs == {Need.POSITION}


def test_only_percentages_of_a_price_have_a_tolerance() -> None:
    tolerant = {variable.id for variable in REGISTRY if variable.tolerance}
    assert tolerant == {
        "roc",
        "change",
        "bar_change",
        "profit_percent",
        "drawdown_from_peak",
        "max_profit_percent",
    }


def test_every_level_lies_within_the_range() -> None:
    for entry in REGISTRY:
        for level in entry.levels:
            assert entry.minimum is None or entry.minimum <= level, entry.id
            assert entry.maximum is None or level <= entry.maximum, entry.id


@pytest.mark.parametrize(
    ("operand", "candles"),
    [
        (variable("rsi", "1m"), 15),
        (variable("rsi", "1m", period=3), 4),
        (variable("macd", "1m"), 34),
        (variable("macd", "1m", fast=50, slow=20, signal=9), 58),
        (variable("ichimoku_span_b", "1m"), 77),
        (variable("close", "1m"), 1),
        (variable("profit_percent"), 0),
    ],
)
def test_the_warm_up_follows_the_parameters(operand: VariableOperand, candles: int) -> None:
    assert REGISTRY.warm_up(operand) == candles


def test_a_reading_spells_out_defaults_so_that_equal_ones_are_shared() -> None:
    assert REGISTRY.reading(variable("rsi", "1m")) == REGISTRY.reading(
        variable("rsi", "1m", period=14)
    )
    assert REGISTRY.reading(VariableOperand("cash", bar=Bar.FORMING)).bar is Bar.CLOSED


@pytest.mark.parametrize(
    ("operand", "field"),
    [
        (variable("rsi", "1m", period=201), "parameters.period"),
        (variable("rsi", "1m", period=14.5), "parameters.period"),
        (variable("rsi", "1m", period="14"), "parameters.period"),
        (variable("rsi", "1m", length=14), "parameters.length"),
        (VariableOperand("rsi", (("period", 14), ("period", 15)), "1m"), "parameters.period"),
        (variable("change", origin="middle"), "parameters.origin"),
        (variable("times_fired"), "parameters.rule"),
        (variable("rsi"), "timeframe"),
        (variable("rsi", "7m"), "timeframe"),
        (variable("cash", "1m"), "timeframe"),
        (variable("price", "1m"), "bar"),
        (variable("cash", offset=1), "offset"),
        (variable("rsi", "1m", offset=-1), "offset"),
    ],
)
def test_an_operand_that_does_not_fit_is_refused_with_its_field(
    operand: VariableOperand, field: str
) -> None:
    with pytest.raises(InvalidOperandError) as caught:
        REGISTRY.check(operand)
    assert caught.value.field == field


def test_an_unknown_name_is_its_own_error() -> None:
    with pytest.raises(UnknownVariableError) as caught:
        REGISTRY.check(variable("rsj", "1m"))
    assert caught.value.name == "rsj"


def drop(name: str, key: str) -> Callable[[dict[str, Any]], None]:
    return lambda t: t["variable"][name].pop(key)


def put(name: str, key: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda t: t["variable"][name].__setitem__(key, value)


def put_parameter(name: str, key: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda t: t["variable"][name]["parameters"][0].__setitem__(key, value)


@pytest.mark.parametrize(
    ("spoil", "path"),
    [
        (lambda t: t.__setitem__("version", 2), "version"),
        (lambda t: t.__setitem__("colour", "red"), "colour"),
        (lambda t: t["variable"].__setitem__("Bad Name", {}), "variable.Bad Name"),
        (lambda t: t.__setitem__("variable", {}), "variable"),
        (drop("rsi", "korean"), "variable.rsi.korean"),
        (drop("rsi", "unit"), "variable.rsi.unit"),
        (drop("rsi", "anchor"), "variable.rsi.anchor"),
        (drop("rsi", "warm_up"), "variable.rsi.warm_up"),
        (put("rsi", "help_english", "  "), "variable.rsi.help_english"),
        (put("rsi", "unit", "kg"), "variable.rsi.unit"),
        (put("rsi", "bars", []), "variable.rsi.bars"),
        (put("rsi", "bars", ["closed", 3]), "variable.rsi.bars[1]"),
        (put("rsi", "needs", ["nothing"]), "variable.rsi.needs[0]"),
        (put("rsi", "range", [100, 0]), "variable.rsi.range"),
        (put("rsi", "levels", [20, float("nan")]), "variable.rsi.levels[1]"),
        (put("rsi", "average", "rsi_mean"), "variable.rsi.average"),
        (put("rsi", "warm_up", [{"length": 1}]), "variable.rsi.warm_up[0].length"),
        (put("rsi", "label_korean", "RSI({length})"), "variable.rsi.label_korean"),
        (put("rsi", "aliases", ["sma"]), "variable.rsi.aliases[0]"),
        (put("rsi", "aliases", ["RSI "]), "variable.rsi.aliases[0]"),
        (put("rsi", "color", "red"), "variable.rsi.color"),
        (put_parameter("rsi", "default", 1), "variable.rsi.parameters[0].default"),
        (put_parameter("rsi", "default", "x"), "variable.rsi.parameters[0].default"),
        (put_parameter("rsi", "kind", "text"), "variable.rsi.parameters[0].kind"),
        (put_parameter("rsi", "minimum", 200), "variable.rsi.parameters[0]"),
        (put_parameter("rsi", "step", 0), "variable.rsi.parameters[0]"),
        (put_parameter("change", "name", "origin"), "variable.change.parameters"),
    ],
)
def test_a_wrong_field_of_the_table_is_named(
    spoil: Callable[[dict[str, Any]], None], path: str
) -> None:
    spoiled = copy.deepcopy(table())
    spoil(spoiled)
    with pytest.raises(InvalidDocumentError) as caught:
        registry_from(spoiled)
    assert caught.value.path == path
