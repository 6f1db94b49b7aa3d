"""Uses the time nobody needs to make what the first ticker of each market has to be made from."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final, Protocol

_PAUSE_S: Final = 0.002
_LOOK_AGAIN_S: Final = 0.25


class TickerSource(Protocol):
    """Where tickers come from; the first of a market is much dearer than the next."""

    def ticker(self, market: str, at_ms: int) -> object: ...


async def warm_up(
    source: TickerSource,
    markets: Iterable[str],
    now_ms: Callable[[], int],
    is_idle: Callable[[], bool],
) -> None:
    """Ask for every market's ticker once, only while `is_idle`."""
    cold = deque(markets)
    while cold:
        if is_idle():
            source.ticker(cold.popleft(), now_ms())
            await asyncio.sleep(_PAUSE_S)
        else:
            await asyncio.sleep(_LOOK_AGAIN_S)
