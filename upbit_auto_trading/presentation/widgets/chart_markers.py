"""Marks at candles: what fired, what was held back, what was bought and sold."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np
from PyQt6.QtCore import QPointF, QRect, Qt
from PyQt6.QtGui import QPainter, QPen, QPolygonF

from upbit_auto_trading.presentation.widgets.chart_scene import slot_of
from upbit_auto_trading.presentation.widgets.label_painter import LabelPainter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtCore import QPoint

    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.chart_scene import Scene

_HALF: Final = 6
_HEIGHT: Final = 10
_APART: Final = 5
_NUMBER_SPACE: Final = 18
_COLUMN: Final = 8
"""Where candles are narrower, one of the markers that share this many pixels is drawn."""
_REACH: Final = 9


class MarkerKind(StrEnum):
    """FIRED and BUY point up from below the candle, SELL down from above; SUPPRESSED is hollow."""

    FIRED = "fired"
    SUPPRESSED = "suppressed"
    BUY = "buy"
    SELL = "sell"


@dataclass(frozen=True, slots=True)
class ChartMarker:
    """A mark at the candle that holds `ms` (exchange time).

    `ink` is a colour token, empty for the kind's own. `key` names it to the chart's owner.
    """

    ms: int
    price: float
    kind: MarkerKind
    number: int | None = None
    tooltip: str = ""
    key: str = ""
    ink: str = ""

    @property
    def colour_token(self) -> str:
        own = {
            MarkerKind.FIRED: "entry",
            MarkerKind.SUPPRESSED: "warn",
            MarkerKind.BUY: "up",
            MarkerKind.SELL: "down",
        }
        return "warn" if self.kind is MarkerKind.SUPPRESSED else self.ink or own[self.kind]


class MarkerLayer:
    """Draws the markers in sight; knows which of them is where."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._labels = LabelPainter(theme)
        self._markers: tuple[ChartMarker, ...] = ()
        self._times = np.empty(0, dtype=np.int64)
        self._drawn: list[tuple[int, int, ChartMarker]] = []
        self.chosen: ChartMarker | None = None

    def show_markers(self, markers: Sequence[ChartMarker]) -> None:
        """Show these markers and no others."""
        self._markers = tuple(sorted(markers, key=lambda marker: marker.ms))
        self._times = np.array([marker.ms for marker in self._markers], dtype=np.int64)
        self._drawn = []

    def marker_at(self, point: QPoint) -> ChartMarker | None:
        """The marker nearest to a point, None where none is near."""
        near = [
            (abs(x - point.x()) + abs(y - point.y()), place)
            for place, (x, y, _) in enumerate(self._drawn)
            if abs(x - point.x()) <= _REACH and abs(y - point.y()) <= _REACH
        ]
        return self._drawn[min(near)[1]][2] if near else None

    def paint(self, painter: QPainter, scene: Scene) -> None:
        self._drawn = []
        viewport, timeframe = scene.viewport, scene.timeframe
        first = np.searchsorted(self._times, _edge_ms(scene, viewport.left))
        last = np.searchsorted(self._times, _edge_ms(scene, viewport.right + 1))
        painter.setClipRect(scene.layout.price)
        taken: dict[tuple[int, bool], int] = {}
        numbered: dict[bool, int] = {}
        for marker in self._markers[first:last]:
            slot = slot_of(marker.ms, timeframe)
            x = int(viewport.x_of(slot))
            is_above = marker.kind is MarkerKind.SELL
            column = (x // _COLUMN if viewport.slot_width < _COLUMN else x, is_above)
            place = taken.get(column, 0)
            if place and viewport.slot_width < _COLUMN:
                continue
            taken[column] = place + 1
            tip = self._tip(scene, marker, slot, is_above=is_above)
            step = place * (_HEIGHT + _APART)
            tip += -step if is_above else step
            has_room = x - numbered.get(is_above, -_NUMBER_SPACE) >= _NUMBER_SPACE
            if has_room and marker.number is not None:
                numbered[is_above] = x
            self._draw(painter, marker, x, tip, is_numbered=has_room)

    def _tip(self, scene: Scene, marker: ChartMarker, slot: int, *, is_above: bool) -> int:
        candle, scale, area = scene.data.at(slot), scene.scales.price, scene.layout.price
        value = marker.price
        if candle is not None:
            value = float(candle.high[0] if is_above else candle.low[0])
            value = max(value, marker.price) if is_above else min(value, marker.price)
        row = round(scale.y_of(value))
        if is_above:
            return max(area.top() + _HEIGHT + 14, row - _APART)
        return min(area.bottom() - _HEIGHT - 14, row + _APART)

    def _draw(
        self, painter: QPainter, marker: ChartMarker, x: int, tip: int, *, is_numbered: bool
    ) -> None:
        is_above = marker.kind is MarkerKind.SELL
        base = tip - _HEIGHT if is_above else tip + _HEIGHT
        centre = x + 0.5
        shape = QPolygonF(
            [QPointF(centre, tip), QPointF(centre - _HALF, base), QPointF(centre + _HALF, base)]
        )
        theme, token = self._theme, marker.colour_token
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if marker.kind is MarkerKind.SUPPRESSED:
            painter.setPen(theme.pen(token, 1.4, (2.5, 1.6)))
            painter.setBrush(Qt.BrushStyle.NoBrush)
        else:
            painter.setPen(QPen(theme.colour("bg1"), 0.8))
            painter.setBrush(theme.colour(token))
        painter.drawPolygon(shape)
        if marker == self.chosen:
            painter.setPen(theme.pen("acc", 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QPointF(centre, (tip + base) / 2), 10.0, 10.0)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        if marker.number is not None and is_numbered:
            row = base - 15 if is_above else base + 1
            area = QRect(x - 20, row, 41, 14)
            self._labels.draw(painter, area, str(marker.number), "micro", token, is_centred=True)
        self._drawn.append((x, round((tip + base) / 2), marker))


def _edge_ms(scene: Scene, slot: float) -> int:
    """A moment at or before a slot's start, so that nothing of it is left out."""
    length = scene.timeframe.seconds * 1000
    margin = 0 if scene.timeframe.is_fixed else 2 * length
    per_slot = {"month": 30.436875 * 86_400_000, "year": 365.2425 * 86_400_000}
    width = per_slot.get(scene.timeframe.unit.value, float(length))
    sign = -1 if slot <= scene.viewport.left else 1
    return round(slot * width) + sign * margin
