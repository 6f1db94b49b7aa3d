"""The newest trades of one market: history joined with what arrives live."""

from __future__ import annotations

import asyncio
from bisect import insort
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.failure import FailureCause, MarketDataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from upbit_auto_trading.application.ports import MarketDataFeed
    from upbit_auto_trading.domain.trade import Trade

CAPACITY: Final = 200
SEED: Final = 100
_HOPELESS: Final = (FailureCause.UNKNOWN_MARKET, FailureCause.REFUSED)


class TradeTape:
    """At most `CAPACITY` trades, each once, ordered by (`trade_ms`, `sequential_id`).

    `revision` changes whenever the trades do.
    """

    def __init__(self, market: str) -> None:
        self.market = market
        self.revision = 0
        self.is_seeded = False
        self.failure: FailureCause | None = None
        self._trades: list[Trade] = []
        self._known: set[int] = set()

    @property
    def trades(self) -> Sequence[Trade]:
        """The trades, oldest first. The tape's own list: don't keep it."""
        return self._trades

    @property
    def newest(self) -> Trade | None:
        """The last trade, None before the first."""
        return self._trades[-1] if self._trades else None

    def take(self, trades: Iterable[Trade]) -> int:
        """Take in trades in any order; return how many were new and recent enough."""
        came = sum(self._add(trade) for trade in trades)
        if came:
            self.revision += 1
        return came

    async def seed(
        self,
        feed: MarketDataFeed,
        on_change: Callable[[], None],
        retry_delays_s: Sequence[float],
    ) -> None:
        """Load the last `SEED` trades, and try again until they are there or refused."""
        attempt = 0
        while True:
            try:
                answers = await feed.trades(self.market, SEED)
            except MarketDataError as error:
                self.failure = error.cause
                on_change()
                if error.cause in _HOPELESS:
                    return
                await asyncio.sleep(retry_delays_s[min(attempt, len(retry_delays_s) - 1)])
                attempt += 1
                continue
            self.take(answers.values)
            self.is_seeded = True
            self.failure = None
            on_change()
            return

    def _add(self, trade: Trade) -> bool:
        if trade.sequential_id in self._known:
            return False
        trades = self._trades
        if trades and _order(trade) < _order(trades[-1]):
            if len(trades) >= CAPACITY and _order(trade) < _order(trades[0]):
                return False
            insort(trades, trade, key=_order)
        else:
            trades.append(trade)
        self._known.add(trade.sequential_id)
        if len(trades) > CAPACITY:
            self._known.discard(trades.pop(0).sequential_id)
        return True


def _order(trade: Trade) -> tuple[int, int]:
    return trade.trade_ms, trade.sequential_id
