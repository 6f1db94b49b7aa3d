"""The preview pane: where a trigger would have fired, on a real market and on made-up ones."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from PyQt6.QtCore import QEvent, QObject, pyqtSignal
from PyQt6.QtGui import QKeySequence, QShortcut
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from upbit_auto_trading.application.preview_scenarios import SCENARIOS
from upbit_auto_trading.application.scenario_expectations import usual_expectations
from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.domain.rule import Role
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import preview_lines, preview_words, strategy_words
from upbit_auto_trading.presentation.screens.preview_drawing import PreviewDrawing
from upbit_auto_trading.presentation.viewmodels.preview_model import PreviewModel, PreviewState
from upbit_auto_trading.presentation.widgets.chart_notice import ChartNotice
from upbit_auto_trading.presentation.widgets.chart_view import ChartView
from upbit_auto_trading.presentation.widgets.elided_text import ElidedText
from upbit_auto_trading.presentation.widgets.market_picker import MarketPicker
from upbit_auto_trading.presentation.widgets.pane import Pane
from upbit_auto_trading.presentation.widgets.preview_overview import PreviewOverview
from upbit_auto_trading.presentation.widgets.preview_record import PreviewRecord
from upbit_auto_trading.presentation.widgets.preview_scenarios import PreviewScenarios
from upbit_auto_trading.presentation.widgets.segmented import Segmented
from upbit_auto_trading.presentation.widgets.text import Text
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upbit_auto_trading.application.preview_firings import PreviewFiring
    from upbit_auto_trading.application.scenario_expectations import Expectation
    from upbit_auto_trading.application.services import Services
    from upbit_auto_trading.domain.expression import Expression
    from upbit_auto_trading.presentation.screens.screen import ScreenContext
    from upbit_auto_trading.presentation.widgets.chart_markers import ChartMarker
    from upbit_auto_trading.presentation.widgets.condition_looks import CountLook

_BAR: Final = 34
_RECORD_MARGIN: Final = 12


class TriggerPreview(QWidget):
    """Previews the trigger given by `show_trigger` while attached.

    `threshold_dragged` carries the address of a constant, the condition's id and its side
    (`n3.right`), and the number it was dragged to. `record_hovered` carries the evaluation
    record of the firing under the pointer, None when there is none. `counted` tells that
    `counts` may have changed.
    """

    threshold_dragged = pyqtSignal(str, float)
    record_hovered = pyqtSignal(object)
    counted = pyqtSignal()
    live_frame_painted = pyqtSignal()

    def __init__(self, context: ScreenContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._services: Services | None = None
        self._trigger: Expression | None = None
        self._role = Role.ENTRY
        self._expected: Mapping[str, Expectation] = {}
        self._at = -1
        self._was_seen = False
        self._tasks = TaskOwner("preview-markets")
        self.model: PreviewModel | None = None
        theme = context.theme
        self._pane = Pane(theme, "eye", _("Preview"))
        self._state = Text(theme, "small-strong", "text-2")
        self._pane.add_control(self._state)
        self.market = MarketPicker()
        self.market.show_market(context.settings.settings.market)
        self.period = Segmented(_("Period"), preview_words.periods())
        self.period.show_value("1d")
        self._fired = Text(theme, "control-strong", "entry")
        self._suppressed = Text(theme, "control-strong", "warn")
        self._reasons = Text(theme, "control", "text-2")
        self._warning = ElidedText(theme, "control", "warn").shrink()
        self._took = Text(theme, "small", "text-3")
        self._earlier = _step_button(theme, "chevron-left", _("Previous firing"))
        self._later = _step_button(theme, "chevron-right", _("Next firing"))
        self._progress = QProgressBar()
        self._progress.setFixedHeight(2)
        self._progress.setTextVisible(False)
        self.scenarios = PreviewScenarios(theme, SCENARIOS)
        self.overview = PreviewOverview(theme)
        self.chart = ChartView(theme)
        self._drawing = PreviewDrawing(self.chart, self.overview)
        self._card = PreviewRecord(theme, self.chart)
        self._assemble()
        self._connect()
        self._show()

    def attach(self, services: Services) -> None:
        """Preview on an exchange's data."""
        self._services = services
        market = self._context.settings.settings.market
        self.model = PreviewModel(services, market, self)
        self.model.changed.connect(self._show)
        self.model.candles_changed.connect(self._show_candles)
        self._drawing.attach(services.indicators)
        self.market.show_market(market)
        self.period.show_value(self.model.period)
        self._tasks.start(self._offer_markets(services), "markets")
        self.model.show_trigger(self._trigger, self._role)
        self._show()

    async def detach(self) -> None:
        """Let go of the exchange; nothing of it stays on screen. Harmless when repeated."""
        model, self.model = self.model, None
        self._services = None
        await self._tasks.close()
        self._tasks = TaskOwner("preview-markets")
        if model is not None:
            await model.close()
            model.deleteLater()
        self._drawing.detach()
        self._show()

    def show_trigger(self, expression: Expression | None, role: Role) -> None:
        """Preview a trigger in a role, or none; the newest one wins."""
        if role is not self._role:
            self._expected = {}
        self._trigger, self._role = expression, role
        if self.model is not None:
            self.model.show_trigger(expression, role)

    def counts(self, root: Expression) -> Mapping[str, CountLook]:
        """How often the conditions of a tree held where they were tried just so."""
        return {} if self.model is None else preview_words.condition_counts(self.model, root)

    def refresh(self) -> None:
        """Bring what depends on the time up to date; called while in front."""
        self.chart.refresh_readout()

    def reload(self) -> None:
        """Ask again for candles that didn't come."""
        if self.model is not None:
            self.model.reload()

    def set_compact(self, *, compact: bool) -> None:
        """Give way to a narrow window."""
        self._took.setVisible(not compact)
        self._reasons.setVisible(not compact)

    def view_state(self) -> Any:
        """Market, period and expectations, for the pane that takes this one's place."""
        if self.model is None:
            return None
        return self.model.market, self.model.period, self._expected

    def restore_view(self, state: Any) -> None:
        """Take over what `view_state` of an earlier look returned."""
        if state is None or self.model is None:
            return
        market, period, self._expected = state
        self.market.show_market(market)
        self.period.show_value(period)
        self.model.show_market(market)
        self.model.show_period(period)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 -- Qt's name
        """Keep the card in its corner when the chart changes its size."""
        if event is not None and event.type() is QEvent.Type.Resize:
            self._place_card(None)
        return super().eventFilter(watched, event)

    async def _offer_markets(self, services: Services) -> None:
        try:
            markets = (await services.market_data.markets()).values
        except MarketDataError:
            return
        self.market.show_markets(strategy_words.market_choices(markets))

    @property
    def _expectations(self) -> Mapping[str, Expectation]:
        """What each scenario should do: as the user said, else as the trigger tells."""
        return {**usual_expectations(self._trigger, self._role), **self._expected}

    def _show(self) -> None:
        model = self.model
        looks = preview_words.scenario_looks(
            SCENARIOS,
            model.tried if model else {},
            self._expectations,
            model.scenario if model else "",
            model.trying if model else "",
        )
        self.scenarios.show_looks(looks)
        self.counted.emit()
        if model is None:
            self.chart.show_notice(ChartNotice(_("No exchange yet"), ""))
            return
        timeframe = model.series.timeframe.code if model.series is not None else "1m"
        self._pane.show_detail(preview_words.basis(model, timeframe))
        result = model.shown
        if result is not None and not self._was_seen:
            self._was_seen = True
            self._context.navigation.step_taken.emit("preview")
        fired, suppressed, reasons = preview_words.counts(result)
        ink = preview_words.ROLE_INKS[self._role]
        faded = model.is_outdated and not model.scenario
        self._fired.show_text(f"▲ {fired}" if fired else "", "text-3" if faded else ink)
        self._suppressed.show_text(f"△ {suppressed}" if suppressed else "")
        self._reasons.show_text(reasons)
        warning = preview_words.warning(model)
        self._warning.show_text(f"⚠ {warning}" if warning else "")
        self._warning.setToolTip(warning)
        self._took.show_text("" if faded else preview_words.took(result))
        waiting = preview_words.progress(model)
        self._state.show_text(waiting, "acc")
        self._progress.setVisible(bool(waiting))
        self._progress.setRange(0, 0 if model.trying else 100)
        self._progress.setValue(round(model.progress * 100))
        title, detail = preview_words.nothing(model)
        self.chart.show_notice(ChartNotice(title or _("No candles yet"), detail))
        self._state_of_nothing(title, detail)
        if model.state is not PreviewState.LOADING or model.scenario:
            self._show_candles()  # pages still to come would be drawn again and again

    def _state_of_nothing(self, title: str, detail: str) -> None:
        """Say above the chart what the chart can't say while it shows candles."""
        if title and not self._state.text():
            self._state.show_text(title, "warn")
            self._state.setToolTip(detail)
        elif not title:
            self._state.setToolTip("")

    def _show_candles(self) -> None:
        if self.model is not None and self._drawing.show(self.model, self._role):
            self._at = -1
            result = self.model.shown
            has_any = result is not None and bool(result.firings)
            self._earlier.setEnabled(has_any)
            self._later.setEnabled(has_any)

    def _hovered(self, marker: ChartMarker | None) -> None:
        firing = None if marker is None else self._firing(marker.key)
        self.record_hovered.emit(None if firing is None else firing.record)
        self._place_card(firing)

    def _place_card(self, firing: PreviewFiring | None) -> None:
        model = self.model
        if firing is None or model is None or model.trigger is None:
            self._card.show_look(None)
            return
        self._card.show_look(
            preview_words.record_look(firing, model.trigger, self._role, model.market)
        )
        self._card.move(_RECORD_MARGIN, _RECORD_MARGIN + 24)

    def _firing(self, key: str) -> PreviewFiring | None:
        model = self.model
        result = None if model is None else model.shown
        return None if result is None else result.firings.numbered(int(key))

    def _step(self, by: int) -> None:
        """Bring the next or the previous firing into the middle and open its record."""
        result = None if self.model is None else self.model.shown
        if result is None or not result.firings:
            return
        count = len(result.firings)
        self._at = (count - 1 if by < 0 else 0) if self._at < 0 else (self._at + by) % count
        firing = result.firings[self._at]
        self.chart.show_moment(firing.ms)
        self.record_hovered.emit(firing.record)
        self._place_card(firing)
        self._show_candles()

    def _dropped(self, key: str, value: float) -> None:
        model = self.model
        if model is not None and model.trigger is not None:
            number = preview_lines.rounded(model.trigger, key, value, model.market)
            self._drawing.forget()
            self.threshold_dragged.emit(key, number)

    def _market_chosen(self, market: str) -> None:
        if self.model is not None:
            self.model.show_market(market)

    def _period_chosen(self, period: str) -> None:
        if self.model is not None:
            self.model.show_period(period)

    def _scenario_chosen(self, name: str) -> None:
        if self.model is not None:
            self.model.show_scenario(name)

    def _all_asked(self) -> None:
        if self.model is not None:
            self.model.try_scenarios()

    def _expectation_pressed(self, name: str) -> None:
        self._expected = {**self._expected, name: self._expectations[name].next}
        self._show()

    def _moment_asked(self, ms: int) -> None:
        self.chart.show_moment(ms, is_marked=False)
        self._show_candles()

    def _connect(self) -> None:
        self.market.market_chosen.connect(self._market_chosen)
        self.period.chosen.connect(self._period_chosen)
        self.scenarios.chosen.connect(self._scenario_chosen)
        self.scenarios.all_asked.connect(self._all_asked)
        self.scenarios.expectation_pressed.connect(self._expectation_pressed)
        self.overview.moment_asked.connect(self._moment_asked)
        self.chart.marker_hovered.connect(self._hovered)
        self.chart.marker_chosen.connect(self._hovered)
        self.chart.value_dropped.connect(self._dropped)
        self.chart.live_frame_painted.connect(self.live_frame_painted)
        self._earlier.clicked.connect(partial(self._step, -1))
        self._later.clicked.connect(partial(self._step, 1))
        for keys, by in (("Alt+Left", -1), ("Alt+Right", 1)):
            QShortcut(QKeySequence(keys), self).activated.connect(partial(self._step, by))

    def _assemble(self) -> None:
        bar = QFrame()
        bar.setObjectName("toolbar")
        bar.setFixedHeight(_BAR)
        row = QHBoxLayout(bar)
        row.setContentsMargins(6, 0, 6, 0)
        row.setSpacing(8)
        for part in (self.market, self.period, self._fired, self._suppressed, self._reasons):
            row.addWidget(part)
        row.addWidget(self._warning, 1)
        for control in (self._took, self._earlier, self._later):
            row.addWidget(control)
        for line in (bar, self._progress, self.scenarios, self.overview):
            self._pane.body.addWidget(line)
        self._pane.body.addWidget(self.chart, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._pane)
        self.chart.installEventFilter(self)


def _step_button(theme: Any, icon: str, words: str) -> QPushButton:
    button = QPushButton()
    button.setObjectName("quiet")
    button.setIcon(theme.icon(icon, "text-2", 15))
    button.setAccessibleName(words)
    button.setToolTip(words)
    button.setEnabled(False)
    return button
