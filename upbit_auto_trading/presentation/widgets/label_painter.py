"""Texts that are drawn again and again, laid out once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QFontMetrics, QStaticText

from upbit_auto_trading.presentation.theme import font

if TYPE_CHECKING:
    from PyQt6.QtCore import QRect
    from PyQt6.QtGui import QPainter

    from upbit_auto_trading.presentation.theme import Theme

_KEPT: Final = 512


class LabelPainter:
    """Draws labels: a text drawn before costs a quarter of `QPainter.drawText`."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._metrics: dict[str, QFontMetrics] = {}
        self._laid_out: dict[tuple[str, str], tuple[QStaticText, int]] = {}

    def width(self, text: str, font_name: str) -> int:
        """The text's width in pixels."""
        return self._entry(text, font_name)[1]

    def draw(
        self,
        painter: QPainter,
        area: QRect,
        text: str,
        font_name: str,
        ink: str,
        *,
        is_centred: bool = False,
        is_italic: bool = False,
    ) -> None:
        """Draw in the middle of `area`'s height, at its left or in its middle."""
        laid_out, width = self._entry(text, font_name)
        x = area.left() + (area.width() - width) // 2 if is_centred else area.left()
        y = area.top() + (area.height() - self._metrics[font_name].height()) / 2
        painter.setFont(font(font_name, italic=is_italic))
        painter.setPen(self._theme.colour(ink))
        painter.drawStaticText(QPointF(x, y), laid_out)

    def _entry(self, text: str, font_name: str) -> tuple[QStaticText, int]:
        key = text, font_name
        found = self._laid_out.get(key)
        if found is None:
            if font_name not in self._metrics:
                self._metrics[font_name] = QFontMetrics(font(font_name))
            laid_out = QStaticText(text)
            laid_out.setTextFormat(Qt.TextFormat.PlainText)
            laid_out.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
            laid_out.prepare(font=font(font_name))
            found = laid_out, self._metrics[font_name].horizontalAdvance(text)
            if len(self._laid_out) >= _KEPT:
                self._laid_out.clear()
            self._laid_out[key] = found
        return found
