"""Lines a user drew into a market's chart."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from upbit_auto_trading.domain.market import InvalidMarketError, parse_market

if TYPE_CHECKING:
    from collections.abc import Mapping

_EARLIEST_MS: Final = 0
_LATEST_MS: Final = 4_102_444_800_000


class InvalidDrawingError(ValueError):
    """What was read as a drawing isn't one; `field` says where."""

    def __init__(self, field: str) -> None:
        super().__init__(f"no drawing: {field} is wrong")
        self.field = field


class DrawingKind(StrEnum):
    """HORIZONTAL stands at one price, TREND goes through two points."""

    HORIZONTAL = "horizontal"
    TREND = "trend"


@dataclass(frozen=True, slots=True)
class DrawnPoint:
    """A place on a chart, whatever its timeframe: exchange time in ms, and a price."""

    ms: int
    price: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """One line in a market's chart; a horizontal one has one point, a trend line two.

    Raises:
        InvalidDrawingError: a point is outside what a chart can show.
    """

    market: str
    kind: DrawingKind
    points: tuple[DrawnPoint, ...]

    def __post_init__(self) -> None:
        try:
            parse_market(self.market)
        except InvalidMarketError:
            raise InvalidDrawingError("market") from None
        if len(self.points) != (1 if self.kind is DrawingKind.HORIZONTAL else 2):
            raise InvalidDrawingError("points")
        for point in self.points:
            is_finite = math.isfinite(point.price) and point.price > 0
            if not is_finite or not _EARLIEST_MS <= point.ms <= _LATEST_MS:
                raise InvalidDrawingError("points")

    def with_point(self, number: int, point: DrawnPoint) -> Drawing:
        """The drawing with one of its points elsewhere."""
        points = (*self.points[:number], point, *self.points[number + 1 :])
        return replace(self, points=points)

    def plain(self) -> dict[str, Any]:
        """The drawing as plain data."""
        return {
            "market": self.market,
            "kind": self.kind.value,
            "points": [[point.ms, point.price] for point in self.points],
        }


def drawing_from(plain: Mapping[str, Any]) -> Drawing:
    """Return the drawing that `plain` data stands for.

    Raises:
        InvalidDrawingError: it stands for none.
    """
    try:
        points = tuple(DrawnPoint(int(ms), float(price)) for ms, price in plain["points"])
        return Drawing(str(plain["market"]), DrawingKind(plain["kind"]), points)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        if isinstance(error, InvalidDrawingError):
            raise
        raise InvalidDrawingError(str(error)) from None
