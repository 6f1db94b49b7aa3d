"""What the indicator list and the popover of one indicator say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upbit_auto_trading.domain.variable import ParameterKind
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens.indicator_plan import (
    LINE_INKS,
    category_name,
    handed_out,
    inks_of,
    label,
    line_name,
    name_of,
    search_text,
    word,
)
from upbit_auto_trading.presentation.widgets.chart_indicator_picker import IndicatorRow, ShownRow
from upbit_auto_trading.presentation.widgets.chart_indicator_popover import IndicatorForm, LineRow
from upbit_auto_trading.presentation.widgets.property_fields import PropertyRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.domain.chart_indicator import (
        ChartIndicator,
        IndicatorKind,
        IndicatorKinds,
    )
    from upbit_auto_trading.domain.expression import ParameterValue
    from upbit_auto_trading.domain.variable import Parameter


def rows_of(kinds: IndicatorKinds, query: str) -> tuple[list[IndicatorRow], str]:
    """The indicators that fit what was typed, by category, and what to say below them."""
    wanted = query.casefold().split()
    if wanted:
        rows = [_row(kind) for kind in _ranked(kinds, wanted)]
        return rows, "" if rows else _("Nothing fits. Try RSI, MACD, or 이동평균.")
    rows, section = [], None
    for kind in kinds:
        if kind.category is not section:
            section = kind.category
            rows.append(IndicatorRow("", category_name(section)))
        rows.append(_row(kind))
    return rows, ""


def _ranked(kinds: IndicatorKinds, wanted: Sequence[str]) -> list[IndicatorKind]:
    """The kinds that fit, those first of which a word begins with what was typed."""
    found: list[tuple[int, int, IndicatorKind]] = []
    for place, kind in enumerate(kinds):
        text = f"{search_text(kind)} {name_of(kind).casefold()}"
        if all(part in text for part in wanted):
            words = text.split()
            is_begun = all(any(word.startswith(part) for word in words) for part in wanted)
            is_whole = all(part in words for part in wanted)
            found.append((0 if is_whole else 1 if is_begun else 2, place, kind))
    return [kind for *_, kind in sorted(found, key=lambda one: one[:2])]


def _row(kind: IndicatorKind) -> IndicatorRow:
    return IndicatorRow(kind.id, name_of(kind), _where(kind), _help(kind))


def shown_rows(kinds: IndicatorKinds, indicators: Sequence[ChartIndicator]) -> list[ShownRow]:
    """The indicators a chart has."""
    rows = []
    for number, indicator in enumerate(indicators):
        kind = kinds[indicator.kind]
        inks = inks_of(kind, indicator, handed_out(kinds, indicators[:number]))
        rows.append(ShownRow(str(number), label(kind, indicator), inks[0], indicator.is_hidden))
    return rows


def form_of(
    kinds: IndicatorKinds, indicators: Sequence[ChartIndicator], number: int
) -> IndicatorForm:
    """What the popover shows of one indicator."""
    indicator = indicators[number]
    kind = kinds[indicator.kind]
    values = dict(indicator.parameters)
    inks = inks_of(kind, indicator, handed_out(kinds, indicators[:number]))
    is_single = len(kind.variables) == 1
    return IndicatorForm(
        str(number),
        name_of(kind),
        tuple(_field(one, values[one.name]) for one in kind.parameters),
        tuple(
            LineRow(
                variable.id,
                _("Line") if is_single else line_name(variable),
                ink,
                variable.id not in indicator.hidden_lines,
                is_single,
            )
            for variable, ink in zip(kind.variables, inks, strict=True)
        ),
        tuple((ink, name) for ink, name in zip(LINE_INKS, _ink_names(), strict=True)),
        indicator.is_hidden,
        _note(kind),
    )


def number_of(text: str) -> float | None:
    """The number that was typed, None where it is none."""
    try:
        return float(text.replace(",", "").replace("−", "-").strip())
    except ValueError:
        return None


def _field(parameter: Parameter, value: ParameterValue) -> PropertyRow:
    name = word(parameter.words)
    if parameter.kind is ParameterKind.CHOICE:
        choices = tuple((one.value, word(one.words)) for one in parameter.choices)
        return PropertyRow(parameter.name, "choice", name, str(value), choices)
    low, high = f"{parameter.minimum:g}", f"{parameter.maximum:g}"
    tip = _("From {low} to {high}; usually {usual:g}. The arrow keys step it.").format(
        low=low, high=high, usual=parameter.default
    )
    return PropertyRow(parameter.name, "number", name, f"{value:g}", unit=f"{low}–{high}", tip=tip)


def _where(kind: IndicatorKind) -> str:
    if kind.needs_position:
        return _("with a position")
    if not kind.needs_candles:
        return _("live line")
    return _("on the candles") if kind.is_overlay else _("own pane")


def _note(kind: IndicatorKind) -> str:
    if kind.needs_position:
        return _("It is drawn while a position in this market is open.")
    if not kind.needs_candles:
        return _("It has a value for now only: a line across the chart.")
    return _help(kind)


def _help(kind: IndicatorKind) -> str:
    return word(kind.variables[0].help)


def _ink_names() -> tuple[str, ...]:
    return (
        _("Gold"), _("Teal"), _("Pink"), _("Cyan"), _("Orange"), _("Green"), _("Violet"),
        _("Sand"), _("Grey"),
    )  # fmt: skip
