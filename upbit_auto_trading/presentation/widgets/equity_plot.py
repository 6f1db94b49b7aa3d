"""Worth over time with its drawdown below: one run, holding beside it, other runs to compare."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QPointF, Qt, pyqtSignal
from PyQt6.QtGui import QPen

from upbit_auto_trading.presentation import formatting
from upbit_auto_trading.presentation.theme import font
from upbit_auto_trading.presentation.widgets.date_axis import DateAxis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from upbit_auto_trading.presentation.theme import Theme

_VALUE_AXIS: Final = 72
_MARK: Final = 8
_WIDE_SPAN: Final = 100_000
_FLATTEST: Final = 0.002


@dataclass(frozen=True, slots=True)
class Curve:
    """Values at moments (epoch ms), drawn in a token's colour."""

    ms: NDArray[np.int64]
    values: NDArray[np.float64]
    ink: str
    width: float = 1.25


@dataclass(frozen=True, slots=True)
class EquityLook:
    """What the plot shows: worth, what it is compared with, falls below the peak, closings.

    `start` is drawn as a dashed line; `marks` are (epoch ms, worth, ink).
    """

    equity: Curve
    others: Sequence[Curve]
    drawdown: NDArray[np.float64] | None
    start: float
    marks: Sequence[tuple[int, float, str]] = field(default=())


class _ValueAxis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    def __init__(self, theme: Theme, *, is_percent: bool) -> None:
        super().__init__("right", textPen=theme.colour("text-3"), pen=theme.pen("line"))
        self._is_percent = is_percent
        self.setStyle(tickFont=font("small"), tickLength=0)
        self.enableAutoSIPrefix(False)
        self.setWidth(_VALUE_AXIS)

    def tickStrings(  # noqa: N802 -- pyqtgraph's name
        self, values: Sequence[float], scale: float, spacing: float
    ) -> list[str]:
        del scale
        if self._is_percent:
            decimals = 0 if spacing >= 1 else 1 if spacing >= 0.1 else 2
            return [f"{formatting.number(value, decimals)}%" for value in values]
        low, high = self.range
        return [self.sum_text(value, spacing, high - low) for value in values]

    @staticmethod
    def sum_text(value: float, spacing: float, span: float) -> str:
        """A sum short enough for the axis, yet different from its neighbours'."""
        if span >= _WIDE_SPAN:
            return formatting.large_won(value)
        decimals = max(0, min(8, 1 - int(np.floor(np.log10(spacing))))) if spacing < 1 else 0
        return formatting.number(value, decimals)


class EquityPlot(pg.GraphicsLayoutWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """Passive: shows a look, tells which moment the mouse points at (None: nowhere)."""

    moment_pointed = pyqtSignal(object)
    moment_chosen = pyqtSignal(object)

    def __init__(self, theme: Theme, name: str, *, has_drawdown: bool = True) -> None:
        super().__init__()
        self._theme = theme
        self.setBackground(theme.colour("bg1"))
        self.setAccessibleName(name)
        self.setFrameStyle(0)
        self._axis = DateAxis(theme)
        self._worth = self._plot(0, is_percent=False)
        self._fall = self._plot(1, is_percent=True) if has_drawdown else None
        below = self._fall or self._worth
        below.setAxisItems({"bottom": self._axis})
        below.showAxis("bottom")
        if self._fall is not None:
            self._fall.setXLink(self._worth)
            self.ci.layout.setRowStretchFactor(0, 3)
            self.ci.layout.setRowStretchFactor(1, 1)
        self.ci.layout.setContentsMargins(0, 6, 0, 0)
        self.ci.layout.setSpacing(0)
        pen = theme.pen("crosshair", 1, (4, 3))
        self._lines = [pg.InfiniteLine(angle=90, pen=pen) for _ in self._plots]
        for plot, line in zip(self._plots, self._lines, strict=True):
            plot.addItem(line, ignoreBounds=True)
            line.hide()
        self._look: EquityLook | None = None
        self.scene().sigMouseMoved.connect(self._pointed)
        self.scene().sigMouseClicked.connect(self._clicked)

    @property
    def _plots(self) -> list[Any]:
        return [self._worth] if self._fall is None else [self._worth, self._fall]

    def show_look(self, look: EquityLook | None) -> None:
        """Draw another run; None draws nothing."""
        self._look = look
        for plot, line in zip(self._plots, self._lines, strict=True):
            plot.clear()
            plot.addItem(line, ignoreBounds=True)
        if look is None or not len(look.equity.ms):
            return
        curves = (look.equity, *look.others)
        lowest = float(min(look.start, *(curve.values.min() for curve in curves)))
        self._draw(self._worth, look.equity, fill=("equity-fill", lowest))
        for other in look.others:
            self._draw(self._worth, other)
        dashed = self._theme.pen("text-3", 1, (3, 3))
        self._worth.addItem(pg.InfiniteLine(look.start, angle=0, pen=dashed))
        self._draw_marks(look.marks)
        if self._fall is not None and look.drawdown is not None:
            curve = Curve(look.equity.ms, look.drawdown, "down")
            self._draw(self._fall, curve, fill=("drawdown-fill", 0.0))
        self._worth.enableAutoRange()
        highest = float(max(look.start, *(curve.values.max() for curve in curves)))
        if highest - lowest < _FLATTEST * highest:
            # A line that hardly moves is drawn as one: its noise would fill the plot.
            middle, half = (highest + lowest) / 2, _FLATTEST * highest / 2
            self._worth.setYRange(middle - half, middle + half)
        self._worth.setXRange(look.equity.ms[0], look.equity.ms[-1], padding=0.01)
        if self._fall is not None:
            self._fall.enableAutoRange(axis="y")

    def leaveEvent(self, event: Any) -> None:  # noqa: N802 -- Qt's name
        super().leaveEvent(event)
        self._show_line(None)
        self.moment_pointed.emit(None)

    def _plot(self, row: int, *, is_percent: bool) -> Any:
        axis = _ValueAxis(self._theme, is_percent=is_percent)
        plot = self.addPlot(row=row, col=0, axisItems={"right": axis})
        plot.showAxis("right")
        for side in ("left", "bottom", "top"):
            plot.hideAxis(side)
        plot.hideButtons()
        plot.setMenuEnabled(False)
        plot.setMouseEnabled(x=True, y=False)
        plot.getViewBox().setDefaultPadding(0.04)
        plot.showGrid(x=False, y=True, alpha=0.12)
        return plot

    def _draw(self, plot: Any, curve: Curve, fill: tuple[str, float] | None = None) -> None:
        item = pg.PlotCurveItem(
            curve.ms.astype(np.float64),
            curve.values,
            pen=self._pen(curve.ink, curve.width),
            antialias=True,
            skipFiniteCheck=True,
        )
        if fill is not None:
            token, level = fill
            item.setFillLevel(level)
            item.setBrush(self._theme.colour(token))
        plot.addItem(item)

    def _pen(self, ink: str, width: float) -> QPen:
        """A pen of that many pixels, whatever a unit of the plot is."""
        pen = QPen(self._theme.colour(ink), width)
        pen.setCosmetic(True)
        return pen

    def _draw_marks(self, marks: Sequence[tuple[int, float, str]]) -> None:
        """Draw all marks of an ink as one item: they share one picture."""
        ground = self._theme.colour("bg1")
        for ink in dict.fromkeys(ink for _ms, _worth, ink in marks):
            places = np.array([(ms, worth) for ms, worth, one in marks if one == ink])
            pen = self._pen(ink, 1.6)
            self._worth.addItem(
                pg.ScatterPlotItem(pos=places, pen=pen, brush=ground, size=_MARK, pxMode=True)
            )

    def _moment_at(self, place: QPointF) -> int | None:
        """The moment of the nearest point of the curve, None outside the plots."""
        look = self._look
        if look is None or not len(look.equity.ms):
            return None
        for plot in self._plots:
            if plot.sceneBoundingRect().contains(place):
                ms = plot.getViewBox().mapSceneToView(place).x()
                near = int(np.searchsorted(look.equity.ms, ms))
                return int(look.equity.ms[min(near, len(look.equity.ms) - 1)])
        return None

    def _pointed(self, place: QPointF) -> None:
        moment = self._moment_at(place)
        self._show_line(moment)
        self.moment_pointed.emit(moment)

    def _clicked(self, event: Any) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            moment = self._moment_at(event.scenePos())
            if moment is not None:
                self.moment_chosen.emit(moment)

    def _show_line(self, moment: int | None) -> None:
        for line in self._lines:
            line.setVisible(moment is not None)
            if moment is not None:
                line.setPos(moment)
