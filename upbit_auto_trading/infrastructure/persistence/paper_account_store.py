"""Paper accounts in the trading database: accounts, their runs, orders and worth. Blocking."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import numpy as np

from upbit_auto_trading.domain.order import Fill, OrderSide
from upbit_auto_trading.domain.paper_account import (
    AccountRecord,
    EquityPoints,
    OrderRecord,
    RunRecord,
    RunStanding,
)
from upbit_auto_trading.domain.recording import Terms
from upbit_auto_trading.infrastructure.persistence.trading_reading import loaded
from upbit_auto_trading.infrastructure.persistence.trading_store import TradingStore, add_told

_ORDERS: Final = """
    SELECT i.run, i.number, r.market, r.strategy, i.rule, i.side, i.ms, i.price, i.amount,
        i.quantity, e.state, e.detail, e.ms
    FROM intent i JOIN run r ON r.id = i.run
    LEFT JOIN ending e ON e.run = i.run AND e.number = i.number
    WHERE (? IS NULL OR r.account = ?)
        AND (? IS NULL OR i.ms < ? OR (i.ms = ? AND i.run * 1000000000 + i.number < ?))
        AND (? = '' OR r.market = ?) AND (NOT ? OR e.state IS NULL)
    ORDER BY i.ms DESC, i.run * 1000000000 + i.number DESC LIMIT ?
"""
_RUN: Final = """
    SELECT r.id, r.account, r.market, r.strategy,
        coalesce((SELECT document FROM segment s WHERE s.run = r.id ORDER BY id DESC LIMIT 1), ''),
        r.cash, r.fee_rate, r.minimum, r.moved, r.state, r.opened_ms, r.memory
    FROM run r
"""


class PaperAccountStore:
    """The part of a trading database that paper accounts are in. The store's own thread."""

    def __init__(self, store: TradingStore) -> None:
        self._store = store
        self._database = store.database

    def account(self) -> AccountRecord | None:
        """Return the account in use."""
        row = self._database.execute(
            "SELECT id, opened_ms, cash, closed_ms FROM account WHERE closed_ms IS NULL"
            " ORDER BY id DESC LIMIT 1"
        ).fetchone()
        return None if row is None else AccountRecord(row[0], row[1], Decimal(row[2]), row[3])

    def open_account(
        self, cash: Decimal, now_ms: int, told: Sequence[Mapping[str, Any]]
    ) -> AccountRecord:
        """Close the account in use with all its runs, and open one; everything stays on disk."""
        with self._store.transaction() as database:
            database.execute(
                "UPDATE run SET closed=1, state=? WHERE closed=0 AND account IN"
                " (SELECT id FROM account WHERE closed_ms IS NULL)",
                (RunStanding.CLOSED.value,),
            )
            database.execute("UPDATE account SET closed_ms=? WHERE closed_ms IS NULL", (now_ms,))
            cursor = database.execute(
                "INSERT INTO account (opened_ms, cash) VALUES (?,?)", (now_ms, str(cash))
            )
            for each in told:
                add_told(database, each)
        return AccountRecord(int(cursor.lastrowid or 0), now_ms, cash)

    def runs(self, account: int) -> list[RunRecord]:
        """Return every run of an account, oldest first."""
        rows = self._database.execute(f"{_RUN} WHERE r.account=? ORDER BY r.id", (account,))
        return [_run(row) for row in rows]

    def run(self, run_id: int) -> RunRecord:
        """Return one run.

        Raises:
            LookupError: there is none.
        """
        row = self._database.execute(f"{_RUN} WHERE r.id=?", (run_id,)).fetchone()
        if row is None:
            raise LookupError(run_id)
        return _run(row)

    def stand(self, run_id: int, standing: RunStanding, told: Sequence[Mapping[str, Any]]) -> None:
        """Note what is to become of a run."""
        with self._store.transaction() as database:
            database.execute(
                "UPDATE run SET state=?, closed=? WHERE id=?",
                (standing.value, int(standing is RunStanding.CLOSED), run_id),
            )
            for each in told:
                add_told(database, each)

    def rule_counts(self, run_id: int) -> dict[str, int]:
        """Return how often each rule of a run acted since it was opened."""
        rows = self._database.execute(
            "SELECT json_extract(data, '$.rule'), count(*) FROM timeline WHERE run=? AND"
            " kind='decision' AND json_extract(data, '$.outcome') IN"
            " ('ordered','entered_mode','notified') GROUP BY 1",
            (run_id,),
        )
        return {str(rule): int(count) for rule, count in rows}

    def orders(
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
        ms = None if before is None else before.ms
        key = 0 if before is None else before.run * 1_000_000_000 + before.number
        rows = self._database.execute(
            _ORDERS, (account, account, ms, ms, ms, key, market, market, open_only, limit)
        ).fetchall()
        return [self._order(row) for row in rows]

    def order_states(self, account: int, since_ms: int) -> dict[str, int]:
        """Return how many of an account's orders from `since_ms` on ended how."""
        rows = self._database.execute(
            "SELECT e.state, count(*) FROM intent i JOIN run r ON r.id=i.run"
            " JOIN ending e ON e.run=i.run AND e.number=i.number"
            " WHERE r.account=? AND i.ms>=? GROUP BY 1",
            (account, since_ms),
        )
        return {str(state): int(count) for state, count in rows}

    def fills_since(self, account: int, since_ms: int) -> list[tuple[int, OrderSide, Fill]]:
        """Return an account's fills from `since_ms` on, as (run, side, fill), oldest first."""
        rows = self._database.execute(
            "SELECT f.run, i.side, f.number, f.ms, f.price, f.quantity, f.funds, f.fee"
            " FROM fill f JOIN run r ON r.id=f.run"
            " JOIN intent i ON i.run=f.run AND i.number=f.number"
            " WHERE r.account=? AND f.ms>=? ORDER BY f.ms, f.run, f.number, f.part",
            (account, since_ms),
        )
        return [
            (run, OrderSide(side), Fill(number, ms, *map(Decimal, money)))
            for run, side, number, ms, *money in rows
        ]

    def add_equity(self, account: int, ms: int, cash: float, held: float) -> None:
        """Keep what an account is worth at a moment."""
        self._database.execute(
            "INSERT OR REPLACE INTO equity VALUES (?,?,?,?)", (account, ms, cash, held)
        )

    def equity(self, account: int, since_ms: int) -> EquityPoints:
        """Return what an account was worth from `since_ms` on."""
        rows = self._database.execute(
            "SELECT ms, cash, held FROM equity WHERE account=? AND ms>=? ORDER BY ms",
            (account, since_ms),
        ).fetchall()
        table = np.array(rows, dtype=np.float64).reshape(len(rows), 3)
        return EquityPoints(table[:, 0].astype(np.int64), table[:, 1].copy(), table[:, 2].copy())

    def _order(self, row: Sequence[Any]) -> OrderRecord:
        run, number, market, strategy, rule, side, ms, price, amount, quantity, *end = row
        fills = [
            Fill(number, at, *map(Decimal, money))
            for at, *money in self._database.execute(
                "SELECT ms, price, quantity, funds, fee FROM fill WHERE run=? AND number=?"
                " ORDER BY part",
                (run, number),
            )
        ]
        state, detail, end_ms = end
        history = [("intended", ms), *(("filling", fill.ms) for fill in fills[:1])]
        if state is not None:
            history.append((state, end_ms or (fills[-1].ms if fills else ms)))
        return OrderRecord(
            run,
            number,
            market,
            strategy,
            rule,
            OrderSide(side),
            ms,
            price,
            Decimal(amount),
            Decimal(quantity),
            state or "intended",
            detail or "",
            f"p{run}-{ms}",
            tuple(fills),
            tuple(history),
        )


def _run(row: Sequence[Any]) -> RunRecord:
    number, account, market, strategy_id, document, *money, moved, state, opened_ms, memory = row
    return RunRecord(
        number,
        account,
        market,
        strategy_id,
        document,
        Terms(*map(Decimal, money)),
        Decimal(moved),
        RunStanding(state),
        opened_ms,
        loaded(memory),
    )


def kept_value(database: sqlite3.Connection, name: str) -> dict[str, Any] | None:
    """Return a table of settings kept under a name, None where there is none."""
    row = database.execute("SELECT data FROM kept WHERE name=?", (name,)).fetchone()
    return None if row is None else loaded(row[0])


def keep_value(database: sqlite3.Connection, name: str, data: Mapping[str, Any]) -> None:
    """Keep a table of settings under a name."""
    text = json.dumps(dict(data))
    database.execute("INSERT OR REPLACE INTO kept VALUES (?,?)", (name, text))
