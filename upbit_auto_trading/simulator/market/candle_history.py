"""Closed candles kept from one close to the next, so that a close costs only its new candle."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from upbit_auto_trading.domain.timeframe import Timeframe

_KEPT_SERIES: Final = 600


class ClosedCandle(Protocol):
    """What an indicator reads of a candle."""

    @property
    def start_ms(self) -> int: ...
    @property
    def close(self) -> float: ...
    @property
    def volume(self) -> float: ...


class CandleSource(Protocol):
    """Where closed candles come from, newest first, slots without trades left out."""

    def candles(
        self, market: str, timeframe: Timeframe, before_ms: int, count: int, now_ms: int
    ) -> Sequence[ClosedCandle]: ...


@dataclass(slots=True)
class _Series:
    closed_ms: int
    candles: list[ClosedCandle]


class CandleHistory:
    """The newest `length` closed candles of each market and timeframe that was asked for."""

    def __init__(self, source: CandleSource, length: int) -> None:
        self._source = source
        self._length = length
        self._series: OrderedDict[tuple[str, str], _Series] = OrderedDict()

    def __len__(self) -> int:
        return len(self._series)

    def until(
        self, market: str, timeframe: Timeframe, closed_ms: int, now_ms: int
    ) -> Sequence[ClosedCandle]:
        """Return the candles that ended by `closed_ms`, oldest first."""
        key = (market, timeframe.code)
        series = self._series.get(key)
        if series is None or closed_ms < series.closed_ms:
            series = self._series[key] = _Series(0, [])
        if closed_ms > series.closed_ms:
            newest = self._source.candles(
                market, timeframe, closed_ms, self._missing(series, timeframe, closed_ms), now_ms
            )
            known_ms = series.closed_ms
            series.candles += [row for row in reversed(newest) if row.start_ms >= known_ms]
            del series.candles[: -self._length]
            series.closed_ms = closed_ms
        self._series.move_to_end(key)
        if len(self._series) > _KEPT_SERIES:
            self._series.popitem(last=False)
        return series.candles

    def _missing(self, series: _Series, timeframe: Timeframe, closed_ms: int) -> int:
        slots = (closed_ms - series.closed_ms) // (timeframe.seconds * 1000)
        return max(1, min(self._length, slots))
