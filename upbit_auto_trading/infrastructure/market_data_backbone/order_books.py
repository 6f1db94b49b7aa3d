"""Order books over REST: in as few requests as their groupings allow."""

from collections.abc import Iterable
from typing import Final

from upbit_auto_trading.domain.orderbook import Orderbook
from upbit_auto_trading.domain.stream import Stream
from upbit_auto_trading.infrastructure.upbit.rest_client import USUAL, UpbitRestClient

_PAGE: Final = 100


async def order_books(client: UpbitRestClient, streams: Iterable[Stream]) -> list[Orderbook]:
    """Return the books of those of `streams` that are books: a request a level and 100 markets.

    Raises:
        MarketDataError: they can't be had.
    """
    markets: dict[float, list[str]] = {}
    for stream in sorted(streams):
        if stream.channel == "orderbook":
            markets.setdefault(stream.level, []).append(stream.market)
    books: list[Orderbook] = []
    for level, codes in markets.items():
        for begin in range(0, len(codes), _PAGE):
            books += await client.orderbooks(codes[begin : begin + _PAGE], USUAL, level=level)
    return books
