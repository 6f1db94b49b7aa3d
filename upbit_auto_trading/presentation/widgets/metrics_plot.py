"""Small plots of measured figures: lines over time, bars, a target to hold, trouble shaded."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, log10
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QPointF, QRectF, QSizeF, Qt
from PyQt6.QtGui import QFontMetrics, QPainter

from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.theme import font

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QResizeEvent
    from PyQt6.QtWidgets import QStyleOptionGraphicsItem, QWidget

    from upbit_auto_trading.presentation.theme import Theme

_LEFT: Final = 40
_RIGHT: Final = 8
_TOP: Final = 10
_BOTTOM: Final = 19
_ROWS: Final = 4
_LEAST_ROW: Final = 26
_NOTE_GAP: Final = 3
_NOTE_PAD: Final = 3


@dataclass(frozen=True, slots=True)
class Line:
    """Values at even distances, oldest first; None leaves a hole."""

    ink: str
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class PlotLook:
    """What a plot shows. Places along the bottom are shares of its width, 0 to 1.

    `bars` hold parts stacked upon each other (height, ink), evenly spaced; `target` is a value
    drawn as a dashed line with `target_text`; `mark` the same for a place along the bottom;
    `shaded` are stretches of trouble. `least_top` keeps small values from filling the height;
    `empty` is said while there is nothing to draw.
    """

    lines: Sequence[Line] = ()
    bars: Sequence[Sequence[tuple[float, str]]] = ()
    labels: Sequence[tuple[float, str]] = ()
    target: float | None = None
    target_text: str = ""
    target_ink: str = "good"
    mark: tuple[float, str] | None = None
    shaded: Sequence[tuple[float, float]] = ()
    least_top: float = 1.0
    suffix: str = ""
    empty: str = ""

    @property
    def highest(self) -> float:
        """The highest value drawn, 0 for none."""
        values = [v for line in self.lines for v in line.values if v is not None]
        values += [sum(height for height, _ink in bar) for bar in self.bars]
        return max(values, default=0.0)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(v is not None for line in self.lines for v in line.values) and not any(
            height for bar in self.bars for height, _ink in bar
        )


def round_top(value: float) -> float:
    """The next value with one digit that four rows divide well."""
    if value <= 0:
        return 1.0
    unit = 10.0 ** floor(log10(value))
    for step in (1.0, 1.2, 1.6, 2.0, 2.4, 3.2, 4.0, 6.0, 8.0, 10.0):
        if value <= step * unit * (1 + 1e-9):
            return step * unit
    return float(ceil(value))


class MetricsPlot(pg.GraphicsView):  # type: ignore[misc]  # pyqtgraph has no types
    """Passive: shows a look; paints only when it differs from the one before."""

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, background=theme.colour("bg1"))
        self._theme = theme
        self._look = PlotLook()
        self._top = 1.0
        self.setAccessibleName(name)
        self.setFrameStyle(0)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setMinimumHeight(96)
        self._frame, self._notes = _Frame(self), _Notes(self)
        self.scene().addItem(self._frame)
        self.scene().addItem(self._notes)
        self._curves: list[Any] = []
        self.frames_painted = 0

    @property
    def area(self) -> QRectF:
        """Where values are drawn, in pixels."""
        width, height = self.width(), self.height()
        return QRectF(_LEFT, _TOP, width - _LEFT - _RIGHT, height - _TOP - _BOTTOM)

    def show_look(self, look: PlotLook) -> None:
        """Show other values."""
        if look == self._look:
            return
        self._look = look
        wanted = max(look.highest * 1.06, look.least_top, (look.target or 0.0) * 1.15)
        self._top = round_top(wanted)
        self._place()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 -- Qt's name
        super().resizeEvent(event)
        if event is None:
            return  # pyqtgraph's own call, before anything is there
        self.setSceneRect(QRectF(self.rect()))
        self._place()

    def y_of(self, value: float) -> float:
        """The pixel row of a value."""
        area = self.area
        return area.bottom() - area.height() * min(value, self._top) / self._top

    def _place(self) -> None:
        area, look = self.area, self._look
        while len(self._curves) < len(look.lines):
            curve = pg.PlotCurveItem(antialias=True)
            self.scene().addItem(curve)
            self._curves.append(curve)
        for place, curve in enumerate(self._curves):
            curve.setVisible(place < len(look.lines))
            if place < len(look.lines):
                line = look.lines[place]
                values = np.array([np.nan if v is None else v for v in line.values])
                x = np.linspace(area.left(), area.right(), max(2, len(values)))[: len(values)]
                y = area.bottom() - area.height() * np.minimum(values, self._top) / self._top
                curve.setData(x, y, pen=self._theme.pen(line.ink, 1.5), connect="finite")
        self._frame.show_frame(QRectF(self.rect()), look, self._top)
        self._notes.show_frame(QRectF(self.rect()), look, self._top)


class _Frame(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no types
    """Everything but the lines: grid, labels, bars, target, trouble."""

    def __init__(self, plot: MetricsPlot) -> None:
        super().__init__()
        self._plot = plot
        self._theme = plot._theme  # noqa: SLF001 -- its own part
        self._bounds = QRectF()
        self._look = PlotLook()
        self._top = 1.0
        self.setZValue(-1)

    def show_frame(self, bounds: QRectF, look: PlotLook, top: float) -> None:
        if bounds != self._bounds:
            self.prepareGeometryChange()
            self._bounds = bounds
        self._look, self._top = look, top
        self.update()

    def boundingRect(self) -> QRectF:  # noqa: N802 -- Qt's name
        return self._bounds

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        del option, widget
        area, look = self._plot.area, self._look
        self._plot.frames_painted += 1
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        for begin, end in look.shaded:
            left = area.left() + begin * area.width()
            width = (end - begin) * area.width()
            stretch = QRectF(left, area.top(), width, area.height())
            painter.fillRect(stretch, self._theme.colour("bad-bg"))
        painter.setFont(font("small"))
        metrics = QFontMetrics(font("small"))
        self._paint_rows(painter, area, metrics)
        self._paint_labels(painter, area, metrics)
        self._paint_bars(painter, area)
        self._paint_target(painter, area)

    def _paint_rows(self, painter: QPainter, area: QRectF, metrics: QFontMetrics) -> None:
        rows = max(1, min(_ROWS, int(area.height() // _LEAST_ROW)))
        decimals = 0 if self._top >= rows else 1 if self._top >= rows / 10 else 2
        for row in range(rows + 1):
            value = self._top * row / rows
            y = round(self._plot.y_of(value)) + 0.5
            painter.setPen(self._theme.pen("line" if row == 0 else "grid"))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            text = formatting.number(value, decimals) + (self._look.suffix if row else "")
            painter.setPen(self._theme.colour("text-3"))
            width = metrics.horizontalAdvance(text)
            painter.drawText(QPointF(area.left() - 6 - width, y + metrics.ascent() / 2 - 1), text)

    def _paint_labels(self, painter: QPainter, area: QRectF, metrics: QFontMetrics) -> None:
        painter.setPen(self._theme.colour("text-3"))
        for share, text in self._look.labels:
            width = metrics.horizontalAdvance(text)
            x = area.left() + share * area.width() - share * width
            painter.drawText(QPointF(x, area.bottom() + metrics.ascent() + 4), text)

    def _paint_bars(self, painter: QPainter, area: QRectF) -> None:
        bars = self._look.bars
        if not bars:
            return
        slot = area.width() / len(bars)
        for place, parts in enumerate(bars):
            bottom = 0.0
            left = round(area.left() + place * slot)
            width = max(1, round(area.left() + (place + 1) * slot) - left - (slot > 3))
            for height, ink in parts:
                if height <= 0:
                    continue
                low, high = self._plot.y_of(bottom), self._plot.y_of(bottom + height)
                rect = QRectF(left, high, width, max(1.0, low - high))
                painter.fillRect(rect, self._theme.colour(ink))
                bottom += height

    def _paint_target(self, painter: QPainter, area: QRectF) -> None:
        look = self._look
        if look.is_empty:
            return
        if look.target is not None and look.target <= self._top:
            painter.setPen(self._theme.pen(look.target_ink, 1, (3, 3)))
            y = round(self._plot.y_of(look.target)) + 0.5
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        if look.mark is not None:
            share, _text = look.mark
            x = round(area.left() + share * area.width()) + 0.5
            painter.setPen(self._theme.pen("text-3", 1, (3, 3)))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))


class _Notes(_Frame):
    """What is written over lines and bars, each on a ground of its own."""

    def __init__(self, plot: MetricsPlot) -> None:
        super().__init__(plot)
        self.setZValue(1)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        del option, widget
        area, look = self._plot.area, self._look
        painter.setFont(font("small"))
        metrics = QFontMetrics(font("small"))
        if look.is_empty:
            # A target with nothing to hold it against would only cross the words.
            width = metrics.horizontalAdvance(look.empty)
            middle = area.center() - QPointF(width / 2, metrics.height() / 2)
            self._write(painter, metrics, middle, look.empty, "text-3")
            return
        if look.target is not None and look.target <= self._top:
            # At the left, where the values are oldest: the newest stay in sight.
            top = self._plot.y_of(look.target) - _NOTE_GAP - metrics.height()
            place = QPointF(area.left() + _NOTE_GAP, max(0.0, top))
            self._write(painter, metrics, place, look.target_text, look.target_ink)
        if look.mark is not None:
            share, text = look.mark
            x = area.left() + share * area.width()
            width = metrics.horizontalAdvance(text)
            left = x + 4 if x + 4 + width < area.right() else x - 4 - width
            self._write(painter, metrics, QPointF(left, area.top()), text, "text-2")

    def _write(
        self, painter: QPainter, metrics: QFontMetrics, corner: QPointF, text: str, ink: str
    ) -> None:
        if not text:
            return
        size = QSizeF(metrics.horizontalAdvance(text), metrics.height())
        ground = QRectF(corner, size).adjusted(-_NOTE_PAD, 0, _NOTE_PAD, 0)
        painter.fillRect(ground, self._theme.colour("bg1"))
        painter.setPen(self._theme.colour(ink))
        painter.drawText(QPointF(corner.x(), corner.y() + metrics.ascent()), text)
