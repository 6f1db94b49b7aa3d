"""Pockets: what an account holds, free and locked, to the last decimal."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Context, Decimal, localcontext
from functools import wraps
from typing import Final, ParamSpec, TypeVar

ZERO: Final = Decimal(0)
# Price, volume and fee rate have up to 28 decimals together; sums of won amounts need 12 digits
# in front of them. Nothing the exchange adds or multiplies is rounded at 60 digits.
_EXACT: Final = Context(prec=60)

_P = ParamSpec("_P")
_R = TypeVar("_R")


def exactly(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Run `function` with enough decimal digits that money is never rounded."""

    @wraps(function)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        with localcontext(_EXACT):
            return function(*args, **kwargs)

    return run


def plain(amount: Decimal) -> str:
    """Return an amount as the exchange spells it: no exponent, no trailing zeros."""
    text = format(amount, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text


class InsufficientFundsError(Exception):
    """More was asked of a balance than it has free."""

    def __init__(self, currency: str, wanted: Decimal, free: Decimal) -> None:
        super().__init__(f"{currency}: {wanted} wanted, {free} free")
        self.currency = currency
        self.wanted = wanted
        self.free = free


@dataclass(slots=True)
class Balance:
    """One currency of a pocket. `average_price` is in won for one unit."""

    currency: str
    free: Decimal = ZERO
    locked: Decimal = ZERO
    average_price: Decimal = ZERO
    average_modified: bool = False

    @property
    def total(self) -> Decimal:
        """Free and locked together."""
        return self.free + self.locked


@dataclass(slots=True)
class Pocket:
    """A sub-account with its own balances; `kind` is `main` or `user_spot_trading`.

    `asset_uuid` names the pocket's holdings in account events; `agreed` says whether the one-time
    consent for BTC and USDT markets was given.
    """

    uuid: str
    name: str
    kind: str
    asset_uuid: str
    agreed: bool = True
    balances: dict[str, Balance] = field(default_factory=dict)

    def balance(self, currency: str) -> Balance:
        """Return the balance, an empty one where nothing was ever held."""
        return self.balances.setdefault(currency, Balance(currency))

    def held(self) -> Iterable[Balance]:
        """Return the balances that aren't empty, won first."""
        rows = [balance for balance in self.balances.values() if balance.total > ZERO]
        return sorted(rows, key=lambda balance: (balance.currency != "KRW", balance.currency))

    def lock(self, currency: str, amount: Decimal) -> None:
        """Move `amount` from free to locked.

        Raises:
            InsufficientFundsError: less than that is free.
        """
        balance = self.balance(currency)
        if balance.free < amount:
            raise InsufficientFundsError(currency, amount, balance.free)
        balance.free -= amount
        balance.locked += amount

    def release(self, currency: str, amount: Decimal) -> None:
        """Move `amount` from locked back to free."""
        balance = self.balance(currency)
        balance.locked -= amount
        balance.free += amount

    def spend(self, currency: str, amount: Decimal) -> None:
        """Take `amount` out of what is locked."""
        balance = self.balance(currency)
        balance.locked -= amount
        if balance.total == ZERO:
            balance.average_price = ZERO

    @exactly
    def receive(self, currency: str, amount: Decimal, won_paid: Decimal | None = None) -> None:
        """Add `amount` to what is free; `won_paid` (for all of it) moves the average price."""
        balance = self.balance(currency)
        if won_paid is not None and amount > ZERO:
            cost = balance.total * balance.average_price + won_paid
            average = cost / (balance.total + amount)
            balance.average_price = average.quantize(Decimal("0.00000001"))
        balance.free += amount
