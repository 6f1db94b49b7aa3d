"""What the chart shows at one moment, and when its slots start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.timeframe import TimeframeUnit
from upbit_auto_trading.presentation.widgets.chart_ticks import TimeTick, time_ticks

if TYPE_CHECKING:
    from upbit_auto_trading.domain.timeframe import Timeframe
    from upbit_auto_trading.presentation.widgets.chart_data import ChartData
    from upbit_auto_trading.presentation.widgets.chart_scales import PaneScales
    from upbit_auto_trading.presentation.widgets.chart_viewport import ChartLayout, ChartViewport

_MONTH_MS: Final = 30.436875 * 86_400_000
_YEAR_MS: Final = 365.2425 * 86_400_000
_TIME_SPACING: Final = 84


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything the chart is drawn from. `ratio` is device pixels per pixel."""

    market: str
    timeframe: Timeframe
    data: ChartData
    viewport: ChartViewport
    layout: ChartLayout
    scales: PaneScales
    ratio: float

    @property
    def key(self) -> tuple[object, ...]:
        """Equal as long as all but the newest candle looks the same."""
        return (
            self.market,
            self.timeframe.code,
            self.data.settled,
            self.viewport.revision,
            self.layout,
            self.scales.price,
            self.scales.volume,
            self.ratio,
        )

    def time_ticks(self) -> list[tuple[int, TimeTick]]:
        """The labelled moments in sight, each with its column."""
        viewport, timeframe = self.viewport, self.timeframe
        from_ms = start_ms_of(viewport.left, timeframe)
        to_ms = start_ms_of(viewport.right, timeframe)
        # A tick inside a slot belongs to the candle that holds it.
        return [
            (int(viewport.x_of(_slot_of(tick.start_ms, timeframe))), tick)
            for tick in time_ticks(from_ms, to_ms, timeframe, viewport.width, _TIME_SPACING)
        ]


def start_ms_of(slot: float, timeframe: Timeframe) -> int:
    """Return when a slot starts, within the slot."""
    if timeframe.unit is TimeframeUnit.MONTH:
        return round(slot * _MONTH_MS)
    if timeframe.unit is TimeframeUnit.YEAR:
        return round(slot * _YEAR_MS)
    return round(slot * timeframe.seconds * 1000)


def _slot_of(moment_ms: int, timeframe: Timeframe) -> float:
    start = timeframe.start_of_ms(moment_ms)
    if timeframe.unit is TimeframeUnit.MONTH:
        return round(start / _MONTH_MS)
    if timeframe.unit is TimeframeUnit.YEAR:
        return round(start / _YEAR_MS)
    return start // (timeframe.seconds * 1000)
