"""Carries streams over REST while the socket can't: newest states, and what was missed."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from typing import Final

from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.domain.market import quote_of
from upbit_auto_trading.domain.market_value import MarketValue, stream_of
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.infrastructure.market_data_backbone.order_books import order_books
from upbit_auto_trading.infrastructure.market_data_backbone.policy import Policy
from upbit_auto_trading.infrastructure.market_data_backbone.store import LiveStore, Verdict
from upbit_auto_trading.infrastructure.market_data_backbone.subscription_manager import (
    SubscriptionManager,
)
from upbit_auto_trading.infrastructure.upbit.rest_client import USUAL, UpbitRestClient
from upbit_auto_trading.tasks import TaskOwner

_MANY_MARKETS: Final = 20
_REPAIRS_AT_ONCE: Final = 3


class RestCarrier:
    """Asks every `carry_interval` for the streams `which` gives.

    Tickers and books come in a request for many; trades and candles are gaps that `suspect`
    closes, a few at a time in turn, the most urgent first, so that requests for the chart still
    find a budget.
    """

    def __init__(
        self,
        store: LiveStore,
        manager: SubscriptionManager,
        client: UpbitRestClient,
        policy: Policy,
        *,
        which: Callable[[], Iterable[Stream]],
        deliver: Callable[[MarketValue], Verdict | None],
        suspect: Callable[[Iterable[Stream]], None],
    ) -> None:
        self.delivered = 0
        self._store = store
        self._manager = manager
        self._client = client
        self._clock = policy.clock
        self._interval = policy.timings.carry_interval
        self._which = which
        self._deliver = deliver
        self._suspect = suspect
        self._tasks = TaskOwner("rest-carrier")
        self._task: asyncio.Task[None] | None = None
        self._turns: dict[Stream, float] = {}

    async def close(self) -> None:
        """Carry nothing any more. Harmless when repeated."""
        await self._tasks.close()

    def wake(self) -> None:
        """Begin, unless it is under way; it ends when `which` gives nothing."""
        if self._task is None or self._task.done():
            self._task = self._tasks.start(self._carry(), "carry")

    async def _carry(self) -> None:
        while streams := self._in_order(self._which()):
            with contextlib.suppress(MarketDataError):  # counted by the client; asked again
                await self._carry_states(streams)
            missed = [s for s in streams if s.channel not in ("ticker", "orderbook")]
            self._suspect(self._next_of(missed))
            await asyncio.sleep(self._interval)

    async def _carry_states(self, streams: list[Stream]) -> None:
        tickers = [stream.market for stream in streams if stream.channel == "ticker"]
        if len(tickers) > _MANY_MARKETS:
            quotes = sorted({quote_of(market) for market in tickers})
            self._told(await self._client.tickers_of_quotes(quotes, USUAL))
        elif tickers:
            self._told(await self._client.tickers(tickers, USUAL))
        self._told(await order_books(self._client, streams))

    def _told(self, values: Iterable[MarketValue]) -> None:
        for value in values:
            if self._deliver(value) is None:
                continue
            live = self._store.get(stream_of(value))
            if live is not None:
                live.last_at = self._clock.monotonic()
                self.delivered += 1

    def _in_order(self, streams: Iterable[Stream]) -> list[Stream]:
        wanted = self._manager.held - self._manager.refused
        return sorted(
            (stream for stream in streams if stream in wanted),
            key=lambda stream: (self._manager.priority_of(stream), stream),
        )

    def _next_of(self, streams: list[Stream]) -> list[Stream]:
        """Take turns: what was never looked at or longest ago goes first."""
        now = self._clock.monotonic()
        streams = sorted(streams, key=lambda stream: self._turns.get(stream, float("-inf")))
        self._turns = {s: at for s, at in self._turns.items() if s in streams}
        chosen = streams[:_REPAIRS_AT_ONCE]
        self._turns.update(dict.fromkeys(chosen, now))
        return chosen
