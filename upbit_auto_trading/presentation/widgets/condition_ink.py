"""The strokes the canvas of conditions is painted with: texts, outlines, icons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QRect, QRectF, Qt
from PyQt6.QtGui import QFontMetrics

from upbit_auto_trading.presentation.theme import font
from upbit_auto_trading.presentation.widgets.label_painter import LabelPainter

if TYPE_CHECKING:
    from PyQt6.QtGui import QPainter

    from upbit_auto_trading.presentation.theme import Theme

RADIUS: Final = 5.0
_KEPT: Final = 2000


class Ink:
    """Paints in the colours of a theme; what was laid out or cut once is kept."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self._labels = LabelPainter(theme)
        self._elided: dict[tuple[str, str, int], str] = {}

    def card(
        self, painter: QPainter, area: QRect, ground: str, line: str, *, is_strong: bool
    ) -> None:
        """A card with a line round it."""
        width = 2.0 if is_strong else 1.0
        half = width / 2
        painter.setPen(self.theme.pen(line, width))
        painter.setBrush(self.theme.colour(ground))
        painter.drawRoundedRect(QRectF(area).adjusted(half, half, -half, -half), RADIUS, RADIUS)

    def outlined(self, painter: QPainter, area: QRect, ground: str, line: str) -> None:
        """A chip or button with a line round it."""
        painter.setPen(self.theme.pen(line))
        painter.setBrush(self.theme.colour(ground))
        painter.drawRoundedRect(QRectF(area).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)

    def filled(self, painter: QPainter, area: QRect, ground: str) -> None:
        """A filled chip."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.colour(ground))
        painter.drawRoundedRect(QRectF(area), 3, 3)

    def text(
        self,
        painter: QPainter,
        area: QRect,
        text: str,
        font_name: str,
        ink: str,
        *,
        centred: bool = False,
        at_right: bool = False,
        italic: bool = False,
    ) -> None:
        """A text in the middle of the area's height, cut where it doesn't fit."""
        if not text:
            return
        text = self.elide(text, font_name, area.width())
        if at_right:
            area = QRect(area)
            area.setLeft(area.right() - self._labels.width(text, font_name) + 1)
        self._labels.draw(painter, area, text, font_name, ink, is_centred=centred, is_italic=italic)

    def elide(self, text: str, font_name: str, width: int) -> str:
        """Return the text as far as it fits the width."""
        key = (text, font_name, width)
        found = self._elided.get(key)
        if found is None:
            if len(self._elided) > _KEPT:
                self._elided.clear()
            metrics = QFontMetrics(font(font_name))
            found = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0, width))
            self._elided[key] = found
        return found

    def icon(self, painter: QPainter, x: int, y: int, name: str, token: str, size: int) -> None:
        """Paint an icon with its corner at x, y."""
        device = painter.device()
        ratio = device.devicePixelRatioF() if device is not None else 1.0
        painter.drawPixmap(x, y, self.theme.pixmap(name, token, size, ratio))
