"""What a chart draws beside its candles: lines of values, and the panes they stand in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from upbit_auto_trading.domain.variable import Unit
from upbit_auto_trading.presentation.formatting import (
    MINUS,
    decimals_of,
    large_won,
    number,
    price,
    quantity,
)

PRICE_PANE: Final = ""
"""The pane of the candles."""
VOLUME_PANE: Final = "volume"
"""The pane of the volume bars, where the chart has one."""


class LineShape(StrEnum):
    """How the values of a line are drawn. BARS stand on zero, DOTS aren't joined.

    SIGNED_BARS have the colours of rising and falling prices.
    """

    LINE = "line"
    BARS = "bars"
    SIGNED_BARS = "signed_bars"
    DOTS = "dots"


@dataclass(frozen=True, slots=True)
class LineLook:
    """One line of values, one value a candle.

    `key` names the line to the chart's owner, `owner` what several lines belong to (the legend
    has one entry for each owner). `ink` is a colour token, `pane` the key of its pane.
    """

    key: str
    label: str
    ink: str
    pane: str = PRICE_PANE
    shape: LineShape = LineShape.LINE
    owner: str = ""


@dataclass(frozen=True, slots=True)
class PaneLook:
    """A pane below the candles.

    `low` and `high` are its bounds, None where they follow the values in sight. `limits` are
    drawn dashed and labelled; the lowest and the highest of them bound tinted zones where
    `has_zones`. `unit` says how its values are spelled.
    """

    key: str
    unit: Unit = Unit.INDEX
    low: float | None = None
    high: float | None = None
    limits: tuple[float, ...] = ()
    has_zones: bool = False


@dataclass(frozen=True, slots=True)
class ChartPlan:
    """The lines of a chart and its panes, in their order from the top."""

    lines: tuple[LineLook, ...] = ()
    panes: tuple[PaneLook, ...] = ()
    has_volume: bool = True

    def places_in(self, pane: str) -> tuple[int, ...]:
        """The places of a pane's lines among all lines."""
        return tuple(n for n, line in enumerate(self.lines) if line.pane == pane)


def value_text(market: str, unit: Unit, value: float) -> str:
    """A value as axes, tags and readouts spell it."""
    if unit is Unit.PRICE:
        decimals = decimals_of(market, value) if value > 0 else 0
        return price(market, round(value, decimals)) if value > 0 else signed(value, decimals)
    if unit in (Unit.INDEX, Unit.COUNT, Unit.HOUR, Unit.MINUTES, Unit.WEEKDAY):
        return number(value, 1)
    if unit is Unit.PERCENT:
        return f"{number(value, 2)}%"
    if unit is Unit.MONEY:
        return large_won(value)
    if unit is Unit.QUANTITY:
        return quantity(value)
    if unit is Unit.RATIO:
        return number(value, 2)
    return signed(value, _decimals_for(value))


def signed(value: float, decimals: int) -> str:
    """A number round zero, shortened where it is large."""
    if abs(value) >= 1e7:
        return f"{MINUS if value < 0 else ''}{large_won(abs(value))}"
    return number(value, decimals)


def _decimals_for(value: float) -> int:
    size = abs(value)
    return 0 if size >= 1000 or not size else 1 if size >= 100 else 2 if size >= 1 else 4
