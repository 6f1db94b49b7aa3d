"""A market's newest trades, laid out flat in memory taken once. Sans-I/O."""

from array import array
from collections.abc import Iterator
from itertools import product
from typing import Final

from upbit_auto_trading.domain.stream import Delivery, Origin, Source
from upbit_auto_trading.domain.trade import Side, Trade

_WAYS: Final = {way: way for way in product(Source, Delivery)}
"""One tuple of each, shared by all trades that took it."""
_NOTHING: Final = (Source.WEBSOCKET, Delivery.REALTIME)


class RecentTrades:
    """At most `capacity` trades of one market in order of arrival; the oldest gives way.

    As objects they would take ten times as much, a little more with every trade for hours.
    """

    __slots__ = (
        "_count",
        "_epochs",
        "_ids",
        "_market",
        "_ms",
        "_numbers",
        "_sent_ms",
        "_ways",
        "capacity",
    )

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._count = 0
        self._market = ""
        # Price, volume, time of arrival and side of each, one after the other.
        self._numbers = array("d")
        self._ms = array("q")
        self._sent_ms = array("q")
        self._epochs = array("q")
        self._ids = array("q")
        self._ways: list[tuple[Source, Delivery]] = []

    def __len__(self) -> int:
        return min(self._count, self.capacity)

    def __iter__(self) -> Iterator[Trade]:
        first = self._count - len(self)
        return (self._trade(number) for number in range(first, self._count))

    def __reversed__(self) -> Iterator[Trade]:
        first = self._count - len(self)
        return (self._trade(number) for number in range(self._count - 1, first - 1, -1))

    @property
    def is_full(self) -> bool:
        """Whether the next trade takes the place of the oldest."""
        return self._count >= self.capacity

    @property
    def oldest_ms(self) -> int:
        """When the oldest happened.

        Raises:
            IndexError: there is none.
        """
        if not self._count:
            raise IndexError("no trade yet")
        return self._ms[(self._count - len(self)) % self.capacity]

    def append(self, trade: Trade) -> None:
        """Keep `trade`."""
        if not self._market:
            self._take_memory(trade.market)
        place = self._count % self.capacity
        origin = trade.origin
        numbers, four = self._numbers, 4 * place
        numbers[four] = trade.price
        numbers[four + 1] = trade.volume
        numbers[four + 2] = origin.received_at
        numbers[four + 3] = trade.side is Side.BID
        self._ms[place] = trade.trade_ms
        self._sent_ms[place] = trade.exchange_ms
        self._epochs[place] = origin.epoch
        self._ids[place] = trade.sequential_id
        self._ways[place] = _WAYS[origin.source, origin.delivery]
        self._count += 1

    def ids_at(self, trade_ms: int) -> list[int]:
        """Return the ids of the trades that happened at `trade_ms`."""
        kept = len(self)
        times = enumerate(self._ms)
        return [self._ids[place] for place, ms in times if ms == trade_ms and place < kept]

    def _take_memory(self, market: str) -> None:
        self._market = market
        self._numbers = array("d", bytes(8 * 4 * self.capacity))
        self._ms, self._sent_ms, self._epochs, self._ids = (
            array("q", bytes(8 * self.capacity)) for _ in range(4)
        )
        self._ways = [_NOTHING] * self.capacity

    def _trade(self, number: int) -> Trade:
        place = number % self.capacity
        price, volume, received_at, is_bid = self._numbers[4 * place : 4 * place + 4]
        source, delivery = self._ways[place]
        return Trade(
            self._market,
            price,
            volume,
            Side.BID if is_bid else Side.ASK,
            self._ms[place],
            self._sent_ms[place],
            self._ids[place],
            Origin(source, delivery, received_at, self._epochs[place]),
        )
