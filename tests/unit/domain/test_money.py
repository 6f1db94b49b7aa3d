import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_auto_trading.domain.money import (
    ceil_to_tick,
    cut,
    exact,
    floor_to_tick,
    minimum_total,
    round_to_tick,
    tick_size,
)

PAYLOADS = Path(__file__).parents[2] / "payloads" / "samples"
TABLES = json.loads((PAYLOADS / "tick_tables.json").read_text(encoding="utf-8"))
prices = st.decimals(min_value="0.00000001", max_value="500000000", places=8)


@pytest.mark.parametrize(("low", "high", "tick"), TABLES["KRW_since_2025-07-31"])
def test_won_ticks_follow_the_published_table(low: str, high: str | None, tick: str) -> None:
    assert tick_size("KRW-BTC", Decimal(low)) == Decimal(tick)
    if high is not None:
        below = Decimal(high) - Decimal("0.00000001")
        assert tick_size("KRW-BTC", below) == Decimal(tick)


@pytest.mark.parametrize(
    ("market", "price", "tick"),
    [
        ("BTC-ETH", "0.03", "0.00000001"),
        ("USDT-BTC", "100000", "0.01"),
        ("USDT-XRP", "2.1", "0.001"),
        ("USDT-SHIB", "0.00001", "0.00000001"),
    ],
)
def test_other_quotes_have_their_own_ticks(market: str, price: str, tick: str) -> None:
    assert tick_size(market, Decimal(price)) == Decimal(tick)


def test_every_recorded_won_price_lies_on_the_grid() -> None:
    name = "rest_ticker_all_KRW_full_2026-03-11_244_markets.json"
    for ticker in json.loads((PAYLOADS / name).read_text(encoding="utf-8")):
        for field in ("opening_price", "high_price", "low_price", "trade_price"):
            price = exact(float(ticker[field]))
            assert round_to_tick(ticker["market"], price) == price, ticker["market"]


@given(price=prices)
def test_rounding_lands_on_the_grid_within_half_a_tick(price: Decimal) -> None:
    rounded = round_to_tick("KRW-BTC", price)
    tick = tick_size("KRW-BTC", price)
    assert rounded % tick == 0
    assert abs(rounded - price) <= tick / 2


@given(price=prices)
def test_the_steps_below_and_above_enclose_a_price(price: Decimal) -> None:
    low, high = floor_to_tick("KRW-BTC", price), ceil_to_tick("KRW-BTC", price)
    for step in (low, high):
        assert step % tick_size("KRW-BTC", step) == 0
    assert high - low <= tick_size("KRW-BTC", price)
    assert low <= price <= high
    if price % tick_size("KRW-BTC", price) == 0:
        assert low == price == high


def test_a_price_just_below_a_band_rises_to_its_beginning() -> None:
    assert ceil_to_tick("KRW-BTC", Decimal("999900.1")) == Decimal(1_000_000)
    assert floor_to_tick("KRW-BTC", Decimal("1000999.9")) == Decimal(1_000_000)


def test_a_float_becomes_the_decimal_it_was_written_as() -> None:
    assert exact(0.1) == Decimal("0.1")
    assert exact(9.101e-05) == Decimal("0.00009101")


@given(quantity=st.decimals(min_value=0, max_value=10**12, places=12))
def test_quantities_are_cut_and_never_rounded_up(quantity: Decimal) -> None:
    kept = cut(quantity)
    assert kept <= quantity < kept + Decimal("0.00000001")


def test_minimum_totals_are_per_quote() -> None:
    assert [minimum_total(m) for m in ("KRW-BTC", "BTC-ETH", "USDT-BTC")] == [
        Decimal(5000),
        Decimal("0.00005"),
        Decimal("0.5"),
    ]
