"""Decisions as plain data for JSON, with the value of every operand behind them."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from upbit_auto_trading.domain.evaluation_record import GroupRecord

if TYPE_CHECKING:
    from upbit_auto_trading.domain.decision import Decision
    from upbit_auto_trading.domain.evaluation_record import Record
    from upbit_auto_trading.domain.order import Order
    from upbit_auto_trading.domain.truth import Unknown


def decision_data(decision: Decision) -> dict[str, Any]:
    """Return a decision; `t` is exchange time in epoch ms, numbers that aren't known are None."""
    data: dict[str, Any] = {
        "t": decision.ms,
        "price": _number(decision.price),
        "rule": decision.rule,
        "number": decision.number,
        "outcome": decision.outcome.value,
        "reason": decision.reason,
        "facts": {name: _number(value) for name, value in decision.facts},
    }
    if decision.order is not None:
        data["order"] = order_data(decision.order)
    if decision.evaluation is not None:
        data["why"] = record_data(decision.evaluation.record())
    return data


def order_data(order: Order) -> dict[str, Any]:
    """Return an order; amounts are decimal texts."""
    return {
        "id": order.id,
        "t": order.ms,
        "rule": order.rule,
        "side": order.side.value,
        "price": order.price,
        "amount": format(order.amount, "f"),
        "quantity": format(order.quantity, "f"),
        "cancels": order.cancels,
    }


def record_data(record: Record) -> dict[str, Any]:
    """Return an evaluation's record: truths, operands, distances, reasons."""
    data: dict[str, Any] = {"node": record.node, "truth": record.truth.value}
    if record.unknown:
        data["unknown"] = [_unknown(reason) for reason in record.unknown]
    if isinstance(record, GroupRecord):
        data |= {"true": record.true, "needed": record.needed}
        data["children"] = [record_data(child) for child in record.children]
        return data
    data |= {"left": _number(record.left), "right": _number(record.right)}
    if record.upper is not None:
        data["upper"] = _number(record.upper)
    data["distance"] = _number(record.distance)
    if record.bars_needed > 1:
        data |= {"bars_held": record.bars_held, "bars_needed": record.bars_needed}
    return data


def _unknown(reason: Unknown) -> dict[str, Any]:
    return {"reason": reason.reason.value} | {name: _number(value) for name, value in reason.facts}


def _number(value: float | str | None) -> float | str | None:
    return None if isinstance(value, float) and not isfinite(value) else value
