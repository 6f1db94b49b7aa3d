"""Round trips: positions from their first buy to their last sell, and what each rule earned."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from upbit_auto_trading.domain.account import EXACT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.domain.replay import FilledOrder


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """One position. Money in the quote currency, fees included in `profit`.

    `profit_percent` is of what was spent. An open one is valued at the run's last price, without
    a sell's fee, and has no closing rule.
    """

    opened_ms: int
    closed_ms: int
    rules: tuple[str, ...]
    closed_by: str | None
    buys: int
    quantity: Decimal
    average_price: Decimal
    exit_price: Decimal
    spent: Decimal
    fees: Decimal
    profit: Decimal
    profit_percent: float


@dataclass(slots=True)
class RuleContribution:
    """What a rule did: orders filled, what its buys earned, what the trips it closed earned."""

    rule: str
    fills: int = 0
    bought_profit: Decimal = Decimal(0)
    closed_profit: Decimal = Decimal(0)
    suppressed: int = 0
    refused: int = 0


def round_trips(fills: Sequence[FilledOrder], last_ms: int, last_price: Decimal) -> list[RoundTrip]:
    """Return the positions of a run, the last one perhaps still open."""
    return [_trip(part, last_ms, last_price) for part in trip_fills(fills)]


def trip_fills(fills: Sequence[FilledOrder]) -> list[list[FilledOrder]]:
    """Return the fills of each position."""
    trips: list[list[FilledOrder]] = []
    held = Decimal(0)
    for filled in fills:
        if not held:
            trips.append([])
        trips[-1].append(filled)
        change = filled.fill.quantity
        held = EXACT.add(held, change) if filled.is_buy else EXACT.subtract(held, change)
    return trips


def _trip(fills: Sequence[FilledOrder], last_ms: int, last_price: Decimal) -> RoundTrip:
    bought = cost = spent = sold = received = fees = Decimal(0)
    for filled in fills:
        fill = filled.fill
        fees = EXACT.add(fees, fill.fee)
        if filled.is_buy:
            bought = EXACT.add(bought, fill.quantity)
            cost = EXACT.add(cost, EXACT.multiply(fill.quantity, fill.price))
            spent = EXACT.add(spent, fill.funds)
        else:
            sold = EXACT.add(sold, fill.quantity)
            received = EXACT.add(received, fill.funds)
    left = EXACT.subtract(bought, sold)
    worth = EXACT.add(received, EXACT.multiply(left, last_price))
    profit = EXACT.subtract(EXACT.subtract(worth, spent), fees)
    closed = not left
    return RoundTrip(
        opened_ms=fills[0].fill.ms,
        closed_ms=fills[-1].fill.ms if closed else last_ms,
        rules=tuple(filled.rule for filled in fills),
        closed_by=fills[-1].rule if closed else None,
        buys=sum(filled.is_buy for filled in fills),
        quantity=bought,
        average_price=cost / bought,
        exit_price=worth / bought,
        spent=spent,
        fees=fees,
        profit=profit,
        profit_percent=float(profit / spent * 100),
    )


def contributions(
    fills: Sequence[FilledOrder], last_price: Decimal, rules: Sequence[str]
) -> dict[str, RuleContribution]:
    """Return what each of `rules` earned; both profits add up to the run's.

    A buy's profit is its quantity at the trip's exit price, less what it cost and its share of
    the selling fees.
    """
    table = {rule: RuleContribution(rule) for rule in rules}
    for part in trip_fills(fills):
        trip = _trip(part, part[-1].fill.ms, last_price)
        selling_fees = sum((f.fill.fee for f in part if not f.is_buy), Decimal(0))
        for filled in part:
            row = table[filled.rule]
            row.fills += 1
            if filled.is_buy:
                fill = filled.fill
                share = fill.quantity / trip.quantity
                gained = fill.quantity * trip.exit_price - fill.funds - fill.fee
                row.bought_profit += gained - share * selling_fees
        if trip.closed_by is not None:
            table[trip.closed_by].closed_profit += trip.profit
    return table
