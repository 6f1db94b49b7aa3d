"""The list of saved triggers: search, open, copy, rename, tag, delete with undo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QModelIndex, QPoint, QRect, QSize, Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.theme import font
from upbit_auto_trading.presentation.widgets.search_field import SearchField
from upbit_auto_trading.presentation.widgets.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QKeyEvent, QPainter

    from upbit_auto_trading.presentation.theme import Theme

_ROW: Final = 46
_LOOK: Final = int(Qt.ItemDataRole.UserRole) + 1


@dataclass(frozen=True, slots=True)
class TriggerRow:
    """A saved trigger or a draft. `detail` is its version, tags and uses; `search` finds it."""

    id: str
    name: str
    detail: str
    role_icon: str
    role_token: str
    search: str
    tip: str
    is_open: bool = False
    has_draft: bool = False
    is_broken: bool = False


class TriggerList(QFrame):
    """Passive. `menu_asked` carries an id and where on screen the menu should open."""

    opened = pyqtSignal(str)
    menu_asked = pyqtSignal(str, QPoint)
    delete_asked = pyqtSignal(str)
    rename_asked = pyqtSignal(str)
    copy_asked = pyqtSignal(str)
    new_pressed = pyqtSignal()
    import_pressed = pyqtSignal()
    undo_pressed = pyqtSignal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[TriggerRow, ...] = ()
        self.search = SearchField(theme, _("Find a trigger"), _("Name, tag or variable"))
        self.search.textChanged.connect(self._filter)
        self.list = _Rows(theme)
        self.search.row_key.connect(self.list.keyPressEvent)
        self.list.opened.connect(self.opened)
        self.list.delete_asked.connect(self.delete_asked)
        self.list.rename_asked.connect(self.rename_asked)
        self.list.copy_asked.connect(self.copy_asked)
        self.list.menu_wanted.connect(self.menu_asked)
        self._nothing = Text(theme, "control", "text-3")
        self._nothing.setWordWrap(True)
        self._nothing.setContentsMargins(6, 8, 6, 8)
        new = QPushButton(_("New"))
        new.setIcon(theme.icon("plus", "text-2", 14))
        new.setAccessibleName(_("New trigger"))
        new.clicked.connect(self.new_pressed)
        bring = QPushButton(_("Import"))
        bring.setIcon(theme.icon("download", "text-2", 14))
        bring.clicked.connect(self.import_pressed)
        self._deleted = Text(theme, "small", "text-2").shrink()
        self._undo = QPushButton(_("Undo"))
        self._undo.setObjectName("small-button")
        self._undo.setAccessibleName(_("Put the deleted trigger back"))
        self._undo.clicked.connect(self.undo_pressed)
        self._gone = QFrame()
        across = QHBoxLayout(self._gone)
        across.setContentsMargins(2, 0, 0, 0)
        across.addWidget(self._deleted, 1)
        across.addWidget(self._undo)
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        buttons.addWidget(new)
        buttons.addWidget(bring)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addWidget(self.search)
        column.addWidget(self._nothing)
        column.addWidget(self.list, 1)
        column.addWidget(self._gone)
        column.addLayout(buttons)
        self.show_deleted("")
        self._filter()

    def show_rows(self, rows: Sequence[TriggerRow]) -> None:
        """Show other triggers, filtered as before; the current one stays current."""
        if tuple(rows) != self._rows:
            self._rows = tuple(rows)
            self._filter()

    def show_deleted(self, name: str) -> None:
        """Offer to take back a deletion; an empty name takes the offer back."""
        self._deleted.show_text(_("‘{name}’ is deleted").format(name=name) if name else "")
        self._gone.setVisible(bool(name))

    def ids(self) -> list[str]:
        """The ids in sight, from top to bottom."""
        return [look.id for look in self.list.looks()]

    def _filter(self) -> None:
        words = self.search.text().casefold().replace(" ", "")
        shown = [row for row in self._rows if words in row.search]
        self.list.show_looks(shown)
        if words and shown and self.list.currentRow() < 0:
            self.list.setCurrentRow(0)  # Enter opens what was looked for
        self.list.setVisible(bool(shown))
        empty = _("There is no trigger yet.") if not self._rows else _("Nothing fits.")
        self._nothing.show_text(empty)
        self._nothing.setVisible(not shown)


class _Rows(QListWidget):
    """The rows; Enter opens, F2 renames, Del deletes, Ctrl+C copies."""

    opened = pyqtSignal(str)
    delete_asked = pyqtSignal(str)
    rename_asked = pyqtSignal(str)
    copy_asked = pyqtSignal(str)
    menu_wanted = pyqtSignal(str, QPoint)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("trigger-rows")
        self.setAccessibleName(_("My triggers"))
        self.setItemDelegate(_RowDelegate(theme, self))
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._menu)
        self.itemClicked.connect(lambda item: self.opened.emit(item.data(_LOOK).id))

    def looks(self) -> list[TriggerRow]:
        items = (self.item(row) for row in range(self.count()))
        return [item.data(_LOOK) for item in items if item is not None]

    def show_looks(self, looks: Sequence[TriggerRow]) -> None:
        current = self._current()
        self.clear()
        for look in looks:
            item = QListWidgetItem(look.name)
            item.setData(_LOOK, look)
            item.setToolTip(look.tip)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{look.name}, {look.detail}")
            self.addItem(item)
            if look.id == current or (not current and look.is_open):
                self.setCurrentItem(item)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 -- Qt's name
        current = self._current()
        doings = {
            Qt.Key.Key_Return: self.opened,
            Qt.Key.Key_Enter: self.opened,
            Qt.Key.Key_F2: self.rename_asked,
            Qt.Key.Key_Delete: self.delete_asked,
        }
        if event is not None and current and event.key() in doings:
            doings[Qt.Key(event.key())].emit(current)
            return
        with_ctrl = event is not None and bool(
            event.modifiers() & Qt.KeyboardModifier.ControlModifier
        )
        if event is not None and with_ctrl and event.key() == Qt.Key.Key_C and current:
            self.copy_asked.emit(current)
            return
        super().keyPressEvent(event)

    def _current(self) -> str:
        item = self.currentItem()
        return "" if item is None else str(item.data(_LOOK).id)

    def _menu(self, at: QPoint) -> None:
        item = self.itemAt(at)
        if item is not None:
            self.menu_wanted.emit(item.data(_LOOK).id, self.mapToGlobal(at))


class _RowDelegate(QStyledItemDelegate):
    """A row: role, name, and below it version, tags and where it is used."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
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
        look: TriggerRow = index.data(_LOOK)
        theme, area = self._theme, option.rect
        painter.save()
        is_current = bool(option.state & QStyle.StateFlag.State_Selected)
        is_hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        ground = "acc-bg" if look.is_open else "bg3" if is_current or is_hovered else "bg1"
        painter.fillRect(area, theme.colour(ground))
        if look.is_open:
            painter.fillRect(QRect(area.left(), area.top(), 3, _ROW), theme.colour("acc"))
        device = painter.device()
        ratio = device.devicePixelRatioF() if device is not None else 1.0
        icon = "octagon-alert" if look.is_broken else look.role_icon
        token = "bad" if look.is_broken else look.role_token
        painter.drawPixmap(area.left() + 10, area.top() + 8, theme.pixmap(icon, token, 14, ratio))
        left, width = area.left() + 32, area.width() - 40
        if look.has_draft:
            dot = theme.pixmap("pencil", "warn", 12, ratio)
            painter.drawPixmap(area.right() - 20, area.top() + 9, dot)
            width -= 18
        for y, name, ink, text in (
            (5, "control-strong", "text-1", look.name),
            (23, "small", "text-3", look.detail),
        ):
            painter.setFont(font(name))
            painter.setPen(theme.colour(ink))
            cut = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, width)
            line = QRect(left, area.top() + y, width, 18)
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, cut)
        painter.restore()
