"""The table of streams: who holds them, how far they are, how old, and where values come from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, QPointF, QRect, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QFontMetrics, QPainter
from PyQt6.QtWidgets import QHeaderView, QStyledItemDelegate, QStyleOptionViewItem

from upbit_auto_trading.presentation.theme import font
from upbit_auto_trading.presentation.widgets.read_table import ReadTable, paint_row_ground

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from PyQt6.QtGui import QResizeEvent

    from upbit_auto_trading.presentation.theme import Theme

ROW_HEIGHT: Final = 26
_ROLE: Final = Qt.ItemDataRole.UserRole + 1
_PAD: Final = 8
_DOT: Final = 8
_DOT_STEP: Final = 14
NAME, KIND, HOLDERS, STATE, AGE, RATE, SWAP, SOURCE, REASON = range(9)
_WIDTHS: Final = {
    NAME: 96,
    KIND: 84,
    HOLDERS: 112,
    STATE: 104,
    AGE: 58,
    RATE: 52,
    SWAP: 56,
    SOURCE: 56,
}
"""The least width of a column; its head may need more."""
_HEAD_PAD: Final = 20
_LEAST_WIDTHS: Final = {SWAP: 800, RATE: 720, HOLDERS: 600}
_NUMBERS: Final = frozenset({AGE, RATE, SWAP})
_AT_ONCE: Final = 6
"""Rows brought up to date in one turn of the loop, where they come in portions."""


@dataclass(frozen=True, slots=True)
class StreamLook:
    """One row. `texts` are the nine columns; `dots` the tokens of wanted, sent and live.

    `is_stale` sets the age in italics; `ground` is the row's token, empty for the usual one.
    """

    texts: tuple[str, ...]
    dots: tuple[str, str, str]
    state_ink: str = "text-2"
    age_ink: str = "text-1"
    is_stale: bool = False
    source_ink: str = "text-2"
    ground: str = ""
    explanation: str = ""

    def without_figures(self) -> StreamLook:
        """The row without what changes all the time: age, rate, and what isn't painted."""
        return replace(self, texts=(*self.texts[:AGE], *self.texts[SWAP + 1 :]), explanation="")


class _Model(QAbstractTableModel):
    """Rows are worded when they are read: of hundreds only those in sight ever are."""

    def __init__(self, titles: Sequence[str]) -> None:
        super().__init__()
        self._titles = list(titles)
        self.keys: list[Any] = []
        self._look_at: Callable[[int], StreamLook] | None = None
        self.looks: dict[int, StreamLook] = {}

    def look(self, row: int) -> StreamLook:
        found = self.looks.get(row)
        if found is None:
            assert self._look_at is not None  # noqa: S101 -- rows come with it
            found = self.looks[row] = self._look_at(row)
        return found

    def rowCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802 -- Qt's name
        return 0 if parent is not None and parent.isValid() else len(self.keys)

    def columnCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802 -- Qt's name
        return 0 if parent is not None and parent.isValid() else len(self._titles)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.look(index.row())
        if role == _ROLE:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return row.texts[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            text = row.texts[index.column()]
            return f"{text}\n{row.explanation}" if row.explanation else text
        return None

    def headerData(  # noqa: N802 -- Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._titles[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            right = section in _NUMBERS
            side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def take(self, keys: Sequence[Any], look_at: Callable[[int], StreamLook]) -> bool:
        """Replace the rows; return whether there are others than before."""
        self._look_at = look_at
        self.looks = {}
        if list(keys) == self.keys:
            return False
        self.beginResetModel()
        self.keys = list(keys)
        self.endResetModel()
        return True


class StreamTable(ReadTable):
    """Passive: shows rows, tells which stream is opened (double click or Enter)."""

    stream_opened = pyqtSignal(object)

    def __init__(self, theme: Theme, name: str, titles: Sequence[str]) -> None:
        super().__init__(name, ROW_HEIGHT)
        self._model = _Model(titles)
        self.setModel(self._model)
        self.setItemDelegate(_Painter(theme, self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        head = self.head
        head.setMinimumSectionSize(24)
        metrics = QFontMetrics(font("body"))
        for column, title in enumerate(titles):
            least = _WIDTHS.get(column)
            mode = QHeaderView.ResizeMode
            head.setSectionResizeMode(column, mode.Fixed if least else mode.Stretch)
            if least:
                needed = metrics.horizontalAdvance(title) + _HEAD_PAD
                head.resizeSection(column, max(least, needed))
        self.activated.connect(lambda at: self.stream_opened.emit(self._model.keys[at.row()]))

    def show_rows(
        self,
        keys: Sequence[Any],
        look_at: Callable[[int], StreamLook],
        later: Callable[[Iterable[Callable[[], None]]], None] | None = None,
    ) -> None:
        """Show a row for each key; `look_at` words the row at a place when it is in sight.

        The chosen row stays chosen while it is there. With `later` the rows of before are
        brought up to date a few at a time, in calls that it is given.
        """
        chosen = self.currentIndex()
        key = self._model.keys[chosen.row()] if chosen.isValid() else None
        before = self._model.looks
        if self._model.take(keys, look_at):
            if key in self._model.keys:
                self.setCurrentIndex(self._model.index(self._model.keys.index(key), 0))
            return
        rows = list(before.items())
        if later is None:
            self._repaint_rows(rows)
        else:
            later(
                partial(self._repaint_rows, rows[first : first + _AT_ONCE])
                for first in range(0, len(rows), _AT_ONCE)
            )

    def _repaint_rows(self, rows: Sequence[tuple[int, StreamLook]]) -> None:
        for place, old in rows:
            if place < len(self._model.keys):
                self._repaint_row(place, old)

    def _repaint_row(self, place: int, old: StreamLook) -> None:
        """Repaint what changed of a row that was read before; it is out of sight, if anything."""
        top, viewport = self.rowViewportPosition(place), self.viewport()
        if viewport is None or top + ROW_HEIGHT < 0 or top > viewport.height():
            return
        new = self._model.look(place)
        if new == old:
            return
        first, last = 0, viewport.width()
        if new.without_figures() == old.without_figures():
            first, last = self.columnViewportPosition(AGE), self.columnViewportPosition(SOURCE)
        viewport.update(first, top, last - first, ROW_HEIGHT)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 -- Qt's name
        """Leave columns out that a narrow table has no room for, the least telling first."""
        super().resizeEvent(event)
        width = self.width()
        for column, least in _LEAST_WIDTHS.items():
            self.setColumnHidden(column, width < least)


class _Painter(QStyledItemDelegate):
    def __init__(self, theme: Theme, table: StreamTable) -> None:
        super().__init__(table)
        self._theme = theme
        self._fonts = {name: font(name) for name in ("control", "control-strong", "tag")}
        self._slanted = font("control-strong", italic=True)
        self._metrics = {name: QFontMetrics(one) for name, one in self._fonts.items()}

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:  # noqa: N802 -- Qt's name
        del index
        return QSize(option.rect.width(), ROW_HEIGHT)

    def paint(
        self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        row = index.data(_ROLE)
        if painter is None or not isinstance(row, StreamLook):
            return
        column, area = index.column(), option.rect
        paint_row_ground(painter, option, self._theme, row.ground)
        inside = area.adjusted(_PAD, 0, -_PAD, 0)
        if column == STATE:
            self._paint_state(painter, inside, row)
        elif column == SOURCE:
            self._paint_source(painter, inside, row)
        else:
            self._paint_text(painter, inside, row, column)

    def _paint_text(self, painter: QPainter, area: QRect, row: StreamLook, column: int) -> None:
        name, ink = "control", "text-2"
        if column == NAME:
            name, ink = "control-strong", "text-1"
        elif column == AGE:
            name, ink = "control-strong", row.age_ink
        elif column in (RATE, SWAP):
            ink = "text-1"
        painter.setFont(self._slanted if column == AGE and row.is_stale else self._fonts[name])
        painter.setPen(self._theme.colour(ink))
        right = column in _NUMBERS
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        text = row.texts[column]
        metrics = self._metrics[name]
        if metrics.horizontalAdvance(text) > area.width():
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, side | Qt.AlignmentFlag.AlignVCenter, text)

    def _paint_state(self, painter: QPainter, area: QRect, row: StreamLook) -> None:
        """Three dots joined by a line (wanted, sent, live), filled as far as it is true."""
        middle = area.center().y() + 0.5
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for place, ink in enumerate(row.dots):
            x = area.left() + _DOT / 2 + place * _DOT_STEP
            if place:
                painter.setPen(self._theme.pen(ink, 1.5))
                painter.drawLine(
                    QPointF(x - _DOT_STEP + _DOT / 2, middle), QPointF(x - _DOT / 2, middle)
                )
            painter.setPen(self._theme.pen(ink, 1.5))
            is_hollow = ink == "off"
            painter.setBrush(Qt.GlobalColor.transparent if is_hollow else self._theme.colour(ink))
            painter.drawEllipse(QPointF(x, middle), _DOT / 2 - 0.75, _DOT / 2 - 0.75)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        words = area.adjusted(2 * _DOT_STEP + _DOT + 5, 0, 4, 0)
        painter.setFont(self._fonts["control"])
        painter.setPen(self._theme.colour(row.state_ink))
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(words, left, row.texts[STATE])

    def _paint_source(self, painter: QPainter, area: QRect, row: StreamLook) -> None:
        text, ink = row.texts[SOURCE], row.source_ink
        width = self._metrics["tag"].horizontalAdvance(text) + 12
        badge = QRect(area.left(), area.center().y() - 8, min(width, area.width() + 6), 17)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colour("bg3" if ink.startswith("text") else f"{ink}-bg"))
        painter.drawRoundedRect(badge, 3, 3)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.setFont(self._fonts["tag"])
        painter.setPen(self._theme.colour(ink))
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, text)
