"""The chart under the user's hands: zooming, dragging, the crosshair, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QEvent, QPointF, Qt, pyqtSignal
from PyQt6.QtWidgets import QPushButton, QWidget

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.widgets.chart_canvas import ChartCanvas
from upbit_auto_trading.presentation.widgets.chart_notice import OlderEdge
from upbit_auto_trading.presentation.widgets.chart_viewport import (
    PRICE_AXIS_WIDTH,
    TIME_AXIS_HEIGHT,
)

if TYPE_CHECKING:
    from PyQt6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QResizeEvent, QWheelEvent

    from upbit_auto_trading.presentation.theme import Theme

_ZOOM_PER_NOTCH: Final = 1.18
_NOTCH: Final = 120
_KEY_PAN: Final = 60
_OLDER_LEAD: Final = 0.5
"""Older candles are asked for once less than this share of the view is left to the left of it."""


class ChartView(ChartCanvas):
    """Shows a candle series; `older_wanted` tells that the user nears its oldest candle."""

    older_wanted = pyqtSignal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._dragged_at: QPointF | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setProperty("draws-focus", True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName(_("Candlestick chart"))
        self.setAccessibleDescription(
            _("Left and right keys move it, plus and minus zoom, End returns to the newest candle")
        )
        self._return = QPushButton(_("To the newest"), self)
        self._return.setObjectName("chart-return")
        self._return.setAccessibleName(_("Return to the newest candle"))
        self._return.setIcon(theme.icon("chevrons-right", "text-1", 14))
        self._return.setCursor(Qt.CursorShape.ArrowCursor)
        self._return.clicked.connect(self.return_to_newest)
        self._return.hide()

    def return_to_newest(self) -> None:
        """Follow the newest candle again."""
        self.viewport.return_to_newest()
        self.repaint_changes()

    def repaint_changes(self) -> None:
        super().repaint_changes()
        has_data = len(self._data) > 0
        self._return.setVisible(has_data and not self.viewport.follows)
        if not has_data or self.plot.older.edge not in (OlderEdge.UNKNOWN, OlderEdge.FAILED):
            return
        shown = self.viewport.width / self.viewport.slot_width
        if self.viewport.left < self._data.first_slot + shown * _OLDER_LEAD:
            self.older_wanted.emit()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 -- Qt's name
        super().resizeEvent(event)
        self._return.adjustSize()
        self._return.move(
            self._panes.plot_width - self._return.width() - 12,
            self._panes.price.bottom() - self._return.height() - 8,
        )
        self.repaint_changes()

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802 -- Qt's name
        assert event is not None  # noqa: S101 -- Qt always passes one
        turn = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._pan(turn.y() or turn.x())
        elif abs(turn.x()) > abs(turn.y()):
            self._pan(turn.x())
        else:
            self._zoom(turn.y() / _NOTCH, event.position().x())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 -- Qt's name
        assert event is not None  # noqa: S101 -- Qt always passes one
        if event.button() is Qt.MouseButton.LeftButton and self._is_plot(event.position()):
            self._dragged_at = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 -- Qt's name
        assert event is not None  # noqa: S101 -- Qt always passes one
        position = event.position()
        if self._dragged_at is not None:
            self._pan(position.x() - self._dragged_at.x())
            self._dragged_at = position
        shows = len(self._data) > 0 and self._is_plot(position)
        self.point_at(position.toPoint() if shows else None)

    def focusInEvent(self, event: QFocusEvent | None) -> None:  # noqa: N802 -- Qt's name
        super().focusInEvent(event)
        self.plot.show_focus(has_focus=True)

    def focusOutEvent(self, event: QFocusEvent | None) -> None:  # noqa: N802 -- Qt's name
        super().focusOutEvent(event)
        self.plot.show_focus(has_focus=False)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 -- Qt's name
        del event
        self._dragged_at = None
        self.setCursor(Qt.CursorShape.CrossCursor)

    def leaveEvent(self, event: QEvent | None) -> None:  # noqa: N802 -- Qt's name
        del event
        self.point_at(None)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 -- Qt's name
        assert event is not None  # noqa: S101 -- Qt always passes one
        key = event.key()
        if key == Qt.Key.Key_Left:
            self._pan(_KEY_PAN)
        elif key == Qt.Key.Key_Right:
            self._pan(-_KEY_PAN)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self._zoom(1, self._panes.plot_width / 2)
        elif key == Qt.Key.Key_Minus:
            self._zoom(-1, self._panes.plot_width / 2)
        elif key == Qt.Key.Key_End:
            self.return_to_newest()
        else:
            super().keyPressEvent(event)

    def _pan(self, pixels: float) -> None:
        self.viewport.pan(pixels)
        self.repaint_changes()

    def _zoom(self, notches: float, x: float) -> None:
        self.viewport.zoom(_ZOOM_PER_NOTCH**notches, x)
        self.repaint_changes()

    def _is_plot(self, position: QPointF) -> bool:
        return (
            0 <= position.x() < self.width() - PRICE_AXIS_WIDTH
            and 0 <= position.y() < self.height() - TIME_AXIS_HEIGHT
        )
