"""What was kept of a run, read back as it was given. Blocking; the trading store's thread."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from upbit_auto_trading.domain.indicator import CandleRow
from upbit_auto_trading.domain.order import Fill, Order, OrderSide
from upbit_auto_trading.domain.recording import (
    CashMoved,
    Decided,
    Entry,
    OrderByHand,
    OrderEnd,
    OrderEnded,
    OrderFilled,
    OrderIntended,
    Recording,
    Segment,
    Suspended,
    Terms,
    TickTaken,
    UserAction,
)
from upbit_auto_trading.domain.tick import Quality, Tick


def recordings(database: sqlite3.Connection, run_id: int) -> list[Recording]:
    """Return everything kept of a run, a recording per segment, oldest first."""
    run = database.execute(
        "SELECT cash, fee_rate, minimum FROM run WHERE id=?", (run_id,)
    ).fetchone()
    if run is None:
        return []
    terms = Terms(*(Decimal(number) for number in run))
    rows = database.execute(
        "SELECT id, started_ms, document, anchors, memory, is_forgotten FROM segment"
        " WHERE run=? ORDER BY id",
        (run_id,),
    ).fetchall()
    found = []
    for number, started_ms, document, anchors, memory, is_forgotten in rows:
        candles = {
            name: tuple(CandleRow(*row) for row in table)
            for name, table in json.loads(anchors).items()
        }
        segment = Segment(document, terms, candles, loaded(memory), started_ms)
        placed = sorted(_entries(database, number), key=lambda pair: pair[0])
        entries = tuple(entry for _, entry in placed)
        found.append(Recording(segment, entries, has_ticks=not is_forgotten))
    return found


def loaded(text: str | None) -> dict[str, Any] | None:
    """Return a JSON table, None where there is none."""
    if text is None:
        return None
    data: dict[str, Any] = json.loads(text)
    return data


def action_data(action: UserAction) -> dict[str, Any]:
    """Return what the user did as plain data; `action_of` reads it."""
    if isinstance(action, OrderByHand):
        order = action.order
        amounts = [str(order.amount), str(order.quantity)]
        row = [order.id, order.ms, order.rule, order.side.value, order.price, *amounts]
        return {"kind": "order", "order": [*row, order.cancels]}
    if isinstance(action, CashMoved):
        return {"kind": "cash", "ms": action.ms, "amount": str(action.amount)}
    return {"kind": "suspended", "ms": action.ms, "is_suspended": action.is_suspended}


def action_of(data: Mapping[str, Any]) -> UserAction:
    """Return what `action_data` gave."""
    if data["kind"] == "order":
        return OrderByHand(order_of(data["order"]))
    if data["kind"] == "cash":
        return CashMoved(data["ms"], Decimal(data["amount"]))
    return Suspended(data["ms"], data["is_suspended"])


def order_of(columns: Sequence[Any]) -> Order:
    """Return the order of an intent's columns."""
    number, ms, rule, side, price, amount, quantity, cancels = columns
    amounts = Decimal(amount), Decimal(quantity)
    return Order(number, ms, rule, OrderSide(side), price, *amounts, cancels)


def _entries(database: sqlite3.Connection, segment: int) -> Iterator[tuple[int, Entry]]:
    of_segment = (segment,)
    for place, ms, price, volume, quality, print_id, outside in database.execute(
        "SELECT place, ms, price, volume, quality, print, outside FROM tick WHERE segment=?",
        of_segment,
    ):
        tick = Tick(ms, price, volume, Quality(quality))
        yield place, TickTaken(tick, print_id, tuple(json.loads(outside or "[]")))
    for place, data in database.execute(
        "SELECT place, data FROM decision WHERE segment=?", of_segment
    ):
        yield place, Decided(json.loads(data))
    for place, data in database.execute(
        "SELECT place, data FROM action WHERE segment=?", of_segment
    ):
        yield place, action_of(json.loads(data))
    for place, *columns in database.execute(
        "SELECT place, number, ms, rule, side, price, amount, quantity, cancels"
        " FROM intent WHERE segment=?",
        of_segment,
    ):
        yield place, OrderIntended(order_of(columns))
    for place, number, part, ms, *money in database.execute(
        "SELECT place, number, part, ms, price, quantity, funds, fee FROM fill WHERE segment=?",
        of_segment,
    ):
        yield place, OrderFilled(Fill(number, ms, *map(Decimal, money)), part)
    for place, number, state, detail, ms in database.execute(
        "SELECT place, number, state, detail, ms FROM ending WHERE segment=?", of_segment
    ):
        yield place, OrderEnded(number, OrderEnd(state), detail, ms)
