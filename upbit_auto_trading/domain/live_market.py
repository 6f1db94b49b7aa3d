"""The market as rules see it live: windows, candles and indicators moved on print by print."""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.live_candles import LiveCandles
from upbit_auto_trading.domain.market_view import writer_of
from upbit_auto_trading.domain.position_variables import STATE_SUPPLIERS
from upbit_auto_trading.domain.price_window import PriceWindow
from upbit_auto_trading.domain.tick import Quality, Tick
from upbit_auto_trading.domain.tick_variables import (
    CLOCK,
    WINDOWED,
    hour_kst,
    weekday_kst,
    window_edge,
    window_ms,
)
from upbit_auto_trading.domain.truth import Unknown, UnknownReason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from upbit_auto_trading.domain.evaluation import Input, Inputs
    from upbit_auto_trading.domain.indicator import CandleRow, IndicatorPort
    from upbit_auto_trading.domain.market_view import Writer
    from upbit_auto_trading.domain.variable import Reading

_NAN: Final = float("nan")
_NOTHING: Final[frozenset[str]] = frozenset()
_REMEMBERED_MS: Final = 600_000
_UNTRUSTED: Final = frozenset(
    {UnknownReason.STALE, UnknownReason.GAP, UnknownReason.TRANSITION_CACHE}
)


class Intake(Enum):
    """What became of a tick: to be judged, to be held back, or dropped for being too old."""

    JUDGE = "judge"
    HOLD_BACK = "hold_back"
    DROP = "drop"


class LiveMarket:
    """A market view fed one tick at a time.

    Indicators start at the first candle taken in, the run's anchor, and go on from there.
    Whatever is to be read is attached before the first tick, but with `remembers` at any time:
    closed candles and the prints of the last ten minutes are kept for what comes late.
    """

    def __init__(self, indicators: IndicatorPort, *, remembers: bool = False) -> None:
        self.ms = 0
        self.price = _NAN
        self.closed: frozenset[str] = _NOTHING
        self.closed_late: frozenset[str] = _NOTHING
        self.backfilled = False
        self.untrusted: frozenset[str] = _NOTHING
        self.dropped = 0
        self._started = False
        self._missing_since: int | None = None
        self._candles = LiveCandles(indicators, remembers=remembers)
        self._recent: deque[tuple[int, float]] | None = deque() if remembers else None
        self._restarts: deque[tuple[int, int]] = deque(maxlen=50)
        self._windows: dict[int, PriceWindow] = {}
        self._supplied: dict[Reading, float | Unknown] = {}
        self._outside: set[Reading] = set()

    @property
    def outside(self) -> frozenset[Reading]:
        """What is read that ticks can't tell: to be given through `supply`."""
        return frozenset(self._outside)

    def attach(self, inputs: Inputs) -> Writer:
        return writer_of(inputs, self._reader)

    def seed(self, timeframe: str, candles: Iterable[CandleRow]) -> None:
        """Take in closed candles from before the first tick; the oldest is the anchor."""
        for candle in candles:
            self._candles.seed(timeframe, candle)

    @property
    def timeframes(self) -> frozenset[str]:
        """The timeframes whose candles are built and may be seeded."""
        return self._candles.timeframes

    def build_candles(self, timeframes: Iterable[str]) -> None:
        """Build the candles of these timeframes whether anything reads them yet or not."""
        for timeframe in timeframes:
            self._candles.build(timeframe)

    def supply(self, values: Mapping[Reading, float | Unknown]) -> None:
        """Note values that come from elsewhere, such as the order book's."""
        self._supplied.update(values)
        self.untrusted = frozenset(
            reading.variable
            for reading, value in self._supplied.items()
            if isinstance(value, Unknown) and value.reason in _UNTRUSTED
        )

    def take(self, tick: Tick) -> Intake:
        """Move on to a tick; a print older than its predecessor is dropped and counted."""
        if not tick.quality.is_print:
            if self._missing_since is None:
                self._missing_since = max(tick.ms, self.ms)
            return Intake.HOLD_BACK
        if self._started and tick.ms < self.ms:
            self.dropped += 1
            return Intake.DROP
        self._started = True
        self.ms, self.price = tick.ms, tick.price
        self.backfilled = tick.quality is Quality.BACKFILLED
        closed, late = self._candles.take(tick, backfilled=self.backfilled)
        self.closed = frozenset(closed) if closed else _NOTHING
        self.closed_late = frozenset(late) if late else _NOTHING
        self._end_missing(tick)
        for window in self._windows.values():
            window.take(tick.ms, tick.price)
        if self._recent is not None:
            self._recent.append((tick.ms, tick.price))
            while self._recent[0][0] < tick.ms - _REMEMBERED_MS:
                self._recent.popleft()
        return Intake.JUDGE

    def newest_closed(self, timeframe: str) -> CandleRow | None:
        """Return the newest closed candle of a timeframe; a market that remembers knows it."""
        return self._candles.newest_closed(timeframe)

    def unknown_of(self, wanted: Input) -> Unknown:
        reading = wanted.reading
        if reading.timeframe is not None:
            return self._candles.why_unknown(wanted)
        value = self._supplied.get(reading)
        if isinstance(value, Unknown):
            return value
        if reading.variable in WINDOWED:
            return Unknown(UnknownReason.NO_TRADE)
        return Unknown(UnknownReason.NOT_SUPPLIED)

    def _end_missing(self, tick: Tick) -> None:
        """Restart the windows a missing stretch was longer than."""
        if self._missing_since is None or self.backfilled:
            return
        missing_ms = tick.ms - self._missing_since
        self._missing_since = None
        self._restarts.append((tick.ms, missing_ms))
        for length_ms, window in self._windows.items():
            if missing_ms > length_ms:
                window.restart()

    def _reader(self, wanted: Input) -> Callable[[], float] | None:
        reading = wanted.reading
        if reading.variable in STATE_SUPPLIERS:
            return None
        if reading.timeframe is not None:
            return self._candles.reader(wanted)
        if reading.variable in WINDOWED:
            return self._window_reader(reading)
        if reading.variable in CLOCK:
            of = hour_kst if reading.variable == "hour_kst" else weekday_kst
            return lambda: float(of(self.ms))
        self._outside.add(reading)
        return lambda: self._supplied_value(reading)

    def _window_reader(self, reading: Reading) -> Callable[[], float]:
        length_ms = window_ms(reading)
        window = self._windows.get(length_ms)
        if window is None:
            window = self._windows[length_ms] = PriceWindow(length_ms)
        edge_of = window.reader(window_edge(reading))
        if self._recent:
            self._refill(window)
        if reading.variable == "change":
            return lambda: (self.price / edge_of() - 1) * 100
        return edge_of

    def _refill(self, window: PriceWindow) -> None:
        """Give a window that is read late the prints it would have had."""
        gaps = (ms for ms, missing_ms in self._restarts if missing_ms > window.length_ms)
        since = max(gaps, default=0)
        window.restart()
        for ms, price in self._recent or ():
            if ms >= since:
                window.take(ms, price)

    def _supplied_value(self, reading: Reading) -> float:
        value = self._supplied.get(reading, _NAN)
        return _NAN if isinstance(value, Unknown) else value
