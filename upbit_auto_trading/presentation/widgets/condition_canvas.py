"""The canvas a trigger is built on: the tree as cards, moved through by keys, mouse and drags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QEvent, QPoint, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QHelpEvent, QKeyEvent, QPainter, QRegion
from PyQt6.QtWidgets import QApplication, QSizePolicy, QToolTip, QWidget

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.widgets.condition_layout import (
    SIDES,
    Box,
    Layout,
    laid_out,
)
from upbit_auto_trading.presentation.widgets.condition_looks import (
    CountLook,
    GroupLook,
    LiveLook,
    RowLook,
)
from upbit_auto_trading.presentation.widgets.condition_painter import (
    CanvasState,
    ConditionPainter,
    live_area,
)
from upbit_auto_trading.presentation.widgets.drag_source import (
    NODE,
    PART,
    VARIABLE,
    drag,
    dragged_value,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PyQt6.QtGui import (
        QDragEnterEvent,
        QDragLeaveEvent,
        QDragMoveEvent,
        QDropEvent,
        QFocusEvent,
        QMouseEvent,
        QPaintEvent,
        QResizeEvent,
    )

    from upbit_auto_trading.presentation.theme import Theme

_LETTERS: Final = {
    Qt.Key.Key_G: "group",
    Qt.Key.Key_O: "toggle",
    Qt.Key.Key_N: "negate",
    Qt.Key.Key_U: "ungroup",
    Qt.Key.Key_Delete: "remove",
    Qt.Key.Key_Backspace: "remove",
}
_WITH_CTRL: Final = {
    Qt.Key.Key_D: "duplicate",
    Qt.Key.Key_C: "copy",
    Qt.Key.Key_X: "cut",
    Qt.Key.Key_V: "paste",
}


class ConditionCanvas(QWidget):
    """Passive: shows a tree and its live figures, tells what the user wants done to it.

    `command_given` names one of: group, ungroup, toggle, negate, remove, duplicate, copy, cut,
    paste, up, down. `dropped` carries kind, value, group and place, `dropped_on` kind, value,
    node and side. `drag_entered` tells the kind and value that hover, empty when they leave.
    """

    selected = pyqtSignal(str, str)
    edit_asked = pyqtSignal(str, str)
    menu_asked = pyqtSignal(str, str, QPoint)
    command_given = pyqtSignal(str)
    add_asked = pyqtSignal(str)
    wrap_asked = pyqtSignal(str)
    repair_chosen = pyqtSignal(str, int)
    dropped = pyqtSignal(str, str, str, int)
    dropped_on = pyqtSignal(str, str, str, str)
    drag_entered = pyqtSignal(str, str)
    live_frame_painted = pyqtSignal()
    row_shown = pyqtSignal(int, int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._painter = ConditionPainter(theme)
        self._theme = theme
        self._root: GroupLook | None = None
        self._layout = Layout()
        self._live: dict[str, LiveLook] = {}
        self._state = CanvasState()
        self._pressed: tuple[QPoint, str] | None = None
        self._has_news = False
        self.frames_painted = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setProperty("draws-focus", True)
        self.setMouseTracking(True)
        self.setAcceptDrops(True)
        self.setAccessibleName(_("Conditions of the trigger"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.MinimumExpanding)

    @property
    def layout_shown(self) -> Layout:
        """Where everything lies."""
        return self._layout

    def show_tree(self, root: GroupLook) -> None:
        """Show another tree; figures of nodes that are gone are forgotten."""
        self._root = root
        self._lay_out()
        nodes = {box.node for box in self._layout.boxes}
        self._live = {node: look for node, look in self._live.items() if node in nodes}
        self._speak()
        self.update()

    def show_selection(self, node: str, part: str) -> None:
        """Mark a node and a part of it, and bring it into sight."""
        self._state.node, self._state.part = node, part
        self._speak()
        box = self._layout.box(node)
        if box is not None:
            height = box.area.height() if isinstance(box.look, RowLook) else 40
            self.row_shown.emit(box.area.top(), height)
        self.update()

    def show_live(self, figures: Mapping[str, LiveLook], *, is_live: bool) -> None:
        """Show figures by node; only what differs is painted. `is_live`: they come from a feed."""
        for box in self._layout.boxes:
            look = figures.get(box.node)
            if look == self._live.get(box.node):
                continue
            if look is None:
                self._live.pop(box.node, None)
            else:
                self._live[box.node] = look
            self._has_news = is_live
            self.update(live_area(box))

    def show_counts(self, counts: Mapping[str, CountLook]) -> None:
        """Show how often each condition held where the trigger was tried."""
        if counts != self._state.counts:
            self._state.counts = counts
            self.update()

    def show_greyed(self, sides: frozenset[tuple[str, str]]) -> None:
        """Grey out the sides that what is being dragged doesn't fit."""
        if sides != self._state.greyed:
            self._state.greyed = sides
            self.update()

    def show_lit(self, nodes: frozenset[str]) -> None:
        """Light the conditions that were true at a moment chosen elsewhere."""
        if nodes != self._state.lit:
            self._state.lit = nodes
            self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 -- Qt's name
        return QSize(520, self._layout.height)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 -- Qt's name
        return QSize(320, self._layout.height)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 -- Qt's name
        super().resizeEvent(event)
        self._lay_out()

    def event(self, event: QEvent | None) -> bool:
        """Say the whole of what a row has little room for, where the pointer rests on it."""
        if isinstance(event, QHelpEvent):
            found = self._layout.at(event.pos())
            node = found[0].node if found is not None else ""
            count = self._state.counts.get(node)
            spoken = found[0].look.spoken if found is not None else ""
            told = (spoken, count.full if count is not None else "")
            QToolTip.showText(event.globalPos(), "\n".join(text for text in told if text), self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 -- Qt's name
        region = QRegion(self.rect()) if event is None else event.region()
        painter = QPainter(self)
        self._state.has_focus = self.hasFocus()
        self._painter.paint(painter, self._layout, self._live, self._state, region)
        painter.end()
        if self._has_news:
            self._has_news = False
            self.frames_painted += 1
            self.live_frame_painted.emit()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 -- Qt's name
        assert event is not None  # noqa: S101 -- Qt always passes one
        key, modifiers = Qt.Key(event.key()), event.modifiers()
        with_ctrl = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        with_alt = bool(modifiers & Qt.KeyboardModifier.AltModifier)
        if with_alt and key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.command_given.emit("up" if key == Qt.Key.Key_Up else "down")
        elif with_ctrl and key in _WITH_CTRL:
            self.command_given.emit(_WITH_CTRL[key])
        elif not with_ctrl and not with_alt and key in _LETTERS:
            self.command_given.emit(_LETTERS[key])
        elif not with_ctrl and key in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.edit_asked.emit(self._state.node, self._state.part)
        elif not with_ctrl and self._moved(key):
            pass
        elif key == Qt.Key.Key_Menu:
            self._ask_menu_of_selection()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 -- Qt's name
        assert event is not None  # noqa: S101 -- Qt always passes one
        found = self._layout.at(event.pos())
        self._pressed = None
        if found is None:
            return
        box, part = found
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.pos(), box.node
        if part.startswith("repair"):
            self.repair_chosen.emit(box.node, int(part.removeprefix("repair")))
        elif part == "add":
            self.add_asked.emit(box.node)
        elif part == "wrap":
            self.wrap_asked.emit(box.node)
        elif part == "empty":
            self.selected.emit(box.node, "")
        else:
            chosen = part if part in (*SIDES, "comparator") else ""
            self.selected.emit(box.node, chosen)
            asks = part == "menu" or event.button() == Qt.MouseButton.RightButton
            if asks or part == "comparator":
                area = box.parts["comparator" if part == "comparator" and not asks else "menu"]
                at = event.pos() if not part else area.bottomLeft()
                name = "comparator" if part == "comparator" and not asks else ""
                self._pressed = None
                self.menu_asked.emit(box.node, name, self.mapToGlobal(at))

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 -- Qt's name
        assert event is not None  # noqa: S101 -- Qt always passes one
        found = self._layout.at(event.pos())
        if found is not None and found[1] not in ("menu", "add", "wrap", "comparator"):
            box, part = found
            self.edit_asked.emit(box.node, part if part in SIDES else "")

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 -- Qt's name
        assert event is not None  # noqa: S101 -- Qt always passes one
        if self._pressed is not None and event.buttons() & Qt.MouseButton.LeftButton:
            start, node = self._pressed
            far = QApplication.startDragDistance()
            if (event.pos() - start).manhattanLength() >= far and node != self._root_node():
                self._pressed = None
                drag(self, NODE, node)
                self._hover(None)
            return
        found = self._layout.at(event.pos())
        self._hover((found[0].node, found[1]) if found else None)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 -- Qt's name
        del event
        self._pressed = None

    def leaveEvent(self, event: QEvent | None) -> None:  # noqa: N802 -- Qt's name
        super().leaveEvent(event)
        self._hover(None)

    def focusInEvent(self, event: QFocusEvent | None) -> None:  # noqa: N802 -- Qt's name
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent | None) -> None:  # noqa: N802 -- Qt's name
        super().focusOutEvent(event)
        self.update()

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:  # noqa: N802 -- Qt's name
        assert event is not None  # noqa: S101 -- Qt always passes one
        for kind in (VARIABLE, NODE, PART):
            value = dragged_value(event.mimeData(), kind)
            if value:
                self.drag_entered.emit(kind, value)
                event.acceptProposedAction()
                return

    def dragMoveEvent(self, event: QDragMoveEvent | None) -> None:  # noqa: N802 -- Qt's name
        assert event is not None  # noqa: S101 -- Qt always passes one
        point = event.position().toPoint()
        is_variable = bool(dragged_value(event.mimeData(), VARIABLE))
        side = self._side_at(point) if is_variable else None
        self._state.drop_side = side or ("", "")
        self._state.drop = None if side else self._layout.drop_at(point)
        event.acceptProposedAction()
        self.update()

    def dragLeaveEvent(self, event: QDragLeaveEvent | None) -> None:  # noqa: N802 -- Qt's name
        super().dragLeaveEvent(event)
        self._end_drag()

    def dropEvent(self, event: QDropEvent | None) -> None:  # noqa: N802 -- Qt's name
        assert event is not None  # noqa: S101 -- Qt always passes one
        place, (node, side) = self._state.drop, self._state.drop_side
        self._end_drag()
        for kind in (VARIABLE, NODE, PART):
            value = dragged_value(event.mimeData(), kind)
            if not value:
                continue
            event.acceptProposedAction()
            self.setFocus()
            if side:
                self.dropped_on.emit(kind, value, node, side)
            elif place is not None:
                self.dropped.emit(kind, value, place.group, place.place)

    def _side_at(self, point: QPoint) -> tuple[str, str] | None:
        found = self._layout.at(point)
        if found is None or found[1] not in SIDES:
            return None
        return found[0].node, found[1]

    def _end_drag(self) -> None:
        self._state.drop, self._state.drop_side = None, ("", "")
        self._state.greyed = frozenset()
        self.drag_entered.emit("", "")
        self.update()

    def _hover(self, at: tuple[str, str] | None) -> None:
        hovered = at or ("", "")
        if hovered != self._state.hovered:
            self._state.hovered = hovered
            self.update()

    def _moved(self, key: Qt.Key) -> bool:
        """Move the selection by an arrow key: up and down through rows, sideways through parts."""
        boxes = self._layout.boxes
        at = next((n for n, box in enumerate(boxes) if box.node == self._state.node), None)
        if at is None or not boxes:
            return False
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            to = at + (1 if key == Qt.Key.Key_Down else -1)
            if 0 <= to < len(boxes):
                self.selected.emit(boxes[to].node, "")
            return True
        if key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self.selected.emit(boxes[0 if key == Qt.Key.Key_Home else -1].node, "")
            return True
        if key not in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            return False
        self._move_sideways(boxes[at], 1 if key == Qt.Key.Key_Right else -1)
        return True

    def _move_sideways(self, box: Box, step: int) -> None:
        if isinstance(box.look, GroupLook):
            child = next((b for b in self._layout.boxes if b.parent == box.node), None)
            if step > 0 and child is not None:
                self.selected.emit(child.node, "")
            elif step < 0 and box.parent:
                self.selected.emit(box.parent, "")
            return
        parts = ["", *(p for p in ("left", "comparator", "right", "upper") if p in box.parts)]
        part = self._state.part if self._state.part in parts else ""
        to = parts.index(part) + step
        if to < 0:
            self.selected.emit(box.parent, "")
        elif to < len(parts):
            self.selected.emit(box.node, parts[to])

    def _ask_menu_of_selection(self) -> None:
        box = self._layout.box(self._state.node)
        if box is not None:
            at = self.mapToGlobal(box.parts["menu"].bottomLeft())
            self.menu_asked.emit(box.node, "", at)

    def _root_node(self) -> str:
        return self._root.node if self._root is not None else ""

    def _lay_out(self) -> None:
        if self._root is not None:
            self._layout = laid_out(self._root, max(self.width(), 320))
            self.setMinimumHeight(self._layout.height)
            self.updateGeometry()

    def _speak(self) -> None:
        """Let a screen reader say what is selected."""
        box = self._layout.box(self._state.node)
        words = box.look.spoken if box is not None else ""
        if words != self.accessibleDescription():
            self.setAccessibleDescription(words)
