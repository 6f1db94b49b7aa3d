"""What a strategy's rules see now: in its run, or in a watch without orders."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from upbit_auto_trading.application.paper_views import TradingRefusedError
from upbit_auto_trading.application.strategy_watch import StrategyWatch
from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.domain.recording import LedgerError
from upbit_auto_trading.presentation.viewmodels.coalescer import Coalescer
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from upbit_auto_trading.application.paper_views import RuleView, RunView
    from upbit_auto_trading.application.services import Services
    from upbit_auto_trading.domain.account import Account
    from upbit_auto_trading.domain.order import OrderSide
    from upbit_auto_trading.domain.strategy import Strategy

_PACE_MS: Final = 200
_SETTLE_MS: Final = 400


class StrategyLive(QObject):
    """Follows one strategy on one market; `changed` at most five times a second.

    Its run is shown where it is live, else a watch, which begins anew once the typing pauses.
    `refused` carries the TradingRefusedError, MarketDataError or LedgerError that kept a command
    from being done, `done` the command's name.
    """

    changed = pyqtSignal()
    refused = pyqtSignal(object)
    done = pyqtSignal(str)

    def __init__(self, services: Services, account: Account, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._trading = services.trading
        self._tasks = TaskOwner("strategy-live")
        self._coalescer = Coalescer(self, _PACE_MS)
        self._coalescer.flushed.connect(self.changed)
        self._watch = StrategyWatch(
            services.feed, services.indicators, account, self._coalescer.mark
        )
        self._unlisten = (
            None if self._trading is None else self._trading.runs.listen(self._coalescer.mark)
        )
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(_SETTLE_MS)
        self._settled.timeout.connect(self._show)
        self._shown: tuple[object, str] = (None, "")
        self.strategy: Strategy | None = None
        self.market = ""
        self._turn = asyncio.Lock()
        self._pending: list[str] = []

    @property
    def may_trade(self) -> bool:
        """Whether there is a paper account to run on."""
        return self._trading is not None

    @property
    def is_stopped(self) -> bool:
        """Whether everything was stopped, so that nothing can be started."""
        return self._trading is not None and self._trading.runs.is_stopped

    @property
    def run(self) -> RunView | None:
        """The strategy's run on the market, None where there is none."""
        if self._trading is None or self.strategy is None:
            return None
        return self._trading.runs.find(self.market, self.strategy.id)

    @property
    def open_side(self) -> OrderSide | None:
        """Which way the run's open order goes, None without one."""
        run = self.run
        if self._trading is None or run is None or not run.is_live:
            return None
        order = self._trading.runs.live(run.run_id).recorded.live.engine.open_order
        return None if order is None else order.side

    @property
    def price(self) -> float | None:
        """The newest price, None before the first print."""
        run = self.run
        return run.price if run is not None and run.is_live else self._watch.price

    @property
    def age_s(self) -> float | None:
        """How old the newest print is."""
        run = self.run
        return run.age_s if run is not None and run.is_live else self._watch.age_s

    @property
    def is_held_back(self) -> bool:
        """Whether nothing is judged at present because the data can't be trusted."""
        run = self.run
        quality = run.quality if run is not None and run.is_live else self._watch.quality
        return quality is not None and not quality.is_print

    @property
    def problem(self) -> Exception | None:
        """What makes it impossible to judge, None while nothing does."""
        return self._watch.problem

    def rules(self) -> dict[str, RuleView]:
        """Return every enabled rule as it is judged now, by id."""
        run = self.run
        if self._trading is not None and run is not None and run.is_live:
            views = self._trading.runs.rules(run.run_id)
        else:
            views = self._watch.rules()
        return {view.rule.id: view for view in views}

    def show(self, strategy: Strategy | None, market: str) -> None:
        """Follow another strategy or market."""
        before = self.strategy
        is_other = before is None or strategy is None or market != self.market
        if before is not None and strategy is not None:
            is_other = is_other or strategy.id != before.id
        self.strategy, self.market = strategy, market
        if (_judged(strategy), market) == self._shown:
            return
        if is_other:
            self._settled.stop()
            self._show()
        else:
            self._settled.start()

    def start(self, strategy: Strategy) -> None:
        """Run a strategy on paper, on the market shown."""
        if self._trading is not None:
            self._do("start", self._trading.runs.start(strategy, self.market))

    def stop(self) -> None:
        """Stop the run; what it holds stays."""
        run = self.run
        if self._trading is not None and run is not None:
            self._do("stop", self._trading.runs.stop(run.run_id))

    def suspend(self, *, is_suspended: bool) -> None:
        """Let the run's rules order nothing, or let them go on."""
        run = self.run
        if self._trading is not None and run is not None:
            work = self._trading.runs.suspend(run.run_id, is_suspended=is_suspended)
            self._do("suspend" if is_suspended else "resume", work)

    def apply(self, strategy: Strategy, *, when_flat: bool) -> None:
        """Let the run follow another version: now, or from the next entry on."""
        run = self.run
        if self._trading is not None and run is not None:
            work = self._trading.runs.change_strategy(run.run_id, strategy, when_flat=when_flat)
            self._do("apply_later" if when_flat else "apply", work)

    async def close(self) -> None:
        """End what is under way and release the streams; runs go on."""
        self._settled.stop()
        self._coalescer.stop()
        if self._unlisten is not None:
            self._unlisten()
            self._unlisten = None
        await self._tasks.close()
        await self._watch.close()

    def _do(self, name: str, work: Coroutine[object, object, object]) -> None:
        """Do one thing after the other; what is under way already isn't asked for twice."""
        if name in self._pending:
            work.close()
            return
        self._pending.append(name)
        self._tasks.start(self._doing(name, work), name)
        self.changed.emit()

    async def _doing(self, name: str, work: Coroutine[object, object, object]) -> None:
        try:
            async with self._turn:
                await work
        except (TradingRefusedError, MarketDataError, LedgerError) as error:
            self.refused.emit(error)
        else:
            self.done.emit(name)
        finally:
            work.close()  # it wasn't begun where the wait for its turn was cancelled
            self._pending.remove(name)
            self.changed.emit()

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
