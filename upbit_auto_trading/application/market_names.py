"""The list of markets for whoever shows names: asked for until it can be had."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.failure import MarketDataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.application.market_data import MarketDataService
    from upbit_auto_trading.domain.market import MarketInfo

_AGAIN_S: Final = 5.0


async def market_list(
    market_data: MarketDataService, again_s: float = _AGAIN_S
) -> Sequence[MarketInfo]:
    """Return every market; while the exchange refuses or can't be reached, ask again."""
    while True:
        try:
            return (await market_data.markets()).values
        except MarketDataError:
            await asyncio.sleep(again_s)
