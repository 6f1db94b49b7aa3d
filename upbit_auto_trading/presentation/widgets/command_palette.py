"""The command palette: type, choose with the arrow keys, Enter does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QEvent, QModelIndex, QObject, QRect, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QPainter
from PyQt6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.theme import font
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.presentation.theme import Theme

_WIDTH: Final = 560
_TOP: Final = 56
_ROW: Final = 34
_ROWS: Final = 11
_ICON_ROLE: Final = int(Qt.ItemDataRole.UserRole) + 1
_DETAIL_ROLE: Final = int(Qt.ItemDataRole.UserRole) + 2
_MOVING: Final = (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp)


class _EntryDelegate(QStyledItemDelegate):
    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:  # noqa: N802 -- Qt's name
        del index
        return QSize(option.rect.width(), _ROW)

    def paint(
        self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        if painter is None:
            return
        theme, area = self._theme, option.rect
        is_current = bool(option.state & QStyle.StateFlag.State_Selected)
        is_hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        painter.save()
        ground = "acc-bg" if is_current else "bg3" if is_hovered else "bg2"
        painter.fillRect(area, theme.colour(ground))
        device = painter.device()
        ratio = device.devicePixelRatioF() if device is not None else 1.0
        picture = theme.pixmap(str(index.data(_ICON_ROLE)), "text-2", 16, ratio)
        painter.drawPixmap(area.left() + 12, area.top() + (_ROW - 16) // 2, picture)
        row = QRect(area.left() + 38, area.top(), area.width() - 52, _ROW)
        side = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(font("small"))
        painter.setPen(theme.colour("text-3"))
        painter.drawText(row, side | Qt.AlignmentFlag.AlignRight, str(index.data(_DETAIL_ROLE)))
        painter.setFont(font("body"))
        painter.setPen(theme.colour("text-1"))
        painter.drawText(row, side | Qt.AlignmentFlag.AlignLeft, str(index.data()))
        painter.restore()


class CommandPalette(QFrame):
    """Passive: shows rows of (icon, title, detail), tells what is typed and which row is chosen."""

    query_changed = pyqtSignal(str)
    row_chosen = pyqtSignal(int)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._before: QWidget | None = None
        self.setObjectName("overlay")
        self.setAccessibleName(_("Command palette"))
        self._query = QLineEdit()
        self._query.setPlaceholderText(_("Market, timeframe, screen, theme, language…"))
        self._query.setAccessibleName(_("What to do"))
        self._query.addAction(
            theme.icon("search", "text-3", 14), QLineEdit.ActionPosition.LeadingPosition
        )
        self._query.installEventFilter(self)
        self._query.textChanged.connect(self.query_changed)
        self._rows = QListWidget()
        self._rows.setObjectName("palette-rows")
        self._rows.setAccessibleName(_("What fits"))
        self._rows.setItemDelegate(_EntryDelegate(theme, self._rows))
        self._rows.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._rows.setMouseTracking(True)
        self._rows.setUniformItemSizes(True)
        self._rows.itemClicked.connect(self._item_clicked)
        self._nothing = Text(theme, "body", "text-2", _("Nothing fits."))
        self._nothing.setContentsMargins(12, 6, 12, 8)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addWidget(self._query)
        column.addWidget(self._rows)
        column.addWidget(self._nothing)
        self.hide()

    def open(self) -> None:
        """Show it with an empty query; the keyboard goes to it."""
        window = self.window()
        self._before = window.focusWidget() if window is not None else None
        self._query.clear()
        self.query_changed.emit("")
        self.show()
        self.raise_()
        self._query.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def close_palette(self) -> None:
        """Hide it; the keyboard goes back to where it was."""
        if self.isVisible():
            self.hide()
            if self._before is not None and self._before.isVisible():
                self._before.setFocus(Qt.FocusReason.OtherFocusReason)
        self._before = None

    def show_rows(self, rows: Sequence[tuple[str, str, str]]) -> None:
        """Show these rows, the first one marked."""
        self._rows.clear()
        for icon, title, detail in rows:
            item = QListWidgetItem(title)
            item.setData(_ICON_ROLE, icon)
            item.setData(_DETAIL_ROLE, detail)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{title} {detail}".strip())
            self._rows.addItem(item)
        self._rows.setCurrentRow(0 if rows else -1)
        self._rows.setVisible(bool(rows))
        self._nothing.setVisible(not rows)
        self._rows.setFixedHeight(min(len(rows), _ROWS) * _ROW)
        self.place()

    def place(self) -> None:
        """Stand at the top, in the middle."""
        parent = self.parentWidget()
        if parent is not None:
            width = min(_WIDTH, parent.width() - 32)
            self.setFixedWidth(width)
            self.adjustSize()
            self.move((parent.width() - width) // 2, _TOP)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 -- Qt's name
        """Let the field's keys move through the rows, choose, or close."""
        if event is not None and watched is self._query:
            if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
                return self._key_pressed(event)
            if event.type() is QEvent.Type.FocusOut and self.isVisible():
                self._before = None
                self.hide()
        return super().eventFilter(watched, event)

    def _key_pressed(self, event: QKeyEvent) -> bool:
        if event.key() == Qt.Key.Key_Escape:
            self.close_palette()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(self._rows.currentRow())
        elif event.key() in _MOVING:
            self._rows.keyPressEvent(event)
        else:
            return False
        return True

    def _item_clicked(self, item: QListWidgetItem) -> None:
        self._choose(self._rows.row(item))

    def _choose(self, row: int) -> None:
        if row >= 0:
            self.close_palette()
            self.row_chosen.emit(row)
