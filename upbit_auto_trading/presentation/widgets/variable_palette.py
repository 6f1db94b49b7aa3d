"""The palette: every variable a condition can read, by category, found by typing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QModelIndex, QPoint, QRect, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QPainter, QStandardItem, QStandardItemModel
from PyQt6.QtWidgets import (
    QApplication,
    QFrame,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.theme import font
from upbit_auto_trading.presentation.widgets.drag_source import PART, VARIABLE, drag
from upbit_auto_trading.presentation.widgets.search_field import SearchField
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QMouseEvent

    from upbit_auto_trading.presentation.theme import Theme

_ROW: Final = 26
_ID: Final = int(Qt.ItemDataRole.UserRole) + 1
_UNIT: Final = _ID + 1
_ICON: Final = _ID + 2
_GREYED: Final = _ID + 3
_KIND: Final = _ID + 4


@dataclass(frozen=True, slots=True)
class PaletteItem:
    """A variable, or a condition kept for reuse (`is_part`). `search` is what finds it."""

    id: str
    name: str
    unit: str
    help: str
    search: str
    is_part: bool = False


@dataclass(frozen=True, slots=True)
class PaletteSection:
    """A category with its items."""

    id: str
    name: str
    icon: str
    items: tuple[PaletteItem, ...]


class VariablePalette(QFrame):
    """Passive: shows sections, filters them, tells what is chosen or dragged.

    `chosen` carries the kind (`VARIABLE` or `PART` of the drag source) and the id, `left` tells
    that the keyboard should go back to what is being built.
    """

    chosen = pyqtSignal(str, str)
    left = pyqtSignal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sections: tuple[PaletteSection, ...] = ()
        self._greyed: frozenset[str] = frozenset()
        self._folded: set[str] = set()
        self.search = SearchField(theme, _("Find a variable"), _("Find a variable"))
        self.search.textChanged.connect(self._filter)
        self.search.row_key.connect(self._row_key)
        self._model = QStandardItemModel(self)
        self.tree = _PaletteTree(theme)
        self.tree.setModel(self._model)
        self.tree.chosen.connect(self.chosen)
        self.tree.current_changed.connect(self._show_help)
        self.tree.collapsed.connect(lambda index: self._folded.add(str(index.data(_ID))))
        self.tree.expanded.connect(lambda index: self._folded.discard(str(index.data(_ID))))
        self._help = Text(theme, "small", "text-2")
        self._help.setWordWrap(True)
        self._help.setMinimumHeight(48)
        self._help.hide()
        self._help.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._nothing = Text(theme, "body", "text-2", _("Nothing fits."))
        self._nothing.setContentsMargins(10, 8, 10, 8)
        self._nothing.hide()
        self._hint = Text(theme, "small", "text-3")
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        for part in (self.search, self._nothing):
            column.addWidget(part)
        column.addWidget(self.tree, 1)
        column.addWidget(self._help)
        self._hint.setWordWrap(True)
        column.addWidget(self._hint)
        self.show_greyed(frozenset())

    def show_sections(self, sections: Sequence[PaletteSection]) -> None:
        """Show other sections, filtered as before."""
        if tuple(sections) != self._sections:
            self._sections = tuple(sections)
            self._filter()

    def show_greyed(self, ids: frozenset[str]) -> None:
        """Grey out what doesn't fit the place that is selected."""
        self._greyed = ids
        for item in self._items():
            item.setData(item.data(_ID) in ids, _GREYED)
        self._hint.show_text(
            _("Grey ones count something else than the chosen place")
            if ids
            else _("Drag, or press Enter to add")
        )

    def shown(self) -> list[str]:
        """The ids in sight, from top to bottom."""
        return [str(item.data(_ID)) for item in self._items()]

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 -- Qt's name
        """Esc, once the search is empty, goes back to what is being built."""
        if event is not None and event.key() == Qt.Key.Key_Escape:
            self.left.emit()
            return
        super().keyPressEvent(event)

    def _row_key(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.tree.choose_current()
        else:
            self.tree.keyPressEvent(event)

    def _items(self) -> list[QStandardItem]:
        found = []
        for row in range(self._model.rowCount()):
            section = self._model.item(row)
            if section is not None:
                children = (section.child(n) for n in range(section.rowCount()))
                found += [child for child in children if child is not None]
        return found

    def _filter(self) -> None:
        words = self.search.text().casefold().replace(" ", "")
        fitting = {
            item.id for section in self._sections for item in section.items if words in item.search
        }
        if not fitting:
            fitting = {
                item.id
                for section in self._sections
                for item in section.items
                if words in item.help.casefold().replace(" ", "")
            }
        self._model.clear()
        best: QStandardItem | None = None
        for section in self._sections:
            items = [item for item in section.items if item.id in fitting]
            if not items and (words or not section.items):
                continue
            head = self._head(section, len(items))
            for item in items:
                row = self._item(item)
                head.appendRow(row)
                if words and best is None and begins(item.search, words):
                    best = row
            self._model.appendRow(head)
            is_open = bool(words) or section.id not in self._folded
            self.tree.setExpanded(self._model.indexFromItem(head), is_open)
        has_rows = self._model.rowCount() > 0
        self.tree.setVisible(has_rows)
        self._nothing.setVisible(not has_rows)
        if words and has_rows:
            first = self._model.index(0, 0, self._model.index(0, 0))
            self.tree.setCurrentIndex(first if best is None else self._model.indexFromItem(best))

    def _head(self, section: PaletteSection, count: int) -> QStandardItem:
        head = QStandardItem(section.name)
        head.setData(section.id, _ID)
        head.setData(section.icon, _ICON)
        head.setData(str(count), _UNIT)
        head.setEditable(False)
        return head

    def _item(self, item: PaletteItem) -> QStandardItem:
        made = QStandardItem(item.name)
        made.setEditable(False)
        made.setToolTip(item.help)
        made.setData(item.id, _ID)
        made.setData(item.unit, _UNIT)
        made.setData(PART if item.is_part else VARIABLE, _KIND)
        made.setData(item.id in self._greyed, _GREYED)
        made.setData(f"{item.name}, {item.unit}", Qt.ItemDataRole.AccessibleTextRole)
        return made

    def _show_help(self, index: QModelIndex) -> None:
        text = index.data(Qt.ItemDataRole.ToolTipRole)
        self._help.show_text(str(text or ""))
        self._help.setVisible(bool(text))


def begins(search: str, words: str) -> bool:
    """Whether one of the names begins with what is looked for: RSI before conveRSIon."""
    return any(name.startswith(words) for name in search.split("\n"))


class _PaletteTree(QTreeView):
    """Rows of the palette; dragging one out, Enter and double click choose it."""

    chosen = pyqtSignal(str, str)
    current_changed = pyqtSignal(QModelIndex)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("variable-tree")
        self.setAccessibleName(_("Variables"))
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setIndentation(0)
        self.setUniformRowHeights(True)
        self.setMouseTracking(True)
        self.setItemDelegate(_RowDelegate(theme, self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QTreeView.EditTrigger.NoEditTriggers)
        self._pressed: QPoint | None = None
        self._dragging: QModelIndex | None = None

    def choose_current(self) -> None:
        """Choose the current row, or fold and unfold a section."""
        index = self.currentIndex()
        if index.isValid() and index.data(_KIND):
            self.chosen.emit(str(index.data(_KIND)), str(index.data(_ID)))
        elif index.isValid():
            self.setExpanded(index, not self.isExpanded(index))

    def currentChanged(self, current: QModelIndex, previous: QModelIndex) -> None:  # noqa: N802 -- Qt's name
        super().currentChanged(current, previous)
        self.current_changed.emit(current)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 -- Qt's name
        if event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.choose_current()
            return
        super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 -- Qt's name
        super().mousePressEvent(event)
        if event is None:
            return
        index = self.indexAt(event.pos())
        self._pressed = event.pos()
        self._dragging = index if index.isValid() and index.data(_KIND) else None
        if index.isValid() and not index.data(_KIND):
            self.setExpanded(index, not self.isExpanded(index))

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 -- Qt's name
        if event is not None and self.indexAt(event.pos()).data(_KIND):
            self.choose_current()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 -- Qt's name
        if event is None or not event.buttons() & Qt.MouseButton.LeftButton:
            super().mouseMoveEvent(event)
            return
        # Qt would move the selection along with a pressed button.
        if self._pressed is None or self._dragging is None:
            return
        moved = (event.pos() - self._pressed).manhattanLength()
        if moved >= QApplication.startDragDistance():
            index, self._dragging = self._dragging, None
            drag(self, str(index.data(_KIND)), str(index.data(_ID)))


class _RowDelegate(QStyledItemDelegate):
    """A section's head, or a name with the chip that says what it counts."""

    def __init__(self, theme: Theme, tree: QTreeView) -> None:
        super().__init__(tree)
        self._theme = theme
        self._tree = tree

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:  # noqa: N802 -- Qt's name
        del index
        return QSize(option.rect.width(), _ROW)

    def paint(
        self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        if painter is None:
            return
        theme, area = self._theme, option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_current = bool(option.state & QStyle.StateFlag.State_Selected)
        is_hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        ground = "acc-bg" if is_current else "bg3" if is_hovered else "bg1"
        painter.fillRect(area, theme.colour(ground))
        is_item = bool(index.data(_KIND))
        is_greyed = bool(index.data(_GREYED))
        device = painter.device()
        ratio = device.devicePixelRatioF() if device is not None else 1.0
        if is_item:
            mark, size, x = "grip-vertical", 12, area.left() + 14
            if is_greyed:
                mark = "ban"
            left = area.left() + 32
        else:
            folded = not self._tree.isExpanded(index)
            arrow = "chevron-right" if folded else "chevron-down"
            painter.drawPixmap(
                area.left() + 4, area.top() + 6, theme.pixmap(arrow, "text-3", 14, ratio)
            )
            mark, size, x = str(index.data(_ICON)), 14, area.left() + 22
            left = area.left() + 42
        painter.drawPixmap(
            x, area.top() + (_ROW - size) // 2, theme.pixmap(mark, "text-3", size, ratio)
        )
        unit = str(index.data(_UNIT) or "")
        painter.setFont(font("small"))
        width = painter.fontMetrics().horizontalAdvance(unit) + 12
        chip = QRect(area.right() - width - 6, area.top() + 4, width, 18)
        if is_item and not is_greyed:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("bg3" if not is_hovered else "bg2"))
            painter.drawRoundedRect(chip, 3, 3)
        painter.setPen(theme.colour("text-3" if is_greyed or not is_item else "text-2"))
        painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, unit)
        painter.setFont(font("control" if is_item else "control-strong"))
        painter.setPen(theme.colour("text-3" if is_greyed else "text-1"))
        room = QRect(left, area.top(), chip.left() - left - 6, _ROW)
        text = painter.fontMetrics().elidedText(
            str(index.data()), Qt.TextElideMode.ElideRight, room.width()
        )
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, text)
        painter.restore()
