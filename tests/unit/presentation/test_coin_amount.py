from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_auto_trading.presentation.widgets import coin_amount


@pytest.mark.parametrize(
    ("amount", "room", "parts"),
    [
        ("0.02840000", 10, ("0.0284", "0000")),
        ("5.00000000", 10, ("5", ".00000000")),
        ("0.00000304", 10, ("0.00000304", "")),
        ("0.14401234", 6, ("0.1440", "")),
        ("0.01000000", 6, ("0.01", "00")),
        ("0.00000304", 6, ("<0.0001", "")),
        ("12,345.67000000", 10, ("12,345.67", "0")),
        ("12,345,678.50000000", 6, ("12,345,678", "")),
        ("0.50000000", 1, ("<1", "")),
    ],
)
def test_zeros_at_the_end_stand_apart_and_digits_are_cut(
    amount: str, room: int, parts: tuple[str, str]
) -> None:
    assert coin_amount.split(amount, room) == parts


@given(st.integers(0, 10**17), st.integers(1, 16))
def test_no_more_is_shown_than_there_is(e8: int, room: int) -> None:
    amount = Decimal(e8) / 10**8
    significant, zeros = coin_amount.split(coin_amount.full(amount), room)
    shown = (significant + zeros).replace(",", "")
    if shown.startswith("<"):
        assert 0 < amount < Decimal(shown[1:])
    else:
        assert Decimal(shown) <= amount
        assert amount == 0 or Decimal(shown) > 0


@given(st.integers(0, 10**10 - 1))
def test_in_a_wide_column_every_decimal_is_there(e8: int) -> None:
    text = coin_amount.full(Decimal(e8) / 10**8)
    assert "".join(coin_amount.split(text, 11)) == text
