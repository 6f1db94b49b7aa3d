"""What others add to the market screen: a figure per market, a choice of markets, or both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from upbit_auto_trading.presentation.market_row import MarketCell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.application.services import Services


class MarketAddition(QObject):
    """One more column of the market screen, and a filter over its rows.

    `changed` carries the markets (a frozenset) whose cell changed; `kept_changed` tells that
    `kept` did; `heading_changed` that `heading` or `explanation` did; `order_wanted` asks for the
    rows in this column's order, the largest first. A subclass needs only what it adds. Unknown
    is said as unknown: a cell with an `order` of None is sorted last.
    """

    changed = pyqtSignal(object)
    kept_changed = pyqtSignal()
    heading_changed = pyqtSignal()
    order_wanted = pyqtSignal()

    def __init__(self, name: str, width: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self.width = width

    @property
    def heading(self) -> str:
        """The column's heading; empty where there is no column."""
        return ""

    @property
    def explanation(self) -> str:
        """What the column shows, for its heading's tool tip."""
        return ""

    @property
    def kept(self) -> frozenset[str] | None:
        """The markets that stay on screen; None keeps all."""
        return None

    def cell(self, market: str) -> MarketCell:
        """What the column says of a market now."""
        del market
        return MarketCell("")

    def attach(self, services: Services) -> None:
        """Take figures from an exchange. What was attached before has been detached."""

    async def detach(self) -> None:
        """Let go of the exchange and of every figure of it. Harmless when repeated."""

    def want(self, markets: Sequence[str]) -> None:
        """Know these markets' cells: the rows in sight first, then the rest where it matters.

        Called when scrolling comes to rest; with nothing while the screen isn't in front.
        """

    def refresh(self) -> None:
        """Bring what depends on the time up to date; five times a second while in front."""
