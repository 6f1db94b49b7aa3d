"""Sends states more often than they happen, to reach a rate of frames a second."""

import asyncio
from typing import Final

from upbit_auto_trading.simulator.socket.publisher import Publisher

_TICK_S: Final = 0.002
_LONGEST_CATCH_UP_S: Final = 0.1


class Pacer:
    """Goes round the subscribed books, tickers and candles evenly.

    Every frame is the stream's current state, moved a little. Trades come as they happen. For
    every event published `per_event` frames are sent on top of `rate` a second; -1 makes what
    happens part of the rate.
    """

    def __init__(self, publisher: Publisher, rate: float, *, per_event: float = 0.0) -> None:
        self._publisher = publisher
        self._rate = rate
        self._per_event = per_event
        self._now = asyncio.get_running_loop().time

    async def run(self) -> None:
        """Send at the rate until cancelled."""
        publisher = self._publisher
        last_s = self._now()
        events = publisher.events
        owed = 0.0
        while True:
            await asyncio.sleep(_TICK_S)
            now_s = self._now()
            owed += (now_s - last_s) * self._rate
            last_s = now_s
            happened = (publisher.events - events) * self._per_event
            events = publisher.events
            owed = min(owed, self._rate * _LONGEST_CATCH_UP_S) + happened
            count = int(owed)
            if count > 0:
                publisher.repeat(count)
                owed -= count
