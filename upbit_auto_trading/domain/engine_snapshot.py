"""The engine's memory as plain data, so that a run goes on after a restart as if there were none.

The market's part (windows, candles, indicators) isn't in it: it is seeded again from history,
and what can't be is unknown until it is.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from upbit_auto_trading.domain.document import DocumentProblem, Fields, InvalidDocumentError
from upbit_auto_trading.domain.order import Order, OrderSide
from upbit_auto_trading.domain.position import Position

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upbit_auto_trading.domain.engine import Engine

VERSION: Final = 1


def snapshot(engine: Engine) -> dict[str, Any]:
    """Return what the engine remembers as plain data for JSON; decimals are texts."""
    state = engine.state
    names = [plan.rule.id for plan in engine.plans]
    order = engine.open_order
    return {
        "version": VERSION,
        "cash": str(state.account.cash),
        "true": [names[index] for index, true in enumerate(state.true) if true],
        "held_ms": {names[index]: ms for index, ms in enumerate(state.held_ms) if ms is not None},
        "trying": [names[index] for index in sorted(state.trying)],
        "reported": {names[index]: code for index, code in state.reported.items()},
        "acted_ms": dict(state.acted_ms),
        "opened_ms": state.opened_ms,
        "bought_ms": state.bought_ms,
        "closed_ms": state.closed_ms,
        "orders_placed": state.next_order_id - 1,
        "open_order": None if order is None else _order_data(order),
        "open_order_filled": order is not None and state.has_filled(order.id),
        "cancelling": order is not None and order.id in state.cancelling,
        "suspended": state.is_suspended,
        "position": None if state.position is None else state.position.data(),
    }


def _order_data(order: Order) -> dict[str, Any]:
    return {
        "id": order.id,
        "ms": order.ms,
        "rule": order.rule,
        "side": order.side.value,
        "price": order.price,
        "amount": str(order.amount),
        "quantity": str(order.quantity),
    }


def restore(engine: Engine, data: object) -> None:
    """Give a fresh engine of the same strategy the memory in `data`.

    Rules that the strategy no longer has are forgotten.

    Raises:
        InvalidDocumentError: the data isn't a snapshot's.
    """
    try:
        _restore(engine, data)
    except (KeyError, TypeError, ArithmeticError) as error:
        raise InvalidDocumentError(
            "snapshot", DocumentProblem.WRONG_TYPE, f"a snapshot ({error})"
        ) from error


def _restore(engine: Engine, data: object) -> None:
    fields = Fields("snapshot", data)
    fields.version(VERSION)
    state = engine.state
    index_of = {plan.rule.id: plan.index for plan in engine.plans}
    state.account = replace(state.account, cash=Decimal(fields.text("cash")))
    for name in _names(fields, "true"):
        if name in index_of:
            state.true[index_of[name]] = True
    for name, ms in _table(fields, "held_ms").items():
        if name in index_of:
            state.held_ms[index_of[name]] = int(ms)
    state.trying = {index_of[name] for name in _names(fields, "trying") if name in index_of}
    state.reported = {
        index_of[name]: str(code)
        for name, code in _table(fields, "reported").items()
        if name in index_of
    }
    state.acted_ms = {name: int(ms) for name, ms in _table(fields, "acted_ms").items()}
    state.opened_ms = _moment(fields, "opened_ms")
    state.bought_ms = _moment(fields, "bought_ms")
    state.closed_ms = _moment(fields, "closed_ms")
    placed = fields.whole("orders_placed", lowest=0, highest=10**12)
    order_data = fields.take("open_order")
    order = None if order_data is None else _order(Fields("snapshot.open_order", order_data))
    state.resume_orders(
        placed,
        order,
        filled=fields.flag("open_order_filled"),
        cancelling=fields.flag("cancelling"),
    )
    state.is_suspended = fields.flag("suspended", default=False)
    position = fields.take("position")
    state.position = None if position is None else Position.from_data(position)
    fields.finish()


def _order(fields: Fields) -> Order:
    order = Order(
        id=fields.whole("id", lowest=1, highest=10**12),
        ms=fields.whole("ms", lowest=0, highest=10**14),
        rule=fields.text("rule"),
        side=fields.one_of("side", OrderSide),
        price=fields.number("price"),
        amount=Decimal(fields.text("amount")),
        quantity=Decimal(fields.text("quantity")),
    )
    fields.finish()
    return order


def _names(fields: Fields, name: str) -> list[str]:
    return [str(item) for _, item in fields.items(name)]


def _table(fields: Fields, name: str) -> Mapping[str, Any]:
    value = fields.take(name)
    if not isinstance(value, dict):
        raise InvalidDocumentError(fields.at(name), DocumentProblem.WRONG_TYPE, "a table")
    return value


def _moment(fields: Fields, name: str) -> int | None:
    value = fields.take(name)
    return None if value is None else int(str(value))
