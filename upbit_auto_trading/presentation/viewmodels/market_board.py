"""The rows of the market screen: the list's, with more columns, any of which can order them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from PyQt6.QtCore import QModelIndex, QObject, Qt

from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.board_columns import (
    CELL_ROLE,
    COLUMNS,
    BoardColumn,
    cell_text,
    explanations,
    headings,
)
from upbit_auto_trading.presentation.viewmodels.market_table import MarketTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.presentation.market_row import MarketCell, MarketRow
    from upbit_auto_trading.presentation.viewmodels.market_addition import MarketAddition

_LAST: Final = float("inf")


@dataclass(frozen=True, slots=True)
class Breadth:
    """How many of the markets shown have risen, stand still, have fallen, or aren't known yet."""

    up: int = 0
    even: int = 0
    down: int = 0
    unknown: int = 0


class MarketBoard(MarketTable):
    """`MarketTable` with the board's columns, those of additions after them.

    `order` is the name of the column that orders the rows (`turnover` at first) and whether the
    largest comes first.
    """

    def __init__(self, additions: Sequence[MarketAddition], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.additions = list(additions)
        self._columns = [one for one in self.additions if one.heading]
        self.order: tuple[str, bool] = (BoardColumn.TURNOVER.value, True)
        for addition in self.additions:
            addition.changed.connect(self._tell_cells)
            addition.kept_changed.connect(self._rebuild)
            addition.heading_changed.connect(self._tell_headings)

    @property
    def column_names(self) -> list[str]:
        """The columns by name, left to right."""
        return [one.value for one in COLUMNS] + [one.name for one in self._columns]

    @property
    def markets_shown(self) -> tuple[str, ...]:
        """Every row's market, top first."""
        return tuple(self._order)

    @property
    def is_filtered(self) -> bool:
        """Whether an addition leaves markets out."""
        return any(one.kept is not None for one in self.additions)

    def order_by(self, name: str, *, largest_first: bool) -> None:
        """Order the rows by a column; markets without a figure come last either way."""
        self.order = name, largest_first
        self._resort()
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, self.columnCount() - 1)

    def breadth(self) -> Breadth:
        """Count the rows by the direction of the day."""
        counts = {"up": 0, "even": 0, "down": 0, "unknown": 0}
        for market in self._order:
            ticker = self._tickers.get(market)
            counts[formatting.direction(ticker.change_rate) if ticker else "unknown"] += 1
        return Breadth(**counts)

    def columnCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802 -- Qt's name
        if parent is not None and parent.isValid():
            return 0
        return len(COLUMNS) + len(self._columns)

    def headerData(  # noqa: N802 -- Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if section == 0 else Qt.AlignmentFlag.AlignRight
            return side | Qt.AlignmentFlag.AlignVCenter
        extra = section - len(COLUMNS)
        if role == Qt.ItemDataRole.DisplayRole:
            words = headings()[section] if extra < 0 else self._columns[extra].heading
            name, largest_first = self.order
            if self.column_names[section] != name:
                return words
            return f"{words} {'↓' if largest_first else '↑'}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return explanations()[section] if extra < 0 else self._columns[extra].explanation
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == CELL_ROLE:
            return self._cell(index.row(), index.column())
        return super().data(index, role)

    def _cell(self, row: int, column: int) -> MarketCell | None:
        extra = column - len(COLUMNS)
        return self._columns[extra].cell(self._order[row]) if extra >= 0 else None

    def _text(self, row: MarketRow, column: int) -> str:
        if column >= len(COLUMNS):
            return self._columns[column - len(COLUMNS)].cell(row.market).text
        return cell_text(row, COLUMNS[column])

    def _keeps(self, market: str) -> bool:
        return all(one.kept is None or market in one.kept for one in self.additions)

    def _order_moves(self) -> bool:
        return self.order[0] != BoardColumn.NAME.value

    def _sort_value(self, market: str) -> tuple[Any, ...]:
        name, largest_first = self.order
        words = self.name_of(market)
        if name == BoardColumn.NAME.value:
            return (_reversed_text(words) if largest_first else words,)
        value = self._order_value(name, market)
        if value is None:
            return _LAST, words
        return -value if largest_first else value, words

    def _order_value(self, name: str, market: str) -> float | None:
        for addition in self._columns:
            if addition.name == name:
                return addition.cell(market).order
        ticker = self._tickers.get(market)
        if ticker is None:
            return None
        return {
            BoardColumn.PRICE: ticker.trade_price,
            BoardColumn.RATE: ticker.change_rate,
            BoardColumn.CHANGE: ticker.change_price,
            BoardColumn.TURNOVER: ticker.turnover_24h,
            BoardColumn.HIGH: ticker.high_price,
            BoardColumn.LOW: ticker.low_price,
        }[BoardColumn(name)]

    def _tell_cells(self, markets: frozenset[str]) -> None:
        self._dirty |= markets
        self._coalescer.mark()

    def _tell_headings(self) -> None:
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, len(COLUMNS), self.columnCount() - 1)


def _reversed_text(text: str) -> tuple[int, ...]:
    """A key that orders texts from the last to the first."""
    return (*(-ord(letter) for letter in text), 1)
