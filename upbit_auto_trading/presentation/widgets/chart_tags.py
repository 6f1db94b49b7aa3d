"""Boxes on the value axes: the last price with its countdown, and the lines' newest values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from PyQt6.QtCore import QRect, QRectF, Qt
from PyQt6.QtGui import QPainter

from upbit_auto_trading.presentation.widgets.chart_panes import PixelItem
from upbit_auto_trading.presentation.widgets.chart_viewport import PRICE_AXIS_WIDTH
from upbit_auto_trading.presentation.widgets.label_painter import LabelPainter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtWidgets import QGraphicsItem

    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.chart_viewport import ChartLayout, ValueScale

TALL_TAG: Final = 32
LOW_TAG: Final = 18
_VALUE_TAG: Final = 16
COVERED: Final = 8
"""A tag leaves no room for an axis label this many pixels above and below it."""


@dataclass(frozen=True, slots=True)
class LastPrice:
    """The price the tag shows: its text, the colour token of its day, and the countdown.

    `is_stale` greys it; `countdown` is empty when the candle's end isn't known.
    """

    value: float
    text: str
    direction: str
    countdown: str
    is_stale: bool


class PriceTag(PixelItem):
    """The last price on the axis, with the time left of its candle."""

    def __init__(self, parent: QGraphicsItem, theme: Theme, z: float) -> None:
        super().__init__(parent, z)
        self._theme = theme
        self._labels = LabelPainter(theme)
        self._last: LastPrice | None = None
        self._height = 0
        self.hide()

    def show_last(self, last: LastPrice, layout: ChartLayout, scale: ValueScale) -> tuple[int, int]:
        """Stand at the price's row; return the rows in which no axis label has room."""
        height = TALL_TAG if last.countdown else LOW_TAG
        if height != self._height:
            self._height = height
            self.prepareGeometryChange()
            self._area = QRectF(0, 0, PRICE_AXIS_WIDTH - 1, height)
        top = max(
            layout.price.top(),
            min(round(scale.y_of(last.value)) - 9, layout.price.bottom() - height),
        )
        self.setPos(layout.price_axis.left() + 1, top)
        self.show()
        if last != self._last:
            self._last = last
            self.update()
        return top - COVERED, top + height - 1 + COVERED

    def paint(self, painter: Any, option: Any, widget: Any = None) -> None:
        del option, widget
        last = self._last
        if last is None:
            return
        if last.is_stale or last.direction == "even":
            fill, ink = "bg3", "text-3" if last.is_stale else "text-1"
        else:
            fill, ink = f"{last.direction}-solid", "on-fill"
        area = QRect(0, 0, PRICE_AXIS_WIDTH - 1, self._height)
        painter.fillRect(area, self._theme.colour(fill))
        line = QRect(6, 0, area.width() - 8, LOW_TAG)
        self._labels.draw(painter, line, last.text, "tag", ink, is_italic=last.is_stale)
        if last.countdown:
            self._labels.draw(painter, line.translated(0, 13), last.countdown, "small", ink)


class ValueTag(PixelItem):
    """The newest value of a line on its axis."""

    def __init__(self, parent: QGraphicsItem, theme: Theme, z: float, ink: str) -> None:
        super().__init__(parent, z)
        self._theme = theme
        self._ink = ink
        self._labels = LabelPainter(theme)
        self._text = ""
        self._is_stale = False
        self._area = QRectF(0, 0, 38, _VALUE_TAG)
        self.hide()

    def show_value(
        self,
        value: float,
        text: str,
        left: int,
        scale: ValueScale,
        taken: Sequence[tuple[int, int]],
        *,
        is_stale: bool,
    ) -> tuple[int, int] | None:
        """Stand at the value's row unless other tags have `taken` it; return the rows it takes.

        A tag covers the axis labels beside it.
        """
        if not math.isfinite(value) or not scale.low <= value <= scale.high:
            self.hide()
            return None
        top = round(scale.y_of(value)) - _VALUE_TAG // 2
        if any(abs(top - first - COVERED) < _VALUE_TAG for first, _last in taken):
            self.hide()
            return None
        self.setPos(left, top)
        self.show()
        if (text, is_stale) != (self._text, self._is_stale):
            self._text, self._is_stale = text, is_stale
            width = max(38, self._labels.width(text, "tag") + 10)
            self.bound(QRectF(0, 0, min(width, PRICE_AXIS_WIDTH - 1), _VALUE_TAG))
            self.update()
        return top - COVERED, top + _VALUE_TAG - 1 + COVERED

    def paint(self, painter: Any, option: Any, widget: Any = None) -> None:
        del option, widget
        area = self._area.toRect()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colour("bg3" if self._is_stale else self._ink))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawRoundedRect(area, 2, 2)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        ink = "text-3" if self._is_stale else "text-1" if self._ink == "bg3" else "bg1"
        stale = self._is_stale
        self._labels.draw(painter, area, self._text, "tag", ink, is_centred=True, is_italic=stale)
