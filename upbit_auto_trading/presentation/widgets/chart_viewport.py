"""Which part of time the chart shows, and where its panes lie. No painting, no Qt widgets."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from PyQt6.QtCore import QRect

from upbit_auto_trading.domain.timeframe import TimeframeUnit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from upbit_auto_trading.domain.timeframe import Timeframe

PRICE_AXIS_WIDTH: Final = 86
TIME_AXIS_HEIGHT: Final = 22
USUAL_SLOT_WIDTH: Final = 6.0
_NARROWEST: Final = 1 / 512
_WIDEST: Final = 64.0
_MARGIN_SLOTS: Final = 2.5
_FILLED_SHARE: Final = 0.6
_WIDEST_AT_FIRST: Final = 24.0
"""A short history fills that share of the view, with slots no wider than that."""
_FEWEST_CANDLES: Final = 5
_NUDGE: Final = 1e-6
"""Keeps a centre that lies on a pixel's edge in one pixel, however the view came there."""
_LEAST: Final = 1e-300
_MOST: Final = 700.0
"""Bounds within which logarithms and their inverse stay finite."""


def slots_of(start_ms: NDArray[np.int64], timeframe: Timeframe) -> NDArray[np.int64]:
    """Return the number of each candle's slot, counted over time: slots without trades count."""
    if timeframe.unit is TimeframeUnit.MONTH:
        return start_ms.astype("datetime64[ms]").astype("datetime64[M]").astype(np.int64)
    if timeframe.unit is TimeframeUnit.YEAR:
        return start_ms.astype("datetime64[ms]").astype("datetime64[Y]").astype(np.int64)
    return start_ms // (timeframe.seconds * 1000)


_SUBPLOTS_SHARE: Final = 0.46


@dataclass(frozen=True, slots=True)
class ChartLayout:
    """Rectangles of the chart's panes in the widget's pixels, from the top.

    `volume` is empty where the chart has no volume bars.
    """

    price: QRect
    volume: QRect
    subplots: tuple[QRect, ...]
    time_axis: QRect
    price_axis: QRect

    @classmethod
    def of(
        cls, width: int, height: int, subplots: int = 1, *, has_volume: bool = True
    ) -> ChartLayout:
        """Divide a widget of that size."""
        plot = max(40, width - PRICE_AXIS_WIDTH)
        panes = max(120, height - TIME_AXIS_HEIGHT)
        # Where no bars take their share, a subplot is high enough to drag a level in it.
        share = min(0.19 if has_volume else 0.28, _SUBPLOTS_SHARE / max(1, subplots))
        each = min(150, round(panes * share))
        volume = min(120, round(panes * (0.13 if subplots < 3 else 0.09))) if has_volume else 0
        price = panes - subplots * each - volume
        return cls(
            price=QRect(0, 0, plot, price),
            volume=QRect(0, price, plot, volume),
            subplots=tuple(
                QRect(0, price + volume + n * each, plot, each) for n in range(subplots)
            ),
            time_axis=QRect(0, panes, plot, TIME_AXIS_HEIGHT),
            price_axis=QRect(plot, 0, PRICE_AXIS_WIDTH, panes),
        )

    @property
    def plot_width(self) -> int:
        return self.price.width()

    @property
    def panes_height(self) -> int:
        return self.time_axis.top()

    @property
    def whole(self) -> QRect:
        """The panes with their axes."""
        return QRect(0, 0, self.price_axis.right() + 1, self.time_axis.bottom() + 1)


class ChartViewport:
    """The shown stretch of slots: its right edge and the width of one slot in pixels.

    While it follows, the right edge stays a little right of the newest candle. `is_touched` tells
    that it was moved or zoomed since it was reset.
    """

    def __init__(self) -> None:
        self.width = 1
        self.slot_width = USUAL_SLOT_WIDTH
        self.right = 0.0
        self.first_slot = 0
        self.last_slot = 0
        self.follows = True
        self.is_touched = False
        self.revision = 0

    @property
    def left(self) -> float:
        """The slot coordinate of the left edge."""
        return self.right - self.width / self.slot_width

    def set_width(self, width: int) -> None:
        if width != self.width:
            self.width = width
            self._changed()

    def set_data_range(self, first_slot: int, last_slot: int) -> None:
        """Tell which slots have data."""
        if (first_slot, last_slot) == (self.first_slot, self.last_slot):
            return
        moved = last_slot != self.last_slot
        self.first_slot, self.last_slot = first_slot, last_slot
        if self.follows and moved:
            self.right = self._home()
            self.revision += 1

    def reset(self) -> None:
        """Show the newest candles at the usual width, few of them wider."""
        filling = self.width * _FILLED_SHARE / (self.last_slot - self.first_slot + 1)
        self.slot_width = min(_WIDEST_AT_FIRST, max(USUAL_SLOT_WIDTH, filling))
        self.is_touched = False
        self.return_to_newest()

    def return_to_newest(self) -> None:
        """Follow the newest candle again."""
        self.follows = True
        self.right = self._home()
        self._changed()

    def centre_on(self, slot: int) -> None:
        """Bring a slot to the middle and stay there."""
        self.is_touched = True
        self.right = slot + 0.5 + self.width / self.slot_width / 2
        self.follows = False
        self._changed()

    def show_range(self, first_slot: int, last_slot: int) -> None:
        """Show a stretch of slots over the whole width."""
        self.is_touched = True
        shown = max(_FEWEST_CANDLES, last_slot - first_slot + 1)
        self.slot_width = min(_WIDEST, max(_NARROWEST, self.width / (shown * 1.03)))
        self.right = last_slot + 1 + 0.015 * shown
        self.follows = self.right >= self._home()
        self._changed()

    def pan(self, pixels: float) -> None:
        """Move the picture right by `pixels`: older candles come into view."""
        self.is_touched = True
        self.right -= pixels / self.slot_width
        self.follows = self.right >= self._home()
        self._changed()

    def zoom(self, factor: float, x: float | None = None) -> None:
        """Widen slots by `factor` and keep what is under pixel `x` where it is.

        Without a pixel, and right of the newest candle, that candle keeps its place while the
        view follows; otherwise the middle does.
        """
        self.is_touched = True
        width = min(_WIDEST, max(_NARROWEST, self.slot_width * factor))
        if width == self.slot_width:
            return
        newest = self.x_of(self.last_slot)
        if self.follows and (x is None or x >= newest):
            self.slot_width = width
            self.right = self._home()
        else:
            place = self.width / 2 if x is None else x
            at = self.slot_at(place)
            self.slot_width = width
            self.right = at + (self.width - place) / width
            self.follows = self.right >= self._home()
        self._changed()

    def x_of(self, slot: float) -> float:
        """The pixel of a slot's centre."""
        return self.width - (self.right - slot - 0.5) * self.slot_width + _NUDGE

    def slot_at(self, x: float) -> float:
        """The slot coordinate under a pixel; a slot's centre is at its number plus one half."""
        return self.right - (self.width - x) / self.slot_width

    def column_of(self, slot: int) -> int:
        """The whole pixel a slot's centre lies in."""
        return math.floor(self.x_of(slot))

    def columns_of(self, slots: NDArray[np.int64]) -> NDArray[np.float64]:
        """`column_of` of many slots."""
        x = self.width - (self.right - slots - 0.5) * self.slot_width + _NUDGE
        columns: NDArray[np.float64] = np.floor(x)
        return columns

    def _home(self) -> float:
        return self.last_slot + 1 + _MARGIN_SLOTS * max(1.0, USUAL_SLOT_WIDTH / self.slot_width)

    def _changed(self) -> None:
        shown = self.width / self.slot_width
        oldest = self.first_slot + min(_FEWEST_CANDLES, shown / 2)
        self.right = max(self.right, oldest)
        self.right = min(self.right, self.last_slot + max(shown - _FEWEST_CANDLES, shown * 0.5))
        if self.follows:
            self.right = self._home()
        self.revision += 1


@dataclass(frozen=True, slots=True)
class ValueScale:
    """Values between `low` and `high` on the pixels from `bottom` up to `top`.

    A logarithmic one gives equal ratios equal heights; its bounds are above zero. A coordinate
    is what grows evenly with the rows: the value itself, or its logarithm.
    """

    low: float
    high: float
    top: float
    bottom: float
    is_log: bool = False

    def y_of(self, value: float) -> float:
        low, high = self.low, self.high
        if self.is_log:
            low, high = math.log(low), math.log(high)
            value = value if math.isnan(value) else math.log(max(value, _LEAST))
        return self.bottom - (value - low) / (high - low) * (self.bottom - self.top)

    def rows_of(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """`y_of` of many values."""
        low, high = self._ends
        if self.is_log:
            values = np.log(np.maximum(values, _LEAST))
        factor = (self.bottom - self.top) / (high - low)
        rows: NDArray[np.float64] = self.bottom - (values - low) * factor
        return rows

    def value_at(self, y: float) -> float:
        coordinate = self.coordinate_at(y)
        return math.exp(min(coordinate, _MOST)) if self.is_log else coordinate

    def coordinate_at(self, y: float) -> float:
        """The coordinate of a row; the lowest where the pane has no height."""
        low, high = self._ends
        if self.bottom == self.top:
            return low
        return low + (self.bottom - y) / (self.bottom - self.top) * (high - low)

    def coordinates_at(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """`coordinate_at` of many rows."""
        low, high = self._ends
        if self.bottom == self.top:
            return np.full(len(rows), low)
        factor = (high - low) / (self.bottom - self.top)
        coordinates: NDArray[np.float64] = low + (self.bottom - rows) * factor
        return coordinates

    @property
    def _ends(self) -> tuple[float, float]:
        if self.is_log:
            return math.log(self.low), math.log(self.high)
        return self.low, self.high
