"""The faults in force: set and cleared by name, asked for by the parts that show them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from upbit_auto_trading.simulator.fault.fault_catalogue import FAULTS, parse_arguments
from upbit_auto_trading.simulator.fault.fault_kind import FaultValue


class Timer(Protocol):
    """A call to come, at `when` of the loop's time, that can be called off."""

    def cancel(self) -> None: ...
    def when(self) -> float: ...


CallLater = Callable[[float, Callable[[], object]], Timer]


@dataclass(slots=True)
class ActiveFault:
    """A fault in force. `left` is how often it still acts; 0 means until it is cleared."""

    name: str
    arguments: Mapping[str, FaultValue]
    left: int = 0
    timer: Timer | None = None

    def number(self, name: str) -> float:
        """Return a numeric argument."""
        return float(self.arguments[name])

    def text(self, name: str) -> str:
        """Return a textual argument."""
        return str(self.arguments[name])

    def seconds_left(self, now_s: float) -> float | None:
        """Return how long it lasts yet, None until it is cleared; `now_s` is the loop's time."""
        return None if self.timer is None else max(0.0, self.timer.when() - now_s)

    def covers(self, scope: Mapping[str, FaultValue]) -> bool:
        """Whether it acts on something with these properties; an empty argument covers all."""
        arguments = self.arguments
        for key, value in scope.items():
            wanted = arguments.get(key)
            if wanted and wanted != value and not (key == "target" and wanted == "all"):
                return False
        return True


class FaultBoard:
    """Faults by name, at most one of each; a new one of the same name replaces the old.

    `on_set` and `on_clear` are told of every change, so that a fault can act on what is open and
    clearing it restores the truth. `call_later` ends those with `seconds`.
    """

    def __init__(self, call_later: CallLater) -> None:
        self._call_later = call_later
        self._active: dict[str, ActiveFault] = {}
        self.on_set: list[Callable[[ActiveFault], None]] = []
        self.on_clear: list[Callable[[ActiveFault], None]] = []

    @property
    def active(self) -> tuple[ActiveFault, ...]:
        """The faults in force."""
        return tuple(self._active.values())

    def set(self, name: str, given: Mapping[str, object]) -> None:
        """Put a fault in force.

        Raises:
            FaultError: no such fault or argument.
        """
        arguments = parse_arguments(name, given)
        self.clear(name)
        fault = ActiveFault(name, arguments, left=int(arguments.get("count", 0)))
        if not FAULTS[name].is_momentary:
            self._active[name] = fault
            seconds = float(arguments.get("seconds", 0))
            if seconds > 0:
                fault.timer = self._call_later(seconds, lambda: self.clear(name))
        for told in self.on_set:
            told(fault)

    def clear(self, name: str) -> bool:
        """End a fault; return whether it was in force."""
        fault = self._active.pop(name, None)
        if fault is None:
            return False
        if fault.timer is not None:
            fault.timer.cancel()
        for told in self.on_clear:
            told(fault)
        return True

    def clear_all(self) -> None:
        """End every fault."""
        for name in tuple(self._active):
            self.clear(name)

    def find(self, name: str, **scope: FaultValue) -> ActiveFault | None:
        """Return the fault if it is in force and covers `scope`; doesn't use it up."""
        if not self._active:
            return None
        fault = self._active.get(name)
        return fault if fault is not None and fault.covers(scope) else None

    def use(self, name: str, **scope: FaultValue) -> ActiveFault | None:
        """Return the fault if it acts on `scope`, counting that it did."""
        fault = self.find(name, **scope)
        if fault is not None and fault.left:
            fault.left -= 1
            if not fault.left:
                self.clear(name)
        return fault
