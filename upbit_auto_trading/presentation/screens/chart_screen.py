"""The chart screen: market list, chart, live condition, book and tape, with their view-models."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QTimer, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QWidget

from upbit_auto_trading.domain.failure import FailureCause
from upbit_auto_trading.domain.subscription import ConnectionState
from upbit_auto_trading.presentation import wording
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import chart_words
from upbit_auto_trading.presentation.screens.chart_centre import TIMEFRAMES, ChartCentre
from upbit_auto_trading.presentation.screens.chart_layouts import (
    BOOK,
    CHART,
    CONDITION,
    DEFAULT,
    LIST,
    TAPE,
    arrange,
)
from upbit_auto_trading.presentation.screens.depth_pane import DepthPane
from upbit_auto_trading.presentation.screens.dock_area import DockArea, DockPane
from upbit_auto_trading.presentation.screens.market_words import state_words
from upbit_auto_trading.presentation.viewmodels.chart import ChartViewModel
from upbit_auto_trading.presentation.viewmodels.chart_trading import ChartTradingViewModel
from upbit_auto_trading.presentation.viewmodels.market_list import MarketListViewModel
from upbit_auto_trading.presentation.viewmodels.market_table import SortKey
from upbit_auto_trading.presentation.widgets.chart_notice import ChartNotice
from upbit_auto_trading.presentation.widgets.condition_card import ConditionCard
from upbit_auto_trading.presentation.widgets.market_badges import badges_of, explanations_of
from upbit_auto_trading.presentation.widgets.market_header import SourceLook
from upbit_auto_trading.presentation.widgets.market_list_pane import MarketListPane

if TYPE_CHECKING:
    from collections.abc import Callable

    from PyQt6.QtGui import QHideEvent, QShowEvent

    from upbit_auto_trading.application.services import Services
    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.viewmodels.market_table import MarketTable
    from upbit_auto_trading.presentation.viewmodels.settings import SettingsViewModel

_PULSE_MS: Final = 200
_SETTLE_S: Final = 1.0
_COMPACT_BELOW: Final = 1440
_CHART_LEAST: Final = (400, 280)


class ChartScreen(QWidget):
    """Shows one market at a time.

    `live_frame_painted` tells of each painting of live data, `unlisted` of a market that the
    exchange doesn't have while nothing else is shown, `shown` of the market and timeframe that
    are on screen from now on.
    """

    live_frame_painted = pyqtSignal()
    unlisted = pyqtSignal(str)
    data_arrived = pyqtSignal()
    told = pyqtSignal(str)
    shown = pyqtSignal(str, str)

    def __init__(
        self,
        theme: Theme,
        wall_clock: Callable[[], float] = time.time,
        now: Callable[[], float] = time.monotonic,
        settings: SettingsViewModel | None = None,
    ) -> None:
        super().__init__()
        self._wall_clock = wall_clock
        self._now = now
        self._services: Services | None = None
        self._chart: ChartViewModel | None = None
        self._list: MarketListViewModel | None = None
        self._trading: ChartTradingViewModel | None = None
        self._asked_at = 0.0
        self._favourites: tuple[str, ...] = ()
        self._is_still = False
        self._starting: list[asyncio.Task[None]] = []
        self.market = ""
        self.timeframe = "1m"
        self.list_pane = MarketListPane(theme, _sorts(), self)
        self.centre = ChartCentre(theme, settings)
        self.header = self.centre.header
        self.toolbar = self.centre.toolbar
        self.chart = self.centre.chart
        self.condition = ConditionCard(theme)
        self.depth_pane = DepthPane(theme, now, self)
        self._is_asleep = False
        self._assemble(theme)
        self._connect()
        self._pulse = QTimer(self)
        self._pulse.setInterval(_PULSE_MS)
        self._pulse.timeout.connect(self._pulsed)

    @property
    def view_model(self) -> ChartViewModel | None:
        """The chart's view-model while attached."""
        return self._chart

    @property
    def market_name(self) -> str:
        """The name of the market shown, its code while the list isn't there."""
        return self._list.table.name_of(self.market) if self._list else self.market

    @property
    def table(self) -> MarketTable | None:
        """The markets of the exchange while attached."""
        return self._list.table if self._list else None

    def attach(self, services: Services, market: str, timeframe: str | None = None) -> None:
        """Show an exchange's data. What was attached before must have been detached."""
        self._services = services
        if timeframe in TIMEFRAMES:
            self.timeframe = timeframe
        self._list = MarketListViewModel(services.market_data, self)
        self._list.set_favourites(self._favourites)
        self._list.table.set_still(still=self._is_still)
        self._list.table.set_awake(awake=not self._is_asleep)
        self._list.changed.connect(self._list_changed)
        self._chart = ChartViewModel(services.feed, services.indicators, self._wall_clock, self)
        self.centre.attach(self._chart, services.endpoint.kind)
        if services.trading is not None:
            self._trading = ChartTradingViewModel(services.trading, self)
            self.centre.attach_trading(self._trading)
        self._chart.changed.connect(self._chart_changed)
        self._chart.refused.connect(self._refused)
        self.depth_pane.attach(self._chart, services.endpoint.kind)
        self._chart.measure_painting(services.metrics.painting, self.isVisible)
        self.list_pane.show_model(self._list.table)
        self._starting = [self._list.start(market)]
        self.show_market(market)
        self._list_changed()
        self._pulse.start()

    async def settle(self) -> None:
        """Wait, not for long, until the exchange is asked for everything shown."""
        if self._starting:
            await asyncio.wait(self._starting, timeout=_SETTLE_S)

    def show_waiting(self, market: str, title: str, detail: str) -> None:
        """Say why there is nothing to show of a market yet."""
        self.market = market
        status = chart_words.nothing_yet()
        self.header.show_figures(chart_words.header_figures(market, market, None, status))
        self.header.show_source(SourceLook(_("No exchange yet"), "off"))
        self.condition.show_look(chart_words.waiting_condition(market))
        self.chart.show_notice(ChartNotice(title, detail))

    async def detach(self) -> None:
        """Let go of the exchange; nothing of it stays on screen."""
        self._pulse.stop()
        self.centre.detach()
        chart, markets = self._chart, self._list
        self._chart = self._list = self._services = None
        self._starting = []
        self.depth_pane.clear()
        trading, self._trading = self._trading, None
        if trading is not None:
            await trading.close()
            trading.deleteLater()
        if chart is not None:
            await chart.close()
            chart.deleteLater()
        if markets is not None:
            await markets.close()
            markets.deleteLater()

    def show_market(self, market: str) -> None:
        """Show another market in the same timeframe."""
        self.market = market
        self._show()

    def show_moment(self, market: str, moment_ms: int) -> None:
        """Show the candle of a moment, in the middle of the chart."""
        if market != self.market:
            self.show_market(market)
        self.centre.show_moment(moment_ms)

    def show_timeframe(self, code: str) -> None:
        """Show the same market in another timeframe."""
        self.timeframe = code
        self._show()

    def set_favourites(self, markets: tuple[str, ...]) -> None:
        """Mark these markets as favourites."""
        if markets == self._favourites:
            return
        self._favourites = markets
        if self._list is not None:
            self._list.set_favourites(markets)
            self._list_changed()

    def follow_settings(self) -> None:
        """Take up what the settings say of charts."""
        self.centre.follow_settings()

    def set_still(self, *, still: bool) -> None:
        """Leave out, or show, the flash of a changed price."""
        self._is_still = still
        if self._list is not None:
            self._list.table.set_still(still=still)

    def refresh(self) -> None:
        """Bring everything that depends on the time up to date, unless nobody sees it."""
        chart, services = self._chart, self._services
        if chart is None or services is None or self._is_asleep:
            return
        status = chart.status
        name = self.market_name
        ticker = chart.ticker
        self.header.show_figures(chart_words.header_figures(self.market, name, ticker, status))
        self.header.show_source(chart_words.source_look(services.endpoint.kind, ticker, status))
        row = None if self.table is None else self.table.row_named(self.market)
        if row is not None:
            explanation = "\n".join(explanations_of(row))
            is_starred = row.is_favourite
            self.header.show_marks(badges_of(row), explanation, is_favourite=is_starred)
        self.centre.refresh()
        if chart.timeframe is not None:
            self.chart.show_notice(
                chart_words.chart_notice(
                    self.market,
                    chart.timeframe,
                    status,
                    self._now() - self._asked_at,
                    services.endpoint.host,
                )
            )
        look = chart_words.condition_look(chart.condition(), self.market, chart.timeframe)
        self.condition.show_look(look)
        self.depth_pane.refresh()
        if self._list is not None:
            is_down = services.feed.connection_state is not ConnectionState.CONNECTED
            self._list.table.mark_stale(is_stale=is_down)
            self._list.follow_health()

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802 -- Qt's name
        super().showEvent(event)
        self._set_asleep(asleep=False)

    def hideEvent(self, event: QHideEvent | None) -> None:  # noqa: N802 -- Qt's name
        super().hideEvent(event)
        self._set_asleep(asleep=not self.docks.has_floating)

    def _set_asleep(self, *, asleep: bool) -> None:
        """Paint nothing while another screen is in front; data is taken in all the same."""
        if asleep == self._is_asleep:
            return
        self._is_asleep = asleep
        self.depth_pane.set_awake(awake=not asleep)
        if self._list is not None:
            self._list.table.set_awake(awake=not asleep)
        if self._chart is not None and not asleep:
            self._chart.tell()

    def _pulsed(self) -> None:
        if not self._is_asleep:
            self.refresh()
            self.chart.refresh_readout()

    def _show(self) -> None:
        if self._chart is None:
            return
        self._asked_at = self._now()
        self._starting = [*self._starting[:1], self._chart.show(self.market, self.timeframe)]
        self.depth_pane.show_market(self.market)
        self.centre.show_market(self.market, self.timeframe)
        if self._list is not None:
            self._list.table.mark_shown(self.market)
        self.shown.emit(self.market, self.timeframe)
        self.refresh()

    def _chart_changed(self) -> None:
        chart = self._chart
        if chart is None:
            return
        if not self._is_asleep:
            self.centre.show_data()
        if chart.ticker is not None:
            self.data_arrived.emit()
        self.refresh()

    def _refused(self, market: str, cause: FailureCause) -> None:
        chart = self._chart
        if chart is None:
            return
        self.told.emit(
            _("{market} can't be shown: {why}").format(market=market, why=wording.failure(cause))
        )
        if chart.market is None and cause is FailureCause.UNKNOWN_MARKET:
            self.unlisted.emit(market)
            return
        if chart.market is not None:
            self.market = chart.market
            self.depth_pane.show_market(self.market)
        if chart.timeframe is not None:
            self.timeframe = chart.timeframe.code
        self.centre.show_market(self.market, self.timeframe)
        if self._list is not None:
            self._list.table.mark_shown(self.market)
        self.shown.emit(self.market, self.timeframe)

    def _list_changed(self) -> None:
        markets = self._list
        if markets is None:
            return
        table = markets.table
        self.list_pane.show_quotes(table.tabs, table.quote, table.count_of(table.quote))
        self.list_pane.show_message(state_words(markets, is_filtered=False))

    def _market_rested(self, market: str) -> None:
        if self._list is not None:
            self._list.hint(market)

    def _search(self, text: str) -> None:
        if self._list is not None:
            self._list.table.search(text)
            self._list_changed()
            has_rows = self._list.table.rowCount() > 0
            self.list_pane.show_market(0 if text and has_rows else None)

    def _quote_chosen(self, quote: str) -> None:
        if self._list is not None:
            self._list.show_quote(quote)
            self.list_pane.scroll_to_top()

    def _sort_chosen(self, key: str) -> None:
        if self._list is not None:
            self._list.table.sort_by(SortKey(key))

    def _visible_rows(self, first: int, last: int) -> None:
        if self._list is not None:
            self._list.table.set_visible_rows(first, last)

    def _connect(self) -> None:
        self.list_pane.market_chosen.connect(self.show_market)
        self.list_pane.market_rested.connect(self._market_rested)
        self.list_pane.search_changed.connect(self._search)
        self.list_pane.quote_chosen.connect(self._quote_chosen)
        self.list_pane.sort_chosen.connect(self._sort_chosen)
        self.list_pane.visible_rows_changed.connect(self._visible_rows)
        self.centre.timeframe_chosen.connect(self.show_timeframe)
        self.centre.told.connect(self.told)
        self.chart.live_frame_painted.connect(self.live_frame_painted)

    def _title_panes(self) -> None:
        """Leave out the title of a pane where a tab says it."""
        self.depth_pane.ladder.head.show_title(is_shown=not self.docks.is_tabbed(BOOK))
        self.depth_pane.tape.head.show_title(is_shown=not self.docks.is_tabbed(TAPE))

    def _assemble(self, theme: Theme) -> None:
        self.centre.setMinimumSize(*_CHART_LEAST)
        self.depth_pane.hide()
        self.docks = DockArea(
            theme,
            [
                DockPane(LIST, _("Markets"), self.list_pane),
                DockPane(CHART, _("Chart"), self.centre),
                DockPane(CONDITION, _("Condition"), self.condition),
                DockPane(BOOK, _("Order book"), self.depth_pane.ladder),
                DockPane(TAPE, _("Trades"), self.depth_pane.tape),
            ],
            CHART,
            self,
        )
        for told in (self.docks.arranged, self.docks.changed):
            told.connect(self._title_panes)
        arrange(self.docks, DEFAULT, compact=False)
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 4, 4, 4)
        row.addWidget(self.docks)


def is_compact(width: int) -> bool:
    """Whether a window of that width is narrow."""
    return width < _COMPACT_BELOW


def _sorts() -> tuple[tuple[str, str], ...]:
    return (
        (SortKey.TURNOVER.value, _("by value ▾")),
        (SortKey.CHANGE.value, _("by change ▾")),
        (SortKey.PRICE.value, _("by price ▾")),
        (SortKey.NAME.value, _("by name ▾")),
    )
