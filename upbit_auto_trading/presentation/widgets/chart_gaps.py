"""Stretches of time whose candles can't be trusted: data that is missing, and warming up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QLineF, QRect, Qt
from PyQt6.QtGui import QBrush, QPainter

from upbit_auto_trading.presentation.widgets.chart_scene import slot_of
from upbit_auto_trading.presentation.widgets.label_painter import LabelPainter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.chart_scene import Scene

_LABEL_HEIGHT: Final = 18
_LEAST_WIDTH: Final = 3


@dataclass(frozen=True, slots=True)
class ChartGap:
    """A stretch of exchange time, hatched over every pane.

    A gap has dashed edges on both sides, warming up only where it ends. A slot without trades
    is no gap.
    """

    from_ms: int
    to_ms: int
    label: str = ""
    is_warm_up: bool = False


class GapLayer:
    """Hatches the stretches in sight."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._labels = LabelPainter(theme)
        self._gaps: tuple[ChartGap, ...] = ()
        self._moment_ms: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is hatched or marked."""
        return not self._gaps and self._moment_ms is None

    def show_gaps(self, gaps: Sequence[ChartGap]) -> bool:
        """Hatch these stretches and no others; return whether that changes anything."""
        is_new = tuple(gaps) != self._gaps
        self._gaps = tuple(gaps)
        return is_new

    def mark_moment(self, moment_ms: int | None) -> bool:
        """Mark the candle that holds a moment, or none; return whether that changes anything."""
        is_new = moment_ms != self._moment_ms
        self._moment_ms = moment_ms
        return is_new

    def paint(self, painter: QPainter, scene: Scene) -> None:
        if self.is_empty:
            return
        layout, viewport = scene.layout, scene.viewport
        painter.setClipRect(QRect(0, 0, layout.plot_width, layout.panes_height))
        if self._moment_ms is not None:
            x = viewport.x_of(slot_of(self._moment_ms, scene.timeframe))
            width = max(_LEAST_WIDTH, round(viewport.slot_width))
            band = QRect(round(x - width / 2), 0, width, layout.panes_height)
            painter.fillRect(band, self._theme.colour("acc-bg"))
        for gap in self._gaps:
            left = viewport.x_of(slot_of(gap.from_ms, scene.timeframe)) - viewport.slot_width / 2
            right = viewport.x_of(slot_of(gap.to_ms, scene.timeframe)) + viewport.slot_width / 2
            if right < 0 or left > layout.plot_width:
                continue
            first, last = round(left), max(round(right), round(left) + _LEAST_WIDTH)
            self._draw(painter, scene, gap, first, last)

    def _draw(self, painter: QPainter, scene: Scene, gap: ChartGap, left: int, right: int) -> None:
        height, theme = scene.layout.panes_height, self._theme
        begin, end = max(-2, left), min(scene.layout.plot_width + 2, right)
        hatch = QBrush(theme.colour("gap-hatch"), Qt.BrushStyle.BDiagPattern)
        painter.fillRect(QRect(begin, 0, end - begin, height), hatch)
        painter.setPen(theme.pen("warn", 1, (3, 3)))
        for x in (right,) if gap.is_warm_up else (left, right):
            painter.drawLine(QLineF(x + 0.5, 0, x + 0.5, height))
        if not gap.label:
            return
        width = self._labels.width(gap.label, "micro") + 16
        centre = (max(0, left) + min(scene.layout.plot_width, right)) // 2
        box = QRect(0, 0, width, _LABEL_HEIGHT)
        box.moveLeft(max(4, min(centre - width // 2, scene.layout.plot_width - width - 4)))
        box.moveBottom(scene.layout.price.bottom() - 8)
        painter.fillRect(box, theme.colour("warn-bg"))
        painter.setPen(theme.pen("warn-line"))
        painter.drawRect(box.adjusted(0, 0, -1, -1))
        self._labels.draw(painter, box, gap.label, "micro", "warn", is_centred=True)
