"""The order book's view-model: the ladder of the newest book as the user wants it laid out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QObject, pyqtSignal

from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.domain.orderbook_ladder import (
    Ladder,
    grouped_ladder,
    grouping_step,
    ladder_of,
    level_groupings,
    useful_groupings,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.application.candles import ChartSession, ChartStatus
    from upbit_auto_trading.domain.orderbook import Orderbook
    from upbit_auto_trading.presentation.viewmodels.coalescer import Coalescer
    from upbit_auto_trading.tasks import TaskOwner

_DEPTH: Final = 15


class OrderbookViewModel(QObject):
    """`changed` is emitted at most thirty times a second after `books` was marked.

    A grouping is a number of price steps. Where the exchange groups by that many, it is asked
    to; until its book is there, and for others, levels are added up here.
    """

    changed = pyqtSignal()

    def __init__(
        self,
        session: ChartSession,
        books: Coalescer,
        tasks: TaskOwner,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._books = books
        self._tasks = tasks
        self._laid_out: tuple[Orderbook, Orderbook | None, int, int] | None = None
        self._ladder: Ladder | None = None
        self.depth = _DEPTH
        self.grouping = 1
        books.flushed.connect(self._flushed)

    @property
    def book(self) -> Orderbook | None:
        """The book shown: grouped by the exchange, else the plain one; None before the first."""
        plain = self._session.orderbook
        grouped = self._grouped(plain)
        return plain if grouped is None else grouped

    @property
    def is_grouped_by_exchange(self) -> bool:
        """Whether the exchange itself added up the rows shown."""
        return self._grouped(self._session.orderbook) is not None

    @property
    def ladder(self) -> Ladder | None:
        """The newest book laid out, None before the first."""
        plain = self._session.orderbook
        if plain is None:
            self._laid_out = self._ladder = None
            return None
        grouped, used = self._grouped(plain), self._used_grouping(plain)
        done = self._laid_out
        is_same_book = done is not None and done[0] is plain and done[1] is grouped
        if done is None or not is_same_book or done[2:] != (self.depth, used):
            if grouped is not None:
                self._ladder = grouped_ladder(grouped, plain, self.depth)
            else:
                self._ladder = ladder_of(plain, self.depth, used)
            self._laid_out = plain, grouped, self.depth, used
        return self._ladder

    @property
    def status(self) -> ChartStatus:
        """What the book shown is worth now."""
        level = self._level if self.is_grouped_by_exchange else 0.0
        return self._session.channel_status(
            "orderbook", has_value=self.book is not None, level=level
        )

    @property
    def groupings(self) -> Sequence[int]:
        """How many price steps a row can usefully stand for at the present price."""
        return self._groupings(self._session.orderbook)

    @property
    def used_grouping(self) -> int:
        """The chosen grouping, 1 where it would be too wide for the market."""
        book = self._session.orderbook
        return self._used_grouping(book) if book else 1

    @property
    def near_price(self) -> float | None:
        """The price the steps are those of: the best bid, else the best ask."""
        return self._best(self._session.orderbook)

    def choose_depth(self, depth: int) -> None:
        """Show that many levels a side."""
        self.depth = depth
        self._books.mark()

    def choose_grouping(self, grouping: int) -> None:
        """Let a row stand for that many price steps."""
        self.grouping = grouping
        self._ask()
        self._books.mark()

    def _flushed(self) -> None:
        self._ask()
        self.changed.emit()

    def _ask(self) -> None:
        """Have the exchange group the book as it is shown, or no longer."""
        levels = self._session.levels
        if levels is not None and self._level != levels.chosen:
            self._tasks.start(self._group(self._level), f"group-{levels.market}")

    async def _group(self, level: float) -> None:
        try:
            await self._session.group_book(level)
        except MarketDataError:
            self.grouping = 1  # what can't be grouped there isn't asked for again and again
        self._books.mark()

    @property
    def _level(self) -> float:
        """The won size the exchange is to group by for what is shown, 0 for none."""
        plain, levels = self._session.orderbook, self._session.levels
        best, used = self._best(plain), self.used_grouping
        if plain is None or levels is None or best is None or used == 1:
            return 0.0
        step = float(grouping_step(plain.market, best, used))
        return step if step in levels.usable(best) else 0.0

    def _grouped(self, plain: Orderbook | None) -> Orderbook | None:
        levels = self._session.levels
        if plain is None or levels is None or levels.book is None:
            return None
        return levels.book if levels.chosen == self._level else None

    def _groupings(self, book: Orderbook | None) -> Sequence[int]:
        best, levels = self._best(book), self._session.levels
        if book is None or best is None:
            return [1]
        usable = levels.usable(best) if levels is not None else ()
        if usable:
            return level_groupings(book.market, best, usable)
        return useful_groupings(book.market, best)

    def _used_grouping(self, book: Orderbook) -> int:
        return self.grouping if self.grouping in self._groupings(book) else 1

    @staticmethod
    def _best(book: Orderbook | None) -> float | None:
        if book is None or not book.levels:
            return None
        best = book.levels[0]
        return best.bid_price or best.ask_price or None
