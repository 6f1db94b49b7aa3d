"""Amounts of coins in narrow columns: all decimals, the zeros at the end apart."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal


def full(amount: Decimal) -> str:
    """An amount with all eight decimals: `0.02840000`."""
    return f"{amount:,.8f}"


@lru_cache(maxsize=512)
def split(amount: str, room: int) -> tuple[str, str]:
    """Cut `amount`, as `full` gives it, to `room` characters; part off the zeros at its end.

    Only decimals are cut, and they are cut, not rounded: no more is shown than there is. Zeros
    before a digit that was cut aren't at the end. What would read as nothing is `<0.0001`.
    """
    whole, _, decimals = amount.partition(".")
    kept = decimals[: max(0, room - len(whole) - 1)]
    if decimals[len(kept) :].strip("0"):
        if whole == "0" and not kept.strip("0"):
            least = f"0.{'0' * (len(kept) - 1)}1" if kept else "1"
            return f"<{least}", ""
        return (f"{whole}.{kept}" if kept else whole), ""
    significant = kept.rstrip("0")
    zeros = kept[len(significant) :]
    if significant:
        return f"{whole}.{significant}", zeros
    return whole, f".{zeros}" if zeros else ""
