"""A check box whose mark is drawn: its state isn't told by colour alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QPainter, QPalette, QPen, QPolygonF
from PyQt6.QtWidgets import QCheckBox, QStyle, QStyleOptionButton

if TYPE_CHECKING:
    from PyQt6.QtGui import QPaintEvent

# The mark's corners as shares of the box.
_MARK: Final = ((0.26, 0.53), (0.44, 0.70), (0.75, 0.33))
_PEN: Final = 1.75


class CheckBox(QCheckBox):
    """Looks as the style sheet says; a mark stands in it while it is checked."""

    @property
    def box(self) -> QRectF:
        """Where the box stands, without the words beside it."""
        option = QStyleOptionButton()
        self.initStyleOption(option)
        style = self.style()
        assert style is not None  # noqa: S101 -- every widget has one
        part = QStyle.SubElement.SE_CheckBoxIndicator
        return QRectF(style.subElementRect(part, option, self))

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 -- Qt's name
        super().paintEvent(event)
        if not self.isChecked():
            return
        box = self.box
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(self.palette().color(QPalette.ColorRole.HighlightedText), _PEN)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        corners = [
            QPointF(box.left() + x * box.width(), box.top() + y * box.height()) for x, y in _MARK
        ]
        painter.drawPolyline(QPolygonF(corners))
        painter.end()
