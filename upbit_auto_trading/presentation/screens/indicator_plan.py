"""What a chart draws for a list of indicators: their lines, panes, colours and what they read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.variable import Category, Counted, ParameterKind, Unit
from upbit_auto_trading.presentation.i18n import _, language
from upbit_auto_trading.presentation.widgets.chart_plan import (
    PRICE_PANE,
    VOLUME_PANE,
    ChartPlan,
    LineLook,
    LineShape,
    PaneLook,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.domain.chart_indicator import (
        ChartIndicator,
        IndicatorKind,
        IndicatorKinds,
    )
    from upbit_auto_trading.domain.expression import ParameterValue
    from upbit_auto_trading.domain.variable import Parameter, Reading, Variable, Words

LINE_INKS: Final = (
    "average-20", "average-60", "line-pink", "line-cyan", "line-orange", "line-green", "rsi",
    "line-sand", "line-grey",
)  # fmt: skip
"""The colours a line can have, in the order they are handed out."""

_PANE_INKS: Final = ("rsi", "average-20", "average-60", "line-pink")
_OWN_INKS: Final = {
    "directional": ("average-20", "up", "down"),
    "macd": ("volume-up", "average-20", "average-60"),
    "turnover": ("line-grey",),
}
_SHAPES: Final = {
    "macd_histogram": LineShape.SIGNED_BARS,
    "turnover": LineShape.BARS,
    "parabolic_sar": LineShape.DOTS,
}
# Kinds that are drawn into the pane of another kind.
_SHARED_PANES: Final = {"rsi_average": "rsi", "turnover_average": "turnover"}
_VOLUME_KINDS: Final = ("volume", "volume_average")
_SAME_INK: Final = ("bollinger", "donchian")
_WITH_ZONES: Final = ("rsi", "stochastic", "stoch_rsi", "mfi", "williams_r")


@dataclass(frozen=True, slots=True)
class Composition:
    """A chart's plan, and what each of its lines reads, in the same order.

    `panes` tells in which pane a reading's line stands.
    """

    plan: ChartPlan
    readings: tuple[Reading, ...]
    panes: dict[Reading, str] = field(default_factory=dict)


def compose(
    kinds: IndicatorKinds,
    indicators: Sequence[ChartIndicator],
    *,
    has_volume: bool = True,
) -> Composition:
    """Return what a chart draws for indicators.

    Those without a value for each candle are left out: they are levels.
    """
    lines: list[LineLook] = []
    readings: list[Reading] = []
    panes: dict[str, PaneLook] = {}
    given = 0
    for number, indicator in enumerate(indicators):
        kind = kinds[indicator.kind]
        if not kind.needs_candles or indicator.is_hidden or kind.id == "volume":
            continue
        inks = inks_of(kind, indicator, given)
        given += _taken(kind)
        pane = _pane_of(kind, indicator, has_volume=has_volume)
        if pane not in (PRICE_PANE, VOLUME_PANE) and pane not in panes:
            panes[pane] = _pane_look(pane, kind)
        is_lone = len(kind.variables) - len(indicator.hidden_lines) == 1 < len(kind.variables)
        for variable, reading, ink in zip(
            kind.variables, kinds.readings(indicator), inks, strict=True
        ):
            if variable.id in indicator.hidden_lines:
                continue
            shape = _shape(variable.id, ink)
            name = label(kind, indicator)
            if is_lone:
                name = _with_numbers(word(variable.short), kind, indicator)
            lines.append(LineLook(f"{number}.{variable.id}", name, ink, pane, shape, str(number)))
            readings.append(reading)
    plan = ChartPlan(tuple(lines), tuple(panes.values()), has_volume)
    of_reading = {reading: line.pane for reading, line in zip(readings, lines, strict=True)}
    return Composition(plan, tuple(readings), of_reading)


def handed_out(kinds: IndicatorKinds, before: Sequence[ChartIndicator]) -> int:
    """How many of the colours for lines over candles earlier indicators have taken."""
    shown = [kinds[one.kind] for one in before if not one.is_hidden]
    return sum(_taken(kind) for kind in shown if kind.needs_candles)


def inks_of(kind: IndicatorKind, indicator: ChartIndicator, taken: int) -> tuple[str, ...]:
    """The colour of each of an indicator's lines: the user's, or the next ones."""
    count = len(kind.variables)
    own = _OWN_INKS.get(kind.id)
    if own is None:
        source = LINE_INKS if kind.is_overlay else _PANE_INKS
        start = taken if kind.is_overlay else 0
        if kind.id in _SHARED_PANES or kind.id == "volume_average":
            source, start = LINE_INKS, 0
        step = 0 if kind.id in _SAME_INK else 1
        own = tuple(source[(start + step * place) % len(source)] for place in range(count))
    if len(indicator.inks) == count and all(ink in (*LINE_INKS, *own) for ink in indicator.inks):
        return indicator.inks
    return own


def name_of(kind: IndicatorKind) -> str:
    """An indicator's full name."""
    return _set_names().get(kind.id) or word(kind.variables[0].words)


def label(kind: IndicatorKind, indicator: ChartIndicator) -> str:
    """What the legend calls an indicator: `SMA 20`, `MACD 12, 26, 9`."""
    name = _short_set_names().get(kind.id) or word(kind.variables[0].short)
    return _with_numbers(name, kind, indicator)


def _with_numbers(name: str, kind: IndicatorKind, indicator: ChartIndicator) -> str:
    values = dict(indicator.parameters)
    numbers = [parameter_text(one, values[one.name]) for one in kind.parameters]
    return f"{name} {', '.join(numbers)}".rstrip()


def line_name(variable: Variable) -> str:
    """The name of one of an indicator's lines."""
    return word(variable.words)


def parameter_text(parameter: Parameter, value: ParameterValue) -> str:
    """A parameter's value, as short as can be."""
    if parameter.kind is ParameterKind.CHOICE:
        return next((word(one.words) for one in parameter.choices if one.value == value), "")
    text = f"{value:g}"
    return _("{n}s").format(n=text) if parameter.counts is Counted.SECONDS else text


def search_text(kind: IndicatorKind) -> str:
    """Everything an indicator can be found by, in both languages."""
    words = [kind.id, _set_names().get(kind.id, "")]
    for variable in kind.variables:
        words += [variable.id, *variable.aliases]
        words += [variable.words.korean, variable.words.english]
        words += [variable.short.korean, variable.short.english]
    return " ".join(words).casefold()


def category_name(category: Category) -> str:
    """A section of the indicator list."""
    return {
        Category.PRICE: _("Price"),
        Category.TREND: _("Trend"),
        Category.MOMENTUM: _("Momentum"),
        Category.VOLATILITY: _("Volatility"),
        Category.VOLUME: _("Volume"),
        Category.ORDERBOOK: _("Order book"),
        Category.POSITION: _("Position"),
        Category.ACCOUNT: _("Account"),
        Category.TIME: _("Time"),
    }[category]


def word(words: Words) -> str:
    """A text of the registry in the chosen language."""
    return words.korean if language() == "ko" else words.english


def _shape(variable: str, ink: str) -> LineShape:
    shape = _SHAPES.get(variable, LineShape.LINE)
    if shape is LineShape.SIGNED_BARS and ink in LINE_INKS:
        return LineShape.BARS
    return shape


def _taken(kind: IndicatorKind) -> int:
    if not kind.is_overlay:
        return 0
    return 1 if kind.id in _SAME_INK else len(kind.variables)


def _pane_of(kind: IndicatorKind, indicator: ChartIndicator, *, has_volume: bool) -> str:
    if kind.is_overlay:
        return PRICE_PANE
    if kind.id in _VOLUME_KINDS and has_volume:
        return VOLUME_PANE
    if kind.id in _SHARED_PANES:
        return _SHARED_PANES[kind.id]
    if kind.id in _SHARED_PANES.values():
        return kind.id
    values = ",".join(
        f"{value:g}" for _, value in indicator.parameters if not isinstance(value, str)
    )
    return f"{kind.id}:{values}"


def _pane_look(key: str, kind: IndicatorKind) -> PaneLook:
    first = kind.variables[0]
    is_index = first.unit is Unit.INDEX
    starts_at_zero = _SHAPES.get(first.id) is LineShape.BARS
    return PaneLook(
        key,
        first.unit,
        first.minimum if is_index else 0.0 if starts_at_zero else None,
        first.maximum if is_index else None,
        _limits(kind),
        has_zones=kind.id in _WITH_ZONES,
    )


def _limits(kind: IndicatorKind) -> tuple[float, ...]:
    """The values an indicator's pane marks: where it is read, or zero where it has two signs."""
    levels = kind.variables[0].levels
    if kind.id == "directional":
        return (25.0,)
    if not levels:
        return ()
    if kind.variables[0].unit is Unit.PERCENT:
        return (0.0,) if levels[0] < 0 < levels[-1] else ()
    return tuple(sorted({levels[0], levels[-1]}))


def _set_names() -> dict[str, str]:
    return {
        "bollinger": _("Bollinger bands"),
        "donchian": _("Donchian channel"),
        "ichimoku": _("Ichimoku cloud"),
        "macd": _("MACD with signal and histogram"),
        "directional": _("ADX with directional movement"),
        "stochastic": _("Stochastic"),
        "stoch_rsi": _("Stochastic RSI"),
    }


def _short_set_names() -> dict[str, str]:
    return {
        "bollinger": _("BB"),
        "donchian": _("Donchian"),
        "ichimoku": _("Ichimoku"),
        "macd": "MACD",
        "directional": "ADX·DI",
        "stochastic": _("Stoch"),
        "stoch_rsi": _("StochRSI"),
    }
