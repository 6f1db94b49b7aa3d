"""The order book's view-model: the ladder of the newest book as the user wants it laid out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QObject, pyqtSignal

from upbit_auto_trading.domain.orderbook_ladder import Ladder, ladder_of, useful_groupings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.application.candles import ChartSession, ChartStatus
    from upbit_auto_trading.domain.orderbook import Orderbook
    from upbit_auto_trading.presentation.viewmodels.coalescer import Coalescer

_DEPTH: Final = 15


class OrderbookViewModel(QObject):
    """`changed` is emitted at most thirty times a second after `books` was marked."""

    changed = pyqtSignal()

    def __init__(
        self, session: ChartSession, books: Coalescer, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._books = books
        self._laid_out: tuple[Orderbook, int, int] | None = None
        self._ladder: Ladder | None = None
        self.depth = _DEPTH
        self.grouping = 1
        books.flushed.connect(self.changed)

    @property
    def book(self) -> Orderbook | None:
        """The newest book, None before the first of the market."""
        return self._session.orderbook

    @property
    def ladder(self) -> Ladder | None:
        """The newest book laid out, None before the first."""
        book = self.book
        if book is None:
            self._laid_out = self._ladder = None
            return None
        wanted = (book, self.depth, self._used_grouping(book))
        done = self._laid_out
        if done is None or done[0] is not book or done[1:] != wanted[1:]:
            self._ladder = ladder_of(*wanted)
            self._laid_out = wanted
        return self._ladder

    @property
    def status(self) -> ChartStatus:
        """What the book is worth now."""
        return self._session.channel_status("orderbook", has_value=self.book is not None)

    @property
    def groupings(self) -> Sequence[int]:
        """How many price steps a row can usefully stand for at the present price."""
        best = self._best(self.book)
        return useful_groupings(self.book.market, best) if self.book and best else [1]

    @property
    def used_grouping(self) -> int:
        """The chosen grouping, 1 where it would be too wide for the market."""
        return self._used_grouping(self.book) if self.book else 1

    @property
    def near_price(self) -> float | None:
        """The price the steps are those of: the best bid, else the best ask."""
        return self._best(self.book)

    def choose_depth(self, depth: int) -> None:
        """Show that many levels a side."""
        self.depth = depth
        self._books.mark()

    def choose_grouping(self, grouping: int) -> None:
        """Let a row stand for that many price steps."""
        self.grouping = grouping
        self._books.mark()

    def _used_grouping(self, book: Orderbook) -> int:
        best = self._best(book)
        usable = best is not None and self.grouping in useful_groupings(book.market, best)
        return self.grouping if usable else 1

    @staticmethod
    def _best(book: Orderbook | None) -> float | None:
        if book is None or not book.levels:
            return None
        best = book.levels[0]
        return best.bid_price or best.ask_price or None
