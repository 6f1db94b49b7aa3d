"""Keeps the list of markets fresh: it decides which codes may be sent."""

import asyncio
from collections.abc import Callable, Sequence

from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.domain.market import MarketInfo
from upbit_auto_trading.infrastructure.market_data_backbone.market_listing import MarketListing
from upbit_auto_trading.infrastructure.market_data_backbone.policy import Policy
from upbit_auto_trading.infrastructure.upbit.rest_client import UpbitRestClient
from upbit_auto_trading.tasks import TaskOwner


class ListingKeeper:
    """Asks for the list every minute, so that a delisting is noticed within one.

    `first` is set once the first attempt has ended, with or without a list: without one
    nothing can be checked, and waiting longer would only keep the data away.
    """

    def __init__(
        self,
        listing: MarketListing,
        client: UpbitRestClient,
        policy: Policy,
        on_taken: Callable[[], None],
    ) -> None:
        self.first = asyncio.Event()
        self._listing = listing
        self._client = client
        self._timings = policy.timings
        self._clock = policy.clock
        self._on_taken = on_taken
        self._tasks = TaskOwner("listing")

    def start(self) -> None:
        """Begin to ask."""
        self._tasks.start(self._keep(), "keep")

    async def close(self) -> None:
        """Stop asking. Harmless when repeated."""
        await self._tasks.close()

    def take(self, infos: Sequence[MarketInfo]) -> None:
        """Take a list that somebody asked for."""
        self._listing.take(infos, self._clock.monotonic())
        self._on_taken()

    async def _keep(self) -> None:
        while True:
            try:
                self.take(await self._client.markets())
                delay = self._timings.market_list_ttl
            except MarketDataError:
                known = self._listing.is_known
                delay = self._timings.ping_interval if known else self._timings.backoff_first
            self.first.set()
            await asyncio.sleep(delay)
