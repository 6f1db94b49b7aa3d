"""Private REST: pockets, their keys, balances and transfers (reference §6.10)."""

from typing import Any, Final

from upbit_auto_trading.domain.market import base_of, quote_of
from upbit_auto_trading.simulator.account.accounts import Pocket
from upbit_auto_trading.simulator.account.auth import PERMISSIONS
from upbit_auto_trading.simulator.account.exchange_errors import ExchangeError
from upbit_auto_trading.simulator.account.order_rules import positive_number
from upbit_auto_trading.simulator.account.order_views import balance_view, kst_text
from upbit_auto_trading.simulator.account.pocket_transfers import PocketTransfer
from upbit_auto_trading.simulator.rest.private_api import Call, Endpoint
from upbit_auto_trading.simulator.rest.rest_order_lists import window

_STATES: Final = ("submitted", "processing", "done", "failed")
_NAMED_AT_ONCE: Final = 20


def currencies(call: Call) -> frozenset[str]:
    """Return the currencies the exchange knows: both sides of every market."""
    markets = call.exchange.markets
    return frozenset({*map(quote_of, markets), *map(base_of, markets)})


def pockets(call: Call) -> Any:
    """Every pocket of the account."""
    return [
        {"uuid": row.uuid, "name": row.name, "type": row.kind}
        for row in call.exchange.accounts.pockets.values()
    ]


def pocket_keys(call: Call) -> Any:
    """The keys of the account's pockets, those still valid unless asked for all."""
    _main_only(call)
    uuids = call.parameters.texts("uuids") or tuple(call.exchange.accounts.pockets)
    with_expired = call.parameters.flag("include_expired")
    return [
        {
            "uuid": _pocket(call, uuid).uuid,
            "keys": [
                {
                    "access_key": key.access_key,
                    "permissions": [name for name in PERMISSIONS if name in key.permissions],
                    "allowed_ips": sorted(key.allowed_ips),
                    "created_at": kst_text(key.created_ms),
                    "expired_at": kst_text(key.expires_ms),
                }
                for key in call.exchange.accounts.keys
                if key.pocket_uuid == uuid and (with_expired or key.expires_ms > call.now_ms)
            ],
        }
        for uuid in uuids
    ]


def pocket_assets(call: Call) -> Any:
    """The balances of a sub-pocket."""
    _main_only(call)
    uuid = call.parameters.text("uuid")
    if uuid is None:
        raise ExchangeError("invalid_parameter")
    pocket = _pocket(call, uuid)
    if pocket.kind == "main":
        raise ExchangeError("invalid_parameter")
    return [balance_view(balance) for balance in pocket.held()]


def universal_transfer(call: Call) -> Any:
    """Move an amount between any two pockets."""
    _main_only(call)
    source = call.parameters.text("from")
    return _start(call, call.pocket if source is None else _pocket(call, source))


def transfer(call: Call) -> Any:
    """Move an amount out of a sub-pocket."""
    if call.pocket.kind == "main":
        raise ExchangeError("out_of_scope")
    return _start(call, call.pocket)


def universal_transfers(call: Call) -> Any:
    """Transfers between any pockets."""
    _main_only(call)
    source, target = call.parameters.text("from"), call.parameters.text("to")
    rows = [
        row
        for row in call.exchange.pocket_transfers.rows
        if source in (None, row.source) and target in (None, row.target)
    ]
    return _listed(call, rows)


def transfers(call: Call) -> Any:
    """Transfers of a sub-pocket."""
    direction = call.parameters.choice("direction", "all", ("in", "out", "all"))
    mine = call.pocket.uuid
    rows = [
        row
        for row in call.exchange.pocket_transfers.rows
        if (row.source == mine and direction != "in") or (row.target == mine and direction != "out")
    ]
    return _listed(call, rows)


def _start(call: Call, source: Pocket) -> Any:
    parameters = call.parameters
    target, currency = parameters.text("to"), parameters.text("currency")
    amount = parameters.text("amount")
    if target is None or currency is None or amount is None:
        raise ExchangeError("invalid_parameter")
    if positive_number(amount) is None:
        raise ExchangeError("invalid_parameter")
    receiver = _pocket(call, target)
    if currency not in currencies(call):
        raise ExchangeError("currency_not_found")
    row = call.exchange.pocket_transfers.start(
        source, receiver, currency, amount, parameters.text("identifier"), call.now_ms
    )
    return _view(row)


def _listed(call: Call, rows: list[PocketTransfer]) -> Any:
    parameters = call.parameters
    uuids, identifiers = parameters.texts("uuids"), parameters.texts("identifiers")
    states, currency = parameters.texts("states"), parameters.text("currency")
    if max(len(uuids), len(identifiers)) > _NAMED_AT_ONCE:
        raise ExchangeError("invalid_parameter")
    if any(state not in _STATES for state in states):
        raise ExchangeError("invalid_parameter")
    since_ms, until_ms = window(parameters, call.now_ms)
    kept = [
        row
        for row in rows
        if since_ms <= row.created_ms <= until_ms
        and (not uuids or row.uuid in uuids)
        and (not identifiers or row.identifier in identifiers)
        and (not states or row.state in states)
        and currency in (None, row.currency)
    ]
    if parameters.choice("order_by", "desc", ("asc", "desc")) == "desc":
        kept.reverse()
    return [_view(row) for row in kept[: parameters.whole("limit", 20, 100)]]


def _view(row: PocketTransfer) -> dict[str, Any]:
    return {
        "from": row.source,
        "to": row.target,
        "uuid": row.uuid,
        "identifier": row.identifier,
        "state": row.state,
        "currency": row.currency,
        "amount": row.amount,
        "created_at": kst_text(row.created_ms),
    }


def _main_only(call: Call) -> None:
    if call.pocket.kind != "main":
        raise ExchangeError("out_of_scope")


def _pocket(call: Call, uuid: str) -> Pocket:
    pocket = call.exchange.accounts.pockets.get(uuid)
    if pocket is None:
        raise ExchangeError("pocket_not_found")
    return pocket


_MANAGE: Final = "manage_pockets"
POCKET_ENDPOINTS: Final = (
    Endpoint("GET", "/v1/pockets", pockets, _MANAGE),
    Endpoint("GET", "/v1/pockets/api_keys", pocket_keys, _MANAGE),
    Endpoint("GET", "/v1/pockets/assets", pocket_assets, _MANAGE),
    Endpoint("GET", "/v1/pockets/universal_transfers", universal_transfers, _MANAGE),
    Endpoint("POST", "/v1/pockets/universal_transfers", universal_transfer, _MANAGE, status=201),
    Endpoint("GET", "/v1/pockets/transfers", transfers, "transfer"),
    Endpoint("POST", "/v1/pockets/transfers", transfer, "transfer", status=201),
)
