"""What can be asked of the indicator streams, and how a request is checked (reference §2.16.1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from upbit_auto_trading.simulator.socket.ws_error import StreamRequestError, unsupported_value

LIMIT: Final = 100
TIMEFRAMES: Final = {"5m": "5m", "15m": "15m", "60m": "1h", "240m": "4h", "1d": "1d"}

_AVERAGES: Final = ("SMA", "EMA")
_PAIRS: Final = ((5, 20), (20, 60), (30, 90), (50, 200))
_MACD: Final = ((12, 26, 9), (8, 17, 9), (5, 35, 5))
_MACD_NAMES: Final = ("fast", "slow", "signal_period")

Params = tuple[tuple[str, str | float], ...]


def _periods(values: Sequence[int]) -> frozenset[Params]:
    return frozenset((("period", value),) for value in values)


def _averages(values: Sequence[int]) -> frozenset[Params]:
    return frozenset((("type", kind), ("period", value)) for kind in _AVERAGES for value in values)


def _bands(periods: Sequence[int], multipliers: Sequence[float]) -> frozenset[Params]:
    return frozenset(
        (("period", period), ("multiplier", multiplier))
        for period in periods
        for multiplier in multipliers
    )


_CROSSOVERS: Final[frozenset[Params]] = frozenset(
    (("type", kind), ("short_period", short), ("long_period", long))
    for kind in _AVERAGES
    for short, long in _PAIRS
)
_MACDS: Final[frozenset[Params]] = frozenset(
    tuple(zip(_MACD_NAMES, values, strict=True)) for values in _MACD
)
_ALLOWED: Final[Mapping[str, Mapping[str, frozenset[Params]]]] = {
    "indicator": {
        "volume": _periods(range(5, 51, 5)),
        "rsi": _periods([*range(2, 15), 21, 25]),
        "moving_average": _averages([3, 5, 7, 10, 15, 20, 25, 30, 50, 60, 90, 99, 100, 120, 200]),
        "ma_crossover": _CROSSOVERS,
        "bollinger_bands": _bands([10, 20, 50], [1.0, 1.5, 2.0, 2.5, 3.0]),
        "macd": _MACDS,
    },
    "indicator_signal": {
        "volume": _periods([10, 20, 50]),
        "rsi": _periods([7, 9, 14, 21, 25]),
        "moving_average": _averages([5, 10, 20, 30, 60, 90, 120, 200]),
        "ma_crossover": _CROSSOVERS,
        "bollinger_bands": _bands([20], [1.5, 2.0, 2.5]),
        "macd": _MACDS,
    },
}
_NO_EVENT: Final[frozenset[Params]] = frozenset({()})
TRIGGERS: Final[Mapping[tuple[str, str], frozenset[Params]]] = {
    ("volume", "volume_spike"): frozenset((("multiplier", value),) for value in (2.0, 3.0, 5.0)),
    ("rsi", "overbought"): frozenset((("threshold", value),) for value in (70, 80)),
    ("rsi", "oversold"): frozenset((("threshold", value),) for value in (20, 30)),
    ("moving_average", "price_cross_above"): _NO_EVENT,
    ("moving_average", "price_cross_below"): _NO_EVENT,
    ("ma_crossover", "golden_cross"): _NO_EVENT,
    ("ma_crossover", "dead_cross"): _NO_EVENT,
    ("bollinger_bands", "price_cross_above"): _NO_EVENT,
    ("bollinger_bands", "price_cross_below"): _NO_EVENT,
    ("macd", "golden_cross"): _NO_EVENT,
    ("macd", "dead_cross"): _NO_EVENT,
    ("macd", "zero_cross_above"): _NO_EVENT,
    ("macd", "zero_cross_below"): _NO_EVENT,
}


@dataclass(frozen=True, slots=True)
class Combination:
    """One (pair, timeframe, indicator, parameters) of type `kind`, with its trigger for signals."""

    kind: str
    code: str
    timeframe: str
    indicator: str
    params: Params
    trigger: str | None = None
    event_params: Params = ()


@dataclass(frozen=True, slots=True)
class IndicatorRequest:
    """A valid request: what to compute, each once, and the objects as they are listed."""

    combinations: tuple[Combination, ...]
    listed: tuple[dict[str, Any], ...]


def read_indicators(objects: Sequence[Mapping[str, Any]]) -> IndicatorRequest:
    """Return the combinations of a request's type objects, numbers in their normal form.

    Raises:
        StreamRequestError: the whole request is refused.
    """
    combinations: dict[Combination, None] = {}
    listed: list[dict[str, Any]] = []
    asked = 0
    for item in objects:
        codes, rows = _codes(item), _rows(item)
        asked += len(codes) * len(rows)
        timeframe = item.get("timeframe")
        if not isinstance(timeframe, str):
            raise StreamRequestError("WRONG_FORMAT")
        if timeframe not in TIMEFRAMES:
            raise unsupported_value(timeframe)
        read = [_indicator(str(item["type"]), row) for row in rows]
        for code in codes:
            for indicator, params, trigger, event_params in read:
                combination = Combination(
                    str(item["type"]), code, timeframe, indicator, params, trigger, event_params
                )
                combinations[combination] = None
        listed.append(
            {
                "type": item["type"],
                "codes": list(codes),
                "timeframe": timeframe,
                "indicators": [_listed(*row) for row in read],
            }
        )
    if asked > LIMIT:
        raise StreamRequestError("TOO_MANY_REQUEST")
    return IndicatorRequest(tuple(combinations), tuple(listed))


def _codes(item: Mapping[str, Any]) -> tuple[str, ...]:
    codes = item.get("codes")
    if codes is None:
        raise StreamRequestError("NO_CODES")
    if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
        raise StreamRequestError("WRONG_FORMAT")
    return tuple(codes)


def _rows(item: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    rows = item.get("indicators")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise StreamRequestError("WRONG_FORMAT")
    if not rows:
        raise StreamRequestError("INVALID_PARAM", "indicators 는 비어 있을 수 없습니다.")
    return rows


def _indicator(kind: str, row: Mapping[str, Any]) -> tuple[str, Params, str | None, Params]:
    indicator, params = row.get("type"), row.get("params")
    if not isinstance(indicator, str) or not isinstance(params, dict):
        raise StreamRequestError("WRONG_FORMAT")
    allowed = _ALLOWED[kind].get(indicator)
    if allowed is None:
        raise unsupported_value(indicator)
    known = _chosen(params, allowed)
    if kind == "indicator":
        return indicator, known, None, ()
    trigger, event_params = row.get("trigger"), row.get("event_params", {})
    if not isinstance(trigger, str) or not isinstance(event_params, dict):
        raise StreamRequestError("WRONG_FORMAT")
    events = TRIGGERS.get((indicator, trigger))
    if events is None:
        raise unsupported_value(trigger)
    return indicator, known, trigger, _chosen(event_params, events)


def _chosen(given: Mapping[str, Any], allowed: frozenset[Params]) -> Params:
    """Return the allowed combination equal to what was given, in its own order and spelling."""
    for name, value in given.items():
        if name != "type" and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise StreamRequestError("WRONG_FORMAT")
        if name == "type" and not isinstance(value, str):
            raise StreamRequestError("WRONG_FORMAT")
    for params in allowed:
        if dict(params) == given:
            return params
    raise unsupported_value(given)


def _listed(
    indicator: str, params: Params, trigger: str | None, event_params: Params
) -> dict[str, Any]:
    row: dict[str, Any] = {"type": indicator, "params": dict(params)}
    if trigger is not None:
        row["trigger"] = trigger
        row["event_params"] = dict(event_params)
    return row
