"""The value scales of the chart's panes, steady while the newest candle stays inside them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from upbit_auto_trading.domain.money import exact, tick_size
from upbit_auto_trading.presentation.widgets.chart_plan import PRICE_PANE
from upbit_auto_trading.presentation.widgets.chart_viewport import ValueScale

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from PyQt6.QtCore import QRect

    from upbit_auto_trading.presentation.widgets.chart_data import CandleSlice, ChartData
    from upbit_auto_trading.presentation.widgets.chart_plan import ChartPlan, PaneLook
    from upbit_auto_trading.presentation.widgets.chart_viewport import ChartLayout, ChartViewport

_ROOM: Final = 0.06
_READOUT_HEIGHT: Final = 50
_LABEL_HEIGHT: Final = 22
_FEWEST_TICKS: Final = 10
_OVERLAYS_SHARE: Final = 0.35
"""How far overlays may widen the price scale, as a share of what the candles take."""
_LEAST_RATIO: Final = 1e-6
_LEAST_USE: Final = 0.75
"""A scale is kept while the chart moves as long as this share of it is used."""


class PaneScales:
    """Scales of every pane for what is visible.

    `is_log` makes the price scale logarithmic. The price scale fits what is in sight until
    `hold_prices` sets its ends by hand.
    """

    def __init__(self) -> None:
        self.price = ValueScale(0.0, 1.0, 0.0, 1.0)
        self.volume = ValueScale(0.0, 1.0, 0.0, 1.0)
        self.subplots: tuple[ValueScale, ...] = ()
        self.most_volume = 0.0
        self.is_log = False
        self._held: tuple[float, float] | None = None
        self._moving: tuple[tuple[int, tuple[int, ...]], ...] = ()
        self._for: tuple[object, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether the price scale follows what is in sight."""
        return self._held is None

    def hold_prices(self, low: float, high: float) -> None:
        """Keep the price scale between two prices whatever is in sight."""
        if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
            return
        if self.is_log:
            low = max(low, high * _LEAST_RATIO)
        self._held = low, high
        self._for = ()

    def fit_prices(self) -> None:
        """Let the price scale follow what is in sight again."""
        self._held = None
        self._for = ()

    def set_log(self, *, is_log: bool) -> None:
        """Make the price scale logarithmic, or even."""
        if is_log != self.is_log:
            self.is_log = is_log
            self._held = None
            self._for = ()

    def update(
        self,
        data: ChartData,
        viewport: ChartViewport,
        layout: ChartLayout,
        market: str,
        plan: ChartPlan,
    ) -> bool:
        """Fit the scales to what is visible; return whether they changed."""
        key = (viewport.revision, viewport.slot_width, data.settled, layout, plan)
        if key == self._for and self._newest_fits(data, viewport):
            return False
        before = self.price, self.volume, self.most_volume, self.subplots
        has_only_moved = key[0] != (self._for or key)[0] and key[1:] == self._for[1:]
        self._for = key
        self._fit(data, viewport, layout, market, plan)
        if has_only_moved and self.fits:
            self._steady(*before)
        return True

    def _steady(
        self,
        price: ValueScale,
        volume: ValueScale,
        most_volume: float,
        subplots: tuple[ValueScale, ...],
    ) -> None:
        """Keep each scale of before that still serves, so that a moving chart doesn't breathe."""
        if _serves(price, self.price):
            self.price = price
        if _serves(volume, self.volume):
            self.volume, self.most_volume = volume, most_volume
        self.subplots = tuple(
            old if _serves(old, new) else new
            for old, new in zip(subplots, self.subplots, strict=True)
        )

    def _newest_fits(self, data: ChartData, viewport: ChartViewport) -> bool:
        if not viewport.left - 1 <= data.last_slot <= viewport.right:
            return True
        newest = data.last()
        prices_fit = self._held is not None or (
            self.price.low <= newest.low[0] and newest.high[0] <= self.price.high
        )
        if not prices_fit or newest.volume[0] > self.volume.high:
            return False
        for number, places in self._moving:
            scale = self.subplots[number]
            for place in places:
                value = newest.lines[place, 0]
                if value < scale.low or value > scale.high:
                    return False
        return True

    def _fit(
        self,
        data: ChartData,
        viewport: ChartViewport,
        layout: ChartLayout,
        market: str,
        plan: ChartPlan,
    ) -> None:
        shown = data.between(viewport.left, viewport.right)
        newest = data.last()
        with_newest = viewport.left - 1 <= data.last_slot <= viewport.right
        parts = [newest] if with_newest or not len(shown) else []
        parts += [shown] if len(shown) else []
        self.price = self._fitted_price(parts, layout, market, plan)
        self.most_volume = max(float(part.volume.max()) for part in parts)
        self.volume = ValueScale(
            0.0,
            (self.most_volume or 1.0) * 1.05,
            layout.volume.top() + _LABEL_HEIGHT,
            layout.volume.bottom() + 1,
        )
        self.subplots = tuple(
            _fitted_pane(parts, area, pane, plan.places_in(pane.key))
            for area, pane in zip(layout.subplots, plan.panes, strict=True)
        )
        self._moving = tuple(
            (number, plan.places_in(pane.key))
            for number, pane in enumerate(plan.panes)
            if pane.low is None or pane.high is None
        )

    def _fitted_price(
        self, parts: Sequence[CandleSlice], layout: ChartLayout, market: str, plan: ChartPlan
    ) -> ValueScale:
        top, bottom = layout.price.top() + _READOUT_HEIGHT, layout.price.bottom() - 4
        if self._held is not None:
            return ValueScale(*self._held, top, bottom, self.is_log)
        low = min(float(part.low.min()) for part in parts)
        high = max(float(part.high.max()) for part in parts)
        # A market that hardly moved isn't blown up to look as if it had.
        least = _FEWEST_TICKS * float(tick_size(market, exact(high)))
        reach = max(high - low, least) * _OVERLAYS_SHARE
        overlays = _ends(parts, plan.places_in(PRICE_PANE))
        if overlays is not None:
            low = min(low, max(overlays[0], low - reach))
            high = max(high, min(overlays[1], high + reach))
        if not self.is_log or low <= 0:
            room = max((high - low) * _ROOM, (least - (high - low)) / 2)
            return ValueScale(low - room, high + room, top, bottom)
        low = max(low, high * _LEAST_RATIO)
        ratio = (high / low) ** _ROOM
        low, high = low / ratio, high * ratio
        missing = max(0.0, least - (high - low)) / 2
        return ValueScale(max(low - missing, low / 2), high + missing, top, bottom, is_log=True)


def _serves(scale: ValueScale, fitted: ValueScale) -> bool:
    """Whether a scale shows what another one was fitted to, without wasting much room."""
    span = fitted.high - fitted.low
    room = span * _ROOM / (1 + 2 * _ROOM)
    holds = scale.low <= fitted.low + room and fitted.high - room <= scale.high
    return holds and span >= _LEAST_USE * (scale.high - scale.low)


def _fitted_pane(
    parts: Sequence[CandleSlice], area: QRect, pane: PaneLook, places: tuple[int, ...]
) -> ValueScale:
    low, high = pane.low, pane.high
    if low is None or high is None:
        found = _ends(parts, places) or (0.0, 1.0)
        limits = [value for value in pane.limits if math.isfinite(value)]
        found_low, found_high = min(found[0], *limits, found[0]), max(found[1], *limits, found[1])
        room = (found_high - found_low) * _ROOM or max(abs(found_high) * _ROOM, 1e-9)
        low = found_low - room if low is None else low
        high = found_high + room if high is None else high
    top = area.top() + (5 if pane.has_zones else _LABEL_HEIGHT - 4)
    return ValueScale(low, high, top, area.bottom() - 4)


def _ends(parts: Iterable[CandleSlice], places: Sequence[int]) -> tuple[float, float] | None:
    """The smallest and the largest known value of some lines."""
    lows, highs = [], []
    for part in parts:
        for place in places:
            values = part.lines[place]
            if len(values):
                lows.append(float(np.fmin.reduce(values)))
                highs.append(float(np.fmax.reduce(values)))
    known = [value for value in lows if math.isfinite(value)]
    return (min(known), max(value for value in highs if math.isfinite(value))) if known else None
