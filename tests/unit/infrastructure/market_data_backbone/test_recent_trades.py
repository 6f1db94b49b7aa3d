"""The newest trades come back as they were, in memory taken once."""

import tracemalloc
from collections import deque
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import START_MS, origin, trade
from upbit_auto_trading.domain.stream import Delivery, Source
from upbit_auto_trading.domain.trade import Side, Trade
from upbit_auto_trading.infrastructure.market_data_backbone.recent_trades import RecentTrades

trades = st.builds(
    Trade,
    market=st.just("KRW-BTC"),
    price=st.floats(1e-8, 1e9),
    volume=st.floats(1e-8, 1e9),
    side=st.sampled_from(Side),
    trade_ms=st.integers(0, 2**63 - 1),
    exchange_ms=st.integers(0, 2**63 - 1),
    sequential_id=st.integers(0, 2**63 - 1),
    origin=st.builds(
        origin,
        source=st.sampled_from(Source),
        delivery=st.sampled_from(Delivery),
        received_at=st.floats(0, 4e9),
        epoch=st.integers(0, 1000),
    ),
)


@given(st.lists(trades, max_size=30), st.integers(1, 12))
def test_the_newest_are_kept_in_order_and_equal_those_that_came(
    came: list[Trade], capacity: int
) -> None:
    recent, plain = RecentTrades(capacity), deque[Trade](maxlen=capacity)
    for one in came:
        recent.append(one)
        plain.append(one)
        assert len(recent) == len(plain)
        assert recent.oldest_ms == plain[0].trade_ms
        assert recent.is_full == (len(plain) == capacity)

    assert list(recent) == list(plain)
    assert list(reversed(recent)) == list(reversed(plain))
    for one in came:
        wanted = sorted(kept.sequential_id for kept in plain if kept.trade_ms == one.trade_ms)
        assert sorted(recent.ids_at(one.trade_ms)) == wanted


def test_without_a_trade_there_is_no_oldest() -> None:
    recent = RecentTrades(5)
    with pytest.raises(IndexError):
        _ = recent.oldest_ms
    assert (list(recent), recent.ids_at(0)) == ([], [])


def test_a_day_of_trades_takes_little_more_than_the_first() -> None:
    recent = RecentTrades(500)
    first = trade()
    tracemalloc.start()
    try:
        recent.append(first)
        at_first = tracemalloc.get_traced_memory()[0]
        for number in range(5_000):
            recent.append(replace(first, trade_ms=START_MS + number, sequential_id=10**16 + number))
        in_the_end = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert at_first < 40_000
    assert in_the_end - at_first < 500 * 40  # the ids; as objects they would be 150,000
