"""What deposits and withdrawals have in common: lists, cursors, fields (reference §6.11)."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from upbit_auto_trading.domain.market import base_of, quote_of
from upbit_auto_trading.simulator.account.accounts import plain
from upbit_auto_trading.simulator.account.exchange_errors import ExchangeError, missing_field
from upbit_auto_trading.simulator.account.order_rules import positive_number
from upbit_auto_trading.simulator.account.order_views import kst_text
from upbit_auto_trading.simulator.account.transfers import MINIMUM_WON, Transfer
from upbit_auto_trading.simulator.rest.private_api import Call

DECIMALS: Final = 8
_NAMED_AT_ONCE: Final = 100
_TWO_FACTORS: Final = ("kakao", "naver", "hana")


def listed(kind: str) -> Callable[[Call], Any]:
    """Return the list endpoint of `deposit` or `withdraw`."""

    def act(call: Call) -> Any:
        parameters = call.parameters
        uuids, txids = parameters.texts("uuids"), parameters.texts("txids")
        if (uuids and txids) or max(len(uuids), len(txids)) > _NAMED_AT_ONCE:
            raise ExchangeError("invalid_parameter")
        currency, state = parameters.text("currency"), parameters.text("state")
        rows = _between(
            call.exchange.transfers.listed(kind, call.pocket.uuid),
            parameters.text("from"),
            parameters.text("to"),
        )
        rows = [
            row
            for row in rows
            if currency in (None, row.currency)
            and (state is None or state.upper() == row.state)
            and (not uuids or row.uuid in uuids)
            and (not txids or row.txid in txids)
        ]
        if parameters.choice("order_by", "desc", ("asc", "desc")) == "desc":
            rows.reverse()
        limit = parameters.whole("limit", 100, 100)
        first = (parameters.whole("page", 1, 10**9) - 1) * limit
        return [transfer_view(row) for row in rows[first : first + limit]]

    return act


def one(kind: str) -> Callable[[Call], Any]:
    """Return the endpoint of one `deposit` or `withdraw`; without parameters the latest."""

    def act(call: Call) -> Any:
        return transfer_view(named_transfer(call, kind))

    return act


def named_transfer(call: Call, kind: str) -> Transfer:
    """Return the newest `deposit` or `withdraw` that fits uuid, txid and currency.

    Raises:
        ExchangeError: deposit_not_found or withdraw_not_found.
    """
    uuid, txid = call.parameters.text("uuid"), call.parameters.text("txid")
    currency = call.parameters.text("currency")
    for row in reversed(call.exchange.transfers.listed(kind, call.pocket.uuid)):
        if (
            uuid in (None, row.uuid)
            and txid in (None, row.txid)
            and currency in (None, row.currency)
        ):
            return row
    raise ExchangeError(f"{kind}_not_found")


def transfer_view(row: Transfer) -> dict[str, Any]:
    """Return a deposit or withdrawal as REST answers it."""
    view: dict[str, Any] = {
        "type": row.kind,
        "uuid": row.uuid,
        "currency": row.currency,
        "net_type": row.net_type,
        "txid": row.txid,
        "state": row.state,
        "created_at": kst_text(row.created_ms),
        "done_at": None if row.done_ms is None else kst_text(row.done_ms),
        "amount": plain(row.amount),
        "fee": plain(row.fee),
        "transaction_type": row.transaction_type,
    }
    if row.kind == "withdraw":
        view["is_cancelable"] = row.state == "WAITING" and row.currency != "KRW"
    return view


def won_amount(call: Call) -> Decimal:
    """Return the amount of a won transfer that names its second factor.

    Raises:
        ExchangeError: validation_error.
    """
    amount = positive_number(call.parameters.text("amount") or "")
    if amount is None or amount != amount.to_integral_value() or amount < MINIMUM_WON:
        raise missing_field("amount")
    if call.parameters.text("two_factor_type") not in _TWO_FACTORS:
        raise missing_field("two_factor_type")
    return amount


def wanted_coin(call: Call) -> tuple[str, str]:
    """Return the coin and the network asked for.

    Raises:
        ExchangeError: validation_error, currency_not_found, invalid_parameter.
    """
    currency, net_type = call.parameters.text("currency"), call.parameters.text("net_type")
    if currency is None:
        raise missing_field("currency")
    if currency not in coins_of(call):
        raise ExchangeError("currency_not_found")
    if net_type is None:
        raise missing_field("net_type")
    if net_type != currency:
        raise ExchangeError("invalid_parameter")
    return currency, net_type


def coins_of(call: Call) -> list[str]:
    """Return every coin that is traded, in alphabetical order."""
    markets = call.exchange.markets
    return sorted({*map(base_of, markets), *map(quote_of, markets)} - {"KRW"})


def _between(
    rows: list[Transfer], newer_than: str | None, older_than: str | None
) -> list[Transfer]:
    """Cut a list (oldest first) at the cursors, uuids of earlier answers, both excluded."""
    uuids = [row.uuid for row in rows]
    for cursor in (newer_than, older_than):
        if cursor is not None and cursor not in uuids:
            raise ExchangeError("invalid_parameter")
    first = 0 if newer_than is None else uuids.index(newer_than) + 1
    last = len(rows) if older_than is None else uuids.index(older_than)
    return rows[first:last]
