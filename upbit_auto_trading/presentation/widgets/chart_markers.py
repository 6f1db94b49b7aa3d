"""Marks at candles: what fired, what was held back, what was bought and sold."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np
from PyQt6.QtCore import QPointF, QRect, Qt
from PyQt6.QtGui import QPainter, QPen, QPixmap, QPolygonF

from upbit_auto_trading.presentation.widgets.chart_marks import THINNED_BELOW
from upbit_auto_trading.presentation.widgets.chart_scene import slots_at
from upbit_auto_trading.presentation.widgets.label_painter import LabelPainter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PyQt6.QtCore import QPoint

    from upbit_auto_trading.presentation.theme import Theme
    from upbit_auto_trading.presentation.widgets.chart_scene import Scene

_HALF: Final = 6
_HEIGHT: Final = 10
_APART: Final = 5
_NUMBER_SPACE: Final = 18
_COLUMN: Final = 8
"""Where candles are narrower, one of the markers that share this many pixels is drawn."""
_WIDE_COLUMN: Final = 12
"""As `_COLUMN`, where several candles share a pixel and markers are a rough guide anyway."""
_REACH: Final = 9
_BARE: Final = 2 * _HALF + 3, _HEIGHT + 1
_NUMBERED: Final = 33, 26
"""The width and height of a marker's picture without and with its number."""
_KEPT: Final = 512


class MarkerKind(StrEnum):
    """FIRED and BUY point up from below the candle, SELL down from above; SUPPRESSED is hollow."""

    FIRED = "fired"
    SUPPRESSED = "suppressed"
    BUY = "buy"
    SELL = "sell"


_OWN: Final = {
    MarkerKind.FIRED: "entry",
    MarkerKind.SUPPRESSED: "warn",
    MarkerKind.BUY: "up",
    MarkerKind.SELL: "down",
}


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
        return "warn" if self.kind is MarkerKind.SUPPRESSED else self.ink or _OWN[self.kind]


class MarkerLayer:
    """Draws the markers in sight; knows which of them is where."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._labels = LabelPainter(theme)
        self._markers: tuple[ChartMarker, ...] = ()
        self._above = np.empty(0, dtype=np.bool_)
        self._prices = np.empty(0)
        self._slots: tuple[str, NDArray[np.int64]] = ("", np.empty(0, dtype=np.int64))
        self._sprites: dict[tuple[MarkerKind, str, int | None, float], QPixmap] = {}
        self._drawn: list[tuple[int, int, ChartMarker]] = []
        self.chosen: ChartMarker | None = None

    @property
    def markers(self) -> tuple[ChartMarker, ...]:
        """What is shown, oldest first."""
        return self._markers

    def show_markers(self, markers: Sequence[ChartMarker]) -> None:
        """Show these markers and no others."""
        self._markers = tuple(sorted(markers, key=lambda marker: marker.ms))
        self._above = np.array([one.kind is MarkerKind.SELL for one in self._markers], np.bool_)
        self._prices = np.array([one.price for one in self._markers], np.float64)
        self._slots = "", np.empty(0, dtype=np.int64)
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
        if not self._markers:
            return
        viewport, area = scene.viewport, scene.layout.price
        slots = self._slots_in(scene)
        first = int(np.searchsorted(slots, math.floor(viewport.left) - 1))
        last = int(np.searchsorted(slots, math.ceil(viewport.right) + 1))
        if first >= last:
            return
        shown = slots[first:last]
        above = self._above[first:last]
        columns = viewport.columns_of(shown).astype(np.int64)
        tips = self._tips(scene, shown, above, self._prices[first:last]).tolist()
        places, steps = _thinned(columns, above, viewport.slot_width)
        sides, xs = above.tolist(), columns.tolist()
        painter.setClipRect(area)
        numbered = {False: -_NUMBER_SPACE, True: -_NUMBER_SPACE}
        drawn, chosen = self._drawn, self.chosen
        for place, step in zip(places, steps, strict=True):
            marker, x, is_above = self._markers[first + place], xs[place], sides[place]
            tip = tips[place] + (-step if is_above else step) * (_HEIGHT + _APART)
            number = marker.number if x - numbered[is_above] >= _NUMBER_SPACE else None
            if number is not None:
                numbered[is_above] = x
            sprite = self._sprite(marker, number, scene.ratio)
            width, height = _BARE if number is None else _NUMBERED
            painter.drawPixmap(x - width // 2, tip - height if is_above else tip, sprite)
            drawn.append((x, tip - _HEIGHT // 2 if is_above else tip + _HEIGHT // 2, marker))
            if chosen is not None and marker == chosen:
                self._encircle(painter, x, drawn[-1][1])

    def _encircle(self, painter: QPainter, x: int, y: int) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self._theme.pen("acc", 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(QPointF(x + 0.5, y), 10.0, 10.0)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)

    def _slots_in(self, scene: Scene) -> NDArray[np.int64]:
        code, slots = self._slots
        if code != scene.timeframe.code:
            slots = slots_at([marker.ms for marker in self._markers], scene.timeframe)
            self._slots = scene.timeframe.code, slots
        return slots

    def _tips(
        self,
        scene: Scene,
        slots: NDArray[np.int64],
        above: NDArray[np.bool_],
        prices: NDArray[np.float64],
    ) -> NDArray[np.int64]:
        """The rows of the markers' tips: beyond their candles, inside the pane."""
        lows, highs = scene.data.extremes_at(slots)
        values = np.where(above, np.fmax(highs, prices), np.fmin(lows, prices))
        area = scene.layout.price
        rows = scene.scales.price.rows_of(values) + np.where(above, -_APART, _APART)
        top, bottom = area.top() + _NUMBERED[1], area.bottom() - _NUMBERED[1]
        kept = np.where(above, np.maximum(rows, top), np.minimum(rows, bottom))
        return np.round(np.nan_to_num(kept)).astype(np.int64)

    def _sprite(self, marker: ChartMarker, number: int | None, ratio: float) -> QPixmap:
        key = marker.kind, marker.colour_token, number, ratio
        found = self._sprites.get(key)
        if found is None:
            if len(self._sprites) >= _KEPT:
                self._sprites.clear()
            found = self._sprites[key] = self._drawn_sprite(*key)
        return found

    def _drawn_sprite(
        self, kind: MarkerKind, token: str, number: int | None, ratio: float
    ) -> QPixmap:
        width, height = _BARE if number is None else _NUMBERED
        sprite = QPixmap(round(width * ratio), round(height * ratio))
        sprite.setDevicePixelRatio(ratio)
        sprite.fill(Qt.GlobalColor.transparent)
        is_above = kind is MarkerKind.SELL
        tip, base = (height, height - _HEIGHT) if is_above else (0, _HEIGHT)
        centre = width // 2 + 0.5
        shape = QPolygonF(
            [QPointF(centre, tip), QPointF(centre - _HALF, base), QPointF(centre + _HALF, base)]
        )
        painter = QPainter(sprite)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if kind is MarkerKind.SUPPRESSED:
            painter.setPen(self._theme.pen(token, 1.4, (2.5, 1.6)))
        else:
            painter.setPen(QPen(self._theme.colour("bg1"), 0.8))
            painter.setBrush(self._theme.colour(token))
        painter.drawPolygon(shape)
        if number is not None:
            row = 0 if is_above else _HEIGHT + 1
            area = QRect(0, row, width, height - _HEIGHT - 1)
            self._labels.draw(painter, area, str(number), "micro", token, is_centred=True)
        painter.end()
        return sprite


def _thinned(
    columns: NDArray[np.int64], above: NDArray[np.bool_], slot_width: float
) -> tuple[list[int], list[int]]:
    """Return which markers are drawn, and how many of their candle are nearer to it."""
    wide = _WIDE_COLUMN if slot_width < THINNED_BELOW else _COLUMN if slot_width < _COLUMN else 1
    keys = columns // wide * 2 + above
    places: list[int] = []
    steps: list[int] = []
    taken: dict[int, int] = {}
    for place, key in enumerate(keys.tolist()):
        step = taken.get(key, 0)
        if step and wide > 1:
            continue
        taken[key] = step + 1
        places.append(place)
        steps.append(step)
    return places, steps
