"""The variables the engine itself supplies: position, account, and what rules did."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from upbit_auto_trading.domain.truth import Unknown, UnknownReason

if TYPE_CHECKING:
    from upbit_auto_trading.domain.engine_state import EngineState
    from upbit_auto_trading.domain.expression import ParameterValue
    from upbit_auto_trading.domain.position import Position

# (state, exchange ms, tick price, rule whose own peak counts) to the value, NaN where unknown.
# Plain arithmetic only: the same suppliers serve columns of coming ticks.
Supplier = Callable[["EngineState", int, float, str], float]
_Held = Callable[["Position", int, float, str], float]
_Build = Callable[[Mapping[str, "ParameterValue"]], Supplier]
_NAN: Final = float("nan")
_MINUTE_MS: Final = 60_000


def _held(of: _Held) -> _Build:
    def supply(state: EngineState, ms: int, price: float, owner: str) -> float:
        return _NAN if state.position is None else of(state.position, ms, price, owner)

    return lambda _: supply


def peak_of(position: Position, owner: str) -> float:
    """Return the peak since `owner` was armed, NaN before; without owner since the entry."""
    return position.armed.get(owner, _NAN) if owner else position.peak


def _times_fired(parameters: Mapping[str, ParameterValue]) -> Supplier:
    rule = str(parameters["rule"])

    def supply(state: EngineState, _ms: int, _price: float, _owner: str) -> float:
        return _NAN if state.position is None else float(state.position.counts.get(rule, 0))

    return supply


def _times_left(parameters: Mapping[str, ParameterValue]) -> Supplier:
    rule = str(parameters["rule"])

    def supply(state: EngineState, _ms: int, _price: float, _owner: str) -> float:
        limit = state.limits.get(rule)
        if state.position is None or limit is None:
            return _NAN
        return float(max(0, limit - state.position.counts.get(rule, 0)))

    return supply


def minutes_between(then_ms: int | None, ms: int) -> float:
    """Return the minutes from `then_ms` to `ms`, NaN when it never was."""
    return _NAN if then_ms is None else (ms - then_ms) / _MINUTE_MS


def _minutes_since(parameters: Mapping[str, ParameterValue]) -> Supplier:
    event = parameters["event"]

    def supply(state: EngineState, ms: int, _price: float, _owner: str) -> float:
        moments = {"entry": state.opened_ms, "buy": state.bought_ms, "exit": state.closed_ms}
        return minutes_between(moments.get(str(event)), ms)

    return supply


def _minutes_since_fired(parameters: Mapping[str, ParameterValue]) -> Supplier:
    rule = str(parameters["rule"])
    return lambda state, ms, _price, _owner: minutes_between(state.acted_ms.get(rule), ms)


def holdings_value(state: EngineState, price: float) -> float:
    """Return what is held at `price`, in the quote currency."""
    return 0.0 if state.position is None else float(state.position.quantity) * price


def _cash(state: EngineState, _ms: int, _price: float, _owner: str) -> float:
    return float(state.account.cash)


def _equity(state: EngineState, _ms: int, price: float, _owner: str) -> float:
    return float(state.account.cash) + holdings_value(state, price)


def _exposure(state: EngineState, _ms: int, price: float, _owner: str) -> float:
    if state.position is None:
        return 0.0 if state.account.cash else _NAN
    held = holdings_value(state, price)
    return held / (float(state.account.cash) + held) * 100


STATE_SUPPLIERS: Final[dict[str, _Build]] = {
    "profit_percent": _held(lambda position, _ms, price, _: position.profit(price)),
    "profit_krw": _held(lambda position, _ms, price, _: position.gain(price)),
    "average_price": _held(lambda position, _ms, _price, _: position.average),
    "quantity": _held(lambda position, _ms, _price, _: float(position.quantity)),
    "peak": _held(lambda position, _ms, _price, owner: peak_of(position, owner)),
    "drawdown_from_peak": _held(
        lambda position, _ms, price, owner: (price / peak_of(position, owner) - 1) * 100
    ),
    "max_profit_percent": _held(lambda position, _ms, _price, _: position.best_profit),
    "minutes_in_position": _held(
        lambda position, ms, _price, _: minutes_between(position.opened_ms, ms)
    ),
    "adds_up": _held(lambda position, _ms, _price, _: float(position.adds_up)),
    "adds_down": _held(lambda position, _ms, _price, _: float(position.adds_down)),
    "times_fired": _times_fired,
    "times_left": _times_left,
    "cash": lambda _: _cash,
    "equity": lambda _: _equity,
    "exposure_percent": lambda _: _exposure,
    "minutes_since": _minutes_since,
    "minutes_since_fired": _minutes_since_fired,
}
_AFTER_AN_EVENT: Final = frozenset({"minutes_since", "minutes_since_fired"})


def unknown_state(state: EngineState, variable: str) -> Unknown:
    """Return why a variable of `STATE_SUPPLIERS` has no value."""
    if variable in _AFTER_AN_EVENT:
        return Unknown(UnknownReason.NO_EVENT)
    if state.position is None:
        return Unknown(UnknownReason.NO_POSITION)
    if variable in ("peak", "drawdown_from_peak"):
        return Unknown(UnknownReason.NOT_ARMED)
    return Unknown(UnknownReason.NOT_SUPPLIED)
