"""Panes that can be moved, put behind each other as tabs, or float in windows of their own."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QByteArray, QCoreApplication, QEvent, QObject, QPoint, Qt, pyqtSignal
from PyQt6.QtWidgets import QDockWidget, QMainWindow, QStyle, QTabWidget, QWidget

from upbit_auto_trading.presentation.widgets.dock_title import DockTitle

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from PyQt6.QtGui import QHideEvent, QResizeEvent, QShowEvent

    from upbit_auto_trading.presentation.theme import Theme

_VERSION: Final = 1
_SETTLED: Final = QEvent.Type(QEvent.registerEventType())
_AFTER_OTHERS: Final = -1  # Qt::LowEventPriority
_HORIZONTAL: Final = Qt.Orientation.Horizontal
_VERTICAL: Final = Qt.Orientation.Vertical
_MOVABLE: Final = (
    QDockWidget.DockWidgetFeature.DockWidgetMovable
    | QDockWidget.DockWidgetFeature.DockWidgetFloatable
)


@dataclass(frozen=True, slots=True)
class DockPane:
    """One pane: its name in the program, its title for the user, and its widget."""

    name: str
    title: str
    widget: QWidget


class DockArea(QMainWindow):
    """Holds panes; the one named `main` takes what the others leave.

    Panes look as if nothing could be moved until `set_editing`; then each has a thin bar to take
    hold of. `changed` tells that the user moved, hid or showed one, `arranged` that all of them
    were put in their places.
    """

    changed = pyqtSignal()
    arranged = pyqtSignal()

    def __init__(
        self, theme: Theme, panes: Sequence[DockPane], main: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowFlags(Qt.WindowType.Widget)  # else it would be a window of its own
        self.setObjectName("dock-area")
        self.setAnimated(False)
        self.setDockOptions(
            QMainWindow.DockOption.AllowNestedDocks | QMainWindow.DockOption.AllowTabbedDocks
        )
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self._main = main
        self._is_editing = False
        self._is_arranging = False
        self._is_settling = True
        self._sizes: dict[str, tuple[int, int]] = {}
        self._fitted = self.size()
        self._docks: dict[str, QDockWidget] = {}
        self._titles: dict[str, DockTitle] = {}
        self._covers: dict[str, QWidget] = {}
        for pane in panes:
            self._add(theme, pane)
            self.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, self._docks[pane.name])

    @property
    def panes(self) -> dict[str, str]:
        """Each pane's name with its title."""
        return {name: dock.windowTitle() for name, dock in self._docks.items()}

    @property
    def is_editing(self) -> bool:
        """Whether panes can be moved now."""
        return self._is_editing

    def is_shown(self, name: str) -> bool:
        """Whether a pane is part of the arrangement, be it behind another one."""
        return not self._docks[name].isHidden() or self.is_tabbed(name)

    @property
    def has_floating(self) -> bool:
        """Whether a pane stands in a window of its own."""
        return any(dock.isFloating() and not dock.isHidden() for dock in self._docks.values())

    def is_tabbed(self, name: str) -> bool:
        """Whether a pane shares its place with others."""
        return bool(self.tabifiedDockWidgets(self._docks[name]))

    def show_pane(self, name: str, *, shown: bool) -> None:
        """Show a pane where it was, or hide it."""
        self._docks[name].setVisible(shown)
        self._changed()

    def set_editing(self, *, editing: bool) -> None:
        """Let panes be moved, or hold them in their places."""
        self._is_editing = editing
        for name in self._docks:
            self._dress(name)

    def arrange(
        self,
        place: Callable[[Mapping[str, QDockWidget]], None],
        sizes: Mapping[str, tuple[int, int]],
    ) -> None:
        """Put every pane where `place` puts it, from scratch; `place` says which ones are shown.

        `sizes` are widths and heights in pixels, 0 where the pane's own wish decides.
        """
        self._is_arranging = True
        for dock in self._docks.values():
            dock.setFloating(False)
            self.removeDockWidget(dock)
        place(self._docks)
        self._sizes = dict(sizes)
        self._fit()
        self._is_arranging = False
        self._settle()
        self.arranged.emit()

    def arrangement(self) -> str:
        """Where every pane is and how large, as text for `restore`."""
        state = base64.b64encode(self.saveState(_VERSION).data()).decode()
        sizes = {name: size for name, size in self._sizes.items() if name in self._docks}
        text = json.dumps({"state": state, "sizes": sizes}, separators=(",", ":"))
        return f"{zlib.crc32(text.encode()):08x}{text}"

    def restore(self, arrangement: str) -> bool:
        """Take up what `arrangement` returned; return whether it could be used.

        A text that isn't exactly what was kept is refused before Qt sees it.
        """
        text = arrangement[8:]
        if arrangement[:8] != f"{zlib.crc32(text.encode()):08x}":
            return False
        try:
            kept = json.loads(text)
            state = base64.b64decode(kept["state"], validate=True)
            sizes = {str(name): (int(w), int(h)) for name, (w, h) in kept["sizes"].items()}
        except (ValueError, TypeError, KeyError, AttributeError):
            return False
        self._is_arranging = True
        is_restored = self.restoreState(QByteArray(state), _VERSION)
        self._is_arranging = False
        if not is_restored or self._docks[self._main].isHidden():
            return False
        for name in self._docks:
            self._dress(name)
        self._sizes = sizes
        self._fit()
        self.arranged.emit()
        return True

    def hide_floating(self) -> None:
        """Take the panes' own windows from the desktop."""
        for dock in self._docks.values():
            if dock.isFloating():
                dock.hide()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 -- Qt's name
        """Remember what the user gave a pane, not what a resized window made of it."""
        if (
            event is not None
            and event.type() is QEvent.Type.Resize
            and self.size() == self._fitted
            and not self._is_arranging
            and not self._is_settling
        ):
            self._record()
        return super().eventFilter(watched, event)

    def event(self, event: QEvent | None) -> bool:
        """Give the panes their sizes once Qt has laid them out: before it listens to none."""
        if event is not None and event.type() == _SETTLED:
            if self.isVisible():  # else what Qt lays out until it is shown is nobody's wish
                self._fit()
                self._is_settling = False
            return True
        return super().event(event)

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802 -- Qt's name
        """Take no size of the first layout for what the user gave a pane."""
        super().showEvent(event)
        self._settle()

    def hideEvent(self, event: QHideEvent | None) -> None:  # noqa: N802 -- Qt's name
        """Settle anew when shown again: panes are laid out before that is told."""
        super().hideEvent(event)
        self._is_settling = True

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 -- Qt's name
        """Let the main pane take what the window gained or lost."""
        super().resizeEvent(event)
        self._fit()

    def _settle(self) -> None:
        self._is_settling = True
        QCoreApplication.postEvent(self, QEvent(_SETTLED), _AFTER_OTHERS)

    def _add(self, theme: Theme, pane: DockPane) -> None:
        dock = QDockWidget(pane.title, self)
        dock.setObjectName(pane.name)
        dock.setWidget(pane.widget)
        title = DockTitle(theme, pane.title)
        title.float_pressed.connect(lambda: dock.setFloating(not dock.isFloating()))
        title.hide_pressed.connect(lambda: self.show_pane(pane.name, shown=False))
        cover = QWidget(dock)
        cover.setFixedHeight(0)
        self._docks[pane.name], self._titles[pane.name] = dock, title
        self._covers[pane.name] = cover
        title.setParent(dock)
        title.hide()
        dock.topLevelChanged.connect(lambda _floats: self._floated(pane.name))
        dock.dockLocationChanged.connect(lambda _area: self._changed())
        dock.installEventFilter(self)
        self._dress(pane.name)

    def _dress(self, name: str) -> None:
        """Give a pane its bar while it can be moved, and nothing while it can't."""
        dock = self._docks[name]
        is_bared = self._is_editing or dock.isFloating()
        wanted: QWidget = self._titles[name] if is_bared else self._covers[name]
        other: QWidget = self._covers[name] if is_bared else self._titles[name]
        dock.setFeatures(
            _MOVABLE if is_bared else QDockWidget.DockWidgetFeature.NoDockWidgetFeatures
        )
        if dock.titleBarWidget() is not wanted:
            dock.setTitleBarWidget(wanted)
            wanted.show()
            other.hide()
        self._titles[name].show_floating(is_floating=dock.isFloating())

    def _floated(self, name: str) -> None:
        self._dress(name)
        self._changed()

    def _changed(self) -> None:
        if not self._is_arranging:
            self._record()
            self.changed.emit()

    def _record(self) -> None:
        self._fitted = self.size()
        for name, dock in self._docks.items():
            if dock.isVisible() and not dock.isFloating():
                self._sizes[name] = dock.width(), dock.height()

    def _fit(self) -> None:
        """Give the panes beside and around the main one their sizes, and it the rest."""
        main = self._docks[self._main]
        style = self.style()
        if main.isFloating() or main.isHidden() or style is None:
            return
        gap = style.pixelMetric(QStyle.PixelMetric.PM_DockWidgetSeparatorExtent, None, self)
        centre = main.geometry().center()
        for orientation, axis, room in (
            (_HORIZONTAL, 0, self.width()),
            (_VERTICAL, 1, self.height()),
        ):
            line = [
                (name, dock)
                for name, dock in self._docks.items()
                if not dock.isHidden() and not dock.isFloating() and self._is_on(dock, centre, axis)
            ]
            others = {name: self._wish(name, dock, axis) for name, dock in line if dock is not main}
            rest = room - gap * (len(line) - 1) - sum(others.values())
            if others and rest > 0:
                docks = [dock for _name, dock in line]
                sizes = [others.get(name, rest) for name, _dock in line]
                self.resizeDocks(docks, sizes, orientation)
        self._fitted = self.size()

    def _is_on(self, dock: QDockWidget, centre: QPoint, axis: int) -> bool:
        """Whether a pane lies on the line through the main pane's middle."""
        area = dock.geometry()
        if axis == 0:
            return area.top() <= centre.y() <= area.bottom()
        return area.left() <= centre.x() <= area.right()

    def _wish(self, name: str, dock: QDockWidget, axis: int) -> int:
        size = self._sizes.get(name, (0, 0))[axis]
        hint = dock.sizeHint()
        return size or (hint.width() if axis == 0 else hint.height())
