"""Private REST: lists of orders, their filters, pages and windows (reference §6.1, §6.7)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from upbit_auto_trading.domain.timeframe import to_epoch_ms
from upbit_auto_trading.simulator.account.exchange_errors import ExchangeError
from upbit_auto_trading.simulator.account.order_views import order_view
from upbit_auto_trading.simulator.account.orders import ExchangeOrder, OrderState
from upbit_auto_trading.simulator.account.request_parameters import Parameters
from upbit_auto_trading.simulator.rest.private_api import Call, Endpoint

WINDOW_MS: Final = 7 * 86_400_000
_NAMED_AT_ONCE: Final = 100
_LATEST_MS: Final = 253_402_300_799_999


def open_orders(call: Call) -> Any:
    """Waiting orders, a page at a time; a page past the end is empty."""
    states = _states(call.parameters, ("wait", "watch"), ("wait",))
    rows = call.exchange.orders.open_orders(call.pocket.uuid) if "wait" in states else []
    return _page(call.parameters, rows)


def closed_orders(call: Call) -> Any:
    """Ended orders created within a window of at most seven days."""
    parameters = call.parameters
    states = _states(parameters, ("done", "cancel"), ("done", "cancel"))
    since_ms, until_ms = window(parameters, call.now_ms)
    rows = [
        row
        for row in call.exchange.orders.created_between(call.pocket.uuid, since_ms, until_ms)
        if row.state in states
    ]
    rows = _of_market(_sorted(rows, parameters), parameters)
    return [
        order_view(row, with_funds=True) for row in rows[: parameters.whole("limit", 100, 1000)]
    ]


def named_orders(call: Call) -> Any:
    """Orders by uuid or identifier; those that don't exist are left out."""
    parameters = call.parameters
    uuids, identifiers = parameters.texts("uuids"), parameters.texts("identifiers")
    if bool(uuids) == bool(identifiers) or len(uuids or identifiers) > _NAMED_AT_ONCE:
        raise ExchangeError("invalid_parameter")
    rows = call.exchange.orders.find_all(call.pocket.uuid, uuids, identifiers)
    rows.sort(key=lambda row: row.created_ms)
    rows = _of_market(_sorted(rows, parameters), parameters)
    return [order_view(row, with_funds=True) for row in rows]


def deprecated_orders(call: Call) -> Any:
    """The list of before 2024-06-27, which older clients still ask for."""
    parameters = call.parameters
    states = _states(parameters, ("wait", "watch", "done", "cancel"), ("wait",))
    uuids, identifiers = parameters.texts("uuids"), parameters.texts("identifiers")
    orders = call.exchange.orders
    if uuids or identifiers:
        rows = orders.find_all(call.pocket.uuid, uuids, identifiers)
        rows.sort(key=lambda row: row.created_ms)
    else:
        kept = [state for state in OrderState if str(state) in states]
        rows = orders.in_states(call.pocket.uuid, kept)
    return _page(parameters, rows)


def window(parameters: Parameters, now_ms: int) -> tuple[int, int]:
    """Return the window of creation times asked for, in epoch milliseconds, both ends included.

    Raises:
        ExchangeError: invalid_parameter, for a time that is none or more than seven days.
    """
    start, end = _moment_ms(parameters, "start_time"), _moment_ms(parameters, "end_time")
    if start is None and end is None:
        return now_ms - WINDOW_MS, now_ms
    if start is None:
        return (end or 0) - WINDOW_MS, end or 0
    if end is None:
        return start, start + WINDOW_MS
    if not 0 <= end - start <= WINDOW_MS:
        raise ExchangeError("invalid_parameter")
    return start, end


def _moment_ms(parameters: Parameters, name: str) -> int | None:
    text = parameters.text(name)
    if text is None:
        return None
    if text.isascii() and text.isdigit() and len(text) <= 15:
        return min(int(text), _LATEST_MS)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ExchangeError("invalid_parameter") from None
    return to_epoch_ms(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))


def _states(
    parameters: Parameters, allowed: Sequence[str], default: Sequence[str]
) -> Sequence[str]:
    one, several = parameters.text("state"), parameters.texts("states")
    if one is not None and several:
        raise ExchangeError("invalid_parameter")
    states = several or ((one,) if one is not None else tuple(default))
    if any(state not in allowed for state in states):
        raise ExchangeError("invalid_parameter")
    return states


def _sorted(rows: Sequence[ExchangeOrder], parameters: Parameters) -> Sequence[ExchangeOrder]:
    newest_first = parameters.choice("order_by", "desc", ("asc", "desc")) == "desc"
    return rows[::-1] if newest_first else rows


def _of_market(rows: Sequence[ExchangeOrder], parameters: Parameters) -> list[ExchangeOrder]:
    market = parameters.text("market")
    return [row for row in rows if market is None or row.request.market == market.upper()]


def _page(parameters: Parameters, rows: Sequence[ExchangeOrder]) -> list[dict[str, Any]]:
    rows = _of_market(_sorted(rows, parameters), parameters)
    limit = parameters.whole("limit", 100, 100)
    first = (parameters.whole("page", 1, 10**9) - 1) * limit
    return [order_view(row, with_funds=True) for row in rows[first : first + limit]]


ORDER_LIST_ENDPOINTS: Final = (
    Endpoint("GET", "/v1/orders/open", open_orders, "view_orders"),
    Endpoint("GET", "/v1/orders/closed", closed_orders, "view_orders"),
    Endpoint("GET", "/v1/orders/uuids", named_orders, "view_orders"),
    Endpoint("GET", "/v1/orders", deprecated_orders, "view_orders"),
)
