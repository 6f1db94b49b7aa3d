"""Paper accounts and the timeline on disk, through the trading ledger's thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from upbit_auto_trading.infrastructure.persistence.paper_account_store import (
    PaperAccountStore,
    keep_value,
    kept_value,
)
from upbit_auto_trading.infrastructure.persistence.timeline_store import TimelineStore

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from upbit_auto_trading.domain.order import Fill, OrderSide
    from upbit_auto_trading.domain.paper_account import (
        AccountRecord,
        EquityPoints,
        OrderRecord,
        RunRecord,
        RunStanding,
        TimelineEntry,
        TimelineFilter,
    )
    from upbit_auto_trading.infrastructure.trading_ledger import TradingLedger


class PaperBooks:
    """Fits `application.trading_ports.Books`; every method raises LedgerError."""

    def __init__(self, ledger: TradingLedger) -> None:
        self._ledger = ledger

    async def account(self) -> AccountRecord | None:
        """Return the account in use, None before the first."""
        return await self._ledger.use(lambda store: PaperAccountStore(store).account())

    async def open_account(
        self, cash: Decimal, now_ms: int, told: Sequence[Mapping[str, Any]] = ()
    ) -> AccountRecord:
        """Close the account in use with all its runs, and open one; everything stays on disk."""
        return await self._ledger.use(
            lambda store: PaperAccountStore(store).open_account(cash, now_ms, told)
        )

    async def runs(self, account: int) -> list[RunRecord]:
        """Return every run of an account, oldest first."""
        return await self._ledger.use(lambda store: PaperAccountStore(store).runs(account))

    async def run(self, run_id: int) -> RunRecord:
        """Return one run.

        Raises:
            LookupError: there is none.
        """
        return await self._ledger.use(lambda store: PaperAccountStore(store).run(run_id))

    async def stand(
        self, run_id: int, standing: RunStanding, told: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        """Note what is to become of a run, and tell it in the timeline."""
        await self._ledger.use(lambda store: PaperAccountStore(store).stand(run_id, standing, told))

    async def rule_counts(self, run_id: int) -> dict[str, int]:
        """Return how often each rule of a run acted since it was opened."""
        return await self._ledger.use(lambda store: PaperAccountStore(store).rule_counts(run_id))

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
        return await self._ledger.use(
            lambda store: PaperAccountStore(store).orders(
                account, limit, before, market, open_only=open_only
            )
        )

    async def order_states(self, account: int, since_ms: int) -> dict[str, int]:
        """Return how many of an account's orders from `since_ms` on ended how."""
        return await self._ledger.use(
            lambda store: PaperAccountStore(store).order_states(account, since_ms)
        )

    async def fills_since(self, account: int, since_ms: int) -> list[tuple[int, OrderSide, Fill]]:
        """Return an account's fills from `since_ms` on, as (run, side, fill), oldest first."""
        return await self._ledger.use(
            lambda store: PaperAccountStore(store).fills_since(account, since_ms)
        )

    async def add_equity(self, account: int, ms: int, cash: float, held: float) -> None:
        """Keep what an account is worth at a moment."""
        await self._ledger.use(
            lambda store: PaperAccountStore(store).add_equity(account, ms, cash, held)
        )

    async def equity(self, account: int, since_ms: int) -> EquityPoints:
        """Return what an account was worth from `since_ms` on."""
        return await self._ledger.use(
            lambda store: PaperAccountStore(store).equity(account, since_ms)
        )

    async def tell(self, told: Sequence[Mapping[str, Any]]) -> None:
        """Add things that happened outside any run to the timeline."""
        await self._ledger.use(lambda store: TimelineStore(store).add(told))

    async def timeline(
        self, wanted: TimelineFilter, limit: int, before: TimelineEntry | None = None
    ) -> list[TimelineEntry]:
        """Return the newest entries that match, newest first; `before` ends the page before."""
        return await self._ledger.use(
            lambda store: TimelineStore(store).page(wanted, limit, before)
        )

    async def count(self, wanted: TimelineFilter) -> int:
        """Return how many entries of the timeline match."""
        return await self._ledger.use(lambda store: TimelineStore(store).count(wanted))

    async def kept(self, name: str) -> dict[str, Any] | None:
        """Return a table of settings kept under a name, None where there is none."""
        return await self._ledger.use(lambda store: kept_value(store.database, name))

    async def keep(self, name: str, data: Mapping[str, Any]) -> None:
        """Keep a table of settings under a name."""
        await self._ledger.use(lambda store: keep_value(store.database, name, data))
