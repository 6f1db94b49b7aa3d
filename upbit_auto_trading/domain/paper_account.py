"""What is kept of paper accounts: the account, its runs, orders, worth, and the timeline."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from upbit_auto_trading.domain.order import Fill, OrderSide
    from upbit_auto_trading.domain.recording import Terms


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """A paper account: it began with `cash`; `closed_ms` is None while it is in use."""

    id: int
    opened_ms: int
    cash: Decimal
    closed_ms: int | None = None


class RunStanding(StrEnum):
    """What is to become of a run: ACTIVE goes on with the next start of the program."""

    ACTIVE = "active"
    STOPPED = "stopped"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run of an account.

    `moved` is the cash it was given, less what it gave back, after its beginning with
    `terms.cash`; `strategy` is the document it followed last, empty before it ever went live;
    `memory` the engine's.
    """

    id: int
    account: int
    market: str
    strategy_id: str
    strategy: str
    terms: Terms
    moved: Decimal
    standing: RunStanding
    opened_ms: int
    memory: Mapping[str, Any] | None

    @property
    def given(self) -> Decimal:
        """The account's cash that the run works with."""
        return self.terms.cash + self.moved

    @property
    def cash(self) -> Decimal:
        """The cash the run had at its last commit."""
        return self.given if self.memory is None else Decimal(self.memory["cash"])


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """An order with everything that became of it.

    `state` is `intended` while it is under way, then an `OrderEnd`; `history` are states with
    their exchange times. `rule` is empty for an order by hand. Amounts as in `Order`.
    """

    run: int
    number: int
    market: str
    strategy_id: str
    rule: str
    side: OrderSide
    ms: int
    price: float
    amount: Decimal
    quantity: Decimal
    state: str
    detail: str
    correlation: str
    fills: tuple[Fill, ...] = ()
    history: tuple[tuple[str, int], ...] = ()

    @property
    def filled_quantity(self) -> Decimal:
        """How much was filled, in the base currency."""
        return sum((fill.quantity for fill in self.fills), Decimal(0))

    @property
    def funds(self) -> Decimal:
        """What changed hands, in the quote currency, fees left out."""
        return sum((fill.funds for fill in self.fills), Decimal(0))

    @property
    def fee(self) -> Decimal:
        """What the exchange took."""
        return sum((fill.fee for fill in self.fills), Decimal(0))

    @property
    def filled_price(self) -> float | None:
        """The average price of its fills, None before the first."""
        quantity = self.filled_quantity
        value = sum((fill.quantity * fill.price for fill in self.fills), Decimal(0))
        return float(value / quantity) if quantity else None


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing that happened, in exchange time. `data` are its facts by name.

    Kinds: `decision`, `order`, `fill`, `data` (what a market's data is worth), `run`, `cash`,
    `account`, `stop` (everything stopped), `ledger`, `alert`. What follows from one tick shares
    its `correlation`.
    """

    id: int
    ms: int
    kind: str
    market: str
    strategy_id: str
    run: int | None
    correlation: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TimelineFilter:
    """Which entries to show; an empty field lets everything through.

    `text` is looked for in market, strategy, rule and facts, whatever its case. Times are epoch
    milliseconds, `until_ms` exclusive.
    """

    kinds: frozenset[str] = field(default_factory=frozenset)
    market: str = ""
    strategy_id: str = ""
    correlation: str = ""
    text: str = ""
    since_ms: int | None = None
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class EquityPoints:
    """What an account was worth over time, in the quote currency; columns of equal length."""

    ms: NDArray[np.int64]
    cash: NDArray[np.float64]
    held: NDArray[np.float64]

    @property
    def equity(self) -> NDArray[np.float64]:
        """Cash and what is held."""
        worth: NDArray[np.float64] = self.cash + self.held
        return worth


@dataclass(frozen=True, slots=True)
class LedgerUse:
    """What the trading database holds: bytes on disk, and rows by kind."""

    total_bytes: int
    backup_bytes: int
    rows: Mapping[str, int]
    newest_backup_ms: int | None
