"""Runs on disk: segments, ticks, decisions, orders and fills, only ever added to. Blocking.

One commit is one transaction, synced before it returns. The engine's memory is kept with the
entries that led to it, so that after a crash both are from the same moment.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from upbit_auto_trading.domain.indicator import CandleRow
from upbit_auto_trading.domain.order import Fill, Order, OrderSide
from upbit_auto_trading.domain.recording import (
    Decided,
    Entry,
    OrderEnd,
    OrderEnded,
    OrderFilled,
    OrderIntended,
    Recording,
    RunState,
    Segment,
    Terms,
    TickTaken,
)
from upbit_auto_trading.domain.tick import Quality, Tick
from upbit_auto_trading.infrastructure.persistence.database import open_database

_MIGRATIONS: Final = (
    """
    CREATE TABLE run (
        id INTEGER PRIMARY KEY,
        market TEXT NOT NULL,
        strategy TEXT NOT NULL,
        cash TEXT NOT NULL,
        fee_rate TEXT NOT NULL,
        minimum TEXT NOT NULL,
        closed INTEGER NOT NULL DEFAULT 0,
        memory TEXT
    ) STRICT;
    CREATE UNIQUE INDEX one_run ON run (market, strategy) WHERE closed = 0;
    CREATE TABLE segment (
        id INTEGER PRIMARY KEY,
        run INTEGER NOT NULL REFERENCES run,
        started_ms INTEGER NOT NULL,
        document TEXT NOT NULL,
        anchors TEXT NOT NULL,
        memory TEXT
    ) STRICT;
    CREATE TABLE tick (
        segment INTEGER NOT NULL REFERENCES segment,
        place INTEGER NOT NULL,
        ms INTEGER NOT NULL,
        price REAL NOT NULL,
        volume REAL NOT NULL,
        quality TEXT NOT NULL,
        print INTEGER NOT NULL,
        outside TEXT,
        PRIMARY KEY (segment, place)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE decision (
        segment INTEGER NOT NULL REFERENCES segment,
        place INTEGER NOT NULL,
        data TEXT NOT NULL,
        PRIMARY KEY (segment, place)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE intent (
        run INTEGER NOT NULL REFERENCES run,
        number INTEGER NOT NULL,
        segment INTEGER NOT NULL REFERENCES segment,
        place INTEGER NOT NULL,
        ms INTEGER NOT NULL,
        rule TEXT NOT NULL,
        side TEXT NOT NULL,
        price REAL NOT NULL,
        amount TEXT NOT NULL,
        quantity TEXT NOT NULL,
        cancels INTEGER,
        PRIMARY KEY (run, number)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE fill (
        run INTEGER NOT NULL,
        number INTEGER NOT NULL,
        part INTEGER NOT NULL,
        segment INTEGER NOT NULL REFERENCES segment,
        place INTEGER NOT NULL,
        ms INTEGER NOT NULL,
        price TEXT NOT NULL,
        quantity TEXT NOT NULL,
        funds TEXT NOT NULL,
        fee TEXT NOT NULL,
        PRIMARY KEY (run, number, part),
        FOREIGN KEY (run, number) REFERENCES intent
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE ending (
        run INTEGER NOT NULL,
        number INTEGER NOT NULL,
        segment INTEGER NOT NULL REFERENCES segment,
        place INTEGER NOT NULL,
        state TEXT NOT NULL,
        detail TEXT NOT NULL,
        PRIMARY KEY (run, number),
        FOREIGN KEY (run, number) REFERENCES intent
    ) STRICT, WITHOUT ROWID
    """,
)
_ADD_TICK: Final = "INSERT INTO tick VALUES (?,?,?,?,?,?,?,?)"
_ADD_DECISION: Final = "INSERT INTO decision VALUES (?,?,?)"
_ADD_INTENT: Final = "INSERT INTO intent VALUES (?,?,?,?,?,?,?,?,?,?,?)"
_ADD_FILL: Final = "INSERT INTO fill VALUES (?,?,?,?,?,?,?,?,?,?)"
_ADD_ENDING: Final = "INSERT INTO ending VALUES (?,?,?,?,?,?)"


class TradingStore:
    """The trading database of one endpoint. Call from one thread only."""

    def __init__(self, path: Path, on_set_aside: Callable[[Path], None] | None = None) -> None:
        self._database = open_database(path, _MIGRATIONS, on_set_aside=on_set_aside)
        self._places: dict[int, int] = {}

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def open_run(self, market: str, strategy_id: str, terms: Terms) -> RunState:
        """Return the open run of that market and strategy, begun when there is none."""
        row = self._database.execute(
            "SELECT id, cash, fee_rate, minimum, memory FROM run"
            " WHERE market=? AND strategy=? AND closed=0",
            (market, strategy_id),
        ).fetchone()
        if row is None:
            numbers = (str(terms.cash), str(terms.fee_rate), str(terms.minimum))
            cursor = self._database.execute(
                "INSERT INTO run (market, strategy, cash, fee_rate, minimum) VALUES (?,?,?,?,?)",
                (market, strategy_id, *numbers),
            )
            return RunState(int(cursor.lastrowid or 0), terms, None, is_new=True)
        run_id, cash, fee_rate, minimum, memory = row
        kept = Terms(Decimal(cash), Decimal(fee_rate), Decimal(minimum))
        return RunState(int(run_id), kept, _loaded(memory), self._anchors(run_id))

    def close_run(self, run_id: int) -> None:
        """End a run for good: the next one of its market and strategy begins anew."""
        self._database.execute("UPDATE run SET closed=1 WHERE id=?", (run_id,))

    def begin_segment(self, run_id: int, segment: Segment) -> int:
        """Keep what a life of the process starts from; return the segment's number."""
        anchors = {name: [_row_of(row) for row in rows] for name, rows in segment.anchors.items()}
        cursor = self._database.execute(
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
        self, run_id: int, segment: int, entries: Sequence[Entry], memory: Mapping[str, Any]
    ) -> None:
        """Add entries and replace the memory, in one synced transaction."""
        place = self._places.get(segment, 0)
        self._database.execute("BEGIN IMMEDIATE")
        try:
            for entry in entries:
                self._add(run_id, segment, place, entry)
                place += 1
            self._database.execute(
                "UPDATE run SET memory=? WHERE id=?", (json.dumps(memory), run_id)
            )
            self._database.execute("COMMIT")
        except BaseException:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise
        self._places[segment] = place

    def recordings(self, run_id: int) -> list[Recording]:
        """Return everything kept of a run, a recording per segment, oldest first."""
        run = self._database.execute(
            "SELECT cash, fee_rate, minimum FROM run WHERE id=?", (run_id,)
        ).fetchone()
        if run is None:
            return []
        terms = Terms(*(Decimal(number) for number in run))
        rows = self._database.execute(
            "SELECT id, started_ms, document, anchors, memory FROM segment WHERE run=? ORDER BY id",
            (run_id,),
        ).fetchall()
        recordings = []
        for number, started_ms, document, anchors, memory in rows:
            candles = {
                name: tuple(CandleRow(*row) for row in table)
                for name, table in json.loads(anchors).items()
            }
            segment = Segment(document, terms, candles, _loaded(memory), started_ms)
            placed = sorted(self._entries(number), key=lambda pair: pair[0])
            recordings.append(Recording(segment, tuple(entry for _, entry in placed)))
        return recordings

    def forget_ticks(self, before_ms: int) -> int:
        """Drop the ticks of segments begun before `before_ms`; return how many there were."""
        cursor = self._database.execute(
            "DELETE FROM tick WHERE segment IN (SELECT id FROM segment WHERE started_ms<?)",
            (before_ms,),
        )
        return cursor.rowcount

    def _anchors(self, run_id: int) -> dict[str, int]:
        row = self._database.execute(
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
            self._database.execute(_ADD_TICK, (*where, *told))
        elif isinstance(entry, Decided):
            self._database.execute(_ADD_DECISION, (*where, json.dumps(dict(entry.data))))
        elif isinstance(entry, OrderIntended):
            self._database.execute(_ADD_INTENT, _intent_row(run_id, where, entry.order))
        elif isinstance(entry, OrderFilled):
            fill = entry.fill
            money = map(str, (fill.price, fill.quantity, fill.funds, fill.fee))
            row = (run_id, fill.order_id, entry.place, *where, fill.ms, *money)
            self._database.execute(_ADD_FILL, row)
        else:
            row = (run_id, entry.order_id, *where, entry.end.value, entry.detail)
            self._database.execute(_ADD_ENDING, row)

    def _entries(self, segment: int) -> Iterator[tuple[int, Entry]]:
        of_segment = (segment,)
        for place, ms, price, volume, quality, print_id, outside in self._database.execute(
            "SELECT place, ms, price, volume, quality, print, outside FROM tick WHERE segment=?",
            of_segment,
        ):
            tick = Tick(ms, price, volume, Quality(quality))
            yield place, TickTaken(tick, print_id, tuple(json.loads(outside or "[]")))
        for place, data in self._database.execute(
            "SELECT place, data FROM decision WHERE segment=?", of_segment
        ):
            yield place, Decided(json.loads(data))
        for place, *columns in self._database.execute(
            "SELECT place, number, ms, rule, side, price, amount, quantity, cancels"
            " FROM intent WHERE segment=?",
            of_segment,
        ):
            yield place, OrderIntended(_order(columns))
        for place, number, part, ms, *money in self._database.execute(
            "SELECT place, number, part, ms, price, quantity, funds, fee FROM fill WHERE segment=?",
            of_segment,
        ):
            yield place, OrderFilled(Fill(number, ms, *map(Decimal, money)), part)
        for place, number, state, detail in self._database.execute(
            "SELECT place, number, state, detail FROM ending WHERE segment=?", of_segment
        ):
            yield place, OrderEnded(number, OrderEnd(state), detail)


def _intent_row(run_id: int, where: tuple[int, int], order: Order) -> tuple[Any, ...]:
    amounts = (str(order.amount), str(order.quantity))
    told = (order.ms, order.rule, order.side.value, order.price, *amounts, order.cancels)
    return (run_id, order.id, *where, *told)


def _order(columns: Sequence[Any]) -> Order:
    number, ms, rule, side, price, amount, quantity, cancels = columns
    amounts = Decimal(amount), Decimal(quantity)
    return Order(number, ms, rule, OrderSide(side), price, *amounts, cancels)


def _row_of(row: CandleRow) -> list[float]:
    prices = (row.open, row.high, row.low, row.close)
    return [row.start_ms, *prices, row.volume, row.turnover]


def _loaded(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    data: dict[str, Any] = json.loads(text)
    return data


def error_code(error: sqlite3.Error) -> str:
    """Return what a failed statement means: `locked`, `full`, `read_only` or `unusable`."""
    name = getattr(error, "sqlite_errorname", "")
    for start, code in (
        ("SQLITE_BUSY", "locked"),
        ("SQLITE_LOCKED", "locked"),
        ("SQLITE_FULL", "full"),
        ("SQLITE_READONLY", "read_only"),
    ):
        if name.startswith(start):
            return code
    return "unusable"
