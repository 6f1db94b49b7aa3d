"""Frames of the indicator streams: one for each close, or for each edge of a condition.

Whether a condition turned true is read off the closed candles alone, so that a signal doesn't
depend on when somebody subscribed.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

from upbit_auto_trading.domain.timeframe import Timeframe, from_epoch_ms, parse_timeframe
from upbit_auto_trading.simulator.indicator_maths import Series, candles_needed, columns
from upbit_auto_trading.simulator.indicator_request import TIMEFRAMES, Combination

CLOSE_DELAY_MS: Final = 1100
_PRICE_AGAINST: Final = {
    ("moving_average", "price_cross_above"): "value",
    ("moving_average", "price_cross_below"): "value",
    ("bollinger_bands", "price_cross_above"): "bb_upper",
    ("bollinger_bands", "price_cross_below"): "bb_lower",
}
_DOWNWARD: Final = frozenset({"price_cross_below", "dead_cross", "zero_cross_below"})


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


class IndicatorStreams:
    """Computes what the info endpoint sends. `markets` are the codes the exchange lists."""

    def __init__(self, source: CandleSource, markets: Collection[str]) -> None:
        self._source = source
        self._markets = markets

    def next_close_ms(self, combinations: Iterable[Combination], after_ms: int) -> int | None:
        """Return when a candle of one of the timeframes next ends, None without any."""
        frames = {parse_timeframe(TIMEFRAMES[row.timeframe]) for row in combinations}
        return min(
            (frame.next_start_ms(frame.start_of_ms(after_ms)) for frame in frames), default=None
        )

    def frames(
        self, combinations: Iterable[Combination], closed_ms: int, now_ms: int
    ) -> list[dict[str, Any]]:
        """Return the frames (DEFAULT format) of every candle that ends at `closed_ms`."""
        found = []
        for row in combinations:
            timeframe = parse_timeframe(TIMEFRAMES[row.timeframe])
            if timeframe.start_of_ms(closed_ms) != closed_ms or not self._is_served(row.code):
                continue
            frame = self._frame(row, timeframe, closed_ms, now_ms)
            if frame is not None:
                found.append(frame)
        return found

    def _is_served(self, code: str) -> bool:
        return code.startswith("KRW-") and code in self._markets

    def _frame(
        self, row: Combination, timeframe: Timeframe, closed_ms: int, now_ms: int
    ) -> dict[str, Any] | None:
        params = dict(row.params)
        count = candles_needed(params)
        newest_first = self._source.candles(row.code, timeframe, closed_ms, count, now_ms)
        if not newest_first or timeframe.next_start_ms(newest_first[0].start_ms) != closed_ms:
            return None
        candles = newest_first[::-1]
        closes = [candle.close for candle in candles]
        values = columns(row.indicator, params, closes, [candle.volume for candle in candles])
        newest = {name: series[-1] for name, series in values.items()}
        if None in newest.values():
            return None
        if row.trigger is not None and not turned_true(row, values, closes):
            return None
        started = from_epoch_ms(candles[-1].start_ms)
        frame: dict[str, Any] = {
            "type": row.kind,
            "code": row.code,
            "timeframe": row.timeframe,
            "indicator": row.indicator,
            "params": params,
        }
        if row.trigger is not None:
            frame["trigger"] = row.trigger
            frame["event_params"] = dict(row.event_params)
        return frame | {
            "candle_date_time_utc": started.strftime("%Y-%m-%dT%H:%M:%S"),
            "value": newest,
            "timestamp": now_ms,
            "stream_type": "REALTIME",
        }


def turned_true(row: Combination, values: Mapping[str, Series], closes: Sequence[float]) -> bool:
    """Whether the trigger's condition turned from not met to met with the last candle."""
    if row.indicator in ("rsi", "volume"):
        return _threshold_passed(row, values)
    sides = [_side(left, right) for left, right in _crossing(row, values, closes)]
    if row.trigger in _DOWNWARD:
        sides = [None if side is None else -side for side in sides]
    if sides[-1] != 1:
        return False
    # Equal values keep the state that was before them, however long they last.
    before = next((side for side in reversed(sides[:-1]) if side != 0), None)
    return before == -1


def _crossing(
    row: Combination, values: Mapping[str, Series], closes: Sequence[float]
) -> list[tuple[float | None, float | None]]:
    """Return the two lines whose crossing the trigger is about, place by place."""
    name = _PRICE_AGAINST.get((row.indicator, row.trigger or ""))
    if name is not None:
        return list(zip(closes, values[name], strict=True))
    if row.indicator == "ma_crossover":
        return list(zip(values["ma_short"], values["ma_long"], strict=True))
    if row.trigger in ("golden_cross", "dead_cross"):
        return list(zip(values["macd"], values["macd_signal"], strict=True))
    return [(value, 0.0) for value in values["macd"]]


def _side(left: float | None, right: float | None) -> int | None:
    if left is None or right is None:
        return None
    return (left > right) - (left < right)


def _threshold_passed(row: Combination, values: Mapping[str, Series]) -> bool:
    limits = dict(row.event_params)
    if row.indicator == "volume":
        series, limit = values["ratio"], float(limits["multiplier"])
    else:
        series, limit = values["rsi"], float(limits["threshold"])
    met = [
        None if value is None else (value <= limit if row.trigger == "oversold" else value >= limit)
        for value in series[-2:]
    ]
    return met == [False, True]
