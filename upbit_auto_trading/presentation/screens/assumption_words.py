"""What a backtest rests on, in the user's words."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.application.backtest_assumptions import AssumptionCode
from upbit_auto_trading.domain.market import quote_of
from upbit_auto_trading.domain.timeframe import parse_timeframe
from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens.backtest_words import day, minute, rule_name
from upbit_auto_trading.presentation.widgets.assumption_list import AssumptionLook

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from upbit_auto_trading.application.backtest_result import BacktestResult
    from upbit_auto_trading.domain.strategy import Strategy

    Facts = Mapping[str, float | str]


def assumption_looks(result: BacktestResult) -> list[AssumptionLook]:
    """Every assumption of a result, the data first, what it is compared with last."""
    stated = [
        _LOOKS[one.code]({"market": result.market, **dict(one.facts)}, result.strategy)
        for one in result.assumptions
        if one.code in _LOOKS
    ]
    return [*_data(result), *stated, _look_ahead(result), _benchmark()]


def _data(result: BacktestResult) -> list[AssumptionLook]:
    slots = result.bars + result.empty
    return [
        AssumptionLook(
            "table",
            _("Data"),
            _("{start} ~ {end} · {bars} candles of {length}").format(
                start=day(result.start_ms),
                end=day(result.end_ms),
                bars=formatting.number(result.bars, 0),
                length=formatting.timeframe_name(parse_timeframe(result.timeframe)),
            ),
        ),
        AssumptionLook(
            "unplug", _("Gaps in the data"), _("None: every page of history was received")
        ),
        AssumptionLook(
            "circle-dashed",
            _("Slots without trades"),
            _("{n} ({percent} %), none invented").format(
                n=formatting.number(result.empty, 0),
                percent=formatting.number(result.empty / max(1, slots) * 100, 1),
            ),
        ),
    ]


def _look_ahead(result: BacktestResult) -> AssumptionLook:
    check = result.look_ahead
    if check.first_difference_ms is not None:
        words = _("Failed at {time}: a later price changed an earlier decision").format(
            time=minute(check.first_difference_ms)
        )
        return AssumptionLook("eye-off", _("Look-ahead check"), words, "bad")
    words = _("Passed: {n} decisions made again on shorter data").format(
        n=formatting.number(check.decisions_compared, 0)
    )
    return AssumptionLook("eye-off", _("Look-ahead check"), words)


def _benchmark() -> AssumptionLook:
    return AssumptionLook("scale", _("Compared with"), _("Buying and holding with the same cash"))


def _candle_order(_facts: Facts, _strategy: Strategy) -> AssumptionLook:
    words = _("Rising: open, low, high, close. Falling: open, high, low, close.")
    return AssumptionLook("git-branch", _("Order within a candle"), words)


def _prints(_facts: Facts, _strategy: Strategy) -> AssumptionLook:
    return AssumptionLook("git-branch", _("Ticks"), _("Every trade, in its order"))


def _fills(facts: Facts, _strategy: Strategy) -> AssumptionLook:
    slippage = float(facts["slippage_percent"])
    words = _("At the tick's price, {percent} % slippage against you").format(
        percent=f"{slippage:g}"
    )
    return AssumptionLook("arrow-up-down", _("Fills"), words, "good" if slippage else "warn")


def _fee(facts: Facts, _strategy: Strategy) -> AssumptionLook:
    words = _("{percent} %, added to a buy and taken from a sell").format(
        percent=f"{float(facts['percent']):g}"
    )
    return AssumptionLook("percent", _("Fee"), words)


def _minimum(facts: Facts, _strategy: Strategy) -> AssumptionLook:
    amount = Decimal(str(facts["amount"])).normalize()
    words = f"{amount:,f}" + formatting.unit_behind(quote_of(str(facts["market"])))
    return AssumptionLook("banknote", _("Smallest order"), words)


def _any_price(_facts: Facts, _strategy: Strategy) -> AssumptionLook:
    return AssumptionLook("sliders-horizontal", _("Price steps"), _("Not kept to"), "warn")


def _price_steps(_facts: Facts, _strategy: Strategy) -> AssumptionLook:
    words = _("Kept to, each fill against you")
    return AssumptionLook("sliders-horizontal", _("Price steps"), words)


def _after_fees(_facts: Facts, _strategy: Strategy) -> AssumptionLook:
    return AssumptionLook("percent", _("Profit in rules"), _("After the fees of both ways"))


def _warm_up(facts: Facts, _strategy: Strategy) -> AssumptionLook:
    words = _("Indicators begin with {time}; nothing fires before they are ready").format(
        time=minute(int(facts["ms"]))
    )
    return AssumptionLook("hourglass", _("Warm-up"), words)


def _dropped(facts: Facts, _strategy: Strategy) -> AssumptionLook:
    words = _("{n} out of their order").format(n=formatting.number(float(facts["count"]), 0))
    return AssumptionLook("triangle-alert", _("Trades left out"), words, "warn")


def _blind(facts: Facts, strategy: Strategy) -> AssumptionLook:
    rules = [rule_name(strategy, rule.strip()) for rule in str(facts["rules"]).split(",")]
    words = _("{rules}: a window of {window} s, prices {spacing} s apart").format(
        rules=", ".join(rules),
        window=f"{float(facts['window_s']):g}",
        spacing=f"{float(facts['spacing_s']):g}",
    )
    return AssumptionLook("triangle-alert", _("Too coarse for some rules"), words, "warn")


_LOOKS: Final[Mapping[AssumptionCode, Callable[[Facts, Strategy], AssumptionLook]]] = {
    AssumptionCode.FOUR_TICKS_A_CANDLE: _candle_order,
    AssumptionCode.TRADE_PRINTS: _prints,
    AssumptionCode.FILLED_AT_TICK_PRICE: _fills,
    AssumptionCode.FEE: _fee,
    AssumptionCode.MINIMUM_ORDER: _minimum,
    AssumptionCode.NOT_ROUNDED_TO_TICKS: _any_price,
    AssumptionCode.ROUNDED_TO_TICKS: _price_steps,
    AssumptionCode.PROFIT_WITH_FEES: _after_fees,
    AssumptionCode.ANCHOR: _warm_up,
    AssumptionCode.PRINTS_DROPPED: _dropped,
    AssumptionCode.WINDOW_TOO_SHORT: _blind,
}
