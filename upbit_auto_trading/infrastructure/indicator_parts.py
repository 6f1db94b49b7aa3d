"""Parts indicators are built of, each in three forms that give the same bits.

The batch form takes columns from the anchor on and returns one value per candle; the running
form takes one candle after the other from the same anchor; the forming one returns what the
running one's `preview` would say after each print. NaN is unknown.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final, Protocol

import numpy as np
import talib
from numpy.typing import NDArray
from talib import (  # type: ignore[attr-defined] # InsufficientHistory isn't in its stubs
    InsufficientHistory,
    stream,
)

from upbit_auto_trading.domain.candle_series import CandleColumns
from upbit_auto_trading.domain.forming_candles import FormingCandles
from upbit_auto_trading.domain.indicator import CandleRow, RunningIndicator
from upbit_auto_trading.domain.rsi import RunningRsi, forming_rsi, wilder_rsi

Floats = NDArray[np.float64]
Combine = Callable[..., Floats]

_NAN: Final = float("nan")


class Part(Protocol):
    """One step of an indicator."""

    def batch(self, candles: CandleColumns) -> Floats: ...
    def forming(self, forming: FormingCandles) -> Floats: ...
    def running(self) -> RunningIndicator: ...
    def after(self, candles: CandleColumns) -> RunningIndicator:
        """Return the running form as pushing each candle leaves it."""
        ...


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the candles: `open`, `high`, `low`, `close`, `volume` or `turnover`."""

    name: str

    def batch(self, candles: CandleColumns) -> Floats:
        column: Floats = getattr(candles, self.name)
        return column.astype(np.float64)

    def forming(self, forming: FormingCandles) -> Floats:
        column: Floats = getattr(forming, self.name)
        return column

    def running(self) -> RunningIndicator:
        return _RunningColumn(self.name)

    def after(self, candles: CandleColumns) -> RunningIndicator:
        del candles
        return self.running()


class _RunningColumn:
    def __init__(self, name: str) -> None:
        self._name = name

    def push(self, candle: CandleRow) -> float:
        return float(getattr(candle, self._name))

    preview = push


@dataclass(frozen=True, slots=True)
class Combined:
    """An elementwise function of other parts, written for arrays."""

    combine: Combine
    parts: tuple[Part, ...]

    def batch(self, candles: CandleColumns) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.combine(*(part.batch(candles) for part in self.parts))

    def forming(self, forming: FormingCandles) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.combine(*(part.forming(forming) for part in self.parts))

    def running(self) -> RunningIndicator:
        return _RunningCombined(self.combine, tuple(part.running() for part in self.parts))

    def after(self, candles: CandleColumns) -> RunningIndicator:
        return _RunningCombined(self.combine, tuple(part.after(candles) for part in self.parts))


class _RunningCombined:
    def __init__(self, combine: Combine, parts: tuple[RunningIndicator, ...]) -> None:
        self._combine = combine
        self._parts = parts

    def push(self, candle: CandleRow) -> float:
        return self._of([part.push(candle) for part in self._parts])

    def preview(self, candle: CandleRow) -> float:
        return self._of([part.preview(candle) for part in self._parts])

    def _of(self, values: list[float]) -> float:
        with np.errstate(divide="ignore", invalid="ignore"):
            return float(self._combine(*map(np.float64, values)))


@dataclass(frozen=True, slots=True)
class TaLib:
    """A function of TA-Lib over parts that are known from the first candle on."""

    function: str
    inputs: tuple[Part, ...]
    arguments: tuple[float, ...] = ()
    output: int = 0

    def batch(self, candles: CandleColumns) -> Floats:
        if len(candles) == 0:
            return np.empty(0)
        inputs = [part.batch(candles) for part in self.inputs]
        answer = getattr(talib, self.function)(*inputs, *self.arguments)
        chosen: Floats = answer[self.output] if isinstance(answer, tuple) else answer
        return chosen

    def forming(self, forming: FormingCandles) -> Floats:
        values = self.batch(forming.candles)
        if len(values) == len(forming):
            return values  # one print a candle: each closes as it stands
        closed = [input_.batch(forming.candles) for input_ in self.inputs]
        newest = [input_.forming(forming) for input_ in self.inputs]
        return _RunningTaLib(self).follow(forming.first, closed, newest)

    def running(self) -> RunningIndicator:
        return _RunningTaLib(self)

    def after(self, candles: CandleColumns) -> RunningIndicator:
        return _RunningTaLib(self, candles)


class _RunningTaLib:
    """TA-Lib's own stream, opened as soon as there are candles enough."""

    def __init__(self, part: TaLib, candles: CandleColumns | None = None) -> None:
        self._open = getattr(stream, part.function)
        self._arguments = part.arguments
        self._output = part.output
        self._history: list[list[float]] = [[] for _ in part.inputs]
        self._handle: Any = None
        self._too_few = 0
        if candles is None:
            self._inputs = [input_.running() for input_ in part.inputs]
            return
        self._inputs = [input_.after(candles) for input_ in part.inputs]
        lines = [input_.batch(candles) for input_ in part.inputs]
        self._handle = self._opened(lines)
        if self._handle is None:
            self._history = [line.tolist() for line in lines]

    def push(self, candle: CandleRow) -> float:
        return self._push([input_.push(candle) for input_ in self._inputs])

    def preview(self, candle: CandleRow) -> float:
        return self._preview([input_.preview(candle) for input_ in self._inputs])

    def follow(
        self, first: NDArray[np.intp], closed: Sequence[Floats], newest: Sequence[Floats]
    ) -> Floats:
        """Return the value after each print, taking in every candle once its last is past.

        `first` has the row of each candle's first print; `closed` are the inputs at the candles'
        closes, `newest` those of the forming candle after each print.
        """
        values = np.empty(len(newest[0]))
        ends = [*first[1:].tolist(), len(values)][: len(first)]
        closes = zip(*(line.tolist() for line in closed), strict=True)
        for begin, end, close in zip(first.tolist(), ends, closes, strict=True):
            rows = [line[begin:end].tolist() for line in newest]
            if self._handle is None:
                values[begin:end] = [self._preview(row) for row in zip(*rows, strict=True)]
            else:
                answers = map(self._handle.peek, *rows)
                if isinstance(self._handle.value, tuple):
                    answers = map(itemgetter(self._output), answers)
                values[begin:end] = list(answers)
            self._push(close)
        return values

    def _push(self, values: Sequence[float]) -> float:
        if self._handle is not None:
            return self._chosen(self._handle.update(*values))
        for line, value in zip(self._history, values, strict=True):
            line.append(value)
        self._handle = self._opened(self._history)
        if self._handle is None:
            return _NAN
        self._history = []
        return self._chosen(self._handle.value)

    def _preview(self, values: Sequence[float]) -> float:
        if self._handle is not None:
            return self._chosen(self._handle.peek(*values))
        lines = [[*line, value] for line, value in zip(self._history, values, strict=True)]
        handle = self._opened(lines)
        return _NAN if handle is None else self._chosen(handle.value)

    def _opened(self, lines: Sequence[Sequence[float] | Floats]) -> Any:
        """Return TA-Lib's stream after these candles, None where there are too few."""
        if len(lines[0]) <= self._too_few:
            return None
        try:
            return self._open(
                *(np.array(line, dtype=np.float64) for line in lines), *self._arguments
            )
        except InsufficientHistory:
            self._too_few = len(lines[0])
            return None

    def _chosen(self, answer: Any) -> float:
        return float(answer[self._output] if isinstance(answer, tuple) else answer)


@dataclass(frozen=True, slots=True)
class Rsi:
    """Wilder's RSI of the closes."""

    period: int

    def batch(self, candles: CandleColumns) -> Floats:
        return wilder_rsi(candles.close, self.period)

    def forming(self, forming: FormingCandles) -> Floats:
        return forming_rsi(forming.candles.close, forming.close, forming.ordinals, self.period)

    def running(self) -> RunningIndicator:
        return _RunningRsiOfCloses(RunningRsi(self.period))

    def after(self, candles: CandleColumns) -> RunningIndicator:
        return _RunningRsiOfCloses(RunningRsi.after(candles.close, self.period))


class _RunningRsiOfCloses:
    def __init__(self, rsi: RunningRsi) -> None:
        self._rsi = rsi

    def push(self, candle: CandleRow) -> float:
        return self._rsi.push(candle.close)

    def preview(self, candle: CandleRow) -> float:
        return self._rsi.preview(candle.close)
