"""The middle of the strategy screen: next firing prices on a chart, and the state of now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import (
    strategy_now,
    strategy_run_words,
    strategy_state,
    strategy_words,
)
from upbit_auto_trading.presentation.screens.strategy_chart import FiringChart
from upbit_auto_trading.presentation.screens.strategy_sentences import rule_names
from upbit_auto_trading.presentation.viewmodels.strategy_live import StrategyLive
from upbit_auto_trading.presentation.widgets.pane import Pane
from upbit_auto_trading.presentation.widgets.state_diagram import StateDiagram

if TYPE_CHECKING:
    from upbit_auto_trading.application.services import Services
    from upbit_auto_trading.domain.account import Account
    from upbit_auto_trading.domain.strategy import Strategy
    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.rule_card import RuleNow


class StrategyOutlook(QWidget):
    """`changed` tells that what the rules see has changed, `told` what was done or refused."""

    changed = pyqtSignal()
    told = pyqtSignal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.live: StrategyLive | None = None
        self.chart = FiringChart(theme)
        self.diagram = StateDiagram(theme)
        self._state = Pane(theme, "git-branch", _("State"))
        self._state.body.addWidget(self.diagram, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.chart, 5)
        column.addWidget(self._state, 3)

    def attach(self, services: Services, account: Account, market: str) -> None:
        """Follow an exchange."""
        self.live = StrategyLive(services, account, self)
        self.live.changed.connect(self.changed)
        self.live.done.connect(lambda name: self.told.emit(strategy_run_words.done(name)))
        self.live.refused.connect(lambda error: self.told.emit(strategy_run_words.refused(error)))
        self.chart.attach(services, market)

    async def detach(self) -> None:
        """Let go of the exchange."""
        live, self.live = self.live, None
        if live is not None:
            await live.close()
            live.deleteLater()
        await self.chart.detach()

    def show_strategy(self, strategy: Strategy | None, market: str) -> None:
        """Follow a strategy on a market."""
        if self.live is not None:
            self.live.show(strategy, market)
        self.chart.show_market(market)
        if strategy is None:
            self.diagram.show_look(None)
            self._state.show_detail(_("no strategy is open"))
            self.chart.show_rules({}, None, None)

    def refresh(self) -> None:
        """Bring what depends on the time up to date."""
        self.chart.refresh()

    def show_now(self, strategy: Strategy, market: str) -> dict[str, RuleNow]:
        """Show what is the case at this moment; return what each rule's card says of it."""
        live = self.live
        views = {} if live is None else live.rules()
        run = None if live is None else live.run
        problem = None if live is None else live.problem
        told = {}
        names = rule_names(strategy)
        held_back = ""
        if live is not None and live.is_held_back:
            held_back = strategy_words.held_back(live.age_s)
        for rule in strategy.rules:
            view = views.get(rule.id)
            if view is not None and rule.enabled:
                told[rule.id] = strategy_now.rule_now(view, market, names, held_back)
            else:
                told[rule.id] = strategy_now.nothing_now(strategy_words.not_judged(rule, problem))
        self.chart.show_rules(views, None if live is None else live.price, run)
        age_s = None if live is None else live.age_s
        self.chart.show_detail(strategy_words.judged_on(market, age_s))
        side = None if live is None else live.open_side
        self.diagram.show_look(strategy_state.state_look(strategy, run, views, side))
        self._state.show_detail(strategy_state.state_detail(run, market))
        return told
