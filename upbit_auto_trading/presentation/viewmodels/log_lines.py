"""The log's lines as a model that grows at its end, and stands still while it is paused."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt

from upbit_auto_trading.application.log_view import LogFilter, components_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from upbit_auto_trading.application.log_view import LogSource
    from upbit_auto_trading.domain.log_line import LogLevel, LogLine

LINE_ROLE: Final = Qt.ItemDataRole.UserRole + 1
KEPT: Final = 5000
TIME, LEVEL, COMPONENT, CODE, CORRELATION, TEXT = range(6)


class LogLines(QAbstractTableModel):
    """Lines that a filter lets through, oldest first.

    `texts_of` words the six columns of a line: time, level, component, code, correlation, text.
    """

    def __init__(
        self,
        source: LogSource,
        titles: Sequence[str],
        texts_of: Callable[[LogLine], tuple[str, ...]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._source = source
        self._titles = list(titles)
        self._texts_of = texts_of
        self._all: list[LogLine] = []
        self._listed: list[LogLine] = []
        self._seen = 0
        self._counts: Counter[LogLevel] = Counter()
        self.components: list[str] = []
        """The parts of the program that lines came from."""
        self.filter = LogFilter()
        self.is_paused = False

    @property
    def total(self) -> int:
        """How many lines are kept, listed or not."""
        return len(self._all)

    @property
    def waiting(self) -> int:
        """How many lines came since the list stands still."""
        return self._source.last_serial - self._seen if self.is_paused else 0

    def count_of(self, level: LogLevel) -> int:
        """How many lines of a level came since the start."""
        return self._counts[level]

    def line(self, row: int) -> LogLine:
        """The line of a row."""
        return self._listed[row]

    def take_new(self) -> int:
        """Take the lines that came since the last call; return how many are listed."""
        if self.is_paused:
            return 0
        lines = self._source.after(self._seen)
        if not lines:
            return 0
        self._seen = lines[-1].serial
        self._all += lines
        self._counts.update(line.level for line in lines)
        if fresh := set(components_of(lines)) - set(self.components):
            self.components = sorted({*self.components, *fresh})
        listed = self.filter.listed(lines)
        if len(self._all) > KEPT + KEPT // 4:
            del self._all[: len(self._all) - KEPT]
            self.choose(self.filter)
            return len(listed)
        if listed:
            first = len(self._listed)
            self.beginInsertRows(QModelIndex(), first, first + len(listed) - 1)
            self._listed += listed
            self.endInsertRows()
        return len(listed)

    def choose(self, chosen: LogFilter) -> None:
        """List what another filter lets through."""
        self.filter = chosen
        self.beginResetModel()
        self._listed = chosen.listed(self._all)
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802 -- Qt's name
        return 0 if parent is not None and parent.isValid() else len(self._listed)

    def columnCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802 -- Qt's name
        return 0 if parent is not None and parent.isValid() else len(self._titles)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        line = self._listed[index.row()]
        if role == LINE_ROLE:
            return line
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._texts_of(line)[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole and index.column() == TEXT:
            return f"{line.text}\n{line.details}".strip()
        return None

    def headerData(  # noqa: N802 -- Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._titles[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None
