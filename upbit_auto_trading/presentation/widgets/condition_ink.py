"""The strokes the canvas of conditions is painted with: texts, outlines, icons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QRect, QRectF, Qt
from PyQt6.QtGui import QFontMetrics, QPainter, QPixmap

from upbit_auto_trading.presentation.theme import font
from upbit_auto_trading.presentation.widgets.condition_layout import text_width
from upbit_auto_trading.presentation.widgets.label_painter import LabelPainter

if TYPE_CHECKING:
    from upbit_auto_trading.presentation.theme import Theme

RADIUS: Final = 5.0
CORNER: Final = 6
_KEPT: Final = 2000


class Ink:
    """Paints in the colours of a theme; what was laid out or cut once is kept."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self._labels = LabelPainter(theme)
        self._elided: dict[tuple[str, str, int], str] = {}
        self._drawn: dict[tuple[str, str, int, float], list[QPixmap]] = {}

    def card(
        self, painter: QPainter, area: QRect, ground: str, line: str, *, is_strong: bool
    ) -> None:
        """A card with a line round it: straight parts as rectangles, only its corners as curves."""
        corners = self._corners(ground, line, 2 if is_strong else 1, _ratio(painter))
        width, size = 2 if is_strong else 1, CORNER
        left, top, right, bottom = area.left(), area.top(), area.right() + 1, area.bottom() + 1
        fill, edge = self.theme.colour(ground), self.theme.colour(line)
        across, down = area.width() - 2 * size, area.height() - 2 * size
        painter.fillRect(left + size, top, across, area.height(), fill)
        painter.fillRect(left, top + size, area.width(), down, fill)
        painter.fillRect(left + size, top, across, width, edge)
        painter.fillRect(left + size, bottom - width, across, width, edge)
        painter.fillRect(left, top + size, width, down, edge)
        painter.fillRect(right - width, top + size, width, down, edge)
        for number, (x, y) in enumerate(
            ((left, top), (right - size, top), (left, bottom - size), (right - size, bottom - size))
        ):
            painter.drawPixmap(x, y, corners[number])

    def _corners(self, ground: str, line: str, width: int, ratio: float) -> list[QPixmap]:
        """Return the four corners of a card: left and right above, then below."""
        key = (ground, line, width, ratio)
        if key not in self._drawn:
            whole = QPixmap(round(2 * CORNER * ratio), round(2 * CORNER * ratio))
            whole.setDevicePixelRatio(ratio)
            whole.fill(Qt.GlobalColor.transparent)
            painter = QPainter(whole)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(self.theme.pen(line, width))
            painter.setBrush(self.theme.colour(ground))
            half = width / 2
            inside = QRectF(half, half, 2 * CORNER - width, 2 * CORNER - width)
            painter.drawRoundedRect(inside, RADIUS, RADIUS)
            painter.end()
            side = round(CORNER * ratio)
            self._drawn[key] = [whole.copy(x, y, side, side) for y in (0, side) for x in (0, side)]
        return self._drawn[key]

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
        if text_width(text, font_name) <= width:
            return text
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
        painter.drawPixmap(x, y, self.theme.pixmap(name, token, size, _ratio(painter)))


def _ratio(painter: QPainter) -> float:
    device = painter.device()
    return device.devicePixelRatioF() if device is not None else 1.0
