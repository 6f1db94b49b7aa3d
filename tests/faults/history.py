"""Criterion C: what the listener was told against what the exchange made and sent."""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from tests.faults.harness import Scene, until
from upbit_auto_trading.domain.candle import Candle
from upbit_auto_trading.domain.market_value import MarketValue, stream_of
from upbit_auto_trading.domain.stream import Delivery, Stream
from upbit_auto_trading.domain.trade import Trade


@dataclass(frozen=True)
class History:
    """What a checker found: all zero and empty is criterion C."""

    lost: int
    doubled: int
    reordered: int
    refused: int
    missing: frozenset[Stream]
    surplus: frozenset[Stream]

    @property
    def holds(self) -> bool:
        """Whether nothing was lost, doubled, reordered, refused or subscribed amiss."""
        return self == History(0, 0, 0, 0, frozenset(), frozenset())


async def history_of(one: Scene, *, settle_s: float = 20.0) -> History:
    """Compare what the listener was told with what the exchange generated and sent.

    Trades are compared with the generator's, from the first one told to the newest one that
    was old enough to have arrived, and with the log of frames sent. What is missing has
    `settle_s` to arrive; a twin that expects losses gives it less.
    """
    wanted = frozenset(one.subscription.streams)
    subscribed = await one.exchange.subscribed()
    deadline = time.perf_counter() + settle_s
    while subscribed != wanted and time.perf_counter() < deadline:
        subscribed = await one.exchange.subscribed()
    trades: dict[str, list[Trade]] = {}
    for value in tuple(one.values):
        if isinstance(value, Trade):
            trades.setdefault(value.market, []).append(value)
    lost = doubled = 0
    for market, seen in trades.items():
        counted = Counter(trade.sequential_id for trade in seen)
        doubled += sum(count - 1 for count in counted.values())
        first = next(t for t in seen if t.origin.delivery is not Delivery.BACKFILL)
        truth = await one.exchange.trades_since(market, first.sequential_id)
        lost += await _untold(one, truth, settle_s)
    refused = sum(group["limited"] for group in one.metrics("budgets")["rest"].values())
    refused += one.metrics("streams")["server_errors"].get("TOO_MANY_REQUEST", 0)
    return History(
        lost + await _sent_but_untold(one, settle_s),
        doubled,
        reordered(one.values),
        refused,
        wanted - subscribed,
        frozenset(subscribed) - wanted,
    )


async def _untold(one: Scene, ids: set[int], within: float) -> int:
    """Return how many trades of `ids` weren't told, once they had their time."""
    missing, looked_at = set(ids), 0

    def all_told() -> bool:
        nonlocal looked_at
        for value in one.values[looked_at:]:
            if isinstance(value, Trade):
                missing.discard(value.sequential_id)
        looked_at = len(one.values)
        return not missing

    await until(all_told, within)
    return len(missing)


async def _sent_but_untold(one: Scene, within: float) -> int:
    """Count trades that went to a socket of ours and never reached the listener."""
    wanted = one.subscription.streams
    since = min((t.sequential_id for t in one.values if isinstance(t, Trade)), default=0)
    keys = {
        int(frame["key"])
        for frame in await one.exchange.sent()
        if frame["type"] == "trade" and Stream("trade", frame["code"]) in wanted
    }
    return await _untold(one, {key for key in keys if key >= since}, within)


def reordered(values: Iterable[MarketValue]) -> int:
    """Count live values that are older than the one told before of the same stream.

    A trade's snapshot may be ahead of what happened before it, and is no order by itself.
    """
    newest: dict[Stream, tuple[int, int]] = {}
    count = 0
    for value in values:
        delivery = value.origin.delivery
        if delivery is Delivery.BACKFILL or (
            delivery is Delivery.SNAPSHOT and isinstance(value, Trade)
        ):
            continue
        match value:
            case Trade():
                key = (value.trade_ms, value.sequential_id)
            case Candle():
                key = (value.start_ms, 0)
            case _:
                key = (value.exchange_ms, 0)
        stream = stream_of(value)
        count += key < newest.get(stream, key)
        newest[stream] = max(key, newest.get(stream, key))
    return count
