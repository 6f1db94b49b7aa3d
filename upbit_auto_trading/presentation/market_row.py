"""One row of the market list, as the list's model gives it and its delegate draws it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PyQt6.QtCore import Qt

FAVOURITES: Final = "favourites"
ROW_ROLE: Final = int(Qt.ItemDataRole.UserRole) + 1


@dataclass(frozen=True, slots=True)
class MarketRow:
    """A market with its newest figures; None where nothing has arrived yet.

    `flash` is the direction (`up`, `down`) of a price change that just happened, else empty.
    `matched` is the part of `name` the search found: start and length. `is_stale` tells that the
    figures don't move any more.
    """

    market: str
    name: str
    base: str
    warning: bool
    cautions: frozenset[str]
    price: float | None
    change_rate: float | None
    change_price: float | None
    turnover_24h: float | None
    flash: str = ""
    matched: tuple[int, int] | None = None
    is_shown: bool = False
    is_stale: bool = False
    is_favourite: bool = False
