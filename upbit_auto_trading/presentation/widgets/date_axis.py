"""A time axis of Korean days or hours under a pyqtgraph plot."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import pyqtgraph as pg

from upbit_auto_trading.presentation.formatting import KST
from upbit_auto_trading.presentation.theme import font

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upbit_auto_trading.presentation.theme import Theme

_ROOM: Final = 90
_HEIGHT: Final = 22
_MINUTE: Final = 60_000
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
_STEPS: Final = (
    *(n * _MINUTE for n in (1, 5, 10, 30)),
    *(n * _HOUR for n in (1, 3, 6, 12)),
    *(n * _DAY for n in (1, 2, 7, 14)),
)
_MONTHS: Final = (1, 2, 3, 6, 12)
_KST_MS: Final = 9 * _HOUR


class DateAxis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    """Labels round moments; positions are epoch milliseconds."""

    def __init__(self, theme: Theme) -> None:
        super().__init__("bottom", textPen=theme.colour("text-3"), pen=theme.pen("line"))
        self.setStyle(tickFont=font("small"), tickLength=0)
        self.enableAutoSIPrefix(False)
        self.setHeight(_HEIGHT)

    def tickValues(  # noqa: N802 -- pyqtgraph's name
        self, first: float, last: float, size: float
    ) -> list[tuple[float, list[float]]]:
        span = max(1.0, last - first)
        smallest = span * _ROOM / max(size, 1.0)
        for step in _STEPS:
            if step >= smallest:
                begin = int((first + _KST_MS) // step + 1) * step - _KST_MS
                return [(step, [float(ms) for ms in range(begin, int(last), step)])]
        months = next((n for n in _MONTHS if n * 30 * _DAY >= smallest), _MONTHS[-1])
        return [(months * 30 * _DAY, _month_starts(first, last, months))]

    def tickStrings(  # noqa: N802 -- pyqtgraph's name
        self, values: Sequence[float], scale: float, spacing: float
    ) -> list[str]:
        del scale
        moments = [datetime.fromtimestamp(value / 1000, KST) for value in values]
        if spacing >= 30 * _DAY:
            return [moment.strftime("%Y-%m") for moment in moments]
        if spacing >= _DAY:
            return [moment.strftime("%m-%d") for moment in moments]
        return [
            moment.strftime("%m-%d" if moment.hour == moment.minute == 0 else "%H:%M")
            for moment in moments
        ]


def _month_starts(first: float, last: float, months: int) -> list[float]:
    moment = datetime.fromtimestamp(first / 1000, KST).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0
    )
    starts = []
    while (ms := moment.timestamp() * 1000) < last:
        if ms > first and (moment.month - 1) % months == 0:
            starts.append(ms)
        moment = (moment + timedelta(days=32)).replace(day=1)
    return starts
