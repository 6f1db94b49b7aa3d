"""Every fault the exchange can be told to show, by name, and how one is asked for."""

from collections.abc import Mapping
from typing import Final

from upbit_auto_trading.simulator.fault.answer_kinds import ANSWER_KINDS
from upbit_auto_trading.simulator.fault.connection_kinds import CONNECTION_KINDS
from upbit_auto_trading.simulator.fault.fault_kind import FaultError, FaultKind, FaultValue
from upbit_auto_trading.simulator.fault.market_kinds import MARKET_KINDS
from upbit_auto_trading.simulator.fault.order_kinds import ORDER_KINDS
from upbit_auto_trading.simulator.fault.stream_kinds import STREAM_KINDS

_KINDS: Final = (*CONNECTION_KINDS, *STREAM_KINDS, *MARKET_KINDS, *ANSWER_KINDS, *ORDER_KINDS)

FAULTS: Final[Mapping[str, FaultKind]] = {kind.name: kind for kind in _KINDS}


def parse_arguments(name: str, given: Mapping[str, object]) -> Mapping[str, FaultValue]:
    """Return every argument of the fault, given ones checked, the others at their default.

    Raises:
        FaultError: no such fault or argument, or a value it can't have.
    """
    kind = FAULTS.get(name)
    if kind is None:
        raise FaultError(f"there is no fault {name!r}; there are {', '.join(fault_names())}")
    values = {key: argument.default for key, argument in kind.arguments.items()}
    for key, value in given.items():
        argument = kind.arguments.get(key)
        if argument is None:
            known = ", ".join(kind.arguments)
            raise FaultError(f"{name} has no argument {key!r}; it has {known}")
        try:
            values[key] = argument.parse(value_text(value))
        except FaultError as error:
            raise FaultError(f"{name}: {key} {error}") from None
    return values


def value_text(value: object) -> str:
    """Return an argument that may come from JSON as the text it would be on the command line."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def fault_names() -> tuple[str, ...]:
    """Return the names of every fault, those round orders last."""
    return tuple(FAULTS)


def parse_fault(text: str) -> tuple[str, dict[str, str]]:
    """Return name and arguments of `NAME` or `NAME:key=value,key=value`.

    Raises:
        FaultError: not of that form.
    """
    name, _, rest = text.partition(":")
    arguments: dict[str, str] = {}
    for part in filter(None, rest.split(",")):
        key, equals, value = part.partition("=")
        if not equals or not key:
            raise FaultError(f"{part!r} must be key=value")
        arguments[key] = value
    return name, arguments
