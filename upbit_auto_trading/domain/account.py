"""The account a strategy trades with: cash, fee, minimum; exact decimals."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, Context, Decimal
from typing import Final

from upbit_auto_trading.domain.order import Fill, Refusal

# Wide enough that sums and products of quantities, prices and fees are never rounded.
EXACT: Final = Context(prec=80)
_EIGHT_PLACES: Final = Decimal("0.00000001")


def cut_exact(value: Decimal) -> Decimal:
    """Return `value` cut to 8 decimals, however many digits it has."""
    return value.quantize(_EIGHT_PLACES, ROUND_DOWN, EXACT)


@dataclass(frozen=True, slots=True)
class Account:
    """Cash in the quote currency, the fee as a fraction, the exchange's smallest order."""

    cash: Decimal
    fee_rate: Decimal
    minimum: Decimal

    def with_fee(self, amount: Decimal) -> Decimal:
        """Return what spending `amount` costs altogether."""
        return EXACT.multiply(amount, EXACT.add(Decimal(1), self.fee_rate))

    def share(self, percent: float) -> Decimal:
        """Return the amount that is `percent` of what cash can buy, cut to 8 decimals."""
        most = EXACT.divide(self.cash, EXACT.add(Decimal(1), self.fee_rate))
        part = EXACT.divide(Decimal(repr(float(percent))), Decimal(100))
        return cut_exact(EXACT.multiply(most, part))

    def refuse_buy(self, amount: Decimal) -> Refusal | None:
        """Return why spending `amount` is refused, None when it isn't."""
        if amount < self.minimum:
            return Refusal.BELOW_MINIMUM
        if self.with_fee(amount) > self.cash:
            return Refusal.NOT_ENOUGH_CASH
        return None

    def refuse_sell(self, quantity: Decimal, price: Decimal) -> Refusal | None:
        """Return why selling `quantity` at `price` is refused, None when it isn't."""
        if EXACT.multiply(quantity, price) < self.minimum:
            return Refusal.BELOW_MINIMUM
        return None

    def quantity_for(self, amount: Decimal, price: float) -> Decimal:
        """Return what `amount` buys at `price`, cut to 8 decimals."""
        return cut_exact(EXACT.divide(amount, Decimal(repr(float(price)))))

    def fill_buy(self, order_id: int, ms: int, amount: Decimal, price: Decimal) -> Fill:
        """Return the fill of the whole `amount` at `price`."""
        quantity = cut_exact(EXACT.divide(amount, price))
        return Fill(order_id, ms, price, quantity, amount, EXACT.multiply(amount, self.fee_rate))

    def fill_sell(self, order_id: int, ms: int, quantity: Decimal, price: Decimal) -> Fill:
        """Return the fill of the whole `quantity` at `price`."""
        funds = EXACT.multiply(quantity, price)
        return Fill(order_id, ms, price, quantity, funds, EXACT.multiply(funds, self.fee_rate))

    def bought(self, fill: Fill) -> Account:
        """Return the account after a buy's fill."""
        cash = EXACT.subtract(self.cash, EXACT.add(fill.funds, fill.fee))
        return Account(cash, self.fee_rate, self.minimum)

    def sold(self, fill: Fill) -> Account:
        """Return the account after a sell's fill."""
        cash = EXACT.add(self.cash, EXACT.subtract(fill.funds, fill.fee))
        return Account(cash, self.fee_rate, self.minimum)
