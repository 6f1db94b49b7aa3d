"""The variables that follow from ticks and their time alone: windows, the hour, the day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from upbit_auto_trading.domain.variable import Reading

WINDOWED: Final = frozenset({"window_high", "window_low", "change"})
CLOCK: Final = frozenset({"hour_kst", "weekday_kst"})
_KST_MS: Final = 9 * 3_600_000
_HOUR_MS: Final = 3_600_000
_DAY_MS: Final = 86_400_000
# 1970-01-01 was a Thursday, the fourth day of the week.
_FIRST_WEEKDAY: Final = 3


def window_ms(reading: Reading) -> int:
    """Return the length of a windowed reading's window in milliseconds."""
    return round(float(dict(reading.parameters)["window"]) * 1000)


def window_edge(reading: Reading) -> str:
    """Return which price of the window counts: `first`, `high` or `low`."""
    if reading.variable == "change":
        return str(dict(reading.parameters)["origin"])
    return "high" if reading.variable == "window_high" else "low"


def hour_kst(ms: int) -> int:
    """Return the hour in Korea, 0 to 23."""
    return (ms + _KST_MS) // _HOUR_MS % 24


def weekday_kst(ms: int) -> int:
    """Return the day in Korea, Monday 1 to Sunday 7."""
    return ((ms + _KST_MS) // _DAY_MS + _FIRST_WEEKDAY) % 7 + 1
