"""What a strategy's rules see now: in its run, or in a watch without orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from upbit_auto_trading.application.strategy_watch import StrategyWatch
from upbit_auto_trading.presentation.viewmodels.coalescer import Coalescer

if TYPE_CHECKING:
    from upbit_auto_trading.application.paper_views import RuleView, RunView
    from upbit_auto_trading.application.services import Services
    from upbit_auto_trading.domain.account import Account
    from upbit_auto_trading.domain.order import OrderSide
    from upbit_auto_trading.domain.strategy import Strategy
    from upbit_auto_trading.domain.tick import Quality

_PACE_MS: Final = 200
_SETTLE_MS: Final = 400


class StrategyLive(QObject):
    """Follows one strategy on one market; `changed` at most five times a second.

    While a strategy is being edited the watch begins anew once the typing pauses.
    """

    changed = pyqtSignal()

    def __init__(self, services: Services, account: Account, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._coalescer = Coalescer(self, _PACE_MS)
        self._coalescer.flushed.connect(self.changed)
        self._watch = StrategyWatch(
            services.feed, services.indicators, account, self._coalescer.mark
        )
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(_SETTLE_MS)
        self._settled.timeout.connect(self._show)
        self._shown: tuple[object, str] = (None, "")
        self.strategy: Strategy | None = None
        self.market = ""

    @property
    def price(self) -> float | None:
        """The newest price, None before the first print."""
        return self._watch.price

    @property
    def age_s(self) -> float | None:
        """How old the newest print is."""
        return self._watch.age_s

    @property
    def quality(self) -> Quality:
        """What the market's data is worth."""
        return self._watch.quality

    @property
    def problem(self) -> Exception | None:
        """What makes it impossible to judge, None while nothing does."""
        return self._watch.problem

    @property
    def run(self) -> RunView | None:
        """The strategy's run on the market, None where there is none."""
        return None

    @property
    def open_side(self) -> OrderSide | None:
        """Which way the run's open order goes, None without one."""
        return None

    def rules(self) -> dict[str, RuleView]:
        """Return every enabled rule as it is judged now, by id."""
        return {view.rule.id: view for view in self._watch.rules()}

    def show(self, strategy: Strategy | None, market: str) -> None:
        """Follow another strategy or market."""
        is_other = self.strategy is None or strategy is None or market != self.market
        self.strategy, self.market = strategy, market
        if (_judged(strategy), market) == self._shown:
            return
        if is_other:
            self._settled.stop()
            self._show()
        else:
            self._settled.start()

    async def close(self) -> None:
        """End what is under way and release the streams."""
        self._settled.stop()
        self._coalescer.stop()
        await self._watch.close()

    def _show(self) -> None:
        self._shown = (_judged(self.strategy), self.market)
        self._watch.show(self.strategy, self.market)


def _judged(strategy: Strategy | None) -> object:
    """Return what of a strategy makes a difference to what its rules see."""
    if strategy is None:
        return None
    return tuple(
        (rule.id, rule.trigger, rule.arming, rule.enabled, rule.role, rule.blocks_entry_ms)
        for rule in strategy.rules
    )
