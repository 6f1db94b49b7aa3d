"""Runs on disk: segments, ticks, decisions, orders and fills, only ever added to. Blocking.

One commit is one transaction, synced before it returns. The engine's memory is kept with the
entries that led to it, so that after a crash both are from the same moment; what is told of them
lies in the timeline, so that the journal never has more or less than the run.
"""

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from upbit_auto_trading.domain.indicator import CandleRow
from upbit_auto_trading.domain.order import Order
from upbit_auto_trading.domain.recording import (
    CashMoved,
    Decided,
    Entry,
    OrderEnded,
    OrderFilled,
    OrderIntended,
    Recording,
    RunState,
    Segment,
    Terms,
    TickTaken,
)
from upbit_auto_trading.infrastructure.persistence import trading_reading
from upbit_auto_trading.infrastructure.persistence.database import open_database
from upbit_auto_trading.infrastructure.persistence.trading_schema import MIGRATIONS

_ADD_TICK: Final = "INSERT INTO tick VALUES (?,?,?,?,?,?,?,?)"
_ADD_DECISION: Final = "INSERT INTO decision VALUES (?,?,?)"
_ADD_ACTION: Final = "INSERT INTO action VALUES (?,?,?)"
_ADD_INTENT: Final = "INSERT INTO intent VALUES (?,?,?,?,?,?,?,?,?,?,?)"
_ADD_FILL: Final = "INSERT INTO fill VALUES (?,?,?,?,?,?,?,?,?,?)"
_ADD_ENDING: Final = "INSERT INTO ending VALUES (?,?,?,?,?,?,?)"
_ADD_TOLD: Final = (
    "INSERT INTO timeline (ms, kind, market, strategy, run, correlation, data)"
    " VALUES (?,?,?,?,?,?,?)"
)
_OLD_SEGMENTS: Final = (
    "SELECT s.id FROM segment s JOIN run r ON r.id=s.run WHERE s.started_ms<? AND s.is_forgotten=0"
    " AND (r.closed=1 OR s.id<(SELECT max(id) FROM segment n WHERE n.run=s.run))"
)
_BESIDE: Final = ("-wal", "-shm")
_COLUMNS: Final = frozenset({"event", "t", "market", "strategy", "run", "correlation"})


class TradingStore:
    """The trading database of one endpoint. Call from one thread only."""

    def __init__(self, path: Path, on_set_aside: Callable[[Path], None] | None = None) -> None:
        self._path, self._on_set_aside = path, on_set_aside
        self._places: dict[int, int] = {}
        self._open()

    def close(self) -> None:
        """Close the file."""
        self.database.close()

    @property
    def is_gone(self) -> bool:
        """Whether somebody deleted or replaced the file, or its log, while it is open.

        The system goes on writing to what was deleted, so nothing else would tell.
        """
        return self._identity() != self._opened

    def put_back(self) -> None:
        """Write everything known into a new file in its place.

        Raises:
            sqlite3.Error, OSError: it can't be written; what is open stays as it is.
        """
        unfinished = self._path.with_suffix(".unfinished")
        try:
            with contextlib.closing(sqlite3.connect(unfinished)) as copy:
                self.database.backup(copy)
            unfinished.replace(self._path)
        finally:
            unfinished.unlink(missing_ok=True)
        self.database.close()
        for suffix in _BESIDE:
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        self._open()

    def _open(self) -> None:
        self.database = open_database(self._path, MIGRATIONS, on_set_aside=self._on_set_aside)
        self._opened = self._identity()

    def _identity(self) -> tuple[int, ...] | None:
        try:
            log = self._path.with_name(self._path.name + _BESIDE[0])
            return self._path.stat().st_ino, log.stat().st_ino
        except FileNotFoundError:
            return None

    def open_run(
        self,
        market: str,
        strategy_id: str,
        terms: Terms,
        *,
        account: int | None = None,
        now_ms: int = 0,
    ) -> RunState:
        """Return the open run of that market and strategy, begun when there is none.

        Runs of a paper account are apart from those that have their own money.
        """
        row = self.database.execute(
            "SELECT id, cash, fee_rate, minimum, memory FROM run"
            " WHERE market=? AND strategy=? AND closed=0 AND account IS ?",
            (market, strategy_id, account),
        ).fetchone()
        if row is None:
            numbers = (str(terms.cash), str(terms.fee_rate), str(terms.minimum))
            cursor = self.database.execute(
                "INSERT INTO run (market, strategy, cash, fee_rate, minimum, account, opened_ms)"
                " VALUES (?,?,?,?,?,?,?)",
                (market, strategy_id, *numbers, account, now_ms),
            )
            return RunState(int(cursor.lastrowid or 0), terms, None, is_new=True)
        run_id, cash, fee_rate, minimum, memory = row
        kept = Terms(Decimal(cash), Decimal(fee_rate), Decimal(minimum))
        memory_data = trading_reading.loaded(memory)
        return RunState(int(run_id), kept, memory_data, self._anchors(run_id))

    def close_run(self, run_id: int) -> None:
        """End a run for good: the next one of its market and strategy begins anew."""
        self.database.execute("UPDATE run SET closed=1, state='closed' WHERE id=?", (run_id,))

    def begin_segment(self, run_id: int, segment: Segment) -> int:
        """Keep what a life of the process starts from; return the segment's number."""
        anchors = {name: [_row_of(row) for row in rows] for name, rows in segment.anchors.items()}
        cursor = self.database.execute(
            "INSERT INTO segment (run, started_ms, document, anchors, memory) VALUES (?,?,?,?,?)",
            (
                run_id,
                segment.started_ms,
                segment.strategy,
                json.dumps(anchors),
                None if segment.memory is None else json.dumps(segment.memory),
            ),
        )
        return int(cursor.lastrowid or 0)

    def commit(
        self,
        run_id: int,
        segment: int,
        entries: Sequence[Entry],
        memory: Mapping[str, Any],
        told: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """Add entries and what is told of them, replace the memory, in one synced transaction."""
        place = self._places.get(segment, 0)
        with self.transaction() as database:
            for entry in entries:
                self._add(run_id, segment, place, entry)
                place += 1
            for each in told:
                add_told(database, each)
            database.execute("UPDATE run SET memory=? WHERE id=?", (json.dumps(memory), run_id))
        self._places[segment] = place

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All that is done inside, or nothing of it."""
        self.database.execute("BEGIN IMMEDIATE")
        try:
            yield self.database
            self.database.execute("COMMIT")
        except BaseException:
            if self.database.in_transaction:
                self.database.execute("ROLLBACK")
            raise

    def recordings(self, run_id: int) -> list[Recording]:
        """Return everything kept of a run, a recording per segment, oldest first."""
        return trading_reading.recordings(self.database, run_id)

    def forget_ticks(self, before_ms: int) -> int:
        """Drop the ticks of segments begun before `before_ms`; return how many there were.

        The newest segment of an open run keeps its own: they are still being added to.
        """
        with self.transaction() as database:
            old = [(number,) for (number,) in database.execute(_OLD_SEGMENTS, (before_ms,))]
            before = database.total_changes
            database.executemany("DELETE FROM tick WHERE segment=?", old)
            count = database.total_changes - before
            database.executemany("UPDATE segment SET is_forgotten=1 WHERE id=?", old)
        return count

    def _anchors(self, run_id: int) -> dict[str, int]:
        row = self.database.execute(
            "SELECT anchors FROM segment WHERE run=? ORDER BY id DESC LIMIT 1", (run_id,)
        ).fetchone()
        tables = {} if row is None else json.loads(row[0])
        return {name: int(rows[0][0]) for name, rows in tables.items() if rows}

    def _add(self, run_id: int, segment: int, place: int, entry: Entry) -> None:
        where = (segment, place)
        if isinstance(entry, TickTaken):
            tick = entry.tick
            outside = json.dumps(entry.outside) if entry.outside else None
            told = (tick.ms, tick.price, tick.volume, tick.quality.value, entry.print_id, outside)
            self.database.execute(_ADD_TICK, (*where, *told))
        elif isinstance(entry, Decided):
            self.database.execute(_ADD_DECISION, (*where, json.dumps(dict(entry.data))))
        elif isinstance(entry, OrderIntended):
            self.database.execute(_ADD_INTENT, _intent_row(run_id, where, entry.order))
        elif isinstance(entry, OrderFilled):
            fill = entry.fill
            money = map(str, (fill.price, fill.quantity, fill.funds, fill.fee))
            row = (run_id, fill.order_id, entry.place, *where, fill.ms, *money)
            self.database.execute(_ADD_FILL, row)
        elif isinstance(entry, OrderEnded):
            row = (run_id, entry.order_id, *where, entry.end.value, entry.detail, entry.ms)
            self.database.execute(_ADD_ENDING, row)
        else:
            data = json.dumps(trading_reading.action_data(entry))
            self.database.execute(_ADD_ACTION, (*where, data))
            if isinstance(entry, CashMoved):
                self._move(run_id, entry.amount)

    def _move(self, run_id: int, amount: Decimal) -> None:
        (moved,) = self.database.execute("SELECT moved FROM run WHERE id=?", (run_id,)).fetchone()
        total = str(Decimal(moved) + amount)
        self.database.execute("UPDATE run SET moved=? WHERE id=?", (total, run_id))


def add_told(database: sqlite3.Connection, told: Mapping[str, Any]) -> None:
    """Add one thing that happened to the timeline."""
    facts = {name: value for name, value in told.items() if name not in _COLUMNS}
    names = (told.get("market", ""), told.get("strategy", ""), told.get("run"))
    row = (told["t"], told["event"], *names, told.get("correlation", ""), json.dumps(facts))
    database.execute(_ADD_TOLD, row)


def _intent_row(run_id: int, where: tuple[int, int], order: Order) -> tuple[Any, ...]:
    amounts = (str(order.amount), str(order.quantity))
    told = (order.ms, order.rule, order.side.value, order.price, *amounts, order.cancels)
    return (run_id, order.id, *where, *told)


def _row_of(row: CandleRow) -> list[float]:
    prices = (row.open, row.high, row.low, row.close)
    return [row.start_ms, *prices, row.volume, row.turnover]


def error_code(error: sqlite3.Error) -> str:
    """Return what a failed statement means: a code of `LedgerError`."""
    name = getattr(error, "sqlite_errorname", "")
    for start, code in (
        ("SQLITE_BUSY", "locked"),
        ("SQLITE_LOCKED", "locked"),
        ("SQLITE_FULL", "full"),
        ("SQLITE_READONLY", "read_only"),
        ("SQLITE_CORRUPT", "corrupt"),
        ("SQLITE_NOTADB", "corrupt"),
    ):
        if name.startswith(start):
            return code
    return "unusable"
