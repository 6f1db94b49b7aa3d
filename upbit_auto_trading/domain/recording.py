"""What a run is made of, in order: enough to judge every tick again and decide the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from upbit_auto_trading.domain.indicator import CandleRow
    from upbit_auto_trading.domain.order import Fill, Order
    from upbit_auto_trading.domain.tick import Tick


class OrderEnd(StrEnum):
    """How an order ended. A PARTLY_FILLED one found too little depth; its rest is cancelled."""

    FILLED = "filled"
    PARTLY_FILLED = "partly_filled"
    CANCELLED = "cancelled"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class TickTaken:
    """A tick, and what came from outside the trade stream with it.

    `outside` has a number or the code of an `UnknownReason` per reading the market asks for, in
    the order of `ordered_readings`. `print_id` is the exchange's id of the print, 0 for none.
    """

    tick: Tick
    print_id: int = 0
    outside: tuple[float | str, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderIntended:
    """An order the engine placed; nothing else happens to it before this is on disk."""

    order: Order


@dataclass(frozen=True, slots=True)
class OrderFilled:
    """The `place`-th execution of an order, counted from 0."""

    fill: Fill
    place: int


@dataclass(frozen=True, slots=True)
class OrderEnded:
    """The end of an order at exchange time `ms`, 0 where that isn't known.

    `detail` is a code: why it was refused or cancelled.
    """

    order_id: int
    end: OrderEnd
    detail: str = ""
    ms: int = 0


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision as plain data, with every operand's value."""

    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OrderByHand:
    """An order the user placed in the run; it is on disk before anything else happens to it."""

    order: Order


@dataclass(frozen=True, slots=True)
class CashMoved:
    """Cash the user's account gave to the run, or took back where `amount` is negative."""

    ms: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Suspended:
    """The user suspended every rule of the run, or let them go on."""

    ms: int
    is_suspended: bool


UserAction = OrderByHand | CashMoved | Suspended
Entry = TickTaken | OrderIntended | OrderFilled | OrderEnded | Decided | UserAction


@dataclass(frozen=True, slots=True)
class Terms:
    """The account a run starts with: cash and smallest order in the quote currency."""

    cash: Decimal
    fee_rate: Decimal
    minimum: Decimal


@dataclass(frozen=True, slots=True)
class Segment:
    """What one life of the process starts from.

    `strategy` is the strategy's document, `anchors` the closed candles per timeframe from
    before the first tick, `memory` the engine's snapshot, None at a run's very beginning.
    """

    strategy: str
    terms: Terms
    anchors: Mapping[str, tuple[CandleRow, ...]]
    memory: Mapping[str, Any] | None
    started_ms: int


@dataclass(frozen=True, slots=True)
class Recording:
    """A segment and everything that happened in it, in order.

    Without its ticks, which are kept for a while only, it can't be judged again.
    """

    segment: Segment
    entries: tuple[Entry, ...]
    has_ticks: bool = True


@dataclass(frozen=True, slots=True)
class RunState:
    """A run as it stands on disk.

    `anchors` are the starts of the first candle per timeframe, in epoch ms. `is_new` tells
    whether it was begun just now.
    """

    run_id: int
    terms: Terms
    memory: Mapping[str, Any] | None
    anchors: Mapping[str, int] = field(default_factory=dict)
    is_new: bool = False


_MAY_PASS = frozenset({"locked", "full", "read_only", "unusable"})


class LedgerError(Exception):
    """A run can't be kept on disk. `code` names why, `detail` is what the system said.

    Codes: `locked`, `full`, `read_only`, `unusable` (these may pass); `corrupt`, `too_new`,
    `in_use`, `closed`.
    """

    def __init__(self, code: str, path: str, detail: str) -> None:
        super().__init__(f"{path} can't be used ({code}): {detail}")
        self.code = code
        self.path = path
        self.detail = detail

    @property
    def may_pass(self) -> bool:
        """Whether the same may be possible later without anything being opened anew."""
        return self.code in _MAY_PASS
