"""Exact amounts: decimals, tick sizes and minimum totals."""

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_UP, Decimal
from typing import Final

from upbit_auto_trading.domain.market import quote_of

_EIGHT_PLACES: Final = Decimal("0.00000001")

# Lower bound of a price band and the tick from there on, dearest first (KRW since 2025-07-31,
# USDT since 2024-08-19).
_KRW_TICKS: Final[tuple[tuple[Decimal, Decimal], ...]] = tuple(
    (Decimal(low), Decimal(tick))
    for low, tick in (
        ("1000000", "1000"),
        ("500000", "500"),
        ("100000", "100"),
        ("50000", "50"),
        ("10000", "10"),
        ("5000", "5"),
        ("100", "1"),
        ("10", "0.1"),
        ("1", "0.01"),
        ("0.1", "0.001"),
        ("0.01", "0.0001"),
        ("0.001", "0.00001"),
        ("0.0001", "0.000001"),
        ("0.00001", "0.0000001"),
        ("0", "0.00000001"),
    )
)
_USDT_TICKS: Final[tuple[tuple[Decimal, Decimal], ...]] = tuple(
    (Decimal(low), Decimal(tick))
    for low, tick in (
        ("10", "0.01"),
        ("1", "0.001"),
        ("0.1", "0.0001"),
        ("0.01", "0.00001"),
        ("0.001", "0.000001"),
        ("0.0001", "0.0000001"),
        ("0", "0.00000001"),
    )
)
_MINIMUM_TOTAL: Final = {
    "KRW": Decimal(5000),
    "BTC": Decimal("0.00005"),
    "USDT": Decimal("0.5"),
}


def exact(value: float) -> Decimal:
    """Return the decimal a float was written as: its shortest text that reads back equal."""
    return Decimal(repr(value))


def cut(quantity: Decimal) -> Decimal:
    """Return `quantity` cut (never rounded up) to the exchange's 8 decimals."""
    return quantity.quantize(_EIGHT_PLACES, rounding=ROUND_DOWN)


def tick_size(market: str, price: Decimal) -> Decimal:
    """Return the price step of `market` at `price`, in the quote currency."""
    quote = quote_of(market)
    if quote == "BTC":
        return _EIGHT_PLACES
    bands = _USDT_TICKS if quote == "USDT" else _KRW_TICKS
    return next(tick for low, tick in bands if price >= low)


def tick_bands(quote: str) -> tuple[tuple[Decimal, Decimal], ...]:
    """Return every price band of a quote currency as (lower bound, tick), cheapest first."""
    if quote == "BTC":
        return ((Decimal(0), _EIGHT_PLACES),)
    return (_USDT_TICKS if quote == "USDT" else _KRW_TICKS)[::-1]


def round_to_tick(market: str, price: Decimal) -> Decimal:
    """Return the price on the market's grid nearest to `price`."""
    tick = tick_size(market, price)
    return (price / tick).quantize(Decimal(1), rounding=ROUND_HALF_EVEN) * tick


def floor_to_tick(market: str, price: Decimal) -> Decimal:
    """Return the highest price on the market's grid that is at most `price`; one step at least."""
    tick = tick_size(market, price)
    return max((price / tick).quantize(Decimal(1), rounding=ROUND_DOWN) * tick, tick)


def ceil_to_tick(market: str, price: Decimal) -> Decimal:
    """Return the lowest price on the market's grid that is at least `price`.

    The next band begins on a step of the one below it, so no step is jumped over.
    """
    tick = tick_size(market, price)
    return (price / tick).quantize(Decimal(1), rounding=ROUND_UP) * tick


def minimum_total(market: str) -> Decimal:
    """Return the smallest order the exchange takes, in the quote currency."""
    return _MINIMUM_TOTAL[quote_of(market)]
