"""What trading needs from outside: a broker that executes, a ledger that keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from upbit_auto_trading.domain.account import Account
    from upbit_auto_trading.domain.order import Fill, Order
    from upbit_auto_trading.domain.orderbook import Orderbook
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

    async def open_run(self, market: str, strategy_id: str, terms: Terms) -> RunState:
        """Return the run of that market and strategy, begun with `terms` if there is none."""
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
