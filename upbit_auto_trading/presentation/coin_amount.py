"""Amounts of coins in narrow columns: all decimals, the zeros at the end apart."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal


def full(amount: Decimal) -> str:
    """An amount with all eight decimals: `0.02840000`."""
    return f"{amount:,.8f}"


@lru_cache(maxsize=4096)
def split(amount: str, room: int) -> tuple[str, str]:
    """Cut `amount`, as `full` gives it, to `room` characters; part off the zeros at its end.

    Only decimals are cut, and they are cut, not rounded: no more is shown than there is.
    """
    whole, _, decimals = amount.partition(".")
    kept = decimals[: max(0, room - len(whole) - 1)]
    significant = kept.rstrip("0")
    zeros = kept[len(significant) :]
    if significant:
        return f"{whole}.{significant}", zeros
    return whole, f".{zeros}" if zeros else ""
