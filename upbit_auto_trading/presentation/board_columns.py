"""The market screen's columns that every market has: their order, words and cells."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import Qt

from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.i18n import _

if TYPE_CHECKING:
    from upbit_auto_trading.presentation.market_row import MarketRow

CELL_ROLE: Final = int(Qt.ItemDataRole.UserRole) + 2
"""The role under which a model gives the `MarketCell` of an added column."""


class BoardColumn(Enum):
    """The columns every market has figures for, left to right."""

    NAME = "name"
    PRICE = "price"
    RATE = "rate"
    CHANGE = "change"
    TURNOVER = "turnover"
    HIGH = "high"
    LOW = "low"


COLUMNS: Final = tuple(BoardColumn)


def cell_text(row: MarketRow, column: BoardColumn) -> str:
    """What a cell says."""
    if column is BoardColumn.NAME:
        return f"{row.name} {row.base}"
    if row.price is None or row.change_rate is None or row.change_price is None:
        return formatting.NOTHING
    if column is BoardColumn.PRICE:
        return formatting.price(row.market, row.price)
    if column is BoardColumn.RATE:
        return f"{formatting.arrow(row.change_rate)} {formatting.percent(row.change_rate)}"
    if column is BoardColumn.CHANGE:
        return formatting.signed_price(row.market, row.change_price, row.price)
    if column is BoardColumn.TURNOVER and row.turnover_24h is not None:
        return formatting.turnover(row.market, row.turnover_24h)
    value = row.high if column is BoardColumn.HIGH else row.low
    return formatting.NOTHING if value is None else formatting.price(row.market, value)


def headings() -> tuple[str, ...]:
    """Each column's heading."""
    return (
        _("Name"),
        _("Price"),
        _("Change"),
        _("Difference"),
        _("Value 24 h"),
        _("High"),
        _("Low"),
    )


def explanations() -> tuple[str, ...]:
    """What each column shows, where its heading doesn't say it all."""
    since = _("Change since 09:00 KST (00:00 UTC), as Upbit counts it")
    day = _("Since 09:00 KST (00:00 UTC), as Upbit counts the day")
    return "", "", since, since, _("The last 24 hours, in the quote currency"), day, day
