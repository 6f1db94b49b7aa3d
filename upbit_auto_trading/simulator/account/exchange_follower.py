"""Keeps the private exchange in step with the clock: matching, cancels and late events."""

import asyncio
from typing import Final, Protocol

from upbit_auto_trading.simulator.account.exchange import SimulatedExchange

_MARKET_STEP_S: Final = 0.05


class RunningClock(Protocol):
    """The exchange's time inside the running server."""

    def now_ms(self) -> int: ...
    def seconds_until(self, exchange_ms: int) -> float: ...


async def follow(exchange: SimulatedExchange, clock: RunningClock) -> None:
    """Advance the exchange until cancelled.

    It sleeps until the next thing is due, looks at the public trades every 50 ms while orders
    rest, and is woken by whatever is scheduled meanwhile.
    """
    woken = asyncio.Event()
    exchange.agenda.on_added = woken.set
    try:
        while True:
            woken.clear()
            exchange.advance(clock.now_ms())
            due_ms = exchange.next_due_ms()
            waits = [] if due_ms is None else [clock.seconds_until(due_ms)]
            if exchange.awaits_market():
                waits.append(_MARKET_STEP_S)
            await _wait(woken, min(waits, default=None))
    finally:
        exchange.agenda.on_added = None


async def _wait(woken: asyncio.Event, seconds: float | None) -> None:
    try:
        async with asyncio.timeout(seconds):
            await woken.wait()
    except TimeoutError:
        return
