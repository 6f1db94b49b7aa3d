from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upbit_auto_trading.domain.account import Account, cut_exact
from upbit_auto_trading.domain.order import Refusal
from upbit_auto_trading.domain.position import Position

KRW = Account(Decimal(1_000_000), Decimal("0.0005"), Decimal(5000))
amounts = st.decimals("5000", "1000000000", places=8)
prices = st.floats(1e-8, 1e12, allow_nan=False).map(lambda price: Decimal(repr(price)))


def test_the_amount_is_spent_whole_and_the_quantity_cut_to_eight_decimals() -> None:
    fill = KRW.fill_buy(1, 0, Decimal(100_000), Decimal(3))
    assert fill.quantity == Decimal("33333.33333333")
    assert fill.funds == Decimal(100_000)
    assert fill.fee == Decimal("50.0000")
    assert KRW.bought(fill).cash == Decimal(899950)


def test_a_sale_gives_the_exact_product_less_its_fee() -> None:
    fill = KRW.fill_sell(1, 0, Decimal("0.00100912"), Decimal("91973000.0"))
    assert fill.funds == Decimal("92811.79376")
    assert KRW.sold(fill).cash == Decimal(1000000) + Decimal("92811.79376") * Decimal("0.9995")


@given(amount=amounts, price=prices)
def test_money_is_never_rounded(amount: Decimal, price: Decimal) -> None:
    fill = KRW.fill_buy(1, 0, amount, price)
    assert fill.quantity * price <= amount
    assert (fill.quantity + Decimal("0.00000001")) * price > amount
    sale = KRW.fill_sell(2, 0, fill.quantity, price)
    digits = [len(value.as_tuple().digits) for value in (fill.fee, sale.funds, sale.fee)]
    assert max(digits) < 80
    exact = fill.quantity.as_integer_ratio()[0] * price.as_integer_ratio()[0]
    below = fill.quantity.as_integer_ratio()[1] * price.as_integer_ratio()[1]
    assert sale.funds.as_integer_ratio()[0] * below == exact * sale.funds.as_integer_ratio()[1]


def test_minimum_and_cash_are_checked_with_equality_allowed() -> None:
    assert KRW.refuse_buy(Decimal(4999)) is Refusal.BELOW_MINIMUM
    assert KRW.refuse_buy(Decimal(5000)) is None
    all_cash = Account(Decimal(100050), Decimal("0.0005"), Decimal(5000))
    assert all_cash.refuse_buy(Decimal(100_000)) is None
    assert all_cash.refuse_buy(Decimal("100000.01")) is Refusal.NOT_ENOUGH_CASH
    assert KRW.refuse_sell(Decimal(5), Decimal(1000)) is None
    assert KRW.refuse_sell(Decimal(5), Decimal("999.99")) is Refusal.BELOW_MINIMUM


def test_a_percentage_is_of_what_cash_can_buy_cut_to_eight_decimals() -> None:
    assert KRW.share(100) == cut_exact(Decimal(1_000_000) / Decimal("1.0005"))
    assert KRW.with_fee(KRW.share(100)) <= KRW.cash
    assert KRW.share(50) == Decimal("499750.12493753")


def test_the_average_is_of_buys_alone_and_sells_leave_it() -> None:
    first = KRW.fill_buy(1, 5, Decimal(100_000), Decimal(1000))
    position = Position(first, 1000.0)
    position.add(KRW.fill_buy(2, 6, Decimal(95_000), Decimal(950)))
    assert position.average == 975.0
    position.reduce(KRW.fill_sell(3, 7, Decimal(50), Decimal(980)))
    assert (position.quantity, position.average) == (Decimal(150), 975.0)
    assert position.cost == Decimal(150 * 975)
    assert position.profit(1072.5) == (1072.5 / 975.0 - 1) * 100


def test_a_profit_that_includes_fees_is_what_selling_would_bring() -> None:
    fill = KRW.fill_buy(1, 5, Decimal(100_000), Decimal(1000))
    position = Position(fill, 1000.0, fee_rate=float(KRW.fee_rate))
    received, paid = 1000 * (1 - 0.0005), 1000 * (1 + 0.0005)
    assert position.profit(1000.0) == pytest.approx((received / paid - 1) * 100, rel=1e-12)
    assert position.profit(position.basis) == 0.0
    assert position.gain(1000.0) == pytest.approx(-100.0)
    sold = KRW.fill_sell(2, 6, position.quantity, Decimal(1100))
    earned = sold.funds - sold.fee - fill.funds - fill.fee
    assert position.gain(1100.0) == pytest.approx(float(earned))
    position.note_add(1000.5)
    assert (position.adds_up, position.adds_down) == (0, 1)


def test_an_add_at_the_price_without_profit_is_neither_up_nor_down() -> None:
    position = Position(KRW.fill_buy(1, 5, Decimal(100_000), Decimal(1000)), 1000.0)
    for price in (1000.0, 1001.0, 1000.0, 999.0, 998.0):
        position.note_add(price)
    assert (position.adds_up, position.adds_down) == (1, 2)


def test_a_position_that_counts_fees_still_does_after_a_restart() -> None:
    fill = KRW.fill_buy(1, 5, Decimal(100_000), Decimal(1000))
    position = Position(fill, 1000.0, fee_rate=0.0005)
    again = Position.from_data(position.data())
    assert again.profit(1040.0) == position.profit(1040.0)
    before_the_option = position.data()
    del before_the_option["fee_rate"]
    assert Position.from_data(before_the_option).profit(1040.0) == (1040.0 / 1000.0 - 1) * 100


def test_an_armed_rules_peak_starts_with_the_arming_tick() -> None:
    position = Position(KRW.fill_buy(1, 5, Decimal(100_000), Decimal(1000)), 1000.0)
    position.run(1100.0)
    assert position.arm("trail", 1050.0)
    assert position.armed == {"trail": 1050.0}
    assert not position.arm("trail", 1090.0)
    position.run(1040.0)
    position.run(1070.0)
    assert position.armed == {"trail": 1070.0}
    assert position.peak == 1100.0
