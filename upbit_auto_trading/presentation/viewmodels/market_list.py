"""The market list's life: loading it, trying again, watching the tickers of what is shown."""

from __future__ import annotations

import asyncio
from enum import Enum
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from upbit_auto_trading.domain.failure import FailureCause, MarketDataError
from upbit_auto_trading.domain.market import quote_of
from upbit_auto_trading.presentation.market_row import FAVOURITES
from upbit_auto_trading.presentation.viewmodels.market_table import MarketTable
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.application.market_data import MarketDataService, TickerWatch
    from upbit_auto_trading.domain.market import MarketInfo

_RETRY_DELAYS_S: Final = (1.0, 2.0, 5.0, 10.0)
# The feed asks the exchange once in a while by itself and answers from what it knows.
_FOLLOW_S: Final = 10.0


class ListState(Enum):
    """What the list is worth."""

    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"


class MarketListViewModel(QObject):
    """Markets of one exchange; `changed` tells of the state, the table of its rows."""

    changed = pyqtSignal()

    def __init__(
        self,
        service: MarketDataService,
        parent: QObject | None = None,
        table: MarketTable | None = None,
    ) -> None:
        super().__init__(parent)
        self._service = service
        self._tasks = TaskOwner("market-list")
        self._watch: TickerWatch | None = None
        self.table = table or MarketTable(self)
        self.state = ListState.LOADING
        self.failure: FailureCause | None = None
        self._known: Sequence[MarketInfo] = ()
        self._is_looking = False
        self._follow = QTimer(self)
        self._follow.timeout.connect(self._look_again)

    def start(self, market: str) -> asyncio.Task[None]:
        """Load the list and show the markets quoted as `market` is; ends once it is there."""
        self.table.mark_shown(market)
        self.table.show_quote(quote_of(market))
        return self._tasks.start(self._load(), "load")

    def set_favourites(self, markets: tuple[str, ...]) -> None:
        """Mark these markets; watch them where they are what is shown."""
        self.table.set_favourites(markets)
        if self.table.quote == FAVOURITES and self.state is ListState.READY:
            self._tasks.start(self._watch_quote(FAVOURITES), "watch-favourites")

    def show_quote(self, quote: str) -> None:
        """Show and watch the markets of another quote currency."""
        self.table.show_quote(quote)
        if self.state is ListState.READY:
            self._tasks.start(self._watch_quote(quote), f"watch-{quote}")
        self.changed.emit()

    def hint(self, market: str) -> None:
        """Say that the pointer rests on a market: it may be opened next."""
        self._service.hint(market)

    def follow_health(self) -> None:
        """Mark the rows in sight whose tickers have stopped coming; call it now and then."""
        self.table.mark_stopped(self._service.stopped(self.table.markets_seen))

    async def close(self) -> None:
        """Stop watching."""
        self._follow.stop()
        if self._watch is not None:
            self._watch.close()
        await self._tasks.close()

    async def _load(self) -> None:
        attempt = 0
        while True:
            try:
                answers = await self._service.markets()
            except MarketDataError as error:
                self.state, self.failure = ListState.FAILED, error.cause
                self.changed.emit()
                await asyncio.sleep(_RETRY_DELAYS_S[min(attempt, len(_RETRY_DELAYS_S) - 1)])
                attempt += 1
                continue
            self.table.set_markets(answers.values)
            self.state, self.failure = ListState.READY, None
            self.changed.emit()
            self._known = answers.values
            self._follow.start(round(_FOLLOW_S * 1000))
            await self._watch_quote(self.table.quote)
            return

    def _look_again(self) -> None:
        if not self._is_looking:
            self._is_looking = True
            self._tasks.start(self._take_changes(), "follow")

    async def _take_changes(self) -> None:
        """Take a new list: a market may have been listed, delisted or flagged."""
        try:
            infos = (await self._service.markets()).values
        except MarketDataError:
            return
        finally:
            self._is_looking = False
        if list(infos) != list(self._known):
            self._known = infos
            self.table.set_markets(infos)
            self.changed.emit()
            await self._watch_quote(self.table.quote)

    async def _watch_quote(self, quote: str) -> None:
        markets = self.table.markets_of(quote)
        if self._watch is None:
            self._watch = self._service.watch_tickers(markets, self.table.take)
            return
        try:
            await self._watch.replace(markets)
        except MarketDataError as error:
            self.failure = error.cause
            self.changed.emit()
