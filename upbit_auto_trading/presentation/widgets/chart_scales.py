"""The value scales of the chart's panes, steady while the newest candle stays inside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.money import exact, tick_size
from upbit_auto_trading.presentation.widgets.chart_viewport import ValueScale

if TYPE_CHECKING:
    from upbit_auto_trading.presentation.widgets.chart_data import ChartData
    from upbit_auto_trading.presentation.widgets.chart_viewport import ChartLayout, ChartViewport

_ROOM: Final = 0.06
_READOUT_HEIGHT: Final = 50
_LABEL_HEIGHT: Final = 22
_FEWEST_TICKS: Final = 10


class PaneScales:
    """Scales of the price, volume and RSI panes for what is visible."""

    def __init__(self) -> None:
        self.price = ValueScale(0.0, 1.0, 0.0, 1.0)
        self.volume = ValueScale(0.0, 1.0, 0.0, 1.0)
        self.rsi = ValueScale(0.0, 100.0, 0.0, 1.0)
        self.most_volume = 0.0
        self._for: tuple[object, ...] = ()

    def update(
        self, data: ChartData, viewport: ChartViewport, layout: ChartLayout, market: str
    ) -> bool:
        """Fit the scales to what is visible; return whether they changed."""
        key = (data.settled, viewport.revision, layout)
        if key == self._for and self._newest_fits(data, viewport):
            return False
        self._for = key
        self._fit(data, viewport, layout, market)
        return True

    def _newest_fits(self, data: ChartData, viewport: ChartViewport) -> bool:
        if not viewport.left - 1 <= data.last_slot <= viewport.right:
            return True
        newest = data.last()
        return bool(
            self.price.low <= newest.low[0]
            and newest.high[0] <= self.price.high
            and newest.volume[0] <= self.volume.high
        )

    def _fit(
        self, data: ChartData, viewport: ChartViewport, layout: ChartLayout, market: str
    ) -> None:
        shown = data.between(viewport.left, viewport.right)
        newest = data.last()
        with_newest = viewport.left - 1 <= data.last_slot <= viewport.right
        parts = [newest] if with_newest or not len(shown) else []
        parts += [shown] if len(shown) else []
        low = min(float(part.low.min()) for part in parts)
        high = max(float(part.high.max()) for part in parts)
        # A market that hardly moved isn't blown up to look as if it had.
        least = _FEWEST_TICKS * float(tick_size(market, exact(high)))
        room = max((high - low) * _ROOM, (least - (high - low)) / 2)
        self.price = ValueScale(
            low - room,
            high + room,
            layout.price.top() + _READOUT_HEIGHT,
            layout.price.bottom() - 4,
        )
        self.most_volume = max(float(part.volume.max()) for part in parts)
        self.volume = ValueScale(
            0.0,
            (self.most_volume or 1.0) * 1.05,
            layout.volume.top() + _LABEL_HEIGHT,
            layout.volume.bottom() + 1,
        )
        self.rsi = ValueScale(0.0, 100.0, layout.rsi.top() + 5, layout.rsi.bottom() - 4)
