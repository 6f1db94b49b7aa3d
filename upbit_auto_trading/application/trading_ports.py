"""What trading needs from outside: a broker that executes, a ledger that keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from decimal import Decimal

    from upbit_auto_trading.domain.account import Account
    from upbit_auto_trading.domain.order import Fill, Order, OrderSide
    from upbit_auto_trading.domain.orderbook import Orderbook
    from upbit_auto_trading.domain.paper_account import (
        AccountRecord,
        EquityPoints,
        OrderRecord,
        RunRecord,
        RunStanding,
        TimelineEntry,
        TimelineFilter,
    )
    from upbit_auto_trading.domain.recording import (
        Entry,
        OrderEnd,
        Recording,
        RunState,
        Segment,
        Terms,
    )


class Executed(Protocol):
    """What became of an order: its executions, how it ended, a code why."""

    @property
    def fills(self) -> Sequence[Fill]: ...
    @property
    def end(self) -> OrderEnd: ...
    @property
    def detail(self) -> str: ...


class Broker(Protocol):
    """Executes market orders."""

    async def execute(
        self,
        order: Order,
        account: Account,
        book: Callable[[], Orderbook | None],
        is_cancelled: Callable[[], bool],
    ) -> Executed:
        """Return once the order has ended.

        `book` gives the newest book that can be trusted, None while there is none;
        `is_cancelled` tells whether the order was cancelled meanwhile.
        """
        ...


class Ledger(Protocol):
    """Keeps runs. Every method raises LedgerError when the disk doesn't let it."""

    async def open_run(
        self,
        market: str,
        strategy_id: str,
        terms: Terms,
        *,
        account: int | None = None,
        now_ms: int = 0,
    ) -> RunState:
        """Return the run of that market and strategy, begun with `terms` if there is none.

        Runs of a paper account are apart from those that have their own money.
        """
        ...

    async def begin_segment(self, run_id: int, segment: Segment) -> int:
        """Keep what this life of the process starts from; return the segment's number."""
        ...

    async def commit(
        self,
        run_id: int,
        segment: int,
        entries: Sequence[Entry],
        memory: Mapping[str, Any],
        told: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """Keep entries, the memory after them and what is told of them for the timeline.

        All or nothing, and only then return.
        """
        ...

    async def recordings(self, run_id: int) -> list[Recording]:
        """Return everything kept of a run, a recording per segment, oldest first."""
        ...


class Books(Protocol):
    """Keeps paper accounts and the timeline. Every method raises LedgerError."""

    async def account(self) -> AccountRecord | None:
        """Return the account in use, None before the first."""
        ...

    async def open_account(
        self, cash: Decimal, now_ms: int, told: Sequence[Mapping[str, Any]] = ()
    ) -> AccountRecord:
        """Close the account in use with all its runs, and open one; everything is kept."""
        ...

    async def runs(self, account: int) -> list[RunRecord]:
        """Return every run of an account, oldest first."""
        ...

    async def run(self, run_id: int) -> RunRecord:
        """Return one run; LookupError where there is none."""
        ...

    async def stand(
        self, run_id: int, standing: RunStanding, told: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        """Note what is to become of a run, and tell it in the timeline."""
        ...

    async def rule_counts(self, run_id: int) -> dict[str, int]:
        """Return how often each rule of a run acted since it was opened."""
        ...

    async def orders(
        self,
        account: int | None,
        limit: int,
        before: OrderRecord | None = None,
        market: str = "",
        *,
        open_only: bool = False,
    ) -> list[OrderRecord]:
        """Return an account's orders, or those of every account there was, newest first.

        `before` is the last one of the page before.
        """
        ...

    async def order_states(self, account: int, since_ms: int) -> dict[str, int]:
        """Return how many of an account's orders from `since_ms` on ended how."""
        ...

    async def fills_since(self, account: int, since_ms: int) -> list[tuple[int, OrderSide, Fill]]:
        """Return an account's fills from `since_ms` on, as (run, side, fill), oldest first."""
        ...

    async def add_equity(self, account: int, ms: int, cash: float, held: float) -> None:
        """Keep what an account is worth at a moment."""
        ...

    async def equity(self, account: int, since_ms: int) -> EquityPoints:
        """Return what an account was worth from `since_ms` on."""
        ...

    async def tell(self, told: Sequence[Mapping[str, Any]]) -> None:
        """Add things that happened outside any run to the timeline."""
        ...

    async def timeline(
        self, wanted: TimelineFilter, limit: int, before: TimelineEntry | None = None
    ) -> list[TimelineEntry]:
        """Return the newest entries that match, newest first; `before` ends the page before."""
        ...

    async def count(self, wanted: TimelineFilter) -> int:
        """Return how many entries of the timeline match."""
        ...

    async def kept(self, name: str) -> dict[str, Any] | None:
        """Return a table of settings kept under a name, None where there is none."""
        ...

    async def keep(self, name: str, data: Mapping[str, Any]) -> None:
        """Keep a table of settings under a name."""
        ...
