"""What can go wrong round orders: answers lost, refusals, races. Each fault is named and counted.

The fault catalogue of the server sets and clears them by name; the exchange asks here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from upbit_auto_trading.simulator.account.account_events import AccountEvents, EventTrouble
from upbit_auto_trading.simulator.account.announcements import CATEGORIES
from upbit_auto_trading.simulator.account.exchange_errors import ERROR_NAMES, ExchangeError


class AnswerFate(StrEnum):
    """What becomes of the answer to an order request."""

    SENT = "sent"
    RESET = "reset"
    HANG = "hang"
    ERROR = "error"


class FaultArgumentError(ValueError):
    """An order fault was asked for with an argument it can't use."""

    def __init__(self, name: str, argument: str, allowed: str) -> None:
        super().__init__(f"{name}: {argument} must be {allowed}")
        self.name = name
        self.argument = argument
        self.allowed = allowed


FaultListener = Callable[[str, Mapping[str, str], bool], None]
TARGETS: Final = ("place", "cancel", "test")
WAYS: Final = (AnswerFate.RESET, AnswerFate.HANG, AnswerFate.ERROR)
_MOMENTARY: Final = frozenset({"announcement"})

# What each argument may be: one of these texts, a whole number, or any text.
_NUMBER: Final[tuple[str, ...]] = ()
_TEXT: Final = None
_COUNT: Final = {"count": _NUMBER}
_LOST: Final = {"how": WAYS, "target": TARGETS, **_COUNT}
ORDER_FAULTS: Final[Mapping[str, Mapping[str, tuple[str, ...] | None]]] = {
    "order_answer_lost": _LOST,
    "order_request_lost": _LOST,
    "order_refused": {"name": ERROR_NAMES, **_COUNT},
    "cancel_loses_race": _COUNT,
    "cancel_after_partial_fill": _COUNT,
    "slow_cancel": {"ms": _NUMBER},
    "market_offline": {"market": _TEXT},
    "announcement": {"category": CATEGORIES, "title": _TEXT, "body": _TEXT, "edits": _TEXT},
    "announced_self_match": {},
    "delete_body_refused": {},
    "account_events_late": {"ms": _NUMBER},
    "account_events_duplicated": {"copies": _NUMBER},
    "account_events_missing": {"every": _NUMBER},
}


@dataclass(slots=True)
class _Active:
    count: int
    arguments: Mapping[str, str]


class OrderFaults:
    """The order faults in force. `told` hears of each one set (True) and ended (False)."""

    def __init__(self, events: AccountEvents, told: FaultListener) -> None:
        self._events = events
        self._told = told
        self._active: dict[str, _Active] = {}

    @property
    def active(self) -> tuple[str, ...]:
        """Names of the faults in force."""
        return tuple(self._active)

    def in_force(self) -> Sequence[tuple[str, Mapping[str, str], int]]:
        """Return name, arguments and how often it still acts (0: until cleared) of each."""
        return [(name, fault.arguments, fault.count) for name, fault in self._active.items()]

    def set(self, name: str, arguments: Mapping[str, str]) -> None:
        """Put a fault in force, with these arguments as text.

        Raises:
            FaultArgumentError: the name or an argument is unknown.
        """
        _check(name, arguments)
        if name not in _MOMENTARY:
            self._active[name] = _Active(_whole(name, arguments, "count", 0), dict(arguments))
        self._apply_trouble()
        self._told(name, arguments, True)

    def clear(self, name: str) -> None:
        """End a fault; harmless when it isn't in force."""
        ended = self._active.pop(name, None)
        self._apply_trouble()
        if ended is not None:
            self._told(name, ended.arguments, False)

    def refuse_order(self, market: str | None) -> None:
        """Raise the refusal in force for an order request, if any.

        Raises:
            ExchangeError: market_offline or the name the fault gives.
        """
        if self.is_offline(market):
            raise ExchangeError("market_offline")
        refused = self._take("order_refused")
        if refused is not None:
            raise ExchangeError(refused.get("name", "internal_server_error"))

    def is_offline(self, market: str | None) -> bool:
        """Whether a market (None: some market) is in maintenance."""
        offline = self._active.get("market_offline")
        return offline is not None and offline.arguments.get("market", market) == market

    def request_fate(self, target: str) -> AnswerFate:
        """Return whether a request to place, cancel or test an order is taken at all."""
        return self._fate("order_request_lost", target)

    def answer_fate(self, target: str) -> AnswerFate:
        """Return what becomes of the answer to such a request once it was carried out."""
        return self._fate("order_answer_lost", target)

    def share_filled_before_cancel(self) -> int:
        """Return how many percent of an order fill before its cancel takes effect."""
        if self._take("cancel_loses_race") is not None:
            return 100
        return 0 if self._take("cancel_after_partial_fill") is None else 50

    def cancel_delay_ms(self, usual_ms: int) -> int:
        """Return how long a cancel takes."""
        slow = self._active.get("slow_cancel")
        return usual_ms if slow is None else _whole("slow_cancel", slow.arguments, "ms", usual_ms)

    def _fate(self, name: str, target: str) -> AnswerFate:
        active = self._active.get(name)
        if active is None or active.arguments.get("target", target) != target:
            return AnswerFate.SENT
        taken = self._take(name)
        return AnswerFate.SENT if taken is None else AnswerFate(taken.get("how", "reset"))

    def _take(self, name: str) -> Mapping[str, str] | None:
        active = self._active.get(name)
        if active is None:
            return None
        if active.count == 1:
            del self._active[name]
        active.count = max(0, active.count - 1)
        return active.arguments

    def _apply_trouble(self) -> None:
        trouble = EventTrouble()
        for name, field, argument, default in (
            ("account_events_late", "late_ms", "ms", 3000),
            ("account_events_duplicated", "copies", "copies", 2),
            ("account_events_missing", "missing_every", "every", 2),
        ):
            active = self._active.get(name)
            if active is not None:
                value = _whole(name, active.arguments, argument, default)
                trouble = replace(trouble, **{field: value})
        self._events.trouble = trouble


def _whole(name: str, arguments: Mapping[str, str], argument: str, default: int) -> int:
    text = arguments.get(argument)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise FaultArgumentError(name, argument, "a whole number")
    return int(text)


def _check(name: str, arguments: Mapping[str, str]) -> None:
    known = ORDER_FAULTS.get(name)
    if known is None:
        raise FaultArgumentError(name, "name", "one of " + ", ".join(ORDER_FAULTS))
    for argument, text in arguments.items():
        if argument not in known:
            raise FaultArgumentError(name, argument, "left out: there is no such argument")
        allowed = known[argument]
        if allowed == _NUMBER:
            _whole(name, arguments, argument, 0)
        elif allowed is not _TEXT and text not in allowed:
            raise FaultArgumentError(name, argument, "one of " + ", ".join(allowed))
