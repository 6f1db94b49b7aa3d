"""The matching of every market, driven by the public trades as time goes by."""

from collections.abc import Callable
from operator import attrgetter

from upbit_auto_trading.domain.money import exact
from upbit_auto_trading.simulator.account.matching import Matching
from upbit_auto_trading.simulator.account.orders import ExchangeOrder
from upbit_auto_trading.simulator.account.public_depth import MarketView, PublicDepth
from upbit_auto_trading.simulator.account.settlement import OrderSettlement


class MarketFloor:
    """Resting orders of all markets. `is_offline` names markets where nothing may fill."""

    def __init__(
        self, view: MarketView, settlement: OrderSettlement, is_offline: Callable[[str], bool]
    ) -> None:
        self._view = view
        self._settlement = settlement
        self._is_offline = is_offline
        self._matching: dict[str, Matching] = {}
        self.now_ms = 0

    @property
    def is_empty(self) -> bool:
        """Whether no order rests anywhere."""
        return all(matching.is_empty for matching in self._matching.values())

    def matching(self, market: str) -> Matching:
        """Return the matching of one market."""
        if market not in self._matching:
            depth = PublicDepth(market, self._view)
            self._matching[market] = Matching(depth, self._settlement)
        return self._matching[market]

    def run_until(self, until_ms: int) -> None:
        """Let the public trades before `until_ms` meet the resting orders, in order of time."""
        if until_ms <= self.now_ms:
            return
        active = [
            market
            for market, row in self._matching.items()
            if not row.is_empty and not self._is_offline(market)
        ]
        prints = [
            public
            for market in active
            for public in self._view.prints(market, self.now_ms, until_ms)
        ]
        prints.sort(key=attrgetter("trade_ms"))
        for public in prints:
            self._settlement.now_ms = max(self._settlement.now_ms, public.trade_ms)
            self._matching[public.market].printed(public)
        self.now_ms = until_ms

    def on_wrong_side(self, market: str | None) -> list[ExchangeOrder]:
        """Return bids above and asks below the last price, of one market or of all."""
        found = []
        for name, matching in self._matching.items():
            newest = self._view.newest_prints(name, self._settlement.now_ms, 1)
            if market in (None, name) and newest:
                found += matching.beyond(exact(newest[0].price))
        return found
