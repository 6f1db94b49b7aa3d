"""Private REST: balances, placing and cancelling orders, keys (reference §6.1–§6.3, §6.6, §6.9)."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from upbit_auto_trading.domain.market import base_of, quote_of
from upbit_auto_trading.domain.money import minimum_total
from upbit_auto_trading.domain.trade import Side
from upbit_auto_trading.simulator.account.accounts import plain
from upbit_auto_trading.simulator.account.exchange_errors import ExchangeError, missing_field
from upbit_auto_trading.simulator.account.order_rules import (
    check_tick,
    fee_rate,
    maximum_total,
    order_of,
    read_order,
)
from upbit_auto_trading.simulator.account.order_views import balance_view, kst_text, order_view
from upbit_auto_trading.simulator.account.orders import ExchangeOrder, OrderRequest, OrderType
from upbit_auto_trading.simulator.rest.private_api import Call, Endpoint
from upbit_auto_trading.simulator.rest.rest_order_lists import ORDER_LIST_ENDPOINTS

_CANCELLED_AT_ONCE: Final = 20


def accounts(call: Call) -> Any:
    """What the pocket holds; currencies without any are absent."""
    return [balance_view(balance) for balance in call.pocket.held()]


def api_keys(call: Call) -> Any:
    """The keys of the caller's pocket."""
    return [
        {"access_key": key.access_key, "expire_at": kst_text(key.expires_ms)}
        for key in call.exchange.authenticator.keys
        if key.pocket_uuid == call.pocket.uuid
    ]


def chance(call: Call) -> Any:
    """Fees, limits and balances of one market."""
    market = call.parameters.text("market")
    if market is None:
        raise missing_field("market")
    market = market.upper()
    if market not in call.exchange.markets:
        raise ExchangeError("notfoundmarket", f"다음 마켓에 없는 종목입니다: {market}")
    fee, quote, base = plain(fee_rate(market)), quote_of(market), base_of(market)
    common = ["best_fok", "best_ioc", "limit", "limit_fok", "limit_ioc"]
    lowest = plain(minimum_total(market))
    return {
        "bid_fee": fee,
        "ask_fee": fee,
        "maker_bid_fee": fee,
        "maker_ask_fee": fee,
        "market": {
            "id": market,
            "name": f"{base}/{quote}",
            "order_types": ["limit"],
            "order_sides": ["ask", "bid"],
            "bid_types": [*common, "price"],
            "ask_types": [*common, "market"],
            "bid": {"currency": quote, "min_total": lowest},
            "ask": {"currency": base, "min_total": lowest},
            "max_total": plain(maximum_total(market)),
            "state": "active",
        },
        "bid_account": balance_view(call.pocket.balance(quote)),
        "ask_account": balance_view(call.pocket.balance(base)),
    }


def place(call: Call) -> Any:
    """Accept an order: it is answered as `wait`, whatever its type."""
    exchange = call.exchange
    request = read_order(
        call.parameters,
        exchange.markets,
        exchange.self_match,
        tick_factor=exchange.tick_factor,
    )
    return order_view(exchange.place(call.pocket, request, call.now_ms))


def test_place(call: Call) -> Any:
    """Check an order without placing it."""
    exchange = call.exchange
    request = read_order(
        call.parameters,
        exchange.markets,
        exchange.self_match,
        type_required=False,
        tick_factor=exchange.tick_factor,
    )
    return order_view(exchange.try_order(call.pocket, request, call.now_ms))


def order(call: Call) -> Any:
    """One order with its trades."""
    return order_view(_named_order(call), with_trades=True)


def cancel(call: Call) -> Any:
    """Accept a cancel; the answer shows the order as it still is."""
    found = _named_order(call)
    view = order_view(found)
    call.exchange.cancel(found, call.now_ms)
    return view


def cancel_named(call: Call) -> Any:
    """Cancel up to 20 orders by uuid or identifier."""
    uuids, identifiers = call.parameters.texts("uuids"), call.parameters.texts("identifiers")
    names = uuids or identifiers
    if bool(uuids) == bool(identifiers) or len(names) > _CANCELLED_AT_ONCE:
        raise ExchangeError("invalid_parameter")
    found = call.exchange.orders.find_all(call.pocket.uuid, uuids, identifiers)
    known = {row.uuid if uuids else row.request.identifier for row in found}
    unknown = [
        {"uuid" if uuids else "identifier": name}
        for name in dict.fromkeys(names)
        if name not in known
    ]
    return _cancel_all(call, found, unknown)


def cancel_open(call: Call) -> Any:
    """Cancel waiting orders by quote currency or market, newest first unless asked otherwise."""
    parameters = call.parameters
    quotes, pairs = parameters.commas("quote_currencies"), parameters.commas("pairs")
    excluded = parameters.commas("excluded_pairs")
    side = parameters.choice("cancel_side", "all", ("all", "ask", "bid"))
    if (quotes and pairs) or max(len(pairs), len(excluded)) > _CANCELLED_AT_ONCE:
        raise ExchangeError("invalid_parameter")
    count = parameters.whole("count", 20, 300)
    newest_first = parameters.choice("order_by", "desc", ("asc", "desc")) == "desc"
    rows = [
        row
        for row in call.exchange.orders.open_orders(call.pocket.uuid)
        if (not quotes or quote_of(row.request.market) in quotes)
        and (not pairs or row.request.market in pairs)
        and row.request.market not in excluded
        and side in ("all", str(row.request.side))
    ]
    return _cancel_all(call, (rows[::-1] if newest_first else rows)[:count])


def cancel_and_new(call: Call) -> Any:
    """Accept a cancel and the order that takes its place."""
    parameters = call.parameters
    previous = call.exchange.orders.find(
        call.pocket.uuid,
        parameters.text("prev_order_uuid"),
        parameters.text("prev_order_identifier"),
    )
    view = order_view(previous)
    remain_only = parameters.text("new_volume") == "remain_only"
    wanted = _replacement_of(call, previous, remain_only=remain_only)
    replacement = call.exchange.replace(
        call.pocket, previous, wanted, call.now_ms, remain_only=remain_only
    )
    view["new_order_uuid"] = replacement.uuid
    if wanted.identifier is not None:
        view["new_order_identifier"] = wanted.identifier
    return view


def _replacement_of(call: Call, previous: ExchangeOrder, *, remain_only: bool) -> OrderRequest:
    parameters, request = call.parameters, previous.request
    kind = parameters.text("new_ord_type")
    if kind not in ("limit", "price", "market", "best"):
        raise missing_field("new_ord_type")
    remaining = previous.remaining_volume
    if remain_only and (remaining is None or (kind == "best" and request.side is Side.BID)):
        raise ExchangeError("invalid_parameter")
    in_force = parameters.text("new_time_in_force")
    changed = order_of(
        request.market,
        request.side,
        OrderType(kind),
        volume=plain(remaining) if remain_only and remaining else parameters.text("new_volume"),
        price=parameters.text("new_price"),
        time_in_force=in_force,
        identifier=parameters.text("new_identifier"),
        smp_type=call.exchange.self_match.mode(parameters.text("new_smp_type"), in_force),
    )
    check_tick(changed, call.exchange.tick_factor(changed.market))
    return changed


def _named_order(call: Call) -> ExchangeOrder:
    parameters = call.parameters
    return call.exchange.orders.find(
        call.pocket.uuid, parameters.text("uuid"), parameters.text("identifier")
    )


def _cancel_all(
    call: Call, rows: Iterable[ExchangeOrder], unknown: Iterable[dict[str, str]] = ()
) -> Any:
    success: list[dict[str, str]] = []
    failed: list[dict[str, str]] = []
    for row in rows:
        entry = {"uuid": row.uuid, "market": row.request.market}
        if row.request.identifier is not None:
            entry["identifier"] = row.request.identifier
        try:
            call.exchange.cancel(row, call.now_ms)
        except ExchangeError:
            failed.append(entry)
        else:
            success.append(entry)
    failed += unknown
    return {
        "success": {"count": len(success), "orders": success},
        "failed": {"count": len(failed), "orders": failed},
    }


_MAKE: Final = "make_orders"
_VIEW: Final = "view_orders"
_ORDER_CHANGES: Final = (
    Endpoint("POST", "/v1/orders", place, _MAKE, "order", 201),
    Endpoint("POST", "/v1/orders/test", test_place, _MAKE, "order-test", 201),
    Endpoint("DELETE", "/v1/order", cancel, _MAKE),
    Endpoint("DELETE", "/v1/orders/uuids", cancel_named, _MAKE),
    Endpoint("DELETE", "/v1/orders/open", cancel_open, _MAKE, "order-cancel-all"),
    Endpoint("POST", "/v1/orders/cancel_and_new", cancel_and_new, _MAKE, "order"),
)
ORDER_ENDPOINTS: Final = (
    Endpoint("GET", "/v1/accounts", accounts, "view_account"),
    Endpoint("GET", "/v1/api_keys", api_keys),
    Endpoint("GET", "/v1/orders/chance", chance, _VIEW),
    Endpoint("GET", "/v1/order", order, _VIEW),
    *(replace(endpoint, changes_orders=True) for endpoint in _ORDER_CHANGES),
    *ORDER_LIST_ENDPOINTS,
)
