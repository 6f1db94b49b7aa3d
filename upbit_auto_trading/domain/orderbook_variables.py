"""The variables an order book answers: best prices, spread, imbalance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.truth import Unknown, UnknownReason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from upbit_auto_trading.domain.orderbook import Orderbook
    from upbit_auto_trading.domain.variable import Reading

_NAN: Final = float("nan")


def orderbook_values(
    book: Orderbook, readings: Iterable[Reading]
) -> dict[Reading, float | Unknown]:
    """Return what the book says about those of `readings` that are an order book's.

    A side without any level makes what needs it unknown. Sizes are summed over the first
    `levels` rows.
    """
    values: dict[Reading, float | Unknown] = {}
    for reading in readings:
        supply = _SUPPLIERS.get(reading.variable)
        if supply is not None:
            value = supply(book, reading)
            known = value == value  # noqa: PLR0124 - NaN
            values[reading] = value if known else Unknown(UnknownReason.NO_ORDERBOOK)
    return values


def untrusted_orderbook(
    reason: UnknownReason, readings: Iterable[Reading]
) -> dict[Reading, float | Unknown]:
    """Return the same readings as unknown, because the book can't be trusted."""
    return {reading: Unknown(reason) for reading in readings if reading.variable in _SUPPLIERS}


def _best_bid(book: Orderbook, _: Reading) -> float:
    price = book.levels[0].bid_price if book.levels else 0.0
    return price if price > 0 else _NAN


def _best_ask(book: Orderbook, _: Reading) -> float:
    price = book.levels[0].ask_price if book.levels else 0.0
    return price if price > 0 else _NAN


def _spread(book: Orderbook, reading: Reading) -> float:
    return _best_ask(book, reading) - _best_bid(book, reading)


def _spread_percent(book: Orderbook, reading: Reading) -> float:
    return _spread(book, reading) / _best_bid(book, reading) * 100


def _imbalance(book: Orderbook, reading: Reading) -> float:
    rows = book.levels[: int(dict(reading.parameters)["levels"])]
    bids = sum(row.bid_size for row in rows)
    total = bids + sum(row.ask_size for row in rows)
    return bids / total if total > 0 else _NAN


_SUPPLIERS: Final[dict[str, Callable[[Orderbook, Reading], float]]] = {
    "best_bid": _best_bid,
    "best_ask": _best_ask,
    "spread": _spread,
    "spread_percent": _spread_percent,
    "imbalance": _imbalance,
}
