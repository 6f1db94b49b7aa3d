"""Columns of figures drawn row by row: those that come again are laid out once."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QFontMetricsF, QStaticText

from upbit_auto_trading.presentation.theme import font

if TYPE_CHECKING:
    from PyQt6.QtGui import QFont, QPainter

_KEPT: Final = 256
"""Four times what a ladder in sight shows of one font: prices that left it aren't worth a place."""


class FigureFont:
    """One font of the type table, drawing in a row of a given height.

    The digits have one width, so that the width of a new number needs no layout.
    """

    def __init__(self, name: str, row_height: int, *, italic: bool) -> None:
        self.font: QFont = font(name, italic=italic)
        metrics = QFontMetricsF(self.font)
        self.top = (row_height - metrics.height()) / 2
        self.baseline = self.top + metrics.ascent()
        self._metrics = metrics
        self._digit = metrics.horizontalAdvance("00") - metrics.horizontalAdvance("0")
        self._dot = metrics.horizontalAdvance("0.0") - 2 * self._digit
        self._comma = metrics.horizontalAdvance("0,0") - 2 * self._digit
        self._kept: dict[str, tuple[QStaticText, float]] = {}

    @property
    def kept_count(self) -> int:
        """How many texts are laid out."""
        return len(self._kept)

    def width(self, text: str) -> float:
        """The width of any text, laid out for the purpose."""
        return self._metrics.horizontalAdvance(text)

    def number_width(self, text: str) -> float:
        """The width of digits with dots and commas."""
        dots, commas = text.count("."), text.count(",")
        digits = len(text) - dots - commas
        return digits * self._digit + dots * self._dot + commas * self._comma

    def draw_kept(self, painter: QPainter, right: float, row_top: float, text: str) -> None:
        """Draw a text that comes again, ending at `right`; the painter has this font."""
        kept = self._kept.get(text)
        if kept is None:
            kept = self._keep(text)
        painter.drawStaticText(QPointF(right - kept[1], row_top + self.top), kept[0])

    def _keep(self, text: str) -> tuple[QStaticText, float]:
        laid_out = QStaticText(text)
        laid_out.setTextFormat(Qt.TextFormat.PlainText)
        laid_out.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
        laid_out.prepare(font=self.font)
        if len(self._kept) >= _KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[text] = laid_out, self.width(text)
        return self._kept[text]


@lru_cache(maxsize=32)
def figure_font(name: str, row_height: int, *, italic: bool = False) -> FigureFont:
    """The font of that name for rows of that height. Shared: it keeps what it laid out."""
    return FigureFont(name, row_height, italic=italic)
