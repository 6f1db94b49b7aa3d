"""Knows price steps and groupings of the markets somebody asked about, and keeps them fresh.

Both follow the price, so what is known is believed for `market_list_ttl` only. Upbit is silent
about a book at a level it doesn't offer; so such a stream is refused instead of waited for.
"""

import asyncio
from collections.abc import Callable, Iterable

from upbit_auto_trading.domain.failure import MarketDataError, UnknownLevelError
from upbit_auto_trading.domain.instrument import Instrument
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.infrastructure.market_data_backbone.policy import Policy
from upbit_auto_trading.infrastructure.upbit.rest_client import URGENT, UpbitRestClient
from upbit_auto_trading.tasks import TaskOwner


class InstrumentKeeper:
    """Asks for instruments when they are wanted, and again and again for held groupings.

    `on_taken` is called after every answer: held levels may have come or gone.
    """

    def __init__(
        self, client: UpbitRestClient, policy: Policy, on_taken: Callable[[], None]
    ) -> None:
        self._client = client
        self._timings = policy.timings
        self._clock = policy.clock
        self._on_taken = on_taken
        self._known: dict[str, tuple[Instrument, float]] = {}
        self._grouped: frozenset[str] = frozenset()
        self._tasks = TaskOwner("instruments")
        self._task: asyncio.Task[None] | None = None

    async def close(self) -> None:
        """Stop asking. Harmless when repeated."""
        await self._tasks.close()

    def of(self, market: str) -> tuple[Instrument, float] | None:
        """Return the market's instrument and its age in seconds; None when it must be asked."""
        known = self._known.get(market)
        if known is None:
            return None
        age = self._clock.monotonic() - known[1]
        return (known[0], age) if age <= self._timings.market_list_ttl else None

    async def ask(self, markets: Iterable[str]) -> list[Instrument]:
        """Return the instruments of `markets` as Upbit says now.

        Raises:
            MarketDataError: they can't be had.
        """
        found = await self._client.instruments(sorted(markets), URGENT)
        now = self._clock.monotonic()
        self._known |= {one.market: (one, now) for one in found}
        self._on_taken()
        return found

    def unoffered(self, streams: Iterable[Stream]) -> frozenset[Stream]:
        """Return those of `streams` whose level Upbit is known not to offer."""
        return frozenset(
            stream
            for stream in streams
            if stream.level
            and (known := self.of(stream.market)) is not None
            and stream.level not in known[0].levels
        )

    def check(self, streams: Iterable[Stream]) -> None:
        """Refuse levels Upbit is known not to offer.

        Raises:
            UnknownLevelError: some of `streams` have one.
        """
        if unoffered := self.unoffered(streams):
            raise UnknownLevelError(unoffered)

    def watch(self, held: Iterable[Stream]) -> None:
        """Keep knowing the levels of the grouped books among `held`."""
        self._grouped = frozenset(stream.market for stream in held if stream.level)
        if self._grouped and (self._task is None or self._task.done()):
            self._task = self._tasks.start(self._keep(), "keep")

    async def _keep(self) -> None:
        while markets := self._grouped:
            step = self._timings.watch_interval
            try:
                await self._refresh(markets)
            except MarketDataError:
                step = self._timings.backoff_highest
            await asyncio.sleep(step)

    async def _refresh(self, markets: frozenset[str]) -> None:
        """Ask for what isn't known or will soon be forgotten."""
        limit = self._timings.market_list_ttl / 2
        ages = {market: known[1] for market in markets if (known := self.of(market)) is not None}
        if stale := [market for market in markets if ages.get(market, limit) >= limit]:
            await self.ask(stale)
