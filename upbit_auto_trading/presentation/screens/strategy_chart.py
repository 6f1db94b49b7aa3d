"""The chart beside the rules: at which price each of them would fire next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import pyqtSignal

from upbit_auto_trading.application.candles import ChartSession, ChartState
from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.chart_indicator import ChartIndicator, IndicatorKinds
from upbit_auto_trading.domain.expression import Comparison, Constant, comparisons
from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.domain.timeframe import parse_timeframe
from upbit_auto_trading.domain.truth import Truth
from upbit_auto_trading.presentation import formatting, wording
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens.indicator_plan import compose
from upbit_auto_trading.presentation.screens.strategy_now import first_price
from upbit_auto_trading.presentation.screens.strategy_words import ROLE_TOKENS, of
from upbit_auto_trading.presentation.viewmodels.coalescer import Coalescer
from upbit_auto_trading.presentation.viewmodels.indicator_lines import IndicatorLines
from upbit_auto_trading.presentation.widgets.chart_levels import AVERAGE_DASHES, ChartLevel
from upbit_auto_trading.presentation.widgets.chart_notice import ChartNotice
from upbit_auto_trading.presentation.widgets.chart_tags import LastPrice
from upbit_auto_trading.presentation.widgets.chart_view import ChartView
from upbit_auto_trading.presentation.widgets.pane import Pane
from upbit_auto_trading.presentation.widgets.segmented import Segmented
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upbit_auto_trading.application.paper_views import RuleView, RunView
    from upbit_auto_trading.application.services import Services
    from upbit_auto_trading.presentation.theme import Theme

_TIMEFRAMES: Final = ("1m", "15m", "1h")
_AVERAGE: Final = "average"
_STALE: Final = (ChartState.STALE, ChartState.OFFLINE)
_STEPS: Final = 0.1
# How far from the price a line may be to be kept in sight, and how much room lies beyond it.
_NEAR: Final = 0.15
_ROOM: Final = 0.06
_SLACK: Final = 0.003
_IN_SIGHT: Final = 120


class FiringChart(Pane):
    """`threshold_dragged` carries a rule, the address of its number, and the number wanted."""

    threshold_dragged = pyqtSignal(str, str, float)
    live_frame_painted = pyqtSignal()

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "chart-candlestick", _("Next firing prices"))
        self._services: Services | None = None
        self._session: ChartSession | None = None
        self._lines: IndicatorLines | None = None
        self._views: Mapping[str, RuleView] = {}
        self._price: float | None = None
        self._market = ""
        self._timeframe = _TIMEFRAMES[1]
        self._held: tuple[float, float] | None = None
        self.shown_price: LastPrice | None = None
        self._is_live = False
        self._is_scaled_by_hand = self._is_scaling = False
        self._tasks = TaskOwner("strategy-chart")
        self.chart = ChartView(theme)
        self._choice = Segmented(
            _("Candles"),
            [(code, formatting.timeframe_name(parse_timeframe(code))) for code in _TIMEFRAMES],
        )
        self._choice.show_value(self._timeframe)
        self.add_control(self._choice)
        self.body.addWidget(self.chart, 1)
        kinds = IndicatorKinds(shipped_variables())
        self._composition = compose(
            kinds, [ChartIndicator("sma", (("period", 20.0),))], has_volume=False
        )
        self.chart.show_plan(self._composition.plan)
        self._coalescer = Coalescer(self)
        self._coalescer.flushed.connect(self._show)
        self._choice.chosen.connect(self._timeframe_chosen)
        self.chart.value_dropped.connect(self._dropped)
        self.chart.scale_changed.connect(self._scale_changed)
        self.chart.older_wanted.connect(self._older_wanted)
        self.chart.live_frame_painted.connect(self.live_frame_painted)

    @property
    def frames_painted(self) -> int:
        """How often live data was painted."""
        return self.chart.frames_painted

    def attach(self, services: Services, market: str) -> None:
        """Show a market of an exchange."""
        self._services = services
        self._session = ChartSession(services.feed, self._coalescer.mark, lambda: None)
        self._lines = IndicatorLines(services.indicators, self._composition.readings)
        self._market = ""
        self.show_market(market)

    async def detach(self) -> None:
        """Let go of the exchange."""
        session, self._session = self._session, None
        self._services, self._lines = None, None
        self._coalescer.stop()
        await self._tasks.close()
        self._tasks = TaskOwner("strategy-chart")
        if session is not None:
            await session.close()
        self.chart.clear()

    def show_market(self, market: str) -> None:
        """Show another market."""
        if market != self._market:
            self._market = market
            self._ask()

    def show_rules(
        self, views: Mapping[str, RuleView], price: float | None, run: RunView | None
    ) -> None:
        """Draw at which price each rule would fire, and the average price of what is held."""
        self._views, self._price = views, price
        levels = []
        for view in views.values():
            if view.firing_price is None:
                continue
            rule = view.rule
            label = f"{rule.number} {of(rule.name)}"
            levels.append(
                ChartLevel(
                    rule.id,
                    first_price(self._market, view.firing_price),
                    label,
                    ROLE_TOKENS[rule.role],
                    is_draggable=_dragged_number(view) is not None,
                )
            )
        position = None if run is None else run.position
        if position is not None:
            levels.append(
                ChartLevel(
                    _AVERAGE, position.average, _("Average"), "text-2", dashes=AVERAGE_DASHES
                )
            )
        self.chart.show_levels(levels)
        self._make_room([level.value for level in levels])

    def _make_room(self, levels: list[float]) -> None:
        """Keep the lines near the price in sight until the user scales by hand."""
        price, session = self._price, self._session
        near = [one for one in levels if price and abs(one / price - 1) <= _NEAR]
        if not near or price is None or session is None or session.series is None:
            return
        columns = session.series.columns
        if self._is_scaled_by_hand or not len(columns):
            return
        low = min(*near, float(columns.low[-_IN_SIGHT:].min()))
        high = max(*near, float(columns.high[-_IN_SIGHT:].max()))
        room = (high - low) * _ROOM
        wanted = (low - room, high + room)
        held = self._held
        is_off = held is None or max(abs(a / b - 1) for a, b in zip(wanted, held, strict=True))
        if is_off is True or is_off > _SLACK:
            self._held = wanted
            self._is_scaling = True
            self.chart.hold_prices(*wanted)
            self._is_scaling = False

    def _scale_changed(self) -> None:
        if not self._is_scaling:
            self._is_scaled_by_hand = True

    def refresh(self) -> None:
        """Bring what depends on the time up to date."""
        session = self._session
        if session is None:
            return
        status = session.status()
        if status.state is ChartState.FAILED and status.failure is not None:
            title = _("The candles didn't come: {why}").format(why=wording.failure(status.failure))
            self.chart.show_notice(ChartNotice(title, _("They are being asked for again.")))
        else:
            self.chart.show_notice(ChartNotice(_("Loading candles…"), ""))
        if self.shown_price is not None:
            self._show_price(session)
        self.chart.refresh_readout()

    def _ask(self) -> None:
        session = self._session
        self._held, self._is_scaled_by_hand = None, False
        self.shown_price = None
        if session is not None:
            self._tasks.start(self._load(session, self._market, self._timeframe), "show")

    async def _load(self, session: ChartSession, market: str, timeframe: str) -> None:
        try:
            await session.show(market, timeframe)
        except MarketDataError as error:
            title = _("{market} can't be shown: {why}").format(
                market=market, why=wording.failure(error.cause)
            )
            self.chart.show_notice(ChartNotice(title, ""))

    def _show(self) -> None:
        session, lines = self._session, self._lines
        if session is None or lines is None or session.series is None:
            return
        series = session.series
        lines.update(series)
        self.chart.show_series(series, lines.values, lines.revision)
        self._show_price(session)

    def _show_price(self, session: ChartSession) -> None:
        """Show the last price; a pulse without data lets it grow old and its countdown run."""
        series, ticker, status = session.series, session.ticker, session.status()
        if series is None or ticker is None or not len(series):
            return
        is_stale = status.state in _STALE
        left_ms = series.timeframe.next_start_ms(int(series.columns.start_ms[-1]))
        left_s = (left_ms - session.exchange_ms) / 1000
        last = LastPrice(
            ticker.trade_price,
            formatting.price(series.market, ticker.trade_price),
            formatting.direction(ticker.change_rate),
            "" if is_stale else formatting.countdown(max(0.0, left_s)),
            is_stale,
        )
        is_live = status.state is ChartState.LIVE
        if (last, is_live) != (self.shown_price, self._is_live):
            self.shown_price, self._is_live = last, is_live
            self.chart.show_last_price(last, is_live=is_live)

    def _older_wanted(self) -> None:
        session = self._session
        if session is not None and session.can_load_older:
            self._tasks.start(self._older(session), "older")

    async def _older(self, session: ChartSession) -> None:
        try:
            await session.load_older()
        except MarketDataError:
            self._coalescer.mark()

    def _timeframe_chosen(self, code: str) -> None:
        self._timeframe = code
        self._ask()

    def _dropped(self, rule: str, price: float) -> None:
        view = self._views.get(rule)
        found = None if view is None else _dragged_number(view)
        if view is None or found is None or not self._price:
            return
        path, comparison, left = found
        factor = comparison.left.multiplier
        if comparison.left.variable == "price":
            wanted = price
        else:
            reference = self._price / (1 + left / factor / 100)
            wanted = round((price / reference - 1) * 100 / _STEPS) * _STEPS
        self.threshold_dragged.emit(rule, path, round(wanted * factor, 8))


def _dragged_number(view: RuleView) -> tuple[str, Comparison, float] | None:
    """Return the number that a rule's line stands for: that of its only condition not met."""
    open_ones = [
        (place, comparison, record)
        for place, (comparison, record) in enumerate(
            zip(comparisons(view.rule.trigger), view.comparisons, strict=True)
        )
        if record.truth is not Truth.TRUE
    ]
    if len(open_ones) != 1:
        return None
    place, comparison, record = open_ones[0]
    if not isinstance(comparison.right, Constant) or record.left is None:
        return None
    if not comparison.left.multiplier:
        return None
    return f"trigger.{place}.right", comparison, record.left
