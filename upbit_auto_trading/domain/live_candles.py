"""Candles and indicators built print by print, from the run's anchor on."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.candle_builder import CandleBuilder
from upbit_auto_trading.domain.expression import MAX_BARS, MAX_OFFSET, Bar
from upbit_auto_trading.domain.timeframe import parse_timeframe
from upbit_auto_trading.domain.truth import Unknown, UnknownReason

if TYPE_CHECKING:
    from collections.abc import Callable

    from upbit_auto_trading.domain.evaluation import Input
    from upbit_auto_trading.domain.indicator import CandleRow, IndicatorPort, RunningIndicator
    from upbit_auto_trading.domain.tick import Tick

_NAN: Final = float("nan")
# Enough for any offset together with any number of bars in a row.
_REMEMBERED_VALUES: Final = MAX_OFFSET + MAX_BARS + 2
_REMEMBERED_CANDLES: Final = 5_000


class _Series:
    """One indicator on one timeframe: closed values, newest last, and the forming candle's."""

    def __init__(self, running: RunningIndicator, builder: CandleBuilder, bars: int = 1) -> None:
        self._running = running
        self._builder = builder
        self._closed: deque[float] = deque(maxlen=bars)
        self._pushed = 0
        self._was_known = False

    def keep(self, bars: int) -> None:
        """Keep at least that many closed values."""
        if bars > (self._closed.maxlen or 1):
            self._closed = deque(self._closed, maxlen=bars)

    def push(self, candle: CandleRow) -> None:
        value = self._running.push(candle)
        self._closed.append(value)
        self._pushed += 1
        self._was_known = self._was_known or value == value  # noqa: PLR0124 - NaN

    def closed(self, back: int) -> float:
        return self._closed[-1 - back] if back < len(self._closed) else _NAN

    def forming(self) -> float:
        candle = self._builder.forming
        return _NAN if candle is None else self._running.preview(candle)

    def why_unknown(self) -> Unknown:
        if not self._pushed:
            return Unknown(UnknownReason.NO_CANDLE)
        if self._was_known:
            return Unknown(UnknownReason.FLAT_MARKET)
        return Unknown(UnknownReason.WARMING_UP, (("have", float(self._pushed)),))


class LiveCandles:
    """Every timeframe that is read: its forming candle, and the indicators on its closed ones.

    A slot without prints has no candle, and none is invented. With `remembers` closed candles
    are kept, so that an indicator asked for late has its past at once.
    """

    def __init__(self, indicators: IndicatorPort, *, remembers: bool = False) -> None:
        self._indicators = indicators
        self._remembers = remembers
        self._past: dict[str, deque[CandleRow]] = {}
        self._builders: dict[str, CandleBuilder] = {}
        self._series: dict[tuple[object, ...], _Series] = {}
        self._by_timeframe: dict[str, list[_Series]] = {}

    @property
    def timeframes(self) -> frozenset[str]:
        """The timeframes whose candles are built."""
        return frozenset(self._builders)

    def build(self, timeframe: str) -> CandleBuilder:
        """Return what builds a timeframe's candles, made where there is none."""
        builder = self._builders.get(timeframe)
        if builder is None:
            builder = self._builders[timeframe] = CandleBuilder(parse_timeframe(timeframe))
            self._by_timeframe.setdefault(timeframe, [])
        return builder

    def reader(self, wanted: Input) -> Callable[[], float]:
        """Return what reads an input of a variable that has candles."""
        series = self._series_of(wanted)
        back = wanted.back
        if wanted.reading.bar is Bar.CLOSED:
            series.keep(back + 1)
            return lambda: series.closed(back)
        if back == 0:
            return series.forming
        series.keep(back)
        return lambda: series.closed(back - 1)

    def why_unknown(self, wanted: Input) -> Unknown:
        """Return why an input of a variable that has candles has no value."""
        return self._series_of(wanted).why_unknown()

    def seed(self, timeframe: str, candle: CandleRow) -> None:
        """Take in a closed candle from before the first print."""
        self._remember(timeframe, candle)
        for series in self._by_timeframe.get(timeframe, ()):
            series.push(candle)

    def take(self, tick: Tick, *, backfilled: bool) -> tuple[list[str], list[str]]:
        """Take in a print; return the timeframes it closed a candle of, and the late ones.

        Late is a candle whose last print, or the one that proves its end, came by backfill.
        """
        closed: list[str] = []
        late: list[str] = []
        for name, builder in self._builders.items():
            was_backfilled = builder.ends_backfilled
            candle = builder.take(tick, backfilled=backfilled)
            if candle is None:
                continue
            closed.append(name)
            if was_backfilled or backfilled:
                late.append(name)
            self._remember(name, candle)
            for series in self._by_timeframe[name]:
                series.push(candle)
        return closed, late

    def newest_closed(self, timeframe: str) -> CandleRow | None:
        """Return the newest closed candle that is remembered."""
        past = self._past.get(timeframe)
        return past[-1] if past else None

    def _series_of(self, wanted: Input) -> _Series:
        reading = wanted.reading
        name = str(reading.timeframe)
        key = (reading.variable, reading.parameters, name)
        if key not in self._series:
            builder = self.build(name)
            bars = _REMEMBERED_VALUES if self._remembers else 1
            series = _Series(self._indicators.start(reading), builder, bars)
            for candle in self._past.get(name, ()):
                series.push(candle)
            self._series[key] = series
            self._by_timeframe.setdefault(name, []).append(series)
        return self._series[key]

    def _remember(self, timeframe: str, candle: CandleRow) -> None:
        if self._remembers:
            past = self._past.setdefault(timeframe, deque(maxlen=_REMEMBERED_CANDLES))
            past.append(candle)
