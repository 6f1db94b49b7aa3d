"""The list of indicators a chart can have: search, add; those it has, above."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QEvent, QObject, QRect, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.widgets.chart_indicator_rows import (
    DETAIL_ROLE,
    HEAD_ROLE,
    ROW_HEIGHT,
    IndicatorDelegate,
)
from upbit_auto_trading.presentation.widgets.search_field import SearchField
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.presentation.theme import Theme

_WIDTH: Final = 380
_MOST_ROWS: Final = 12
_KEY_ROLE: Final = int(Qt.ItemDataRole.UserRole) + 9
_MOVING: Final = (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp)


@dataclass(frozen=True, slots=True)
class IndicatorRow:
    """One indicator that can be added, or the head of a section where `key` is empty."""

    key: str
    title: str
    detail: str = ""
    help: str = ""


@dataclass(frozen=True, slots=True)
class ShownRow:
    """One indicator the chart has; `ink` is the colour token of its first line."""

    key: str
    title: str
    ink: str
    is_hidden: bool = False


class IndicatorPicker(QFrame):
    """Passive: shows rows, tells what is typed and what is pressed."""

    query_changed = pyqtSignal(str)
    add_pressed = pyqtSignal(str)
    edit_pressed = pyqtSignal(str)
    hide_pressed = pyqtSignal(str)
    remove_pressed = pyqtSignal(str)
    closed = pyqtSignal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setObjectName("overlay")
        self.setAccessibleName(_("Indicators"))
        self.setFixedWidth(_WIDTH)
        self._shown = QVBoxLayout()
        self._shown.setSpacing(0)
        self.search = SearchField(theme, _("Find an indicator"), _("RSI, 이동평균, Bollinger…"))
        self.search.textChanged.connect(self.query_changed)
        self.search.row_key.connect(self._row_key)
        self.search.installEventFilter(self)
        self._rows = QListWidget()
        self._rows.setObjectName("palette-rows")
        self._rows.setAccessibleName(_("Indicators that can be added"))
        self._rows.setItemDelegate(IndicatorDelegate(theme, self._rows))
        self._rows.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._rows.setMouseTracking(True)
        self._rows.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._rows.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self._rows.itemClicked.connect(self._item_clicked)
        self._note = Text(theme, "small", "text-3")
        self._note.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addLayout(self._shown)
        column.addWidget(self.search)
        column.addWidget(self._rows)
        column.addWidget(self._note)
        self.hide()

    def open_below(self, anchor: QRect) -> None:
        """Show it under `anchor`, in its parent's pixels; the keyboard goes to the search."""
        self.search.clear()
        self.query_changed.emit("")
        self.show()
        self._place(anchor)
        self.raise_()
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def close_picker(self) -> None:
        """Hide it."""
        if self.isVisible():
            self.hide()
            self.closed.emit()

    def show_shown(self, rows: Sequence[ShownRow]) -> None:
        """Show the indicators the chart has."""
        while self._shown.count():
            item = self._shown.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for row in rows:
            self._shown.addWidget(self._shown_row(row))
        self.adjustSize()

    def show_rows(self, rows: Sequence[IndicatorRow], note: str = "") -> None:
        """Show what can be added, the first one marked."""
        self._rows.clear()
        first = None
        for row in rows:
            item = QListWidgetItem(row.title)
            item.setData(_KEY_ROLE, row.key)
            item.setData(DETAIL_ROLE, row.detail)
            item.setData(HEAD_ROLE, not row.key)
            item.setToolTip(row.help)
            if not row.key:
                item.setFlags(Qt.ItemFlag.NoItemFlags)
            elif first is None:
                first = item
            self._rows.addItem(item)
        if first is not None:
            self._rows.setCurrentItem(first)
        self._rows.setFixedHeight(min(len(rows), _MOST_ROWS) * ROW_HEIGHT)
        self._note.show_text(note)
        self._note.setVisible(bool(note))
        self.adjustSize()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 -- Qt's name
        """Close on Esc where there is nothing to clear."""
        if (
            watched is self.search
            and isinstance(event, QKeyEvent)
            and event.type() is QEvent.Type.KeyPress
            and event.key() == Qt.Key.Key_Escape
            and not self.search.text()
        ):
            self.close_picker()
            return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 -- Qt's name
        if event is not None and event.key() == Qt.Key.Key_Escape:
            self.close_picker()
            return
        super().keyPressEvent(event)

    def _shown_row(self, row: ShownRow) -> QWidget:
        widget = QWidget()
        across = QHBoxLayout(widget)
        across.setContentsMargins(4, 0, 0, 0)
        across.setSpacing(4)
        swatch = QFrame()
        swatch.setFixedSize(12, 3)
        ink = self._theme.hex("text-3" if row.is_hidden else row.ink)
        swatch.setStyleSheet(f"background: {ink}; border: 0;")
        across.addWidget(swatch)
        across.addSpacing(4)
        across.addWidget(
            Text(self._theme, "control", "text-3" if row.is_hidden else "text-1", row.title)
        )
        across.addStretch(1)
        eye = "eye-off" if row.is_hidden else "eye"
        words = _("Show {name}") if row.is_hidden else _("Hide {name}")
        for icon, says, signal in (
            ("settings", _("Set up {name}"), self.edit_pressed),
            (eye, words, self.hide_pressed),
            ("trash-2", _("Remove {name}"), self.remove_pressed),
        ):
            button = QPushButton()
            button.setObjectName("quiet")
            button.setIcon(self._theme.icon(icon, "text-2", 14))
            button.setIconSize(QSize(14, 14))
            button.setFixedSize(26, 26)
            button.setAccessibleName(says.format(name=row.title))
            button.setToolTip(says.format(name=row.title))
            button.clicked.connect(lambda _on, tell=signal, key=row.key: tell.emit(key))
            across.addWidget(button)
        return widget

    def _row_key(self, event: QKeyEvent) -> None:
        if event.key() in _MOVING:
            self._rows.keyPressEvent(event)
            return
        item = self._rows.currentItem()
        if item is not None:
            self._item_clicked(item)

    def _item_clicked(self, item: QListWidgetItem) -> None:
        key = item.data(_KEY_ROLE)
        if key:
            self.add_pressed.emit(key)

    def _place(self, anchor: QRect) -> None:
        parent = self.parentWidget()
        if parent is None:
            return
        self.adjustSize()
        left = min(anchor.left(), parent.width() - self.width() - 8)
        top = min(anchor.bottom() + 4, parent.height() - self.height() - 8)
        self.move(max(8, left), max(8, top))
