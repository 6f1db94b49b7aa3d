"""Texts that are drawn again and again, laid out once."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QFontMetrics, QStaticText

from upbit_auto_trading.presentation.theme import font

if TYPE_CHECKING:
    from PyQt6.QtCore import QRect
    from PyQt6.QtGui import QPainter

    from upbit_auto_trading.presentation.theme import Theme

_KEPT: Final = 768


class LabelPainter:
    """Draws labels: a text drawn before costs a quarter of `QPainter.drawText`."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme

    def width(self, text: str, font_name: str) -> int:
        """The text's width in pixels."""
        return laid_out(text, font_name)[1]

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
        layout, width, height = laid_out(text, font_name)
        x = area.left() + (area.width() - width) // 2 if is_centred else area.left()
        y = area.top() + (area.height() - height) / 2
        painter.setFont(font(font_name, italic=is_italic))
        painter.setPen(self._theme.colour(ink))
        painter.drawStaticText(QPointF(x, y), layout)


@lru_cache(maxsize=_KEPT)
def laid_out(text: str, font_name: str) -> tuple[QStaticText, int, int]:
    """A text's layout, its width and its font's height in pixels.

    One store for every painter, full within minutes: figures that change with each tick would
    fill one of each painter's own for hours.
    """
    layout = QStaticText(text)
    layout.setTextFormat(Qt.TextFormat.PlainText)
    layout.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
    layout.prepare(font=font(font_name))
    metrics = _metrics(font_name)
    return layout, metrics.horizontalAdvance(text), metrics.height()


@lru_cache(maxsize=64)
def _metrics(font_name: str) -> QFontMetrics:
    return QFontMetrics(font(font_name))
