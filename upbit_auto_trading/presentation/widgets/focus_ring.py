"""The focus ring: two pixels of accent outside whatever has the keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QEvent, QObject, QPoint, QRect, Qt
from PyQt6.QtGui import QPainter, QRegion
from PyQt6.QtWidgets import QApplication, QWidget

if TYPE_CHECKING:
    from PyQt6.QtGui import QPaintEvent

    from upbit_auto_trading.presentation.theme import Theme

_GAP: Final = 1
_WIDTH: Final = 2
_RADIUS: Final = 5


class FocusRing(QWidget):
    """Follows the keyboard's focus inside one window. It takes no clicks and covers nothing.

    Widgets that draw their focus themselves set the property `draws-focus`.
    """

    def __init__(self, theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self._theme = theme
        self._target: QWidget | None = None
        self._followed: list[QWidget] = []
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._focus_moved)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 -- Qt's name
        """Stay with the widget while it moves, grows or disappears."""
        if event is not None and event.type() in (
            QEvent.Type.Move,
            QEvent.Type.Resize,
            QEvent.Type.Show,
            QEvent.Type.Hide,
        ):
            self._place()
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 -- Qt's name
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self._theme.pen("acc", _WIDTH))
        half = _WIDTH / 2
        area = self.rect().toRectF().adjusted(half, half, -half, -half)
        painter.drawRoundedRect(area, _RADIUS, _RADIUS)
        painter.end()

    def _focus_moved(self, old: QWidget | None, new: QWidget | None) -> None:
        del old
        for widget in self._followed:
            widget.removeEventFilter(self)
        self._followed.clear()
        self._target = None
        window = self.parentWidget()
        if window is not None and new is not None and window.isAncestorOf(new):
            self._target = new
            part: QWidget | None = new
            while part is not None and part is not window:
                part.installEventFilter(self)
                self._followed.append(part)
                part = part.parentWidget()
            new.destroyed.connect(self._forget)
        self._place()

    def _forget(self) -> None:
        self._target = None
        self._followed.clear()
        self.hide()

    def _place(self) -> None:
        target, window = self._target, self.parentWidget()
        if (
            target is None
            or window is None
            or not target.isVisible()
            or target.property("draws-focus")
        ):
            self.hide()
            return
        outside = _GAP + _WIDTH
        corner = target.mapTo(window, QPoint(0, 0))
        area = QRect(corner, target.size()).adjusted(-outside, -outside, outside, outside)
        self.setGeometry(area)
        hole = self.rect().adjusted(outside, outside, -outside, -outside)
        self.setMask(QRegion(self.rect()) - QRegion(hole))
        self.raise_()
        self.show()
