"""Lets requests of one REST group through when its budget allows, the most urgent first."""

import asyncio
import heapq
from itertools import count

from upbit_auto_trading.domain.failure import BannedError, RateLimitedError
from upbit_auto_trading.infrastructure.clock import Clock
from upbit_auto_trading.infrastructure.upbit.rate_limit import GroupBudget


class RequestGate:
    """One group's queue; a lower `priority` number goes first, equals in order of arrival."""

    def __init__(self, budget: GroupBudget, clock: Clock) -> None:
        self.budget = budget
        self._clock = clock
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = count()
        self._timer: asyncio.TimerHandle | None = None

    async def enter(self, priority: int, patience_s: float) -> None:
        """Wait for a slot and take it.

        Raises:
            BannedError: Upbit blocks us.
            RateLimitedError: no slot within `patience_s`.
        """
        now = self._clock.monotonic()
        if self.budget.banned_until > now:
            raise BannedError(self.budget.group, self.budget.banned_until - now)
        if not self._waiting and self.budget.ready_at(now) <= now:
            self.budget.spend(now)
            return
        slot: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (priority, next(self._order), slot))
        self._let_through()
        try:
            async with asyncio.timeout(patience_s):
                await slot
        except TimeoutError:
            wait = self.budget.ready_at(self._clock.monotonic()) - self._clock.monotonic()
            raise RateLimitedError(self.budget.group, max(0.0, wait)) from None

    def close(self) -> None:
        """Cancel everybody who waits."""
        if self._timer is not None:
            self._timer.cancel()
        for _, _, slot in self._waiting:
            slot.cancel()
        self._waiting.clear()

    def _let_through(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting:
            slot = self._waiting[0][2]
            if slot.done():
                heapq.heappop(self._waiting)
                continue
            now = self._clock.monotonic()
            if self.budget.banned_until > now:
                slot.set_exception(BannedError(self.budget.group, self.budget.banned_until - now))
                continue
            wait = self.budget.ready_at(now) - now
            if wait > 0:
                loop = asyncio.get_running_loop()
                self._timer = loop.call_later(wait, self._let_through)
                return
            heapq.heappop(self._waiting)
            self.budget.spend(now)
            slot.set_result(None)
