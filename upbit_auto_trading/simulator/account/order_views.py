"""Orders and fills as the exchange writes them: REST answers and account events.

REST has strings and leaves null fields out (reference §6.3); events have numbers and null
(reference §2.13, §2.14). Numbers are `Decimal`, to be written as JSON numbers unrounded.
"""

from collections.abc import Iterable
from datetime import timedelta, timezone
from decimal import Decimal
from typing import Any, Final

from upbit_auto_trading.domain.timeframe import from_epoch_ms
from upbit_auto_trading.simulator.account.accounts import ZERO, Balance, Pocket, exactly, plain
from upbit_auto_trading.simulator.account.orders import ExchangeOrder, Fill

_KST: Final = timezone(timedelta(hours=9))
_AVERAGE_PLACES: Final = Decimal("0.00000001")


def kst_text(moment_ms: int) -> str:
    """Return `2026-03-22T21:42:22+09:00`."""
    return from_epoch_ms(moment_ms).astimezone(_KST).isoformat(timespec="seconds")


@exactly
def order_view(
    order: ExchangeOrder, *, with_funds: bool = False, with_trades: bool = False
) -> dict[str, Any]:
    """Return the order as REST answers it, in the recorded order of fields."""
    request = order.request
    view: dict[str, Any] = {
        "uuid": order.uuid,
        "side": str(request.side),
        "ord_type": str(request.kind),
    }
    if request.price is not None:
        view["price"] = plain(request.price)
    view["state"] = str(order.state)
    view["market"] = request.market
    view["created_at"] = kst_text(order.created_ms)
    remaining = order.remaining_volume
    if request.volume is not None and remaining is not None:
        view["volume"] = plain(request.volume)
        view["remaining_volume"] = plain(remaining)
        view["prevented_volume"] = plain(order.prevented_volume)
    view["reserved_fee"] = plain(order.reserved_fee)
    view["remaining_fee"] = plain(_remaining_fee(order))
    view["paid_fee"] = plain(order.paid_fee)
    view["locked"] = plain(order.locked)
    view["prevented_locked"] = plain(order.prevented_locked)
    view["executed_volume"] = plain(order.executed_volume)
    if with_funds:
        view["executed_funds"] = plain(order.executed_funds)
    view["trades_count"] = len(order.fills)
    if with_trades:
        view["trades"] = [_trade_view(order, fill) for fill in order.fills]
    optional = {
        "time_in_force": request.time_in_force,
        "identifier": request.identifier,
        "smp_type": request.smp_type,
    }
    return view | {name: value for name, value in optional.items() if value is not None}


@exactly
def order_event(
    order: ExchangeOrder, state: str, now_ms: int, fill: Fill | None = None
) -> dict[str, Any]:
    """Return a `myOrder` frame; `price` and `volume` are the fill's when there is one."""
    request = order.request
    return {
        "type": "myOrder",
        "code": request.market,
        "uuid": order.uuid,
        "ask_bid": request.side.upper(),
        "order_type": str(request.kind),
        "state": state,
        "trade_uuid": None if fill is None else fill.uuid,
        "price": request.price if fill is None else fill.price,
        "avg_price": _short(order.average_price),
        "volume": request.volume if fill is None else fill.volume,
        "remaining_volume": order.remaining_volume,
        "executed_volume": order.executed_volume,
        "trades_count": len(order.fills),
        "reserved_fee": order.reserved_fee,
        "remaining_fee": _remaining_fee(order),
        "paid_fee": order.paid_fee,
        "locked": order.locked,
        "executed_funds": order.executed_funds,
        "time_in_force": request.time_in_force,
        "trade_fee": None if fill is None else fill.fee,
        "is_maker": None if fill is None else fill.is_maker,
        "identifier": request.identifier,
        "smp_type": request.smp_type,
        "prevented_volume": order.prevented_volume,
        "prevented_locked": order.prevented_locked,
        "trade_timestamp": None if fill is None else fill.at_ms,
        "order_timestamp": order.created_ms // 1000 * 1000,
        "timestamp": now_ms,
        "stream_type": "REALTIME",
    }


def asset_event(pocket: Pocket, currencies: Iterable[str], now_ms: int) -> dict[str, Any]:
    """Return a `myAsset` frame with the balances that changed."""
    return {
        "type": "myAsset",
        "asset_uuid": pocket.asset_uuid,
        "assets": [
            {
                "currency": currency,
                "balance": pocket.balance(currency).free,
                "locked": pocket.balance(currency).locked,
            }
            for currency in currencies
        ],
        "asset_timestamp": now_ms,
        "timestamp": now_ms,
        "stream_type": "REALTIME",
    }


def balance_view(balance: Balance) -> dict[str, Any]:
    """Return one row of `GET /v1/accounts`."""
    return {
        "currency": balance.currency,
        "balance": plain(balance.free),
        "locked": plain(balance.locked),
        "avg_buy_price": plain(balance.average_price),
        "avg_buy_price_modified": balance.average_modified,
        "unit_currency": "KRW",
    }


def _trade_view(order: ExchangeOrder, fill: Fill) -> dict[str, Any]:
    return {
        "market": order.request.market,
        "uuid": fill.uuid,
        "price": plain(fill.price),
        "volume": plain(fill.volume),
        "funds": plain(fill.funds),
        "trend": fill.trend,
        "created_at": kst_text(fill.at_ms),
        "side": str(order.request.side),
    }


def _remaining_fee(order: ExchangeOrder) -> Decimal:
    return ZERO if order.reserved_fee == ZERO else order.remaining_fee


def _short(price: Decimal) -> Decimal:
    return price if price == price.to_integral_value() else price.quantize(_AVERAGE_PLACES)
