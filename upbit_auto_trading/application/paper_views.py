"""What a window shows of paper trading: values of one moment, money in the quote currency."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from upbit_auto_trading.domain.evaluation_record import ComparisonRecord

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from upbit_auto_trading.domain.decision import Suppression
    from upbit_auto_trading.domain.evaluation_record import Record
    from upbit_auto_trading.domain.firing_price import FiringPrice
    from upbit_auto_trading.domain.paper_account import OrderRecord
    from upbit_auto_trading.domain.rule import Rule
    from upbit_auto_trading.domain.strategy import Strategy
    from upbit_auto_trading.domain.tick import Quality
    from upbit_auto_trading.domain.truth import Fact, Truth


class RunCondition(StrEnum):
    """What a run is doing.

    HELD: nothing can be written to disk, so nothing is judged until it can. SUSPENDED: rules are
    judged and order nothing. STOPPED: nothing is judged; it can be started again where it was
    left. FAILED: it ended by itself; `RunView.trouble` says why.
    """

    STARTING = "starting"
    RUNNING = "running"
    HELD = "held"
    SUSPENDED = "suspended"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class PositionView:
    """One position: of one market and one strategy.

    `profit` and `profit_percent` are against the average price, fees left out, as Upbit shows
    them; `profit_after_fees` is what selling everything now would leave of what was paid.
    `armed` are rules with the peak since their arming, `counts` how often each rule acted.
    """

    run_id: int
    market: str
    strategy_id: str
    quantity: Decimal
    average: float
    price: float
    value: Decimal
    cost: Decimal
    profit: Decimal
    profit_percent: float
    profit_after_fees: Decimal
    profit_after_fees_percent: float
    opened_ms: int
    armed: Mapping[str, float]
    modes: frozenset[str]
    suspended_rules: frozenset[str]
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class RunView:
    """One strategy on one market.

    `cash` is the run's own, `given` what the account gave it. `price` is None before the first
    print, `age_s` how old the newest print is. `trouble` is a code: of a LedgerError, of a
    MarketDataError's cause, or of what made the run fail. `nearest` is the firing price closest
    to the price. `pending` is a changed strategy that waits for the position to close.
    """

    run_id: int
    market: str
    strategy: Strategy
    condition: RunCondition
    quality: Quality | None
    age_s: float | None
    price: float | None
    exchange_ms: int
    cash: Decimal
    given: Decimal
    position: PositionView | None
    open_order: int | None
    orders_placed: int
    opened_ms: int
    counts: Mapping[str, int] = field(default_factory=dict)
    trouble: str = ""
    nearest: tuple[Rule, FiringPrice] | None = None
    pending: Strategy | None = None

    @property
    def is_live(self) -> bool:
        """Whether it takes in prints."""
        return self.condition in (
            RunCondition.RUNNING,
            RunCondition.HELD,
            RunCondition.SUSPENDED,
        )


@dataclass(frozen=True, slots=True)
class RuleView:
    """One rule at this moment.

    `record` has every operand's value, the distances and why something is unknown; `suppression`
    (with `facts`) is what would keep the rule from acting now, None if nothing would. `fired`
    counts in this position, `fired_ever` since the run was opened. `armed_peak` is the highest
    price since its arming, None while it isn't armed.
    """

    rule: Rule
    truth: Truth
    record: Record
    suppression: Suppression | None
    facts: tuple[Fact, ...]
    fired: int
    fired_ever: int
    last_acted_ms: int | None
    firing_price: FiringPrice | None
    armed_peak: float | None

    @property
    def comparisons(self) -> tuple[ComparisonRecord, ...]:
        """The rule's comparisons in order: value, threshold, distance, truth of each."""
        return tuple(_comparisons(self.record))


def _comparisons(record: Record) -> list[ComparisonRecord]:
    if isinstance(record, ComparisonRecord):
        return [record]
    return [found for child in record.children for found in _comparisons(child)]


@dataclass(frozen=True, slots=True)
class OrderCounts:
    """Orders of a day from 09:00 in Korea, by how they ended."""

    filled: int = 0
    cancelled: int = 0
    refused: int = 0
    open: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.filled + self.cancelled + self.refused + self.open


@dataclass(frozen=True, slots=True)
class AccountView:
    """The account at this moment.

    `free` is cash no run has, `cash` free and in runs together, `held` what positions are worth;
    `equity` is both. `realised` is everything earned and lost but for `unrealised`, the open
    positions' profit without fees; `fees` are within it. `today` counts from 09:00 in Korea.
    """

    account_id: int
    opened_ms: int
    start_cash: Decimal
    free: Decimal
    cash: Decimal
    held: Decimal
    equity: Decimal
    today: Decimal
    today_percent: float
    unrealised: Decimal
    unrealised_percent: float
    realised: Decimal
    fees: Decimal
    orders_today: OrderCounts
    positions: tuple[PositionView, ...]
    is_stopped: bool


@dataclass(frozen=True, slots=True)
class StopReport:
    """What stopping everything did: runs suspended now, and orders that were still open."""

    suspended: tuple[int, ...]
    cancelled: tuple[OrderRecord, ...]
    failed: Mapping[int, str] = field(default_factory=dict)


class TradingRefusedError(Exception):
    """Something the user asked for can't be done. `code` says why, `facts` with which numbers.

    Codes: `already_running`, `not_running`, `unknown_run`, `everything_stopped`,
    `quote_not_offered`, `market_not_listed`, `has_errors` (`finding`, `rule`),
    `unusable_strategy` (`why`), `position_open`; with a field: `not_enough_cash` (`free`,
    `needed`), `below_minimum` (`minimum`, `value`), `out_of_range` (`lowest`, `highest`,
    `value`), `nothing_held`, `more_than_held` (`held`, `value`), `no_orderbook`, `order_open`,
    `ticket_unknown`, `ticket_expired`.
    """

    def __init__(self, code: str, field_name: str = "", **facts: object) -> None:
        told = ", ".join(f"{name} {value}" for name, value in facts.items())
        super().__init__(f"{code} {field_name} {told}".strip())
        self.code = code
        self.field = field_name
        self.facts = facts
