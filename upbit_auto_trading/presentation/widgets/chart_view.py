"""The chart under the user's hands: zooming, dragging, drawing, the crosshair, the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QEvent, QPoint, QPointF, QRect, Qt, pyqtSignal
from PyQt6.QtWidgets import QPushButton, QWidget

from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.widgets.chart_canvas import ChartCanvas
from upbit_auto_trading.presentation.widgets.chart_hands import ChartHands, Held
from upbit_auto_trading.presentation.widgets.chart_notice import OlderEdge
from upbit_auto_trading.presentation.widgets.chart_tools import ChartTool, DrawingHand

if TYPE_CHECKING:
    from PyQt6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QResizeEvent, QWheelEvent

    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.chart_markers import ChartMarker

_ZOOM_PER_NOTCH: Final = 1.18
_NOTCH: Final = 120
_OLDER_LEAD: Final = 0.5
"""Older candles are asked for once less than this share of the view is left to the left of it."""


class ChartView(ChartCanvas):
    """Shows candles; tells what the user does with them.

    `older_wanted`: the user nears the oldest candle. `marker_hovered` carries the marker under
    the pointer or None, `marker_chosen` one that was clicked. `value_dragged` carries the key
    and value of a level while it moves, `value_dropped` where it was let go. `line_chosen`
    carries the owner whose label was clicked, and the label's place. `drawings_changed` carries
    the market's lines after the user changed them, `tool_changed` the tool in hand,
    `scale_changed` tells that the price scale was held or let go.
    """

    older_wanted = pyqtSignal()
    marker_hovered = pyqtSignal(object)
    marker_chosen = pyqtSignal(object)
    value_dragged = pyqtSignal(str, float)
    value_dropped = pyqtSignal(str, float)
    line_chosen = pyqtSignal(str, QRect)
    drawings_changed = pyqtSignal(object)
    tool_changed = pyqtSignal(str)
    scale_changed = pyqtSignal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._hand = DrawingHand(self.plot.drawings)
        self._hands = ChartHands(self, self._hand)
        self._hovered: ChartMarker | None = None
        self._provenance = "", ""
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

    @property
    def tool(self) -> ChartTool:
        """What the next press into the chart begins."""
        return self._hand.tool

    def use_tool(self, tool: ChartTool) -> None:
        """Draw with `tool` from the next press on."""
        self._hand.use(tool)
        self.plot.redraw()
        self.tool_changed.emit(tool.value)

    def return_to_newest(self) -> None:
        """Follow the newest candle again."""
        self.clear_moment()
        self.viewport.return_to_newest()
        self.repaint_changes()

    def fit_prices(self) -> None:
        """Let the price scale follow what is in sight again."""
        self.scales.fit_prices()
        self.repaint_changes()
        self.scale_changed.emit()

    def hold_prices(self, low: float, high: float) -> None:
        """Keep the price scale between two prices."""
        self.scales.hold_prices(low, high)
        self.repaint_changes()
        self.scale_changed.emit()

    def repaint_changes(self) -> None:
        super().repaint_changes()
        has_data = len(self._data) > 0
        self._return.setVisible(has_data and not self.viewport.follows)
        if not has_data or self.plot.older.edge not in (OlderEdge.UNKNOWN, OlderEdge.FAILED):
            return
        shown = self.viewport.width / self.viewport.slot_width
        if self.viewport.left < self._data.first_slot + shown * _OLDER_LEAD:
            self.older_wanted.emit()

    def pan_pixels(self, pixels: float) -> None:
        """Move the picture right: older candles come into view."""
        self.viewport.pan(pixels)
        self.repaint_changes()

    def zoom(self, notches: float, x: float | None = None) -> None:
        """Zoom in round a column, or as `ChartViewport.zoom` has it where none is given."""
        self.viewport.zoom(_ZOOM_PER_NOTCH**notches, x)
        self.repaint_changes()

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
            self.pan_pixels(turn.y() or turn.x())
        elif abs(turn.x()) > abs(turn.y()):
            self.pan_pixels(turn.x())
        elif self._panes.price_axis.contains(event.position().toPoint()):
            self._hands.stretch_prices(_ZOOM_PER_NOTCH ** (turn.y() / _NOTCH))
        else:
            self.zoom(turn.y() / _NOTCH, event.position().x())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 -- Qt's name
        assert event is not None  # noqa: S101 -- Qt always passes one
        if event.button() is Qt.MouseButton.LeftButton:
            self._hands.press(event.position())
            self._tell_drawings()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 -- Qt's name
        assert event is not None  # noqa: S101 -- Qt always passes one
        position = event.position()
        self._hands.move(position)
        shows = len(self._data) > 0 and self.is_plot(position)
        self.point_at(position.toPoint() if shows else None)
        if self._hands.held is Held.NOTHING:
            self._hover(position.toPoint())

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 -- Qt's name
        assert event is not None  # noqa: S101 -- Qt always passes one
        self._hands.release(event.position())
        self._tell_drawings()

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 -- Qt's name
        assert event is not None  # noqa: S101 -- Qt always passes one
        if self._panes.price_axis.contains(event.position().toPoint()):
            self.fit_prices()
        else:
            self.mousePressEvent(event)

    def focusInEvent(self, event: QFocusEvent | None) -> None:  # noqa: N802 -- Qt's name
        super().focusInEvent(event)
        self.plot.show_focus(has_focus=True)

    def focusOutEvent(self, event: QFocusEvent | None) -> None:  # noqa: N802 -- Qt's name
        super().focusOutEvent(event)
        self.plot.show_focus(has_focus=False)

    def leaveEvent(self, event: QEvent | None) -> None:  # noqa: N802 -- Qt's name
        del event
        self.point_at(None)
        self._show_hovered(None)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 -- Qt's name
        assert event is not None  # noqa: S101 -- Qt always passes one
        if not self._hands.key(Qt.Key(event.key())):
            super().keyPressEvent(event)
        self._tell_drawings()

    def is_plot(self, position: QPointF) -> bool:
        """Whether a pixel lies in one of the panes."""
        return (
            0 <= position.x() < self._panes.plot_width
            and 0 <= position.y() < self._panes.panes_height
        )

    def show_provenance(self, newest: str, history: str) -> None:
        """Say where the newest candle and those before it come from, told over their figures."""
        self._provenance = newest, history

    def marker_at(self, point: QPoint) -> ChartMarker | None:
        return self.plot.markers.marker_at(point)

    def _hover(self, point: QPoint) -> None:
        marker = self.marker_at(point) if self.tool is ChartTool.NONE else None
        self._show_hovered(marker)
        if marker is None:
            self.setToolTip(self._provenance_at(point))
        self.setCursor(self._hands.cursor_at(QPointF(point), is_marker=marker is not None))

    def _show_hovered(self, marker: ChartMarker | None) -> None:
        if marker == self._hovered:
            return
        self._hovered = marker
        self.marker_hovered.emit(marker)
        self.setToolTip("" if marker is None else marker.tooltip)

    def _provenance_at(self, point: QPoint) -> str:
        if not len(self._data) or not self.plot.readouts.is_figures(point):
            return ""
        newest, history = self._provenance
        return newest if self._slot_under(point) >= self._data.last_slot else history

    def _tell_drawings(self) -> None:
        if self._hand.has_changed():
            self.drawings_changed.emit(self.plot.drawings.drawings)
