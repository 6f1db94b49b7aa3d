"""What the chart shows at one moment, and when its slots start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from upbit_auto_trading.domain.timeframe import TimeframeUnit
from upbit_auto_trading.presentation.widgets.chart_plan import PRICE_PANE, VOLUME_PANE
from upbit_auto_trading.presentation.widgets.chart_ticks import TimeTick, time_ticks
from upbit_auto_trading.presentation.widgets.chart_viewport import slots_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PyQt6.QtCore import QRect

    from upbit_auto_trading.domain.timeframe import Timeframe
    from upbit_auto_trading.presentation.widgets.chart_data import ChartData
    from upbit_auto_trading.presentation.widgets.chart_plan import ChartPlan
    from upbit_auto_trading.presentation.widgets.chart_scales import PaneScales
    from upbit_auto_trading.presentation.widgets.chart_viewport import (
        ChartLayout,
        ChartViewport,
        ValueScale,
    )

_MONTH_MS: Final = 30.436875 * 86_400_000
_YEAR_MS: Final = 365.2425 * 86_400_000
_TIME_SPACING: Final = 84


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything the chart is drawn from. `ratio` is device pixels per pixel."""

    market: str
    timeframe: Timeframe
    plan: ChartPlan
    data: ChartData
    viewport: ChartViewport
    layout: ChartLayout
    scales: PaneScales
    ratio: float

    @property
    def key(self) -> tuple[object, ...]:
        """Equal as long as all but the newest candle looks the same."""
        return (*self.steady_key, self.viewport.revision)

    @property
    def steady_key(self) -> tuple[object, ...]:
        """Equal as long as nothing but the time in sight differs."""
        return (
            self.market,
            self.timeframe.code,
            self.plan,
            self.data.settled,
            self.layout,
            self.scales.price,
            self.scales.volume,
            self.scales.subplots,
            self.ratio,
        )

    def pane(self, key: str) -> tuple[QRect, ValueScale] | None:
        """The area and the scale of a pane, None where there is no such pane."""
        if key == PRICE_PANE:
            return self.layout.price, self.scales.price
        if key == VOLUME_PANE:
            return self.layout.volume, self.scales.volume
        for look, area, scale in zip(
            self.plan.panes, self.layout.subplots, self.scales.subplots, strict=True
        ):
            if look.key == key:
                return area, scale
        return None

    def time_ticks(self) -> list[tuple[int, TimeTick]]:
        """The labelled moments in sight, each with its column."""
        viewport, timeframe = self.viewport, self.timeframe
        from_ms = moment_at(viewport.left, timeframe)
        to_ms = moment_at(viewport.right, timeframe)
        # A tick inside a slot belongs to the candle that holds it.
        return [
            (int(viewport.x_of(slot_of(tick.start_ms, timeframe))), tick)
            for tick in time_ticks(from_ms, to_ms, timeframe, viewport.width, _TIME_SPACING)
        ]


def moment_at(slot: float, timeframe: Timeframe) -> int:
    """Return a moment for a place on the time axis; slots of months and years are evened out."""
    if timeframe.unit is TimeframeUnit.MONTH:
        return round(slot * _MONTH_MS)
    if timeframe.unit is TimeframeUnit.YEAR:
        return round(slot * _YEAR_MS)
    return round(slot * timeframe.seconds * 1000)


def place_of(moment_ms: int, timeframe: Timeframe) -> float:
    """Return the place of a moment on the time axis: the inverse of `moment_at`."""
    if timeframe.unit is TimeframeUnit.MONTH:
        return moment_ms / _MONTH_MS
    if timeframe.unit is TimeframeUnit.YEAR:
        return moment_ms / _YEAR_MS
    return moment_ms / (timeframe.seconds * 1000)


def start_ms_of(slot: int, timeframe: Timeframe) -> int:
    """Return when the candle of a slot starts, exactly."""
    if timeframe.unit is TimeframeUnit.MONTH:
        return _first_ms(slot, "M")
    if timeframe.unit is TimeframeUnit.YEAR:
        return _first_ms(slot, "Y")
    # A week's slot counts from a Thursday; its candle starts on the Monday within.
    return timeframe.start_of_ms((slot + 1) * timeframe.seconds * 1000 - 1)


def slot_of(moment_ms: int, timeframe: Timeframe) -> int:
    """Return the slot that holds a moment."""
    start_ms = timeframe.start_of_ms(moment_ms)
    if timeframe.is_fixed:
        return start_ms // (timeframe.seconds * 1000)
    return int(slots_of(np.array([start_ms]), timeframe)[0])


def slots_at(moments_ms: Sequence[int], timeframe: Timeframe) -> NDArray[np.int64]:
    """Return the slots that hold the moments."""
    if timeframe.is_fixed and timeframe.unit is not TimeframeUnit.WEEK:
        return np.array(moments_ms, dtype=np.int64) // (timeframe.seconds * 1000)
    return np.array([slot_of(ms, timeframe) for ms in moments_ms], dtype=np.int64)


def _first_ms(number: int, unit: Literal["M", "Y"]) -> int:
    start = np.datetime64(number, unit).astype("datetime64[ms]")
    return int(start.astype(np.int64))
