"""How a user wants charts: their indicators, their scale, what is shown beside the candles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from upbit_auto_trading.domain.chart_indicator import (
    MOST_INDICATORS,
    ChartIndicator,
    InvalidIndicatorError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST: Final = 60
USUAL_INDICATORS: Final = (
    ChartIndicator("sma", (("period", 20),)),
    ChartIndicator("rsi", (("period", 14),)),
)


class InvalidChoicesError(ValueError):
    """What was read as a chart's choices isn't any; `field` says where."""

    def __init__(self, field: str) -> None:
        super().__init__(f"no chart: {field} is wrong")
        self.field = field


@dataclass(frozen=True, slots=True)
class ChartChoices:
    """What holds for every market's chart.

    Whether an indicator's kind and parameters exist is for `IndicatorKinds` to say: what it
    doesn't know isn't drawn.
    """

    indicators: tuple[ChartIndicator, ...] = USUAL_INDICATORS
    is_log: bool = False
    has_volume: bool = True
    shows_markers: bool = True

    def __post_init__(self) -> None:
        if len(self.indicators) > MOST_INDICATORS:
            raise InvalidChoicesError("indicators")

    def plain(self) -> dict[str, Any]:
        """The choices as plain data."""
        return {
            "indicators": [one.plain() for one in self.indicators],
            "is_log": self.is_log,
            "has_volume": self.has_volume,
            "shows_markers": self.shows_markers,
        }


def choices_from(plain: Mapping[str, Any]) -> ChartChoices:
    """Return the choices that `plain` data stands for; what is missing is as usual.

    Raises:
        InvalidChoicesError: it stands for none.
    """
    usual = ChartChoices()
    try:
        flags = {
            name: plain.get(name, getattr(usual, name))
            for name in ("is_log", "has_volume", "shows_markers")
        }
        listed = plain.get("indicators")
        indicators = usual.indicators
        if listed is not None:
            indicators = tuple(_indicator(one) for one in listed)
    except (AttributeError, KeyError, TypeError, InvalidIndicatorError) as error:
        raise InvalidChoicesError(str(error)) from None
    for name, value in flags.items():
        if not isinstance(value, bool):
            raise InvalidChoicesError(name)
    return ChartChoices(indicators, **flags)


def _indicator(plain: Mapping[str, Any]) -> ChartIndicator:
    parameters = dict(plain.get("parameters", {}))
    texts = [plain["kind"], *plain.get("inks", ()), *plain.get("hidden_lines", ()), *parameters]
    if not all(isinstance(text, str) and 0 < len(text) <= _LONGEST for text in texts):
        raise InvalidIndicatorError("kind")
    for value in parameters.values():
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise InvalidIndicatorError("parameters")
    return ChartIndicator(
        plain["kind"],
        tuple(sorted(parameters.items())),
        tuple(plain.get("inks", ())),
        bool(plain.get("is_hidden", False)),
        tuple(plain.get("hidden_lines", ())),
    )
