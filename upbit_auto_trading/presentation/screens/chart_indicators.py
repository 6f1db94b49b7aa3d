"""A chart's indicators: choosing, setting up, hiding, removing, keeping them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QObject, QRect, pyqtSignal

from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.chart_indicator import (
    MOST_INDICATORS,
    ChartIndicator,
    IndicatorKinds,
    InvalidIndicatorError,
)
from upbit_auto_trading.domain.variable import ParameterKind
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import indicator_plan
from upbit_auto_trading.presentation.screens.indicator_words import (
    form_of,
    number_of,
    rows_of,
    shown_rows,
)
from upbit_auto_trading.presentation.widgets.chart_indicator_picker import IndicatorPicker
from upbit_auto_trading.presentation.widgets.chart_indicator_popover import IndicatorPopover

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtWidgets import QWidget

    from upbit_auto_trading.domain.chart_indicator import IndicatorKind
    from upbit_auto_trading.domain.variable import Parameter
    from upbit_auto_trading.presentation.screens.indicator_plan import Composition
    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.chart_indicator_popover import IndicatorForm

_VOLUME: Final = "volume"


class ChartIndicators(QObject):
    """Holds the indicators of one chart; picker and popover open over `over`.

    `changed` tells that others are drawn from now on, `told` why something isn't done.
    """

    changed = pyqtSignal()
    told = pyqtSignal(str)

    def __init__(self, theme: Theme, over: QWidget) -> None:
        super().__init__(over)
        self.kinds = IndicatorKinds(shipped_variables())
        self._indicators: tuple[ChartIndicator, ...] = ()
        self._has_volume = True
        self._query = ""
        self._anchor = QRect()
        self.picker = IndicatorPicker(theme, over)
        self.popover = IndicatorPopover(theme, over)
        self._connect()

    @property
    def indicators(self) -> tuple[ChartIndicator, ...]:
        """The indicators, hidden ones included."""
        return self._indicators

    @property
    def has_volume(self) -> bool:
        """Whether the volume bars are drawn."""
        return self._has_volume

    @property
    def count(self) -> int:
        """How many are drawn."""
        return sum(not one.is_hidden for one in self._indicators)

    def use(self, indicators: Sequence[ChartIndicator], *, has_volume: bool) -> None:
        """Take over kept indicators; those this program doesn't know are left out."""
        known = []
        for indicator in indicators:
            try:
                known.append(self.kinds.checked(indicator.plain()))
            except InvalidIndicatorError:
                continue
        if (tuple(known), has_volume) != (self._indicators, self._has_volume):
            self._indicators, self._has_volume = tuple(known), has_volume
            self._show()

    def composed(self) -> Composition:
        """What the chart draws."""
        return indicator_plan.compose(self.kinds, self._indicators, has_volume=self._has_volume)

    def open_picker(self, anchor: QRect) -> None:
        """Open the list under `anchor`, or close it."""
        if self.picker.isVisible():
            self.picker.close_picker()
            return
        self._anchor = anchor
        self.popover.close_popover()
        self._show()
        self.picker.open_below(anchor)

    def open_popover(self, key: str, anchor: QRect) -> None:
        """Set up the indicator of that key beside `anchor`."""
        number = self._number(key)
        if number is None:
            return
        self.picker.close_picker()
        self._anchor = anchor
        self.popover.open_at(self._form(number), anchor)

    def close_all(self) -> bool:
        """Close what is open; return whether anything was."""
        was_open = self.picker.isVisible() or self.popover.isVisible()
        self.picker.close_picker()
        self.popover.close_popover()
        return was_open

    def add(self, kind: str) -> None:
        """Add an indicator with the registry's parameters."""
        if kind == _VOLUME:
            self._change(self._indicators, has_volume=not self._has_volume)
            return
        if len(self._indicators) >= MOST_INDICATORS:
            self.told.emit(
                _("A chart has room for {n} indicators. Remove one first.").format(
                    n=MOST_INDICATORS
                )
            )
            return
        self._change((*self._indicators, self.kinds.usual(kind)))

    def _connect(self) -> None:
        picker, popover = self.picker, self.popover
        picker.query_changed.connect(self._search)
        picker.add_pressed.connect(self.add)
        picker.edit_pressed.connect(lambda key: self.open_popover(key, self._anchor))
        picker.hide_pressed.connect(self._toggle)
        picker.remove_pressed.connect(self._remove)
        popover.parameter_edited.connect(self._edit_parameter)
        popover.parameter_stepped.connect(self._step_parameter)
        popover.ink_chosen.connect(self._choose_ink)
        popover.line_toggled.connect(self._toggle_line)
        popover.hide_pressed.connect(lambda: self._toggle(popover.key))
        popover.usual_pressed.connect(self._make_usual)
        popover.remove_pressed.connect(lambda: self._remove(popover.key))

    def _search(self, text: str) -> None:
        self._query = text
        rows, note = rows_of(self.kinds, text)
        self.picker.show_rows(rows, note)

    def _edit_parameter(self, name: str, text: str) -> None:
        found = self._edited()
        if found is None:
            return
        number, kind = found
        parameter = next(one for one in kind.parameters if one.name == name)
        value = text if parameter.kind is ParameterKind.CHOICE else number_of(text)
        if value is None or not parameter.accepts(value):
            self.popover.show_problem(name, _range_words(parameter))
            return
        if parameter.kind is ParameterKind.INTEGER and not isinstance(value, str):
            value = int(value)
        self._replace(number, self._indicators[number].with_parameter(name, value))

    def _step_parameter(self, name: str, steps: int) -> None:
        found = self._edited()
        if found is None:
            return
        number, kind = found
        parameter = next(one for one in kind.parameters if one.name == name)
        value = dict(self._indicators[number].parameters)[name]
        if isinstance(value, str):
            return
        stepped = round(value + steps * parameter.step, 9)
        if parameter.accepts(stepped):
            whole = int(stepped) if parameter.kind is ParameterKind.INTEGER else stepped
            self._replace(number, self._indicators[number].with_parameter(name, whole))

    def _choose_ink(self, variable: str, ink: str) -> None:
        found = self._edited()
        if found is None:
            return
        number, kind = found
        indicator = self._indicators[number]
        inks = indicator_plan.inks_of(
            kind, indicator, indicator_plan.handed_out(self.kinds, self._indicators[:number])
        )
        names = [one.id for one in kind.variables]
        chosen = tuple(
            ink if name == variable else own for name, own in zip(names, inks, strict=True)
        )
        self._replace(number, replace(indicator, inks=chosen))

    def _toggle_line(self, variable: str, is_shown: bool) -> None:
        found = self._edited()
        if found is None:
            return
        number, kind = found
        indicator = self._indicators[number]
        hidden = set(indicator.hidden_lines) - {variable}
        if not is_shown:
            hidden.add(variable)
        if len(hidden) < len(kind.variables):
            self._replace(number, replace(indicator, hidden_lines=tuple(sorted(hidden))))
        else:
            self._show()

    def _make_usual(self) -> None:
        found = self._edited()
        if found is not None:
            self._replace(found[0], self.kinds.usual(found[1].id))

    def _toggle(self, key: str) -> None:
        number = self._number(key)
        if number is not None:
            indicator = self._indicators[number]
            self._replace(number, replace(indicator, is_hidden=not indicator.is_hidden))

    def _remove(self, key: str) -> None:
        number = self._number(key)
        if number is not None:
            self.popover.close_popover()
            self._change(self._indicators[:number] + self._indicators[number + 1 :])

    def _edited(self) -> tuple[int, IndicatorKind] | None:
        number = self._number(self.popover.key)
        return None if number is None else (number, self.kinds[self._indicators[number].kind])

    def _number(self, key: str) -> int | None:
        is_number = key.isdigit() and int(key) < len(self._indicators)
        return int(key) if is_number else None

    def _replace(self, number: int, indicator: ChartIndicator) -> None:
        if indicator != self._indicators[number]:
            before, after = self._indicators[:number], self._indicators[number + 1 :]
            self._change((*before, indicator, *after))
        else:
            self._show()

    def _change(
        self, indicators: tuple[ChartIndicator, ...], *, has_volume: bool | None = None
    ) -> None:
        self._indicators = indicators
        if has_volume is not None:
            self._has_volume = has_volume
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        self.picker.show_shown(shown_rows(self.kinds, self._indicators))
        number = self._number(self.popover.key)
        if number is not None:
            self.popover.show_form(self._form(number))

    def _form(self, number: int) -> IndicatorForm:
        return form_of(self.kinds, self._indicators, number)


def _range_words(parameter: Parameter) -> str:
    return _("From {low:g} to {high:g}").format(low=parameter.minimum, high=parameter.maximum)
