"""A preview on its chart: candles, the lines its conditions read, firings, limits, warm-up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upbit_auto_trading.application.preview_job import base_timeframe
from upbit_auto_trading.domain.timeframe import parse_timeframe
from upbit_auto_trading.presentation.screens import preview_lines, preview_words
from upbit_auto_trading.presentation.screens.indicator_plan import Composition
from upbit_auto_trading.presentation.viewmodels.indicator_lines import IndicatorLines
from upbit_auto_trading.presentation.widgets.chart_data import FixedCandles
from upbit_auto_trading.presentation.widgets.chart_markers import ChartMarker, MarkerKind
from upbit_auto_trading.presentation.widgets.chart_plan import ChartPlan
from upbit_auto_trading.presentation.widgets.chart_scene import start_ms_of
from upbit_auto_trading.presentation.widgets.preview_overview import OverviewLook

if TYPE_CHECKING:
    from upbit_auto_trading.application.preview_firings import Firings
    from upbit_auto_trading.domain.expression import Expression
    from upbit_auto_trading.domain.indicator import IndicatorPort
    from upbit_auto_trading.domain.rule import Role
    from upbit_auto_trading.presentation.viewmodels.preview_model import PreviewModel
    from upbit_auto_trading.presentation.widgets.chart_view import ChartView
    from upbit_auto_trading.presentation.widgets.preview_overview import PreviewOverview

_MADE_UP = "1m"
_NO_LINES = Composition(ChartPlan(has_volume=False), ())


class PreviewDrawing:
    """Keeps chart and overview at what the model holds; what didn't change isn't drawn again."""

    def __init__(self, chart: ChartView, overview: PreviewOverview) -> None:
        self._chart, self._overview = chart, overview
        self._indicators: IndicatorPort | None = None
        self._lines: IndicatorLines | None = None
        self._composed: tuple[tuple[Expression | None, str], Composition] | None = None
        self._drawn: object = None

    def attach(self, indicators: IndicatorPort) -> None:
        """Take indicators from an exchange's services."""
        self._indicators, self._lines = indicators, IndicatorLines(indicators)

    def detach(self) -> None:
        """Show nothing."""
        self._indicators, self._lines, self._drawn = None, None, None
        self._chart.clear()

    def forget(self) -> None:
        """Draw firings and limits again with the next `show`."""
        self._drawn = None

    def show(self, model: PreviewModel, role: Role) -> bool:
        """Show what the model holds; return whether firings or limits changed."""
        lines, indicators = self._lines, self._indicators
        if lines is None or indicators is None:
            return False
        trigger, made_up = model.trigger, model.scenario_candles
        timeframe = _MADE_UP
        if trigger is not None and made_up is None and model.series is not None:
            timeframe = model.series.timeframe.code
        composition = self._composition(trigger, timeframe)
        self._chart.show_plan(composition.plan)
        if made_up is not None:
            columns = [indicators.series(one, made_up) for one in composition.readings]
            held = FixedCandles(
                model.market, parse_timeframe(_MADE_UP), made_up, hash(model.scenario)
            )
            self._chart.show_series(held, columns)
        elif model.series is not None and len(model.series):
            lines.show(composition.readings)
            lines.update(model.series)
            self._chart.show_series(model.series, lines.values, lines.revision)
        told = (model.shown, trigger, timeframe, model.scenario)
        is_new = told != self._drawn
        if is_new:
            self._drawn = told
            self._mark(model, role, timeframe, composition)
        self._show_window(timeframe)
        return is_new

    def _composition(self, trigger: Expression | None, timeframe: str) -> Composition:
        wanted = (trigger, timeframe)
        if self._composed is None or self._composed[0] != wanted:
            composition = _NO_LINES
            if trigger is not None and _is_drawable(trigger):
                composition = preview_lines.composed(trigger, timeframe)
            self._composed = wanted, composition
        return self._composed[1]

    def _mark(
        self, model: PreviewModel, role: Role, timeframe: str, composition: Composition
    ) -> None:
        result, trigger = model.shown, model.trigger
        ink = preview_words.ROLE_INKS[role]
        self._chart.show_markers([] if result is None else _markers(result.firings, ink))
        self._chart.show_gaps(preview_words.gaps(model))
        levels = (
            [] if trigger is None else preview_lines.levels(trigger, timeframe, composition, ink)
        )
        self._chart.show_levels(levels)
        if result is None:
            self._overview.show_look(OverviewLook())
            return
        label = dict(preview_words.periods())[model.period]
        if model.scenario:
            label = preview_words.scenario_word(model.scenario)
        firings = result.firings
        marks = tuple(zip(firings.ms.tolist(), (firings.reason > 0).tolist(), strict=True))
        self._overview.show_look(OverviewLook(label, result.first_ms, result.last_ms, marks, ink))

    def _show_window(self, timeframe: str) -> None:
        viewport, length = self._chart.viewport, parse_timeframe(timeframe)
        shown = (
            start_ms_of(int(viewport.left), length),
            start_ms_of(int(viewport.right) + 1, length),
        )
        self._overview.show_window(shown)


def _is_drawable(trigger: Expression) -> bool:
    try:
        return bool(base_timeframe(trigger))
    except LookupError:
        return False


def _markers(firings: Firings, ink: str) -> list[ChartMarker]:
    fired, held_back = MarkerKind.FIRED, MarkerKind.SUPPRESSED
    columns = firings.ms.tolist(), firings.price.tolist(), firings.reason.tolist()
    return [
        ChartMarker(ms, price, held_back if reason else fired, number, "", str(number), ink)
        for number, (ms, price, reason) in enumerate(zip(*columns, strict=True), firings.first)
    ]
