"""Frames of the indicator streams: one for each close, or for each edge of a condition.

Whether a condition turned true is read off the closed candles alone, so that a signal doesn't
depend on when somebody subscribed.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from upbit_auto_trading.domain.timeframe import from_epoch_ms, parse_timeframe
from upbit_auto_trading.simulator.market.candle_history import CandleHistory, CandleSource
from upbit_auto_trading.simulator.socket.indicator_maths import (
    LONGEST,
    Series,
    candles_needed,
    columns,
)
from upbit_auto_trading.simulator.socket.indicator_request import TIMEFRAMES, Combination

CLOSE_DELAY_MS: Final = 1100
_KEPT_FRAMES: Final = 10_000
_PRICE_AGAINST: Final = {
    ("moving_average", "price_cross_above"): "value",
    ("moving_average", "price_cross_below"): "value",
    ("bollinger_bands", "price_cross_above"): "bb_upper",
    ("bollinger_bands", "price_cross_below"): "bb_lower",
}
_DOWNWARD: Final = frozenset({"price_cross_below", "dead_cross", "zero_cross_below"})


class IndicatorStreams:
    """Computes what the info endpoint sends. `markets` are the codes the exchange lists."""

    def __init__(self, source: CandleSource, markets: Collection[str]) -> None:
        self._history = CandleHistory(source, LONGEST)
        self._markets = markets
        self._newest: OrderedDict[Combination, tuple[int, dict[str, Any] | None]] = OrderedDict()

    def next_close_ms(self, combinations: Iterable[Combination], after_ms: int) -> int | None:
        """Return when a candle of one of the timeframes next ends, None without any."""
        frames = {parse_timeframe(TIMEFRAMES[row.timeframe]) for row in combinations}
        return min(
            (frame.next_start_ms(frame.start_of_ms(after_ms)) for frame in frames), default=None
        )

    def frame(self, combination: Combination, closed_ms: int, now_ms: int) -> dict[str, Any] | None:
        """Return the frame (DEFAULT format) of the candle that ended at `closed_ms`, if any.

        It is made once for all who ask; the first one's `now_ms` is its timestamp.
        """
        made_ms, frame = self._newest.get(combination, (None, None))
        if made_ms != closed_ms:
            frame = self._made(combination, closed_ms, now_ms)
            self._newest[combination] = (closed_ms, frame)
            self._newest.move_to_end(combination)
            if len(self._newest) > _KEPT_FRAMES:
                self._newest.popitem(last=False)
        return frame

    def _is_served(self, code: str) -> bool:
        return code.startswith("KRW-") and code in self._markets

    def _made(self, row: Combination, closed_ms: int, now_ms: int) -> dict[str, Any] | None:
        timeframe = parse_timeframe(TIMEFRAMES[row.timeframe])
        if timeframe.start_of_ms(closed_ms) != closed_ms or not self._is_served(row.code):
            return None
        params = dict(row.params)
        candles = self._history.until(row.code, timeframe, closed_ms, now_ms)
        if not candles or timeframe.next_start_ms(candles[-1].start_ms) != closed_ms:
            return None
        candles = candles[-candles_needed(params) :]
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
