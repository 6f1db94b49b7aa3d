"""One row of the market list, as the list's model gives it and its delegate draws it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import Qt

if TYPE_CHECKING:
    from datetime import date

    from upbit_auto_trading.domain.stream import Origin

FAVOURITES: Final = "favourites"
ROW_ROLE: Final = int(Qt.ItemDataRole.UserRole) + 1


@dataclass(frozen=True, slots=True)
class MarketCell:
    """One figure of a market in a column of its own.

    `ink` is a colour token, `order` what the column is sorted by, None where it is unknown;
    `explanation` says where the figure comes from.
    """

    text: str
    ink: str = "text-1"
    order: float | None = None
    explanation: str = ""
    is_stale: bool = False


@dataclass(frozen=True, slots=True)
class MarketRow:
    """A market with its newest figures; None where nothing has arrived yet.

    `flash` is the direction (`up`, `down`) of a price change that just happened, else empty.
    `matched` is the part of `name` the search found: start and length. `is_stale` tells that the
    figures don't move any more. `high` and `low` are the day's. `origin` says how the
    figures came, `last_day` when trading ends, where that is announced.
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
    high: float | None = None
    low: float | None = None
    origin: Origin | None = None
    exchange_ms: int | None = None
    last_day: date | None = None
