from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_auto_trading.domain.money import round_to_tick, tick_size
from upbit_auto_trading.domain.price_grid import E8, price_grid

quotes = st.sampled_from(["KRW", "BTC", "USDT"])


@given(quote=quotes, index=st.integers(min_value=1, max_value=150_000))
def test_every_index_is_a_price_on_the_exchanges_grid_one_tick_below_the_next(
    quote: str, index: int
) -> None:
    grid = price_grid(quote)
    here, above = grid.e8(np.array([index, index + 1])).tolist()
    price = Decimal(here) / E8
    assert round_to_tick(f"{quote}-X", price) == price
    assert Decimal(above - here) / E8 == tick_size(f"{quote}-X", price)
    assert grid.tick_e8(index) == above - here
    assert grid.index_of_e8(here) == index


@given(
    quote=quotes, price_e8=st.integers(min_value=1, max_value=3 * 10**16), share=st.floats(0, 0.99)
)
def test_a_price_between_two_ticks_has_the_lower_ones_index(
    quote: str, price_e8: int, share: float
) -> None:
    grid = price_grid(quote)
    index = grid.index_of_e8(price_e8)
    lower, upper = grid.e8(np.array([index, index + 1])).tolist()
    assert lower <= price_e8 < upper
    position = grid.position(np.array([(lower + (upper - lower) * share) / E8]))[0]
    assert position == pytest.approx(index + share, rel=1e-9, abs=1e-6)


def test_prices_of_a_recorded_market_stand_on_the_grid() -> None:
    grid = price_grid("KRW")
    for price in (109_868_000, 3_025_000, 2045, 21.8, 0.0086):
        price_e8 = round(price * E8)
        assert int(grid.e8(np.array([grid.index_of_e8(price_e8)]))[0]) == price_e8


@given(
    quote=quotes,
    first=st.integers(1, 150_000),
    steps=st.lists(st.integers(0, 3_000), min_size=64, max_size=200),
)
def test_many_at_once_are_those_one_by_one(quote: str, first: int, steps: list[int]) -> None:
    grid = price_grid(quote)
    indexes = first + np.array(steps)
    prices = grid.e8(indexes)
    assert prices.tolist() == [int(grid.e8(np.array([index]))[0]) for index in indexes]
    positions = grid.position(prices / E8)
    assert positions.tolist() == [grid.position(np.array([price / E8]))[0] for price in prices]
