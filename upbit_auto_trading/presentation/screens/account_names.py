"""The names of markets, and the strategies whose rules orders and decisions name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from upbit_auto_trading.application.library import newest_strategies
from upbit_auto_trading.application.market_names import market_list
from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.domain.recording import LedgerError
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping, Sequence

    from upbit_auto_trading.application.paper_views import RunView
    from upbit_auto_trading.application.services import Services
    from upbit_auto_trading.domain.market import MarketInfo
    from upbit_auto_trading.domain.strategy import Strategy


class AccountNames(QObject):
    """Loads both beside the loop; `changed` tells when there is more."""

    changed = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._services: Services | None = None
        self._tasks = TaskOwner("account-names")
        self._loading: asyncio.Task[None] | None = None
        self._saved: dict[str, Strategy] = {}
        self.markets: Mapping[str, MarketInfo] = {}

    def attach(self, services: Services) -> None:
        """Load the names of this exchange."""
        self._services = services
        self._tasks = TaskOwner("account-names")
        self.load()

    def load(self) -> None:
        """Load them again."""
        if self._services is not None:
            if self._loading is not None:
                self._loading.cancel()
            self._loading = self._tasks.start(self._load(self._services), "load")

    async def detach(self) -> None:
        """Load nothing any more."""
        self._services = None
        await self._tasks.close()

    def with_runs(self, runs: Sequence[RunView]) -> Mapping[str, Strategy]:
        """Every strategy by its id: those of runs as they run, saved ones, the template."""
        template = shipped_template(SEVEN_RULES).strategy
        running = {run.strategy.id: run.strategy for run in runs}
        return {template.id: template} | self._saved | running

    async def _load(self, services: Services) -> None:
        if services.library is not None:
            try:
                saved = await services.library.use(newest_strategies)
                self._saved = {strategy.id: strategy for strategy in saved}
            except LedgerError:
                self._saved = {}
        self.changed.emit()
        listed = await market_list(services.market_data)
        self.markets = {info.market: info for info in listed}
        self.changed.emit()
