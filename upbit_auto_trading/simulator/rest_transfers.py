"""Private REST: wallets, deposits, withdrawals, travel rule (reference §6.9, §6.11)."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from upbit_auto_trading.domain.market import base_of, quote_of
from upbit_auto_trading.domain.timeframe import from_epoch_ms
from upbit_auto_trading.simulator.account_file import WithdrawAddress
from upbit_auto_trading.simulator.accounts import plain
from upbit_auto_trading.simulator.exchange_errors import ExchangeError, missing_field
from upbit_auto_trading.simulator.order_rules import positive_number
from upbit_auto_trading.simulator.order_views import balance_view, kst_text
from upbit_auto_trading.simulator.private_api import Call, Endpoint
from upbit_auto_trading.simulator.transfers import MINIMUM_WON, WON_WITHDRAWAL_FEE, Transfer

_BLOCK_MS: Final = 600_000
_DECIMALS: Final = 8
_DAILY_WON: Final = Decimal(5_000_000_000)
_TWO_FACTORS: Final = ("kakao", "naver", "hana")
_SIMULATED_VASP: Final = "7b0c5f3e-2d2a-4f66-8d0b-3f1f7f6f9c11"


def wallet_status(call: Call) -> Any:
    """The state of every coin's wallet; the simulated chains make a block every ten minutes."""
    height = call.now_ms // _BLOCK_MS
    made = from_epoch_ms(height * _BLOCK_MS).isoformat(timespec="milliseconds")
    return [
        {
            "currency": currency,
            "wallet_state": "working",
            "block_state": "normal",
            "block_height": height,
            "block_updated_at": made,
            "block_elapsed_minutes": call.now_ms % _BLOCK_MS // 60_000,
            "net_type": currency,
            "network_name": currency,
        }
        for currency in _coins(call)
    ]


def listed(kind: str) -> Callable[[Call], Any]:
    """Return the list endpoint of `deposit` or `withdraw`."""

    def act(call: Call) -> Any:
        parameters = call.parameters
        uuids, txids = parameters.texts("uuids"), parameters.texts("txids")
        if (uuids and txids) or max(len(uuids), len(txids)) > 100:
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
        return [_view(row) for row in rows[first : first + limit]]

    return act


def one(kind: str) -> Callable[[Call], Any]:
    """Return the endpoint of one `deposit` or `withdraw`; without parameters the latest."""

    def act(call: Call) -> Any:
        return _view(_named(call, kind))

    return act


def deposit_chance(call: Call) -> Any:
    """Whether a coin can be deposited."""
    currency, net_type = _coin(call)
    return {
        "currency": currency,
        "net_type": net_type,
        "is_deposit_possible": True,
        "deposit_impossible_reason": "",
        "minimum_deposit_amount": "0",
        "minimum_deposit_confirmations": 1,
        "decimal_precision": _DECIMALS,
    }


def deposit_addresses(call: Call) -> Any:
    """The deposit addresses that were made."""
    rows = call.exchange.transfers.addresses(call.pocket.uuid)
    return [_address_view(currency, address) for currency, address in rows]


def deposit_address(call: Call) -> Any:
    """One deposit address."""
    currency, _ = _coin(call)
    address = call.exchange.transfers.address(call.pocket.uuid, currency)
    if address is None:
        raise ExchangeError("deposit_address_not_found")
    return _address_view(currency, address)


def make_deposit_address(call: Call) -> Any:
    """Make a deposit address; the simulator has it at once."""
    currency, _ = _coin(call)
    return _address_view(currency, call.exchange.transfers.make_address(call.pocket.uuid, currency))


def deposit_won(call: Call) -> Any:
    """Start a won deposit."""
    amount = _won_amount(call)
    return _view(call.exchange.transfers.deposit_won(call.pocket, amount, call.now_ms))


def withdraw_won(call: Call) -> Any:
    """Start a won withdrawal; this answer alone has its state in lower case."""
    amount = _won_amount(call)
    row = call.exchange.transfers.withdraw(call.pocket, "KRW", amount, call.now_ms)
    return _view(row) | {"state": row.state.lower()}


def withdraw_coin(call: Call) -> Any:
    """Start a coin withdrawal to a registered address."""
    currency, net_type = _coin(call)
    amount = positive_number(call.parameters.text("amount") or "")
    address = call.parameters.text("address")
    if amount is None:
        raise missing_field("amount")
    if address is None:
        raise missing_field("address")
    kind = call.parameters.choice("transaction_type", "default", ("default", "internal"))
    wanted = WithdrawAddress(currency, net_type, address, call.parameters.text("secondary_address"))
    if wanted not in call.exchange.accounts.addresses:
        raise ExchangeError("withdraw_address_not_registered")
    row = call.exchange.transfers.withdraw(
        call.pocket, currency, amount, call.now_ms, address=address, transaction_type=kind
    )
    return _view(row)


def cancel_withdrawal(call: Call) -> Any:
    """Cancel a waiting coin withdrawal."""
    if call.parameters.text("uuid") is None:
        raise missing_field("uuid")
    row = _named(call, "withdraw")
    call.exchange.transfers.cancel(row, call.now_ms)
    return _view(row)


def withdraw_addresses(call: Call) -> Any:
    """The registered withdrawal addresses."""
    return [
        {
            "currency": row.currency,
            "net_type": row.net_type,
            "network_name": row.net_type,
            "withdraw_address": row.address,
            "secondary_address": row.secondary_address,
            "beneficiary_name": None,
            "beneficiary_company_name": None,
            "beneficiary_type": None,
            "exchange_name": None,
            "wallet_type": None,
        }
        for row in call.exchange.accounts.addresses
    ]


def withdraw_chance(call: Call) -> Any:
    """Limits and fees of withdrawing a currency."""
    currency = call.parameters.text("currency")
    is_won = currency == "KRW"
    if not is_won:
        currency, _ = _coin(call)
    return {
        "member_level": {
            "security_level": 4,
            "fee_level": 0,
            "email_verified": True,
            "identity_auth_verified": True,
            "bank_account_verified": True,
            "two_factor_auth_verified": True,
            "locked": False,
            "wallet_locked": False,
        },
        "currency": {
            "code": currency,
            "withdraw_fee": plain(WON_WITHDRAWAL_FEE) if is_won else "0",
            "is_coin": not is_won,
            "wallet_state": "working",
            "wallet_support": ["deposit", "withdraw"],
        },
        "account": balance_view(call.pocket.balance(str(currency))),
        "withdraw_limit": {
            "currency": currency,
            "minimum": plain(MINIMUM_WON) if is_won else "0.00000001",
            "remaining_daily_fiat": plain(_DAILY_WON),
            "fiat_currency": "KRW",
            "withdraw_delayed_fiat": "0",
            "fixed": 0 if is_won else _DECIMALS,
            "can_withdraw": True,
        },
    }


def vasps(call: Call) -> Any:
    """The one exchange whose deposits can be verified."""
    del call
    return [
        {
            "vasp_name": "Simulated VASP",
            "vasp_uuid": _SIMULATED_VASP,
            "depositable": True,
            "withdrawable": True,
        }
    ]


def verify_deposit(call: Call) -> Any:
    """Verify where a coin deposit came from."""
    parameters = call.parameters
    uuid, txid = parameters.text("deposit_uuid"), parameters.text("txid")
    if parameters.text("vasp_uuid") != _SIMULATED_VASP:
        raise ExchangeError("invalid_parameter")
    for row in call.exchange.transfers.listed("deposit", call.pocket.uuid):
        same_txid = txid == row.txid and parameters.text("currency") == row.currency
        if row.net_type is not None and (uuid == row.uuid or (txid and same_txid)):
            call.exchange.transfers.verify(row, call.now_ms)
            return {
                "deposit_uuid": row.uuid,
                "verification_result": "verified",
                "deposit_state": row.state,
            }
    raise ExchangeError("deposit_not_found")


def _named(call: Call, kind: str) -> Transfer:
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


def _view(row: Transfer) -> dict[str, Any]:
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


def _address_view(currency: str, address: str) -> dict[str, Any]:
    return {
        "currency": currency,
        "net_type": currency,
        "deposit_address": address,
        "secondary_address": None,
    }


def _won_amount(call: Call) -> Decimal:
    amount = positive_number(call.parameters.text("amount") or "")
    if amount is None or amount != amount.to_integral_value() or amount < MINIMUM_WON:
        raise missing_field("amount")
    if call.parameters.text("two_factor_type") not in _TWO_FACTORS:
        raise missing_field("two_factor_type")
    return amount


def _coin(call: Call) -> tuple[str, str]:
    currency, net_type = call.parameters.text("currency"), call.parameters.text("net_type")
    if currency is None:
        raise missing_field("currency")
    if currency not in _coins(call):
        raise ExchangeError("currency_not_found")
    if net_type is None:
        raise missing_field("net_type")
    if net_type != currency:
        raise ExchangeError("invalid_parameter")
    return currency, net_type


def _coins(call: Call) -> list[str]:
    markets = call.exchange.markets
    return sorted({*map(base_of, markets), *map(quote_of, markets)} - {"KRW"})


_SEE_IN, _IN = "view_deposits", "deposit"
_SEE_OUT, _OUT = "view_withdrawals", "withdraw"
TRANSFER_ENDPOINTS: Final = (
    Endpoint("GET", "/v1/status/wallet", wallet_status),
    Endpoint("GET", "/v1/deposits", listed("deposit"), _SEE_IN),
    Endpoint("GET", "/v1/deposit", one("deposit"), _SEE_IN),
    Endpoint("GET", "/v1/deposits/chance/coin", deposit_chance, _SEE_IN),
    Endpoint("GET", "/v1/deposits/coin_addresses", deposit_addresses, _SEE_IN),
    Endpoint("GET", "/v1/deposits/coin_address", deposit_address, _SEE_IN),
    Endpoint("POST", "/v1/deposits/generate_coin_address", make_deposit_address, _IN, status=201),
    Endpoint("POST", "/v1/deposits/krw", deposit_won, _IN, status=201),
    Endpoint("GET", "/v1/withdraws", listed("withdraw"), _SEE_OUT),
    Endpoint("GET", "/v1/withdraw", one("withdraw"), _SEE_OUT),
    Endpoint("GET", "/v1/withdraws/chance", withdraw_chance, _SEE_OUT),
    Endpoint("GET", "/v1/withdraws/coin_addresses", withdraw_addresses, _SEE_OUT),
    Endpoint("POST", "/v1/withdraws/coin", withdraw_coin, _OUT, status=201),
    Endpoint("POST", "/v1/withdraws/krw", withdraw_won, _OUT, status=201),
    Endpoint("DELETE", "/v1/withdraws/coin", cancel_withdrawal, _OUT),
    Endpoint("GET", "/v1/travel_rule/vasps", vasps, _SEE_IN),
    Endpoint("POST", "/v1/travel_rule/deposit/uuid", verify_deposit, _IN),
    Endpoint("POST", "/v1/travel_rule/deposit/txid", verify_deposit, _IN),
)
