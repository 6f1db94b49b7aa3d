"""What the chart's scene is built of: panes over one time axis, and items that paint in pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyqtgraph as pg
from PyQt6.QtCore import QLineF, QRectF
from PyQt6.QtWidgets import QGraphicsItem

if TYPE_CHECKING:
    from PyQt6.QtCore import QRect
    from PyQt6.QtGui import QPen
    from PyQt6.QtWidgets import QGraphicsWidget

    from upbit_auto_trading.presentation.widgets.chart_viewport import ValueScale


class Pane(pg.ViewBox):  # type: ignore[misc]  # pyqtgraph has no types
    """A view on slots and coordinates of values, moved by the chart, not by the mouse.

    It clips nothing: what it holds stays within its own bounds, which costs less on every tick.
    """

    def __init__(self, parent: QGraphicsWidget) -> None:
        super().__init__(enableMouse=False, enableMenu=False, defaultPadding=0.0)
        # Not while it is made: it listens for its scene only from then on.
        self.setParentItem(parent)
        self.disableAutoRange()
        self.setZValue(0)
        self.borderRect.hide()
        self.background.hide()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemHasNoContents)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemClipsChildrenToShape, enabled=False)

    def show_values(self, area: QRect, scale: ValueScale) -> None:
        """Take `area` of the scene, whose rows mean the values of `scale`."""
        rect = QRectF(area)
        if rect != self.geometry():
            self.setGeometry(rect)
        low, high = scale.coordinate_at(area.bottom() + 1), scale.coordinate_at(area.top())
        if [low, high] != self.state["targetRange"][1]:
            self.setYRange(low, high, padding=0)

    def level(self, pen: QPen, z: float) -> PaneLine:
        """Add a line across the pane at one coordinate, hidden until it is placed."""
        return self._line(pen, 0, z)

    def moment(self, pen: QPen, z: float) -> PaneLine:
        """Add a line down the pane at one slot, hidden until it is placed."""
        return self._line(pen, 90, z)

    def _line(self, pen: QPen, angle: int, z: float) -> PaneLine:
        line = PaneLine(angle=angle, pen=pen, hoverPen=pen)
        line.setZValue(z)
        line.hide()
        self.addItem(line, ignoreBounds=True)
        return line


class PaneLine(pg.InfiniteLine):  # type: ignore[misc]  # pyqtgraph has no types
    """A line that follows its pane only while it is seen."""

    def show_at(self, value: float) -> None:
        """Stand at a value's coordinate, or at a slot where the line goes down."""
        if not self.isVisible():
            self.show()
            self.viewTransformChanged()
        self.setValue(value)

    def viewTransformChanged(self) -> None:  # noqa: N802 -- pyqtgraph's name
        if self.isVisible():
            super().viewTransformChanged()

    def paint(self, painter: Any, option: Any, widget: Any = None) -> None:
        """Draw the line alone: it has no markers, and goes across or down."""
        del option, widget
        area = self.boundingRect()
        painter.setPen(self.currentPen)
        painter.drawLine(QLineF(area.left(), 0, area.right(), 0))


class PixelItem(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no types
    """An item that paints in the chart's pixels, inside the area it was placed at.

    A cached one is painted again only after `update`, however often it is uncovered.
    """

    def __init__(self, parent: QGraphicsItem, z: float, *, is_cached: bool = False) -> None:
        super().__init__()
        self._area = QRectF()
        self.setParentItem(parent)
        self.setZValue(z)
        if is_cached:
            self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)

    def place(self, area: QRect) -> None:
        """Take `area`, in pixels of the chart whatever the parent's place is."""
        parent = self.parentItem()
        if parent is not None:
            self.setPos(-parent.scenePos())
        self.bound(QRectF(area))

    def bound(self, area: QRectF) -> None:
        """Take another area without asking where the parent is."""
        if area != self._area:
            self.prepareGeometryChange()
            self._area = area

    def boundingRect(self) -> QRectF:  # noqa: N802 -- Qt's name
        return self._area

    def paint(self, painter: Any, option: Any, widget: Any = None) -> None:
        raise NotImplementedError
